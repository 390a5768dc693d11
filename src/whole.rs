//! Files that are there whole or not at all: written under a name of their own first, then put where they belong.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// What is being written, so that whoever ends the program early can take it away.
static UNFINISHED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// A file that takes its place when it is finished, and leaves nothing behind when it is not.
#[derive(Debug)]
pub(crate) struct Whole {
    file: File,
    /// Where it is written, when that is not yet where it belongs.
    beside: Option<PathBuf>,
    target: PathBuf,
    /// It stands where it belongs, and what stood there before still does.
    stale: bool,
}

impl Whole {
    /// Begins a file; a private one may be read by its owner alone.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn create(path: &Path, private: bool) -> io::Result<Self> {
        // what a link leads to is replaced, not the link
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let known = fs::metadata(&target).ok();
        // a pipe or a device has no place to take
        if known.as_ref().is_some_and(|known| !known.is_file()) {
            return Ok(Whole { file: OpenOptions::new().write(true).open(&target)?, beside: None, target, stale: false });
        }
        let name = target.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let beside = target.with_file_name(format!(".{name}.{}.part", std::process::id()));
        let file = match open(&beside, private) {
            Ok(file) => file,
            // a folder that takes no new files may hold one that can be written
            Err(_) if known.is_some() => {
                return Ok(Whole { file: OpenOptions::new().write(true).open(&target)?, beside: None, target, stale: true });
            }
            Err(error) => return Err(error),
        };
        UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner).push(beside.clone());
        if let Some(known) = known.filter(|_| !private) {
            file.set_permissions(known.permissions())?;
        }
        Ok(Whole { file, beside: Some(beside), target, stale: false })
    }

    /// Puts it where it belongs.
    ///
    /// # Errors
    /// What the system says; what stood there before then still does.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.file.flush()?;
        let Some(beside) = &self.beside else { return Ok(()) };
        match fs::rename(beside, &self.target) {
            Ok(()) => {
                forget(beside);
                self.beside = None;
                Ok(())
            }
            // a file that is mounted by itself can be written to, but not replaced
            Err(error) if matches!(error.kind(), io::ErrorKind::ResourceBusy | io::ErrorKind::CrossesDevices) => {
                fs::copy(beside, &self.target).map(|_| ())
            }
            Err(error) => Err(error),
        }
    }
}

/// Writes a file by something that writes into anything.
///
/// # Errors
/// What the system or the writer says; what stood there before then still does.
pub(crate) fn write(path: &Path, what: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut file = BufWriter::new(Whole::create(path, false)?);
    what(&mut file)?;
    file.into_inner()?.finish()
}

impl Write for Whole {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if std::mem::take(&mut self.stale) {
            self.file.set_len(0)?;
        }
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Whole {
    fn drop(&mut self) {
        if let Some(beside) = &self.beside {
            // gone already is as good
            _ = fs::remove_file(beside);
            forget(beside);
        }
    }
}

fn forget(path: &Path) {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner).retain(|known| known != path);
}

/// Takes away what is unfinished, before the program ends where it stands.
#[cfg(feature = "live")]
pub(crate) fn abandon() {
    for path in UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        _ = fs::remove_file(path);
    }
}

fn open(path: &Path, private: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    if private {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    #[cfg(not(unix))]
    let _ = private;
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn what_is_not_finished_leaves_what_was_there() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let path = folder.path().join("out.json");
        fs::write(&path, "old").expect("a file");
        let mut file = Whole::create(&path, false).expect("a file");
        file.write_all(b"half").expect("it is written");
        assert_eq!(fs::read_to_string(&path).expect("it is there"), "old");
        drop(file);
        assert_eq!(
            (names(folder.path()), fs::read_to_string(&path).expect("it is there")),
            (vec!["out.json".to_owned()], "old".to_owned())
        );
        let mut file = Whole::create(&path, false).expect("a file");
        file.write_all(b"new").expect("it is written");
        file.finish().expect("it takes its place");
        assert_eq!(
            (names(folder.path()), fs::read_to_string(&path).expect("it is there")),
            (vec!["out.json".to_owned()], "new".to_owned())
        );
        assert!(Whole::create(&folder.path().join("none/out.json"), false).is_err());
    }

    #[test]
    fn what_can_only_be_written_where_it_stands_stays_until_then() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let path = folder.path().join("mounted");
        fs::write(&path, "old and long").expect("a file");
        let file = OpenOptions::new().write(true).open(&path).expect("a file");
        let mut whole = Whole { file, beside: None, target: path.clone(), stale: true };
        assert_eq!(fs::read_to_string(&path).expect("it is there"), "old and long");
        whole.write_all(b"new").expect("it is written");
        whole.write_all(b"er").expect("it is written");
        whole.finish().expect("it is done");
        assert_eq!(fs::read_to_string(&path).expect("it is there"), "newer");
    }

    #[cfg(unix)]
    #[test]
    fn links_modes_and_devices_stay_what_they_are() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::TempDir::new().expect("a folder");
        let (path, link) = (folder.path().join("real"), folder.path().join("link"));
        fs::write(&path, "old").expect("a file");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("its mode");
        symlink(&path, &link).expect("a link");
        let write = |path: &Path| {
            let mut file = Whole::create(path, false).expect("a file");
            file.write_all(b"new").expect("it is written");
            file.finish().expect("it takes its place");
        };
        write(&link);
        assert!(fs::symlink_metadata(&link).expect("the link").is_symlink());
        let mode = fs::metadata(&path).expect("the file").permissions().mode() & 0o777;
        assert_eq!((fs::read_to_string(&path).expect("the file"), mode), ("new".to_owned(), 0o640));
        write(Path::new("/dev/null"));
        assert!(!fs::metadata("/dev/null").expect("the device").is_file());
    }
}
