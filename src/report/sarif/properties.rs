//! What a run says of itself beyond its results: what was held against, and what became of every control.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use serde_sarif::sarif::PropertyBag;

use super::results::bag;
use super::select::Omitted;
use crate::assess::{Assessment, CheckVerdict, Control};

/// For GitHub: what is not in the log, and the counts of controls.
pub(super) fn of_alerts(assessment: &Assessment, omitted: &Omitted) -> PropertyBag {
    bag(common(assessment).into_iter().chain([("omitted", json!(omitted))]))
}

/// Every status of every control.
pub(super) fn of_everything(assessment: &Assessment) -> PropertyBag {
    let not_run = |verdict| {
        let bound = assessment.controls.iter().flat_map(|control| &control.checks);
        bound.filter(|check| check.verdict == verdict).map(|check| &*check.id).collect::<BTreeSet<_>>().len()
    };
    let own = [
        ("controls", Value::from_iter(assessment.controls.iter().map(control))),
        ("attestations", json!(assessment.attestations)),
        ("crosswalk", json!(assessment.crosswalk)),
        ("summary", json!(assessment.summary)),
        ("scope", json!(assessment.scope)),
        ("notRun", json!({"notSelected": not_run(CheckVerdict::NotSelected), "planned": not_run(CheckVerdict::Planned)})),
    ];
    bag(common(assessment).into_iter().chain(own))
}

fn common(assessment: &Assessment) -> Vec<(&'static str, Value)> {
    vec![
        ("runId", json!(assessment.run.id)),
        ("catalog", json!(assessment.catalog)),
        ("profile", json!(assessment.profile)),
        ("selection", json!(assessment.selection)),
        ("config", json!(assessment.config)),
        ("kubernetesVersion", json!(assessment.kubernetes_version)),
        ("controlStatuses", json!(assessment.summary.controls)),
        ("coverage", json!(assessment.summary.coverage)),
        ("gaps", json!(assessment.gaps.len())),
        ("baseline", json!(assessment.baseline)),
    ]
}

fn control(control: &Control) -> Value {
    let mut value = json!({
        "id": control.id, "framework": control.framework, "title": control.title, "group": control.group,
        "status": control.status, "reason": control.reason, "coverage": control.coverage,
    });
    if let Some(attestation) = &control.attestation {
        value["attestation"] = json!(attestation);
    }
    value
}
