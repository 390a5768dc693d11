//! What a check says of a subject, with the places that cause it.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::kinds::GroupKind;

/// How bad a fault is, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The cluster or the node is given away.
    Critical,
    /// A barrier is missing that an attacker needs gone.
    High,
    /// A layer of defence is missing.
    Medium,
    /// Good practice.
    Low,
    /// A note: changes no verdict, status or exit code.
    Info,
}

impl Severity {
    /// All, worst first.
    pub const ALL: [Severity; 5] = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::Info];

    /// The lower-case word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Critical => "critical",
            Severity::High => "high",
            Severity::Medium => "medium",
            Severity::Low => "low",
            Severity::Info => "info",
        }
    }
}

/// What a check says of one subject.
#[derive(Debug, Clone)]
pub enum Verdict {
    /// It holds.
    Pass,
    /// It holds as long as no object of these kinds says otherwise: a review where they were not all seen.
    PassIfNone(&'static [GroupKind]),
    /// It does not hold, in these places. Doubts ([`Fault::doubt`]) among them are reviews with a place.
    Fail(Vec<Fault>),
    /// It does not apply, because of this.
    Skip(Cow<'static, str>),
    /// What it looks at is there in every cluster, and nothing of it was seen: nothing is assessed.
    Unseen,
    /// It cannot be decided from here, because of this.
    Review(Cow<'static, str>),
}

impl FromIterator<Fault> for Verdict {
    /// No faults: a pass.
    fn from_iter<I: IntoIterator<Item = Fault>>(faults: I) -> Self {
        let faults: Vec<_> = faults.into_iter().collect();
        if faults.is_empty() { Verdict::Pass } else { Verdict::Fail(faults) }
    }
}

impl From<Fault> for Verdict {
    fn from(fault: Fault) -> Self {
        Verdict::Fail(vec![fault])
    }
}

impl From<Option<Fault>> for Verdict {
    fn from(fault: Option<Fault>) -> Self {
        fault.into_iter().collect()
    }
}

impl From<Vec<Fault>> for Verdict {
    fn from(faults: Vec<Fault>) -> Self {
        faults.into_iter().collect()
    }
}

/// One cause of a failed (or doubtful) verdict, at its place. Made by [`Field::fault`](crate::model::Field::fault).
#[derive(Debug, Clone)]
pub struct Fault {
    pub(crate) place: Place,
    pub(crate) message: Cow<'static, str>,
    pub(crate) severity: Option<Severity>,
    pub(crate) observed: Cow<'static, str>,
    pub(crate) expected: Cow<'static, str>,
    pub(crate) fix: Option<Cow<'static, str>>,
    pub(crate) sensitive: bool,
    pub(crate) doubt: bool,
    pub(crate) rests_on: &'static [GroupKind],
    pub(crate) of_object: bool,
    pub(crate) notes: Vec<String>,
}

impl Fault {
    pub(crate) fn new(place: Place, observed: Cow<'static, str>, message: Cow<'static, str>) -> Self {
        let (severity, expected, fix) = (None, Cow::Borrowed(""), None);
        Fault {
            place,
            message,
            severity,
            observed,
            expected,
            fix,
            sensitive: false,
            doubt: false,
            rests_on: &[],
            of_object: false,
            notes: Vec::new(),
        }
    }

    /// Another severity than the check's.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = Some(severity);
        self
    }

    /// What should stand there.
    #[must_use]
    pub fn expected(mut self, expected: impl Into<Cow<'static, str>>) -> Self {
        self.expected = expected.into();
        self
    }

    /// What was seen, where the field alone does not tell.
    #[must_use]
    pub fn observed(mut self, observed: impl Into<Cow<'static, str>>) -> Self {
        self.observed = observed.into();
        self
    }

    /// How to mend this one, where the check's own advice does not fit.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<Cow<'static, str>>) -> Self {
        self.fix = Some(fix.into());
        self
    }

    /// The same fault in other words.
    #[must_use]
    pub(crate) fn reworded(mut self, words: impl FnOnce(&str) -> String) -> Self {
        self.message = words(&self.message).into();
        self
    }

    /// Something worth knowing beside it, which changes nothing.
    #[must_use]
    pub(crate) fn note(mut self, note: String) -> Self {
        self.notes.push(note);
        self
    }

    /// The value is a credential: it is shown nowhere.
    #[must_use]
    pub fn sensitive(mut self) -> Self {
        self.sensitive = true;
        self
    }

    /// Not decided: a person or more evidence must. A review with a place.
    #[must_use]
    pub fn doubt(mut self) -> Self {
        self.doubt = true;
        self
    }

    /// It is about the file as a whole.
    #[must_use]
    pub(crate) fn of_file(mut self) -> Self {
        self.place.quality = Quality::File;
        self
    }

    /// It is the object's that it lies in, even where that is where a namespace without a document is shown.
    #[must_use]
    pub(crate) fn of_its_object(mut self) -> Self {
        self.of_object = true;
        self
    }

    /// It rests on no object of these kinds being there: a review where they were not all seen.
    #[must_use]
    pub fn missing(mut self, kinds: &'static [GroupKind]) -> Self {
        self.rests_on = kinds;
        self
    }
}

/// How well a place fits what it is given for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Quality {
    /// The value itself.
    Value,
    /// The nearest parent that exists, as the value is absent.
    Parent,
    /// The file as a whole.
    File,
}

/// A place in a file of the scan.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub(crate) file: u32,
    /// The top node of the object.
    pub(crate) root: u32,
    pub(crate) span: (u32, u32),
    /// All of the value, where `span` is its first line.
    pub(crate) whole: (u32, u32),
    pub(crate) path: Box<str>,
    /// The path with list items named by their keys: what fingerprints are made of.
    pub(crate) stable: Box<str>,
    pub(crate) quality: Quality,
}
