//! Where bytes come from. Nothing here knows what the bytes mean.

mod capture;
pub mod files;
mod gap;
mod ignored;
pub(crate) mod root;
mod source;
mod walk;

pub use capture::{Captured, Cluster, Facts, List, Listed, Page, Prune, Reach, Resource};
pub use files::{Discovery, Request, Target, all, start, working_below_root};
pub use gap::{Gap, Place};
pub use source::{Origin, Source};

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
    /// Nothing to scan at all.
    #[error("nothing to scan: {0}")]
    Nothing(String),
}
