//! The arguments of `explain`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// `explain`
#[derive(Debug, Args)]
pub struct Explain {
    /// A check such as pss-privileged-container, a control such as CNSC-32, or `admission`: what is refused in each
    /// namespace, and by what.
    pub id: String,
    /// With `admission`, files and folders; `-` is standard input [default: .]
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// With `admission`, what `cnscan snapshot` captured.
    #[arg(long, value_name = "FILE", conflicts_with = "paths")]
    pub snapshot: Option<PathBuf>,
    /// With `admission`, only this namespace; may be given many times.
    #[arg(short, long = "namespace", value_name = "NS")]
    pub namespaces: Vec<String>,
    /// How to print it.
    #[arg(short, long, value_name = "FORMAT", default_value = "markdown")]
    pub format: ExplainFormat,
}

/// The formats of `explain`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExplainFormat {
    /// For people.
    Markdown,
    /// For programs.
    Json,
}
