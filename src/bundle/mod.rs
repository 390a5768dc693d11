//! The evidence bundle: what was scanned, with what, and what came of it, in one folder or archive that can be checked and run
//! again by somebody who trusts nobody.
//!
//! A signature shows who wrote a bundle and that nothing in it was changed since. It does not show that the cluster was honest,
//! that the inputs were all there are, or what time it was.

mod archive;
mod dsse;
mod key;
mod make;
mod manifest;
mod redact;
mod replay;
mod store;
mod strict;
mod substitute;
mod verify;

use std::path::Path;

pub use key::{Private, Public};
pub use make::{Inputs, Making, Scanned, load};
pub use manifest::{LeftOut, Listed, Manifest, Previous, Program, Recipe, Redaction, Target};
pub use replay::{Difference, Replayed, replay};
pub use store::{is_archive, is_free};
pub use verify::{Pins, Trust, Verified, verify};

use crate::assess::Assessment;
use crate::discover::sha256;

/// The manifest's own name.
pub const MANIFEST: &str = "manifest.json";
/// The envelope's.
pub const ENVELOPE: &str = "attestation.dsse.json";
/// The result that every other is made from.
const RESULT: &str = "results/results.json";
/// How to run it again.
const RECIPE: &str = "recipe.json";

/// What is wrong with a bundle, in the order in which it is looked for. Each has its exit code.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// It cannot be read at all.
    #[error("{path}: {why}")]
    Read {
        /// As the user wrote it.
        path: String,
        /// What the system said.
        why: String,
    },
    /// It is something else.
    #[error("{path}: no evidence bundle: {why}; a bundle is a folder, or a .tar.gz of one, that `cnscan evidence export` wrote")]
    Other {
        /// As the user wrote it.
        path: String,
        /// What it is not, or has not.
        why: String,
    },
    /// It cannot be written.
    #[error("{path}: {why}")]
    Write {
        /// As the user wrote it.
        path: String,
        /// What the system said.
        why: String,
    },
    /// Nobody trusted signed it.
    #[error("signature: {0}")]
    Signature(String),
    /// It is not what was signed, or not what a bundle is.
    #[error("tampered with: {0}")]
    Tampered(String),
    /// It is whole, and of something else than was asked for.
    #[error("not what was asked for: {0}")]
    Pin(String),
    /// It cannot be scanned again.
    #[error("replay: {0}")]
    Replay(String),
}

impl Error {
    /// Whether its words say which file it is about.
    #[must_use]
    pub fn names_path(&self) -> bool {
        matches!(self, Error::Read { .. } | Error::Other { .. } | Error::Write { .. })
    }

    /// The exit code.
    #[must_use]
    pub fn code(&self) -> u8 {
        match self {
            Error::Signature(_) => 4,
            Error::Tampered(_) => 5,
            Error::Pin(_) => 6,
            Error::Read { .. } | Error::Other { .. } | Error::Write { .. } | Error::Replay(_) => 2,
        }
    }
}

/// The result of a bundle, and the hash of its manifest, without looking at anything else: for listings, not for trust.
///
/// # Errors
/// When it is no bundle.
pub fn peek(path: &Path) -> Result<(Assessment, Manifest, String), Error> {
    let files = store::read(path)?;
    let manifest = verify::manifest(&files)?;
    let result = verify::result(&files)?;
    Ok((result, manifest, sha256(&files[MANIFEST])))
}

/// Whether a path looks like a bundle: a folder with a manifest, or an archive by its name.
#[must_use]
pub fn is_bundle(path: &Path) -> bool {
    path.is_dir() && path.join(MANIFEST).is_file() || path.is_file() && is_archive(path)
}
