//! What each check said of all its subjects together, and from it the status of each control.

use crate::assess::assessment::{CheckVerdict, Control, ControlCheck, Gap};
use crate::assess::excuse::Excuses;
use crate::assess::{Seen, rollup};
use crate::checks::{Check, Surface};
use crate::evaluate::{Outcomes, Standing, Tally};
use crate::policy::Policy;
use crate::policy::profile::Requirement;

/// What a check said, with its counts.
#[derive(Debug)]
pub(super) struct Counted {
    pub(super) verdict: CheckVerdict,
    pub(super) tally: Tally,
}

/// One a check, in the policy's order.
pub(super) fn all(policy: &Policy, outcomes: &Outcomes, excuses: &Excuses, seen: &Seen) -> Vec<Counted> {
    let (mut open, mut doubtful) = (vec![false; policy.checks.len()], vec![false; policy.checks.len()]);
    for (finding, excuse) in outcomes.findings.iter().zip(excuses) {
        match finding.standing {
            Standing::Fail if excuse.is_none() => open[finding.check as usize] = true,
            Standing::Review if excuse.is_none() => doubtful[finding.check as usize] = true,
            _ => {}
        }
    }
    let verdict = |check: usize, tally: &Tally| {
        if open[check] {
            CheckVerdict::Fail
        } else if tally.errors > 0 {
            CheckVerdict::Error
        } else if doubtful[check] {
            CheckVerdict::Review
        } else if tally.failed + tally.review > 0 {
            CheckVerdict::Excused
        } else if tally.passed > 0 {
            CheckVerdict::Pass
        } else if sees_all(policy.checks[check], seen) {
            CheckVerdict::Skip
        } else {
            CheckVerdict::NotAssessed
        }
    };
    let tallies = outcomes.tallies.iter().enumerate();
    tallies.map(|(check, tally)| Counted { verdict: verdict(check, tally), tally: tally.clone() }).collect()
}

/// Whether a check without a subject may say so: everything it reads was there to be seen.
fn sees_all(check: &Check, seen: &Seen) -> bool {
    let (surface, whole) = match seen.cluster {
        Some(_) => (Surface::Cluster, true),
        None => (Surface::Manifest, seen.complete),
    };
    whole && check.speaks_of(surface) && !seen.gaps.iter().any(|gap| concerns(gap, check))
}

/// Whether what was not looked at may change what a check says.
fn concerns(gap: &Gap, check: &Check) -> bool {
    match &gap.kind {
        Some(name) => {
            let (group, kind) = name.rsplit_once('/').unwrap_or(("", name));
            group == "*" || check.reads(group, kind)
        }
        None => check.surfaces.iter().any(|own| own.as_str() == gap.surface),
    }
}

/// Every requirement of the profile with its status.
pub(super) fn controls(policy: &Policy, verdicts: &[Counted], gaps: &[Gap]) -> Vec<Control> {
    policy.profile.requirements.iter().map(|requirement| control(policy, requirement, verdicts, gaps)).collect()
}

fn control(policy: &Policy, requirement: &Requirement, verdicts: &[Counted], gaps: &[Gap]) -> Control {
    let mut checks: Vec<ControlCheck> = requirement.checks.iter().map(|id| bound(policy, id, verdicts)).collect();
    checks.extend(requirement.planned.iter().map(|id| unrun(id, CheckVerdict::Planned)));
    let selected = policy.checks.iter().filter(|check| requirement.checks.iter().any(|id| id == check.id));
    let has_gaps = selected.into_iter().any(|check| gaps.iter().any(|gap| concerns(gap, check)));
    let (status, reason) = rollup::status(requirement.coverage, &checks, has_gaps);
    Control {
        id: requirement.id.clone(),
        framework: requirement.framework.clone(),
        title: requirement.title.clone(),
        group: requirement.group.clone(),
        status,
        reason,
        coverage: requirement.coverage,
        supports: requirement.supports.clone(),
        checks,
        attestation: None,
    }
}

fn bound(policy: &Policy, id: &str, verdicts: &[Counted]) -> ControlCheck {
    let Some(index) = policy.checks.iter().position(|check| check.id == id) else { return unrun(id, CheckVerdict::NotSelected) };
    let Counted { verdict, tally } = &verdicts[index];
    ControlCheck {
        id: id.into(),
        verdict: *verdict,
        subjects: tally.subjects(),
        passed: tally.passed,
        failed: tally.failed,
        review: tally.review,
        skipped: tally.skipped.values().sum(),
    }
}

fn unrun(id: &str, verdict: CheckVerdict) -> ControlCheck {
    ControlCheck { id: id.into(), verdict, subjects: 0, passed: 0, failed: 0, review: 0, skipped: 0 }
}
