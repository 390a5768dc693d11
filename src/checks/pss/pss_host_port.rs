//! A host port opens a port of the node for the pod.

use crate::checks::pss::standard;
use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::{Container, Field};

pub(super) static CHECK: Check = Check {
    id: "pss-host-port",
    title: "container binds a port of the node",
    topic: "pss",
    severity: Severity::Medium,
    why: "A port of the node is reached past Services and, with some network plug-ins, past NetworkPolicy; the pods that want the same one cannot share a node.",
    fix: "Remove `hostPort` and expose the pod through a Service, a Gateway or an Ingress.",
    how: "Fails for every `hostPort` other than 0 in the `ports` of any container. With `hostNetwork: true` the finding is of low severity, as the API server then copies `containerPort` there by itself.",
    refs: &["https://kubernetes.io/docs/concepts/security/pod-security-standards/"],
    maps: &[
        ("cis", &["5.2.12"]),
        ("cis_v1_9", &["5.2.13"]),
        ("pss", &["baseline"]),
        ("owasp_k8s_2022", &["K01", "K07"]),
        ("owasp_k8s_2025", &["K01", "K05"]),
        ("cwe", &["CWE-668"]),
    ],
    probe: Probe::Container(probe),
    ..Check::BASE
};

fn probe(container: &Container<'_>) -> Verdict {
    standard::judge(&container.pod, &standard::HOST_PORTS, |_| {
        container.at("ports").items().filter_map(|port| fault(container, port)).collect()
    })
}

fn fault(container: &Container<'_>, port: Field<'_>) -> Option<Fault> {
    let host_port = port.key("hostPort");
    let number = host_port.int().filter(|number| *number != 0)?;
    let name = container.name();
    // with the node's network the API server sets it to containerPort by itself
    if container.pod.at("hostNetwork").is_true() {
        let said = format!("container {name} binds port {number} of the node, as the pod is on the node's network");
        return Some(host_port.fault(said).expected("0 or absent").severity(Severity::Low).fix("Remove `hostNetwork` first."));
    }
    Some(host_port.fault(format!("container {name} binds port {number} of the node")).expected("0 or absent"))
}
