//! Whoever lists Secrets reads them: a list carries the contents.

use super::danger::{BINDINGS, BuiltIn, Case, Danger, Hit, KINDS, Right, Weight, hit, judge};
use super::owners::{BREAK_GLASS, SECRET_OPERATORS};
use crate::checks::{Check, Probe, Severity};
use crate::model::rbac::{Holder, Identity, Rule};

pub(super) static CHECK: Check = Check {
    id: "rbac-secrets-read",
    title: "Secrets can be read broadly",
    topic: "rbac",
    severity: Severity::High,
    why: "Secrets hold the credentials of other identities; whoever reads all of them can act as any of them. `list` and `watch` return the contents just as `get` does.",
    fix: "Allow `get` on the Secrets that are needed, by `resourceNames` and in their namespace; hand secrets to pods as volumes instead.",
    how: "Fails where somebody may get, list or watch Secrets without `resourceNames`: high in all of the cluster or for everybody; in one namespace, for service accounts alone, medium with list or watch and low with get. People in one namespace pass; operators of secrets, known by the groups they control, are for review, `secret_operators` notes. Rules with wildcards are left to rbac-wildcard-rule; a rule that nobody is seen to hold is for review, or a note where every binding was seen.",
    needs: BINDINGS,
    settings: &[&SECRET_OPERATORS, &BREAK_GLASS],
    blind: "Whether the values in the Secrets are worth anything, and who else is in a group.",
    refs: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/#listing-secrets"],
    maps: &[
        ("cis", &["5.1.2"]),
        ("owasp_k8s_2022", &["K03", "K08"]),
        ("owasp_k8s_2025", &["K02", "K03"]),
        ("mitre", &["T1552.007"]),
        ("cwe", &["CWE-522"]),
    ],
    probe: Probe::Object(KINDS, |object, scan| judge(object, scan, &DANGER)),
    ..Check::BASE
};

static DANGER: Danger = Danger {
    find,
    weigh,
    listed: &[&SECRET_OPERATORS],
    expected: "get on named Secrets in one namespace",
    wildcards: false,
    built_in: BuiltIn::CountsButForTenants,
};

pub(super) const READ_SECRETS: &[Right] = &[Right { groups: &[""], resources: &["secrets"], verbs: &["get", "list", "watch"] }];

/// Operators whose work is to make or hand out Secrets.
pub(super) const SECRET_GROUPS: &[&str] = &[
    "external-secrets.io",
    "generators.external-secrets.io",
    "bitnami.com",
    "cert-manager.io",
    "acme.cert-manager.io",
    "secrets.hashicorp.com",
    "secrets-store.csi.x-k8s.io",
    "secrets.infisical.com",
    "akv2k8s.io",
    "ricoberger.de",
    "isindir.github.com",
];

fn find<'r>(rule: &'r Rule<'r>) -> Option<Hit<'r>> {
    // a name restricts lists too: they must then select that name
    if rule.names.is_empty() { hit(rule, READ_SECRETS) } else { None }
}

fn weigh(case: &Case<'_>, holder: &Holder<'_>) -> Weight {
    let lists = case.rule.verbs.iter().any(|verb| matches!(*verb, "list" | "watch"));
    match (holder.namespace, holder.identity) {
        _ if holder.identity.is_everybody() => Weight::Fail(Severity::High),
        (None, _) if case.controls(holder, SECRET_GROUPS) => {
            Weight::Review(Severity::High, "an operator of secrets may need it; show that, and list it in secret_operators")
        }
        (None, _) => Weight::Fail(Severity::High),
        // people in their own namespace are not what this check is about
        (Some(_), Identity::User(_)) => Weight::Pass,
        (Some(_), Identity::Group(_)) if holder.identity.namespace_group().is_none() => Weight::Pass,
        (Some(_), _) => Weight::Fail(if lists { Severity::Medium } else { Severity::Low }),
    }
}
