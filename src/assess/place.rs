//! Findings as reports have them: placed, masked, in order, numbered where they are equal.

use std::borrow::Cow;
use std::sync::Arc;

use rayon::prelude::*;

use crate::assess::assessment::{Excuse, Finding, FindingVerdict, GitSource, Subject};
use crate::assess::excuse::Excuses;
use crate::assess::locate::{self, Located, Wanted};
use crate::assess::{Citations, Seen, reason, shared};
use crate::checks::Check;
use crate::evaluate::{self, Standing};
use crate::model::Map;
use crate::model::credential::reveals;
use crate::policy::{self, Policy};

/// Places every finding, a file at a time, in parallel.
pub(super) fn all(
    policy: &Policy,
    findings: evaluate::Findings,
    excuses: Excuses,
    seen: &Seen,
    cited: &Citations,
    hashed: bool,
) -> Vec<Finding> {
    let words = Words::new(policy, cited);
    let subjects = Subjects::default();
    let mut by_file: Vec<Vec<_>> = seen.files.iter().map(|_| Vec::new()).collect();
    for (finding, excuse) in findings.into_iter().zip(excuses) {
        let finding = written(finding, policy, seen);
        let subject = subjects.share(&finding.subject);
        by_file[finding.file as usize].push((finding, excuse, subject));
    }
    let files = by_file.into_par_iter().zip(&seen.files).filter(|(findings, _)| !findings.is_empty());
    let placed = files.map(|(findings, file)| {
        let uri: Option<Arc<str>> = file.uri.as_deref().map(Into::into);
        let own = findings.iter().filter_map(|(finding, ..)| finding.sensitive);
        let secret: Vec<_> = own.chain(file.secret.iter().copied()).collect();
        let masked: Vec<_> = secret.iter().chain(&file.hidden).copied().collect();
        let hidden = Hidden { text: &file.text, ranges: &file.hidden };
        let wanted: Vec<_> = findings.iter().map(|(finding, ..)| Wanted { span: finding.span, quality: finding.quality }).collect();
        let located: Vec<_> = if file.live {
            // nobody wrote this text: there is no place to show
            wanted.iter().map(|_| None).collect()
        } else {
            locate::all(uri.as_ref(), &file.text, &masked, &wanted, hashed).into_iter().map(Some).collect()
        };
        let rows = findings.into_iter().zip(located);
        let findings = rows.map(|((finding, excuse, subject), located)| words.finding(finding, excuse, subject, located, &secret, &hidden));
        let mut findings: Vec<_> = findings.collect();
        // what is in order within its file is soon in order as a whole
        findings.sort_by(|a, b| key(a).cmp(&key(b)));
        findings
    });
    placed.collect::<Vec<_>>().into_iter().flatten().collect()
}

/// A finding in what another tool made, at the place in its sources. What it must not tell is settled before: there stands
/// another text.
fn written(mut finding: evaluate::Finding, policy: &Policy, seen: &Seen) -> evaluate::Finding {
    let Some(written) = finding.written.take() else { return finding };
    let made = &seen.files[finding.file as usize];
    let hidden = Hidden { text: &made.text, ranges: &made.hidden };
    let is_secret = made.secret.iter().any(|&(start, end)| start < finding.span.1 && finding.span.0 < end);
    let redacted = || Some(format!("<redacted, {} bytes>", finding.span.1 - finding.span.0));
    let observed = if is_secret && finding.observed != "absent" { redacted() } else { hidden.observed(&finding) };
    if let Some(message) = hidden.message(&finding, policy.checks[finding.check as usize].title) {
        finding.message = message;
    }
    match (finding.sensitive, observed) {
        (Some((start, end)), _) => finding.observed = format!("<redacted, {} bytes>", end - start).into(),
        (None, Some(observed)) => finding.observed = observed.into(),
        (None, None) => {}
    }
    // the value may stand there as well
    let sensitive = finding.sensitive.map(|_| written.whole);
    evaluate::Finding { file: written.file, span: written.span, quality: written.quality, sensitive, ..finding }
}

/// By what findings are sorted.
fn key(finding: &Finding) -> impl Ord + '_ {
    let place = finding.location.as_ref().map(|at| (&*at.uri, at.line, at.column));
    (place, finding.severity, &*finding.check, &*finding.subject, &*finding.path, &*finding.message)
}

/// Sorts by place, says the same only once, and numbers equal fingerprints.
pub(super) fn order(findings: &mut Vec<Finding>) {
    findings.par_sort_by(|a, b| key(a).cmp(&key(b)));
    findings.dedup_by(is_again);
    shared::join(findings);
    let mut seen: Map<Arc<str>, u32> = Map::default();
    for finding in findings.iter_mut() {
        let times = seen.entry(Arc::clone(&finding.fingerprint)).or_default();
        *times += 1;
        if *times > 1 {
            finding.fingerprint = format!("{}:{times}", finding.fingerprint).into();
        }
    }
}

/// Whether a finding is the one before it: what several overlays make of one line, each of them judged. Where it was found
/// is kept.
fn is_again(next: &mut Finding, kept: &mut Finding) -> bool {
    let same = next.fingerprint == kept.fingerprint
        && key(next) == key(kept)
        && (next.verdict, &next.observed, &next.excused) == (kept.verdict, &kept.observed, &kept.excused);
    if same && next.location.is_some() {
        kept.notes.append(&mut next.notes);
        kept.notes.sort();
        kept.notes.dedup();
    }
    same && next.location.is_some()
}

/// A subject as reports have it.
pub(super) fn subject(subject: &evaluate::Subject) -> Arc<Subject> {
    Arc::new(Subject {
        surface: if subject.live { "cluster" } else { "manifest" }.to_owned(),
        api_version: subject.api_version.clone(),
        kind: subject.kind.clone(),
        namespace: subject.namespace.clone(),
        name: subject.name.clone(),
        container: subject.container.clone(),
        pods: subject.pods,
    })
}

/// Subjects shared between findings, as the engine shared them.
#[derive(Default)]
struct Subjects(std::cell::RefCell<Option<(Arc<evaluate::Subject>, Arc<Subject>)>>);

impl Subjects {
    fn share(&self, engine: &Arc<evaluate::Subject>) -> Arc<Subject> {
        let mut last = self.0.borrow_mut();
        match &*last {
            Some((known, shared)) if Arc::ptr_eq(known, engine) => Arc::clone(shared),
            _ => {
                let shared = subject(engine);
                *last = Some((Arc::clone(engine), Arc::clone(&shared)));
                shared
            }
        }
    }
}

/// What may be a credential on the lines that a file's findings show: words about it must not tell it either.
struct Hidden<'a> {
    text: &'a str,
    ranges: &'a [(u32, u32)],
}

impl Hidden<'_> {
    /// Those that a finding's place has a part in.
    fn at(&self, span: (u32, u32)) -> impl Iterator<Item = (u32, u32)> {
        let first = self.ranges.partition_point(|range| range.1 <= span.0);
        self.ranges[first..].iter().copied().take_while(move |range| range.0 < span.1)
    }

    /// Whether words hold one of them.
    fn is_told(&self, span: (u32, u32), words: &str) -> bool {
        const SHORTEST: usize = 4;
        self.at(span).any(|(start, end)| {
            let value = self.text.get(start as usize..end as usize).unwrap_or_default().trim_matches(['"', '\'']);
            value.len() >= SHORTEST && words.contains(value) || reveals(words)
        })
    }

    fn observed(&self, finding: &evaluate::Finding) -> Option<String> {
        let inside = || self.at(finding.span).any(|(start, end)| start <= finding.span.0 && finding.span.1 <= end);
        let told = finding.observed != "absent" && (inside() || self.is_told(finding.span, &finding.observed));
        told.then(|| format!("<redacted, {} bytes>", finding.span.1 - finding.span.0))
    }

    /// Why it is excused, without the value that is.
    fn reason(&self, finding: &evaluate::Finding, secret: &[(u32, u32)], reason: &str) -> String {
        let secret = secret.iter().copied().filter(|&(start, end)| start < finding.span.1 && finding.span.0 < end);
        let ranges = finding.sensitive.into_iter().chain(secret).chain(self.at(finding.span));
        let values = ranges.filter_map(|(start, end)| self.text.get(start as usize..end as usize));
        reason::shown(reason, values).into_owned()
    }

    /// What is said instead, where the message would tell.
    fn message(&self, finding: &evaluate::Finding, title: &str) -> Option<Cow<'static, str>> {
        let tells = finding.sensitive.is_none() && self.is_told(finding.span, &finding.message);
        tells.then(|| title.to_owned().into())
    }
}

fn asked(policy: &Policy, check: &Check) -> Vec<(Arc<str>, Vec<String>)> {
    let requirements = policy.profile.requirements.iter().filter(|requirement| requirement.checks.iter().any(|id| id == check.id));
    let asked = requirements.map(|requirement| (requirement.id.as_str().into(), requirement.about(check.id)));
    asked.filter(|(_, about)| !about.is_empty()).collect()
}

/// The texts that findings of a check share.
struct Words {
    by_check: Vec<[Arc<str>; 3]>,
    controls: Vec<Arc<[Arc<str>]>>,
    /// By check, where controls ask about some of what it judges: each with what it asks about.
    asked: Vec<Vec<(Arc<str>, Vec<String>)>>,
    empty: Arc<str>,
}

impl Words {
    fn new(policy: &Policy, cited: &Citations) -> Self {
        let by_check = policy.checks.iter().map(|check| [check.id.into(), check.title.into(), check.fix.into()]).collect();
        let controls = policy.checks.iter().map(|check| cited.get(check.id).cloned().unwrap_or_else(|| Arc::from([]))).collect();
        let asked = policy.checks.iter().map(|check| asked(policy, check)).collect();
        Words { by_check, controls, asked, empty: "".into() }
    }

    /// The controls that a finding concerns.
    fn controls(&self, check: usize, about: &[&str]) -> Arc<[Arc<str>]> {
        let (all, asked) = (&self.controls[check], &self.asked[check]);
        if asked.is_empty() {
            return Arc::clone(all);
        }
        let is_asked = |control: &Arc<str>| {
            let own = asked.iter().find(|(id, _)| id == control);
            own.is_none_or(|(_, settings)| settings.iter().any(|setting| about.contains(&setting.as_str())))
        };
        all.iter().filter(|control| is_asked(control)).cloned().collect()
    }

    fn text(&self, text: &str) -> Arc<str> {
        if text.is_empty() { Arc::clone(&self.empty) } else { text.into() }
    }

    fn finding(
        &self,
        finding: evaluate::Finding,
        mut excuse: Option<Box<Excuse>>,
        subject: Arc<Subject>,
        located: Option<Located>,
        secret: &[(u32, u32)],
        hidden: &Hidden<'_>,
    ) -> Finding {
        let (location, snippet, line_hash) = match located {
            Some(located) => (Some(located.location), located.snippet, located.line_hash),
            None => (None, None, None),
        };
        let [check, title, fix] = &self.by_check[finding.check as usize];
        let shows_secret = secret.iter().any(|&(start, end)| start < finding.span.1 && finding.span.0 < end);
        let observed = match finding.sensitive {
            Some((start, end)) => format!("<redacted, {} bytes>", end - start).into(),
            None if shows_secret && finding.observed != "absent" => format!("<redacted, {} bytes>", finding.span.1 - finding.span.0).into(),
            None => hidden.observed(&finding).map_or_else(|| self.text(&finding.observed), Into::into),
        };
        if let Some(excuse) = &mut excuse {
            excuse.reason = hidden.reason(&finding, secret, &excuse.reason);
        }
        let message = hidden.message(&finding, title).unwrap_or(finding.message);
        Finding {
            check: Arc::clone(check),
            verdict: match finding.standing {
                Standing::Fail => FindingVerdict::Fail,
                Standing::Review => FindingVerdict::Review,
                Standing::Note => FindingVerdict::Note,
            },
            severity: finding.severity,
            title: Arc::clone(title),
            message: self.text(&message),
            controls: self.controls(finding.check as usize, &finding.about),
            about: finding.about.iter().map(|aspect| (*aspect).into()).collect(),
            subject,
            path: self.text(&finding.path),
            location,
            notes: finding.notes.iter().map(|note| self.text(note)).collect(),
            source: finding.source.map(|source| Arc::new(GitSource { repository: source.repository.clone(), path: source.path.clone() })),
            observed,
            expected: self.text(&finding.expected),
            fix: finding.fix.map_or_else(|| Arc::clone(fix), |own| self.text(&own)),
            fingerprint: policy::hex(&finding.fingerprint).into(),
            excused: excuse,
            baseline: None,
            was: None,
            snippet,
            line_hash,
            shared: Vec::new(),
        }
    }
}
