//! `history`

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// `history`
#[derive(Debug, Args)]
pub struct History {
    /// A folder of JSON results and evidence bundles, taken as they are: `evidence verify` tells whether a bundle is whole.
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// How to print it.
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    pub format: HistoryFormat,
    /// Where to write it [default: standard output]
    #[arg(short, long, value_name = "PATH")]
    pub output: Option<PathBuf>,
}

/// The formats of `history`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum HistoryFormat {
    /// For a person at a terminal.
    Table,
    /// For programs.
    Json,
    /// One page for a browser.
    Html,
}
