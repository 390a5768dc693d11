//! Outcomes held against the policy: the assessment.

mod against;
mod assessment;
mod bound;
pub mod crosswalk;
pub mod diff;
mod excuse;
mod finding;
mod history;
pub mod line_hash;
pub(crate) mod locate;
mod narrow;
mod order;
mod part;
mod place;
mod reason;
mod rollup;
mod shared;
mod summary;
mod todo;
mod verdicts;
mod vouch;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use assessment::*;
pub use crosswalk::{Crosswalk, CrosswalkEntry, MappedControl, Standing};
pub use history::{ControlLine, ExceptionLine, Failing, FailingEnd, HISTORY_SCHEMA, History, Pause, RunSeen, Timeline, Vouching, history};
pub use part::{MergeError, Merger, PART_SCHEMA, Part};
pub(crate) use rollup::plural;
pub(crate) use summary::run_id;
pub use todo::{Closed, Question, Reviewed, TODO_SCHEMA, Todo};

use crate::checks::{self, Check};
use crate::evaluate::{Outcomes, Share};
use crate::policy::Policy;
use crate::policy::remark::Remark;

/// What the assessment needs to know of the evidence, free of trees.
#[derive(Debug, Default)]
pub struct Seen {
    /// The files, in the order that findings count them.
    pub files: Vec<SeenFile>,
    /// Files that were found and not read, with the reason.
    pub ignored: Vec<(String, String)>,
    /// What was not looked at.
    pub gaps: Vec<Gap>,
    /// What a reader should know of the input.
    pub notices: Vec<String>,
    /// The namespaces that anything names.
    pub namespaces: Vec<String>,
    /// Annotations of ours, which excuse: file, object, key, value.
    pub annotations: Vec<(u32, String, String, String)>,
    /// How many objects were read.
    pub objects: u32,
    /// How many of them whole: all but in a shard.
    pub whole: u32,
    /// The user says that the input is all there is.
    pub complete: bool,
    /// The cluster that was read, when it is one, and whether it was read from a snapshot.
    pub cluster: Option<(Cluster, bool)>,
    /// The Kubernetes version judged by, and whether nobody gave it.
    pub version: (String, bool),
}

/// A file as far as reports need it.
#[derive(Debug)]
pub struct SeenFile {
    /// Its name in reports.
    pub uri: Option<String>,
    /// Of the bytes as stored.
    pub sha256: [u8; 32],
    /// Their number.
    pub bytes: u64,
    /// How many documents were read.
    pub documents: u32,
    /// What became of it, and why.
    pub status: (InputStatus, Option<String>),
    /// The decoded text; empty when nothing in it is to be shown.
    pub text: Arc<str>,
    /// Comments addressed to the tool.
    pub directives: Vec<crate::parse::Directive>,
    /// Byte ranges that nobody may see, whatever finds them.
    pub secret: Vec<(u32, u32)>,
    /// Byte ranges on lines that findings show, of what may be a credential.
    pub hidden: Vec<(u32, u32)>,
    /// It is a list of a cluster, whose text nobody wrote.
    pub live: bool,
}

/// When a scan ran, how it was called, and what it is compared with.
#[derive(Debug, Clone)]
pub struct Occasion {
    /// When it began.
    pub started: jiff::Timestamp,
    /// When it ended; `None`: now.
    pub finished: Option<jiff::Timestamp>,
    /// The command line, without absolute paths.
    pub arguments: Vec<String>,
    /// Runs since it began.
    pub clock: std::time::Instant,
    /// An earlier result.
    pub baseline: Option<crate::policy::Baseline>,
    /// Whether findings get the hashes of their lines: they cost a pass over every text, and people need none.
    pub line_hashes: bool,
    /// The page of a check.
    pub page: fn(&Check) -> String,
}

/// Holds outcomes against the policy.
#[must_use]
pub fn all(policy: &Policy, outcomes: Outcomes, seen: Seen, occasion: &Occasion) -> Assessment {
    let (mut assessment, remarks) = gather(policy, outcomes, seen, occasion);
    finish(&mut assessment, &remarks, occasion);
    assessment
}

/// Holds the outcomes of one shard against the policy.
#[must_use]
pub fn share(share: Share, policy: &Policy, outcomes: Outcomes, seen: Seen, occasion: &Occasion) -> Part {
    let whole = seen.whole;
    let (mut assessment, remarks) = gather(policy, outcomes, seen, occasion);
    summary::stamp(&mut assessment, occasion);
    part::part(share, assessment, remarks, whole)
}

/// Places everything in order, says what is to be said, and counts.
fn finish(assessment: &mut Assessment, remarks: &[Remark], occasion: &Occasion) {
    assessment.notices.extend(remarks.iter().filter_map(Remark::said));
    place::order(&mut assessment.findings);
    if let Some(baseline) = &occasion.baseline {
        against::hold(assessment, baseline.clone());
    }
    assessment.notices.extend(excuse::endless(&assessment.findings));
    assessment.notices.sort_by(|a, b| order::natural(a, b));
    assessment.notices.dedup();
    assessment.passes.sort_by(|a, b| (&a.subject, &a.check).cmp(&(&b.subject, &b.check)));
    assessment.errors.sort_by(|a, b| (&a.subject, &a.check, &a.message).cmp(&(&b.subject, &b.check, &b.message)));
    assessment.summary = summary::counts(assessment, assessment.summary.objects);
    summary::stamp(assessment, occasion);
}

fn gather(policy: &Policy, outcomes: Outcomes, seen: Seen, occasion: &Occasion) -> (Assessment, Vec<Remark>) {
    let cited = citations(policy);
    let mut outcomes = outcomes;
    let (excuses, mut remarks) = excuse::all(policy, &outcomes, &seen, occasion.started);
    let [pods, others] = outcomes.copies;
    remarks.extend([Remark::judged_elsewhere(pods, "pod", "pods"), Remark::judged_elsewhere(others, "other object", "other objects")]);
    let verdicts = verdicts::all(policy, &outcomes, &excuses, &seen);
    let findings = std::mem::take(&mut outcomes.findings);
    let findings = place::all(policy, findings, excuses, &seen, &cited, occasion.line_hashes);
    let (mut statements, vouched) = vouch::sort(policy, &seen, occasion.started);
    let controls = verdicts::controls(policy, &verdicts, &seen, &findings, &mut statements);
    let passes = outcomes
        .passes
        .iter()
        .map(|(check, subject)| Pass { check: policy.checks[*check as usize].id.into(), subject: place::subject(subject) });
    let errors = outcomes.errors.iter().map(|(check, subject, message)| CheckError {
        check: policy.checks[*check as usize].id.into(),
        subject: place::subject(subject),
        message: message.clone(),
    });
    let assessment = Assessment {
        schema: SCHEMA.to_owned(),
        tool: summary::tool(),
        catalog: summary::catalog(policy),
        profile: summary::profile(policy),
        selection: policy.selection.clone(),
        config: summary::config(policy),
        run: Run {
            id: String::new(),
            started: String::new(),
            finished: String::new(),
            arguments: occasion.arguments.clone(),
            seconds: 0.0,
        },
        scope: summary::scope(&seen),
        kubernetes_version: Version { version: seen.version.0.clone(), assumed: seen.version.1 },
        thresholds: policy.thresholds.clone(),
        summary: Summary { objects: seen.objects, ..Summary::default() },
        inputs: summary::inputs(&seen),
        controls,
        checks: policy.checks.iter().zip(&verdicts).map(|(check, verdict)| info(check, verdict, &cited, occasion.page)).collect(),
        passes: passes.collect(),
        errors: errors.collect(),
        findings,
        gaps: seen.gaps,
        notices: seen.notices,
        attestations: vouched,
        baseline: None,
        crosswalk: None,
    };
    (assessment, remarks)
}

/// The controls of the profile that cite each check.
type Citations = BTreeMap<&'static str, Arc<[Arc<str>]>>;

fn citations(policy: &Policy) -> Citations {
    let mut cited: BTreeMap<&'static str, Vec<Arc<str>>> = BTreeMap::new();
    for requirement in &policy.profile.requirements {
        for check in requirement.checks.iter().filter_map(|id| checks::find(id)) {
            cited.entry(check.id).or_default().push(requirement.id.as_str().into());
        }
    }
    cited.into_iter().map(|(check, controls)| (check, controls.into())).collect()
}

fn info(check: &'static Check, verdict: &verdicts::Counted, cited: &Citations, page: fn(&Check) -> String) -> CheckInfo {
    let strings = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    CheckInfo {
        id: check.id.into(),
        title: check.title.into(),
        topic: check.topic.to_owned(),
        severity: check.severity,
        why: check.why.to_owned(),
        fix: check.fix.into(),
        how: check.how.to_owned(),
        help: page(check),
        refs: strings(check.refs),
        maps: check.maps.iter().map(|(framework, ids)| ((*framework).to_owned(), strings(ids))).collect(),
        controls: cited.get(check.id).cloned().unwrap_or_else(|| Arc::from([])),
        verdict: verdict.verdict,
        subjects: verdict.tally.subjects(),
        passed: verdict.tally.passed,
        failed: verdict.tally.failed,
        review: verdict.tally.review,
        skipped: verdict.tally.skipped.iter().map(|(reason, count)| (reason.clone().into_owned(), *count)).collect(),
        aspects: verdict.tally.aspects.iter().map(|(aspect, looked)| (aspect.clone().into_owned(), *looked)).collect(),
    }
}

/// The counts of an assessment, made anew from what it holds.
#[must_use]
pub fn recount(assessment: &Assessment) -> Summary {
    summary::counts(assessment, assessment.summary.objects)
}

/// What the exit code says (`decisions.md` 25).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Nothing at or over the threshold.
    Clean,
    /// Findings at or over it, or coverage under the minimum.
    Failed,
    /// A part of the input could not be read, or a check broke.
    Incomplete,
}

impl Decision {
    /// The exit code.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Decision::Clean => 0,
            Decision::Failed => 1,
            Decision::Incomplete => 3,
        }
    }
}

/// Whether a finding fails the scan by itself.
#[must_use]
pub fn counts(finding: &Finding, thresholds: &Thresholds) -> bool {
    let verdict = match finding.verdict {
        FindingVerdict::Fail => true,
        FindingVerdict::Review => thresholds.fail_on_review,
        FindingVerdict::Note => false,
    };
    let over = thresholds.fail_on.is_some_and(|limit| finding.severity <= limit);
    verdict && over && finding.excused.is_none() && finding.baseline != Some(Baseline::Unchanged)
}

/// Decides by the thresholds that stand in the assessment.
#[must_use]
pub fn decide(assessment: &Assessment) -> Decision {
    let thresholds = &assessment.thresholds;
    let under = thresholds.min_coverage.is_some_and(|least| assessment.summary.coverage < f64::from(least));
    if under || assessment.findings.iter().any(|finding| counts(finding, thresholds)) {
        return Decision::Failed;
    }
    let complete = assessment.gaps.is_empty() && assessment.errors.is_empty();
    if !complete && !thresholds.allow_gaps {
        return Decision::Incomplete;
    }
    Decision::Clean
}
