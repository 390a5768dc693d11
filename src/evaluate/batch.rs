//! What was said of a few objects or namespaces, and of all of them.

use std::collections::HashSet;
use std::sync::Arc;

use super::outcome::{Finding, Outcomes, Subject, Tally};

/// What was said of them.
pub(super) struct Batch {
    pub(super) tallies: Vec<Tally>,
    pub(super) findings: Vec<Finding>,
    pub(super) passes: Vec<(u16, Arc<Subject>)>,
    pub(super) errors: Vec<(u16, Arc<Subject>, String)>,
    pub(super) hidden: Vec<(u32, (u32, u32))>,
    pub(super) copies: [u32; 2],
}

impl Batch {
    pub(super) fn new(checks: usize) -> Self {
        let (findings, passes, errors, hidden) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Batch { tallies: vec![Tally::default(); checks], findings, passes, errors, hidden, copies: [0; 2] }
    }

    /// What several pods of an object share, an anchor or the spec of a workflow, is found once among the latest findings.
    pub(super) fn once_from(&mut self, before: usize) {
        let mut seen = HashSet::new();
        let new = self.findings.split_off(before);
        self.findings.extend(new.into_iter().filter(|new| seen.insert((new.fingerprint, new.span, new.message.clone()))));
    }
}

impl Outcomes {
    /// Those of batches that follow one another, while others are still judged: counts take much memory side by side.
    pub(super) fn join(mut self, next: Outcomes) -> Outcomes {
        if self.tallies.is_empty() {
            self.tallies = next.tallies;
        } else {
            self.tallies.iter_mut().zip(next.tallies).for_each(|(sum, tally)| sum.add(tally));
        }
        self.findings.append(next.findings);
        self.passes.extend(next.passes);
        self.errors.extend(next.errors);
        self.hidden.extend(next.hidden);
        self.copies.iter_mut().zip(next.copies).for_each(|(sum, copies)| *sum += copies);
        self
    }
}

impl From<Batch> for Outcomes {
    fn from(batch: Batch) -> Self {
        let Batch { tallies, mut findings, passes, errors, hidden, copies } = batch;
        // they are kept until the last is found
        findings.shrink_to_fit();
        Outcomes { tallies, findings: findings.into(), passes, errors, hidden, copies }
    }
}
