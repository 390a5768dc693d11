//! A control that asks a check about some of the settings that it judges: what it said of those alone.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::assess::assessment::{Cluster, ControlCheck, Finding, FindingVerdict, Gap, Looked, Subject};
use crate::assess::verdicts::{self, Counted};
use crate::checks::{self, Aspect, Check, Of};
use crate::evaluate::Tally;

/// The findings of checks that may be asked about some of their settings.
pub(super) struct Narrow<'a>(HashMap<&'a str, Vec<&'a Finding>>);

impl<'a> Narrow<'a> {
    pub(super) fn new(findings: &'a [Finding]) -> Self {
        let mut by_check: HashMap<&str, Vec<&Finding>> = HashMap::new();
        for finding in findings.iter().filter(|finding| !finding.about.is_empty()) {
            by_check.entry(&finding.check).or_default().push(finding);
        }
        Narrow(by_check)
    }

    /// A check of a control with what it said: of some of its settings, where the control asks about those alone.
    pub(super) fn ran(
        &self,
        id: &str,
        about: Vec<String>,
        counted: &Counted,
        cluster: Option<&Cluster>,
        complete: bool,
        gaps: &[Gap],
    ) -> ControlCheck {
        match checks::find(id) {
            Some(check) if !about.is_empty() => {
                let own = self.of(check, &about, counted, |tally| verdicts::sees_all(check, cluster, complete, gaps, tally));
                ControlCheck { about, ..verdicts::ran(id, &own) }
            }
            _ => verdicts::ran(id, counted),
        }
    }

    fn of(&self, check: &Check, about: &[String], counted: &Counted, sees_all: impl FnOnce(&Tally) -> bool) -> Counted {
        let aspects: Vec<_> = check.aspects.iter().filter(|aspect| about.iter().any(|name| name == aspect.name)).collect();
        let all = self.0.get(check.id).into_iter().flatten();
        let (mut failed, mut doubtful) = (BTreeSet::new(), BTreeSet::new());
        let (mut open, mut in_doubt) = (false, false);
        for finding in all.filter(|finding| finding.about.iter().any(|name| about.iter().any(|own| **own == **name))) {
            let is_open = finding.excused.is_none();
            match finding.verdict {
                FindingVerdict::Fail => {
                    failed.insert(subject(finding));
                    open |= is_open;
                }
                FindingVerdict::Review => {
                    doubtful.insert(subject(finding));
                    in_doubt |= is_open;
                }
                FindingVerdict::Note => {}
            }
        }
        let review = count(doubtful.difference(&failed).count());
        let failed = count(failed.len());
        let looked = seen(&aspects, &counted.tally);
        let tally = Tally {
            passed: looked.judged.saturating_sub(failed.saturating_add(review)),
            failed,
            review,
            errors: looked.errors,
            skipped: (looked.skipped > 0).then(|| ("it does not apply".into(), looked.skipped)).into_iter().collect(),
            aspects: BTreeMap::new(),
        };
        // that nothing has a setting is known where something could have had it, or where everything was seen
        let is_of_every = aspects.iter().all(|aspect| matches!(aspect.of, Of::Every));
        let whole = if is_of_every { sees_all(&tally) } else { !tally.skipped.is_empty() };
        Counted { verdict: verdicts::verdict(open, in_doubt, &tally, whole), tally }
    }
}

fn subject(finding: &Finding) -> &Arc<Subject> {
    &finding.subject
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// How many subjects were looked at: settings of the same holder are looked at together.
fn seen(aspects: &[&Aspect], tally: &Tally) -> Looked {
    let mut by_holder: BTreeMap<&str, Looked> = BTreeMap::new();
    for aspect in aspects {
        let own = match aspect.of {
            Of::Every => {
                Looked { judged: tally.passed + tally.failed + tally.review, skipped: tally.skipped.values().sum(), errors: tally.errors }
            }
            _ => tally.aspects.get(aspect.name).copied().unwrap_or_default(),
        };
        let most = by_holder.entry(aspect.holder()).or_default();
        *most = Looked { judged: most.judged.max(own.judged), skipped: most.skipped.max(own.skipped), errors: most.errors.max(own.errors) };
    }
    let mut sum = Looked::default();
    by_holder.into_values().for_each(|looked| sum.add(looked));
    sum
}
