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

/// All batches together.
pub(super) fn gather(checks: usize, batches: Vec<Batch>) -> Outcomes {
    let mut outcomes = Outcomes { tallies: vec![Tally::default(); checks], ..Outcomes::default() };
    for batch in batches {
        for (sum, tally) in outcomes.tallies.iter_mut().zip(batch.tallies) {
            sum.add(tally);
        }
        outcomes.findings.push(batch.findings);
        outcomes.passes.extend(batch.passes);
        outcomes.errors.extend(batch.errors);
        outcomes.hidden.extend(batch.hidden);
        outcomes.copies.iter_mut().zip(batch.copies).for_each(|(sum, copies)| *sum += copies);
    }
    outcomes
}
