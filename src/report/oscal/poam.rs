//! The plan of action and milestones: what is open.

use serde_json::{Value, json};

use super::evidence::{Evidence, said};
use super::{assets, line, metadata_of, origins, props, uuid};
use crate::assess::Assessment;
use crate::report::projection::Outcome;
use crate::report::text::object;

pub(super) fn of(assessment: &Assessment) -> Value {
    let evidence = Evidence::new(assessment);
    let open: Vec<_> = evidence.findings().filter(|(_, _, outcome)| *outcome == Outcome::Fail).collect();
    let observations = open.iter().map(|(number, finding, outcome)| evidence.observation(*number, finding, *outcome));
    let gaps: Vec<_> = assessment.gaps.iter().enumerate().map(|(number, gap)| evidence.gap(number, gap)).collect();
    let items = open.iter().map(|(number, finding, _)| {
        json!({
            "uuid": uuid(&["poam-item", &evidence.risk_uuid(*number)]),
            "title": line(&format!("{}: {}", object(&finding.subject), finding.title)),
            "description": line(if finding.fix.is_empty() { said(finding) } else { &finding.fix }),
            "props": props([("check-id", &*finding.check), ("severity", finding.severity.as_str()), ("result", "fail")]),
            "origins": origins(),
            "related-observations": [{"observation-uuid": evidence.observation_uuid(*number)}],
            "related-risks": [{"risk-uuid": evidence.risk_uuid(*number)}],
        })
    });
    let unseen = assessment.gaps.iter().zip(&gaps).map(|(gap, observation)| {
        json!({
            "uuid": uuid(&["poam-item", "gap", &gap.surface, &gap.what]),
            "title": line(&format!("Make readable: {}", gap.what)),
            "description": line(&format!("It was not looked at: {}", gap.why)),
            "props": props([("result", "unknown")]),
            "origins": origins(),
            "related-observations": [{"observation-uuid": observation["uuid"]}],
        })
    });
    let mut items: Vec<_> = items.chain(unseen).collect();
    if items.is_empty() {
        // the format wants one item at least
        items.push(json!({
            "uuid": uuid(&["poam-item", "none"]),
            "title": "Nothing is open in what was looked at",
            "description": "No failure is open. Controls that nobody assessed are named in the assessment results.",
            "props": props([("result", "none")]),
        }));
    }
    json!({
        "uuid": uuid(&["poam", &assessment.scope.kind, &assessment.profile.name]),
        "metadata": metadata_of("Plan of action and milestones from a cnscan assessment", assessment),
        "system-id": {"identifier-type": "http://ietf.org/rfc/rfc4122", "id": uuid(&["system", &assessment.scope.kind])},
        "local-definitions": {
            "inventory-items": evidence.items(open.iter().map(|(_, finding, _)| &*finding.subject)),
            "assessment-assets": assets(assessment),
        },
        "observations": observations.chain(gaps.iter().cloned()).collect::<Vec<_>>(),
        "risks": open.iter().map(|(number, finding, _)| evidence.risk(*number, finding)).collect::<Vec<_>>(),
        "poam-items": unique(items),
        "back-matter": evidence.resources(open.iter().map(|(_, finding, _)| *finding)),
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
