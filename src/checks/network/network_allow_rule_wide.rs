//! A rule that lets everybody in undoes the policies beside it: what they allow adds up.

use super::unless_other_policy;
use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::isolation::{Effect, OTHER_POLICIES};
use crate::model::network::{Direction, Policy, Rule, open_to_the_internet};
use crate::model::selector::{Match, Selector};
use crate::model::{Field, Object, Scan, kinds};

pub(super) static CHECK: Check = Check {
    id: "network-allow-rule-wide",
    title: "network policy allows everybody or all namespaces",
    topic: "network",
    severity: Severity::Medium,
    why: "What policies allow adds up, so that a single wide rule is what counts for the pods it is for, however narrow the others are.",
    fix: "Name the peers by the labels of their pods and namespaces, and the ports.",
    how: "Fails for an ingress rule without `from`, or whose blocks come to the whole internet together, and in either direction for a peer whose `namespaceSelector` takes in every namespace while no `podSelector` narrows it; egress for DNS alone is no fault. For review: pods behind a Service that is open to the outside, a selector that only leaves some namespaces out, and a policy of a kind not read that may deny it. Egress to the internet is left to network-egress-internet-open.",
    blind: "Whether the peers that a rule names are the right ones only their owners know.",
    needs: &[kinds::SERVICE, kinds::POD],
    beside: OTHER_POLICIES,
    refs: &["https://kubernetes.io/docs/concepts/services-networking/network-policies/"],
    maps: &[("owasp_k8s_2022", &["K07"]), ("owasp_k8s_2025", &["K05"]), ("mitre", &["T1046"]), ("cwe", &["CWE-923"])],
    probe: Probe::Object(&[kinds::NETWORK_POLICY], probe),
    ..Check::BASE
};

fn probe(object: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    let policy = Policy::read(*object);
    let mut faults = Vec::new();
    let ingress: Vec<_> = policy.rules(Direction::Ingress).collect();
    for rule in ingress.iter().filter(|rule| rule.is_for_everybody()) {
        faults.push(rule.place().fault(format!("anybody may connect {}", rule.on_ports())).expected("peers"));
    }
    let blocks: Vec<_> = ingress.iter().flat_map(|rule| rule.blocks()).collect();
    for cidr in open_to_the_internet(&blocks) {
        faults.push(cidr.fault(format!("the whole internet may connect: {}", cidr.str())).expected("the addresses that need to"));
    }
    let entry = if faults.is_empty() { None } else { entry_point(&policy, scan) };
    if let Some(service) = entry {
        let said =
            |said: &str| format!("{said}; its pods are behind {} {service}, and may be meant to take such traffic", kinds::SERVICE.kind);
        faults = faults.into_iter().map(|fault| fault.reworded(said).doubt()).collect();
    }
    faults.extend(ingress.iter().flat_map(|rule| all_namespaces(*rule)));
    let egress = policy.rules(Direction::Egress).filter(|rule| !rule.only_dns()).flat_map(all_namespaces);
    let Some(namespace) = scan.namespace(object.world, object.namespace_or_empty()) else {
        return faults.into_iter().chain(egress).collect();
    };
    let ingress = faults.into_iter().map(|fault| unless_other_policy(fault, &namespace, Effect::Denies, Direction::Ingress));
    let egress = egress.map(|fault| unless_other_policy(fault, &namespace, Effect::Denies, Direction::Egress));
    ingress.chain(egress).collect()
}

/// Peers that are every pod of every namespace.
fn all_namespaces(rule: Rule<'_>) -> Vec<Fault> {
    let verb = if rule.direction == Direction::Ingress { "may connect" } else { "may be reached" };
    let peers = rule.peers().items().filter(|peer| Selector::given(peer.key("podSelector")).is_none_or(|pods| pods.selects_all()));
    let selectors = peers.filter_map(|peer| Selector::given(peer.key("namespaceSelector")));
    let fault = |selector: Selector<'_>| {
        let place: Field<'_> = selector.field();
        let expected = "a selector of the namespaces meant, or a podSelector beside it";
        if selector.selects_all_namespaces() {
            return Some(place.fault(format!("every pod of every namespace {verb} {}", rule.on_ports())).expected(expected));
        }
        let said = || format!("every pod of every namespace but those left out {verb} {}", rule.on_ports());
        selector.only_excludes().then(|| place.fault(said()).expected(expected).doubt())
    };
    selectors.filter_map(fault).collect()
}

/// The Service by which pods of the policy are open to the outside on purpose.
fn entry_point(policy: &Policy<'_>, scan: &Scan<'_>) -> Option<String> {
    let namespace = scan.namespace(policy.object.world, policy.object.namespace_or_empty())?;
    let mut pods = namespace.pods_under_policies().filter(|pod| policy.selector.matches_pod(pod) == Match::Yes);
    pods.find_map(|pod| namespace.public_service(&pod)).map(|service| service.name.to_owned())
}
