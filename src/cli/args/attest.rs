//! `attest`

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::ListFormat;

/// `attest`
#[derive(Debug, Subcommand)]
pub enum Attest {
    /// The interview: what to ask people, as checks leave it open.
    Todo(Todo),
    /// Attestations of controls to fill in, as YAML.
    New(New),
    /// Read attestations over: what is wrong with them, and when they expire.
    Lint(Lint),
}

/// `attest todo`
#[derive(Debug, Args)]
pub struct Todo {
    /// A JSON result: ask only what it left open; `-` is standard input.
    #[arg(value_name = "RESULT.json")]
    pub result: Option<PathBuf>,
    /// The profile: a name (see `list profiles`) or a file [default: default, or that of the result]
    #[arg(long, value_name = "NAME|FILE")]
    pub profile: Option<String>,
    /// How to print it.
    #[arg(short, long, value_name = "FORMAT", default_value = "markdown")]
    pub format: TodoFormat,
}

/// The formats of `attest todo`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TodoFormat {
    /// A checklist for people.
    Markdown,
    /// For programs.
    Json,
}

/// `attest new`
#[derive(Debug, Args)]
pub struct New {
    /// The controls.
    #[arg(value_name = "CONTROL", required = true)]
    pub controls: Vec<String>,
    /// The profile that has them: a name (see `list profiles`) or a file.
    #[arg(long, value_name = "NAME|FILE", default_value = "all")]
    pub profile: String,
}

/// `attest lint`
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes:\n  0  all of them count\n  1  something is wrong with some\n  2  there are none, or they cannot be read"
)]
pub struct Lint {
    /// Files of attestations, and folders of them.
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<PathBuf>,
    /// The profile whose requirements they may name beside the controls of the catalog: a name or a file.
    #[arg(long, value_name = "NAME|FILE", default_value = "all")]
    pub profile: String,
    /// For how many days an attestation may hold.
    #[arg(long, value_name = "DAYS", default_value_t = crate::policy::attestation::LONGEST, value_parser = clap::value_parser!(u32).range(1..))]
    pub max_days: u32,
    /// How to print it.
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    pub format: ListFormat,
}
