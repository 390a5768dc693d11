//! What can be written at run time need not be what was built and reviewed.

use crate::checks::{Check, Probe, Severity, Verdict};
use crate::model::{Container, ContainerKind};

pub(super) static CHECK: Check = Check {
    id: "pod-root-fs-writable",
    title: "container root file system is writable",
    topic: "pod",
    severity: Severity::Medium,
    why: "Whoever gets into the container can plant programs and change its configuration; with a read-only root nothing survives outside the volumes.",
    fix: "Set `securityContext.readOnlyRootFilesystem: true` and mount an `emptyDir` where the program has to write.",
    how: "Fails where `securityContext.readOnlyRootFilesystem` of a container is not true: absent means false, and there is no such field at the pod. Ephemeral containers are for review, as they are traces of debugging. Does not apply to pods with `os.name: windows`.",
    blind: "What a volume holds is not looked at: a writable mount over a program's folder undoes the protection.",
    refs: &["https://kubernetes.io/docs/tasks/configure-pod-container/security-context/"],
    maps: &[
        ("cis", &["5.6.3"]),
        ("cis_v1_9", &["5.7.3"]),
        ("owasp_k8s_2022", &["K01"]),
        ("owasp_k8s_2025", &["K01"]),
        ("mitre", &["T1525"]),
        ("cwe", &["CWE-732"]),
    ],
    probe: Probe::Container(probe),
    ..Check::BASE
};

fn probe(container: &Container<'_>) -> Verdict {
    if container.pod.is_windows() {
        return Verdict::Skip("a Windows pod: the field has no effect there".into());
    }
    let field = container.at("securityContext.readOnlyRootFilesystem");
    if field.is_true() {
        return Verdict::Pass;
    }
    let name = container.name();
    if container.kind == ContainerKind::Ephemeral {
        // only running pods have them: somebody was debugging
        return field.fault(format!("debugging container {name} has a writable root file system")).expected("true").doubt().into();
    }
    field.fault(format!("container {name} has a writable root file system")).expected("true").into()
}
