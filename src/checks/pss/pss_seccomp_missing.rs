//! Where nobody names a seccomp profile, the kubelet's default decides, and it is none.

use crate::checks::pss::pss_seccomp_unconfined::{CONTAINER_ANNOTATION, POD_ANNOTATION};
use crate::checks::pss::standard;
use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::Container;

pub(super) static CHECK: Check = Check {
    id: "pss-seccomp-missing",
    title: "no seccomp profile in force",
    topic: "pss",
    severity: Severity::Medium,
    why: "Without a profile every system call is open to the container, unless the kubelet of its node is told to apply the runtime's by default.",
    fix: "Set `seccompProfile.type: RuntimeDefault` at the pod.",
    how: "Fails for each container without a `seccompProfile` of its own in a pod without one; `seccompDefault` of the kubelet and the alpha annotations do not count. A profile that is there is judged by pss-seccomp-unconfined. What the run of a Tekton task, or the workflow around an Argo template, may still set is for review; does not apply to pods with `os.name: windows` (from version 1.25) nor before version 1.19.",
    blind: "`seccompDefault` of the kubelets, which makes up for the missing field on the nodes that have it; the standard does not count it.",
    refs: &[
        "https://kubernetes.io/docs/tutorials/security/seccomp/",
        "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
    ],
    maps: &[
        ("cis", &["5.6.2"]),
        ("cis_v1_9", &["5.7.2"]),
        ("pss", &["restricted"]),
        ("owasp_k8s_2022", &["K01"]),
        ("owasp_k8s_2025", &["K01"]),
        ("mitre", &["T1611"]),
        ("cwe", &["CWE-250"]),
    ],
    probe: Probe::Container(probe),
    ..Check::BASE
};

fn probe(container: &Container<'_>) -> Verdict {
    standard::judge(&container.pod, &standard::SECCOMP_REQUIRED, |_| fault(container).into_iter().collect())
}

fn fault(container: &Container<'_>) -> Option<Fault> {
    // a profile that is named and allows everything is pss-seccomp-unconfined's
    let profile = container.inherited("seccompProfile");
    if profile.exists() {
        return None;
    }
    let mut said = format!("neither container {} nor its pod names a seccomp profile", container.name());
    if is_annotated(container) {
        said.push_str("; the annotation has no effect since 1.27");
    }
    Some(container.pod.unless_supplied(profile.fault(said).expected("RuntimeDefault or Localhost")))
}

fn is_annotated(container: &Container<'_>) -> bool {
    let annotations = container.pod.metadata().key("annotations").entries();
    annotations.iter().any(|(key, _)| *key == POD_ANNOTATION || key.strip_prefix(CONTAINER_ANNOTATION) == Some(container.name()))
}
