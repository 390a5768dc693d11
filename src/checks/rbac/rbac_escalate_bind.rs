//! `escalate` and `bind` lift the rule that nobody grants what he does not have.

use super::danger::{BINDINGS, BuiltIn, Case, Danger, Hit, KINDS, Right, Weight, hit, judge};
use super::owners::BREAK_GLASS;
use super::power::Power;
use super::words::and;
use crate::checks::{Check, Probe, Severity};
use crate::model::kinds;
use crate::model::rbac::{Holder, Rule};

pub(super) static CHECK: Check = Check {
    id: "rbac-escalate-bind",
    title: "roles can be escalated, bound or written",
    topic: "rbac",
    severity: Severity::Critical,
    why: "The API server lets nobody grant more than he has himself, but for those who may `escalate` or `bind`: they can give themselves everything.",
    fix: "Remove the verbs, or limit `bind` by `resourceNames` to harmless roles.",
    how: "Fails where somebody may `escalate` or `bind` roles or clusterroles: critical in all of the cluster, high in a namespace; limited by `resourceNames` it is judged by what those roles grant, passes where that is harmless, and is for review where it was not seen. To create or change bindings is medium in all of the cluster and low in a namespace, to create or change roles low, as the API server lets nobody grant more than he has. Rules with wildcards are left to rbac-wildcard-rule; a rule that nobody is seen to hold is for review, or a note where every binding was seen.",
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
pub(super) const LIFT: Right = Right { groups: GROUP, resources: &["roles", "clusterroles"], verbs: &["escalate", "bind"] };
const WRITE_BINDINGS: Right = Right { groups: GROUP, resources: &["rolebindings", "clusterrolebindings"], verbs: WRITE };
const WRITE_ROLES: Right = Right { groups: GROUP, resources: &["roles", "clusterroles"], verbs: WRITE };

fn find<'r>(rule: &'r Rule<'r>) -> Option<Hit<'r>> {
    if let Some((resources, verbs)) = LIFT.named(rule) {
        let named = if rule.names.is_empty() { String::new() } else { format!(" ({})", and(&rule.names)) };
        let what = format!("{} {}{named}", and(&verbs), and(&resources));
        return Some(Hit { list: "verbs", value: verbs[0], what });
    }
    if rule.names.is_empty() { hit(rule, &[WRITE_BINDINGS]).or_else(|| hit(rule, &[WRITE_ROLES])) } else { None }
}

/// Roles that nobody is to hand out by the way.
fn is_powerful(name: &str) -> bool {
    matches!(name, "cluster-admin" | "admin" | "edit") || name.starts_with("system:")
}

/// What it means to bind, or to put rights into, roles of these names only.
fn named(case: &Case<'_>, holder: &Holder<'_>, severity: Severity) -> Weight {
    let rule = case.rule;
    let pairs = LIFT.resources.iter().filter(|resource| rule.resources.contains(resource));
    let pairs = pairs.flat_map(|resource| rule.names.iter().map(move |name| (*resource, *name)));
    let each = pairs.map(|(resource, name)| match (resource, is_powerful(name)) {
        ("clusterroles", true) => Power::All,
        _ => Power::of_role(case.scan, case.world, resource, holder.namespace, name),
    });
    let roles_seen = [kinds::ROLE, kinds::CLUSTER_ROLE].iter().all(|kind| case.scan.is_whole(*kind, None));
    let lower = if severity == Severity::Critical { Severity::High } else { Severity::Medium };
    match Power::of(each, roles_seen) {
        Power::All => Weight::Because(severity, "one of these roles is as good as all there is"),
        Power::Some => Weight::Because(lower, "one of these roles grants what is reported by itself"),
        _ if rule.verbs.contains(&"escalate") => {
            Weight::Review(severity, "whoever holds one of these roles and may write it can put any right into it")
        }
        Power::Unseen => Weight::Review(Severity::Medium, "what these roles grant was not seen; show that they are harmless"),
        Power::None => Weight::Pass,
    }
}

fn weigh(case: &Case<'_>, holder: &Holder<'_>) -> Weight {
    let rule = case.rule;
    let everywhere = holder.namespace.is_none() || holder.identity.is_everybody();
    if case.hit.list == "verbs" {
        let severity = if everywhere { Severity::Critical } else { Severity::High };
        return if rule.names.is_empty() { Weight::Fail(severity) } else { named(case, holder, severity) };
    }
    if rule.built_in && !everywhere {
        return Weight::Note("it is what the role is for, and grants no more than one has");
    }
    let bindings = WRITE_BINDINGS.named(rule).is_some();
    Weight::Fail(if bindings && everywhere { Severity::Medium } else { Severity::Low })
}
