//! What assessment results and plans of action share: items, observations, risks, and the files that they point to.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Value, json};

use super::{line, origins, props, uuid};
use crate::assess::{Assessment, CheckError, CheckInfo, Finding, FindingVerdict, Gap, Location, Subject};
use crate::report::projection::{self, Outcome};
use crate::report::sarif::place;
use crate::report::text::{object, words};

/// What the parts of a document are made from.
pub(super) struct Evidence<'a> {
    pub(super) assessment: &'a Assessment,
    pub(super) checks: BTreeMap<&'a str, &'a CheckInfo>,
    /// What tells a finding from all others, and stays from run to run.
    prints: Vec<String>,
    collected: String,
}

/// The word for an outcome in a property.
pub(super) fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Fail => "fail",
        Outcome::Excused => "excused",
        Outcome::Unknown => "unknown",
        Outcome::Review => "review",
        Outcome::Pass => "pass",
        Outcome::NotApplicable => "not-applicable",
        Outcome::NotRun => "not-run",
    }
}

impl<'a> Evidence<'a> {
    pub(super) fn new(assessment: &'a Assessment) -> Self {
        let mut seen: HashMap<&str, usize> = HashMap::new();
        let print = |finding: &'a Finding| {
            let times = seen.entry(&finding.fingerprint).or_default();
            *times += 1;
            format!("{}\u{1f}{times}", finding.fingerprint)
        };
        Evidence {
            assessment,
            checks: assessment.checks.iter().map(|check| (&*check.id, check)).collect(),
            prints: assessment.findings.iter().map(print).collect(),
            collected: projection::rfc3339(projection::times(assessment).1),
        }
    }

    /// The findings that say more than a note, with their numbers.
    pub(super) fn findings(&self) -> impl Iterator<Item = (usize, &'a Finding, Outcome)> {
        let all = self.assessment.findings.iter().enumerate();
        all.filter_map(|(number, finding)| Some((number, finding, Outcome::of_finding(finding)?)))
    }

    /// The objects that the findings are on, each once.
    pub(super) fn items<'s>(&self, subjects: impl Iterator<Item = &'s Subject>) -> Vec<Value> {
        let mut seen = BTreeSet::new();
        let item = |subject: &Subject| {
            let uuid = item_uuid(self.assessment, subject);
            if !seen.insert(uuid.clone()) {
                return None;
            }
            let mut known = vec![json!({"name": "asset-id", "value": line(&projection::resource(subject))})];
            known.extend(props([
                ("kind", subject.kind.as_str()),
                ("namespace", &subject.namespace),
                ("api-version", &subject.api_version),
            ]));
            Some(json!({"uuid": uuid, "description": line(&object(subject)), "props": known}))
        };
        subjects.filter_map(item).collect()
    }

    /// Of a finding, in this run.
    pub(super) fn observation_uuid(&self, number: usize) -> String {
        uuid(&["observation", &self.assessment.run.id, &self.prints[number]])
    }

    pub(super) fn observation(&self, number: usize, finding: &Finding, outcome: Outcome) -> Value {
        let excuse = finding.excused.as_deref();
        let stands = words::stands(finding).unwrap_or_default();
        let known = props([
            ("baseline", stands.as_str()),
            ("check-id", &*finding.check),
            ("result", word(outcome)),
            ("severity", finding.severity.as_str()),
            ("container", &finding.subject.container),
            ("field", &finding.path),
            ("observed", &finding.observed),
            ("expected", &finding.expected),
            ("fingerprint", &finding.fingerprint),
            ("excused-by", excuse.map_or("", |excuse| &excuse.by)),
            ("excuse-reason", excuse.map_or("", |excuse| &excuse.reason)),
            ("excuse-expires", excuse.and_then(|excuse| excuse.expires.as_deref()).unwrap_or_default()),
        ]);
        json!({
            "uuid": self.observation_uuid(number),
            "title": line(&format!("{} on {}", finding.check, object(&finding.subject))),
            "description": line(said(finding)),
            "props": known,
            "methods": ["TEST"],
            "types": ["finding"],
            "origins": origins(),
            "subjects": [{"subject-uuid": item_uuid(self.assessment, &finding.subject), "type": "inventory-item"}],
            "relevant-evidence": finding.location.as_ref().map(|at| vec![pointer(at)]),
            "collected": self.collected,
        })
    }

    /// An observation about a check as a whole, a gap, or a check that broke.
    pub(super) fn remark(&self, key: &[&str], title: &str, said: &str, known: Vec<Value>, on: Option<&Subject>) -> Value {
        let key: Vec<_> = ["observation", &self.assessment.run.id].into_iter().chain(key.iter().copied()).collect();
        json!({
            "uuid": uuid(&key),
            "title": line(title),
            "description": line(said),
            "props": known,
            "methods": ["TEST"],
            "origins": origins(),
            "subjects": on.map(|subject| json!([{"subject-uuid": item_uuid(self.assessment, subject), "type": "inventory-item"}])),
            "collected": self.collected,
        })
    }

    pub(super) fn gap(&self, number: usize, gap: &Gap) -> Value {
        let place = gap.location.as_ref();
        let at = place.map(|place| format!("{}:{}:{}", place.uri, place.line, place.column)).unwrap_or_default();
        let known = props([("result", "unknown"), ("place", &at)]);
        self.remark(&["gap", &number.to_string()], &format!("Not looked at: {}", gap.what), &gap.why, known, None)
    }

    pub(super) fn broken(&self, number: usize, error: &CheckError) -> Value {
        let known = props([("check-id", &*error.check), ("result", "unknown")]);
        let title = format!("{} broke on {}", error.check, object(&error.subject));
        self.remark(&["error", &number.to_string()], &title, &error.message, known, Some(&error.subject))
    }

    /// The same risk from run to run, as long as the fault stands.
    pub(super) fn risk_uuid(&self, number: usize) -> String {
        uuid(&["risk", &self.prints[number]])
    }

    /// Of a failure, excused or not.
    pub(super) fn risk(&self, number: usize, finding: &Finding) -> Value {
        let why = self.checks.get(&*finding.check).map_or("", |info| &info.why);
        let facet = json!({"name": "severity", "system": "http://csrc.nist.gov/ns/oscal", "value": finding.severity.as_str()});
        let excuse = finding.excused.as_deref();
        let response = (!finding.fix.trim().is_empty()).then(|| {
            let print = &self.prints[number];
            json!([{"uuid": uuid(&["response", print]), "lifecycle": "recommendation", "title": "How to fix", "description": line(&finding.fix)}])
        });
        json!({
            "uuid": self.risk_uuid(number),
            "title": line(&finding.title),
            "description": line(&format!("{}: {}", object(&finding.subject), said(finding))),
            "statement": line(if why.is_empty() { &finding.title } else { why }),
            "props": props([("check-id", &*finding.check), ("deviation", excuse.map_or("", |excuse| &excuse.reason))]),
            "status": if excuse.is_some() { "deviation-approved" } else { "open" },
            "origins": origins(),
            "characterizations": [{"origin": origins()[0], "facets": [facet]}],
            "remediations": response,
            "related-observations": [{"observation-uuid": self.observation_uuid(number)}],
        })
    }

    /// The files that any of the findings points to, with their hashes.
    pub(super) fn resources(&self, findings: impl Iterator<Item = &'a Finding>) -> Value {
        let cited: BTreeSet<&str> =
            findings.filter_map(|finding| finding.location.as_ref()).map(|at| &*at.uri).filter(|uri| !uri.is_empty()).collect();
        let hashes: BTreeMap<&str, &str> =
            self.assessment.inputs.iter().filter_map(|input| Some((input.uri.as_deref()?, input.sha256.as_str()))).collect();
        let resource = |uri: &str| {
            let hash = hashes.get(uri).filter(|hash| hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()));
            let hash = hash.map(|hash| json!([{"algorithm": "SHA-256", "value": hash}]));
            let link = place::uri(uri).map(|href| json!([{"href": href, "media-type": "application/yaml", "hashes": hash}]));
            json!({"uuid": file_uuid(uri), "title": line(uri), "rlinks": link})
        };
        json!({"resources": cited.into_iter().map(resource).collect::<Vec<_>>()})
    }
}

/// Whether a finding makes a risk: what is only for review is none yet.
pub(super) fn is_risk(finding: &Finding) -> bool {
    finding.verdict == FindingVerdict::Fail
}

pub(super) fn said(finding: &Finding) -> &str {
    if finding.message.is_empty() { &finding.title } else { &finding.message }
}

fn item_uuid(assessment: &Assessment, subject: &Subject) -> String {
    let Subject { api_version, kind, namespace, name, .. } = subject;
    uuid(&["item", &assessment.scope.kind, api_version, kind, namespace, name])
}

fn file_uuid(uri: &str) -> String {
    uuid(&["file", uri])
}

fn pointer(at: &Location) -> Value {
    let href = (!at.uri.is_empty()).then(|| format!("#{}", file_uuid(&at.uri)));
    let name = if at.uri.is_empty() { "standard input" } else { &at.uri };
    let (line_number, column) = (at.line.to_string(), at.column.to_string());
    json!({
        "href": href,
        "description": line(&format!("{name}, line {line_number}, column {column}")),
        "props": props([("start-line", line_number.as_str()), ("start-column", &column)]),
    })
}
