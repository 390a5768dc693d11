//! What a result says of one finding, pass or broken check.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{Quality, Severity};

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
    /// Where its check judges several settings that may be asked about one by one: those that it is about.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub about: Vec<Arc<str>>,
    /// What is worth knowing beside it: whether admission would have refused it.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub notes: Vec<Arc<str>>,
    /// Where in Git its object comes from, when that was read from no file and what deployed it says so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source: Option<Arc<GitSource>>,
    /// The same for the same fault in a moved or reformatted file.
    pub fingerprint: Arc<str>,
    /// The exception that covers it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub excused: Option<Box<Excuse>>,
    /// Against `--baseline`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub baseline: Option<Baseline>,
    /// What it was in the baseline, where that is something else: `for review`, `excused`, a lesser severity.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub was: Option<Box<str>>,
    /// The source lines of the place, credentials masked.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub snippet: Option<Arc<str>>,
    /// GitHub's hash of the line.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub line_hash: Option<Arc<str>>,
    /// The objects that share it, each with the fingerprint that it has on that one; it stands in the notes for people.
    #[serde(skip)]
    pub shared: Vec<(Arc<Subject>, Arc<str>)>,
}

impl Finding {
    /// A failure that nobody excused.
    #[must_use]
    pub fn is_open_failure(&self) -> bool {
        self.verdict == FindingVerdict::Fail && self.excused.is_none()
    }

    /// Whether it is an open failure that the baseline has as well: none to decide by, and none that is gone.
    #[must_use]
    pub fn is_known_failure(&self) -> bool {
        self.is_open_failure() && self.baseline == Some(Baseline::Unchanged)
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
    /// How many running pods were made from it, and are not judged again.
    #[serde(skip_serializing_if = "is_none", default)]
    pub pods: u32,
}

fn is_none(count: &u32) -> bool {
    *count == 0
}

/// Where in Git an object comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GitSource {
    /// The URL of the repository.
    pub repository: String,
    /// The file, or its folder where no more is known, from the repository's root.
    pub path: String,
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
    /// Both columns in UTF-16 code units, where no snippet has the text to count them in.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub utf16_columns: Option<[u32; 2]>,
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
    /// Not in it, or as something less.
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
