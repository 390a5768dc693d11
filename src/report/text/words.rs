//! An assessment in sentences: what was found, what was scanned, and what was not assessed.

use std::collections::BTreeMap;

use super::{NAME, clean, clean_path, plural};
use crate::assess::{self, Assessment, Baseline, CheckVerdict, Cluster, Control, Coverage, Finding, FindingVerdict, Severity, Status};
use crate::policy::catalog::ID;

/// `16 failures (1 critical, 15 high), 57 reviews, 4 excused, 3 gaps`; it never says that all is well.
pub(in crate::report) fn verdict(assessment: &Assessment) -> String {
    let summary = &assessment.summary;
    let failures: u32 = summary.findings.values().sum();
    let first = match failures {
        0 if summary.subjects == 0 => "Nothing was judged".to_owned(),
        0 => nothing_failed(assessment),
        count => format!("{} ({})", plural(count as usize, "failure"), severities(&summary.findings)),
    };
    let (gaps, errors) = (assessment.gaps.len(), assessment.errors.len());
    let rest = [
        (summary.reviews as usize, plural(summary.reviews as usize, "review")),
        (summary.excused as usize, format!("{} excused", summary.excused)),
        (gaps, plural(gaps, "gap")),
        (errors, format!("{} broke", plural(errors, "check"))),
    ];
    let rest = rest.into_iter().filter(|(count, _)| *count > 0).map(|(_, words)| words);
    let new = news(&assessment.findings).filter(|_| failures > 0).map(|count| format!("{count} of them new"));
    std::iter::once(first).chain(new).chain(rest).collect::<Vec<_>>().join(", ")
}

/// Not that all is well: what nobody looked at is said in the same breath.
fn nothing_failed(assessment: &Assessment) -> String {
    let unseen = assessment.summary.controls.get(&Status::NotAssessed).copied().unwrap_or(0);
    let all = plural(assessment.controls.len(), "control");
    let rest = if unseen == 0 { String::new() } else { format!(" (nothing is known of {unseen} of {all})") };
    format!("No failures in what was looked at{rest}")
}

/// How many open failures the baseline does not have, where there is one.
fn news(findings: &[Finding]) -> Option<usize> {
    let failures = || findings.iter().filter(|finding| finding.is_open_failure());
    let compared = failures().any(|finding| finding.baseline.is_some());
    compared.then(|| failures().filter(|finding| !finding.is_known_failure()).count())
}

/// How a finding stands to the baseline, where there is one.
pub(in crate::report) fn stands(finding: &Finding) -> Option<String> {
    let was = finding.was.as_deref().map(|was| format!("{} in the baseline", clean(was, NAME)));
    Some(match (finding.baseline?, was) {
        (Baseline::New, None) => "new: not in the baseline".to_owned(),
        (Baseline::New, Some(was)) => format!("new: {was}"),
        (Baseline::Unchanged, None) => "known from the baseline".to_owned(),
        (Baseline::Unchanged, Some(was)) => format!("known: {was}"),
    })
}

/// What the result was held against, and how it stands to that.
pub(in crate::report) fn compared(assessment: &Assessment) -> Option<String> {
    let baseline = assessment.baseline.as_ref()?;
    let of = |state| {
        let open = assessment.findings.iter().filter(|finding| finding.verdict != FindingVerdict::Note && finding.excused.is_none());
        open.filter(|finding| finding.baseline == Some(state)).count()
    };
    let (new, known) = (of(Baseline::New), of(Baseline::Unchanged));
    let day = clean(baseline.started.get(..10).unwrap_or("unknown date"), NAME).into_owned();
    let open = plural(baseline.open as usize, "open finding");
    let gone = if baseline.gone == 0 { String::new() } else { format!("; {} of it not found any more", baseline.gone) };
    Some(format!("Baseline: the run of {day} with {open}. Failures and reviews now: {known} known from it, {new} new{gone}."))
}

/// `1 critical, 3 high`
fn severities(counts: &BTreeMap<Severity, u32>) -> String {
    let words: Vec<_> =
        counts.iter().filter(|(_, count)| **count > 0).map(|(severity, count)| format!("{count} {}", severity.as_str())).collect();
    words.join(", ")
}

/// How many findings are at or over the threshold of `--fail-on`.
pub(in crate::report) fn threshold(assessment: &Assessment) -> Option<String> {
    let limits = &assessment.thresholds;
    let least = limits.fail_on?;
    let count = assessment.findings.iter().filter(|finding| assess::counts(finding, limits)).count();
    (count > 0).then(|| format!("{count} at or over the threshold ({})", least.as_str()))
}

/// What was scanned, against what, as which Kubernetes version.
pub(in crate::report) fn scanned(assessment: &Assessment) -> String {
    let (summary, version) = (&assessment.summary, &assessment.kubernetes_version);
    let place = match assessment.scope.kind.as_str() {
        "files" => format!("in {}", plural(summary.files as usize, "file")),
        kind => format!("of a {}{}", clean(kind, NAME), assessment.scope.cluster.as_ref().map(which).unwrap_or_default()),
    };
    let ignored = if summary.ignored == 0 { String::new() } else { format!(" ({} ignored)", plural(summary.ignored as usize, "file")) };
    let assumed = if version.assumed { " (assumed, as nothing gave a version)" } else { "" };
    let catalog = &assessment.catalog;
    let catalog_name = if catalog.title.is_empty() { &catalog.id } else { &catalog.title };
    let objects = plural(summary.objects as usize, "object");
    let profile = clean(&assessment.profile.name, NAME);
    // the requirements of others are none of the catalog
    let own = assessment.controls.is_empty() || assessment.controls.iter().any(|control| control.framework == ID);
    let of = if own { format!(" ({} {})", clean(catalog_name, NAME), clean(&catalog.version, NAME)) } else { String::new() };
    format!("Scanned: {objects} {place}{ignored}, against profile {profile}{of}, as Kubernetes {}{assumed}.", clean(&version.version, NAME),)
}

/// What the scan was narrowed to: its figures speak of that alone.
pub(in crate::report) fn narrowed(assessment: &Assessment) -> Option<String> {
    let selection = assessment.selection.as_ref()?;
    let part = |what: &str, names: &[String]| match names {
        [] => None,
        [one] => Some(format!("{what} {}", clean(one, NAME))),
        many => Some(format!("{what}s {}", clean(&many.join(", "), NAME))),
    };
    let parts = [part("control", &selection.controls), part("check", &selection.checks), part("group", &selection.groups)];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    let kept = assessment.controls.len();
    Some(format!(
        "Narrowed to {}: {kept} of the profile's {} {} asked about.",
        parts.join(" and "),
        plural(selection.of as usize, "control"),
        if kept == 1 { "was" } else { "were" }
    ))
}

/// The configuration file in force.
pub(in crate::report) fn configured(assessment: &Assessment) -> Option<String> {
    let config = assessment.config.as_ref()?;
    Some(format!("Configuration: {} (sha256 {}).", clean_path(&config.name, NAME), clean(&config.sha256, NAME)))
}

/// Which cluster, and what of it was not asked for.
fn which(cluster: &Cluster) -> String {
    let names = |names: &[String]| names.iter().map(|name| clean(name, NAME)).collect::<Vec<_>>().join(", ");
    let context = cluster.context.iter().map(|name| format!(" ({})", clean(name, NAME)));
    let only = (!cluster.only_namespaces.is_empty()).then(|| format!(", only in {}", names(&cluster.only_namespaces)));
    let without = (!cluster.excluded_namespaces.is_empty()).then(|| format!(", without {}", names(&cluster.excluded_namespaces)));
    let labels = cluster.selector.as_ref().map(|labels| format!(", only with the labels {}", clean(labels, NAME)));
    context.chain(only).chain(without).chain(labels).collect()
}

/// What the input was taken for, where that explains reviews.
pub(in crate::report) fn world(assessment: &Assessment) -> Option<&'static str> {
    let partial = assessment.scope.kind == "files" && !assessment.scope.complete && assessment.summary.reviews > 0;
    partial.then_some(
        "The files were taken as a part of a cluster: what is missing from them may stand elsewhere, so it is for review, not failed (--complete says that they are all).",
    )
}

/// How many controls nobody looked at, and why.
pub(in crate::report) fn not_assessed(assessment: &Assessment) -> Option<String> {
    let unseen: Vec<_> = assessment.controls.iter().filter(|control| control.status == Status::NotAssessed).collect();
    let mut reasons: BTreeMap<Unseen, usize> = BTreeMap::new();
    unseen.iter().for_each(|control| *reasons.entry(Unseen::of(control)).or_default() += 1);
    let parts: Vec<_> = reasons.iter().map(|(reason, count)| format!("{}: {count}", reason.words())).collect();
    let all = plural(assessment.controls.len(), "control");
    (!unseen.is_empty()).then(|| format!("Not assessed: {} of {all} ({}).", unseen.len(), parts.join("; ")))
}

/// The share of controls that are decided.
pub(in crate::report) fn coverage(assessment: &Assessment) -> Option<String> {
    let applicable = assessment.controls.iter().filter(|control| control.status != Status::NotApplicable);
    let (decided, all) = applicable.fold((0, 0), |(decided, all), control| (decided + usize::from(control.status.is_decided()), all + 1));
    let least = assessment.thresholds.min_coverage.map_or(String::new(), |least| format!("; at least {least} % is asked for"));
    let share = assessment.summary.coverage;
    let is = if decided == 1 { "is" } else { "are" };
    (all > 0).then(|| format!("Coverage: {share:.1} % ({decided} of {} {is} decided{least}).", plural(all, "applicable control")))
}

/// What was seen and what should be there. `shown`: the reader sees the value anyhow.
pub(in crate::report) fn detail(finding: &Finding, shown: bool) -> Option<String> {
    let (observed, expected) = (clean(&finding.observed, NAME), clean(&finding.expected, NAME));
    let seen = if observed == "absent" && !finding.path.is_empty() {
        format!("{} is absent", field(&finding.path))
    } else if observed.is_empty() || shown {
        String::new()
    } else {
        format!("found {observed}")
    };
    let wanted = if expected.is_empty() { String::new() } else { format!("expected {expected}") };
    let parts: Vec<_> = [seen, wanted].into_iter().filter(|part| !part.is_empty()).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// The end of a path that tells the field: what follows the last list item, else its last three parts.
fn field(path: &str) -> String {
    let end = match path.rsplit_once("].") {
        Some((_, end)) => end,
        None => path.rmatch_indices('.').nth(2).map_or(path, |(at, _)| &path[at + 1..]),
    };
    clean_path(end, NAME)
}

/// Why a control was not assessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::report) enum Unseen {
    Evidence,
    Person,
    Deselected,
    Planned,
}

impl Unseen {
    pub(in crate::report) fn of(control: &Control) -> Self {
        let any = |verdict: CheckVerdict| control.checks.iter().any(|check| check.verdict == verdict);
        if control.coverage == Coverage::None || control.checks.is_empty() {
            Unseen::Person
        } else if any(CheckVerdict::NotAssessed) {
            Unseen::Evidence
        } else if any(CheckVerdict::NotSelected) {
            Unseen::Deselected
        } else {
            Unseen::Planned
        }
    }

    pub(in crate::report) fn words(self) -> &'static str {
        match self {
            Unseen::Evidence => "no evidence given that their checks read",
            Unseen::Person => "only a person can tell",
            Unseen::Deselected => "not selected",
            Unseen::Planned => "checks planned for a later release",
        }
    }
}
