//! `explain`

use anyhow::{Result, bail};

use super::Streams;
use super::args::{Explain, ExplainFormat};
use crate::policy::{Catalog, Profile};
use crate::{checks, explain};

pub(super) fn run(args: &Explain, streams: &mut Streams<'_>) -> Result<()> {
    let (page, data) = if let Some(check) = checks::find(&args.id.to_lowercase()) {
        (explain::check(check), explain::check_json(check))
    } else if let Some(control) = Catalog::embedded().find(&args.id) {
        (explain::control(control), serde_json::to_value(control)?)
    } else if let Some((page, data)) = requirement(&args.id)? {
        (page, data)
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

/// A requirement of one of the built-in profiles.
fn requirement(id: &str) -> Result<Option<(String, serde_json::Value)>> {
    for profile in Profile::embedded() {
        if let Some(requirement) = profile.find(id) {
            return Ok(Some((explain::requirement(&profile, requirement), serde_json::to_value(requirement)?)));
        }
    }
    Ok(None)
}
