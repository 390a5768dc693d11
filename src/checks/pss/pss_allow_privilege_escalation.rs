//! Unless told otherwise, a process may gain more rights than its parent had.

use crate::checks::pss::standard;
use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::Container;

pub(super) static CHECK: Check = Check {
    id: "pss-allow-privilege-escalation",
    title: "privilege escalation not switched off",
    topic: "pss",
    severity: Severity::Medium,
    why: "Set-user-ID programs and file capabilities in the image can make a process root again, whatever user it started as.",
    fix: "Set `allowPrivilegeEscalation: false` on every container.",
    how: "Fails where `securityContext.allowPrivilegeEscalation` of any container is true or absent: absent means true, and there is no such field at the pod. Does not apply to pods with `os.name: windows` (from version 1.25 of the standard).",
    refs: &[
        "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/",
        "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
    ],
    maps: &[
        ("cis", &["5.2.6"]),
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
    standard::judge(&container.pod, &standard::PRIVILEGE_ESCALATION, |_| fault(container).into_iter().collect())
}

fn fault(container: &Container<'_>) -> Option<Fault> {
    // there is no such field at the pod
    let field = container.at("securityContext.allowPrivilegeEscalation");
    let said = match field.bool() {
        Some(true) => format!("container {} allows privilege escalation", container.name()),
        None if !field.exists() => format!("container {} leaves privilege escalation allowed, as it is by default", container.name()),
        _ => return None,
    };
    Some(field.fault(said).expected("false"))
}
