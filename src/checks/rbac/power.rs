//! How much somebody holds, or a role gives: whether handing it out is as good as handing out the cluster.

use super::danger::hit;
use super::rbac_escalate_bind::LIFT;
use super::rbac_impersonate::LEGACY;
use super::rbac_nodes_proxy::PROXY;
use super::rbac_pod_exec::ENTER;
use super::rbac_secrets_read::READ_SECRETS;
use super::rbac_storage_node_write::VOLUMES_AND_NODES;
use super::rbac_token_create::TOKENS;
use super::rbac_workload_create::WORKLOADS;
use super::{rbac_csr_approval, rbac_security_policy_write};
use crate::model::Scan;
use crate::model::rbac::{Holder, Identity, Rbac, Rule};

/// How much, the most first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Power {
    /// The cluster, or the way to it.
    All,
    /// Something that a check of this topic reports.
    Some,
    /// Nothing of the kind.
    None,
    /// No binding of him, or no role of this name, was seen.
    Unseen,
}

impl Power {
    /// What these names come to together; where the input may be a part of the cluster, what was not seen counts.
    pub(super) fn of(each: impl Iterator<Item = Power>, all_seen: bool) -> Power {
        let each: Vec<_> = each.collect();
        match each.iter().min() {
            Some(Power::None | Power::Unseen) if !all_seen && each.contains(&Power::Unseen) => Power::Unseen,
            Some(Power::Unseen) | None => Power::None,
            Some(worst) => *worst,
        }
    }

    /// Of a role by its name, as somebody may bind it in a namespace or in all of the cluster.
    pub(super) fn of_role(scan: &Scan<'_>, world: u16, resource: &str, namespace: Option<&str>, name: &str) -> Power {
        match scan.evidence.rbac().rules_named(world, resource, namespace, name) {
            Some(rules) => of_rules(rules.into_iter(), namespace.is_none()),
            None => Power::Unseen,
        }
    }

    /// Of somebody whom a rule names under `users`, `groups` or `serviceaccounts`, for one who holds the rule.
    pub(super) fn of_name(scan: &Scan<'_>, world: u16, resource: &str, name: &str, holder: &Holder<'_>) -> Power {
        match (resource, holder.namespace) {
            ("groups", _) => Power::of_identity(scan, world, Identity::Group(name)),
            ("users", _) => Power::of_identity(scan, world, Identity::of_user(name)),
            (_, Some(namespace)) => Power::of_identity(scan, world, Identity::Account { namespace, name }),
            // in all of the cluster the name alone counts, whatever the namespace
            (_, None) => {
                let bound = scan.evidence.rbac().namespaces_of_account(world, name).iter().copied();
                let each =
                    bound.chain(["kube-system"]).map(|namespace| Power::of_identity(scan, world, Identity::Account { namespace, name }));
                each.min().unwrap_or(Power::Unseen)
            }
        }
    }

    /// Of somebody, by all that is bound to him.
    pub(super) fn of_identity(scan: &Scan<'_>, world: u16, identity: Identity<'_>) -> Power {
        let rbac = scan.evidence.rbac();
        let built_in = Rbac::built_in_rules(identity);
        if of_rules(built_in.iter(), true) == Power::All {
            return Power::All;
        }
        let bindings = rbac.bindings_including(world, identity);
        let each = bindings.map(|binding| of_rules(rbac.rules_of(binding).map(|(_, rule)| rule), binding.namespace.is_none()));
        each.chain((!built_in.is_empty()).then(|| of_rules(built_in.iter(), true))).min().unwrap_or(Power::Unseen)
    }
}

fn of_rules<'r>(rules: impl Iterator<Item = &'r Rule<'r>>, everywhere: bool) -> Power {
    rules.map(|rule| of_rule(rule, everywhere)).min().unwrap_or(Power::None)
}

fn of_rule(rule: &Rule<'_>, everywhere: bool) -> Power {
    if !everywhere {
        return rule.in_namespace().iter().map(|part| dangerous(part)).max_by_key(|is| *is).map_or(Power::None, some);
    }
    let leads_on = rule.is_all() || LIFT.named(rule).is_some() || LEGACY.named(rule).is_some() || hit(rule, PROXY).is_some();
    if rule.names.is_empty() && leads_on { Power::All } else { some(dangerous(rule)) }
}

fn some(is: bool) -> Power {
    if is { Power::Some } else { Power::None }
}

/// Whether a check of this topic would report it; a rule with names is of one's own things.
fn dangerous(rule: &Rule<'_>) -> bool {
    let rights = [READ_SECRETS, WORKLOADS, ENTER, TOKENS, VOLUMES_AND_NODES, PROXY];
    rule.names.is_empty()
        && (rule.has_wildcard()
            || LIFT.named(rule).is_some()
            || LEGACY.named(rule).is_some()
            || rights.iter().any(|right| hit(rule, right).is_some())
            || rbac_csr_approval::find(rule).is_some()
            || rbac_security_policy_write::find(rule).is_some())
}
