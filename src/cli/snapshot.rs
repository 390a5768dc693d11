//! `snapshot`

use std::sync::Arc;

use anyhow::Result;

use super::args::{Snapshot, Voice};
use super::{Streams, cluster};
use crate::checks;
use crate::discover::plural;
use crate::discover::snapshot::Writer;
use crate::policy::permissions;

pub(super) fn run(args: &Snapshot, voice: &Voice, streams: &mut Streams<'_>) -> Result<u8> {
    // before the cluster is asked, so that a mistake costs nothing
    let file = Writer::create(&args.output)?;
    let spool = file.spool();
    // any profile may be held against it later
    let all: Vec<_> = checks::all().collect();
    let (captured, lists) =
        cluster::capture(&args.access, permissions::wants(&all), (voice.quiet, None), Arc::new(move |list| spool.list(&list)))?;
    let complete = !captured.interrupted && (args.allow_gaps || captured.gaps.is_empty());
    let taken = super::now()?.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let bytes = file.finish(&captured, &taken, &lists)?;
    if voice.quiet {
        return Ok(code(complete));
    }
    let objects: u64 = lists.iter().map(|list| u64::from(list.items)).sum();
    let lists = plural(lists.len(), "list");
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
