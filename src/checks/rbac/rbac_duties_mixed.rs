//! Who deploys is not to set the rules for what is deployed, nor to switch off what would tell of it.

use std::collections::{BTreeMap, HashSet};

use super::danger::{BINDINGS, KINDS};
use super::owners::{self, BREAK_GLASS};
use super::rbac_audit_evidence_delete::EVIDENCE;
use super::rbac_secrets_read::READ_SECRETS;
use super::rbac_workload_create::WORKLOADS;
use super::{danger, rbac_security_policy_write};
use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::rbac::{Binding, Rule, Subject};
use crate::model::{Object, Scan};
use crate::settings::{Default, Setting};

/// Which duties exclude each other.
static CONFLICTS: Setting = Setting {
    key: "conflicting_duties",
    help: "Pairs of duties that no identity is to have together, of deploy, policy, rbac, alerts and secrets (all of the cluster's).",
    default: Default::Strings(&["deploy+policy", "deploy+rbac", "deploy+alerts", "deploy+secrets"]),
};

pub(super) static CHECK: Check = Check {
    id: "rbac-duties-mixed",
    title: "one identity combines conflicting duties",
    topic: "rbac",
    severity: Severity::Medium,
    why: "Where the one who deploys also writes the policies, the rights or the alerts, nobody else has to agree to anything, and one stolen credential is enough.",
    fix: "Split the identity along the duties, and bind each part to those who have that duty.",
    how: "Fails for an identity that, by all its bindings together, has both duties of one of `conflicting_duties`: as delivered, deploying workloads beside writing policies, writing roles or bindings, deleting evidence or alerts, or reading all Secrets of the cluster. An operator that has both is for review, `break_glass_subjects` are notes. Wildcards, rules with `resourceNames`, and Kubernetes' own roles in one namespace do not count.",
    needs: KINDS,
    settings: &[&CONFLICTS, &BREAK_GLASS],
    blind: "Which people are in which groups of the identity provider: conflicts across those are not seen.",
    refs: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/"],
    maps: &[("owasp_k8s_2022", &["K03"]), ("owasp_k8s_2025", &["K02"]), ("cwe", &["CWE-269"])],
    probe: Probe::Object(BINDINGS, probe),
    ..Check::BASE
};

fn probe(object: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    let Some(binding) = scan.evidence.rbac().binding(object.id) else { return Verdict::Pass };
    let others = binding.subjects.iter().filter(|subject| !subject.built_in && !subject.identity.is_built_in());
    others.filter_map(|subject| conflict(scan, binding, subject)).collect()
}

/// The fault of one identity, said at the first of its bindings.
fn conflict(scan: &Scan<'_>, binding: &Binding<'_>, subject: &Subject<'_>) -> Option<Fault> {
    let rbac = scan.evidence.rbac();
    let identity = subject.identity;
    let first = rbac.bindings_of(binding.world, identity).next()?;
    if first.object != binding.object {
        return None;
    }
    let own = duties(scan, rbac.bindings_of(binding.world, identity));
    if own.is_empty() {
        return None;
    }
    // what comes from a group alone is said of the group
    let shared = duties(scan, rbac.bindings_of_groups(binding.world, identity));
    let through = |word: &str| own.get(word).or_else(|| shared.get(word)).copied();
    let held = scan.settings.strings(&CONFLICTS).find_map(|pair| {
        let (one, other) = pair.split_once('+').map(|(one, other)| (one.trim(), other.trim()))?;
        let pair = ((one, through(one)?), (other, through(other)?));
        (own.contains_key(one) || own.contains_key(other)).then_some(pair)
    });
    let ((one, by_one), (other, by_other)) = held?;
    let said = format!("{identity} combines {} (through {by_one}) with {} (through {by_other})", duty(one), duty(other));
    let fault = subject.field.key("name").fault(said).expected("an identity a duty");
    if owners::lists(scan, identity, &[]) {
        return Some(fault.severity(Severity::Info));
    }
    let operator = !rbac.operated_groups(binding.world, identity).is_empty();
    let fault = if operator { fault.reworded(|said| format!("{said}: an operator may need both")).doubt() } else { fault };
    Some(fault)
}

fn duty(word: &str) -> &str {
    match word {
        "deploy" => "deploying workloads",
        "policy" => "writing policies",
        "rbac" => "writing roles or bindings",
        "alerts" => "deleting evidence or alerts",
        "secrets" => "reading all Secrets of the cluster",
        word => word,
    }
}

/// The duties that somebody has, each with the first role that gives it. Wildcards are `rbac-wildcard-rule`'s.
fn duties<'r, 'a: 'r>(scan: &'r Scan<'a>, bindings: impl Iterator<Item = &'r Binding<'a>>) -> BTreeMap<&'static str, &'a str> {
    let rbac = scan.evidence.rbac();
    let mut duties = BTreeMap::new();
    let mut known = HashSet::new();
    // one role in a hundred namespaces gives the same duties a hundred times
    let role_of =
        |binding: &Binding<'a>| (binding.role, binding.namespace.filter(|_| !binding.to_cluster_role), binding.namespace.is_none());
    for binding in bindings.filter(|binding| known.insert(role_of(binding))) {
        let everywhere = binding.namespace.is_none();
        let rules = rbac.rules_of(binding).map(|(_, rule)| rule).filter(|rule| counts(binding, rule));
        let forms: Vec<_> = rules.map(|rule| danger::forms(rule, !everywhere)).collect();
        for rule in forms.iter().flat_map(|forms| forms.iter()) {
            let has = [
                ("deploy", danger::hit(rule, WORKLOADS).is_some()),
                ("policy", rbac_security_policy_write::find(rule).is_some()),
                ("rbac", writes_rbac(rule)),
                ("alerts", danger::hit(rule, EVIDENCE).is_some()),
                ("secrets", everywhere && danger::hit(rule, READ_SECRETS).is_some()),
            ];
            for (duty, _) in has.into_iter().filter(|(_, has)| *has) {
                duties.entry(duty).or_insert(binding.role);
            }
        }
    }
    duties
}

/// Wildcards are reported elsewhere, a rule with names is of one's own things, and `admin` is made to own a namespace.
fn counts(binding: &Binding<'_>, rule: &Rule<'_>) -> bool {
    !rule.has_wildcard() && rule.names.is_empty() && (!rule.built_in || binding.namespace.is_none())
}

fn writes_rbac(rule: &Rule<'_>) -> bool {
    let resources = ["roles", "rolebindings", "clusterroles", "clusterrolebindings"];
    let write = ["create", "update", "patch", "escalate", "bind"];
    resources.iter().any(|resource| write.iter().any(|verb| rule.allows(verb, "rbac.authorization.k8s.io", resource, "")))
}
