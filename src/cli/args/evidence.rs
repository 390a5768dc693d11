//! `evidence`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::SignedDuration;

use super::{ListFormat, Scan};
use crate::report::Format;

/// `evidence`
#[derive(Debug, Subcommand)]
pub enum Evidence {
    /// Scan, and write what was scanned, against what, and what came of it into a bundle.
    Export(Box<Export>),
    /// Check that a bundle is what somebody signed, and of what is expected.
    Verify(Verify),
    /// Scan the inputs of a bundle again: the verdicts must be the same.
    Replay(Replay),
}

/// `evidence export`
#[derive(Debug, Args)]
#[command(
    after_help = "The exit code is that of the scan. Values of Secrets, and what may be a credential, do not stand in a bundle; manifest.json says what was replaced or left out. A signature shows who wrote the bundle and that nothing was changed since; it does not show that the cluster was honest, that the input was all there is, or what time it was."
)]
pub struct Export {
    /// Where to write it, a new or empty folder outside of what is scanned, or a file that ends in .tar.gz or .tgz.
    #[arg(long, value_name = "PATH")]
    pub bundle: PathBuf,
    /// The key to sign with: ECDSA P-256, PEM (PKCS #8, or as openssl writes it).
    #[arg(long, value_name = "FILE", required_unless_present = "unsigned", conflicts_with = "unsigned")]
    pub key: Option<PathBuf>,
    /// Leave it unsigned.
    #[arg(long)]
    pub unsigned: bool,
    /// A format of the result to put into it, beside JSON; may be given many times [default: sarif-full, html, csv, gemara, oscal, oscal-plan, oscal-poam]
    #[arg(long = "result", value_name = "FORMAT")]
    pub results: Vec<Format>,
    /// The bundle of the run before, which this one then names.
    #[arg(long, value_name = "BUNDLE")]
    pub previous: Option<PathBuf>,
    /// What to scan.
    #[command(flatten)]
    pub scan: Scan,
}

/// Whom to trust.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct Trusted {
    /// The public key of whoever should have signed it (PEM), from elsewhere than the bundle.
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Do not ask who signed it: only whether it is whole, which anybody can arrange.
    #[arg(long)]
    pub allow_unsigned: bool,
}

/// `evidence verify`
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes:\n  0  it is\n  2  it cannot be read, or is no bundle\n  4  the signature is not of the key\n  5  it was tampered with\n  6  it is of something else than asked for"
)]
pub struct Verify {
    /// A folder, or an archive of one.
    pub bundle: PathBuf,
    /// Whom to trust.
    #[command(flatten)]
    pub trusted: Trusted,
    /// The SHA-256 that the catalog must have.
    #[arg(long, value_name = "SHA256")]
    pub catalog: Option<String>,
    /// The profile, by name or SHA-256.
    #[arg(long, value_name = "NAME|SHA256")]
    pub profile: Option<String>,
    /// The SHA-256 that the program must have had.
    #[arg(long, value_name = "SHA256")]
    pub tool: Option<String>,
    /// The uid of the cluster's kube-system namespace.
    #[arg(long, value_name = "UID")]
    pub cluster: Option<String>,
    /// How old the run may be, such as 36h or 7d.
    #[arg(long, value_name = "TIME", value_parser = age)]
    pub max_age: Option<SignedDuration>,
    /// The bundle that it must name as the one before.
    #[arg(long, value_name = "BUNDLE")]
    pub previous: Option<PathBuf>,
    /// How to print it.
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    pub format: ListFormat,
}

/// `evidence replay`
#[derive(Debug, Args)]
#[command(after_help = "Exit codes:\n  0  the same verdicts\n  1  others\n  2, 4, 5  as of verify, which comes first")]
pub struct Replay {
    /// A folder, or an archive of one.
    pub bundle: PathBuf,
    /// Whom to trust.
    #[command(flatten)]
    pub trusted: Trusted,
}

/// `36h`, `7d`
fn age(text: &str) -> Result<SignedDuration, String> {
    let wrong = || "write a time such as 36h or 7d".to_owned();
    let (number, unit) = text.split_at(text.find(|char: char| !char.is_ascii_digit()).ok_or_else(wrong)?);
    let number: i64 = number.parse().map_err(|_| wrong())?;
    let hours = match unit {
        "h" => Some(number),
        "d" => number.checked_mul(24),
        _ => None,
    };
    // a century is older than anything
    hours.filter(|hours| *hours <= 876_000).map(SignedDuration::from_hours).ok_or_else(wrong)
}
