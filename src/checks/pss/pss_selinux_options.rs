//! SELinux keeps containers apart by type; a pod that chooses its own may choose one that is not kept apart.

use crate::checks::pss::setters::{self, Setter};
use crate::checks::pss::standard;
use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::{Field, KubernetesVersion, Pod};

pub(super) static CHECK: Check = Check {
    id: "pss-selinux-options",
    title: "SELinux type, user or role overridden",
    topic: "pss",
    severity: Severity::High,
    why: "On nodes with SELinux the type of a process decides what it may touch; another type than a container's can lift that confinement.",
    fix: "Remove the override, or use a profile of the Security Profiles Operator that admission exempts.",
    how: "Fails where `seLinuxOptions` of the pod or a container have a `type` other than container_t, container_init_t, container_kvm_t and, from version 1.31, container_engine_t, or any `user` or `role`; the types spc_t and unconfined_t are critical. `level` is free, and nothing set passes.",
    blind: "Whether a node has SELinux at all.",
    refs: &["https://kubernetes.io/docs/concepts/security/pod-security-standards/"],
    maps: &[("pss", &["baseline"]), ("owasp_k8s_2022", &["K01"]), ("owasp_k8s_2025", &["K01"]), ("cwe", &["CWE-732"])],
    probe: Probe::Pod(probe),
    ..Check::BASE
};

/// The types that the standard allows, with the minor version that brought each.
const TYPES: [(&str, u16); 5] = [("", 0), ("container_t", 0), ("container_init_t", 0), ("container_kvm_t", 0), ("container_engine_t", 31)];

fn probe(pod: &Pod<'_>) -> Verdict {
    standard::judge(pod, &standard::SELINUX, |version| {
        setters::of(pod, "securityContext.seLinuxOptions").flat_map(|(setter, options)| faults(setter, options, version)).collect()
    })
}

fn faults(setter: Setter<'_>, options: Field<'_>, version: KubernetesVersion) -> Vec<Fault> {
    let kind = options.key("type");
    let is_known = TYPES.iter().any(|(name, since)| *name == kind.str() && *since <= version.0);
    let wrong_type = (!is_known).then(|| {
        let fault = kind.fault(format!("{setter} runs with the SELinux type {}", kind.str())).expected("a container's type, or absent");
        let is_free = matches!(kind.str(), "spc_t" | "unconfined_t");
        if is_free { fault.severity(Severity::Critical) } else { fault }
    });
    let set = ["user", "role"].into_iter().filter(|key| !options.key(key).is_empty()).map(|key| {
        let field = options.key(key);
        field.fault(format!("{setter} runs with the SELinux {key} {}", field.str())).expected("absent")
    });
    wrong_type.into_iter().chain(set).collect()
}
