//! The result of one shard, and how all of them become the result of the whole scan.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::assess::assessment::{Assessment, CheckInfo, FindingVerdict, Input};
use crate::assess::{Occasion, finish, verdicts};
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
    #[error("shards {0} are missing: without them nothing is known of what they judge")]
    Missing(String),
}

pub(super) fn part(share: Share, result: Assessment, remarks: Vec<Remark>) -> Part {
    Part { schema: PART_SCHEMA.to_owned(), shard: share.index(), of: share.count(), remarks: Remark::sum(remarks), result }
}

/// Makes one result of the parts of all shards, in any order. Each stands with a name for messages.
///
/// # Errors
/// When they are not the parts of one scan, each once.
pub fn merge(mut parts: Vec<(String, Part)>, occasion: &Occasion) -> Result<Assessment, MergeError> {
    parts.sort_by_key(|(_, part)| part.shard);
    is_one_scan(&parts)?;
    let remarks = Remark::sum(parts.iter_mut().flat_map(|(_, part)| std::mem::take(&mut part.remarks)));
    let mut rest = parts.into_iter().map(|(_, part)| part.result);
    let mut whole = rest.next().ok_or(MergeError::Nothing)?;
    for part in rest {
        whole.findings.extend(part.findings);
        whole.passes.extend(part.passes);
        whole.errors.extend(part.errors);
        for (sum, own) in whole.checks.iter_mut().zip(part.checks) {
            add(sum, own);
        }
    }
    // equal fingerprints were numbered within each part
    for finding in &mut whole.findings {
        if let Some((plain, _)) = finding.fingerprint.split_once(':') {
            finding.fingerprint = plain.into();
        }
    }
    whole.run.arguments.clone_from(&occasion.arguments);
    judge(&mut whole);
    finish(&mut whole, &remarks, occasion);
    Ok(whole)
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
    for control in &mut whole.controls {
        for check in &mut control.checks {
            if let Some(counted) = counted.get(&check.id) {
                *check = verdicts::ran(&check.id, counted);
            }
        }
        verdicts::settle(control, &whole.gaps);
    }
}

fn tally(check: &CheckInfo) -> Tally {
    let skipped = check.skipped.iter().map(|(reason, count)| (Cow::Owned(reason.clone()), *count)).collect();
    let rest =
        [check.passed, check.failed, check.review].iter().chain(check.skipped.values()).fold(0u32, |sum, count| sum.saturating_add(*count));
    Tally { passed: check.passed, failed: check.failed, review: check.review, errors: check.subjects.saturating_sub(rest), skipped }
}

/// Whether parts in the order of their shards are those of one scan, each once.
fn is_one_scan(parts: &[(String, Part)]) -> Result<(), MergeError> {
    let Some((first, head)) = parts.first() else { return Err(MergeError::Nothing) };
    let number = |part: &Part| format!("{}/{}", part.shard, part.of);
    if let Some((name, part)) = parts.iter().find(|(_, part)| number(part).parse::<Share>().is_err()) {
        return Err(MergeError::Beyond { name: name.clone(), shard: number(part) });
    }
    for (second, part) in &parts[1..] {
        if let Some(what) = difference(head, part) {
            return Err(MergeError::Different { first: first.clone(), second: second.clone(), what });
        }
    }
    for pair in parts.windows(2) {
        let [(first, one), (second, other)] = pair else { continue };
        if one.shard == other.shard {
            return Err(MergeError::Twice { first: first.clone(), second: second.clone(), shard: number(one) });
        }
    }
    let missing: Vec<_> = (0..head.of).filter(|shard| parts.binary_search_by_key(shard, |(_, part)| part.shard).is_err()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    const NAMED: usize = 10;
    let mut names: Vec<_> = missing.iter().take(NAMED).map(|shard| format!("{shard}/{}", head.of)).collect();
    if missing.len() > NAMED {
        names.push(format!("{} more", missing.len() - NAMED));
    }
    Err(MergeError::Missing(names.join(", ")))
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
    let rows: [(bool, &dyn Fn() -> String); 10] = [
        (a.catalog != b.catalog, &|| "against different catalogs".to_owned()),
        (a.profile != b.profile, &|| format!("against the profiles {} and {}", a.profile.name, b.profile.name)),
        (a.config != b.config, &|| "under different configuration files".to_owned()),
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
