//! `history`

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// `history`
#[derive(Debug, Args)]
pub struct History {
    /// A folder of JSON results and evidence bundles. A bundle that is not whole is left out, with the exit code of
    /// `evidence verify` (5: tampered with, 4: signature; 3: unreadable); nothing vouches for a result by itself.
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// The public key of whoever should have signed the bundles (PEM): what is not signed by it is left out, and so are results by
    /// themselves.
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
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
