//! A probe with a host of its own makes the kubelet send requests there, from the node.

use crate::checks::pss::standard;
use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::Container;

pub(super) static CHECK: Check = Check {
    id: "pss-probe-host-set",
    title: "probe or lifecycle handler names a host",
    topic: "pss",
    severity: Severity::Medium,
    why: "The kubelet sends the request from the node, so whoever writes the pod reaches what only the node reaches, past every NetworkPolicy.",
    fix: "Remove `host`: the kubelet then asks the pod itself. For a virtual host, set the header `Host` in `httpHeaders`.",
    how: "Fails for a `host` that is not empty in `httpGet` or `tcpSocket` of `livenessProbe`, `readinessProbe`, `startupProbe`, `lifecycle.postStart` or `lifecycle.preStop` of any container. The standard has this from version 1.34: an older one makes it a note, and where versions before and after may apply it is for review.",
    refs: &["https://kubernetes.io/docs/concepts/security/pod-security-standards/"],
    maps: &[("pss", &["baseline"]), ("owasp_k8s_2022", &["K01"]), ("owasp_k8s_2025", &["K01"]), ("cwe", &["CWE-918"])],
    probe: Probe::Container(probe),
    ..Check::BASE
};

const HANDLERS: &[(&str, &str)] = &[
    ("livenessProbe", "the liveness probe"),
    ("readinessProbe", "the readiness probe"),
    ("startupProbe", "the startup probe"),
    ("lifecycle.postStart", "the postStart handler"),
    ("lifecycle.preStop", "the preStop handler"),
];

fn probe(container: &Container<'_>) -> Verdict {
    match standard::judge(&container.pod, &standard::HOST_PROBES, |_| faults(container)) {
        // older versions of the standard have no such control: said, and not counted
        Verdict::Skip(why) => {
            let notes: Vec<_> = faults(container).into_iter().map(|fault| fault.severity(Severity::Info)).collect();
            if notes.is_empty() { Verdict::Skip(why) } else { Verdict::Fail(notes) }
        }
        verdict => verdict,
    }
}

fn faults(container: &Container<'_>) -> Vec<Fault> {
    let set = HANDLERS.iter().map(|&(path, name)| (container.at(path), name)).filter(|(handler, _)| handler.exists());
    let hosts = set.flat_map(|(handler, name)| ["httpGet", "tcpSocket"].map(|way| (handler.key(way).key("host"), name)));
    let named = hosts.filter(|(host, _)| !host.is_empty());
    named
        .map(|(host, name)| host.fault(format!("{name} of container {} goes to {}", container.name(), host.str())).expected("absent"))
        .collect()
}
