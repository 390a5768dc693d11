//! One thing to read.

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

/// Where the bytes of a source are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A file, by a path that can be opened from the working directory.
    File(std::path::PathBuf),
    /// Bytes already at hand (standard input).
    Bytes(Vec<u8>),
    /// The bytes of a file that were read before, with where it is or was.
    Copy(std::path::PathBuf, Vec<u8>),
    /// What another tool made of a folder.
    Made(Vec<u8>),
    /// A file or folder of a node, given by its root.
    Host(Box<HostFile>),
}

/// A file or folder of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostFile {
    /// Where it is on the node: absolute.
    pub path: String,
    /// Who may do what with it.
    pub stat: Stat,
    /// Where its bytes are; `None` for what is never opened: folders, private keys.
    pub content: Option<Origin>,
}

/// Who may do what with a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stat {
    /// The permission bits.
    pub mode: u32,
    /// The owner's number.
    pub uid: u32,
    /// The group's number.
    pub gid: u32,
    /// The owner as the node's own list of users names it.
    pub owner: Option<String>,
    /// The group likewise.
    pub group: Option<String>,
    /// It is a folder.
    pub is_folder: bool,
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
