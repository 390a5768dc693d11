//! `diff`

use anyhow::Result;

use super::args::{Diff, ListFormat};
use super::{Streams, files, width};
use crate::assess::diff;
use crate::report;

/// Columns where there is no terminal: a comparison ends up in comments and mails.
const PIPED: usize = 80;

pub(super) fn run(args: &Diff, streams: &mut Streams<'_>) -> Result<u8> {
    let (old, new) = (files::result(&args.old, "the earlier result")?.0, files::result(&args.new, "the later result")?.0);
    let compared = diff::compare(&old, &new);
    match args.format {
        ListFormat::Table => report::diff::write(&compared, width(streams.terminal, PIPED), streams.out)?,
        ListFormat::Json => report::diff::write_json(&compared, streams.out)?,
    }
    let over = |finding: &crate::assess::Finding| args.fail_on.severity().is_some_and(|limit| finding.severity <= limit);
    Ok(u8::from(compared.new.iter().chain(compared.worse.iter().map(|worse| &worse.finding)).any(over)))
}
