//! `diff`

use anyhow::Result;

use super::Streams;
use super::args::{Diff, ListFormat};
use super::scan::read;
use crate::assess::diff;
use crate::report;

pub(super) fn run(args: &Diff, streams: &mut Streams<'_>) -> Result<u8> {
    let (old, new) = (read(&args.old)?, read(&args.new)?);
    let compared = diff::compare(&old, &new);
    match args.format {
        ListFormat::Table => report::diff::write(&compared, streams.out)?,
        ListFormat::Json => report::diff::write_json(&compared, streams.out)?,
    }
    let over = |finding: &crate::assess::Finding| args.fail_on.severity().is_some_and(|limit| finding.severity <= limit);
    Ok(u8::from(compared.new.iter().any(over)))
}
