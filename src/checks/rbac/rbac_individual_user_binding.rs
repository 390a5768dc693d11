//! Rights of a single user outlive the reason he got them.

use super::danger::BINDINGS;
use super::owners::{self, BREAK_GLASS};
use crate::checks::{Check, Probe, Severity, Verdict};
use crate::model::rbac::Identity;
use crate::model::{Object, Scan};

pub(super) static CHECK: Check = Check {
    id: "rbac-individual-user-binding",
    title: "rights are bound to individual users",
    topic: "rbac",
    severity: Severity::Low,
    why: "A group of the identity provider empties itself when people leave; a user in a binding stays until somebody remembers it.",
    fix: "Bind a group of the identity provider; give machines a ServiceAccount.",
    how: "Never fails: each subject of kind User whose name does not begin with `system:` is for review, as where he comes from and how he leaves no object shows; `break_glass_subjects` are notes. Groups and service accounts pass. Does not apply to bindings of `system:` users alone.",
    settings: &[&BREAK_GLASS],
    blind: "Where users come from, and what happens when they leave.",
    refs: &["https://kubernetes.io/docs/reference/access-authn-authz/rbac/"],
    maps: &[("owasp_k8s_2022", &["K03"]), ("owasp_k8s_2025", &["K02"]), ("cwe", &["CWE-284"])],
    probe: Probe::Object(BINDINGS, probe),
    ..Check::BASE
};

fn probe(object: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    let Some(binding) = scan.evidence.rbac().binding(object.id) else { return Verdict::Pass };
    let is_system = |identity: Identity<'_>| matches!(identity, Identity::User(name) if name.starts_with("system:"));
    if !binding.subjects.is_empty() && binding.subjects.iter().all(|subject| subject.built_in || is_system(subject.identity)) {
        return Verdict::Skip("it binds only what Kubernetes itself is".into());
    }
    let users = binding.subjects.iter().filter(|subject| !subject.built_in && !is_system(subject.identity));
    let faults = users.filter_map(|subject| {
        let Identity::User(name) = subject.identity else { return None };
        let fault =
            subject.field.key("name").fault(format!("user {name} holds {}: show where he comes from and how he leaves", binding.role));
        let fault = fault.expected("a group");
        Some(if owners::lists(scan, subject.identity, &[]) { fault.severity(Severity::Info) } else { fault.doubt() })
    });
    faults.collect()
}
