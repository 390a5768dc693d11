//! One finding a place: what several objects have of one line, such as those that overlays make of one base, is said once.
//!
//! The objects are counted by the check all the same; the finding names those that share it.

use std::sync::Arc;

use super::assessment::{Finding, Subject};
use crate::discover::few;

/// Joins findings that differ by the name or namespace of their object alone. They are in order: equal places stand together.
pub(super) fn join(findings: &mut Vec<Finding>) {
    // how many are kept, all of them in front, and the first of those at the place of the last one
    let (mut kept, mut first) = (0, 0);
    for next in 0..findings.len() {
        let (known, rest) = findings.split_at_mut(next);
        let finding = &mut rest[0];
        if kept == 0 || !is_at(&known[first], finding) {
            first = kept;
        }
        match known[first..kept].iter_mut().find(|known| is_shared(known, finding)) {
            Some(known) => {
                known.shared.push((Arc::clone(&finding.subject), Arc::clone(&finding.fingerprint)));
                known.shared.append(&mut finding.shared);
                known.notes.append(&mut finding.notes);
            }
            None => {
                findings.swap(kept, next);
                kept += 1;
            }
        }
    }
    findings.truncate(kept);
    for finding in findings.iter_mut().filter(|finding| !finding.shared.is_empty()) {
        finding.shared.sort();
        finding.shared.dedup();
        let mut names: Vec<_> = finding.shared.iter().map(|(subject, _)| name(subject)).collect();
        names.dedup();
        finding.notes.push(format!("the same holds for {}", few(&names)).into());
        finding.notes.sort();
        finding.notes.dedup();
    }
}

/// Whether two findings of a check stand at one place.
fn is_at(known: &Finding, next: &Finding) -> bool {
    known.location.is_some() && known.location == next.location && known.check == next.check
}

/// Whether they are of one cause, in objects that are copies of one another.
fn is_shared(known: &Finding, next: &Finding) -> bool {
    is_at(known, next)
        && !matches!(next.subject.kind.as_str(), "Namespace" | "Cluster")
        && known.subject != next.subject
        && sort(&known.subject) == sort(&next.subject)
        && (&known.path, &known.observed, &known.expected) == (&next.path, &next.observed, &next.expected)
        && (known.verdict, known.severity, &known.excused) == (next.verdict, next.severity, &next.excused)
        && (&known.fix, &known.about, &known.controls) == (&next.fix, &next.about, &next.controls)
}

/// What copies of an object have alike.
fn sort(subject: &Subject) -> [&str; 3] {
    [&subject.api_version, &subject.kind, &subject.container]
}

fn name(subject: &Subject) -> String {
    let slash = if subject.namespace.is_empty() { "" } else { "/" };
    format!("{} {}{slash}{}", subject.kind, subject.namespace, subject.name)
}
