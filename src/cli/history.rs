//! `history`

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail};

use super::args::{History, HistoryFormat};
use super::{Streams, files, width};
use crate::assess::Vouching;
use crate::bundle::{Pins, Trust};
use crate::{assess, bundle, report, trouble};

/// What a folder of it has.
const HOLDS: &str = "history is told from a folder of what `cnscan scan -o json=FILE` and `cnscan evidence export` write";
/// The exit code where a part of the input could not be read.
const UNREAD: u8 = 3;
/// The exit code where nobody signed what was asked to be signed.
const UNSIGNED: u8 = 4;
/// Columns where there is no terminal.
const PIPED: usize = 100;

/// The exit code: 5 where a bundle was tampered with, 4 where what was asked to be signed is not, 3 where one cannot be read; what is
/// no result at all is no part of the history.
pub(super) fn run(args: &History, streams: &mut Streams<'_>) -> Result<u8> {
    let named = |path: &Path| path.display().to_string();
    let entries = fs::read_dir(&args.folder).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => anyhow!("{}: no such folder; {HOLDS}", named(&args.folder)),
        io::ErrorKind::NotADirectory => anyhow!("{}: a file, not a folder; {HOLDS}", named(&args.folder)),
        _ => anyhow!("{}: {}", named(&args.folder), trouble::said(&error)),
    })?;
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<_>>()?;
    paths.sort();
    let key = args.key.as_deref().map(super::evidence::public).transpose()?;
    let (mut results, mut strange, mut vouched) = (Vec::new(), Vec::new(), Vec::new());
    let mut code = 0;
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let result = if bundle::is_bundle(&path) {
            let (trust, by) = key.as_ref().map_or((Trust::Nobody, Vouching::Whole), |key| (Trust::Key(key), Vouching::Signed));
            vouched.push((name.clone(), by));
            let verified = bundle::verify(&path, &trust, &Pins::default());
            code = code.max(verified.as_ref().map_or_else(|error| error.code().max(UNREAD), |_| 0));
            verified.map(|verified| verified.assessment).map_err(anyhow::Error::from)
        } else if path.is_file() && path.extension().is_some_and(|end| end == "json") {
            match &key {
                Some(_) => {
                    code = code.max(UNSIGNED);
                    Err(anyhow!("a result by itself: nobody signed it, and --key asks for that"))
                }
                None => files::result(&path, "a result").map(|(result, _)| result),
            }
        } else {
            continue;
        };
        match result {
            Ok(result) => results.push((name, result)),
            Err(error) => strange.push((name, error.root_cause().to_string())),
        }
    }
    if results.is_empty() {
        let told = strange.first().map(|(name, why)| format!(" ({name}: {why})")).unwrap_or_default();
        bail!("{}: no result and no bundle in it{told}; {HOLDS}", named(&args.folder));
    }
    let mut history = assess::history(results);
    history.left_out.extend(strange);
    vouched.iter().for_each(|(name, by)| history.vouch(name, *by));
    let write = |out: &mut dyn Write, terminal: bool| match args.format {
        HistoryFormat::Table => report::history::write(&history, width(terminal, PIPED), out),
        HistoryFormat::Json => report::history::write_json(&history, out),
        HistoryFormat::Html => report::history::write_html(&history, out),
    };
    match &args.output {
        Some(path) => files::write(path, |out| write(out, false))?,
        None => write(streams.out, streams.terminal)?,
    }
    Ok(code)
}
