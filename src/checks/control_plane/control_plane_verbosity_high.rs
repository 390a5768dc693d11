//! From level 8 on components write the bodies of requests to their logs.

use crate::checks::{Check, Fault, Probe, Severity, Surface, Verdict};
use crate::model::{Component, Role};

pub(super) static CHECK: Check = Check {
    id: "control-plane-verbosity-high",
    title: "component logs at a level that shows the content of requests",
    topic: "control_plane",
    severity: Severity::Medium,
    why: "Bodies of requests, Secrets among them, end up in logs that many read and that are shipped elsewhere.",
    fix: "Run components with `--v=2` (at most 4); raise the level for as long as you look for a fault.",
    how: "Reads `-v` of each component, and `logging.verbosity` of the kubelet. Fails from 8 on, where clients log bodies; 5 to 7 is for review.",
    surfaces: &[Surface::Host, Surface::Cluster],
    blind: "Levels that are changed while a component runs (/debug/flags/v), and `--vmodule`.",
    refs: &["https://kubernetes.io/docs/concepts/cluster-administration/system-logs/"],
    maps: &[("cwe", &["CWE-532"]), ("owasp_k8s_2022", &["K05", "K09"]), ("owasp_k8s_2025", &["K07", "K10"])],
    probe: Probe::Component(&[Role::ApiServer, Role::ControllerManager, Role::Scheduler, Role::Kubelet, Role::KubeProxy], probe),
    ..Check::BASE
};

fn probe(component: &Component<'_>) -> Verdict {
    let held = match component.role() {
        Role::Kubelet => component.setting("logging.verbosity", Some("v")),
        _ => component.flag("v"),
    };
    let said = |what: &str| {
        held.fault(format!("{} logs at level {}{}: {what}", component.role().program(), held.str(), component.on_nodes()))
            .expected("4 or less")
    };
    let fault: Option<Fault> = match held.int().unwrap_or_default() {
        8.. => Some(said("bodies of requests are written to the log")),
        5..8 => Some(said("more than operation needs").doubt()),
        _ => None,
    };
    fault.into()
}
