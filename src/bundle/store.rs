//! The files of a bundle, in memory: what was verified is what is used, whatever happens to the folder meanwhile.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::path::Path;

use super::{Error, archive};

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
    let meta = fs::metadata(path).map_err(|error| wrong(error.to_string()))?;
    if meta.is_dir() {
        let mut files = Files::new();
        let mut left = MOST_BYTES;
        return folder(path, "", DEEPEST, &mut left, &mut files).map(|()| files).map_err(Error::Tampered);
    }
    if !meta.is_file() {
        return Err(wrong("it is neither a folder nor a file".to_owned()));
    }
    let file = fs::File::open(path).map_err(|error| wrong(error.to_string()))?;
    archive::read(io::BufReader::new(file)).map_err(Error::Tampered)
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
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.ends_with(".tar.gz") || name.ends_with(".tgz")
}

/// Writes a bundle to where nothing is.
pub(super) fn write(files: &Files, path: &Path) -> Result<(), Error> {
    let wrong = |why: String| Error::Write { path: path.display().to_string(), why };
    if is_archive(path) {
        let file = fs::OpenOptions::new().write(true).create_new(true).open(path);
        let file = file.map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => wrong("something is there already".to_owned()),
            _ => wrong(error.to_string()),
        })?;
        return archive::write(files, io::BufWriter::new(file)).map_err(|error| wrong(error.to_string()));
    }
    if fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(wrong("something is there already: a bundle is written to an empty or a new folder".to_owned()));
    }
    fs::create_dir_all(path).map_err(|error| wrong(error.to_string()))?;
    spread(files, path).map_err(|error| wrong(error.to_string()))
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
