//! GitLab's Code Quality report: open failures that stand in a file of the repository, and nothing else, as GitLab makes
//! an issue of every entry.

use std::collections::HashSet;
use std::io::{self, Write};

use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};

use super::json::pretty;
use super::sarif::words::message;
use super::text::{controls, plural, words};
use crate::assess::{Assessment, Finding, Severity};
use crate::policy::hex;

/// How long a fingerprint of GitLab's may be for our taste.
const FINGERPRINT: std::ops::RangeInclusive<usize> = 32..=64;

/// Writes the report. What it leaves out, [`omitted`] says.
///
/// # Errors
/// What the writer says.
pub fn write(assessment: &Assessment, out: &mut dyn Write) -> io::Result<()> {
    pretty(&Issues(assessment), out)
}

/// What the report leaves out: one line, for a person, or none.
#[must_use]
pub fn omitted(assessment: &Assessment) -> Vec<String> {
    let (failures, rest): (Vec<_>, Vec<_>) = assessment.findings.iter().partition(|finding| finding.is_open_failure());
    let outside = failures.iter().filter(|finding| path(finding).is_none()).count();
    let mut left = Vec::new();
    if outside > 0 {
        left.push(format!("{} without a file in the repository", plural(outside, "failure")));
    }
    if !rest.is_empty() {
        left.push(format!("{} of other kinds", plural(rest.len(), "finding")));
    }
    let known = failures.iter().filter(|finding| finding.is_known_failure() && path(finding).is_some()).count();
    let unseen = assessment.gaps.len() + assessment.errors.len();
    if unseen > 0 {
        left.push(format!("{} that could not be looked at", plural(unseen, "part")));
    }
    let left = (!left.is_empty()).then(|| format!("left out: {} (json has them)", left.join(", ")));
    let known = (known > 0).then(|| {
        let known = plural(known, "failure");
        format!("{known} that the baseline has stay in it, marked as known: GitLab tells new issues by its own reports, and shows as resolved what one leaves out")
    });
    left.into_iter().chain(known).collect()
}

/// The issues, one at a time.
struct Issues<'a>(&'a Assessment);

#[derive(Serialize)]
struct Issue<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: String,
    severity: &'static str,
    location: Location<'a>,
}

#[derive(Serialize)]
struct Location<'a> {
    path: &'a str,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
    end: u32,
}

impl Serialize for Issues<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seen = HashSet::new();
        let open = self.0.findings.iter().filter(|finding| finding.is_open_failure());
        serializer.collect_seq(open.filter_map(|finding| issue(finding, &mut seen)))
    }
}

fn issue<'a>(finding: &'a Finding, seen: &mut HashSet<String>) -> Option<Issue<'a>> {
    let at = finding.location.as_ref()?;
    let cited = if finding.controls.is_empty() { String::new() } else { format!("{}: ", controls(&finding.controls)) };
    let said = if finding.message.is_empty() { &finding.title } else { &finding.message };
    Some(Issue {
        description: format!("{cited}{}{}", message(&finding.subject, said), stands(finding)),
        check_name: if finding.check.is_empty() { "(unnamed)" } else { &finding.check },
        fingerprint: fingerprint(finding, seen),
        severity: match finding.severity {
            Severity::Critical => "blocker",
            Severity::High => "critical",
            Severity::Medium => "major",
            Severity::Low => "minor",
            Severity::Info => "info",
        },
        location: Location { path: path(finding)?, lines: Lines { begin: at.line.max(1), end: at.end_line.max(at.line).max(1) } },
    })
}

/// How it stands to the baseline, where there is one.
fn stands(finding: &Finding) -> String {
    let stands = words::stands(finding).map(|stands| format!(" ({stands})"));
    stands.unwrap_or_default()
}

/// Ours where it is hexadecimal digits alone and stands once: entries of one fingerprint become one issue.
fn fingerprint(finding: &Finding, seen: &mut HashSet<String>) -> String {
    let own = &*finding.fingerprint;
    let fits = FINGERPRINT.contains(&own.len()) && own.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let hashed = |times: usize| hex(&Sha256::digest(format!("{own}\u{1f}{times}"))[..16]);
    let mut print = if fits { own.to_owned() } else { hashed(0) };
    for times in 1.. {
        if seen.insert(print.clone()) {
            break;
        }
        print = hashed(times);
    }
    print
}

/// The path in the repository, as it is written there.
fn path(finding: &Finding) -> Option<&str> {
    let path = finding.location.as_ref()?.uri.trim_start_matches("./");
    let outside =
        path.is_empty() || path.starts_with('/') || path.contains('\\') || path.split('/').any(|part| part == ".." || part == ".");
    (!outside).then_some(path)
}
