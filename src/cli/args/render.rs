//! What `scan` says of charts and kustomizations.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// What to do with charts and kustomizations.
#[derive(Debug, Args)]
#[command(next_help_heading = "Charts and kustomizations")]
pub struct Rendering {
    /// What to render before it is judged, with the `helm`, `kustomize` or `kubectl` that is installed [default: auto]
    ///
    /// What Flux and Argo CD lay over a folder is laid over it here where the folder is of the scanned repository. No address is
    /// asked for that: the `repoURL` of an Application, or the GitRepository of a Kustomization, is taken for the scanned repository when at least
    /// as many of the paths that are looked for in it are found here as are not; of several such addresses, the one with the most
    /// paths.
    #[arg(long, value_name = "WHAT")]
    pub render: Option<Render>,
    /// Values for charts, as for `helm template`; may be given many times.
    #[arg(long, value_name = "FILE")]
    pub values: Vec<PathBuf>,
}

/// What is rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Render {
    /// Charts, and kustomizations that are named as a PATH or that no other one builds on.
    Auto,
    /// Charts, and every kustomization, those that others build on too.
    All,
    /// Nothing: charts are gaps, what kustomizations list is judged as written, and what they change is a gap.
    Never,
}

impl From<Render> for crate::render::Mode {
    fn from(render: Render) -> Self {
        match render {
            Render::Auto => crate::render::Mode::Auto,
            Render::All => crate::render::Mode::All,
            Render::Never => crate::render::Mode::Never,
        }
    }
}
