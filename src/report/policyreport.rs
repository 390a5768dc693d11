//! Kubernetes' policy reports, in both of the forms that clusters have: a report a namespace, and one for all that has
//! none. They are YAML for `kubectl apply`; nothing is written to a cluster from here.
//!
//! Subjects that pass or are skipped stand one by one where the result has them so, else a check in one entry. A control
//! that nobody assessed has no entry: the format knows no word for it but those of verdicts.

use std::collections::BTreeMap;
use std::io::{self, BufWriter, Write};

use serde::Serialize;

use super::projection::{self, Outcome};
use super::sarif::words::message;
use super::text::{NAME, SENTENCE, clean, plural, words};
use super::yaml;
use crate::assess::{Assessment, CheckError, CheckInfo, CheckVerdict, Control, Excuse, Finding, Gap, Pass, Severity, Subject};
use crate::model::UNSET_NAMESPACE;

/// What a report may weigh: the store of a cluster takes 1.5 MB an object.
const MOST_BYTES: usize = 1_000_000;
/// How many reports a namespace gets in a cluster at most.
const MOST_PARTS: usize = 10;
/// What gaps are reported under.
const EVIDENCE: &str = "evidence";

/// The form of a report.
struct Form {
    api_version: &'static str,
    namespaced: &'static str,
    cluster: &'static str,
    /// Whether the report as a whole says who made it.
    has_source: bool,
}

const POLICY: Form =
    Form { api_version: "wgpolicyk8s.io/v1alpha2", namespaced: "PolicyReport", cluster: "ClusterPolicyReport", has_source: false };
const OPEN: Form = Form { api_version: "openreports.io/v1alpha1", namespaced: "Report", cluster: "ClusterReport", has_source: true };

/// Writes `wgpolicyk8s.io/v1alpha2`.
///
/// # Errors
/// What the writer says.
pub fn write(assessment: &Assessment, out: &mut dyn Write) -> io::Result<()> {
    all(assessment, &POLICY, out)
}

/// Writes `openreports.io/v1alpha1`.
///
/// # Errors
/// What the writer says.
pub fn write_open(assessment: &Assessment, out: &mut dyn Write) -> io::Result<()> {
    all(assessment, &OPEN, out)
}

/// The same as objects for a cluster: no more of them for a namespace than such a cluster should keep.
///
/// # Errors
/// When a report is no JSON, which cannot be.
pub fn objects(assessment: &Assessment, open: bool) -> serde_json::Result<Vec<serde_json::Value>> {
    let form = if open { &OPEN } else { &POLICY };
    let made = Made::new(assessment);
    let mut objects = Vec::new();
    for (place, mut entries) in places(&made, assessment) {
        let mut sizes: Vec<usize> = parts(&entries).iter().map(|part| part.len()).collect();
        if sizes.len() > MOST_PARTS {
            sizes.truncate(MOST_PARTS);
            let kept = sizes.iter().sum();
            let left_out = plural(entries.len() - kept, "result");
            let said = format!("{left_out} more would be too much for the store of a cluster: see the result itself");
            entries.truncate(kept);
            entries.push(Entry { policy: EVIDENCE.to_owned(), ..made.entry("truncated", "error", said) });
            // one line fits into the room that every report has left
            sizes.last_mut().into_iter().for_each(|last| *last += 1);
        }
        let mut rest = &entries[..];
        for (number, size) in sizes.into_iter().enumerate() {
            let (results, others) = rest.split_at(size);
            objects.push(serde_json::to_value(report(form, &place, number, results))?);
            rest = others;
        }
    }
    Ok(objects)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    api_version: &'static str,
    kind: &'static str,
    metadata: Metadata<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<Reference>,
    summary: Counts,
    results: &'a [Entry],
}

#[derive(Serialize)]
struct Metadata<'a> {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<&'a str>,
    labels: BTreeMap<&'static str, &'static str>,
}

#[derive(Serialize, Default)]
struct Counts {
    pass: usize,
    fail: usize,
    warn: usize,
    error: usize,
    skip: usize,
}

#[derive(Serialize)]
struct Entry {
    source: &'static str,
    policy: String,
    rule: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    category: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    severity: Option<&'static str>,
    result: &'static str,
    scored: bool,
    timestamp: Time,
    message: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    resources: Vec<Reference>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    properties: BTreeMap<&'static str, String>,
}

#[derive(Serialize, Clone, Copy)]
struct Time {
    seconds: i64,
    nanos: i32,
}

#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct Reference {
    #[serde(skip_serializing_if = "String::is_empty")]
    api_version: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    kind: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    namespace: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    name: String,
}

/// Where a report goes, in the order in which they are written.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// All that is in no namespace, or in one that no cluster can have.
    Cluster,
    /// The namespace that `kubectl apply` would take, as for the objects themselves.
    Current,
    Namespace(String),
}

impl Place {
    fn of(subject: &Subject) -> Self {
        let name = subject.namespace.as_str();
        let fits = |char: char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == '-';
        if name == UNSET_NAMESPACE {
            Place::Current
        } else if (1..=63).contains(&name.len()) && name.chars().all(fits) && !name.starts_with('-') && !name.ends_with('-') {
            Place::Namespace(name.to_owned())
        } else {
            Place::Cluster
        }
    }
}

fn all(assessment: &Assessment, form: &Form, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 16, out);
    let mut separator = "";
    for (place, entries) in &places(&Made::new(assessment), assessment) {
        for (number, results) in parts(entries).into_iter().enumerate() {
            out.write_all(separator.as_bytes())?;
            yaml::document(&report(form, place, number, results), &mut out)?;
            separator = "---\n";
        }
    }
    out.flush()
}

fn places(made: &Made<'_>, assessment: &Assessment) -> BTreeMap<Place, Vec<Entry>> {
    let mut places: BTreeMap<Place, Vec<Entry>> = BTreeMap::new();
    for (place, entry) in made.entries(assessment) {
        places.entry(place).or_default().push(entry);
    }
    places
}

/// The entries in as many reports as their weight asks for.
fn parts(entries: &[Entry]) -> Vec<&[Entry]> {
    let mut parts = Vec::new();
    let (mut from, mut bytes) = (0, 0);
    for (at, entry) in entries.iter().enumerate() {
        // a cluster stores JSON
        let weight = serde_json::to_vec(entry).map_or(0, |json| json.len() + 1);
        if bytes + weight > MOST_BYTES && at > from {
            parts.push(&entries[from..at]);
            (from, bytes) = (at, 0);
        }
        bytes += weight;
    }
    parts.push(&entries[from..]);
    parts
}

fn report<'a>(form: &Form, place: &'a Place, number: usize, results: &'a [Entry]) -> Report<'a> {
    let namespace = match place {
        Place::Namespace(name) => Some(name.as_str()),
        Place::Current | Place::Cluster => None,
    };
    let scope =
        namespace.map(|name| Reference { api_version: "v1".into(), kind: "Namespace".into(), name: name.into(), ..Reference::default() });
    let count = |result: &str| results.iter().filter(|entry| entry.result == result).count();
    Report {
        api_version: form.api_version,
        kind: if *place == Place::Cluster { form.cluster } else { form.namespaced },
        metadata: Metadata {
            name: if number == 0 { "cnscan".to_owned() } else { format!("cnscan-{}", number + 1) },
            namespace,
            labels: BTreeMap::from([("app.kubernetes.io/managed-by", "cnscan")]),
        },
        source: form.has_source.then_some("cnscan"),
        scope,
        summary: Counts { pass: count("pass"), fail: count("fail"), warn: count("warn"), error: count("error"), skip: count("skip") },
        results,
    }
}

/// What entries share.
struct Made<'a> {
    checks: BTreeMap<&'a str, &'a CheckInfo>,
    controls: BTreeMap<&'a str, &'a Control>,
    time: Time,
}

impl<'a> Made<'a> {
    fn new(assessment: &'a Assessment) -> Self {
        Made {
            checks: assessment.checks.iter().map(|check| (&*check.id, check)).collect(),
            controls: assessment.controls.iter().map(|control| (control.id.as_str(), control)).collect(),
            time: Time { seconds: projection::times(assessment).1.as_second(), nanos: 0 },
        }
    }

    fn entries(&self, assessment: &'a Assessment) -> impl Iterator<Item = (Place, Entry)> {
        let findings = assessment.findings.iter().filter_map(|finding| self.finding(finding));
        let passes = assessment.passes.iter().map(|pass| self.pass(pass));
        let errors = assessment.errors.iter().map(|error| self.error(error));
        let gaps = assessment.gaps.iter().map(|gap| self.gap(gap));
        let listed = !assessment.passes.is_empty();
        let checks = assessment.checks.iter().flat_map(move |check| self.check(check, listed));
        findings.chain(passes).chain(errors).chain(gaps).chain(checks)
    }

    fn entry(&self, check: &str, result: &'static str, message: String) -> Entry {
        let info = self.checks.get(check);
        let cited = info.map_or(&[][..], |info| &info.controls[..]);
        let first = cited.first().map_or("cnscan", |id| &**id);
        let category = self.controls.get(first).map_or("", |control| &control.group);
        let mut properties = BTreeMap::new();
        let supports: std::collections::BTreeSet<_> =
            cited.iter().filter_map(|id| self.controls.get(&**id)).flat_map(|control| &control.supports).collect();
        let supports: Vec<_> = supports.into_iter().map(String::as_str).collect();
        for (key, list) in [("controls", cited.join(", ")), ("relatesTo", supports.join(", "))] {
            if !list.is_empty() {
                properties.insert(key, clean(&list, SENTENCE).into_owned());
            }
        }
        Entry {
            source: "cnscan",
            policy: clean(first, NAME).into_owned(),
            rule: clean(check, NAME).into_owned(),
            category: clean(category, NAME).into_owned(),
            severity: info.map(|info| info.severity.as_str()),
            result,
            scored: matches!(result, "pass" | "fail"),
            timestamp: self.time,
            message,
            resources: Vec::new(),
            properties,
        }
    }

    fn finding(&self, finding: &Finding) -> Option<(Place, Entry)> {
        let result = match Outcome::of_finding(finding)? {
            Outcome::Fail => "fail",
            Outcome::Excused => "skip",
            _ => "warn",
        };
        let said = if finding.message.is_empty() { &finding.title } else { &finding.message };
        let mut entry = self.entry(&finding.check, result, message(&finding.subject, said));
        entry.severity = Some(Severity::as_str(finding.severity));
        entry.resources = vec![reference(&finding.subject)];
        let at = finding.location.as_ref();
        let place = at.map(|at| format!("{}:{}:{}", at.uri, at.line, at.column)).unwrap_or_default();
        let (path, fix, print) = (&*finding.path, &*finding.fix, &*finding.fingerprint);
        for (key, value) in [
            ("fieldPath", path),
            ("place", &place),
            ("observed", &finding.observed),
            ("expected", &finding.expected),
            ("fix", fix),
            ("fingerprint", print),
        ] {
            if !value.is_empty() {
                entry.properties.insert(key, clean(value, SENTENCE).into_owned());
            }
        }
        if let Some(stands) = words::stands(finding) {
            entry.properties.insert("baseline", stands);
        }
        if let Some(excuse) = &finding.excused {
            entry.properties.extend(excused(excuse));
        }
        Some((Place::of(&finding.subject), entry))
    }

    fn pass(&self, pass: &Pass) -> (Place, Entry) {
        let mut entry = self.entry(&pass.check, "pass", message(&pass.subject, "passes"));
        entry.resources = vec![reference(&pass.subject)];
        (Place::of(&pass.subject), entry)
    }

    fn error(&self, error: &CheckError) -> (Place, Entry) {
        let said = format!("the check broke: {}", error.message);
        let mut entry = self.entry(&error.check, "error", message(&error.subject, &said));
        entry.resources = vec![reference(&error.subject)];
        (Place::of(&error.subject), entry)
    }

    fn gap(&self, gap: &Gap) -> (Place, Entry) {
        let place = gap.location.as_ref().map(|at| format!("{}:{}: ", clean(&at.uri, SENTENCE), at.line)).unwrap_or_default();
        let said = format!("not looked at: {place}{}: {}", clean(&gap.what, SENTENCE), clean(&gap.why, SENTENCE));
        let mut entry = self.entry("gap", "error", said);
        entry.policy = EVIDENCE.to_owned();
        (Place::Cluster, entry)
    }

    /// What is known of the check as a whole.
    fn check(&self, check: &CheckInfo, listed: bool) -> Vec<(Place, Entry)> {
        let mut entries = Vec::new();
        let ran = !matches!(check.verdict, CheckVerdict::NotAssessed | CheckVerdict::NotSelected | CheckVerdict::Planned);
        if ran && !listed && check.passed > 0 {
            let mut entry = self.entry(&check.id, "pass", format!("{} passed", plural(check.passed as usize, "subject")));
            entry.properties.insert("subjects", check.passed.to_string());
            entries.push(entry);
        }
        for (why, count) in &check.skipped {
            let said = format!("does not apply to {}: {}", plural(*count as usize, "subject"), clean(why, SENTENCE));
            let mut entry = self.entry(&check.id, "skip", said);
            entry.properties.insert("subjects", count.to_string());
            entries.push(entry);
        }
        entries.into_iter().map(|entry| (Place::Cluster, entry)).collect()
    }
}

fn excused(excuse: &Excuse) -> impl Iterator<Item = (&'static str, String)> {
    let parts = [
        ("excusedBy", excuse.by.as_str()),
        ("excuseReason", &excuse.reason),
        ("excuseOwner", &excuse.owner),
        ("excuseApprover", &excuse.approver),
        ("excuseExpires", excuse.expires.as_deref().unwrap_or_default()),
    ];
    parts.into_iter().filter(|(_, value)| !value.is_empty()).map(|(key, value)| (key, clean(value, SENTENCE).into_owned()))
}

fn reference(subject: &Subject) -> Reference {
    let namespace = if subject.namespace == UNSET_NAMESPACE { "" } else { &subject.namespace };
    let part = |text: &str| clean(text, SENTENCE).into_owned();
    Reference { api_version: part(&subject.api_version), kind: part(&subject.kind), namespace: part(namespace), name: part(&subject.name) }
}
