//! Without a policy that selects every pod and allows nothing, a new pod is open to all.

use std::collections::BTreeSet;

use super::{POLICIES, unless_other_policy};
use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::isolation::{Effect, Isolation, OTHER_POLICIES, named};
use crate::model::network::Direction;
use crate::model::{Namespace, kinds};

pub(super) static CHECK: Check = Check {
    id: "network-default-deny-missing",
    title: "namespace does not deny traffic by default",
    topic: "network",
    severity: Severity::High,
    why: "A pod that no policy selects talks to every other pod and to the internet, and is talked to; a default denial makes each allowance a decision.",
    fix: "Add a NetworkPolicy with an empty `podSelector`, both `policyTypes` and no rules, and policies beside it that allow what is needed, DNS first.",
    how: "Fails a namespace with workloads when a pod that is not there yet would be open in a direction: no policy, and no policies between them, select every pod (ingress high, egress medium; medium where each present pod is selected, or the administrator denies it to the pods of the cluster alone), or a rule allows everything again. NetworkPolicies, those of Cilium and Calico with their tiers, and those of the administrator (AdminNetworkPolicy, BaselineAdminNetworkPolicy, ClusterNetworkPolicy) are read in the order in which they are asked. A policy that is not understood, or whose copies differ, is left for review where it decides. Pods on the network of their node do not count, nor do system namespaces.",
    blind: "Whether the network plug-in enforces policies at all does not show in the objects; policies of Antrea are named, not read.",
    needs: &[kinds::NETWORK_POLICY, kinds::CONFIG_MAP],
    beside: OTHER_POLICIES,
    settings: &[&crate::settings::SYSTEM_NAMESPACES],
    refs: &[
        "https://kubernetes.io/docs/concepts/services-networking/network-policies/",
        "https://docs.cilium.io/en/stable/security/policy/intro/",
        "https://docs.tigera.io/calico/latest/network-policy/policy-tiers/tiered-policy",
        "https://network-policy-api.sigs.k8s.io/",
    ],
    maps: &[
        ("cis", &["5.3.2"]),
        ("owasp_k8s_2022", &["K07"]),
        ("owasp_k8s_2025", &["K05"]),
        ("mitre", &["T1046", "T1021"]),
        ("nsa_cisa", &["network-separation"]),
        ("cwe", &["CWE-923"]),
    ],
    probe: Probe::Namespace(probe),
    ..Check::BASE
};

fn probe(namespace: &Namespace<'_>) -> Verdict {
    if namespace.is_system() {
        return Verdict::Skip("a system namespace".into());
    }
    if namespace.pods_under_policies().next().is_none() {
        let any = namespace.pods().next().is_some();
        return Verdict::Skip(if any { "all its pods are on the network of their node" } else { "no workload in it" }.into());
    }
    let faults: Vec<_> = [Direction::Ingress, Direction::Egress].into_iter().filter_map(|direction| fault(namespace, direction)).collect();
    match namespace.other_policy(Effect::Precedes) {
        Some(other) if faults.is_empty() => {
            Verdict::Review(format!("{} is asked before the NetworkPolicies, and not read yet", named(other)).into())
        }
        _ => faults.into(),
    }
}

fn fault(namespace: &Namespace<'_>, direction: Direction) -> Option<Fault> {
    let word = direction.word();
    let fault = match namespace.isolates_by_default(direction) {
        Isolation::Yes => return None,
        Isolation::Cancelled(policy, rule) => {
            let said = if policy.selector.selects_all() {
                format!("NetworkPolicy {} selects every pod, but this rule allows all {word} again", policy.object.name)
            } else {
                let names: BTreeSet<_> = namespace.openings(direction).map(|(policy, _)| policy.object.name).collect();
                let names = names.into_iter().collect::<Vec<_>>().join(", ");
                format!("the NetworkPolicies {names} select every pod between them, and each allows all {word} again")
            };
            rule.place().fault(said).expected("a rule with peers, or none")
        }
        Isolation::Unknown(policy) => {
            let said = format!("too many labels decide whether the policies of the namespace leave a pod open to all {word}");
            policy.object.at("spec.podSelector").fault(said).expected("a policy with an empty podSelector").doubt()
        }
        Isolation::Disputed(policy, copy) => {
            let said = "NetworkPolicy {} denies {} by default here, but not in each of its copies";
            let said = said.replacen("{}", policy.object.name, 1).replacen("{}", word, 1);
            copy.object.at("spec").fault(said).expected("copies that agree").doubt()
        }
        Isolation::Apart(policy) => {
            let evidence = namespace.scan().evidence;
            let without = namespace.pods_under_policies().find_map(|pod| evidence.apart(&policy.object, pod.object()));
            let said = format!(
                "NetworkPolicy {} denies {word} by default here, but kustomize may build pods without it: see {}",
                policy.object.name,
                without.unwrap_or_default()
            );
            policy.object.at("spec").fault(said).expected("a policy in each tree that has pods").doubt()
        }
        Isolation::Opened(guard, clause) => {
            let said = format!("{} allows all {word} of the namespace {}, whatever else is said", guard.named(), namespace.name());
            clause.place().fault(said).expected("a rule with peers, or none")
        }
        Isolation::Unclear(guard) => {
            let said = format!("whether {word} of the namespace {} is denied by default: {}", namespace.name(), guard.doubt());
            namespace.field().fault(said).expected("a policy for every pod that denies it").doubt()
        }
        Isolation::No => {
            return Some(unless_other_policy(missing(namespace, direction), namespace, Effect::Isolates));
        }
    };
    Some(fault.severity(severity(direction)))
}

fn missing(namespace: &Namespace<'_>, direction: Direction) -> Fault {
    let word = direction.word();
    let covered = namespace.pods_under_policies().all(|pod| matches!(namespace.isolates_pod(direction, &pod), Isolation::Yes));
    let closed = namespace.closed_to_pods(direction);
    let said = match closed {
        Some(guard) => format!("{} denies it to pods of the cluster alone, and nothing denies the rest", guard.named()),
        None if covered => "a policy selects each pod here, but none a new one".to_owned(),
        None => "no policy denies it by default".to_owned(),
    };
    let beyond = match namespace.pods().filter(|pod| pod.on_host_network()).count() {
        0 => String::new(),
        1 => " (and 1 pod is on the network of its node, out of reach of any policy)".to_owned(),
        count => format!(" (and {count} pods are on the networks of their nodes, out of reach of any policy)"),
    };
    let fault = namespace.field().fault(format!("{word} of the namespace {}: {said}{beyond}", namespace.name()));
    let expected = format!("a NetworkPolicy with an empty podSelector, the policy type {} and no rules", direction.as_str());
    fault.expected(expected).severity(if covered || closed.is_some() { Severity::Medium } else { severity(direction) }).missing(POLICIES)
}

/// What may come in reaches everything; what may go out needs somebody inside first.
fn severity(direction: Direction) -> Severity {
    if direction == Direction::Ingress { Severity::High } else { Severity::Medium }
}
