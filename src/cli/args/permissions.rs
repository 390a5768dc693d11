//! The arguments of `permissions`.

use clap::{Args, ValueEnum};

/// `permissions`
#[derive(Debug, Args)]
pub struct Permissions {
    /// The profile whose checks are to run: a name (see `list profiles`) or a file.
    #[arg(long, value_name = "NAME|FILE", default_value = "default")]
    pub profile: String,
    /// Also the configuration of kubelets: `nodes/proxy`, which lets its holder run commands in every pod.
    #[arg(long)]
    pub kubelets: bool,
    /// Instead the role that `scan --cluster --publish` writes its reports by.
    #[arg(long, conflicts_with_all = ["profile", "kubelets"])]
    pub publish: bool,
    /// How to print it.
    #[arg(short, long, value_name = "FORMAT", default_value = "yaml")]
    pub format: RoleFormat,
}

/// The formats of `permissions`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RoleFormat {
    /// A manifest with comments.
    Yaml,
    /// For programs.
    Json,
}
