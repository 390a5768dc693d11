//! What goes into the log for GitHub, within its limits, and what does not.

use std::cmp::Ordering;

use serde::Serialize;

use super::place;
use crate::assess::{Assessment, Finding, FindingVerdict};
use crate::report::text::{self, SENTENCE, plural};

/// A run with more results is refused.
const MOST_RESULTS: usize = 25_000;
/// Of so many results GitHub shows all; of more, this many of the worst.
const SHOWN: usize = 5_000;
/// What the results may weigh of the 10 MB that a file may have, packed; the rest is for rules and notifications.
const MOST_BYTES: usize = 8_000_000;

/// The findings that go into the log, by place, and the count of the others.
pub(super) struct Selection<'a> {
    pub(super) kept: Vec<&'a Finding>,
    pub(super) omitted: Omitted,
}

/// What is left out, by reason.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Omitted {
    reviews: usize,
    notes: usize,
    excused: usize,
    without_file: usize,
    #[serde(skip_serializing_if = "is_zero")]
    of_other_repositories: usize,
    outside_repository: usize,
    over_limit: usize,
    #[serde(skip)]
    kept: usize,
    /// Of those kept, what the baseline has.
    #[serde(skip)]
    known: usize,
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

impl<'a> Selection<'a> {
    pub(super) fn new(assessment: &'a Assessment) -> Self {
        let mut omitted = Omitted::default();
        let is_one_repository = place::repository(assessment).is_some();
        let mut kept: Vec<_> = assessment.findings.iter().filter(|finding| omitted.takes(finding, is_one_repository)).collect();
        let found = kept.len();
        kept.sort_by(|a, b| a.severity.cmp(&b.severity).then_with(|| by_place(a, b)));
        kept.truncate(fitting(&kept));
        kept.sort_by(|a, b| by_place(a, b));
        omitted.over_limit = found - kept.len();
        omitted.kept = kept.len();
        omitted.known = kept.iter().filter(|finding| finding.is_known_failure()).count();
        Selection { kept, omitted }
    }
}

fn by_place(a: &Finding, b: &Finding) -> Ordering {
    let place = |finding: &Finding| finding.location.as_ref().map(|at| (at.line, at.column));
    let uri = |finding: &'_ Finding| finding.location.as_ref().map(|at| at.uri.clone());
    uri(a)
        .cmp(&uri(b))
        .then_with(|| place(a).cmp(&place(b)))
        .then_with(|| (&a.check, a.severity, &a.path, &a.fingerprint).cmp(&(&b.check, b.severity, &b.path, &b.fingerprint)))
}

/// How many of the first fit into the limits.
fn fitting(findings: &[&Finding]) -> usize {
    let before = std::iter::once(None).chain(findings.iter().copied().map(Some));
    let mut bytes = 0;
    let fits = |(finding, before): &(&&Finding, Option<&Finding>)| {
        bytes += weight(finding, *before);
        bytes <= MOST_BYTES
    };
    findings.iter().zip(before).take(MOST_RESULTS).take_while(fits).count()
}

/// More than a result adds to the packed file. What it shares with the result before it packs to references; what it
/// has of its own is counted in full, though most of it packs as well: gzip makes less than half of this even where all
/// messages are random digits.
fn weight(finding: &Finding, before: Option<&Finding>) -> usize {
    let frame = 90;
    let uri = |finding: &'_ Finding| finding.location.as_ref().map(|at| at.uri.clone());
    let same_subject = before.is_some_and(|before| before.subject == finding.subject);
    let same_file = before.is_some_and(|before| uri(before) == uri(finding));
    let object = if same_subject { 0 } else { text::object(&finding.subject).len() + finding.subject.container.len().min(SENTENCE * 4) };
    let file = if same_file { 0 } else { finding.location.as_ref().map_or(0, |at| at.uri.len() * 3) };
    let own = finding.message.len().min(SENTENCE * 4) + finding.fingerprint.len() + finding.line_hash.as_ref().map_or(0, |hash| hash.len());
    frame + own + object + file
}

impl Omitted {
    /// Whether a finding goes into the log; if not, it is counted by the reason.
    fn takes(&mut self, finding: &Finding, is_one_repository: bool) -> bool {
        let uri = finding.location.as_ref().map(|at| &*at.uri).filter(|uri| !uri.is_empty());
        let reason = match (finding.verdict, &finding.excused, uri) {
            (FindingVerdict::Note, ..) => &mut self.notes,
            (_, Some(_), _) => &mut self.excused,
            (FindingVerdict::Review, ..) => &mut self.reviews,
            (_, _, None) => match place::told(finding) {
                None => &mut self.without_file,
                Some(_) if !is_one_repository => &mut self.of_other_repositories,
                Some(source) if place::uri(&source.path).is_none() => &mut self.outside_repository,
                Some(_) => return true,
            },
            (_, _, Some(uri)) if place::uri(uri).is_none() => &mut self.outside_repository,
            _ => return true,
        };
        *reason += 1;
        false
    }

    /// A line for each thing that a person should know.
    pub(super) fn lines(&self) -> Vec<String> {
        let counts = [
            (self.reviews, "review", ""),
            (self.notes, "note", ""),
            (self.excused, "finding", " under an exception"),
            (self.without_file, "failure", " without a file"),
            (self.of_other_repositories, "failure", " of objects from more than one Git repository"),
            (self.outside_repository, "failure", " outside the repository"),
        ];
        let left: Vec<_> =
            counts.iter().filter(|(number, ..)| *number > 0).map(|(number, word, more)| plural(*number, word) + more).collect();
        let mut lines = Vec::new();
        if !left.is_empty() {
            lines.push(format!("left out: {} (sarif-full has them)", left.join(", ")));
        }
        if self.over_limit > 0 {
            let all = self.kept + self.over_limit;
            lines.push(format!("left out: the {} least severe of {all} failures, as GitHub refuses larger files", self.over_limit));
        }
        if self.known > 0 {
            let known = plural(self.known, "failure");
            lines.push(format!("{known} that the baseline has stay in it: GitHub tells new alerts by its own uploads, and closes as fixed what one leaves out"));
        }
        if self.kept > SHOWN {
            lines.push(format!("GitHub shows the {SHOWN} most severe of {} alerts", self.kept));
        }
        lines
    }
}
