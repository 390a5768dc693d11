//! `scan --cluster --publish`

use anyhow::{Result, bail};

use super::Streams;
use super::args::{Access, Publish, Voice};
use crate::assess::{Assessment, plural};
use crate::discover::cluster::{Form, Reports};
use crate::report::policyreport;

/// Connects before anything is scanned, so that what cannot be written is known at once.
pub(super) fn connect(access: &Access, publish: Publish) -> Result<Reports> {
    // a flag is refused before it comes to this
    if access.selector.is_some() {
        bail!("--publish: `selector` in the configuration file leaves objects out, and reports are of all of a namespace");
    }
    let form = match publish {
        Publish::Auto => None,
        Publish::Policyreport => Some(Form::Policy),
        Publish::Openreports => Some(Form::Open),
    };
    Reports::connect(&access.to(), form, access.request_timeout, access.timeout).map_err(|error| anyhow::anyhow!("--publish: {error}"))
}

/// Writes the result into the cluster.
pub(super) fn write(reports: &Reports, access: &Access, assessment: &Assessment, voice: &Voice, streams: &mut Streams<'_>) -> Result<()> {
    let objects = policyreport::objects(assessment, reports.form() == Form::Open)?;
    let whole = !assessment.gaps.iter().any(|gap| gap.kind.is_some());
    let written = reports.write(&objects, &access.selection()?, whole);
    for (what, why) in &written.failed {
        writeln!(streams.err, "cnscan: --publish: {what}: {why}")?;
    }
    if !voice.quiet {
        let stale = match (written.deleted, written.left) {
            (0, 0) => String::new(),
            (deleted, 0) => format!(", {} of earlier scans deleted", plural(deleted, "report")),
            (_, left) => format!(", {} of earlier scans left, as not everything could be read", plural(left, "report")),
        };
        writeln!(streams.err, "cnscan: published {}{stale}", plural(written.applied, "report"))?;
    }
    if !written.failed.is_empty() {
        bail!("--publish: {} could not be written", plural(written.failed.len(), "report"));
    }
    Ok(())
}
