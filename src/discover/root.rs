//! Where a file belongs, and how reports call it.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

/// The folder that names in reports are relative to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Base {
    /// Without links in it.
    pub(crate) folder: PathBuf,
    /// Whether it is the root of a Git repository.
    pub(crate) is_repository: bool,
}

impl Base {
    /// The enclosing Git root; else the working directory where the folder is below it; else the folder itself.
    pub(crate) fn of(folder: &Path, working: &Path) -> Self {
        if let Some(folder) = git_root(folder) {
            return Base { folder, is_repository: true };
        }
        let folder = if folder.starts_with(working) { working } else { folder };
        Base { folder: folder.to_owned(), is_repository: false }
    }

    /// The repository, whose objects are joined with no other's. All that is in none is taken together.
    pub(crate) fn repository(&self) -> Option<&Path> {
        self.is_repository.then_some(self.folder.as_path())
    }

    /// The name of a file in reports, with so many of the last parts of the base's own path before it.
    pub(crate) fn uri(&self, path: &Path, parts: usize) -> String {
        let outer = self.folder.ancestors().nth(parts).unwrap_or(Path::new("/"));
        relative(path, outer).or_else(|| path.file_name().map(|name| text(name).into_owned())).unwrap_or_default()
    }
}

/// The nearest folder at or above this one that holds a Git repository.
pub(crate) fn git_root(folder: &Path) -> Option<PathBuf> {
    folder.ancestors().find(|folder| folder.join(".git").exists()).map(Path::to_owned)
}

/// A path from a folder above it, with forward slashes; `.` for the folder itself.
pub(crate) fn relative(path: &Path, base: &Path) -> Option<String> {
    let rest = path.strip_prefix(base).ok()?;
    Some(if rest.as_os_str().is_empty() { ".".to_owned() } else { joined(rest) })
}

/// A path from any other one, by way of `..`: a name for a folder that is never absolute.
pub(crate) fn between(path: &Path, from: &Path) -> String {
    let shared = from.ancestors().find(|ancestor| path.starts_with(ancestor)).unwrap_or(Path::new(""));
    let ups = from.components().count() - shared.components().count();
    let down = path.strip_prefix(shared).unwrap_or(path);
    let parts = std::iter::repeat_n("..".to_owned(), ups).chain(Some(joined(down)).filter(|rest| !rest.is_empty()));
    let name = parts.collect::<Vec<_>>().join("/");
    if name.is_empty() { ".".to_owned() } else { name }
}

/// A path without `.` and `..`, by its letters alone.
pub(crate) fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            part => normal.push(part),
        }
    }
    normal
}

/// A path as it is written, with forward slashes and without `./`.
pub(crate) fn joined(path: &Path) -> String {
    let parts: Vec<_> = path.components().filter(|part| *part != Component::CurDir).map(|part| text(part.as_os_str())).collect();
    parts.join("/")
}

/// A name as text. Bytes that are not UTF-8 stand as `%FF`: unlike a replacement character this keeps names apart.
pub(crate) fn text(name: &OsStr) -> Cow<'_, str> {
    if let Some(name) = name.to_str() {
        return Cow::Borrowed(name);
    }
    let mut text = String::new();
    for chunk in name.as_encoded_bytes().utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        let way = |path: &str, from: &str| between(Path::new(path), Path::new(from));
        assert_eq!(way("/a/b", "/a/b"), ".");
        assert_eq!(way("/a/b/c", "/a/b"), "c");
        assert_eq!(way("/a", "/a/b"), "..");
        assert_eq!(way("/a/c/d", "/a/b"), "../c/d");
        assert_eq!(normal(Path::new("/a/./b/../c")), Path::new("/a/c"));
        assert_eq!(joined(Path::new("./a/b")), "a/b");
    }

    #[test]
    fn uris_grow_at_the_front() {
        let base = Base { folder: PathBuf::from("/x/repo"), is_repository: true };
        assert_eq!(base.uri(Path::new("/x/repo/a/b.yaml"), 0), "a/b.yaml");
        assert_eq!(base.uri(Path::new("/x/repo/a/b.yaml"), 1), "repo/a/b.yaml");
        assert_eq!(base.uri(Path::new("/x/repo/a/b.yaml"), 9), "x/repo/a/b.yaml");
    }

    #[cfg(unix)]
    #[test]
    fn names_that_are_not_utf8_stay_apart() {
        use std::os::unix::ffi::OsStrExt;
        assert_eq!(text(OsStr::from_bytes(b"a\xff\xfe\xc3\xa9.yaml")), "a%FF%FEé.yaml");
    }
}
