//! Files that somebody named: read without waiting for ever, and what the system says of them in words for whoever named them.

use std::fs::File;
use std::io::{Error, ErrorKind, Read as _};
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

/// More than any file here is good for, and less than memory has.
const LARGEST: u64 = 2 << 30;
/// How long a pipe may take until something writes to it.
const PATIENCE: Duration = Duration::from_secs(5);

/// Opens a file, or a pipe that something writes to: to open one that nothing writes to would wait for ever, and a device may
/// have no end.
pub(crate) fn open(path: &Path) -> Result<File, Error> {
    let kind = path.metadata()?.file_type();
    if kind.is_dir() {
        return Err(ErrorKind::IsADirectory.into());
    }
    if kind.is_file() || path == Path::new("/dev/null") {
        return File::open(path);
    }
    if !is_pipe(kind) {
        return Err(Error::other("a device or a socket, not a file"));
    }
    let (sender, opened) = mpsc::channel();
    let own = path.to_owned();
    // it ends with the program, where nothing ever comes
    std::thread::spawn(move || _ = sender.send(File::open(own)));
    opened.recv_timeout(PATIENCE).unwrap_or_else(|_| Err(Error::other("a pipe that nothing writes to")))
}

#[cfg(unix)]
fn is_pipe(kind: std::fs::FileType) -> bool {
    std::os::unix::fs::FileTypeExt::is_fifo(&kind)
}

#[cfg(not(unix))]
fn is_pipe(_: std::fs::FileType) -> bool {
    false
}

/// The bytes of a file, or of a pipe until it is closed.
pub(crate) fn bytes(path: &Path) -> Result<Vec<u8>, Error> {
    let file = open(path)?;
    let size = file.metadata().map_or(0, |known| known.len());
    if size > LARGEST {
        return Err(too_large());
    }
    let mut bytes = Vec::with_capacity(size as usize);
    file.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST { Err(too_large()) } else { Ok(bytes) }
}

/// The text of a file, or of a pipe until it is closed.
pub(crate) fn text(path: &Path) -> Result<String, Error> {
    String::from_utf8(bytes(path)?).map_err(|_| ErrorKind::InvalidData.into())
}

fn too_large() -> Error {
    Error::other(format!("larger than {LARGEST} bytes, the most that is read of a file"))
}

/// Why something could not be read or written, without the numbers of the system.
pub(crate) fn said(error: &Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "no such file".to_owned(),
        ErrorKind::PermissionDenied => "permission denied".to_owned(),
        ErrorKind::IsADirectory => "a folder, not a file".to_owned(),
        ErrorKind::NotADirectory => "a file where a folder is needed".to_owned(),
        ErrorKind::InvalidData => "not UTF-8 text".to_owned(),
        ErrorKind::StorageFull => "no space is left there".to_owned(),
        ErrorKind::ReadOnlyFilesystem => "nothing can be written there: the file system is read-only".to_owned(),
        _ => {
            let text = error.to_string();
            text.rsplit_once(" (os error ").map_or(text.as_str(), |(text, _)| text).to_owned()
        }
    }
}

/// Why nothing can be written to a path, as far as that shows before it is tried.
pub(crate) fn unwritable(path: &Path) -> Option<String> {
    if path.is_dir() {
        return Some("a folder is there: name a file in it".to_owned());
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty())?;
    match folder.metadata() {
        Ok(found) if found.is_dir() => None,
        Ok(_) => Some(format!("{} is no folder", folder.display())),
        Err(error) if error.kind() == ErrorKind::NotFound => Some(format!("there is no folder {}: make it first", folder.display())),
        Err(error) => Some(format!("{}: {}", folder.display(), said(&error))),
    }
}

#[cfg(test)]
mod tests {
    use super::{said, text, unwritable};
    use std::fs;
    use std::io::Error;

    #[test]
    fn numbers_of_the_system_are_left_out() {
        for number in 1..=40 {
            let text = said(&Error::from_raw_os_error(number));
            assert!(!text.contains("os error") && !text.is_empty(), "{number}: {text}");
        }
    }

    #[test]
    fn what_is_no_file_is_told_and_never_waited_for() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let told = |path: &std::path::Path| text(path).map_err(|error| said(&error));
        assert_eq!(told(folder.path()), Err("a folder, not a file".to_owned()));
        assert_eq!(told("/dev/zero".as_ref()), Err("a device or a socket, not a file".to_owned()));
        assert_eq!(told("/dev/null".as_ref()), Ok(String::new()));
        // two, as whoever gave up on the first is still there to take what is written to it
        let [idle, pipe] = ["idle", "pipe"].map(|name| folder.path().join(name));
        assert!(std::process::Command::new("mkfifo").args([&idle, &pipe]).status().expect("mkfifo").success());
        assert_eq!(told(&idle), Err("a pipe that nothing writes to".to_owned()));
        let writer = std::thread::spawn({
            let pipe = pipe.clone();
            move || fs::write(pipe, "text")
        });
        assert_eq!(told(&pipe), Ok("text".to_owned()));
        writer.join().expect("no panic").expect("it is read");
    }

    #[test]
    fn what_cannot_be_written_shows_before() {
        let folder = tempfile::TempDir::new().expect("a folder");
        fs::write(folder.path().join("file"), "").expect("a file");
        let told = |name: &str| unwritable(&folder.path().join(name)).unwrap_or_default();
        assert_eq!((told("new.json"), told("file")), (String::new(), String::new()));
        assert!(told("").starts_with("a folder is there"));
        assert!(told("none/new.json").ends_with("make it first"));
        assert!(told("file/new.json").ends_with("file is no folder"));
    }
}
