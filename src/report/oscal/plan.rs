//! The assessment plan: what an assessment by the same profile looks at.

use serde_json::{Value, json};

use super::results::reviewed;
use super::{assets, line, metadata_of, uuid};
use crate::assess::{Assessment, CheckVerdict};

pub(super) fn of(assessment: &Assessment) -> Value {
    let none = uuid(&["no-ssp"]);
    json!({
        "uuid": uuid(&["assessment-plan", &assessment.profile.name]),
        "metadata": metadata_of(&format!("Plan of assessments with cnscan, profile {}", assessment.profile.name), assessment),
        "import-ssp": {"href": format!("#{none}"), "remarks": "No system security plan is known to the scanner."},
        "reviewed-controls": reviewed(assessment, |check| check.verdict != CheckVerdict::Planned),
        "assessment-subjects": [{
            "type": "inventory-item",
            "description": line(&format!("The Kubernetes objects of the {}.", assessment.scope.kind)),
            "include-all": {},
        }],
        "assessment-assets": assets(assessment),
        "back-matter": {"resources": [{
            "uuid": none,
            "title": "No system security plan",
            "description": "The assessment is of objects as they are, not of a system security plan.",
        }]},
    })
}
