//! Assessment results: an observation for each finding, a finding for each check of a control that was decided.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::evidence::{Evidence, is_risk, word};
use super::{PLAN, assets, line, metadata_of, objective, origins, props, token, uuid};
use crate::assess::{Assessment, CheckInfo, CheckVerdict, Control, ControlCheck};
use crate::report::projection::{self, Outcome};
use crate::report::text::plural;

pub(super) fn of(assessment: &Assessment) -> Value {
    let made = Made::new(assessment);
    let resources = made.evidence.resources(made.evidence.findings().map(|(_, finding, _)| finding));
    json!({
        "uuid": uuid(&["assessment-results", &assessment.run.id]),
        "metadata": metadata_of("Results of a cnscan assessment", assessment),
        "import-ap": {"href": PLAN},
        "results": [made.result()],
        "back-matter": resources,
    })
}

struct Made<'a> {
    evidence: Evidence<'a>,
    gaps: bool,
    /// By check: the observations and the risks.
    related: BTreeMap<&'a str, (Vec<Value>, Vec<Value>)>,
}

impl<'a> Made<'a> {
    fn new(assessment: &'a Assessment) -> Self {
        let evidence = Evidence::new(assessment);
        let mut related: BTreeMap<&str, (Vec<Value>, Vec<Value>)> = BTreeMap::new();
        for (number, finding, _) in evidence.findings() {
            let (observations, risks) = related.entry(&finding.check).or_default();
            observations.push(json!({"observation-uuid": evidence.observation_uuid(number)}));
            if is_risk(finding) {
                risks.push(json!({"risk-uuid": evidence.risk_uuid(number)}));
            }
        }
        Made { evidence, gaps: projection::has_gaps(assessment), related }
    }

    fn result(mut self) -> Value {
        let assessment = self.evidence.assessment;
        let (started, finished) = projection::times(assessment);
        let mut observations: Vec<_> =
            self.evidence.findings().map(|(number, finding, outcome)| self.evidence.observation(number, finding, outcome)).collect();
        for (number, check) in assessment.checks.iter().enumerate() {
            let Some(remark) = self.check(number, check) else { continue };
            self.related.entry(&check.id).or_default().0.push(json!({"observation-uuid": remark["uuid"]}));
            observations.push(remark);
        }
        observations.extend(assessment.errors.iter().enumerate().map(|(number, error)| self.evidence.broken(number, error)));
        observations.extend(assessment.gaps.iter().enumerate().map(|(number, gap)| self.evidence.gap(number, gap)));
        let risks = self.evidence.findings().filter(|(_, finding, _)| is_risk(finding));
        let risks: Vec<_> = risks.map(|(number, finding, _)| self.evidence.risk(number, finding)).collect();
        let subjects = self.evidence.findings().map(|(_, finding, _)| &*finding.subject);
        let subjects = subjects.chain(assessment.errors.iter().map(|error| &*error.subject));
        let findings = assessment.controls.iter().flat_map(|control| control.checks.iter().map(move |check| (control, check)));
        let catalog = format!("{} {}", assessment.catalog.name, assessment.catalog.version);
        let coverage = format!("{:.1}", assessment.summary.coverage);
        json!({
            "uuid": uuid(&["result", &assessment.run.id]),
            "title": "cnscan run",
            "description": line(&self.description()),
            "start": projection::rfc3339(started),
            "end": projection::rfc3339(finished),
            "props": props([
                ("tool-version", assessment.tool.version.as_str()),
                ("catalog", &catalog),
                ("profile", &assessment.profile.name),
                ("kubernetes-version", &assessment.kubernetes_version.version),
                ("scope", &assessment.scope.kind),
                ("coverage-percent", &coverage),
            ]),
            "local-definitions": {"inventory-items": self.evidence.items(subjects), "assessment-assets": assets(assessment)},
            "reviewed-controls": reviewed(assessment, |check| ran(check.verdict)),
            "observations": observations,
            "risks": risks,
            "findings": findings.enumerate().filter_map(|(number, (control, check))| self.finding(number, control, check)).collect::<Vec<_>>(),
        })
    }

    fn description(&self) -> String {
        let assessment = self.evidence.assessment;
        let unseen = assessment.controls.iter().filter(|control| !control.checks.iter().any(|check| ran(check.verdict))).count();
        let (all, gaps) = (plural(assessment.controls.len(), "control"), plural(assessment.gaps.len(), "gap"));
        format!("Automated assessment of Kubernetes objects. Nothing is known of {unseen} of {all}; the evidence has {gaps}.")
    }

    /// What a check says besides its findings: that others pass, that it does not apply, that it could not be decided.
    fn check(&self, number: usize, check: &CheckInfo) -> Option<Value> {
        let skipped: u32 = check.skipped.values().sum();
        let outcome = Outcome::of_check(check.verdict, self.gaps);
        let told = match outcome {
            Outcome::NotRun => return None,
            Outcome::Unknown if check.verdict != CheckVerdict::Error => "could not be decided: evidence is missing".to_owned(),
            _ if check.passed + skipped == 0 => return None,
            _ => format!("{} passed; it does not apply to {skipped} more", plural(check.passed as usize, "subject")),
        };
        // of subjects that were looked at, not of the check, whose findings stand beside it
        let result = if check.passed > 0 && outcome != Outcome::Unknown { Outcome::Pass } else { outcome };
        let result = if check.passed == 0 && skipped > 0 && !self.gaps { Outcome::NotApplicable } else { result };
        let (passed, skipped) = (check.passed.to_string(), skipped.to_string());
        let known = [("check-id", &*check.id), ("result", word(result)), ("passed", &passed), ("not-applicable", &skipped)];
        Some(self.evidence.remark(&["check", &check.id, &number.to_string()], &check.id, &told, props(known), None))
    }

    /// Only what passed on all of the evidence is satisfied, and only what fails is not; all else is no finding.
    fn finding(&self, number: usize, control: &Control, check: &ControlCheck) -> Option<Value> {
        let (state, reason) = match Outcome::of_check(check.verdict, self.gaps) {
            Outcome::Pass => ("satisfied", "pass"),
            Outcome::Fail | Outcome::Excused => ("not-satisfied", "fail"),
            _ => return None,
        };
        let title = self.evidence.checks.get(&*check.id).map_or(&*check.id, |info| &*info.title);
        let (observations, risks) = self.related.get(&*check.id).cloned().unwrap_or_default();
        let excused = if check.verdict == CheckVerdict::Excused { "; all failures are under exceptions in force" } else { "" };
        let told = format!("{}: {} of {} failed{excused}", check.id, check.failed, plural(check.subjects as usize, "subject"));
        Some(json!({
            "uuid": uuid(&["finding", &self.evidence.assessment.run.id, &control.id, &check.id, &number.to_string()]),
            "title": line(title),
            "description": line(&told),
            "props": props([("check-id", &*check.id), ("control-id", &control.id), ("control-status", control.status.as_str())]),
            "origins": origins(),
            "target": {"type": "objective-id", "target-id": objective(&control.id, &check.id), "status": {"state": state, "reason": reason}},
            "related-observations": observations,
            "related-risks": risks,
        }))
    }
}

fn ran(verdict: CheckVerdict) -> bool {
    !matches!(verdict, CheckVerdict::NotAssessed | CheckVerdict::NotSelected | CheckVerdict::Planned)
}

/// The controls of which any check is taken, and what those checks determine.
pub(super) fn reviewed(assessment: &Assessment, takes: impl Fn(&ControlCheck) -> bool) -> Value {
    let taken = |control: &&Control| control.checks.iter().any(&takes);
    let controls: Vec<_> = assessment.controls.iter().filter(taken).map(|control| json!({"control-id": token(&control.id)})).collect();
    let named = |control: &Control, check: &ControlCheck| json!({"objective-id": objective(&control.id, &check.id)});
    let mut objectives = Vec::new();
    for control in &assessment.controls {
        objectives.extend(control.checks.iter().filter(|check| takes(check)).map(|check| named(control, check)));
    }
    if controls.is_empty() {
        // the format must include something: all of it, without all of it
        let none: Vec<_> = assessment.controls.iter().map(|control| json!({"control-id": token(&control.id)})).collect();
        let told = "No control was assessed.";
        return json!({"control-selections": [{"description": told, "include-all": {}, "exclude-controls": none}]});
    }
    json!({
        "control-selections": [{"include-controls": controls}],
        "control-objective-selections": [{"include-objectives": objectives}],
    })
}
