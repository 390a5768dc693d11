//! What is bound to everybody is bound to whoever reaches the API server.

use super::danger::{BINDINGS, KINDS};
use super::owners;
use super::owners::BREAK_GLASS;
use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::rbac::{Binding, Rule, Subject};
use crate::model::{Object, Scan};

pub(super) static CHECK: Check = Check {
    id: "rbac-anonymous-binding",
    title: "a role is bound to everybody",
    topic: "rbac",
    severity: Severity::Critical,
    why: "Nobody has to show who he is to be `system:anonymous`, and any credential at all makes one of `system:authenticated`.",
    fix: "Delete the binding, or bind those who need it by name.",
    how: "Fails for each subject `system:anonymous` or `system:unauthenticated` (critical), `system:authenticated` or `system:serviceaccounts` (high) of a binding other than those Kubernetes makes; medium where the role opens only paths that tell of the API itself. The built-in roles for discovery pass, `system:public-info-viewer` alone also for who is not logged in. Known bindings of OpenShift, GKE and EKS are for review, as a name proves nothing; what gives everything is left to rbac-cluster-admin-binding.",
    needs: KINDS,
    settings: &[&BREAK_GLASS],
    blind: "Whether the API server admits anonymous requests at all.",
    refs: &["https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings"],
    maps: &[
        ("owasp_k8s_2022", &["K03", "K06"]),
        ("owasp_k8s_2025", &["K02", "K09"]),
        ("mitre", &["T1078.001"]),
        ("nsa_cisa", &["anonymous-auth"]),
        ("cwe", &["CWE-306"]),
    ],
    probe: Probe::Object(BINDINGS, probe),
    ..Check::BASE
};

/// Built-in roles that every user may hold: they say what the API offers, and who one is.
const PUBLIC: &[&str] = &[
    "system:basic-user",
    "system:discovery",
    "system:public-info-viewer",
    "system:service-account-issuer-discovery",
    "system:cluster-trust-bundle-discovery",
];

/// Bindings of platforms, with their roles: to be confirmed, as a name proves nothing.
const OF_PLATFORMS: &[(&str, &str)] = &[
    ("basic-users", "basic-user"),
    ("cluster-status-binding", "cluster-status"),
    ("self-access-reviewers", "self-access-reviewer"),
    ("system:openshift:discovery", "system:openshift:discovery"),
    ("system:openshift:public-info-viewer", "system:openshift:public-info-viewer"),
    ("system:scope-impersonation", "system:scope-impersonation"),
    ("system:webhook", "system:webhook"),
    ("system:oauth-token-deleters", "system:oauth-token-deleter"),
    ("system:build-strategy-docker-binding", "system:build-strategy-docker"),
    ("system:build-strategy-jenkinspipeline-binding", "system:build-strategy-jenkinspipeline"),
    ("system:build-strategy-source-binding", "system:build-strategy-source"),
    ("console-extensions-reader", "console-extensions-reader"),
    ("helm-chartrepos-view", "helm-chartrepos-viewer"),
    ("gce:podsecuritypolicy:authenticated", "gce:podsecuritypolicy:unprivileged"),
    ("eks:podsecuritypolicy:authenticated", "eks:podsecuritypolicy:privileged"),
];

fn probe(object: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    let rbac = scan.evidence.rbac();
    let Some(binding) = rbac.binding(object.id) else { return Verdict::Pass };
    // what Kubernetes binds itself is right as long as the role is as Kubernetes makes it
    let everybody = binding.subjects.iter().any(|subject| subject.identity.is_everybody());
    let unchanged = everybody && binding.is_resolved() && rbac.rules_of(binding).all(|(_, rule)| rule.built_in);
    let is_wide = |subject: &&Subject<'_>| subject.identity.is_everybody() && !(subject.built_in && unchanged);
    let mut wide = binding.subjects.iter().filter(is_wide).peekable();
    if wide.peek().is_none() {
        return Verdict::Pass;
    }
    if rbac.gives_everything(binding) {
        return Verdict::Skip("it gives everything: rbac-cluster-admin-binding says so".into());
    }
    let only_paths = binding.is_resolved() && rbac.rules_of(binding).all(|(_, rule)| is_harmless(rule));
    let public = unchanged && binding.to_cluster_role && PUBLIC.contains(&binding.role);
    wide.filter_map(|subject| fault(scan, binding, subject, public, only_paths)).collect()
}

fn fault(scan: &Scan<'_>, binding: &Binding<'_>, subject: &Subject<'_>, public: bool, only_paths: bool) -> Option<Fault> {
    let identity = subject.identity;
    if public && (!identity.is_anonymous() || binding.role == "system:public-info-viewer") {
        return None;
    }
    let said = format!("{identity} holds {}", binding.role);
    let fault = subject.field.key("name").fault(said).expected("those who need it, by name");
    if owners::lists(scan, identity, &[]) {
        return Some(fault.severity(Severity::Info));
    }
    let severity = match identity.is_anonymous() {
        true if !only_paths => Severity::Critical,
        false if !only_paths => Severity::High,
        _ => Severity::Medium,
    };
    let fault = fault.severity(severity);
    Some(if OF_PLATFORMS.contains(&(binding.name, binding.role)) { fault.doubt() } else { fault })
}

/// Whether it opens only paths that tell of the API itself.
fn is_harmless(rule: &Rule<'_>) -> bool {
    let told = ["/healthz", "/livez", "/readyz", "/version", "/api", "/openapi", "/.well-known", "/openid"];
    rule.resources.is_empty()
        && rule.verbs.iter().all(|verb| *verb == "get" || *verb == "head")
        && rule.urls.iter().all(|url| told.iter().any(|start| url.starts_with(start)))
}
