//! What people vouch for, as OSCAL has it: parties, an observation by a person for each statement, and a finding on the
//! control's own statement where its status rests on that.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{line, props, token, uuid};
use crate::assess::{Assessment, Attestation, Attested, Control, Link, Method};
use crate::report::projection;
use crate::report::text::attested;

const ASSESSOR: &str = "assessor";
const APPROVER: &str = "approver";

fn party(person: &str) -> String {
    uuid(&["party", person])
}

/// Adds the people and their roles to the metadata of a document.
pub(super) fn introduce(assessment: &Assessment, mut metadata: Value) -> Value {
    let statements = || attested::controls(assessment).flat_map(|(_, all)| &all.statements);
    let people: BTreeSet<&str> = statements().flat_map(|one| [one.assessed_by.as_str(), &one.approved_by]).collect();
    if people.is_empty() {
        return metadata;
    }
    let roles = [(ASSESSOR, "Who looked or asked"), (APPROVER, "Who answers for an attestation")];
    metadata["roles"] = roles.iter().map(|(id, title)| json!({"id": id, "title": title})).collect();
    let named = |person: &&str| {
        let name = person.split('<').next().filter(|name| !name.trim().is_empty()).unwrap_or(person);
        json!({"uuid": party(person), "type": "person", "name": line(name), "props": props([("written-as", *person)])})
    };
    metadata["parties"] = people.iter().map(named).collect();
    let of = |role: &str, pick: fn(&Attestation) -> &str| {
        let who: BTreeSet<String> = statements().map(|one| party(pick(one))).collect();
        json!({"role-id": role, "party-uuids": who})
    };
    metadata["responsible-parties"] = json!([of(ASSESSOR, |one| &one.assessed_by), of(APPROVER, |one| &one.approved_by)]);
    metadata
}

/// Of a statement by its place, and by its number: nothing keeps two controls of a result from having one name.
fn observation_uuid(assessment: &Assessment, number: (usize, usize), one: &Attestation) -> String {
    let place = format!("{}:{}", one.location.uri, one.location.line);
    let number = format!("{} {}", number.0, number.1);
    uuid(&["observation", &assessment.run.id, "attestation", &one.control, &place, &number])
}

/// An observation a statement.
pub(super) fn observations(assessment: &Assessment) -> impl Iterator<Item = Value> {
    attested::controls(assessment).enumerate().flat_map(move |(seat, (control, all))| {
        all.statements.iter().enumerate().map(move |(number, one)| observation(assessment, control, (seat, number), one))
    })
}

fn observation(assessment: &Assessment, control: &Control, number: (usize, usize), one: &Attestation) -> Value {
    let method = match one.method {
        Method::Examine => "EXAMINE",
        Method::Interview => "INTERVIEW",
    };
    let place = format!("{}:{}:{}", one.location.uri, one.location.line, one.location.column);
    let (clusters, namespaces, checks) = (one.scope.clusters.join(", "), one.scope.namespaces.join(", "), one.scope.checks.join(", "));
    let known = [
        ("result", "attested"),
        ("control-id", &control.id),
        ("approved-by", &one.approved_by),
        ("place", &place),
        ("scope-clusters", &clusters),
        ("scope-namespaces", &namespaces),
        ("scope-checks", &checks),
    ];
    let evidence: Vec<_> = one.evidence.iter().map(link).collect();
    json!({
        "uuid": observation_uuid(assessment, number, one),
        "title": line(&format!("Attestation of {}", control.id)),
        "description": line(&one.statement),
        "props": props(known),
        "methods": [method],
        "types": ["control-objective"],
        "origins": [{"actors": [{"type": "party", "actor-uuid": party(&one.assessed_by), "role-id": ASSESSOR}]}],
        "relevant-evidence": (!evidence.is_empty()).then_some(evidence),
        "collected": projection::day(&one.collected),
        "expires": projection::day(&one.expires),
    })
}

/// What a statement rests on: described, as a link may be anything that somebody wrote.
fn link(one: &Link) -> Value {
    let checked = if one.checked { "yes" } else { "no: it is not fetched" };
    let title = if one.title.is_empty() { &one.link } else { &one.title };
    json!({"description": line(title), "props": props([("link", one.link.as_str()), ("sha256", &one.sha256), ("checked", checked)])})
}

/// Findings on the statements of controls that rest on people's words.
pub(super) fn findings(assessment: &Assessment) -> impl Iterator<Item = Value> {
    let settled = attested::controls(assessment).enumerate().filter(|(_, (_, all))| all.settles);
    settled.map(move |(seat, (control, all))| finding(assessment, seat, control, all))
}

fn finding(assessment: &Assessment, seat: usize, control: &Control, all: &Attested) -> Value {
    let own = all.statements.iter().enumerate();
    let related: Vec<_> = own.map(|(number, one)| json!({"observation-uuid": observation_uuid(assessment, (seat, number), one)})).collect();
    let people = all.statements.iter().map(|one| json!({"type": "party", "actor-uuid": party(&one.assessed_by), "role-id": ASSESSOR}));
    json!({
        "uuid": uuid(&["finding", &assessment.run.id, &control.id, "attested", &seat.to_string()]),
        "title": line(&format!("{} is attested", control.id)),
        "description": line(&control.reason),
        "props": props([("control-id", control.id.as_str()), ("control-status", control.status.as_str())]),
        "origins": [{"actors": people.collect::<Vec<_>>()}],
        "target": {"type": "statement-id", "target-id": format!("{}_smt", token(&control.id)), "status": {"state": "satisfied", "reason": "other"}},
        "related-observations": related,
    })
}
