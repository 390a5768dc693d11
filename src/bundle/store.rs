//! The files of a bundle, in memory: what was verified is what is used, whatever happens to the folder meanwhile.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::path::Path;

use super::{ENVELOPE, Error, MANIFEST, RECIPE, RESULT, archive};
use crate::trouble::{said, unwritable};

/// By path, as the manifest names them.
pub(super) type Files = BTreeMap<String, Vec<u8>>;

/// The largest file.
pub(super) const LARGEST: u64 = 512 << 20;
/// All of them.
pub(super) const MOST_BYTES: u64 = 2 << 30;
/// Their number.
pub(super) const MOST_FILES: usize = 100_000;
/// The deepest folder.
const DEEPEST: usize = 64;
/// What every bundle has, and whoever tampers with one leaves some of.
const OWN: [&str; 4] = [MANIFEST, ENVELOPE, RECIPE, RESULT];

/// Whether a path leads to somewhere within the bundle, for every reader alike.
pub(super) fn safe(path: &str) -> Result<(), String> {
    let part = |part: &str| !part.is_empty() && part != "." && part != "..";
    let plain = |char: char| !char.is_control() && char != '\\' && char != ':';
    if path.len() <= 1024 && path.split('/').all(part) && path.chars().all(plain) {
        return Ok(());
    }
    Err(format!("`{}` is no path within a bundle", path.chars().take(100).flat_map(char::escape_debug).collect::<String>()))
}

/// A name for a file of the bundle that is safe and short, made from one that need not be.
pub(super) fn named(folder: &str, name: &str) -> String {
    let kept = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/@+ ".contains(&byte);
    let encoded: String = name.bytes().map(|byte| if kept(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect();
    let path = format!("{folder}/{encoded}");
    if safe(&path).is_ok() && archive::fits(&path) {
        return path;
    }
    format!("{folder}/by-hash/{}", crate::discover::sha256(name.as_bytes()))
}

/// Reads a bundle: a folder, or an archive of one.
pub(super) fn read(path: &Path) -> Result<Files, Error> {
    let wrong = |why: String| Error::Read { path: path.display().to_string(), why };
    let other = |why: &str| Error::Other { path: path.display().to_string(), why: why.to_owned() };
    let without = format!("neither {MANIFEST} nor {ENVELOPE} is in it");
    let meta = fs::metadata(path).map_err(|error| wrong(said(&error)))?;
    if meta.is_dir() {
        // before all of it is read, which may be much
        if !OWN.iter().any(|name| path.join(name).symlink_metadata().is_ok()) {
            return Err(other(&without));
        }
        let mut files = Files::new();
        let mut left = MOST_BYTES;
        return folder(path, "", DEEPEST, &mut left, &mut files).map(|()| files).map_err(Error::Tampered);
    }
    if !meta.is_file() {
        return Err(wrong("it is neither a folder nor a file".to_owned()));
    }
    let open = || fs::File::open(path).map(io::BufReader::new).map_err(|error| wrong(said(&error)));
    if !archive::is_one(open()?) {
        return Err(other("it is no archive"));
    }
    let files = archive::read(open()?).map_err(Error::Tampered)?;
    if OWN.iter().any(|name| files.contains_key(*name)) { Ok(files) } else { Err(other(&without)) }
}

fn folder(folder_at: &Path, name: &str, depth: usize, left: &mut u64, files: &mut Files) -> Result<(), String> {
    let failed = |error: io::Error| format!("{}: {error}", if name.is_empty() { "the folder" } else { name });
    for entry in fs::read_dir(folder_at).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let own = entry.file_name();
        let own = own.to_str().ok_or_else(|| format!("a name in {name}/ is no UTF-8"))?;
        let path = if name.is_empty() { own.to_owned() } else { format!("{name}/{own}") };
        safe(&path)?;
        // of the entry itself: a link is not followed
        let meta = entry.path().symlink_metadata().map_err(failed)?;
        if meta.is_dir() {
            let depth = depth.checked_sub(1).ok_or_else(|| format!("{path} is nested too deep"))?;
            folder(&entry.path(), &path, depth, left, files)?;
        } else if meta.is_file() {
            if meta.len() > LARGEST.min(*left) || files.len() >= MOST_FILES {
                return Err(format!("it holds more than a bundle may ({MOST_FILES} files, {LARGEST} bytes each, {MOST_BYTES} in all)"));
            }
            let mut bytes = Vec::new();
            fs::File::open(entry.path()).map_err(failed)?.take(LARGEST).read_to_end(&mut bytes).map_err(failed)?;
            *left = left.saturating_sub(bytes.len() as u64);
            files.insert(path, bytes);
        } else {
            let what = if meta.is_symlink() { "a link" } else { "no regular file" };
            return Err(format!("{path} is {what}, which a bundle has none of"));
        }
    }
    Ok(())
}

/// Whether a path asks for an archive by its name.
#[must_use]
pub fn is_archive(path: &Path) -> bool {
    let name = lower(path);
    name.ends_with(".tar.gz") || name.ends_with(".tgz")
}

fn lower(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().to_lowercase()
}

/// Archives that a bundle is never: whoever names one does not ask for a folder.
const FOREIGN: [&str; 12] = [".zip", ".tar", ".gz", ".bz2", ".tbz2", ".xz", ".txz", ".zst", ".tzst", ".7z", ".rar", ".jar"];

/// The ending of an archive of another kind.
fn foreign(path: &Path) -> Option<&'static str> {
    let name = lower(path);
    FOREIGN.into_iter().find(|end| name.ends_with(end)).filter(|_| !is_archive(path) && !path.is_dir())
}

/// Whether a bundle can be written to a path, as far as that shows before there is one.
///
/// # Errors
/// What stands in its way.
pub fn is_free(path: &Path) -> Result<(), Error> {
    let wrong = |why: String| Err(Error::Write { path: path.display().to_string(), why });
    if let Some(end) = foreign(path) {
        return wrong(format!("a bundle is no {end} archive: name a folder, or a file that ends in .tar.gz or .tgz"));
    }
    if !is_archive(path) {
        if fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_some()) {
            return wrong("something is there already: a bundle is written to an empty or a new folder".to_owned());
        }
        let file = path.is_file();
        return if file { wrong("a file is there: a bundle is a folder, or a file whose name ends in .tar.gz".to_owned()) } else { Ok(()) };
    }
    match unwritable(path) {
        _ if path.symlink_metadata().is_ok() => wrong("something is there already".to_owned()),
        Some(why) => wrong(why),
        None => Ok(()),
    }
}

/// Writes a bundle to where nothing is.
pub(super) fn write(files: &Files, path: &Path) -> Result<(), Error> {
    let wrong = |why: String| Error::Write { path: path.display().to_string(), why };
    if is_archive(path) {
        let file = fs::OpenOptions::new().write(true).create_new(true).open(path);
        let file = file.map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => wrong("something is there already".to_owned()),
            _ => wrong(said(&error)),
        })?;
        return archive::write(files, io::BufWriter::new(file)).map_err(|error| wrong(said(&error)));
    }
    is_free(path)?;
    fs::create_dir_all(path).map_err(|error| wrong(said(&error)))?;
    spread(files, path).map_err(|error| wrong(said(&error)))
}

/// Writes files below a folder.
pub(super) fn spread(files: &Files, folder: &Path) -> io::Result<()> {
    for (name, bytes) in files {
        let place = folder.join(name);
        if let Some(parent) = place.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(place, bytes)?;
    }
    Ok(())
}
