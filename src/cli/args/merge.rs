//! The arguments of `merge`.

use std::path::PathBuf;

use clap::Args;

use crate::report::Format;

/// `merge`
#[derive(Debug, Args)]
pub struct Merge {
    /// The parts of all shards of one scan, in any order.
    #[arg(value_name = "PART", required = true)]
    pub parts: Vec<PathBuf>,
    /// What to print on standard output [default: table]
    #[arg(short, long, value_name = "FORMAT")]
    pub format: Option<Format>,
    /// Write a format to a file as well; may be given many times.
    #[arg(short, long = "output", value_name = "FORMAT=PATH")]
    pub outputs: Vec<String>,
    /// A JSON result to compare with: only new failures count for the exit code.
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
}
