//! `snapshot`

use anyhow::{Context, Result};

use super::args::{Snapshot, Voice};
use super::{Streams, cluster};
use crate::checks;
use crate::discover::{plural, snapshot};
use crate::policy::permissions;

pub(super) fn run(args: &Snapshot, voice: &Voice, streams: &mut Streams<'_>) -> Result<u8> {
    // any profile may be held against it later
    let all: Vec<_> = checks::all().collect();
    let captured = cluster::capture(&args.access, permissions::wants(&all), voice.quiet, None)?;
    let complete = !captured.interrupted && (args.allow_gaps || captured.gaps.is_empty());
    let taken = super::now()?.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    snapshot::write(&captured, &taken, &args.output)?;
    if voice.quiet {
        return Ok(code(complete));
    }
    let objects: u64 = captured.lists.iter().map(|list| u64::from(list.items)).sum();
    let bytes = std::fs::metadata(&args.output).with_context(|| args.output.display().to_string())?.len();
    let lists = plural(captured.lists.len(), "list");
    writeln!(streams.err, "cnscan: {} in {lists}, {bytes} bytes: {}", plural(objects as usize, "object"), args.output.display())?;
    for notice in captured.not_read() {
        writeln!(streams.err, "cnscan: not in it: {notice}")?;
    }
    for gap in &captured.gaps {
        writeln!(streams.err, "cnscan: not in it: {}: {}", gap.what, gap.why)?;
    }
    Ok(code(complete))
}

/// What was refused is missing from the snapshot, as it is from a scan.
fn code(complete: bool) -> u8 {
    if complete { 0 } else { 3 }
}
