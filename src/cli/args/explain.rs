//! The arguments of `explain`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// `explain`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[command(
    after_help = "`explain ID` prints the page of a check or a control; `explain reach`, `who-can` and `admission` answer a question about what was read, with the rules that decide it. An answer, whatever it is, is exit code 0."
)]
pub struct Explain {
    /// A question about a cluster or its manifests.
    #[command(subcommand)]
    pub question: Option<Question>,
    /// A check such as pss-privileged-container, or a control such as CNSC-32.
    #[arg(required = true)]
    pub id: Option<String>,
    /// What else stands there, to say what to write instead.
    #[arg(hide = true)]
    pub more: Vec<String>,
    /// How to print it.
    #[arg(short, long, value_name = "FORMAT", default_value = "markdown")]
    pub format: ExplainFormat,
}

/// The questions.
#[derive(Debug, Subcommand)]
pub enum Question {
    /// Whether traffic gets from one workload to another, and the rules that decide it.
    Reach {
        /// From which workload or pod.
        #[arg(value_name = "NAMESPACE/NAME")]
        from: String,
        /// To which.
        #[arg(value_name = "NAMESPACE/NAME")]
        to: String,
        /// On this port: a number, or the name that a container gives it; `/udp` behind it for another protocol than TCP
        /// [default: every port]
        #[arg(long, value_name = "PORT[/PROTOCOL]")]
        port: Option<String>,
        /// What to read.
        #[command(flatten)]
        read: Read,
    },
    /// Who may do something, through which bindings, groups and aggregated roles.
    WhoCan {
        /// What is done: get, list, create, delete, impersonate, …
        verb: String,
        /// To what: `secrets`, `pods/exec`, `deployments.apps`, or a path such as `/metrics`.
        resource: String,
        /// In this namespace [default: anywhere]
        #[arg(short, long)]
        namespace: Option<String>,
        /// To the object of this name.
        #[arg(long)]
        name: Option<String>,
        /// What to read.
        #[command(flatten)]
        read: Read,
    },
    /// What is refused in each namespace, and by what.
    Admission {
        /// Only this namespace; may be given many times.
        #[arg(short, long = "namespace", value_name = "NS")]
        namespaces: Vec<String>,
        /// What to read.
        #[command(flatten)]
        read: Read,
    },
}

/// What a question is about.
#[derive(Debug, Args)]
pub struct Read {
    /// Files and folders; `-` is standard input [default: .]
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Ask about what `cnscan snapshot` captured.
    #[arg(long, value_name = "FILE", conflicts_with = "paths")]
    pub snapshot: Option<PathBuf>,
    /// The namespace of objects that name none.
    #[arg(long, value_name = "NAMESPACE")]
    pub assume_namespace: Option<String>,
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
