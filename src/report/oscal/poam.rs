//! The plan of action and milestones: what is open.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::evidence::{Evidence, said};
use super::{assets, document, line, metadata_of, origins, props, uuid};
use crate::assess::{Assessment, Finding, Gap};
use crate::report::projection::Outcome;
use crate::report::stream::Part;
use crate::report::text::{object, words};

pub(super) fn write(assessment: &Assessment, out: &mut dyn Write) -> io::Result<()> {
    let evidence = Evidence::new(assessment);
    let evidence = &evidence;
    let open: Vec<_> = evidence.findings().filter(|(_, _, outcome)| *outcome == Outcome::Fail).collect();
    let open = &open;
    let gaps: Vec<_> = assessment.gaps.iter().enumerate().map(|(number, gap)| evidence.gap(number, gap)).collect();
    let gaps = &gaps;
    let mut others = unique(assessment.gaps.iter().zip(gaps).map(|(gap, observation)| unseen(gap, observation)).collect());
    if open.is_empty() && others.is_empty() {
        // the format wants one item at least
        others.push(json!({
            "uuid": uuid(&["poam-item", "none"]),
            "title": "Nothing is open in what was looked at",
            "description": "No failure is open. Controls that nobody assessed are named in the assessment results.",
            "props": props([("result", "none")]),
        }));
    }
    let others = &others;
    let system = json!({"identifier-type": "http://ietf.org/rfc/rfc4122", "id": uuid(&["system", &assessment.scope.kind])});
    let items = evidence.items(open.iter().map(|(_, finding, _)| &*finding.subject));
    let observed = move || {
        let found = open.iter().map(|(number, finding, outcome)| evidence.observation(*number, finding, *outcome));
        found.chain(gaps.iter().cloned())
    };
    let planned = move || open.iter().map(|(number, finding, _)| item(evidence, *number, finding)).chain(others.iter().cloned());
    let content = Part::Object(vec![
        ("uuid", json!(uuid(&["poam", &assessment.scope.kind, &assessment.profile.name])).into()),
        ("metadata", metadata_of("Plan of action and milestones from a cnscan assessment", assessment).into()),
        ("system-id", system.into()),
        ("local-definitions", json!({"inventory-items": items, "assessment-assets": assets(assessment)}).into()),
        ("observations", Part::list(observed)),
        ("risks", Part::list(move || open.iter().map(|(number, finding, _)| evidence.risk(*number, finding)))),
        ("poam-items", Part::list(planned)),
        ("back-matter", evidence.resources(open.iter().map(|(_, finding, _)| *finding)).into()),
    ]);
    document("plan-of-action-and-milestones", content, out)
}

/// An open failure.
fn item(evidence: &Evidence<'_>, number: usize, finding: &Finding) -> Value {
    let stands = words::stands(finding).unwrap_or_default();
    json!({
        "uuid": uuid(&["poam-item", &evidence.risk_uuid(number)]),
        "title": line(&format!("{}: {}", object(&finding.subject), finding.title)),
        "description": line(if finding.fix.is_empty() { said(finding) } else { &finding.fix }),
        "props": props([("check-id", &*finding.check), ("severity", finding.severity.as_str()), ("result", "fail"), ("baseline", &stands)]),
        "origins": origins(),
        "related-observations": [{"observation-uuid": evidence.observation_uuid(number)}],
        "related-risks": [{"risk-uuid": evidence.risk_uuid(number)}],
    })
}

/// A gap in the evidence: it has to be closed as well.
fn unseen(gap: &Gap, observation: &Value) -> Value {
    json!({
        "uuid": uuid(&["poam-item", "gap", &gap.surface, &gap.what]),
        "title": line(&format!("Make readable: {}", gap.what)),
        "description": line(&format!("It was not looked at: {}", gap.why)),
        "props": props([("result", "unknown")]),
        "origins": origins(),
        "related-observations": [{"observation-uuid": observation["uuid"]}],
    })
}

/// Two gaps of one name are two items.
fn unique(mut items: Vec<Value>) -> Vec<Value> {
    let mut seen = std::collections::HashSet::new();
    for item in &mut items {
        let own = item["uuid"].as_str().unwrap_or_default().to_owned();
        let mut next = own.clone();
        let mut times = 1;
        while !seen.insert(next.clone()) {
            times += 1;
            next = uuid(&["poam-item", &own, &times.to_string()]);
        }
        item["uuid"] = next.into();
    }
    items
}
