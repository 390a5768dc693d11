//! A privileged container has every capability, every device and no profile: a compromise of it is one of the node.

use crate::checks::pss::standard;
use crate::checks::{Check, Probe, Severity, Verdict};
use crate::model::Container;

pub(super) static CHECK: Check = Check {
    id: "pss-privileged-container",
    title: "container runs in privileged mode",
    topic: "pss",
    severity: Severity::Critical,
    why: "Privileged mode lifts capabilities, seccomp, AppArmor and device limits at once, so whoever takes the container has the node.",
    fix: "Remove `privileged: true`; grant the single capability or the device plugin resource that is really needed.",
    how: "Fails where `securityContext.privileged` of any container (init, regular or ephemeral) is true, or a `podSpecPatch` of Argo that is written out makes it so. Absent or null means false; nothing is inherited from the pod, and Windows pods are not exempt.",
    blind: "A mutating webhook may change the field after admission.",
    refs: &["https://kubernetes.io/docs/concepts/security/pod-security-standards/"],
    maps: &[
        ("cis", &["5.2.2"]),
        ("pss", &["baseline"]),
        ("owasp_k8s_2022", &["K01"]),
        ("owasp_k8s_2025", &["K01"]),
        ("mitre", &["T1611", "T1610"]),
        ("cwe", &["CWE-250"]),
    ],
    probe: Probe::Container(probe),
    ..Check::BASE
};

fn probe(container: &Container<'_>) -> Verdict {
    standard::judge(&container.pod, &standard::PRIVILEGED, |_| {
        let privileged = container.at("securityContext.privileged");
        let fault = || privileged.fault(format!("container {} is privileged", container.name())).expected("false or absent");
        if privileged.is_true() {
            return vec![fault()];
        }
        let patched = container.patched_on("securityContext.privileged").map(|patch| {
            patch.fault(format!("container {} is privileged by its podSpecPatch", container.name())).observed("privileged: true")
        });
        patched.map(|fault| fault.expected("false or absent")).into_iter().collect()
    })
}
