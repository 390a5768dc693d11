//! The default account is that of every pod which names none.

use super::danger::BINDINGS;
use super::owners::{self, BREAK_GLASS};
use crate::checks::{Check, Probe, Severity, Verdict};
use crate::model::rbac::{Identity, Rule};
use crate::model::{Object, Scan, kinds};

pub(super) static CHECK: Check = Check {
    id: "rbac-default-service-account-binding",
    title: "the default service account holds permissions",
    topic: "rbac",
    severity: Severity::High,
    why: "Every pod that names no account of its own runs as `default`, so each of them has what was meant for one.",
    fix: "Make an account for the workload that needs the right, and bind that.",
    how: "Fails for each subject of a binding that is a service account called `default`, or the group of all accounts of one namespace (`system:serviceaccounts:…`), where the role grants more than to see what the API offers and who one is. For review: a role that was not seen, and OpenShift's `system:image-pullers`. `break_glass_subjects` are notes.",
    needs: &[kinds::ROLE, kinds::CLUSTER_ROLE],
    settings: &[&BREAK_GLASS],
    blind: "Whether any pod runs as the account, and whether its token is mounted.",
    refs: &["https://kubernetes.io/docs/concepts/security/service-accounts/"],
    maps: &[("cis", &["5.1.5"]), ("owasp_k8s_2022", &["K03"]), ("owasp_k8s_2025", &["K02"]), ("cwe", &["CWE-269"])],
    probe: Probe::Object(BINDINGS, probe),
    ..Check::BASE
};

fn probe(object: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    let rbac = scan.evidence.rbac();
    let Some(binding) = rbac.binding(object.id) else { return Verdict::Pass };
    let mut shared = binding.subjects.iter().filter(|subject| !subject.built_in && is_shared(subject.identity)).peekable();
    if shared.peek().is_none() {
        return Verdict::Pass;
    }
    let kind = if binding.to_cluster_role { kinds::CLUSTER_ROLE } else { kinds::ROLE };
    let unknown = !binding.is_resolved();
    if unknown && scan.is_whole(kind, object.namespace) || !unknown && rbac.rules_of(binding).all(|(_, rule)| is_discovery(rule)) {
        return Verdict::Pass;
    }
    let faults = shared.map(|subject| {
        let said = format!("{} holds {} {}", subject.identity, kind.kind, binding.role);
        let fault = subject.field.key("name").fault(said).expected("an account of its own");
        // every namespace of OpenShift lets its accounts pull its own images
        let of_platform = (binding.name, binding.role) == ("system:image-pullers", "system:image-puller");
        match owners::lists(scan, subject.identity, &[]) {
            true => fault.severity(Severity::Info),
            false if unknown || of_platform => fault.doubt(),
            false => fault,
        }
    });
    faults.collect()
}

fn is_shared(identity: Identity<'_>) -> bool {
    matches!(identity, Identity::Account { name: "default", .. }) || identity.namespace_group().is_some()
}

/// Whether a rule tells only what the API offers and who one is.
fn is_discovery(rule: &Rule<'_>) -> bool {
    let reviews = ["selfsubjectreviews", "selfsubjectaccessreviews", "selfsubjectrulesreviews"];
    if !rule.urls.is_empty() {
        return rule.verbs.iter().all(|verb| matches!(*verb, "get" | "head")) && !rule.urls.contains(&"*");
    }
    rule.resources.iter().all(|resource| reviews.contains(resource))
}
