//! `explain`

use anyhow::{Result, bail};

use super::Streams;
use super::args::{Explain, ExplainFormat, Question, Read, Voice};
use crate::explain::{admission, reach, who_can};
use crate::model::Scan;
use crate::policy::{Catalog, Profile};
use crate::{Input, checks, discover, explain};

pub(super) fn run(args: &Explain, voice: &Voice, streams: &mut Streams<'_>) -> Result<()> {
    let (page, data, format) = match (&args.question, &args.id) {
        (Some(question), _) => asked(question, voice, streams)?,
        (None, Some(id)) => {
            alone(id, &args.more)?;
            let (page, data) = about(id)?;
            (page, data, args.format)
        }
        (None, None) => bail!("give a check or a control, or ask: explain reach, explain who-can, explain admission"),
    };
    match format {
        ExplainFormat::Markdown => super::page(&page, voice, streams)?,
        ExplainFormat::Json => writeln!(streams.out, "{data:#}")?,
    }
    Ok(())
}

/// The answer to a question about what is read.
fn asked(question: &Question, voice: &Voice, streams: &mut Streams<'_>) -> Result<(String, serde_json::Value, ExplainFormat)> {
    match question {
        Question::Reach { from, to, port, read } => {
            let wanted = reach::Question { from: from.clone(), to: to.clone(), port: port.clone() };
            let answer = ask(read, voice, streams, |scan| reach::answer(&wanted, scan))?;
            Ok((reach::page(&answer), serde_json::to_value(&answer)?, read.format))
        }
        Question::WhoCan { verb, resource, namespace, name, read } => {
            let wanted = who_can::Question {
                verb: verb.to_lowercase(),
                resource: resource.to_lowercase(),
                namespace: namespace.clone(),
                name: name.clone(),
            };
            let answer = ask(read, voice, streams, |scan| who_can::answer(&wanted, scan))?;
            Ok((who_can::page(&answer), serde_json::to_value(&answer)?, read.format))
        }
        Question::Admission { namespaces, read } => {
            let rows = ask(read, voice, streams, |scan| Ok(admission::matrix(scan, namespaces)))?;
            if rows.is_empty() {
                match namespaces.as_slice() {
                    [] => bail!("no namespace is seen in the input"),
                    wanted => bail!("the input has no object in the namespace {}, and no document of it", wanted.join(", ")),
                }
            }
            Ok((admission::page(&rows), serde_json::to_value(&rows)?, read.format))
        }
    }
}

fn ask<T>(read: &Read, voice: &Voice, streams: &mut Streams<'_>, question: impl FnOnce(&Scan<'_>) -> Result<T, String>) -> Result<T> {
    let input = match &read.snapshot {
        Some(path) => Input::Cluster(Box::new(discover::snapshot::read(path)?), None),
        None => Input::Files(discover::Request { targets: super::scan::targets(&read.paths, None)?, all_files: false }),
    };
    let namespace = super::scan::checked_namespace(read.assume_namespace.clone())?;
    let (answer, gaps) = crate::ask(input, namespace.as_deref(), super::now()?, question)?;
    for gap in gaps.iter().filter(|_| !voice.quiet) {
        writeln!(streams.err, "cnscan: not read: {}: {}", gap.what, gap.why)?;
    }
    answer.map_err(anyhow::Error::msg)
}

/// An id is explained by itself: whoever writes `explain check ID` learns that it takes the id alone.
fn alone(id: &str, more: &[String]) -> Result<()> {
    const WORDS: [&str; 8] = ["check", "checks", "control", "controls", "requirement", "profile", "id", "rule"];
    match more {
        [] => Ok(()),
        [only] if WORDS.contains(&id.to_lowercase().as_str()) => {
            about(only)?;
            bail!("`explain` takes the id alone: cnscan explain {only}")
        }
        _ => bail!("`explain` takes one id at a time: cnscan explain {id}"),
    }
}

/// The page of a check, a control or a requirement.
fn about(id: &str) -> Result<(String, serde_json::Value)> {
    Ok(if let Some(check) = checks::find(&id.to_lowercase()) {
        (explain::check(check), explain::check_json(check))
    } else if let Some(control) = Catalog::embedded().find(id) {
        (explain::control(control), serde_json::to_value(control)?)
    } else if let Some((page, data)) = requirement(id)? {
        (page, data)
    } else if let Some(controls) = planned(id) {
        bail!("the check `{id}` is planned and not in this release: it is bound to {}, where it counts as not run", controls.join(", "));
    } else {
        bail!("{}", unknown(id));
    })
}

/// What is said of an id that nothing has: what is near, or what else goes by that name.
fn unknown(id: &str) -> String {
    const SHOWN: usize = 5;
    let profiles = Profile::embedded();
    if let Some(profile) = profiles.iter().find(|profile| profile.name.eq_ignore_ascii_case(id)) {
        return format!(
            "`{id}` is a profile ({}): `cnscan list profiles` lists them, `cnscan explain ID` is for one of its checks or controls",
            profile.title
        );
    }
    let known = || checks::all().map(|check| check.id).chain(Catalog::embedded().controls().map(|control| control.id.as_str()));
    let said = crate::policy::unknown("check or control", id, known());
    let lower = id.to_lowercase();
    let holds = |known: &&str| known.split('-').any(|word| word.starts_with(&lower)) || lower.contains('-') && known.contains(&lower);
    let held: Vec<_> = known().filter(|known| lower.len() > 2 && holds(known)).collect();
    match held.as_slice() {
        _ if said.contains("did you mean") => said,
        [] => format!("{said}; `cnscan list checks` and `cnscan list controls` name all"),
        few if few.len() <= SHOWN => format!("{said}; there are {}", few.join(", ")),
        many => format!("{said}; there are {} and {} more (cnscan list checks)", many[..SHOWN].join(", "), many.len() - SHOWN),
    }
}

/// The controls that a check of a later release is bound to.
fn planned(id: &str) -> Option<Vec<&'static str>> {
    let bound = Catalog::embedded().controls().filter(|control| control.planned.iter().any(|check| check == id));
    let bound: Vec<_> = bound.map(|control| control.id.as_str()).collect();
    (!bound.is_empty()).then_some(bound)
}

/// A requirement of one of the built-in profiles.
fn requirement(id: &str) -> Result<Option<(String, serde_json::Value)>> {
    for profile in Profile::embedded() {
        if let Some(requirement) = profile.find(id) {
            return Ok(Some((explain::requirement(&profile, requirement), serde_json::to_value(requirement)?)));
        }
    }
    Ok(None)
}
