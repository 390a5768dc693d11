//! One thing to read.

use camino::Utf8PathBuf;

/// Where the bytes of a source are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A file, by a path that can be opened from the working directory.
    File(std::path::PathBuf),
    /// Bytes already at hand (standard input).
    Bytes(Vec<u8>),
    /// The bytes of a file that were read before, with where it is or was.
    Copy(std::path::PathBuf, Vec<u8>),
}

/// One thing to read: its name in every report, and where its bytes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Relative to the enclosing Git root, else to the working directory, else to the argument; forward slashes; never absolute.
    /// `None` for standard input without `--stdin-path`.
    pub uri: Option<String>,
    /// What the table shows: from the working directory; `<stdin>` for standard input.
    pub shown: String,
    /// Where the bytes are.
    pub origin: Origin,
    /// Whether the user named it on the command line (a named file that cannot be parsed is a gap, not an ignored file).
    pub named: bool,
    /// The root of its Git repository, empty where there is none: objects of different repositories are not joined.
    pub root: Utf8PathBuf,
}
