//! Pods that may reach any address can fetch an attacker's tools and send data away.

use super::{POLICIES, unless_other_policy};
use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::isolation::{Effect, OTHER_POLICIES, named};
use crate::model::network::{Direction, Policy, open_to_the_internet};
use crate::model::{Namespace, kinds};

pub(super) static CHECK: Check = Check {
    id: "network-egress-internet-open",
    title: "network policy opens egress to the internet",
    topic: "network",
    severity: Severity::Medium,
    why: "Tools are fetched from, commands come from and data goes to addresses outside; a workload that needs three hosts should reach three hosts.",
    fix: "Allow the addresses that are needed, by block, or by name with the policies of a plug-in that knows names or an egress gateway.",
    how: "Where NetworkPolicies restrict egress of a namespace, fails for a rule of egress without `to`, and for blocks that come to the whole internet, with or without private ranges excepted; low where only DNS is allowed there. Wide ranges of the internet are for review, and so are policies of a kind not read. Does not apply to namespaces without a policy of egress, to system namespaces, nor where all pods are on their node's network.",
    blind: "Firewalls and gateways outside of the cluster are not seen, nor whether the addresses of an allowance belong to whom they should.",
    assurance: crate::checks::Assurance::Enforcement,
    needs: &[kinds::NETWORK_POLICY],
    beside: OTHER_POLICIES,
    settings: &[&crate::settings::SYSTEM_NAMESPACES],
    refs: &[
        "https://kubernetes.io/docs/concepts/services-networking/network-policies/",
        "https://istio.io/latest/docs/tasks/traffic-management/egress/egress-control/",
    ],
    maps: &[("owasp_k8s_2022", &["K07"]), ("owasp_k8s_2025", &["K05"]), ("mitre", &["T1041", "T1071"]), ("cwe", &["CWE-923"])],
    probe: Probe::Namespace(probe),
    ..Check::BASE
};

fn probe(namespace: &Namespace<'_>) -> Verdict {
    if namespace.is_system() {
        return Verdict::Skip("a system namespace".into());
    }
    if namespace.pods().next().is_some() && namespace.pods_under_policies().next().is_none() {
        return Verdict::Skip("all its pods are on the network of their node".into());
    }
    let policies: Vec<_> = namespace.policies().filter(|policy| policy.isolates(Direction::Egress)).collect();
    if policies.is_empty() {
        return Verdict::Skip("no NetworkPolicy for egress in it: network-default-deny-missing says so".into());
    }
    let faults: Vec<_> = policies.into_iter().flat_map(faults).collect();
    if !faults.is_empty() {
        return faults.into_iter().map(|fault| unless_other_policy(fault, namespace, Effect::Denies, Direction::Egress)).collect();
    }
    match namespace.other_policy(Effect::Opens, Direction::Egress) {
        Some(other) => Verdict::Review(format!("{} is not read yet, and may open what NetworkPolicies close", named(other)).into()),
        None => Verdict::PassIfNone(POLICIES),
    }
}

fn faults(policy: &Policy<'_>) -> Vec<Fault> {
    let name = policy.object.name;
    let mut faults = Vec::new();
    for rule in policy.rules(Direction::Egress).filter(|rule| rule.is_for_everybody()) {
        let fault = rule.place().fault(format!("NetworkPolicy {name} allows every address {}", rule.on_ports())).expected("peers");
        // names can be looked up anywhere, and data can leave in them; still it is far from everything
        faults.push(if rule.only_dns() { fault.severity(Severity::Low) } else { fault });
    }
    let (dns, others): (Vec<_>, Vec<_>) = policy.rules(Direction::Egress).partition(|rule| rule.only_dns());
    for (rules, severity) in [(dns, Severity::Low), (others, Severity::Medium)] {
        let blocks: Vec<_> = rules.into_iter().flat_map(|rule| rule.blocks()).collect();
        let open = open_to_the_internet(&blocks);
        for cidr in &open {
            let said = format!("NetworkPolicy {name} allows the whole internet: {}", cidr.str());
            faults.push(cidr.fault(said).expected("the addresses that are needed").severity(severity));
        }
        for block in blocks.iter().filter(|block| open.is_empty() && block.cidr.is_wide(&block.except)) {
            let said = format!("NetworkPolicy {name} allows a wide range of the internet: {}", block.field.str());
            faults.push(block.field.fault(said).expected("the addresses that are needed").severity(severity).doubt());
        }
    }
    faults
}
