//! `escalate` and `bind` lift the rule that nobody grants what he does not have.

use super::danger::{BINDINGS, BuiltIn, Case, Danger, Hit, KINDS, Right, Weight, hit, judge};
use super::owners::BREAK_GLASS;
use super::words::and;
use crate::checks::{Check, Probe, Severity};
use crate::model::rbac::{Holder, Rule};

pub(super) static CHECK: Check = Check {
    id: "rbac-escalate-bind",
    title: "roles can be escalated, bound or written",
    topic: "rbac",
    severity: Severity::Critical,
    why: "The API server lets nobody grant more than he has himself, but for those who may `escalate` or `bind`: they can give themselves everything.",
    fix: "Remove the verbs, or limit `bind` by `resourceNames` to harmless roles.",
    needs: BINDINGS,
    settings: &[&BREAK_GLASS],
    blind: "Admission policies that limit which bindings may be made.",
    refs: &["https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping"],
    maps: &[
        ("cis", &["5.1.8"]),
        ("owasp_k8s_2022", &["K03"]),
        ("owasp_k8s_2025", &["K02"]),
        ("mitre", &["T1098.006"]),
        ("cwe", &["CWE-269"]),
    ],
    probe: Probe::Object(KINDS, |object, scan| judge(object, scan, &DANGER)),
    ..Check::BASE
};

static DANGER: Danger = Danger {
    find,
    weigh,
    listed: &[],
    expected: "no escalate, and bind only by resourceNames",
    wildcards: false,
    built_in: BuiltIn::Counts,
};

const GROUP: &[&str] = &["rbac.authorization.k8s.io"];
const WRITE: &[&str] = &["create", "update", "patch"];
const LIFT: Right = Right { groups: GROUP, resources: &["roles", "clusterroles"], verbs: &["escalate", "bind"] };
const WRITE_BINDINGS: Right = Right { groups: GROUP, resources: &["rolebindings", "clusterrolebindings"], verbs: WRITE };
const WRITE_ROLES: Right = Right { groups: GROUP, resources: &["roles", "clusterroles"], verbs: WRITE };

fn find<'r>(rule: &'r Rule<'r>) -> Option<Hit<'r>> {
    if let Some((resources, verbs)) = LIFT.named(rule) {
        let harmless = !verbs.contains(&"escalate") && !rule.names.is_empty() && !rule.names.iter().any(|name| is_powerful(name));
        if !harmless {
            let named = if rule.names.is_empty() { String::new() } else { format!(" ({})", and(&rule.names)) };
            let what = format!("{} {}{named}", and(&verbs), and(&resources));
            return Some(Hit { list: "verbs", value: verbs[0], what, cluster_scoped: false });
        }
    }
    if rule.names.is_empty() { hit(rule, &[WRITE_BINDINGS]).or_else(|| hit(rule, &[WRITE_ROLES])) } else { None }
}

/// Roles that nobody is to hand out by the way.
fn is_powerful(name: &str) -> bool {
    matches!(name, "cluster-admin" | "admin" | "edit") || name.starts_with("system:")
}

fn weigh(case: &Case<'_>, holder: &Holder<'_>) -> Weight {
    let rule = case.rule;
    let everywhere = holder.namespace.is_none() || holder.identity.is_everybody();
    if case.hit.list == "verbs" {
        let severity = if everywhere { Severity::Critical } else { Severity::High };
        let only_named = rule.verbs.contains(&"escalate") && !rule.names.is_empty() && !rule.verbs.contains(&"bind");
        return match only_named {
            true => Weight::Review(severity, "whoever holds one of these roles and may write it can put any right into it"),
            false => Weight::Fail(severity),
        };
    }
    if rule.built_in && !everywhere {
        return Weight::Note("it is what the role is for, and grants no more than one has");
    }
    let bindings = WRITE_BINDINGS.named(rule).is_some();
    Weight::Fail(if bindings && everywhere { Severity::Medium } else { Severity::Low })
}
