//! An unmasked /proc shows a container the kernel's own switches.

use crate::checks::pss::standard;
use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::Container;

pub(super) static CHECK: Check = Check {
    id: "pss-proc-mount-unmasked",
    title: "/proc is mounted unmasked",
    topic: "pss",
    severity: Severity::High,
    why: "Runtimes hide the parts of /proc through which a process changes the kernel or reads its secrets; without the masks the container reaches them.",
    fix: "Remove `procMount`; for containers within a container, give the pod a user namespace (`hostUsers: false`).",
    how: "Fails where `securityContext.procMount` of any container is set to anything but `Default`. From version 1.35 of the standard a pod with `hostUsers: false` passes; where older versions may apply to it as well, it is for review.",
    refs: &[
        "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
        "https://kubernetes.io/docs/concepts/workloads/pods/user-namespaces/",
    ],
    maps: &[
        ("pss", &["baseline"]),
        ("owasp_k8s_2022", &["K01"]),
        ("owasp_k8s_2025", &["K01"]),
        ("mitre", &["T1611"]),
        ("cwe", &["CWE-668"]),
    ],
    probe: Probe::Container(probe),
    ..Check::BASE
};

fn probe(container: &Container<'_>) -> Verdict {
    standard::judge(&container.pod, &standard::PROC_MOUNT, |_| unmasked(container).into_iter().collect())
}

/// The fault of a container whose /proc is not the default one.
pub(super) fn unmasked(container: &Container<'_>) -> Option<Fault> {
    let mount = container.at("securityContext.procMount");
    let is_bad = mount.exists() && mount.str() != "Default";
    is_bad.then(|| mount.fault(format!("container {} mounts /proc as {}", container.name(), mount.str())).expected("Default or absent"))
}
