//! Without seccomp every system call of the kernel is open to the container.

use crate::checks::pss::{setters, standard};
use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::{Field, Pod};

pub(super) static CHECK: Check = Check {
    id: "pss-seccomp-unconfined",
    title: "seccomp explicitly disabled",
    topic: "pss",
    severity: Severity::High,
    why: "Runtimes block the system calls that programs do not need and exploits do; Unconfined opens them all.",
    fix: "Set `seccompProfile.type: RuntimeDefault` at the pod, or name a profile of type Localhost.",
    how: "Fails where the pod or a container has a `seccompProfile` whose `type` is neither RuntimeDefault nor Localhost; a pod that sets none passes here, and is for pss-seccomp-missing. The alpha annotations are judged only by versions of the standard before 1.19.",
    blind: "What a Localhost profile allows stands in a file of the node.",
    refs: &[
        "https://kubernetes.io/docs/tutorials/security/seccomp/",
        "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
    ],
    maps: &[
        ("pss", &["baseline"]),
        ("owasp_k8s_2022", &["K01"]),
        ("owasp_k8s_2025", &["K01"]),
        ("mitre", &["T1611"]),
        ("cwe", &["CWE-250"]),
    ],
    probe: Probe::Pod(probe),
    ..Check::BASE
};

/// The annotations of old: alone judged before the field came with 1.19, and without effect since 1.27.
pub(super) const POD_ANNOTATION: &str = "seccomp.security.alpha.kubernetes.io/pod";
pub(super) const CONTAINER_ANNOTATION: &str = "container.seccomp.security.alpha.kubernetes.io/";

fn probe(pod: &Pod<'_>) -> Verdict {
    standard::judge(pod, &standard::SECCOMP, |version| if version.0 < 19 { by_annotation(pod) } else { by_field(pod) })
}

fn by_field(pod: &Pod<'_>) -> Vec<Fault> {
    let profiles = setters::of(pod, "securityContext.seccompProfile").map(|(setter, profile)| (setter, profile.key("type")));
    let refused = profiles.filter(|(_, kind)| !matches!(kind.str(), "RuntimeDefault" | "Localhost"));
    refused
        .map(|(setter, kind)| {
            let said = match kind.str() {
                "" => format!("{setter} has a seccomp profile without a type"),
                kind => format!("{setter} sets the seccomp profile {kind}"),
            };
            kind.fault(said).expected("RuntimeDefault or Localhost")
        })
        .collect()
}

fn by_annotation(pod: &Pod<'_>) -> Vec<Fault> {
    let annotations = pod.metadata().key("annotations").entries();
    let applies = |key: &str| {
        key == POD_ANNOTATION || key.strip_prefix(CONTAINER_ANNOTATION).is_some_and(|name| pod.containers().any(|one| one.name() == name))
    };
    let refused = annotations.iter().filter(|(key, value)| applies(key) && !is_allowed(*value));
    refused
        .map(|(_, value)| {
            value.fault(format!("the annotation sets the seccomp profile `{}`", value.str())).expected("runtime/default or localhost/…")
        })
        .collect()
}

fn is_allowed(value: Field<'_>) -> bool {
    matches!(value.str(), "runtime/default" | "docker/default") || value.str().starts_with("localhost/")
}
