//! Gemara 1.3.0: the result as an EvaluationLog. Its controls and requirements are those that [`catalog`] writes.
//!
//! A requirement is a check of a control; a control that its checks cannot settle has one more, for the person who must.
//! The format has no word for an exception and none for "in part": a failure under an exception is a failure whose
//! message says so, as it says of one that the baseline has, and a control whose checks passed while it asks for more needs review.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Map, Value, json};

use super::projection::{self, Outcome};
use super::stream::Part;
use super::text::{NAME, SENTENCE, attested, clean, object, plural, words};
use super::yaml;
use crate::assess::{Assessment, CheckInfo, CheckVerdict, Control, ControlCheck, Coverage, Finding, FindingVerdict, Status};
use crate::policy::hex;

pub mod catalog;

/// The version of the schemas.
const VERSION: &str = "1.3.0";
/// The catalog of the controls that are assessed.
const CONTROLS: &str = "CNSCAN-CONTROLS";
/// How many findings a message names.
const NAMED: usize = 5;

/// Writes the log.
///
/// # Errors
/// What the writer says.
pub fn write(assessment: &Assessment, out: &mut dyn Write) -> io::Result<()> {
    let entries = Entries::new(assessment);
    let results = assessment.controls.iter().map(|control| Outcome::of_control(control, entries.gaps));
    // gaps are told nowhere else in this format
    let unseen = (!assessment.gaps.is_empty() || !assessment.errors.is_empty()).then_some(Outcome::Unknown);
    let overall = results.chain(unseen).min_by_key(|outcome| weight(*outcome)).unwrap_or(Outcome::NotRun);
    let log = Part::Object(vec![
        ("metadata", head(assessment).into()),
        ("target", target(assessment).into()),
        ("result", json!(word(overall)).into()),
        // the format asks for one at least, and every profile has one
        ("evaluations", Part::list(|| assessment.controls.iter().map(|control| entries.evaluation(control)))),
    ]);
    yaml::document(&log, out)
}

/// Of several outcomes the first in this order is that of all; what did not run says nothing.
fn weight(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Fail | Outcome::Excused => 0,
        Outcome::Unknown => 1,
        Outcome::Review => 2,
        Outcome::Pass => 3,
        Outcome::NotApplicable => 4,
        Outcome::NotRun => 5,
    }
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Fail | Outcome::Excused => "Failed",
        Outcome::Unknown => "Unknown",
        Outcome::Review => "Needs Review",
        Outcome::Pass => "Passed",
        Outcome::NotApplicable => "Not Applicable",
        Outcome::NotRun => "Not Run",
    }
}

/// The author of everything that is written here.
fn author(version: &str) -> Value {
    json!({"id": "cnscan", "name": "cnscan", "type": "Software", "version": version, "uri": env!("CARGO_PKG_REPOSITORY")})
}

/// The id of a requirement of a control.
fn requirement(control: &str, check: &str) -> String {
    format!("{}.{}", named(control), named(check))
}

/// What the person's part of a control is called, in place of a check.
const ATTEST: &str = "attest";

fn named(id: &str) -> String {
    clean(id, NAME).into_owned()
}

fn said(text: &str) -> String {
    clean(text, SENTENCE).into_owned()
}

fn head(assessment: &Assessment) -> Value {
    let (tool, catalog) = (named(&assessment.tool.version), &assessment.catalog);
    let version = if catalog.version.is_empty() { "unknown".to_owned() } else { named(&catalog.version) };
    let profile = named(&assessment.profile.name);
    let (gaps, errors) = (assessment.gaps.len(), assessment.errors.len());
    let unseen = if gaps + errors == 0 {
        String::new()
    } else {
        format!(" {} of the evidence could not be looked at, {} broke.", plural(gaps, "part"), plural(errors, "check"))
    };
    json!({
        "id": format!("cnscan-{}", named(&assessment.run.id)),
        "type": "EvaluationLog",
        "gemara-version": VERSION,
        "version": "1",
        "date": projection::rfc3339(projection::times(assessment).1),
        "description": format!("Automated evaluation of Kubernetes objects against the profile {profile}.{unseen}"),
        "author": author(&tool),
        "mapping-references": [
            {
                "id": CONTROLS,
                "title": "Controls that cnscan assesses",
                "version": tool,
                "description": format!("Written by `cnscan catalog export gemara-controls --profile {profile}`."),
            },
            {"id": "CNSC", "title": "Cloud Native Security Controls Catalog", "version": version},
        ],
    })
}

/// What was assessed, by its content: no name of a folder or a host is known here.
fn target(assessment: &Assessment) -> Value {
    use sha2::{Digest, Sha256};
    let mut hash = Sha256::new();
    assessment.inputs.iter().for_each(|input| hash.update(format!("{}\n", input.sha256)));
    let (kind, name) = match assessment.scope.kind.as_str() {
        "files" => ("files".to_owned(), "Kubernetes manifests".to_owned()),
        other => (named(other), format!("Kubernetes {}", named(other))),
    };
    json!({"id": format!("kubernetes-{kind}"), "name": name, "type": "Software", "version": hex(&hash.finalize()), "environment": kind})
}

/// What the parts of the log are made from.
struct Entries<'a> {
    checks: BTreeMap<&'a str, &'a CheckInfo>,
    /// With the number that its evidence has in this log.
    findings: BTreeMap<&'a str, Vec<(usize, &'a Finding)>>,
    surface: &'static str,
    gaps: bool,
    started: String,
    finished: String,
}

impl<'a> Entries<'a> {
    fn new(assessment: &'a Assessment) -> Self {
        let mut findings: BTreeMap<&str, Vec<(usize, &Finding)>> = BTreeMap::new();
        for (number, finding) in assessment.findings.iter().enumerate().filter(|(_, finding)| finding.verdict != FindingVerdict::Note) {
            findings.entry(&finding.check).or_default().push((number + 1, finding));
        }
        let (started, finished) = projection::times(assessment);
        Entries {
            checks: assessment.checks.iter().map(|check| (&*check.id, check)).collect(),
            findings,
            surface: if assessment.scope.kind == "files" { catalog::MANIFEST } else { catalog::CLUSTER },
            gaps: projection::has_gaps(assessment),
            started: projection::rfc3339(started),
            finished: projection::rfc3339(finished),
        }
    }

    fn evaluation(&self, control: &Control) -> Value {
        let mut logs: Vec<_> = control.checks.iter().map(|check| self.log(control, check)).collect();
        if control.coverage != Coverage::Full || control.checks.is_empty() {
            logs.push(self.person(control));
        }
        json!({
            "name": said(if control.title.is_empty() { &control.id } else { &control.title }),
            "result": word(Outcome::of_control(control, self.gaps)),
            "message": format!("{}: {}", control.status.as_str(), said(&control.reason)),
            "control": {"reference-id": CONTROLS, "entry-id": named(&control.id)},
            "assessment-logs": logs,
        })
    }

    /// What a check said, for one of the controls that cite it.
    fn log(&self, control: &Control, check: &ControlCheck) -> Value {
        let outcome = Outcome::of_check(check.verdict, self.gaps);
        let info = self.checks.get(&*check.id);
        let found = self.findings.get(&*check.id).into_iter().flatten().filter(|(_, finding)| check.concerns(finding));
        let found: Vec<_> = found.copied().collect();
        let about = if check.about.is_empty() { String::new() } else { format!(" (of it: {})", check.about.join(", ")) };
        let title = info.map_or(&*check.id, |info| &*info.title);
        let ran = !matches!(check.verdict, CheckVerdict::NotAssessed | CheckVerdict::NotSelected | CheckVerdict::Planned);
        let mut log = json!({
            "requirement": {"reference-id": CONTROLS, "entry-id": requirement(&control.id, &check.id)},
            "description": format!("Looks for this fault: {}{}", said(title), said(&about)),
            "result": word(outcome),
            "message": self.message(check, outcome, &found),
            "applicability": [self.surface],
            "steps": [format!("cnscan/checks/{}", named(&check.id))],
            "steps-executed": u8::from(ran),
            "start": self.started,
            "end": self.finished,
            "confidence-level": if ran { "High" } else { "Undetermined" },
        });
        if let Some(info) = info.filter(|info| matches!(outcome, Outcome::Fail | Outcome::Excused) && !info.fix.is_empty()) {
            log["recommendation"] = said(&info.fix).into();
        }
        if !found.is_empty() {
            log["evidence"] = found.iter().map(|(number, finding)| self.evidence(*number, finding)).collect();
        }
        log
    }

    fn message(&self, check: &ControlCheck, outcome: Outcome, found: &[(usize, &Finding)]) -> String {
        let looked = format!("{} looked at", plural(check.subjects as usize, "subject"));
        let head = match (outcome, check.verdict) {
            (_, CheckVerdict::Planned) => "planned for a later release".to_owned(),
            (_, CheckVerdict::NotSelected) => "not selected for this run".to_owned(),
            (_, CheckVerdict::NotAssessed) => "the evidence that it reads was not given, or could not be read".to_owned(),
            (Outcome::Review, CheckVerdict::Pass) => format!("{looked}, all pass, but a part of the evidence could not be read"),
            (Outcome::Unknown, CheckVerdict::Skip) => "no subject in what could be read of the evidence".to_owned(),
            (_, CheckVerdict::Skip) => "no subject in the evidence, which is whole".to_owned(),
            (_, CheckVerdict::Error) => format!("the check broke; {looked}, {} passed", check.passed),
            (_, CheckVerdict::Excused) => format!("{looked}, {} failed, all under exceptions in force", check.failed),
            _ => format!("{looked}: {} passed, {} failed, {} to review", check.passed, check.failed, check.review),
        };
        let named = found.iter().take(NAMED).map(|(_, finding)| sentence(finding));
        let more = found.len().saturating_sub(NAMED);
        let more = (more > 0).then(|| format!("and {more} more"));
        std::iter::once(head).chain(named).chain(more).collect::<Vec<_>>().join("; ")
    }

    /// What is for a person, whatever the checks said.
    fn person(&self, control: &Control) -> Value {
        let (outcome, message) = match (&control.attestation, control.status) {
            (Some(attested), _) if attested.settles => (Outcome::Pass, format!("attested: {}", said(&attested::all(attested)))),
            (Some(attested), _) => (Outcome::Review, format!("vouched for, which does not settle it: {}", said(&attested::all(attested)))),
            (None, Status::Partial) => (Outcome::Review, "its checks passed; nobody attested what they cannot show".to_owned()),
            (None, _) => (Outcome::NotRun, "nobody attested what checks cannot show".to_owned()),
        };
        json!({
            "requirement": {"reference-id": CONTROLS, "entry-id": requirement(&control.id, ATTEST)},
            "description": "A person supplies what checks cannot show.",
            "result": word(outcome),
            "message": message,
            "applicability": [self.surface],
            "steps": ["attestation by a person"],
            "steps-executed": u8::from(outcome == Outcome::Pass),
            "start": self.started,
            "confidence-level": "Undetermined",
        })
    }

    fn evidence(&self, number: usize, finding: &Finding) -> Value {
        let mut payload = Map::new();
        let mut put = |key: &str, value: Value| payload.insert(key.to_owned(), value);
        put("object", projection::resource(&finding.subject).into());
        let texts = [
            ("container", finding.subject.container.as_str()),
            ("field", &finding.path),
            ("observed", &finding.observed),
            ("expected", &finding.expected),
            ("fingerprint", &finding.fingerprint),
        ];
        for (key, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
            put(key, said(text).into());
        }
        if let Some(at) = &finding.location {
            put("path", said(&at.uri).into());
            put("start-line", at.line.into());
            put("start-column", at.column.into());
            put("end-line", at.end_line.into());
            put("end-column", at.end_column.into());
        }
        json!({
            "id": format!("EV-{number}"),
            "type": "Kubernetes object",
            "collected-at": self.started,
            "description": sentence(finding),
            "payload": payload,
        })
    }
}

/// `Deployment shop/web (deploy/web.yaml:18:13): runs privileged`, and the exception that accepts it.
fn sentence(finding: &Finding) -> String {
    let place = finding.location.as_ref().filter(|at| !at.uri.is_empty());
    let place = place.map(|at| format!(" ({}:{}:{})", said(&at.uri), at.line, at.column)).unwrap_or_default();
    let message = if finding.message.is_empty() { &finding.title } else { &finding.message };
    let excuse = finding.excused.as_deref().map(|excuse| {
        let until = excuse.expires.as_deref().map(|day| format!(" until {}", named(day))).unwrap_or_default();
        format!(" [excused by {}{until}: {}]", named(&excuse.by), said(&excuse.reason))
    });
    let stands = words::stands(finding).map(|stands| format!(" [{stands}]")).unwrap_or_default();
    format!("{}{place}: {}{stands}{}", object(&finding.subject), said(message), excuse.unwrap_or_default())
}
