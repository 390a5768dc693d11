//! What the system says of files, in words for whoever named them.

use std::io::{Error, ErrorKind};
use std::path::Path;

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
    use super::{said, unwritable};
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
