//! `attest`

use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::json;

use super::args::{Attest, AttestLint, AttestNew, AttestTodo, ListFormat, TodoFormat, Voice};
use super::{Streams, files, now, say};
use crate::assess::Todo;
use crate::policy::{Attestations, Catalog, Profile, attestation, profile};
use crate::report;

pub(super) fn run(action: &Attest, voice: &Voice, streams: &mut Streams<'_>) -> Result<u8> {
    match action {
        Attest::Todo(args) => todo(args, voice, streams)?,
        Attest::New(args) => new(args, streams)?,
        Attest::Lint(args) => return lint(args, streams),
    }
    Ok(0)
}

fn todo(args: &AttestTodo, voice: &Voice, streams: &mut Streams<'_>) -> Result<()> {
    let load = |name: &str| Profile::load(name, Path::new(""));
    let todo = match &args.result {
        None => Todo::of_profile(&load(args.profile.as_deref().unwrap_or(profile::DEFAULT))?),
        Some(path) => {
            let assessment = files::result(path, "a result")?.0;
            let name = args.profile.as_deref().unwrap_or(&assessment.profile.name);
            let profile = load(name).with_context(|| format!("the result is of the profile {name}: give its file by --profile"))?;
            Todo::of_result(&assessment, &profile)
        }
    };
    match args.format {
        TodoFormat::Markdown => {
            let mut text = Vec::new();
            report::todo::write(&todo, &mut text)?;
            super::page(&String::from_utf8_lossy(&text), voice, streams)?;
        }
        TodoFormat::Json => report::todo::write_json(&todo, streams.out)?,
    }
    Ok(())
}

/// Forms to fill in. As they are they do not pass `attest lint`: an empty statement is none.
fn new(args: &AttestNew, streams: &mut Streams<'_>) -> Result<()> {
    let profile = Profile::load(&args.profile, Path::new(""))?;
    let today = now()?.to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
    let expires = today.checked_add(jiff::Span::new().days(i64::from(attestation::LONGEST - 1))).unwrap_or(today);
    let mut forms = Vec::new();
    for id in &args.controls {
        let requirement = profile.find(id).with_context(|| Catalog::embedded().unknown(id))?;
        let ask = [requirement.attest.as_str(), "How is this met, and what shows it?"].into_iter().find(|text| !text.is_empty());
        let told = [
            Some(format!("{}: {}", requirement.title, requirement.summary)),
            Some(requirement.leaves.as_str()).filter(|text| !text.is_empty()).map(|text| format!("Checks leave open: {text}")),
            ask.map(|text| format!("To answer: {text}")),
        ];
        let comments: String = told.iter().flatten().flat_map(|text| text.lines()).map(|line| format!("  # {line}\n")).collect();
        forms.push(format!(
            "{comments}- control: {id}\n  statement: \"\"\n  scope: {{}}  # or clusters, namespaces, checks: a list each\n  method: interview  # or examine, which takes evidence\n  \
             assessed_by: \"\"\n  approved_by: \"\"  # somebody else\n  collected: {today}\n  expires: {expires}\n  \
             evidence: []  # {{title, link: a file from here or a URL, sha256}}, each\n",
            id = requirement.id
        ));
    }
    write!(streams.out, "attestations:\n{}", forms.join("\n"))?;
    Ok(())
}

fn lint(args: &AttestLint, streams: &mut Streams<'_>) -> Result<u8> {
    let profile = Profile::load(&args.profile, Path::new(""))?;
    let (given, mut refused) = Attestations::lint(&args.paths, args.max_days)?;
    if given.files.is_empty() {
        let named: Vec<_> = args.paths.iter().map(|path| path.display().to_string()).collect();
        bail!("{}: no attestations in it: no file has a key `attestations` (`cnscan attest new CONTROL` gives a form)", named.join(", "));
    }
    let today = now()?.to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
    let catalog = Catalog::embedded();
    let unknown = |id: &str| (profile.find(id).is_none() && catalog.find(id).is_none()).then(|| catalog.unknown(id));
    let judged = given.judge(today, &unknown);
    refused.extend(judged.refused);
    refused.sort();
    let faulty = !refused.is_empty();
    if args.format == ListFormat::Json {
        let files: Vec<_> = given.files.iter().map(|file| json!({"name": file.name, "sha256": file.sha256})).collect();
        let told = json!({"files": files, "others": given.others, "in_force": judged.in_force, "refused": refused});
        writeln!(streams.out, "{told:#}")?;
        return Ok(u8::from(faulty));
    }
    for one in &refused {
        let at = &one.location;
        let control = if one.control.is_empty() { String::new() } else { format!("{}: ", one.control) };
        say(format!("{}:{}:{}: {control}{}", at.uri, at.line, at.column, one.why), streams)?;
    }
    const NAMED: usize = 3;
    for other in given.others.iter().take(NAMED) {
        say(format!("{other}: holds no attestations, as it has no key `attestations`"), streams)?;
    }
    if given.others.len() > NAMED {
        say(format!("and {}", crate::assess::plural(given.others.len() - NAMED, "more YAML file")), streams)?;
    }
    let next = judged.in_force.iter().min_by(|a, b| a.expires.cmp(&b.expires));
    let next = next.map(|one| format!("; the next to expire is that of {}, on {}", one.control, one.expires)).unwrap_or_default();
    let (files, counted) = (crate::assess::plural(given.files.len(), "file"), judged.in_force.len());
    let faults = crate::assess::plural(refused.len(), "fault");
    say(format!("{counted} in force on {today}, {faults}, in {files}{next}"), streams)?;
    Ok(u8::from(faulty))
}
