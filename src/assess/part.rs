//! The result of one shard, and how all of them become the result of the whole scan.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::assess::assessment::{Assessment, CheckError, CheckInfo, Finding, FindingVerdict, Input, Pass, Subject};
use crate::assess::narrow::Narrow;
use crate::assess::{Occasion, finish, verdicts, vouch};
use crate::checks;
use crate::evaluate::{Share, Tally};
use crate::policy::remark::Remark;

/// The name of the format of parts.
pub const PART_SCHEMA: &str = "cnscan/part/v1";

/// What one shard found out. It is no result: nothing in it counts until all parts are together.
#[derive(Debug, Serialize, Deserialize)]
pub struct Part {
    /// [`PART_SCHEMA`]
    pub schema: String,
    /// Which shard it is, from 0.
    pub shard: u32,
    /// Of how many.
    pub of: u32,
    /// What is to be said of exceptions once all shards have counted.
    pub remarks: Vec<Remark>,
    /// As of a whole scan, with the subjects of this shard alone.
    pub result: Assessment,
    /// How many objects the shard kept whole. The result does not depend on it.
    #[serde(skip)]
    pub whole: u32,
}

/// Why parts do not make a result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MergeError {
    /// There are none.
    #[error("there is no part to merge")]
    Nothing,
    /// They are of different scans.
    #[error("{first} and {second} are parts of different scans: {what}; scan every shard on the same input with the same flags")]
    Different {
        /// The name of one.
        first: String,
        /// The name of another.
        second: String,
        /// In what they differ.
        what: String,
    },
    /// Its number cannot be.
    #[error("{name} calls itself shard {shard}, which there is not: shards count from 0")]
    Beyond {
        /// The name of the part.
        name: String,
        /// `I/N`
        shard: String,
    },
    /// One stands twice.
    #[error("{first} and {second} are both shard {shard}")]
    Twice {
        /// The name of one.
        first: String,
        /// The name of the other.
        second: String,
        /// `I/N`
        shard: String,
    },
    /// Not all are there.
    #[error("{0}")]
    Missing(String),
}

pub(super) fn part(share: Share, result: Assessment, remarks: Vec<Remark>, whole: u32) -> Part {
    Part { schema: PART_SCHEMA.to_owned(), shard: share.index(), of: share.count(), remarks: Remark::sum(remarks), result, whole }
}

/// Makes one result of the parts of all shards. They are taken one after the other, in any order, so that no more is
/// held of them than the result has.
#[derive(Debug, Default)]
pub struct Merger {
    /// The first that came, without what is its own.
    head: Option<(String, Part)>,
    /// By its number, the name of each and what it found.
    found: BTreeMap<u32, (String, Found)>,
    remarks: Vec<Remark>,
    words: Words,
}

type Found = (Vec<Finding>, Vec<Pass>, Vec<CheckError>);

/// Texts that many findings share.
#[derive(Debug, Default)]
struct Words {
    texts: HashSet<Arc<str>>,
    controls: HashSet<Arc<[Arc<str>]>>,
}

impl Words {
    fn share(&mut self, text: &mut Arc<str>) {
        match self.texts.get(text) {
            Some(known) => text.clone_from(known),
            None => _ = self.texts.insert(Arc::clone(text)),
        }
    }

    fn of(&mut self, findings: &mut [Finding]) {
        let mut last: Option<Arc<Subject>> = None;
        for finding in findings {
            for text in [&mut finding.check, &mut finding.title, &mut finding.expected, &mut finding.fix, &mut finding.path] {
                self.share(text);
            }
            if let Some(place) = &mut finding.location {
                self.share(&mut place.uri);
            }
            match self.controls.get(&finding.controls) {
                Some(known) => finding.controls.clone_from(known),
                None => _ = self.controls.insert(Arc::clone(&finding.controls)),
            }
            match &last {
                Some(subject) if *subject == finding.subject => finding.subject.clone_from(subject),
                _ => last = Some(Arc::clone(&finding.subject)),
            }
            // equal fingerprints were numbered within each part
            if let Some((plain, _)) = finding.fingerprint.split_once(':') {
                finding.fingerprint = plain.into();
            }
        }
    }
}

impl Merger {
    /// Takes a part, with its name for messages.
    ///
    /// # Errors
    /// When it is not of the same scan as those before it, or one of them again.
    pub fn add(&mut self, name: String, mut part: Part) -> Result<(), MergeError> {
        let shard = format!("{}/{}", part.shard, part.of);
        if shard.parse::<Share>().is_err() {
            return Err(MergeError::Beyond { name, shard });
        }
        if let Some((first, head)) = &self.head
            && let Some(what) = difference(head, &part)
        {
            return Err(MergeError::Different { first: first.clone(), second: name, what });
        }
        if let Some((first, _)) = self.found.get(&part.shard) {
            return Err(MergeError::Twice { first: first.clone(), second: name, shard });
        }
        let own = &mut part.result;
        let mut found = (std::mem::take(&mut own.findings), std::mem::take(&mut own.passes), std::mem::take(&mut own.errors));
        found.0.shrink_to_fit();
        self.words.of(&mut found.0);
        self.found.insert(part.shard, (name.clone(), found));
        self.remarks.append(&mut part.remarks);
        match &mut self.head {
            None => self.head = Some((name, part)),
            Some((_, head)) => head.result.checks.iter_mut().zip(part.result.checks).for_each(|(sum, own)| add(sum, own)),
        }
        Ok(())
    }

    /// The result of all.
    ///
    /// # Errors
    /// When one is missing.
    pub fn finish(self, occasion: &Occasion) -> Result<Assessment, MergeError> {
        let Some((_, head)) = self.head else { return Err(MergeError::Nothing) };
        is_all(&self.found, head.of)?;
        let mut whole = head.result;
        for (_, (findings, passes, errors)) in self.found.into_values() {
            whole.findings.extend(findings);
            whole.passes.extend(passes);
            whole.errors.extend(errors);
        }
        whole.run.arguments.clone_from(&occasion.arguments);
        judge(&mut whole);
        finish(&mut whole, &Remark::sum(self.remarks), occasion);
        Ok(whole)
    }
}

fn add(sum: &mut CheckInfo, own: CheckInfo) {
    let sums = [&mut sum.subjects, &mut sum.passed, &mut sum.failed, &mut sum.review];
    for (sum, more) in sums.into_iter().zip([own.subjects, own.passed, own.failed, own.review]) {
        *sum = sum.saturating_add(more);
    }
    for (reason, count) in own.skipped {
        let known = sum.skipped.entry(reason).or_default();
        *known = known.saturating_add(count);
    }
    for (aspect, looked) in own.aspects {
        sum.aspects.entry(aspect).or_default().add(looked);
    }
}

/// What each check said of all subjects together, and from it each control's status.
fn judge(whole: &mut Assessment) {
    let mut found: HashMap<&str, (bool, bool)> = HashMap::new();
    for finding in whole.findings.iter().filter(|finding| finding.excused.is_none()) {
        let (open, doubtful) = found.entry(&finding.check).or_default();
        *open |= finding.verdict == FindingVerdict::Fail;
        *doubtful |= finding.verdict == FindingVerdict::Review;
    }
    let mut counted = HashMap::new();
    for check in &mut whole.checks {
        let (open, doubtful) = found.get(&*check.id).copied().unwrap_or_default();
        let tally = tally(check);
        let sees_all = |check| verdicts::sees_all(check, whole.scope.cluster.as_ref(), whole.scope.complete, &whole.gaps, &tally);
        check.verdict = verdicts::verdict(open, doubtful, &tally, checks::find(&check.id).is_some_and(sees_all));
        counted.insert(Arc::clone(&check.id), verdicts::Counted { verdict: check.verdict, tally });
    }
    let narrow = Narrow::new(&whole.findings);
    let open = vouch::Open::new(&whole.findings, &whole.scope.namespaces);
    for control in &mut whole.controls {
        for check in &mut control.checks {
            if let Some(counted) = counted.get(&check.id) {
                let about = std::mem::take(&mut check.about);
                *check = narrow.ran(&check.id, about, counted, whole.scope.cluster.as_ref(), whole.scope.complete, &whole.gaps);
            }
        }
        verdicts::settle(control, &whole.gaps, &open);
    }
}

fn tally(check: &CheckInfo) -> Tally {
    let skipped = check.skipped.iter().map(|(reason, count)| (Cow::Owned(reason.clone()), *count)).collect();
    let aspects = check.aspects.iter().map(|(aspect, looked)| (Cow::Owned(aspect.clone()), *looked)).collect();
    let rest =
        [check.passed, check.failed, check.review].iter().chain(check.skipped.values()).fold(0u32, |sum, count| sum.saturating_add(*count));
    Tally {
        passed: check.passed,
        failed: check.failed,
        review: check.review,
        errors: check.subjects.saturating_sub(rest),
        skipped,
        aspects,
    }
}

/// Whether every shard is there.
fn is_all(found: &BTreeMap<u32, (String, Found)>, count: u32) -> Result<(), MergeError> {
    let missing: Vec<_> = (0..count).filter(|shard| !found.contains_key(shard)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    const NAMED: usize = 10;
    if let [only] = missing.as_slice() {
        return Err(MergeError::Missing(format!("shard {only}/{count} is missing: without it nothing is known of what it judges")));
    }
    let mut names: Vec<_> = missing.iter().take(NAMED).map(|shard| format!("{shard}/{count}")).collect();
    if missing.len() > NAMED {
        names.push(format!("{} more", missing.len() - NAMED));
    }
    let names = names.join(", ");
    Err(MergeError::Missing(format!("shards {names} are missing: without them nothing is known of what they judge")))
}

/// In what two parts differ that must be the same in all of a scan.
fn difference(one: &Part, other: &Part) -> Option<String> {
    if one.of != other.of {
        return Some(format!("one is of {} shards, the other of {}", one.of, other.of));
    }
    let (a, b) = (&one.result, &other.result);
    if a.tool != b.tool {
        return Some(format!("made by cnscan {} and {}", a.tool.version, b.tool.version));
    }
    if a.inputs != b.inputs {
        return Some(differing_input(&a.inputs, &b.inputs));
    }
    let versions = || format!("Kubernetes {} and {}", a.kubernetes_version.version, b.kubernetes_version.version);
    let ids = |result: &Assessment| result.checks.iter().map(|check| Arc::clone(&check.id)).collect::<Vec<_>>();
    let controls = |result: &Assessment| result.controls.iter().map(|control| control.id.clone()).collect::<Vec<_>>();
    let rows: [(bool, &dyn Fn() -> String); 11] = [
        (a.catalog != b.catalog, &|| "against different catalogs".to_owned()),
        (a.profile != b.profile, &|| format!("against the profiles {} and {}", a.profile.name, b.profile.name)),
        (a.config != b.config, &|| "under different configuration files".to_owned()),
        (a.attestations != b.attestations, &|| "with different attestations".to_owned()),
        (a.kubernetes_version != b.kubernetes_version, &versions),
        (a.scope != b.scope, &|| "of different extent (--complete, --assume-namespace)".to_owned()),
        (a.thresholds != b.thresholds, &|| "with different thresholds".to_owned()),
        (a.selection != b.selection || ids(a) != ids(b) || controls(a) != controls(b), &|| "with different checks or controls".to_owned()),
        (a.gaps != b.gaps, &|| "with different gaps in the evidence".to_owned()),
        (a.notices != b.notices, &|| "with different notices of the input".to_owned()),
        (a.summary.objects != b.summary.objects, &|| format!("of {} and {} objects", a.summary.objects, b.summary.objects)),
    ];
    rows.iter().find(|(differs, _)| *differs).map(|(_, words)| words())
}

fn differing_input(a: &[Input], b: &[Input]) -> String {
    let name = |input: &Input| input.uri.clone().unwrap_or_else(|| "standard input".to_owned());
    let pair = a.iter().zip(b).find(|(a, b)| a != b);
    match pair {
        Some((a, b)) if a.uri == b.uri => format!("{} is not the same in both", name(a)),
        Some((a, b)) => format!("one read {}, the other {}", name(a), name(b)),
        None => format!("one read {} files, the other {}", a.len(), b.len()),
    }
}
