//! `snapshot`

use anyhow::{Context, Result};

use super::args::{Snapshot, Voice};
use super::{Streams, cluster};
use crate::discover::{plural, snapshot};

pub(super) fn run(args: &Snapshot, voice: &Voice, streams: &mut Streams<'_>) -> Result<u8> {
    let captured = cluster::capture(&args.access, voice.quiet)?;
    let taken = super::now()?.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    snapshot::write(&captured, &taken, &args.output)?;
    if voice.quiet {
        return Ok(code(args.allow_gaps || captured.gaps.is_empty()));
    }
    let objects: u64 = captured.lists.iter().map(|list| u64::from(list.items)).sum();
    let bytes = std::fs::metadata(&args.output).with_context(|| args.output.display().to_string())?.len();
    let lists = plural(captured.lists.len(), "list");
    writeln!(streams.err, "cnscan: {} in {lists}, {bytes} bytes: {}", plural(objects as usize, "object"), args.output.display())?;
    for gap in &captured.gaps {
        writeln!(streams.err, "cnscan: not in it: {}: {}", gap.what, gap.why)?;
    }
    Ok(code(args.allow_gaps || captured.gaps.is_empty()))
}

/// What was refused is missing from the snapshot, as it is from a scan.
fn code(complete: bool) -> u8 {
    if complete { 0 } else { 3 }
}
