//! `explain`

use anyhow::{Result, bail};

use super::Streams;
use super::args::{Explain, ExplainFormat};
use crate::policy::{Catalog, Profile};
use crate::{checks, explain};

pub(super) fn run(args: &Explain, streams: &mut Streams<'_>) -> Result<()> {
    if !args.paths.is_empty() || args.snapshot.is_some() || !args.namespaces.is_empty() {
        bail!("only `explain admission` reads files: `{}` is explained by itself", args.id);
    }
    let (page, data) = if let Some(check) = checks::find(&args.id.to_lowercase()) {
        (explain::check(check), explain::check_json(check))
    } else if let Some(control) = Catalog::embedded().find(&args.id) {
        (explain::control(control), serde_json::to_value(control)?)
    } else if let Some((page, data)) = requirement(&args.id)? {
        (page, data)
    } else if let Some(controls) = planned(&args.id) {
        bail!(
            "the check `{}` is planned and not in this release: it is bound to {}, where it counts as not run",
            args.id,
            controls.join(", ")
        );
    } else {
        let known = checks::all().map(|check| check.id).chain(Catalog::embedded().controls().map(|control| control.id.as_str()));
        bail!("{}", crate::policy::unknown("check or control", &args.id, known));
    };
    match args.format {
        ExplainFormat::Markdown => streams.out.write_all(page.as_bytes())?,
        ExplainFormat::Json => writeln!(streams.out, "{data:#}")?,
    }
    Ok(())
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
