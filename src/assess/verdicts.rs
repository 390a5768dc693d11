//! What each check said of all its subjects together, and from it the status of each control.

use crate::assess::assessment::{Attested, CheckVerdict, Cluster, Control, ControlCheck, Gap, Status};
use crate::assess::excuse::Excuses;
use crate::assess::vouch::{self, Open, Statements};
use crate::assess::{Seen, rollup};
use crate::checks::{self, Check, Surface};
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
    let tallies = outcomes.tallies.iter().enumerate();
    let counted = |(check, tally): (usize, &Tally)| {
        let cluster = seen.cluster.as_ref().map(|(cluster, _)| cluster);
        let whole = sees_all(policy.checks[check], cluster, seen.complete, &seen.gaps, tally);
        Counted { verdict: verdict(open[check], doubtful[check], tally, whole), tally: tally.clone() }
    };
    tallies.map(counted).collect()
}

/// What a check said, from its counts, whether a failure or a doubt stands that nobody excused, and whether all evidence is there.
pub(super) fn verdict(open: bool, doubtful: bool, tally: &Tally, whole: bool) -> CheckVerdict {
    if open {
        CheckVerdict::Fail
    } else if tally.errors > 0 {
        CheckVerdict::Error
    } else if doubtful {
        CheckVerdict::Review
    } else if tally.failed + tally.review > 0 {
        CheckVerdict::Excused
    } else if tally.passed > 0 {
        CheckVerdict::Pass
    } else if whole {
        CheckVerdict::Skip
    } else {
        CheckVerdict::NotAssessed
    }
}

/// Whether a check without a subject may say so: everything it reads was there to be seen.
///
/// No evidence is known to hold every component: without one there is nothing to say, as of a provider's control plane.
pub(super) fn sees_all(check: &Check, cluster: Option<&Cluster>, complete: bool, gaps: &[Gap], tally: &Tally) -> bool {
    if check.is_about_nodes() {
        return !tally.skipped.is_empty();
    }
    if check.is_everywhere() && tally.subjects() == 0 {
        return false;
    }
    let surface = if cluster.is_some() { Surface::Cluster } else { Surface::Manifest };
    let is_named = |kind: &str| check.kinds().any(|known| known.to_string() == kind);
    let unseen = cluster.is_some_and(|cluster| cluster.unseen.iter().any(|unseen| is_named(&unseen.kind)));
    (cluster.is_some() || complete) && check.speaks_of(surface) && !unseen && !gaps.iter().any(|gap| concerns(gap, check))
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
pub(super) fn controls(policy: &Policy, verdicts: &[Counted], gaps: &[Gap], statements: &mut Statements, open: &Open<'_>) -> Vec<Control> {
    let requirements = policy.profile.requirements.iter();
    let mut controls: Vec<_> = requirements.map(|requirement| control(policy, requirement, verdicts, statements)).collect();
    controls.iter_mut().for_each(|control| settle(control, gaps, open));
    controls
}

/// A control with what is known of it, whose status is still to be settled.
fn control(policy: &Policy, requirement: &Requirement, verdicts: &[Counted], statements: &mut Statements) -> Control {
    let mut checks: Vec<ControlCheck> = requirement.checks.iter().map(|id| bound(policy, id, verdicts)).collect();
    checks.extend(requirement.planned.iter().map(|id| unrun(id, CheckVerdict::Planned)));
    Control {
        id: requirement.id.clone(),
        framework: requirement.framework.clone(),
        title: requirement.title.clone(),
        group: requirement.group.clone(),
        status: Status::NotAssessed,
        reason: String::new(),
        coverage: requirement.coverage,
        supports: requirement.supports.clone(),
        checks,
        attestation: statements.remove(&requirement.id).map(|statements| Attested { settles: false, statements }),
    }
}

/// The status of a control, from its checks, the gaps in what they read, and what people vouch for.
pub(super) fn settle(control: &mut Control, gaps: &[Gap], open: &Open<'_>) {
    let selected = control.checks.iter().filter(|check| !matches!(check.verdict, CheckVerdict::Planned | CheckVerdict::NotSelected));
    let has_gaps = selected.filter_map(|check| checks::find(&check.id)).any(|check| gaps.iter().any(|gap| concerns(gap, check)));
    let word = vouch::Word::of(control, open);
    (control.status, control.reason) = rollup::status(control.coverage, &control.checks, has_gaps, &word);
    if let Some(attested) = &mut control.attestation {
        attested.settles = control.status == Status::Attested;
    }
}

fn bound(policy: &Policy, id: &str, verdicts: &[Counted]) -> ControlCheck {
    let index = policy.checks.iter().position(|check| check.id == id);
    index.map_or_else(|| unrun(id, CheckVerdict::NotSelected), |index| ran(id, &verdicts[index]))
}

/// A check of a control, with what it said.
pub(super) fn ran(id: &str, counted: &Counted) -> ControlCheck {
    let Counted { verdict, tally } = counted;
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
