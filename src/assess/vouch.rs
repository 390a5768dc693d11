//! What people vouch for, held against what a scan saw: which reviews it settles, and whether it covers the rest.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use globset::GlobMatcher;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::assess::Seen;
use crate::assess::assessment::{Assessment, Attestation, Control, Finding, FindingVerdict, Pin, Refused};
use crate::policy::Policy;

/// What people vouch for of a control.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Attested {
    /// Whether the status of the control rests on it.
    pub settles: bool,
    /// The attestations in force, by place.
    pub statements: Vec<Attestation>,
}

/// The attestations that a scan was given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Vouched {
    /// The files, with their hashes.
    pub files: Vec<Pin>,
    /// How many attestations are in force for this scan.
    pub counted: u32,
    /// How many speak of other clusters or namespaces, or of controls that the profile does not have.
    pub elsewhere: u32,
    /// What does not count, by place, and why.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub refused: Vec<Refused>,
}

/// What people vouched for, by the hashes of the files.
pub(super) fn named(result: &Assessment) -> String {
    let short = |pin: &Pin| format!("{} {}", pin.name, pin.sha256.chars().take(12).collect::<String>());
    let files: Vec<_> = result.attestations.iter().flat_map(|all| &all.files).map(short).collect();
    if files.is_empty() { "none".to_owned() } else { files.join(", ") }
}

/// The attestations in force, by control.
pub(super) type Statements = BTreeMap<String, Vec<Attestation>>;

/// Tells the attestations that count in this scan from those that do not; `None` where there is none.
pub(super) fn sort(policy: &Policy, seen: &Seen, started: jiff::Timestamp) -> (Statements, Option<Vouched>) {
    let given = &policy.attestations;
    if given.is_empty() {
        return (Statements::new(), None);
    }
    let today = started.to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
    let id = |written: &str| policy.profile.find(written).map(|requirement| requirement.id.clone());
    let unknown = |written: &str| {
        let known = id(written).is_some() || policy.catalog.find(written).is_some();
        (!known).then(|| policy.catalog.unknown(written))
    };
    let judged = given.judge(today, &unknown);
    let pin = |file: &crate::policy::attestation::File| Pin {
        name: file.name.clone(),
        title: String::new(),
        version: String::new(),
        sha256: file.sha256.clone(),
    };
    let mut vouched = Vouched { files: given.files.iter().map(pin).collect(), refused: judged.refused, ..Vouched::default() };
    let mut statements = Statements::new();
    for attestation in judged.in_force {
        match id(&attestation.control).filter(|_| concerns(&attestation, seen)) {
            Some(control) => {
                vouched.counted += 1;
                statements.entry(control).or_default().push(attestation);
            }
            None => vouched.elsewhere += 1,
        }
    }
    (statements, Some(vouched))
}

/// Whether an attestation speaks of anything that this scan saw.
fn concerns(attestation: &Attestation, seen: &Seen) -> bool {
    let scope = &attestation.scope;
    let clusters = globs(&scope.clusters);
    let of_cluster = match &seen.cluster {
        _ if clusters.is_empty() => true,
        None => false,
        Some((cluster, _)) => [&cluster.uid, &cluster.context].into_iter().flatten().any(|name| any(&clusters, name)),
    };
    let namespaces = globs(&scope.namespaces);
    of_cluster && (namespaces.is_empty() || any(&namespaces, "") || seen.namespaces.iter().any(|name| any(&namespaces, name)))
}

/// The patterns were compiled when they were read: those that are none match nothing.
fn globs(patterns: &[String]) -> Vec<GlobMatcher> {
    patterns.iter().filter_map(|pattern| crate::policy::word(pattern).ok()).collect()
}

fn any(globs: &[GlobMatcher], text: &str) -> bool {
    globs.iter().any(|glob| glob.is_match(text))
}

/// What a scan left open that a person may settle.
pub(super) struct Open<'a> {
    /// By check: where its open reviews are, as namespaces.
    reviews: HashMap<&'a str, BTreeSet<&'a str>>,
    namespaces: &'a [String],
}

impl<'a> Open<'a> {
    pub(super) fn new(findings: &'a [Finding], namespaces: &'a [String]) -> Self {
        let mut reviews: HashMap<&str, BTreeSet<&str>> = HashMap::new();
        for finding in findings.iter().filter(|finding| finding.verdict == FindingVerdict::Review && finding.excused.is_none()) {
            let subject = &finding.subject;
            let namespace = if subject.kind == "Namespace" { &subject.name } else { &subject.namespace };
            reviews.entry(&finding.check).or_default().insert(namespace);
        }
        Open { reviews, namespaces }
    }
}

/// What the attestations of a control come to.
#[derive(Debug, Default)]
pub(super) struct Word {
    /// The checks all of whose open reviews they settle.
    pub(super) reviews: BTreeSet<Arc<str>>,
    /// Whether they vouch for what no check showed, in all that was scanned.
    pub(super) rest: bool,
}

impl Word {
    pub(super) fn of(control: &Control, open: &Open<'_>) -> Self {
        let Some(attested) = &control.attestation else { return Word::default() };
        let scopes: Vec<_> = attested.statements.iter().map(|one| (globs(&one.scope.namespaces), &one.scope)).collect();
        let covers = |check: Option<&str>, namespace: Option<&str>| {
            scopes.iter().any(|(globs, scope)| {
                let speaks = scope.checks.is_empty() || check.is_some_and(|check| scope.checks.iter().any(|id| id == check));
                // without namespaces in it, a scope is of everything
                speaks && (scope.namespaces.is_empty() || namespace.is_some_and(|name| any(globs, name)))
            })
        };
        let settled = |id: &&Arc<str>| {
            let places = open.reviews.get(&***id);
            places.is_some_and(|places| places.iter().all(|namespace| covers(Some(id), Some(namespace))))
        };
        let checks = control.checks.iter().map(|check| &check.id);
        let everywhere = || !open.namespaces.is_empty() && open.namespaces.iter().all(|name| covers(None, Some(name)));
        Word { reviews: checks.filter(settled).cloned().collect(), rest: covers(None, None) || everywhere() }
    }
}
