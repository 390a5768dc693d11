//! A HostProcess container is a process of the Windows node.

use crate::checks::pss::{setters, standard};
use crate::checks::{Check, Probe, Severity, Verdict};
use crate::model::Pod;

pub(super) static CHECK: Check = Check {
    id: "pss-windows-host-process",
    title: "Windows HostProcess container",
    topic: "pss",
    severity: Severity::Critical,
    why: "A HostProcess container is no container: it runs as a process of the node, with the node's file system and network.",
    fix: "Remove `hostProcess`, and keep it to the node agents on the list of exceptions.",
    how: "Fails where `securityContext.windowsOptions.hostProcess` is true at the pod or at any container. A container's false does not take back its pod's true: the standard refuses either.",
    refs: &[
        "https://kubernetes.io/docs/tasks/configure-pod-container/create-hostprocess-pod/",
        "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
    ],
    maps: &[
        ("cis", &["5.2.10"]),
        ("cis_v1_9", &["5.2.11"]),
        ("pss", &["baseline"]),
        ("owasp_k8s_2022", &["K01"]),
        ("owasp_k8s_2025", &["K01"]),
        ("mitre", &["T1611"]),
        ("cwe", &["CWE-250"]),
    ],
    probe: Probe::Pod(probe),
    ..Check::BASE
};

fn probe(pod: &Pod<'_>) -> Verdict {
    // a container's value overrides its pod's when it runs; the standard refuses either
    standard::judge(pod, &standard::HOST_PROCESS, |_| {
        let set = setters::of(pod, "securityContext.windowsOptions.hostProcess").filter(|(_, field)| field.is_true());
        set.map(|(setter, field)| field.fault(format!("{setter} runs as a process of the node")).expected("false or absent")).collect()
    })
}
