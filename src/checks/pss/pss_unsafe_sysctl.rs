//! A sysctl that is not the pod's own changes the node for everybody on it.

use crate::checks::pss::standard;
use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::{KubernetesVersion, Pod};

pub(super) static CHECK: Check = Check {
    id: "pss-unsafe-sysctl",
    title: "unsafe kernel parameter requested",
    topic: "pss",
    severity: Severity::Medium,
    why: "A kernel parameter can switch a protection off or starve the other pods of the node; only those that are known to stay within a pod are safe.",
    fix: "Remove it, or set it on nodes of its own through the kubelet's list of allowed sysctls.",
    how: "Fails for each name in `securityContext.sysctls` that is not `kernel.shm_rmid_forced` or, below `net.ipv4`, one of `ip_local_port_range`, `tcp_syncookies`, `ping_group_range` and `ip_unprivileged_port_start`; from 1.27 `ip_local_reserved_ports`; from 1.29 `tcp_keepalive_time`, `tcp_keepalive_intvl`, `tcp_keepalive_probes` and `tcp_fin_timeout`; from 1.32 `tcp_rmem` and `tcp_wmem`; from 1.37 `tcp_slow_start_after_idle` and `tcp_notsent_lowat`. A name that only some of the versions which may apply allow is for review.",
    blind: "Which unsafe parameters the kubelets of the nodes allow.",
    refs: &[
        "https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/",
        "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
    ],
    maps: &[("pss", &["baseline"]), ("owasp_k8s_2022", &["K01"]), ("owasp_k8s_2025", &["K01"]), ("cwe", &["CWE-668"])],
    probe: Probe::Pod(probe),
    ..Check::BASE
};

/// The parameters that the standard allows, with the minor version that brought each.
const SAFE: [(&str, u16); 14] = [
    ("kernel.shm_rmid_forced", 0),
    ("net.ipv4.ip_local_port_range", 0),
    ("net.ipv4.tcp_syncookies", 0),
    ("net.ipv4.ping_group_range", 0),
    ("net.ipv4.ip_unprivileged_port_start", 0),
    ("net.ipv4.ip_local_reserved_ports", 27),
    ("net.ipv4.tcp_keepalive_time", 29),
    ("net.ipv4.tcp_fin_timeout", 29),
    ("net.ipv4.tcp_keepalive_intvl", 29),
    ("net.ipv4.tcp_keepalive_probes", 29),
    ("net.ipv4.tcp_rmem", 32),
    ("net.ipv4.tcp_wmem", 32),
    ("net.ipv4.tcp_slow_start_after_idle", 37),
    ("net.ipv4.tcp_notsent_lowat", 37),
];

fn probe(pod: &Pod<'_>) -> Verdict {
    standard::judge(pod, &standard::SYSCTLS, |version| faults(pod, version))
}

fn faults(pod: &Pod<'_>, version: KubernetesVersion) -> Vec<Fault> {
    let is_safe = |name: &str| SAFE.iter().any(|(safe, since)| *safe == name && *since <= version.0);
    let names = pod.at("securityContext.sysctls").items().map(|sysctl| sysctl.key("name"));
    let unsafe_names = names.filter(|name| !is_safe(name.str()));
    unsafe_names.map(|name| name.fault(format!("the pod sets {}", name.str())).expected("a parameter of the safe set")).collect()
}
