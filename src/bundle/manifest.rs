//! What a bundle says of itself: the pins of the run, what was left out or made unreadable, and every file with its hash.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::assess::{Edition, Pin, Summary, Version};
use crate::discover::{Gap, Stat};
use crate::policy::KeptComment;

/// The name of the format; a change that breaks readers changes the number.
pub(super) const SCHEMA: &str = "cnscan/evidence/v1";

/// What was run, held against what, over what; and all files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The version of the format.
    pub schema: String,
    /// Of the run.
    pub run_id: String,
    /// RFC 3339, UTC.
    pub started: String,
    /// RFC 3339, UTC.
    pub finished: String,
    /// The program.
    pub tool: Program,
    /// The controls catalog.
    pub catalog: Edition,
    /// The profile.
    pub profile: Pin,
    /// The configuration file.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub config: Option<Pin>,
    /// The exceptions that excuse a finding.
    pub exceptions: Counted,
    /// The files of attestations.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub attestations: Vec<Pin>,
    /// What was assessed.
    pub target: Target,
    /// The bundle of the run before.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub previous: Option<Previous>,
    /// The counts of the result.
    pub summary: Summary,
    /// How many gaps the evidence has.
    pub gaps: usize,
    /// What of the inputs is not as it was.
    pub redaction: Redaction,
    /// Every file of the bundle but this one and the envelope, by path.
    pub files: Vec<Listed>,
}

/// A program, by what it is and by its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Program {
    /// `cnscan`
    pub name: String,
    /// Its version.
    pub version: String,
    /// Of the file that ran.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sha256: Option<String>,
}

/// How many of something, and the hash of all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counted {
    /// How many.
    pub count: usize,
    /// Of all of them, as JSON in order.
    pub sha256: String,
}

/// What was assessed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// `files`, `cluster` or `snapshot`.
    pub kind: String,
    /// The Git commit that was checked out, of files; what was changed since is not known from it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub revision: Option<String>,
    /// The uid of the cluster's kube-system namespace.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cluster_uid: Option<String>,
    /// As the API server says.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub server_version: Option<String>,
    /// Judged by.
    pub kubernetes_version: Version,
    /// The user said that the input is all there is.
    pub complete: bool,
}

/// The bundle of the run before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Previous {
    /// Of its run.
    pub run_id: String,
    /// Of its manifest.
    pub manifest_sha256: String,
}

/// What of the inputs is not as it was, and what that does to a replay.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Redaction {
    /// In words.
    pub note: String,
    /// How many values of the kept inputs were replaced by others of their sort.
    pub values: usize,
    /// The inputs in which any was, or of which broken documents are left out, with the hash of what is kept: that of what
    /// was scanned would tell of weak values.
    pub files: Vec<Pin>,
    /// Inputs that were looked at and are not in the bundle.
    pub left_out: Vec<LeftOut>,
    /// Verdicts that rest on what was replaced or left out: a replay cannot come to them.
    pub not_replayable: Vec<String>,
}

/// An input that is not in the bundle.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeftOut {
    /// Its name.
    pub uri: String,
    /// Why.
    pub why: String,
}

/// A file of the bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    /// From the bundle's folder, with forward slashes.
    pub path: String,
    /// `input`, `policy` or `result`.
    pub role: String,
    /// In bytes.
    pub size: u64,
    /// Of its bytes as stored.
    pub sha256: String,
}

/// How to run it again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// The version of the format.
    pub schema: String,
    /// The namespace of objects that name none.
    pub assume_namespace: Option<String>,
    /// The input is all that the cluster has.
    pub complete: bool,
    /// The version to judge by, where one was given.
    pub kubernetes_version: Option<String>,
    /// Whether passes are kept.
    pub include_passes: bool,
    /// The largest document that is read.
    pub document_limit: usize,
    /// An embedded profile by name, or a file of the bundle.
    pub profile: String,
    /// The configuration file: where it is in the bundle, and its name in results.
    pub config: Option<Placed>,
    /// The files of attestations, and how long one may hold.
    pub attestations: Vec<Placed>,
    /// In days.
    pub attestation_days: u32,
    /// The result that was compared with.
    pub baseline: Option<String>,
    /// The snapshot of the cluster.
    pub snapshot: Option<String>,
    /// Files that were read, by name.
    pub sources: Vec<SourceKept>,
    /// What was not found or read before parsing.
    pub gaps: Vec<Gap>,
    /// What was left out, and why.
    pub ignored: Vec<(String, String)>,
    /// Comments that excuse something and stand in files that are not in the bundle, but what another tool made of them.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub comments: Vec<KeptComment>,
    /// Findings that several objects share, which are made of one line: by fingerprint, those that they have on the others.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub shared: BTreeMap<String, Vec<String>>,
}

/// A file of the bundle that had another name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Placed {
    /// In the bundle.
    pub path: String,
    /// In results.
    pub name: String,
}

/// An input file as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceKept {
    /// In the bundle; none where the file is left out, or of a node and never opened.
    pub path: Option<String>,
    /// Its name in results.
    pub uri: Option<String>,
    /// Its name in tables.
    pub shown: String,
    /// Whether the user named it.
    pub named: bool,
    /// What tells its repository from others.
    pub root: String,
    /// Another tool made it of what is not in the bundle.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub rendered: bool,
    /// Of a file or folder of a node: where it was there, and who may do what with it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub host: Option<HostKept>,
}

/// See [`SourceKept::host`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostKept {
    /// Absolute.
    pub path: String,
    /// Its owner, group and permissions.
    pub stat: Stat,
}
