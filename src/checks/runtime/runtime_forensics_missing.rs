//! The evidence of a break-in is in a pod that the next rollout deletes.

use crate::checks::{Check, Probe, Severity, Surface, Verdict};
use crate::model::sensor::{COLLECTORS, Role, agents, anywhere, collectors};
use crate::model::{Component, Field, GroupKind, Object, Role as Part, Scan, kinds};

pub(super) static CHECK: Check = Check {
    id: "runtime-forensics-missing",
    title: "nothing is ready that would preserve the evidence of a container",
    topic: "runtime",
    severity: Severity::Low,
    why: "Memory, files and logs of a container are gone with its pod: who has to look for tools first finds nothing.",
    fix: "Have a VolumeSnapshotClass, a collector of logs, and either a role that may use nodes/checkpoint or a tool that captures and isolates (Falco Talon and the like); prepare a policy that quarantines by label.",
    how: "Passes where a VolumeSnapshotClass, a collector of logs, and either a right to checkpoint containers (a rule of RBAC that names nodes/checkpoint, with no kubelet seen that has it switched off) or a tool that responds are seen. For review where some of it is seen, naming what is not, and where nothing is although everything was to be seen. Never fails; not assessed where nothing of it is seen in a part of the evidence.",
    surfaces: &[Surface::Manifest, Surface::Cluster, Surface::Host],
    blind: "The plan, the people, tools outside the cluster; whether the runtime can checkpoint.",
    needs: &[kinds::DAEMON_SET, kinds::POD, kinds::CONFIG_MAP, kinds::CLUSTER_ROLE, kinds::NETWORK_POLICY],
    beside: &[SNAPSHOTS],
    settings: &[&COLLECTORS],
    refs: &[
        "https://kubernetes.io/docs/reference/node/kubelet-checkpoint-api/",
        "https://kubernetes.io/docs/concepts/storage/volume-snapshot-classes/",
    ],
    maps: &[("owasp_k8s_2022", &["K05"]), ("owasp_k8s_2025", &["K10"])],
    probe: Probe::Scan(probe),
    ..Check::BASE
};

const SNAPSHOTS: GroupKind = GroupKind::new("snapshot.storage.k8s.io", "VolumeSnapshotClass");
const RESTS_ON: &[GroupKind] = &[kinds::DAEMON_SET, kinds::CLUSTER_ROLE, SNAPSHOTS];

fn probe(scan: &Scan<'_>) -> Verdict {
    let (logs, tools) = (collectors(scan), agents(scan, Role::Response));
    // each with where it is seen
    let snapshots = scan.evidence.of_kind(SNAPSHOTS).next().map(|class| class.at("metadata.name"));
    let capture = checkpoints(scan).map(|role| role.at("metadata.name"));
    let parts = [
        (snapshots, "a VolumeSnapshotClass"),
        (logs.first().map(|agent| agent.container.image()), "a collector of logs"),
        (capture.or(tools.first().map(|agent| agent.container.image())), "a right to checkpoint containers or a tool that captures"),
        (quarantine(scan).map(|policy| policy.at("metadata.name")), "a policy that quarantines"),
    ];
    if parts[..3].iter().all(|(place, _)| place.is_some()) {
        return Verdict::Pass;
    }
    let named =
        |wanted: bool| parts.iter().filter(|(place, _)| place.is_some() == wanted).map(|(_, name)| *name).collect::<Vec<_>>().join(", ");
    let is_whole = RESTS_ON.iter().all(|kind| scan.is_whole(*kind, None));
    match parts.iter().find_map(|(place, _)| *place) {
        Some(place) => {
            let said = format!("of what preserves evidence, not all is seen: {} (seen: {})", named(false), named(true));
            place
                .fault(said)
                .observed("")
                .expected("snapshots, logs that are shipped, and a means to capture a container")
                .doubt()
                .of_its_object()
                .into()
        }
        None => match anywhere(scan).filter(|_| is_whole) {
            Some(place) => {
                let said = "nothing is seen that preserves the evidence of a container: how would it be secured?";
                place.fault(said).observed("").doubt().into()
            }
            None => Verdict::Unseen,
        },
    }
}

/// A role that names the checkpoints of nodes, where no kubelet is seen that has them switched off.
fn checkpoints<'a>(scan: &'a Scan<'a>) -> Option<&'a Object<'a>> {
    let is_named = |rule: Field<'_>| {
        let of_nodes = rule.key("resources").items().any(|resource| resource.str() == "nodes/checkpoint");
        of_nodes && rule.key("verbs").items().any(|verb| matches!(verb.str(), "create" | "*"))
    };
    let mut roles = scan.evidence.of_kind(kinds::CLUSTER_ROLE);
    let role = roles.find(|role| role.at("rules").items().any(is_named))?;
    (!is_switched_off(scan)).then_some(role)
}

fn is_switched_off(scan: &Scan<'_>) -> bool {
    let records = scan.evidence.components().records().iter().map(|record| Component { scan, record });
    let mut kubelets = records.filter(|component| component.role() == Part::Kubelet);
    kubelets.any(|kubelet| kubelet.gate("ContainerCheckpoint").is_some_and(|(on, _)| !on))
}

/// A policy that waits for pods with a label of quarantine.
fn quarantine<'a>(scan: &'a Scan<'a>) -> Option<&'a Object<'a>> {
    let waits = |key: &str, value: &str| [key, value].iter().any(|word| word.contains("quarantine") || word.contains("isolate"));
    scan.evidence.of_kind(kinds::NETWORK_POLICY).find(|policy| {
        let labels = policy.at("spec.podSelector.matchLabels").entries();
        labels.iter().any(|(key, value)| waits(key, value.str()))
    })
}
