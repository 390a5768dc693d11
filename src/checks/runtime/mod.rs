//! Checks of the topic `runtime`: what watches containers while they run, and what becomes of what it sees.

use super::Check;
use crate::model::sensor::Agent;

mod runtime_alert_routing_missing;
mod runtime_alert_suppression_unmanaged;
mod runtime_baseline_missing;
mod runtime_detection_missing;
mod runtime_enforcement_missing;
mod runtime_flow_record_missing;
mod runtime_forensics_missing;
mod runtime_log_collection_missing;
mod runtime_rules_inadequate;

pub(super) static CHECKS: &[&Check] = &[
    &runtime_detection_missing::CHECK,
    &runtime_rules_inadequate::CHECK,
    &runtime_enforcement_missing::CHECK,
    &runtime_alert_routing_missing::CHECK,
    &runtime_alert_suppression_unmanaged::CHECK,
    &runtime_flow_record_missing::CHECK,
    &runtime_baseline_missing::CHECK,
    &runtime_forensics_missing::CHECK,
    &runtime_log_collection_missing::CHECK,
];

/// What is said of agents that do not certainly do what they are there for; `None` where one does.
fn unsure<'a>(agents: &[Agent<'a>], what: &str) -> Option<crate::model::Fault> {
    if agents.iter().any(|agent| agent.sure && agent.lacks().is_none()) {
        return None;
    }
    let agent = agents.iter().find(|agent| agent.sure).or(agents.first())?;
    let why = match agent.lacks() {
        Some(lacking) if agent.sure => lacking,
        _ => "that shows by the name of its image alone, or is decided elsewhere".to_owned(),
    };
    Some(agent.container.image().fault(format!("whether {} {what} is not known: {why}", agent.name)).doubt())
}
