//! What nobody watches can be done at leisure: an attack within a container leaves no trace in the API.

use super::unsure;
use crate::checks::{Assurance, Check, Probe, Severity, Verdict};
use crate::model::sensor::{Role, SENSORS, agents, anywhere, asked, falco, spread};
use crate::model::{GroupKind, Scan, kinds, sensor};

pub(super) static CHECK: Check = Check {
    id: "runtime-detection-missing",
    title: "nothing detects threats on every node",
    topic: "runtime",
    severity: Severity::Medium,
    why: "A shell in a container, a miner or an escape to the node are seen by no audit log of the API: only an agent on the node sees them.",
    fix: "Run a sensor such as Falco, Tetragon or Kubescape's agent as a DaemonSet that tolerates every taint; name one of your own in `runtime_sensors`.",
    how: "Fails where all that runs was seen and no known sensor is there, where a sensor's pods are not ready on a Linux node that is up and open, where in files a node's taint or label keeps the sensor off it, or where Falco runs without a driver. For review: no sensor in a part of the manifests, one that shows by the name of its image alone or whose operator is seen rather than its agents, and tolerations that leave some nodes open. Does not apply where nothing runs, or all nodes are virtual.",
    blind: "Sensors on the host or of a provider, and whether one is well: its events are not read.",
    assurance: Assurance::Observation,
    needs: &[kinds::DAEMON_SET, kinds::POD, kinds::NODE, kinds::CONFIG_MAP],
    beside: OPERATORS,
    settings: &[&SENSORS],
    refs: &["https://falco.org/docs/", "https://tetragon.io/docs/", "https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/"],
    maps: &[("owasp_k8s_2022", &["K05"]), ("owasp_k8s_2025", &["K10"]), ("mitre", &["T1562.001"]), ("cwe", &["CWE-778"])],
    probe: Probe::Scan(probe),
    ..Check::BASE
};

const OPERATORS: &[GroupKind] = sensor::SENSOR_OPERATORS;

fn probe(scan: &Scan<'_>) -> Verdict {
    if scan.evidence.pods().is_empty() {
        return Verdict::Skip("nothing runs".into());
    }
    if spread::only_virtual(scan) {
        return Verdict::Skip("all nodes are virtual, or run Windows".into());
    }
    let agents = agents(scan, Role::Detection);
    if agents.is_empty() {
        return match (asked(scan, OPERATORS), anywhere(scan)) {
            (Some(object), _) => {
                let said =
                    format!("{} {} asks for a sensor; whether its agents are on every node shows in the cluster", object.kind, object.name);
                object.at("metadata.name").fault(said).observed("").doubt().into()
            }
            (None, Some(place)) => {
                let said = "no known agent is seen that detects threats on the nodes";
                place.fault(said).observed("").expected("a sensor on every node").missing(sensor::RUNNING).into()
            }
            (None, None) => Verdict::Skip("nothing runs".into()),
        };
    }
    let blind = falco::all(scan).into_iter().filter_map(|falco| falco.without_driver());
    let faults = unsure(&agents, "detects threats").into_iter().chain(spread::faults(scan, &agents, "detection"));
    faults.chain(blind).collect()
}
