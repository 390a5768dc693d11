//! One finding a place: what several objects have of one line, such as those that overlays make of one base, is said once.
//!
//! The objects are counted by the check all the same; the finding names those that share it.

use super::assessment::{Finding, Subject};
use crate::discover::few;

/// Joins findings that differ by the name or namespace of their object alone. They are in order: equal places stand together.
pub(super) fn join(findings: &mut Vec<Finding>) {
    let mut joined: Vec<Finding> = Vec::with_capacity(findings.len());
    // the first of those at the place of the last one
    let mut first = 0;
    for mut finding in findings.drain(..) {
        if joined.get(first).is_none_or(|known| !is_at(known, &finding)) {
            first = joined.len();
        }
        match joined[first..].iter_mut().find(|known| is_shared(known, &finding)) {
            Some(known) => {
                known.shared.push((finding.subject, finding.fingerprint));
                known.shared.append(&mut finding.shared);
                known.notes.append(&mut finding.notes);
            }
            None => joined.push(finding),
        }
    }
    findings.extend(joined.into_iter().map(|mut finding| {
        if !finding.shared.is_empty() {
            finding.shared.sort();
            finding.shared.dedup();
            let mut names: Vec<_> = finding.shared.iter().map(|(subject, _)| name(subject)).collect();
            names.dedup();
            finding.notes.push(format!("the same holds for {}", few(&names)).into());
            finding.notes.sort();
            finding.notes.dedup();
        }
        finding
    }));
}

/// Whether two findings of a check stand at one place.
fn is_at(known: &Finding, next: &Finding) -> bool {
    known.location.is_some() && known.location == next.location && known.check == next.check
}

/// Whether they are of one cause, in objects that are copies of one another.
fn is_shared(known: &Finding, next: &Finding) -> bool {
    let own = |subject: &Subject| [&subject.api_version, &subject.kind, &subject.container].map(String::clone);
    is_at(known, next)
        && !matches!(next.subject.kind.as_str(), "Namespace" | "Cluster")
        && known.subject != next.subject
        && own(&known.subject) == own(&next.subject)
        && (&known.path, &known.observed, &known.expected) == (&next.path, &next.observed, &next.expected)
        && (known.verdict, known.severity, &known.excused) == (next.verdict, next.severity, &next.excused)
        && (&known.fix, &known.about, &known.controls) == (&next.fix, &next.about, &next.controls)
}

fn name(subject: &Subject) -> String {
    let slash = if subject.namespace.is_empty() { "" } else { "/" };
    format!("{} {}{slash}{}", subject.kind, subject.namespace, subject.name)
}
