//! Folders that another tool makes manifests of.

use std::path::{Path, PathBuf};

use camino::Utf8PathBuf;

/// What makes manifests of a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Maker {
    /// A chart.
    Helm,
    /// A kustomization.
    Kustomize,
}

/// A folder that another tool makes manifests of: a chart, or a kustomization.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Build {
    /// Its name in reports.
    pub uri: String,
    /// What makes manifests of it.
    pub maker: Maker,
    /// Where it is.
    pub folder: PathBuf,
    /// See [`super::Source::shown`].
    pub shown: String,
    /// See [`super::Source::root`].
    pub root: Utf8PathBuf,
    /// Whether the user named it on the command line.
    pub named: bool,
}

impl Build {
    /// The name in reports of a file below it.
    #[must_use]
    pub fn uri_of(&self, below: &str) -> String {
        if self.uri == "." { below.to_owned() } else { format!("{}/{below}", self.uri) }
    }

    /// The name of its folder, empty where names begin.
    #[must_use]
    pub fn folder_name(&self) -> &str {
        if self.uri == "." { "" } else { &self.uri }
    }

    /// The folder that names in reports are relative to.
    #[must_use]
    pub fn top(&self) -> &Path {
        let depth = if self.uri == "." { 0 } else { self.uri.split('/').count() };
        self.folder.ancestors().nth(depth).unwrap_or(Path::new("/"))
    }
}
