//! `diff`

use anyhow::Result;

use super::args::{Diff, ListFormat};
use super::scan::read;
use super::{Streams, width};
use crate::assess::diff;
use crate::report;

/// Columns where there is no terminal: a comparison ends up in comments and mails.
const PIPED: usize = 80;

pub(super) fn run(args: &Diff, streams: &mut Streams<'_>) -> Result<u8> {
    let (old, new) = (read(&args.old)?, read(&args.new)?);
    let compared = diff::compare(&old, &new);
    match args.format {
        ListFormat::Table => report::diff::write(&compared, width(streams.terminal, PIPED), streams.out)?,
        ListFormat::Json => report::diff::write_json(&compared, streams.out)?,
    }
    let over = |finding: &crate::assess::Finding| args.fail_on.severity().is_some_and(|limit| finding.severity <= limit);
    Ok(u8::from(compared.new.iter().any(over)))
}
