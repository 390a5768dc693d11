//! Files that a command line names: what is wrong with one is said by what it was to be.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};

use crate::assess::Assessment;
use crate::discover::root::normal;
use crate::{report, trouble, whole};

/// A path as whoever wrote it knows it.
pub(super) fn named(path: &Path) -> String {
    if path.as_os_str() == "-" { "standard input".to_owned() } else { path.display().to_string() }
}

/// The text of a file, or of standard input for `-`; `what` says what it was to be.
pub(super) fn text(path: &Path, what: &str) -> Result<String> {
    let read = if path.as_os_str() == "-" { io::read_to_string(io::stdin()) } else { trouble::text(path) };
    read.map_err(|error| anyhow!("{}: {}; {what}", named(path), trouble::said(&error)))
}

/// A JSON result and its text; `which` one it was to be.
pub(super) fn result(path: &Path, which: &str) -> Result<(Assessment, String)> {
    let text = text(path, &format!("{which} is what `cnscan scan -o json=FILE` writes"))?;
    let assessment = report::json::read(&text).with_context(|| named(path))?;
    Ok((assessment, text))
}

/// Whether something can be written to a path, as far as that shows before it is tried.
pub(super) fn writable(path: &Path) -> Result<()> {
    match trouble::unwritable(path) {
        Some(why) => bail!("{}: cannot be written: {why}", path.display()),
        None => Ok(()),
    }
}

/// The place that a path leads to, whether anything is there or not.
pub(super) fn place(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).map(|path| normal(&path)).unwrap_or_else(|_| path.to_owned());
    let folder = path.parent().and_then(|folder| folder.canonicalize().ok());
    path.canonicalize().ok().or_else(|| Some(folder?.join(path.file_name()?))).unwrap_or(path)
}

/// Writes a file, whole or not at all.
pub(super) fn write(path: &Path, what: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    writable(path)?;
    whole::write(path, what).map_err(|error| anyhow!("{}: cannot be written: {}", path.display(), trouble::said(&error)))
}
