//! Failures that stayed and got worse: a fingerprint does not tell how bad it is.

use std::collections::HashMap;

use serde::Serialize;

use super::{Finding, identity};
use crate::model::Severity;

/// A failure that is worse than it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Worse {
    /// How bad it was.
    pub was: Severity,
    /// As it is now.
    pub finding: Finding,
}

/// Of equal failures the worst is held against the worst; where their number changed, nobody knows which is which.
pub(super) fn all(old: &[&Finding], new: &[&Finding]) -> Vec<Worse> {
    let mut before: HashMap<&str, Vec<Severity>> = HashMap::new();
    old.iter().for_each(|finding| before.entry(identity(finding)).or_default().push(finding.severity));
    let mut after: HashMap<&str, Vec<&Finding>> = HashMap::new();
    new.iter().for_each(|finding| after.entry(identity(finding)).or_default().push(finding));
    let mut worse = Vec::new();
    for (print, mut found) in after {
        let Some(known) = before.get_mut(print).filter(|known| known.len() == found.len()) else { continue };
        known.sort();
        found.sort_by_key(|finding| finding.severity);
        let pairs = known.iter().zip(found).filter(|(was, finding)| finding.severity < **was);
        worse.extend(pairs.map(|(was, finding)| Worse { was: *was, finding: finding.clone() }));
    }
    worse.sort_by(|a, b| (a.finding.severity, &a.finding.fingerprint).cmp(&(b.finding.severity, &b.finding.fingerprint)));
    worse
}
