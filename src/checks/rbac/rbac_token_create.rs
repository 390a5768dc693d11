//! Whoever makes a token of an account has the account.

use super::danger::{BINDINGS, BuiltIn, Case, Danger, Hit, KINDS, Right, Weight, hit, judge};
use super::owners::{BREAK_GLASS, SECRET_OPERATORS};
use super::power::Power;
use super::rbac_secrets_read::SECRET_GROUPS;
use super::words::and;
use crate::checks::{Check, Probe, Severity};
use crate::model::rbac::{Holder, Identity, Rule};

pub(super) static CHECK: Check = Check {
    id: "rbac-token-create",
    title: "tokens of other accounts can be made",
    topic: "rbac",
    severity: Severity::High,
    why: "A token of an account is all that the account may do, so the right leads to the strongest account within reach.",
    fix: "Limit the rule by `resourceNames` to accounts that may do little; take `create` or reading from who holds both on Secrets.",
    how: "Fails where somebody may create `serviceaccounts/token`, or both create and read Secrets: high in all of the cluster, medium in a namespace, Secrets there only where one of its accounts is worth the cluster. Limited by `resourceNames` it is judged by what those accounts may do, one's own left out. Operators of secrets are for review, nodes and `secret_operators` notes. Rules with wildcards are left to rbac-wildcard-rule; a rule that nobody is seen to hold is for review, or a note where every binding was seen.",
    needs: BINDINGS,
    settings: &[&SECRET_OPERATORS, &BREAK_GLASS],
    blind: "What the named accounts may do outside of the evidence; Secrets that are read by way of a pod or by others.",
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

/// A Secret of the type for tokens is filled with one of the account that it names, for whoever can read it then.
const SECRETS: &[Right] = &[Right { groups: &[""], resources: &["secrets"], verbs: &["create"] }];

fn find<'r>(rule: &'r Rule<'r>) -> Option<Hit<'r>> {
    let tokens = hit(rule, TOKENS).map(|hit| match rule.names.is_empty() {
        true => hit,
        // the name of a token request is that of its account, so names do restrict this `create`
        false => Hit { what: format!("{} of {}", hit.what, and(&rule.names)), ..hit },
    });
    let secrets = || hit(rule, SECRETS).filter(|_| rule.names.is_empty());
    tokens.or_else(|| Some(Hit { what: "create Secrets that hold a token, and read them,".to_owned(), ..secrets()? }))
}

fn weigh(case: &Case<'_>, holder: &Holder<'_>) -> Weight {
    if holder.identity.is_node() {
        return Weight::Note("NodeRestriction limits a node to the accounts of its own pods");
    }
    let severity = if holder.namespace.is_none() || holder.identity.is_everybody() { Severity::High } else { Severity::Medium };
    let power = match (case.hit.value == "secrets", case.rule.names.is_empty()) {
        (true, _) => through_secrets(case, holder),
        (false, true) => Power::All,
        (false, false) => of_names(case, holder),
    };
    match power {
        Power::None => return Weight::Pass,
        Power::Unseen => return Weight::Review(Severity::Low, "what these accounts may do was not seen; show that it is little"),
        Power::All | Power::Some => {}
    }
    if case.controls(holder, SECRET_GROUPS) {
        return Weight::Review(severity, "an operator of secrets may need it; show that, and list it in secret_operators");
    }
    match (power, case.rule.names.is_empty()) {
        (Power::All, false) => Weight::Because(Severity::High, "one of these accounts is as good as the whole cluster"),
        (_, false) => Weight::Because(Severity::Medium, "one of these accounts holds rights that are reported by themselves"),
        (_, true) => Weight::Fail(severity),
    }
}

/// The most that any of the accounts may do that the rule is limited to, the holder left out.
fn of_names(case: &Case<'_>, holder: &Holder<'_>) -> Power {
    let own = |name: &&&str| match holder.identity {
        Identity::Account { namespace, name: own } => **name == own && holder.namespace == Some(namespace),
        _ => false,
    };
    let others = case.rule.names.iter().filter(|name| !own(name));
    let each = others.map(|name| Power::of_name(case.scan, case.world, "serviceaccounts", name, holder));
    Power::of(each, case.all_bindings_seen())
}

/// What one gets who creates Secrets and reads them where he does: all accounts, or those of one namespace, of which only
/// one that is worth the cluster counts.
fn through_secrets(case: &Case<'_>, holder: &Holder<'_>) -> Power {
    let rbac = case.scan.evidence.rbac();
    let here = |namespace: Option<&str>| namespace.is_none() || namespace == holder.namespace;
    let reads = |rule: &Rule<'_>| ["get", "list", "watch"].iter().any(|verb| rule.allows(verb, "", "secrets", ""));
    let mut bindings = rbac.bindings_including(case.world, holder.identity).filter(|binding| here(binding.namespace));
    if !bindings.any(|binding| rbac.rules_of(binding).any(|(_, rule)| reads(rule))) {
        return Power::None;
    }
    let Some(namespace) = holder.namespace else { return Power::All };
    let accounts = rbac.accounts_of(case.world, namespace).iter().map(|name| Identity::Account { namespace, name });
    let mut others = accounts.filter(|account| *account != holder.identity);
    if others.any(|account| Power::of_identity(case.scan, case.world, account) == Power::All) { Power::Some } else { Power::None }
}
