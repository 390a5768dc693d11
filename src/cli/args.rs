//! The command line as clap sees it: types, no effects.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

mod attest;
mod catalog;
#[cfg(feature = "live")]
mod cluster;
mod evidence;
mod explain;
mod history;
mod merge;
mod permissions;
mod render;
mod report;

pub use attest::{Attest, Lint as AttestLint, New as AttestNew, Todo as AttestTodo, TodoFormat};
pub use catalog::{Catalog, Export};
#[cfg(feature = "live")]
pub use cluster::{Access, Publish, Show, Snapshot};
pub use evidence::{Evidence, Export as EvidenceExport, Replay as EvidenceReplay, Trusted, Verify as EvidenceVerify};
pub use explain::{Explain, ExplainFormat, Question, Read};
pub use history::{History, HistoryFormat};
pub use merge::Merge;
pub use permissions::{Permissions, RoleFormat};
pub use render::{Render, Rendering};
pub use report::{Report, SelfAssessment};

use crate::evaluate::Share;
use crate::model::KubernetesVersion;
use crate::policy::{Color, FailOn};
use crate::report::Format;

/// What the exit codes of a scan say.
const EXIT_CODES: &str = "Exit codes:
  0  nothing at or over the threshold
  1  failures at or over it, or coverage under the minimum
  2  the tool could not do what was asked
  3  a part of the input could not be read";

/// Security controls compliance scanner for cloud native systems.
#[derive(Debug, Parser)]
#[command(name = "cnscan", version, about, long_about = None, max_term_width = 100)]
#[command(after_help = EXIT_CODES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// How to speak to a person.
    #[command(flatten)]
    pub voice: Voice,
}

/// How to speak to a person.
#[derive(Debug, Clone, Copy, Args)]
pub struct Voice {
    /// Whether to colour what a terminal shows: auto, always or never [default: auto]
    #[arg(long, global = true, value_name = "WHEN", hide_possible_values = true)]
    pub color: Option<Color>,
    /// Say less on standard error: errors only.
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Show more: reviews one by one, ignored files, excused findings.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Scan files, folders, standard input, or a cluster.
    Scan(Box<Scan>),
    /// Capture what a scan of a cluster reads, to scan it later.
    #[cfg(feature = "live")]
    Snapshot(Snapshot),
    /// What a check or a control is, how it is decided, and how to mend what it finds; who reaches whom, and who may do what.
    Explain(Explain),
    /// List checks, controls, profiles, formats or the built-in exceptions.
    List(List),
    /// Turn a JSON result into another format.
    Convert(Convert),
    /// Make one result of the parts that `scan --shard` wrote.
    Merge(Merge),
    /// Compare two JSON results: new, fixed and unchanged findings, statuses that moved.
    Diff(Diff),
    /// What automation cannot prove: the interview, forms, and reading attestations over.
    Attest {
        /// What to do.
        #[command(subcommand)]
        action: Attest,
    },
    /// A bundle of all that a scan rests on: write it, verify it, scan it again.
    Evidence {
        /// What to do.
        #[command(subcommand)]
        action: Evidence,
    },
    /// Results over time: when controls failed, how long until they were mended, pauses, exceptions' days.
    History(History),
    /// Documents that a result supports.
    Report {
        /// Which one.
        #[command(subcommand)]
        action: Report,
    },
    /// The embedded controls catalog.
    Catalog {
        /// What to do with it.
        #[command(subcommand)]
        action: Catalog,
    },
    /// The smallest read-only ClusterRole for a scan of a cluster.
    Permissions(Permissions),
    /// JSON Schemas of what is read and written.
    Schema {
        /// Which one.
        which: Schema,
    },
    /// Completions for a shell.
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
    /// The manual page.
    Man,
}

/// `scan`
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct Scan {
    /// Files and folders; `-` is standard input [default: .]
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Scan the files of a node below its root: a mounted disk or an unpacked image. Private keys are never opened. May be given many times.
    #[arg(long = "root", value_name = "PATH", conflicts_with_all = ["snapshot"])]
    pub roots: Vec<PathBuf>,
    /// Scan a running cluster, reading only.
    #[cfg(feature = "live")]
    #[arg(long, conflicts_with_all = ["paths", "roots", "snapshot", "complete", "stdin_path", "all_files"])]
    pub cluster: bool,
    /// Scan what `cnscan snapshot` captured.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["paths", "complete", "stdin_path"])]
    pub snapshot: Option<PathBuf>,
    /// Lay these manifests over the cluster or snapshot: what would they change? May be given many times.
    #[arg(long = "overlay", value_name = "PATH")]
    pub overlays: Vec<PathBuf>,
    /// How to reach the cluster.
    #[cfg(feature = "live")]
    #[command(flatten, next_help_heading = "Cluster")]
    pub access: Access,
    /// Write the result into the cluster as well, as policy reports: policyreport, openreports, or what it has the kinds of
    #[cfg(feature = "live")]
    #[arg(long, value_name = "FORM", num_args = 0..=1, require_equals = true, default_missing_value = "auto")]
    #[arg(requires = "cluster", conflicts_with_all = ["overlays", "selector", "shard"])]
    pub publish: Option<Publish>,
    /// What to render first.
    #[command(flatten)]
    pub rendering: Rendering,
    /// The profile to assess against: a name (see `list profiles`) or a file [default: default]
    #[arg(long, value_name = "NAME|FILE", help_heading = "Policy")]
    pub profile: Option<String>,
    /// Only this control; may be given many times.
    #[arg(long = "control", value_name = "ID", help_heading = "Policy")]
    pub controls: Vec<String>,
    /// Only this check; may be given many times.
    #[arg(long = "check", value_name = "ID", help_heading = "Policy")]
    pub checks: Vec<String>,
    /// Only the controls of this catalog group; may be given many times.
    #[arg(long = "group", value_name = "NAME", help_heading = "Policy")]
    pub groups: Vec<String>,
    /// Show the result by another framework as well: nist-800-53, or a Gemara MappingDocument (table, Markdown, HTML, CSV, OpenMetrics, SARIF full, JSON)
    #[arg(long, value_name = "NAME|FILE", help_heading = "Output")]
    pub framework: Option<String>,
    /// What to print on standard output [default: table]
    #[arg(short, long, value_name = "FORMAT", help_heading = "Output")]
    pub format: Option<Format>,
    /// Write a format to a file as well; may be given many times.
    #[arg(short, long = "output", value_name = "FORMAT=PATH", help_heading = "Output")]
    pub outputs: Vec<String>,
    /// Exit with 1 on failures at or over this severity, or `none` [default: high]
    #[arg(long, value_name = "SEVERITY", help_heading = "Exit code")]
    pub fail_on: Option<FailOn>,
    /// Exit with 1 when less than this share of the applicable controls is decided.
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100), help_heading = "Exit code")]
    pub min_coverage: Option<u8>,
    /// The input is all that the cluster (or the repository) has: what is missing from it is missing.
    #[arg(long, value_name = "cluster,repo", num_args = 0..=1, require_equals = true, default_missing_value = "cluster,repo", value_delimiter = ',', help_heading = "Input")]
    pub complete: Option<Vec<Complete>>,
    /// The configuration file [default: the nearest cnscan.yaml upwards]
    #[arg(long, value_name = "FILE", conflicts_with = "no_config", help_heading = "Policy")]
    pub config: Option<PathBuf>,
    /// Use no configuration file.
    #[arg(long, help_heading = "Policy")]
    pub no_config: bool,
    /// A JSON result to compare with: only new failures count for the exit code.
    #[arg(long, value_name = "FILE", help_heading = "Policy")]
    pub baseline: Option<PathBuf>,
    /// A file of attestations, or a folder of them; may be given many times.
    #[arg(long = "attestations", value_name = "PATH", help_heading = "Policy")]
    pub attestations: Vec<PathBuf>,
    /// The Kubernetes version to judge by, such as 1.34 [default: what namespaces pin, else the latest known]
    #[arg(long, value_name = "VERSION", value_parser = KubernetesVersion::asked, help_heading = "Policy")]
    pub kubernetes_version: Option<KubernetesVersion>,
    /// The namespace of objects that name none.
    #[arg(long, value_name = "NS", help_heading = "Input")]
    pub assume_namespace: Option<String>,
    /// The name that standard input has in reports.
    #[arg(long, value_name = "PATH", help_heading = "Input")]
    pub stdin_path: Option<String>,
    /// List what passed as well (JSON and SARIF full).
    #[arg(long, help_heading = "Output")]
    pub include_passes: bool,
    /// Read files that .gitignore and .cnscanignore leave out.
    #[arg(long, help_heading = "Input")]
    pub all_files: bool,
    /// Judge one share of several, counted from 0, and write its part, in JSON, for `merge`. Each shard reads all of the input, and keeps its share.
    #[arg(long, value_name = "I/N", conflicts_with_all = ["baseline", "framework"], help_heading = "Work")]
    pub shard: Option<Share>,
    /// How many threads [default: one a core]
    #[arg(short, long, value_name = "N", help_heading = "Work")]
    pub jobs: Option<usize>,
    /// Do not exit with 3 for a part of the input that could not be read; failures still exit with 1.
    #[arg(long, help_heading = "Exit code")]
    pub allow_gaps: bool,
    /// Reviews at or over the threshold count as failures for the exit code.
    #[arg(long, help_heading = "Exit code")]
    pub fail_on_review: bool,
}

/// What `--complete` speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Complete {
    /// The cluster's objects.
    Cluster,
    /// The repository.
    Repo,
}

/// `list`
#[derive(Debug, Args)]
pub struct List {
    /// What to list.
    pub what: Listing,
    /// How to print it.
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    pub format: ListFormat,
}

/// What `list` lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Listing {
    /// Every check of this release.
    Checks,
    /// Every control of the catalog.
    Controls,
    /// The built-in profiles.
    Profiles,
    /// The report formats.
    Formats,
    /// The built-in exceptions.
    Exceptions,
}

/// The formats of `list`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    /// For people.
    Table,
    /// For programs.
    Json,
}

/// `convert`
#[derive(Debug, Args)]
pub struct Convert {
    /// A result in JSON; `-` is standard input.
    pub result: PathBuf,
    /// What to turn it into.
    #[arg(short, long, value_name = "FORMAT")]
    pub format: Format,
    /// Show the result by another framework as well: nist-800-53, or a Gemara MappingDocument (table, Markdown, HTML, CSV, OpenMetrics, SARIF full, JSON)
    #[arg(long, value_name = "NAME|FILE")]
    pub framework: Option<String>,
    /// Where to write it [default: standard output]
    #[arg(short, long, value_name = "PATH")]
    pub output: Option<PathBuf>,
}

/// `diff`
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes:\n  0  no new failure at or over the threshold\n  1  new ones\n  2  the results cannot be read or compared"
)]
pub struct Diff {
    /// The earlier result.
    pub old: PathBuf,
    /// The later result.
    pub new: PathBuf,
    /// How to print it.
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    pub format: ListFormat,
    /// Exit with 1 on failures at or over this severity that are new, or worse than they were, or `none`.
    #[arg(long, value_name = "SEVERITY", default_value = "high")]
    pub fail_on: FailOn,
}

/// Which schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Schema {
    /// The JSON result.
    Result,
    /// `cnscan.yaml`
    Config,
    /// A profile.
    Profile,
    /// A file of attestations.
    Attestation,
}
