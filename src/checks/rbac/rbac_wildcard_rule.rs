//! A wildcard grants what nobody chose: what is there, and whatever a later version or operator adds.

use super::danger::{BINDINGS, BuiltIn, Case, Danger, Hit, KINDS, Weight, judge};
use super::owners::BREAK_GLASS;
use super::rbac_nodes_proxy;
use super::words::{and, some};
use crate::checks::{Check, Probe, Severity};
use crate::model::kinds;
use crate::model::rbac::{Holder, Rule};

pub(super) static CHECK: Check = Check {
    id: "rbac-wildcard-rule",
    title: "wildcard in a rule's verbs or resources",
    topic: "rbac",
    severity: Severity::High,
    why: "`*` takes in every verb or resource there is and every one to come, among them those that give the cluster away.",
    fix: "Name the verbs and resources that are used.",
    how: "Fails for a rule that somebody holds, not one of Kubernetes' own, with `*` among its resources or verbs, a resource such as `*/scale`, or every verb on every non-resource path. High as a rule; critical where it takes in nodes/proxy in all of the cluster; medium where it only reads outside of the core group, is for an operator's own groups, for named resources or subresources of one namespace, or for harmless subresources. `pods/*` grants nothing and is a note; the rule for everything is left to rbac-cluster-admin-binding. A rule that nobody is seen to hold is for review, or a note where every binding was seen.",
    needs: BINDINGS,
    settings: &[&BREAK_GLASS],
    blind: "Which of the rights are really used.",
    refs: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/"],
    maps: &[
        ("cis", &["5.1.3"]),
        ("owasp_k8s_2022", &["K03"]),
        ("owasp_k8s_2025", &["K02"]),
        ("mitre", &["T1098.006"]),
        ("cwe", &["CWE-269"]),
    ],
    probe: Probe::Object(KINDS, |object, scan| judge(object, scan, &DANGER)),
    ..Check::BASE
};

static DANGER: Danger =
    Danger { find, weigh, listed: &[], expected: "the verbs and resources that are used", wildcards: true, built_in: BuiltIn::Counts };

fn find<'r>(rule: &'r Rule<'r>) -> Option<Hit<'r>> {
    let all_verbs = rule.verbs.contains(&"*");
    let hit = |list, value, what| Some(Hit { list, value, what });
    if rule.resources.contains(&"*") && !rule.groups.is_empty() {
        let verbs = if all_verbs { "do anything with".to_owned() } else { and(&rule.verbs) };
        return hit("resources", "*", format!("{verbs} every resource of {}", groups(rule)));
    }
    if all_verbs && !rule.resources.is_empty() {
        // of Kubernetes' own rules only that for nodes/proxy is such, and it has its check
        return if rule.built_in { None } else { hit("verbs", "*", format!("do anything with {}", some(&rule.resources))) };
    }
    if let Some(value) = rule.resources.iter().find(|resource| resource.starts_with("*/")) {
        return hit("resources", value, format!("{} {} of every resource of {}", and(&rule.verbs), &value[2..], groups(rule)));
    }
    let all_urls = all_verbs && rule.urls.contains(&"*");
    if all_urls {
        let what = "send any request to any path that is no resource".to_owned();
        return Some(Hit { list: "nonResourceURLs", value: "*", what });
    }
    let useless = rule.resources.iter().find(|resource| resource.ends_with("/*"))?;
    hit("resources", useless, format!("do nothing by {useless}"))
}

fn groups(rule: &Rule<'_>) -> String {
    if rule.groups.contains(&"*") {
        return "every API group".to_owned();
    }
    let named: Vec<_> = rule.groups.iter().map(|group| if group.is_empty() { "the core group" } else { group }).collect();
    some(&named)
}

/// Whether `*` or `*/proxy` takes in what `rbac-nodes-proxy` reports where it is named.
fn reaches_kubelets(rule: &Rule<'_>) -> bool {
    rbac_nodes_proxy::VERBS.iter().any(|verb| rule.allows(verb, "", "nodes/proxy", ""))
}

/// Whether a wildcard for subresources takes in one by which a pod is entered or an account taken over.
fn opens_more(rule: &Rule<'_>) -> bool {
    let entered = ["pods/exec", "pods/attach", "pods/portforward", "serviceaccounts/token"];
    entered.iter().any(|resource| rule.allows("create", "", resource, ""))
        || ["update", "patch"].iter().any(|verb| rule.allows(verb, "", "pods/ephemeralcontainers", ""))
}

fn weigh(case: &Case<'_>, holder: &Holder<'_>) -> Weight {
    let rule = case.rule;
    if case.hit.value.ends_with("/*") {
        return Weight::Note("RBAC has no such wildcard, only `*` and `*/exec`, so it grants nothing");
    }
    if rule.is_all() {
        return Weight::Pass; // rbac-cluster-admin-binding says it
    }
    if !rule.urls.is_empty() && case.may_everywhere(holder, |rule| rule.is_all()) {
        return Weight::Pass; // so does it here
    }
    if holder.namespace.is_none() && reaches_kubelets(rule) {
        return Weight::Because(Severity::Critical, "nodes/proxy is among them, by which one runs commands in any pod of the nodes");
    }
    if case.hit.value.starts_with("*/") {
        return Weight::Fail(if opens_more(rule) && holder.namespace.is_none() { Severity::High } else { Severity::Medium });
    }
    let reads = rule.verbs.iter().all(|verb| matches!(*verb, "get" | "list" | "watch"));
    let takes_in_secrets = rule.groups.iter().any(|group| matches!(*group, "" | "*"));
    let own_groups = !rule.groups.is_empty() && rule.groups.iter().all(|group| !kinds::is_built_in(group) && *group != "*");
    let serves = own_groups && rule.groups.iter().all(|group| case.operates(holder, &[group]));
    // every verb on a few named resources of one namespace
    let narrow = case.hit.list == "verbs" && holder.namespace.is_some();
    if serves || narrow || reads && !takes_in_secrets {
        return Weight::Fail(Severity::Medium);
    }
    Weight::Fail(Severity::High)
}
