//! The controls of the profile seen from another framework: what supports what there, and what maps to nothing.
//!
//! No control of the framework is ever called satisfied: mappings say what relates to it, and checks show a part of that.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::assess::assessment::{Assessment, Control, FindingVerdict, Pin, Status};
use crate::policy::mapping::{Link, Mapping};

/// The result seen from another framework.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Crosswalk {
    /// The framework, and the hash of what maps to it.
    pub framework: Pin,
    /// The controls of the framework that anything maps to, by id.
    pub entries: Vec<CrosswalkEntry>,
    /// Controls of the profile that map to nothing there.
    pub unmapped: Vec<String>,
    /// Controls that the mapping names and the profile does not have.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub absent: Vec<String>,
}

/// A control of the framework.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CrosswalkEntry {
    /// In the framework.
    pub id: String,
    /// What the controls that map to it say together.
    pub standing: Standing,
    /// How many open failures are behind it.
    pub failures: u32,
    /// How many open reviews.
    pub reviews: u32,
    /// The controls of the profile that map to it.
    pub controls: Vec<MappedControl>,
}

/// A control of the profile that maps to one of the framework.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MappedControl {
    /// The control.
    pub id: String,
    /// What it has to do with the framework's: `relates-to`, `supports`.
    pub relationship: String,
    /// How far it satisfies that, from 1 to 10, where the mapping says it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub strength: Option<u8>,
    /// Its own status.
    pub status: Status,
}

/// What the assessed controls say of one of the framework, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// A control that maps to it fails.
    Against,
    /// One could not be decided.
    Undecided,
    /// One fails under exceptions in force.
    Excused,
    /// What was assessed supports it.
    Supports,
    /// Nothing that maps to it was assessed.
    NotAssessed,
    /// Nothing that maps to it applies.
    NotApplicable,
}

impl Standing {
    /// The word in every format.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Standing::Against => "against",
            Standing::Undecided => "undecided",
            Standing::Excused => "excused",
            Standing::Supports => "supports",
            Standing::NotAssessed => "not-assessed",
            Standing::NotApplicable => "not-applicable",
        }
    }

    fn of(status: Status) -> Self {
        match status {
            Status::Fail => Standing::Against,
            Status::Error | Status::Review => Standing::Undecided,
            Status::Excused => Standing::Excused,
            Status::Partial | Status::Pass | Status::Attested => Standing::Supports,
            Status::NotAssessed => Standing::NotAssessed,
            Status::NotApplicable => Standing::NotApplicable,
        }
    }
}

/// Sees a result from the framework of a mapping.
#[must_use]
pub fn of(assessment: &Assessment, mapping: &Mapping) -> Crosswalk {
    let links = |control: &Control| -> Vec<Link> {
        match &mapping.links {
            Some(links) => links.get(&control.id).cloned().unwrap_or_default(),
            None => control
                .supports
                .iter()
                .map(|id| Link { target: id.clone(), relationship: "relates-to".to_owned(), strength: None })
                .collect(),
        }
    };
    let mut unmapped = Vec::new();
    let mut targets: BTreeMap<Natural, Vec<MappedControl>> = BTreeMap::new();
    for control in &assessment.controls {
        let links = links(control);
        if links.is_empty() {
            unmapped.push(control.id.clone());
        }
        for Link { target, relationship, strength } in links {
            let mapped = MappedControl { id: control.id.clone(), relationship, strength, status: control.status };
            targets.entry(Natural::of(target)).or_default().push(mapped);
        }
    }
    let known: BTreeSet<_> = assessment.controls.iter().map(|control| &control.id).collect();
    let absent = mapping.links.iter().flat_map(BTreeMap::keys).filter(|id| !known.contains(id)).cloned().collect();
    let open = Open::new(assessment);
    Crosswalk {
        framework: Pin {
            name: mapping.name.clone(),
            title: mapping.title.clone(),
            version: mapping.version.clone(),
            sha256: if mapping.links.is_none() { assessment.catalog.sha256.clone() } else { mapping.sha256.clone() },
        },
        entries: targets.into_iter().map(|(id, controls)| open.entry(id.text, controls)).collect(),
        unmapped,
        absent,
    }
}

/// An id that sorts as people count: `AC-2` before `AC-10`.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Natural {
    parts: Vec<(String, u64)>,
    text: String,
}

impl Natural {
    fn of(text: String) -> Self {
        let mut parts = Vec::new();
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let (word, after) = rest.split_at(rest.find(|char: char| char.is_ascii_digit()).unwrap_or(rest.len()));
            let (digits, after) = after.split_at(after.find(|char: char| !char.is_ascii_digit()).unwrap_or(after.len()));
            parts.push((word.to_owned(), digits.parse().unwrap_or(u64::MAX * u64::from(!digits.is_empty()))));
            rest = after;
        }
        Natural { parts, text }
    }
}

/// The open failures and reviews of each check, and the checks of each control.
struct Open<'a> {
    checks: BTreeMap<&'a str, BTreeSet<&'a str>>,
    counts: BTreeMap<&'a str, (u32, u32)>,
}

impl<'a> Open<'a> {
    fn new(assessment: &'a Assessment) -> Self {
        let mut checks: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for check in &assessment.checks {
            check.controls.iter().for_each(|control| _ = checks.entry(&**control).or_default().insert(&check.id));
        }
        let mut counts: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
        for finding in assessment.findings.iter().filter(|finding| finding.excused.is_none()) {
            let (failures, reviews) = counts.entry(&finding.check).or_default();
            match finding.verdict {
                FindingVerdict::Fail => *failures += 1,
                FindingVerdict::Review => *reviews += 1,
                FindingVerdict::Note => {}
            }
        }
        Open { checks, counts }
    }

    /// A finding counts once, however many of the controls it speaks to.
    fn entry(&self, id: String, controls: Vec<MappedControl>) -> CrosswalkEntry {
        let checks: BTreeSet<_> = controls.iter().filter_map(|control| self.checks.get(control.id.as_str())).flatten().collect();
        let counts = checks.into_iter().filter_map(|check| self.counts.get(check));
        let (failures, reviews) = counts.fold((0, 0), |sum, count| (sum.0 + count.0, sum.1 + count.1));
        let standing = controls.iter().map(|control| Standing::of(control.status)).min().unwrap_or(Standing::NotAssessed);
        CrosswalkEntry { id, standing, failures, reviews, controls }
    }
}
