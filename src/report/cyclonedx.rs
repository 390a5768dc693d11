//! CycloneDX attestations (CDXA, 1.6): the controls as a standard, what checks and people claim of each, and the evidence.
//!
//! A claim says what was seen, a counter-claim what speaks against a control. A score is given only where there is one to give:
//! 1 for what is shown or attested whole, 0 for what fails; what is partly shown, open or not looked at has none.

use std::io::{self, Write};

use serde_json::{Value, json};
use uuid::Uuid;

use super::json::pretty;
use super::projection;
use super::sarif::words::paragraph;
use super::text::{SENTENCE, attested, plural};
use crate::assess::{Assessment, Attestation, CheckInfo, CheckVerdict, Control, ControlCheck, Status};

/// The assessor, the tool itself.
const ASSESSOR: &str = "assessor";
/// What was assessed.
const TARGET: &str = "target";

/// Writes the document.
///
/// # Errors
/// What the writer says.
pub fn write(assessment: &Assessment, out: &mut dyn Write) -> io::Result<()> {
    let (mut claims, mut map) = (Vec::new(), Vec::new());
    let statements: Vec<_> = attested::controls(assessment).flat_map(|(_, all)| &all.statements).collect();
    for (number, control) in assessment.controls.iter().enumerate() {
        map.push(requirement(assessment, number, control, &statements, &mut claims));
    }
    let checks = assessment.checks.iter().enumerate().map(|(number, check)| measured(assessment, number, check));
    let people = statements.iter().enumerate().map(|(number, one)| vouched(number, one));
    let evidence: Vec<_> = checks.chain(people).collect();
    let summary = format!("Controls of the profile {}, assessed by checks and by people", assessment.profile.name);
    let tool = json!({"type": "application", "name": text(&assessment.tool.name), "version": text(&assessment.tool.version)});
    let document = json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": format!("urn:uuid:{}", serial(assessment)),
        "version": 1,
        "metadata": {"timestamp": projection::rfc3339(projection::times(assessment).1), "tools": {"components": [tool]}},
        "declarations": {
            "assessors": [{"bom-ref": ASSESSOR, "thirdParty": false, "organization": {"name": "cnscan, run by whoever made this"}}],
            "attestations": [{"summary": text(&summary), "assessor": ASSESSOR, "map": map}],
            "claims": claims,
            "evidence": evidence,
            "targets": {"components": [target(assessment)]},
        },
        "definitions": {"standards": standards(assessment)},
    });
    pretty(&document, out)
}

/// Of a run, always the same.
fn serial(assessment: &Assessment) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("cnscan/cyclonedx\u{1f}{}", assessment.run.id).as_bytes())
}

fn text(said: &str) -> String {
    let said = paragraph(said, SENTENCE);
    if said.trim().is_empty() { "(empty)".to_owned() } else { said }
}

fn target(assessment: &Assessment) -> Value {
    let scope = &assessment.scope;
    let (kind, name) = match &scope.cluster {
        Some(cluster) => ("platform", cluster.uid.clone().or_else(|| cluster.context.clone()).unwrap_or_else(|| "cluster".to_owned())),
        None => ("application", "the files that were scanned".to_owned()),
    };
    json!({"type": kind, "bom-ref": TARGET, "name": text(&name)})
}

/// The frameworks that the controls are of, in their order.
fn standards(assessment: &Assessment) -> Vec<Value> {
    let mut frameworks: Vec<(&str, Vec<Value>)> = Vec::new();
    for (number, control) in assessment.controls.iter().enumerate() {
        let requirement = json!({"bom-ref": requirement_ref(number), "identifier": text(&control.id), "title": text(&control.title)});
        match frameworks.iter_mut().find(|(framework, _)| *framework == control.framework) {
            Some((_, requirements)) => requirements.push(requirement),
            None => frameworks.push((&control.framework, vec![requirement])),
        }
    }
    let of_catalog = |framework: &str| framework == crate::policy::catalog::ID;
    let standard = |(number, (framework, requirements)): (usize, (&str, Vec<Value>))| {
        let name = if of_catalog(framework) { &assessment.catalog.title } else { framework };
        let version = if of_catalog(framework) { Some(text(&assessment.catalog.version)) } else { None };
        let mut standard = json!({"bom-ref": format!("standard-{number}"), "name": text(name), "requirements": requirements});
        if let Some(version) = version {
            standard["version"] = version.into();
        }
        standard
    };
    frameworks.into_iter().enumerate().map(standard).collect()
}

fn requirement_ref(control: usize) -> String {
    format!("requirement-{control}")
}

fn check_ref(check: usize) -> String {
    format!("evidence-check-{check}")
}

fn statement_ref(statement: usize) -> String {
    format!("evidence-statement-{statement}")
}

/// What a control comes to; its claims are added to all.
fn requirement(assessment: &Assessment, number: usize, control: &Control, statements: &[&Attestation], all: &mut Vec<Value>) -> Value {
    let (mut claims, mut against) = (Vec::new(), Vec::new());
    for (seat, check) in control.checks.iter().enumerate() {
        let Some((evidence, info)) = assessment.checks.iter().enumerate().find(|(_, info)| info.id == check.id) else { continue };
        let Some((claim, speaks_against)) = claim(&format!("claim-{number}-{seat}"), check, info, &check_ref(evidence)) else { continue };
        if speaks_against { &mut against } else { &mut claims }.push(claim["bom-ref"].clone());
        all.push(claim);
    }
    let own = control.attestation.iter().flat_map(|all| &all.statements);
    for (seat, statement) in own.enumerate() {
        let Some(evidence) = statements.iter().position(|one| std::ptr::eq(*one, statement)) else { continue };
        let name = format!("claim-{number}-statement-{seat}");
        claims.push(json!(name));
        all.push(json!({"bom-ref": name, "target": TARGET, "predicate": text(&statement.statement), "reasoning": text(&attested::who(statement)), "evidence": [statement_ref(evidence)]}));
    }
    let mut conformance = json!({"rationale": text(&format!("{}: {}", control.status.as_str(), control.reason))});
    match control.status {
        Status::Pass | Status::Attested => conformance["score"] = json!(1),
        Status::Fail => conformance["score"] = json!(0),
        _ => {}
    }
    let mut row = json!({"requirement": requirement_ref(number), "conformance": conformance});
    for (key, list) in [("claims", claims), ("counterClaims", against)] {
        if !list.is_empty() {
            row[key] = list.into();
        }
    }
    row
}

/// What a check claims of a control, and whether that speaks against it; nothing when it decided nothing.
fn claim(name: &str, check: &ControlCheck, info: &CheckInfo, evidence: &str) -> Option<(Value, bool)> {
    let (predicate, against) = match check.verdict {
        CheckVerdict::Pass => (format!("This fault is on nothing that was looked at: {}", info.title), false),
        CheckVerdict::Fail => (format!("This fault is there: {}", info.title), true),
        CheckVerdict::Excused => (format!("This fault is there, under exceptions in force: {}", info.title), true),
        _ => return None,
    };
    let key = if against { "counterEvidence" } else { "evidence" };
    let reasoning = format!("{}: {} passed, {} failed", plural(check.subjects as usize, "subject"), check.passed, check.failed);
    let mut claim = json!({"bom-ref": name, "target": TARGET, "predicate": text(&predicate), "reasoning": text(&reasoning)});
    claim[key] = json!([evidence]);
    Some((claim, against))
}

/// What a check saw.
fn measured(assessment: &Assessment, number: usize, check: &CheckInfo) -> Value {
    let counts = format!("{} passed, {} failed, {} to review", check.passed, check.failed, check.review);
    let told = format!("{} looked at {}: {counts}", check.id, plural(check.subjects as usize, "subject"));
    let (_, finished) = projection::times(assessment);
    json!({
        "bom-ref": check_ref(number),
        "propertyName": text(&check.id),
        "description": text(&told),
        "created": projection::rfc3339(finished),
        "author": {"name": text(&assessment.tool.name)},
    })
}

/// What a person said.
fn vouched(number: usize, one: &Attestation) -> Value {
    let mut evidence = json!({
        "bom-ref": statement_ref(number),
        "propertyName": text(one.method.as_str()),
        "description": text(&one.statement),
        "created": projection::day(&one.collected),
        "expires": projection::day(&one.expires),
        "author": {"name": text(&one.assessed_by)},
        "reviewer": {"name": text(&one.approved_by)},
    });
    let data: Vec<_> = one.evidence.iter().map(|link| json!({"name": text(&format!("{} (sha256 {})", link.link, link.sha256))})).collect();
    if !data.is_empty() {
        evidence["data"] = data.into();
    }
    evidence
}
