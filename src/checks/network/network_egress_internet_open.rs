//! Pods that may reach any address can fetch an attacker's tools and send data away.

use super::{Allowed, POLICIES, unless_denied};
use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::isolation::{Effect, OTHER_POLICIES, named};
use crate::model::network::fit::{Fit, Who};
use crate::model::network::guard::{Action, Clause, Guard, Target, Whom};
use crate::model::network::{Direction, Policy, open_to_the_internet};
use crate::model::{Namespace, kinds};

pub(super) static CHECK: Check = Check {
    id: "network-egress-internet-open",
    title: "network policy opens egress to the internet",
    topic: "network",
    severity: Severity::Medium,
    why: "Tools are fetched from, commands come from and data goes to addresses outside; a workload that needs three hosts should reach three hosts.",
    fix: "Allow the addresses that are needed, by block, or by name with the policies of a plug-in that knows names or an egress gateway.",
    how: "Fails a namespace whose pods are isolated for egress by any policy, for each rule that allows everybody or half of the internet's addresses or more (low for DNS alone): NetworkPolicies, those of Cilium (entities world and all, `toFQDNs` of every name), of Calico and of the administrator, unless a denial of the internet is asked before. Wide ranges are for review. Namespaces without a policy for egress are told by network-default-deny-missing; system namespaces are left out.",
    blind: "Firewalls and gateways outside of the cluster are not seen, nor whether the addresses of an allowance belong to whom they should.",
    assurance: crate::checks::Assurance::Enforcement,
    needs: &[kinds::NETWORK_POLICY, kinds::CONFIG_MAP],
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
    if !namespace.has_policies_for(Direction::Egress) {
        return Verdict::Skip("no policy for egress in it: network-default-deny-missing says so".into());
    }
    let internet = |before| Allowed { target: Target::Internet, port: None, before };
    let policies = namespace.policies().filter(|policy| policy.isolates(Direction::Egress));
    let faults = policies.flat_map(faults).filter_map(|fault| unless_denied(fault, namespace, Direction::Egress, &internet(None)));
    let who = Who { namespace, pod: None };
    let guards = namespace.guards().filter(|guard| guard.selects(who) != Fit::No);
    let others = guards.flat_map(|guard| {
        let rules = guard.rules(Direction::Egress).iter().filter_map(|clause| opened(guard, clause));
        rules.filter_map(|fault| unless_denied(fault, namespace, Direction::Egress, &internet(Some(&guard.stage))))
    });
    let faults: Vec<_> = faults.chain(others).collect();
    match namespace.other_policy(Effect::Opens) {
        _ if !faults.is_empty() => faults.into(),
        Some(other) => Verdict::Review(format!("{} is not read yet, and may open what other policies close", named(other)).into()),
        None => Verdict::PassIfNone(POLICIES),
    }
}

/// A rule of another engine that lets all of the internet be reached, or much of it.
fn opened(guard: &Guard<'_>, clause: &Clause<'_>) -> Option<Fault> {
    if clause.action != Action::Allow {
        return None;
    }
    let name = guard.named();
    let severity = if clause.only_dns() { Severity::Low } else { Severity::Medium };
    let peers = || clause.peers.iter().flatten();
    if clause.is_about(Target::Internet) == Fit::Yes {
        let one = peers().find(|peer| peer.whom.is(Target::Internet) == Fit::Yes);
        let place = one.map_or(clause.place(), |peer| peer.field);
        let said = format!("{name} allows the whole internet {}", clause.on_ports());
        return Some(place.fault(said).expected("the addresses or names that are needed").severity(severity));
    }
    let wide = peers().find(|peer| matches!(&peer.whom, Whom::Block(cidr, except, _) if cidr.is_wide(except)))?;
    let said = format!("{name} allows a wide range of the internet: {}", wide.field.str());
    Some(wide.field.fault(said).expected("the addresses that are needed").severity(severity).doubt())
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
