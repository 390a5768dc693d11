//! An attack that nobody knows yet matches no rule: it shows as something that the workload never did before.

use crate::checks::{Check, Probe, Severity, Verdict};
use crate::model::sensor::enforce::{VECTOR_CLUSTER_RULE, VECTOR_RULE};
use crate::model::sensor::{Role, SENSORS, agents, anywhere};
use crate::model::{GroupKind, Scan, kinds};

pub(super) static CHECK: Check = Check {
    id: "runtime-baseline-missing",
    title: "nothing learns what workloads usually do",
    topic: "runtime",
    severity: Severity::Low,
    why: "Rules know yesterday's attacks; what departs from the usual behaviour of a workload is seen by no rule.",
    fix: "Switch on learning in a sensor that has it (Kubescape's application profiles, NeuVector, StackRox and others), and alert on departures.",
    how: "Passes where profiles of Kubescape are seen whose learning is completed. For review: such profiles that are not completed, rules of NeuVector, and sensors that can learn but do not say here whether they do; and nothing at all where everything was to be seen, as analysis may take place outside the cluster. Never fails; not assessed where nothing of it is seen in a part of the evidence.",
    blind: "Analysis outside the cluster: of a provider, a vendor, a SIEM. How good the profiles are.",
    needs: &[kinds::DAEMON_SET, kinds::POD],
    beside: KINDS,
    settings: &[&SENSORS],
    refs: &["https://kubescape.io/docs/operator/runtime-threat-detection/", "https://open-docs.neuvector.com/policy/modes"],
    maps: &[("owasp_k8s_2022", &["K05"]), ("owasp_k8s_2025", &["K10"])],
    probe: Probe::Scan(probe),
    ..Check::BASE
};

const PROFILES: &str = "spdx.softwarecomposition.kubescape.io";
const APPLICATION: GroupKind = GroupKind::new(PROFILES, "ApplicationProfile");
const NETWORK: GroupKind = GroupKind::new(PROFILES, "NetworkNeighborhood");
const KINDS: &[GroupKind] = &[APPLICATION, NETWORK, VECTOR_RULE, VECTOR_CLUSTER_RULE];

/// Sensors that can learn.
const LEARNING: &[&str] = &[
    "NeuVector",
    "StackRox",
    "Sysdig",
    "Aqua's enforcer",
    "Prisma Cloud's defender",
    "GuardDuty's agent",
    "Elastic's agent",
    "Kubescape's agent",
];

fn probe(scan: &Scan<'_>) -> Verdict {
    let evidence = scan.evidence;
    let mut profiles = [APPLICATION, NETWORK].into_iter().flat_map(|kind| evidence.of_kind(kind)).peekable();
    if let Some(first) = profiles.peek().copied() {
        let is_learnt = |status: &str| matches!(status, "completed" | "ready");
        if profiles.any(|profile| is_learnt(profile.annotation("kubescape.io/status").str())) {
            return Verdict::Pass;
        }
        let status = first.annotation("kubescape.io/status");
        return status
            .fault("no profile of Kubescape is completed: it is still learning")
            .expected("completed")
            .doubt()
            .of_its_object()
            .into();
    }
    if let Some(rule) = [VECTOR_RULE, VECTOR_CLUSTER_RULE].into_iter().find_map(|kind| evidence.of_kind(kind).next()) {
        let said = "NeuVector has rules; whether it learnt them, and from what, is not seen";
        return rule.at("metadata.name").fault(said).observed("").doubt().of_its_object().into();
    }
    let sensors = agents(scan, Role::Detection);
    if let Some(agent) = sensors.iter().find(|agent| LEARNING.contains(&agent.name)) {
        let said = format!("{} can learn what workloads usually do; whether it does is not seen", agent.name);
        return agent.container.image().fault(said).doubt().into();
    }
    let is_whole = KINDS.iter().chain(&[kinds::DAEMON_SET]).all(|kind| scan.is_whole(*kind, None));
    match anywhere(scan).filter(|_| is_whole) {
        Some(place) => {
            let said = "nothing is seen that learns what workloads usually do: is it analysed outside the cluster?";
            place.fault(said).observed("").doubt().into()
        }
        None => Verdict::Unseen,
    }
}
