//! Where bytes come from. Nothing here knows what the bytes mean.

mod build;
mod capture;
#[cfg(feature = "live")]
pub mod cluster;
mod component;
pub mod files;
mod gap;
mod host;
mod ignored;
mod packed;
pub(crate) mod root;
pub mod snapshot;
mod source;
mod walk;
mod wants;

use sha2::{Digest as _, Sha256};

pub use build::{Build, Maker};
pub use capture::{Captured, Cluster, Facts, KUBELETS, List, Listed, Page, Prune, Reach, Resource, Sight, Unseen};
pub use files::{Discovery, Request, Target, all, start, working_below_root};
pub use gap::{Gap, Place};
pub use source::{HostFile, Origin, Source, Stat};
pub use walk::KUSTOMIZATIONS;
pub use wants::{Want, Wants};

/// `1 check`, `2 checks`.
pub(crate) fn plural(count: usize, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}

/// The first names of a list, and how many more there are.
pub(crate) fn few<T: AsRef<str>>(names: &[T]) -> String {
    const NAMED: usize = 3;
    let first = names.iter().take(NAMED).map(AsRef::as_ref).collect::<Vec<_>>().join(", ");
    if names.len() > NAMED { format!("{first} and {} more", names.len() - NAMED) } else { first }
}

/// Bytes in lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from(b"0123456789abcdef"[usize::from(nibble)]);
    let mut text = String::with_capacity(2 * bytes.len());
    text.extend(bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]));
    text
}

/// The SHA-256 of bytes, in hexadecimal digits.
pub(crate) fn sha256(bytes: impl AsRef<[u8]>) -> String {
    hex(&Sha256::digest(bytes))
}

/// What stops a scan before it starts.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A path named on the command line that is not there.
    #[error("{path}: {why}")]
    Target {
        /// As the user wrote it.
        path: String,
        /// What the system said.
        why: String,
    },
    /// An ignore file of our own that cannot be understood.
    #[error("{what}: mend the pattern, or write it with a `\\` before what is special")]
    Ignore {
        /// The file, the line and the pattern.
        what: String,
    },
    /// A cluster that cannot be read at all.
    #[error("cluster: {0}")]
    Cluster(String),
    /// A snapshot that is none.
    #[error("{path}: {why}")]
    Snapshot {
        /// As the user wrote it.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// Nothing to scan at all.
    #[error("nothing to scan: {0}")]
    Nothing(String),
}
