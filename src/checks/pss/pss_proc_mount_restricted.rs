//! What the baseline level allows in a user namespace, the restricted level still refuses.

use crate::checks::pss::pss_proc_mount_unmasked::unmasked;
use crate::checks::pss::standard;
use crate::checks::{Check, Probe, Severity, Verdict};
use crate::model::Container;

pub(super) static CHECK: Check = Check {
    id: "pss-proc-mount-restricted",
    title: "/proc is mounted unmasked in a user namespace",
    topic: "pss",
    severity: Severity::Medium,
    why: "A user namespace takes most of the danger out of an unmasked /proc, but what the kernel shows there is still more than a hardened pod needs.",
    fix: "Remove `procMount`, or run the pod in a namespace of the baseline level.",
    how: "Fails where `securityContext.procMount` of a container is set to anything but `Default` in a pod with `hostUsers: false`: from version 1.35 of the standard the baseline level lets that pass, and the restricted level does not. Does not apply before version 1.35.",
    blind: "Pods without a user namespace are reported by pss-proc-mount-unmasked alone.",
    refs: &[
        "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
        "https://kubernetes.io/docs/concepts/workloads/pods/user-namespaces/",
    ],
    maps: &[("pss", &["restricted"]), ("owasp_k8s_2022", &["K01"]), ("owasp_k8s_2025", &["K01"]), ("cwe", &["CWE-668"])],
    probe: Probe::Container(probe),
    ..Check::BASE
};

fn probe(container: &Container<'_>) -> Verdict {
    standard::judge(&container.pod, &standard::PROC_MOUNT_RESTRICTED, |_| {
        unmasked(container).filter(|_| container.pod.has_user_namespace()).into_iter().collect()
    })
}
