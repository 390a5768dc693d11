//! Which findings are excused, and what is to be said of the exceptions.

use std::collections::HashMap;

use crate::assess::assessment::{Excuse, Finding};
use crate::assess::{Seen, plural};
use crate::evaluate::{Outcomes, Standing};
use crate::parse::Lines;
use crate::policy::Policy;
use crate::policy::comment::ANNOTATION;
use crate::policy::exception::Candidate;
use crate::policy::excuser::{Excuser, Reach, subject};
use crate::policy::remark::Remark;

/// One a finding, in their order.
pub(super) type Excuses = Vec<Option<Box<Excuse>>>;

/// Holds every finding against the exceptions in force on the day of the scan.
pub(super) fn all(policy: &Policy, outcomes: &Outcomes, seen: &Seen, now: jiff::Timestamp) -> (Excuses, Vec<Remark>) {
    let today = now.to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
    let mut excuser = Excuser::new(&policy.exceptions, today, reach(seen));
    for (number, file) in seen.files.iter().enumerate().filter(|(_, file)| !file.directives.is_empty()) {
        let lines = Lines::new(&file.text);
        for directive in &file.directives {
            let source = directive.written.map(|(source, at)| (&seen.files[source as usize], at));
            let (uri, line) = match source.filter(|(source, _)| !source.text.is_empty()) {
                Some((source, at)) => (&source.uri, Lines::new(&source.text).position(at).0),
                None => (&file.uri, lines.position(directive.span.0).0),
            };
            let place = format!("{}:{line}", uri.as_deref().unwrap_or("<stdin>"));
            excuser.comment(number as u32, &place, &directive.text, directive.covers);
        }
    }
    // a copy in another file excuses itself alone
    let mut annotations: HashMap<(u32, &str, &str), &str> = HashMap::new();
    for (file, object, key, value) in &seen.annotations {
        let Some(check) = key.strip_prefix(ANNOTATION) else {
            excuser.stray(object, key);
            continue;
        };
        excuser.annotation(object, check, value);
        annotations.insert((*file, object, check), value);
    }
    let decide = |finding: &crate::evaluate::Finding| {
        if finding.standing == Standing::Note {
            return None;
        }
        let check = policy.checks[finding.check as usize].id;
        let on = &finding.subject;
        let annotation = (!annotations.is_empty()).then(|| subject(&on.kind, &on.namespace, &on.name));
        let images: Vec<&str> = finding.images.iter().flat_map(|images| images.iter()).map(|image| &**image).collect();
        let candidate = Candidate {
            check,
            severity: finding.severity,
            kind: &on.kind,
            namespace: &on.namespace,
            name: &on.name,
            container: &on.container,
            path: &finding.path,
            uri: seen.files[finding.file as usize].uri.as_deref(),
            file: finding.file,
            span: finding.span,
            place: finding.written.as_ref().map_or((finding.file, finding.span.0), |written| (written.file, written.span.0)),
            images: &images,
            observed: &finding.observed,
            annotation: annotation.and_then(|object| annotations.get(&(finding.file, object.as_str(), check)).copied()),
        };
        let Some(written) = finding.written.as_ref().filter(|written| written.is_own) else { return excuser.excuse(&candidate) };
        // a comment may have come through the tool that made the object, or have been left behind in its source
        let uri = seen.files[written.file as usize].uri.as_deref();
        let source = Candidate { uri, file: written.file, span: written.span, ..candidate };
        excuser.excuse(&source).or_else(|| excuser.excuse(&candidate))
    };
    let decided = outcomes.findings.iter().map(decide).map(|excuse| excuse.map(|excuse| Box::new(report(excuse))));
    let decided = decided.collect();
    (decided, excuser.remarks())
}

/// What is to be said of findings that are excused for good beside what they are about.
pub(super) fn endless(findings: &[Finding]) -> Option<String> {
    let count = |by: &str| {
        let own = findings.iter().filter_map(|finding| finding.excused.as_deref());
        own.filter(|excuse| excuse.by == by && excuse.expires.is_none()).count()
    };
    let (comments, annotations) = (count("comment"), count("annotation"));
    let counted = match (comments, annotations) {
        (0, 0) => return None,
        (some, 0) => format!("{} excused by comment", plural(some, "finding")),
        (0, some) => format!("{} excused by annotation", plural(some, "finding")),
        (some, others) => format!("{} excused by comment and {others} by annotation", plural(some, "finding")),
    };
    Some(format!("{counted} without `until=`, for good: a last day keeps them from being forgotten"))
}

/// How much was scanned. The same for each shard of a scan, so that what they say can be added up.
fn reach(seen: &Seen) -> Reach {
    match &seen.cluster {
        // a gap of a kind is a list that was not read
        Some((cluster, _)) if cluster.is_narrowed() || seen.gaps.iter().any(|gap| gap.kind.is_some()) => Reach::Part,
        Some(_) => Reach::Whole,
        None if seen.complete => Reach::Whole,
        None => Reach::Files,
    }
}

fn report(excuse: crate::policy::exception::Excuse) -> Excuse {
    Excuse { by: excuse.by.to_owned(), reason: excuse.reason, owner: excuse.owner, approver: excuse.approver, expires: excuse.expires }
}
