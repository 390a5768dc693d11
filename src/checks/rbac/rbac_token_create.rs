//! Whoever makes a token of an account has the account.

use super::danger::{BINDINGS, BuiltIn, Case, Danger, Hit, KINDS, Right, Weight, hit, judge};
use super::owners::{BREAK_GLASS, SECRET_OPERATORS};
use super::rbac_secrets_read::SECRET_GROUPS;
use crate::checks::{Check, Probe, Severity};
use crate::model::rbac::{Holder, Rule};

pub(super) static CHECK: Check = Check {
    id: "rbac-token-create",
    title: "tokens of other accounts can be made",
    topic: "rbac",
    severity: Severity::High,
    why: "A token of an account is all that the account may do, so the right leads to the strongest account within reach.",
    fix: "Limit the rule by `resourceNames` to the accounts whose tokens are needed.",
    needs: BINDINGS,
    settings: &[&SECRET_OPERATORS, &BREAK_GLASS],
    blind: "Tokens that come from Secrets of the type kubernetes.io/service-account-token, which whoever creates and reads Secrets can have made.",
    refs: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/#token-request"],
    maps: &[("cis", &["5.1.13"]), ("owasp_k8s_2022", &["K03"]), ("owasp_k8s_2025", &["K02"]), ("mitre", &["T1528"]), ("cwe", &["CWE-269"])],
    probe: Probe::Object(KINDS, |object, scan| judge(object, scan, &DANGER)),
    ..Check::BASE
};

static DANGER: Danger = Danger {
    find,
    weigh,
    listed: &[&SECRET_OPERATORS],
    expected: "resourceNames of the accounts that are needed",
    wildcards: false,
    built_in: BuiltIn::CountsButForTenants,
};

pub(super) const TOKENS: &[Right] = &[Right { groups: &[""], resources: &["serviceaccounts/token"], verbs: &["create"] }];

fn find<'r>(rule: &'r Rule<'r>) -> Option<Hit<'r>> {
    // the name of a token request is that of its account, so names do restrict this `create`
    if rule.names.is_empty() { hit(rule, TOKENS) } else { None }
}

fn weigh(case: &Case<'_>, holder: &Holder<'_>) -> Weight {
    if holder.identity.is_node() {
        return Weight::Note("NodeRestriction limits a node to the accounts of its own pods");
    }
    let severity = if holder.namespace.is_none() || holder.identity.is_everybody() { Severity::High } else { Severity::Medium };
    if case.controls(holder, SECRET_GROUPS) {
        return Weight::Review(severity, "an operator of secrets may need it; show that, and list it in secret_operators");
    }
    Weight::Fail(severity)
}
