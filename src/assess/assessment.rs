//! The result of a scan: plain owned data, the one stable machine format. Every report is made from it.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use crate::discover::{Gap, Place};
pub use crate::model::{Quality, Severity};

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
    pub catalog: Pin,
    /// What was assessed against.
    pub profile: Pin,
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

/// Something held against, by name and hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Pin {
    /// Its id, name or path.
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

/// The thresholds that decided the exit code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Thresholds {
    /// Failures at or over this severity fail the scan; `none`: none do.
    pub fail_on: Option<Severity>,
    /// Reviews count as well.
    pub fail_on_review: bool,
    /// The least share of controls to be decided, in percent.
    pub min_coverage: Option<u8>,
    /// Gaps and errors are accepted.
    pub allow_gaps: bool,
}

/// Counts, all derived from the rest.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// How many controls have each status.
    pub controls: BTreeMap<Status, u32>,
    /// How many open failures there are of each severity.
    pub failures: BTreeMap<Severity, u32>,
    /// How many open reviews.
    pub reviews: u32,
    /// How many failures are excused.
    pub excused: u32,
    /// How many notes.
    pub notes: u32,
    /// How many (check, subject) pairs were judged.
    pub verdicts: u64,
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

/// What the checks of a control can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Coverage {
    /// All that it asks.
    Full,
    /// A part of it.
    Partial,
    /// Nothing: a person must.
    None,
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
    /// The attestation in force, when there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub attestation: Option<String>,
}

/// A check bound to a control, and what it said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ControlCheck {
    /// The check.
    pub id: Arc<str>,
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
    /// To how many it does not apply.
    pub skipped: u32,
}

/// What a check said of all its subjects together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CheckVerdict {
    /// A subject failed.
    Fail,
    /// It broke on a subject.
    Error,
    /// A subject needs a person or more evidence.
    Review,
    /// No evidence of its surface was given, or it was refused.
    NotAssessed,
    /// Failures, all excused.
    Excused,
    /// Every subject passed.
    Pass,
    /// No subject, with all evidence there.
    Skip,
    /// Not selected by the user.
    NotSelected,
    /// Bound to the control, and not implemented in this release.
    Planned,
}

impl CheckVerdict {
    /// The word in every format.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            CheckVerdict::Fail => "fail",
            CheckVerdict::Error => "error",
            CheckVerdict::Review => "review",
            CheckVerdict::NotAssessed => "not-assessed",
            CheckVerdict::Excused => "excused",
            CheckVerdict::Pass => "pass",
            CheckVerdict::Skip => "skip",
            CheckVerdict::NotSelected => "not-selected",
            CheckVerdict::Planned => "planned",
        }
    }
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
}

/// What is reported of a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FindingVerdict {
    /// It fails.
    Fail,
    /// A person, or more evidence, must decide.
    Review,
    /// Worth knowing; changes nothing.
    Note,
}

/// One cause of a failed or doubtful verdict, at its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// The check's id.
    pub check: Arc<str>,
    /// Failure, review or note.
    pub verdict: FindingVerdict,
    /// How bad it is.
    pub severity: Severity,
    /// The check's title.
    pub title: Arc<str>,
    /// What is wrong here.
    pub message: Arc<str>,
    /// The controls of the profile that cite the check.
    pub controls: Arc<[Arc<str>]>,
    /// What it was found on.
    pub subject: Arc<Subject>,
    /// Where in the object.
    pub path: Arc<str>,
    /// Where in the input; `null` when there is no file.
    pub location: Option<Location>,
    /// What was seen.
    pub observed: Arc<str>,
    /// What should stand there.
    pub expected: Arc<str>,
    /// How to mend it.
    pub fix: Arc<str>,
    /// The same for the same fault in a moved or reformatted file.
    pub fingerprint: Arc<str>,
    /// The exception that covers it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub excused: Option<Box<Excuse>>,
    /// Against `--baseline`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub baseline: Option<Baseline>,
    /// The source lines of the place, credentials masked.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub snippet: Option<Arc<str>>,
    /// GitHub's hash of the line.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub line_hash: Option<Arc<str>>,
}

impl Finding {
    /// A failure that nobody excused.
    #[must_use]
    pub fn is_open_failure(&self) -> bool {
        self.verdict == FindingVerdict::Fail && self.excused.is_none()
    }
}

/// What a finding was found on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Subject {
    /// `manifest` or `cluster`.
    pub surface: String,
    /// As written; empty for a namespace that has no document.
    pub api_version: String,
    /// As written.
    pub kind: String,
    /// Empty when it has none.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The container, where the finding is on one.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub container: String,
}

/// A place in the input. Lines and columns count from 1; columns in Unicode scalar values; the end is exclusive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Location {
    /// The file; empty for standard input without a name.
    pub uri: Arc<str>,
    /// From 1.
    pub line: u32,
    /// From 1.
    pub column: u32,
    /// The line of the end.
    pub end_line: u32,
    /// Just past the last character.
    pub end_column: u32,
    /// How well it fits.
    pub quality: Quality,
}

/// An exception that covers a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Excuse {
    /// `config`, `comment`, `annotation` or `builtin`.
    pub by: String,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub owner: String,
    /// Who allowed it.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub approver: String,
    /// The last day it holds, as a date.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub expires: Option<String>,
}

/// How a finding stands to the baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Baseline {
    /// Not in it.
    New,
    /// In it.
    Unchanged,
}

/// A subject that passed a check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Pass {
    /// The check.
    pub check: Arc<str>,
    /// What passed it.
    pub subject: Arc<Subject>,
}

/// A check that broke on a subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CheckError {
    /// The check.
    pub check: Arc<str>,
    /// What it broke on.
    pub subject: Arc<Subject>,
    /// What it said.
    pub message: String,
}
