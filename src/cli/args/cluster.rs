//! The arguments of what reads a cluster.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

/// How to reach a cluster, and what to read of it.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Cluster")]
pub struct Access {
    /// The context of the kubeconfig [default: its current one]
    #[arg(long, value_name = "NAME")]
    pub context: Option<String>,
    /// The kubeconfig [default: KUBECONFIG, ~/.kube/config, the pod's service account]
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// The user to act as.
    #[arg(long = "as", value_name = "USER")]
    pub user: Option<String>,
    /// Only the objects of this namespace, and those that have none; may be given many times.
    #[arg(short, long = "namespace", value_name = "NS")]
    pub namespaces: Vec<String>,
    /// Not the objects of this namespace; may be given many times.
    #[arg(long = "exclude-namespace", value_name = "NS")]
    pub excluded: Vec<String>,
    /// Only namespaced objects with these labels, as kubectl writes them; what others would show is for review.
    #[arg(short = 'l', long, value_name = "LABELS")]
    pub selector: Option<String>,
    /// How long one answer may take.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration)]
    pub request_timeout: Duration,
    /// How long reading the cluster may take.
    #[arg(long, value_name = "TIME", default_value = "15m", value_parser = duration)]
    pub timeout: Duration,
    /// Whether to show on standard error what is being read.
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub progress: Show,
}

/// `30s`, `5m`, `1h`; a number alone is seconds.
fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let unit = match unit {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return Err("write a time such as 30s, 5m or 1h".to_owned()),
    };
    let seconds = number.parse::<u64>().ok().and_then(|number| number.checked_mul(unit)).filter(|seconds| (1..=604_800).contains(seconds));
    seconds.map(Duration::from_secs).ok_or_else(|| "write a time such as 30s, 5m or 1h".to_owned())
}

/// When to show progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Show {
    /// Bars on a terminal, lines elsewhere.
    Auto,
    /// Never.
    Never,
}

/// `snapshot`
#[derive(Debug, Args)]
pub struct Snapshot {
    /// The file to write.
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// Exit with 0 although a part of the cluster could not be read; a scan of the snapshot has the gaps all the same.
    #[arg(long)]
    pub allow_gaps: bool,
    /// How to reach the cluster.
    #[command(flatten)]
    pub access: Access,
}

/// Which reports are written into a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Publish {
    /// Those that the cluster has the kinds of.
    Auto,
    /// PolicyReport and ClusterPolicyReport, wgpolicyk8s.io/v1alpha2
    Policyreport,
    /// Report and ClusterReport, openreports.io/v1alpha1
    Openreports,
}
