//! `report`

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `report`
#[derive(Debug, Subcommand)]
pub enum Report {
    /// Draft the parts of a CNCF security self-assessment that a result can support, in Markdown.
    SelfAssessment(SelfAssessment),
}

/// `report self-assessment`
#[derive(Debug, Args)]
pub struct SelfAssessment {
    /// A result in JSON; `-` is standard input.
    #[arg(value_name = "RESULT.json")]
    pub result: PathBuf,
    /// Add a table by another framework: nist-800-53, or a Gemara MappingDocument.
    #[arg(long, value_name = "NAME|FILE")]
    pub framework: Option<String>,
    /// Where to write it [default: standard output]
    #[arg(short, long, value_name = "PATH")]
    pub output: Option<PathBuf>,
}
