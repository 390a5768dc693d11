//! Assessment results: an observation for each finding, a finding for each check of a control that was decided.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Value, json};

use super::attested;
use super::evidence::{Evidence, is_risk, word};
use super::{PLAN, assets, document, line, metadata_of, objective, origins, props, token, uuid};
use crate::assess::{Assessment, CheckInfo, CheckVerdict, Control, ControlCheck};
use crate::report::projection::{self, Outcome};
use crate::report::stream::Part;
use crate::report::text::plural;

pub(super) fn write(assessment: &Assessment, out: &mut dyn Write) -> io::Result<()> {
    let made = Made::new(assessment);
    let content = Part::Object(vec![
        ("uuid", json!(uuid(&["assessment-results", &assessment.run.id])).into()),
        ("metadata", attested::introduce(assessment, metadata_of("Results of a cnscan assessment", assessment)).into()),
        ("import-ap", json!({"href": format!("#{}", plan_uuid())}).into()),
        ("results", Part::Objects(vec![made.result()])),
        ("back-matter", with_plan(made.evidence.resources(made.evidence.findings().map(|(_, finding, _)| finding))).into()),
    ]);
    document("assessment-results", content, out)
}

fn plan_uuid() -> String {
    uuid(&["resource", "plan"])
}

/// The resources with the plan that the results are of. Whether somebody had it written beside them is not known here.
fn with_plan(mut resources: Value) -> Value {
    let told = format!(
        "The plan follows from the same result: `cnscan convert RESULT.json -f oscal-plan` writes it, and `cnscan scan -o oscal-plan={PLAN}` does beside \
         these results. By the name below it is found where it was written there."
    );
    let plan = json!({
        "uuid": plan_uuid(),
        "title": "Assessment plan",
        "description": line(&told),
        "rlinks": [{"href": PLAN, "media-type": "application/json"}],
    });
    match resources["resources"].as_array_mut() {
        Some(all) => all.insert(0, plan),
        None => resources["resources"] = json!([plan]),
    }
    resources
}

struct Made<'a> {
    evidence: Evidence<'a>,
    gaps: bool,
    /// What checks say besides their findings.
    remarks: Vec<(&'a str, Value)>,
    /// By check: the numbers of its findings.
    found: BTreeMap<&'a str, Vec<usize>>,
}

impl<'a> Made<'a> {
    fn new(assessment: &'a Assessment) -> Self {
        let evidence = Evidence::new(assessment);
        let mut found: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (number, finding, _) in evidence.findings() {
            found.entry(&finding.check).or_default().push(number);
        }
        let mut made = Made { evidence, gaps: projection::has_gaps(assessment), remarks: Vec::new(), found };
        let checks = assessment.checks.iter().enumerate();
        made.remarks = checks.filter_map(|(number, check)| Some((&*check.id, made.check(number, check)?))).collect();
        made
    }

    fn result(&self) -> Part<'_> {
        let (evidence, assessment) = (&self.evidence, self.evidence.assessment);
        let (started, finished) = projection::times(assessment);
        let subjects = evidence.findings().map(|(_, finding, _)| &*finding.subject);
        let subjects = subjects.chain(assessment.errors.iter().map(|error| &*error.subject));
        let items = json!({"inventory-items": evidence.items(subjects), "assessment-assets": assets(assessment)});
        let risks = || evidence.findings().filter(|(_, finding, _)| is_risk(finding));
        Part::Object(vec![
            ("uuid", json!(uuid(&["result", &assessment.run.id])).into()),
            ("title", json!("cnscan run").into()),
            ("description", json!(line(&self.description())).into()),
            ("start", json!(projection::rfc3339(started)).into()),
            ("end", json!(projection::rfc3339(finished)).into()),
            ("props", json!(facts(assessment)).into()),
            ("local-definitions", items.into()),
            ("reviewed-controls", reviewed(assessment, |check| ran(check.verdict)).into()),
            ("observations", Part::list(|| self.observations())),
            ("risks", Part::list(move || risks().map(|(number, finding, _)| evidence.risk(number, finding)))),
            ("findings", Part::list(|| self.findings())),
        ])
    }

    fn observations(&self) -> impl Iterator<Item = Value> {
        let (evidence, assessment) = (&self.evidence, self.evidence.assessment);
        let found = evidence.findings().map(|(number, finding, outcome)| evidence.observation(number, finding, outcome));
        let remarks = self.remarks.iter().map(|(_, remark)| remark.clone());
        let errors = assessment.errors.iter().enumerate().map(|(number, error)| evidence.broken(number, error));
        let gaps = assessment.gaps.iter().enumerate().map(|(number, gap)| evidence.gap(number, gap));
        found.chain(remarks).chain(errors).chain(gaps).chain(attested::observations(assessment))
    }

    fn findings(&self) -> impl Iterator<Item = Value> {
        let controls = self.evidence.assessment.controls.iter();
        let checks = controls.flat_map(|control| control.checks.iter().map(move |check| (control, check)));
        let decided = checks.enumerate().filter_map(|(number, (control, check))| self.finding(number, control, check));
        decided.chain(attested::findings(self.evidence.assessment))
    }

    /// The observations about a check, and its risks.
    fn related(&self, check: &ControlCheck) -> (Vec<Value>, Vec<Value>) {
        let (evidence, all) = (&self.evidence, self.found.get(&*check.id).map_or(&[][..], Vec::as_slice));
        let is_own = |number: &&usize| check.concerns(&evidence.assessment.findings[**number]);
        let numbers: Vec<_> = all.iter().filter(is_own).copied().collect();
        let found = numbers.iter().map(|number| json!({"observation-uuid": evidence.observation_uuid(*number)}));
        let remarks =
            self.remarks.iter().filter(|(id, _)| *id == &*check.id).map(|(_, remark)| json!({"observation-uuid": remark["uuid"]}));
        let risks = numbers.iter().filter(|number| is_risk(&evidence.assessment.findings[**number]));
        (found.chain(remarks).collect(), risks.map(|number| json!({"risk-uuid": evidence.risk_uuid(*number)})).collect())
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
        let (observations, risks) = self.related(check);
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

/// What the run was.
fn facts(assessment: &Assessment) -> Vec<Value> {
    let catalog = format!("{} {}", assessment.catalog.id, assessment.catalog.version);
    let coverage = format!("{:.1}", assessment.summary.coverage);
    props([
        ("tool-version", assessment.tool.version.as_str()),
        ("catalog", &catalog),
        ("profile", &assessment.profile.name),
        ("kubernetes-version", &assessment.kubernetes_version.version),
        ("scope", &assessment.scope.kind),
        ("coverage-percent", &coverage),
    ])
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
