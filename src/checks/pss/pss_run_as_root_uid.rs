//! A pod that asks for user 0 asks for root.

use crate::checks::pss::{setters, standard};
use crate::checks::{Check, Probe, Severity, Verdict};
use crate::model::Pod;

pub(super) static CHECK: Check = Check {
    id: "pss-run-as-root-uid",
    title: "UID 0 requested",
    topic: "pss",
    severity: Severity::Medium,
    why: "User 0 is root, whatever user the image was built for.",
    fix: "Choose a UID above 9999, or give the pod a user namespace (`hostUsers: false`).",
    how: "Fails where `securityContext.runAsUser` is 0 at the pod or at any container, even where every container overrides the pod's 0; absent passes here. From version 1.35 of the standard a pod with `hostUsers: false` passes; where older versions may apply to it as well, it is for review. Does not apply before version 1.23.",
    refs: &["https://kubernetes.io/docs/concepts/security/pod-security-standards/"],
    maps: &[
        ("cis", &["5.2.7"]),
        ("pss", &["restricted"]),
        ("owasp_k8s_2022", &["K01"]),
        ("owasp_k8s_2025", &["K01"]),
        ("cwe", &["CWE-250"]),
    ],
    probe: Probe::Pod(probe),
    ..Check::BASE
};

fn probe(pod: &Pod<'_>) -> Verdict {
    // 0 at the pod counts even where every container overrides it
    standard::judge(pod, &standard::RUN_AS_USER, |_| {
        let root = setters::of(pod, "securityContext.runAsUser").filter(|(_, field)| field.int() == Some(0));
        root.map(|(setter, field)| field.fault(format!("{setter} runs as user 0, root")).expected("another UID, or absent")).collect()
    })
}
