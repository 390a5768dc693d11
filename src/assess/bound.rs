//! What a result says of a check that is bound to a control.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::assess::finding::Finding;

/// A check bound to a control, and what it said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ControlCheck {
    /// The check.
    pub id: Arc<str>,
    /// The settings that the control asks about, where those are not all that the check judges: the rest is of them.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub about: Vec<String>,
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

impl ControlCheck {
    /// Whether a finding of the check is about what the control asks.
    #[must_use]
    pub fn concerns(&self, finding: &Finding) -> bool {
        self.about.is_empty() || finding.about.iter().any(|name| self.about.iter().any(|own| **own == **name))
    }
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
