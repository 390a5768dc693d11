//! The result of a scan: plain owned data, the one stable machine format. Every report is made from it.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use crate::assess::against::Compared;
pub use crate::assess::bound::*;
pub use crate::assess::finding::*;
pub use crate::assess::vouch::{Attested, Vouched};
pub use crate::discover::{Cluster, Gap, Place};
pub use crate::evaluate::Looked;
pub use crate::model::{Quality, Severity};
pub use crate::policy::attestation::{Attestation, Link, Method, Refused, Scope as AttestationScope};
pub use crate::policy::{Coverage, Selection, Thresholds};

/// The name of this format; a change that breaks readers changes the number.
pub const SCHEMA: &str = "cnscan/result/v1";

/// Everything that a scan found out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Assessment {
    /// [`SCHEMA`]
    pub schema: String,
    /// What made it.
    pub tool: Tool,
    /// The controls catalog it speaks of.
    pub catalog: Edition,
    /// What was assessed against.
    pub profile: Pin,
    /// What the scan was narrowed to; absent when it was not.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub selection: Option<Selection>,
    /// The configuration file in force.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub config: Option<Pin>,
    /// The one part that differs between two runs over the same input.
    pub run: Run,
    /// What was looked at.
    pub scope: Scope,
    /// The Kubernetes version judged by.
    pub kubernetes_version: Version,
    /// The thresholds that decided the exit code.
    pub thresholds: Thresholds,
    /// Counts, all derived from the rest.
    pub summary: Summary,
    /// Every file or list that was read, left out or unreadable.
    pub inputs: Vec<Input>,
    /// What was to be looked at and was not.
    pub gaps: Vec<Gap>,
    /// Every control of the profile, in its order.
    pub controls: Vec<Control>,
    /// Every check that the profile names and this release has.
    pub checks: Vec<CheckInfo>,
    /// Failures and reviews, by place.
    pub findings: Vec<Finding>,
    /// With `--include-passes`: what passed.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub passes: Vec<Pass>,
    /// Checks that broke.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub errors: Vec<CheckError>,
    /// What a reader should know: exceptions that expired or matched nothing, copies of an object, fragments left out.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub notices: Vec<String>,
    /// With `--attestations`: the files, and what in them does not count.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub attestations: Option<Vouched>,
    /// With `--baseline`: the earlier result, and how this one stands to it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub baseline: Option<Compared>,
    /// With `--framework`: the same seen from that framework.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub crosswalk: Option<crate::assess::Crosswalk>,
}

/// What made a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tool {
    /// `cnscan`
    pub name: String,
    /// Its version.
    pub version: String,
    /// The commit it was built from, where known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub commit: Option<String>,
}

/// A controls catalog, by id and hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Edition {
    /// Its id.
    pub id: String,
    /// For a person.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub title: String,
    /// Its version.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub version: String,
    /// Of its content.
    pub sha256: String,
}

/// Something held against, by name and hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Pin {
    /// Its name or path.
    pub name: String,
    /// For a person.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub title: String,
    /// Its version, where it has one.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub version: String,
    /// Of its content.
    pub sha256: String,
}

/// When and how it ran.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Run {
    /// Derived from input, policy and times.
    pub id: String,
    /// RFC 3339, UTC.
    pub started: String,
    /// RFC 3339, UTC.
    pub finished: String,
    /// Without host, user and absolute paths.
    pub arguments: Vec<String>,
    /// How long it took.
    pub seconds: f64,
}

/// What was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Scope {
    /// `files`, `cluster` or `snapshot`.
    pub kind: String,
    /// The user said that the input is all there is.
    pub complete: bool,
    /// The cluster that was read; none for files.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cluster: Option<Cluster>,
    /// The namespaces seen.
    pub namespaces: Vec<String>,
}

/// The Kubernetes version judged by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Version {
    /// `1.N`
    pub version: String,
    /// Nobody gave it: the latest known was taken.
    pub assumed: bool,
}

/// Counts, all derived from the rest.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// How many controls have each status.
    pub controls: BTreeMap<Status, u32>,
    /// How many open failures there are of each severity.
    pub findings: BTreeMap<Severity, u32>,
    /// How many open reviews.
    pub reviews: u32,
    /// How many findings, failures and reviews, are excused.
    pub excused: u32,
    /// How many notes.
    pub notes: u32,
    /// How many subjects were judged, each once for every check that looked at it.
    pub subjects: u64,
    /// How many objects were read.
    pub objects: u32,
    /// How many files were read.
    pub files: u32,
    /// How many were ignored.
    pub ignored: u32,
    /// The share of the applicable controls whose status is decided (`decisions.md` 26), in percent.
    pub coverage: f64,
}

/// A file or list that was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Input {
    /// Its name in this result; `null` for standard input without a name.
    pub uri: Option<String>,
    /// Of its bytes as stored.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
    /// What it is.
    pub kind: String,
    /// How many documents were read.
    pub documents: u32,
    /// What became of it.
    pub status: InputStatus,
    /// Why it was not read.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
}

/// What became of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum InputStatus {
    /// Read.
    Read,
    /// It, or all of it, could not be read.
    Gap,
    /// Nothing in it looks like a known input.
    Ignored,
}

/// The status of a control, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// A check failed, not excused.
    Fail,
    /// A check broke.
    Error,
    /// A check needs a person, or evidence has a gap.
    Review,
    /// Nothing ran: no evidence, or nothing automatic.
    NotAssessed,
    /// It fails, all under exceptions in force.
    Excused,
    /// All that could run passed; the control asks more.
    Partial,
    /// All passed, and together they prove it all.
    Pass,
    /// A person's attestation covers what is not proven.
    Attested,
    /// No subject, with all evidence there.
    NotApplicable,
}

impl Status {
    /// All, worst first.
    pub const ALL: [Status; 9] = [
        Status::Fail,
        Status::Error,
        Status::Review,
        Status::NotAssessed,
        Status::Excused,
        Status::Partial,
        Status::Pass,
        Status::Attested,
        Status::NotApplicable,
    ];

    /// The word in every format.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Fail => "fail",
            Status::Error => "error",
            Status::Review => "review",
            Status::NotAssessed => "not-assessed",
            Status::Excused => "excused",
            Status::Partial => "partial",
            Status::Pass => "pass",
            Status::Attested => "attested",
            Status::NotApplicable => "not-applicable",
        }
    }

    /// Whether it counts as decided for `--min-coverage`.
    #[must_use]
    pub fn is_decided(self) -> bool {
        matches!(self, Status::Fail | Status::Excused | Status::Partial | Status::Pass | Status::Attested)
    }
}

/// A control of the profile and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Control {
    /// `CNSC-…`, or the requirement's own id.
    pub id: String,
    /// `CNSC`, or the profile's own framework.
    pub framework: String,
    /// As the catalog has it.
    pub title: String,
    /// The group of the catalog.
    pub group: String,
    /// What became of it.
    pub status: Status,
    /// Why, in one line.
    pub reason: String,
    /// What its checks can show.
    pub coverage: Coverage,
    /// NIST SP 800-53 controls that it relates to.
    pub supports: Vec<String>,
    /// The checks bound to it, with what each said.
    pub checks: Vec<ControlCheck>,
    /// What people vouch for of it, when anybody does.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub attestation: Option<Attested>,
}

/// What reports say of a check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CheckInfo {
    /// Its id.
    pub id: Arc<str>,
    /// States the fault.
    pub title: Arc<str>,
    /// The topic it belongs to.
    pub topic: String,
    /// Its own severity.
    pub severity: Severity,
    /// Why it matters.
    pub why: String,
    /// How to mend it.
    pub fix: Arc<str>,
    /// How it decides: what fails, what is left for review, what it does not apply to.
    #[serde(default)]
    pub how: String,
    /// Its page, as Markdown.
    pub help: String,
    /// Where the facts are from.
    pub refs: Vec<String>,
    /// Its place in other frameworks.
    pub maps: BTreeMap<String, Vec<String>>,
    /// The controls of the profile that cite it.
    pub controls: Arc<[Arc<str>]>,
    /// What it said of all its subjects together.
    pub verdict: CheckVerdict,
    /// How many subjects it looked at.
    pub subjects: u32,
    /// How many passed.
    pub passed: u32,
    /// How many failed, excused ones included.
    pub failed: u32,
    /// How many a person must look at.
    pub review: u32,
    /// Why it did not apply, and to how many.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub skipped: BTreeMap<String, u32>,
    /// Where it judges several settings that only some subjects have: how many were looked at for each.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub aspects: BTreeMap<String, Looked>,
}
