//! A rule that lets everybody in undoes the policies beside it: what they allow adds up.

use super::{Allowed, unless_denied};
use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::isolation::OTHER_POLICIES;
use crate::model::network::fit::{Fit, Who};
use crate::model::network::guard::{Action, Clause, Target};
use crate::model::network::guards::READ;
use crate::model::network::{Direction, Policy, Rule, open_to_the_internet};
use crate::model::selector::{Match, Selector};
use crate::model::{Field, Namespace, Object, Pod, Scan, kinds};

pub(super) static CHECK: Check = Check {
    id: "network-allow-rule-wide",
    title: "network policy allows everybody or all namespaces",
    topic: "network",
    severity: Severity::Medium,
    why: "What policies allow adds up, so that a single wide rule is what counts for the pods it is for, however narrow the others are.",
    fix: "Name the peers by the labels of their pods and namespaces, and the ports.",
    how: "Fails an allowing rule that names no peer or the whole internet for ingress, or every pod of every namespace in either direction, in a NetworkPolicy or a policy of Cilium, Calico or the administrator, unless a denial that is asked before it stops just that. Rules for DNS alone are left out for egress. For review: pods behind a Service that is open to the outside, selectors of namespaces that only exclude some, and denials that are not understood. Egress to the internet is told by network-egress-internet-open.",
    blind: "Whether the peers that a rule names are the right ones only their owners know.",
    needs: &[kinds::SERVICE, kinds::POD, kinds::NAMESPACE],
    beside: OTHER_POLICIES,
    refs: &["https://kubernetes.io/docs/concepts/services-networking/network-policies/"],
    maps: &[("owasp_k8s_2022", &["K07"]), ("owasp_k8s_2025", &["K05"]), ("mitre", &["T1046"]), ("cwe", &["CWE-923"])],
    probe: Probe::Object(READ, probe),
    ..Check::BASE
};

fn probe(object: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    if object.is(kinds::NETWORK_POLICY) { of_policy(object, scan) } else { of_guards(object, scan) }
}

fn of_policy(object: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    let policy = Policy::read(*object);
    let mut faults = Vec::new();
    let ingress: Vec<_> = policy.rules(Direction::Ingress).collect();
    for rule in ingress.iter().filter(|rule| rule.is_for_everybody()) {
        faults.push((rule.place().fault(format!("anybody may connect {}", rule.on_ports())).expected("peers"), Target::Anybody));
    }
    let blocks: Vec<_> = ingress.iter().flat_map(|rule| rule.blocks()).collect();
    for cidr in open_to_the_internet(&blocks) {
        let fault = cidr.fault(format!("the whole internet may connect: {}", cidr.str())).expected("the addresses that need to");
        faults.push((fault, Target::Internet));
    }
    let namespace = scan.namespace(object.world, object.namespace_or_empty());
    let selects = |pod: &Pod<'_>| policy.selector.matches_pod(pod) == Match::Yes;
    let entry = if faults.is_empty() { None } else { namespace.and_then(|namespace| entry_point(&namespace, selects)) };
    if let Some(service) = entry {
        faults = faults.into_iter().map(|(fault, target)| (behind(fault, &service), target)).collect();
    }
    faults.extend(ingress.iter().flat_map(|rule| all_namespaces(*rule)).map(|fault| (fault, Target::Cluster)));
    let egress = policy.rules(Direction::Egress).filter(|rule| !rule.only_dns()).flat_map(all_namespaces);
    let Some(namespace) = namespace else { return faults.into_iter().map(|(fault, _)| fault).chain(egress).collect() };
    let kept = |direction: Direction, (fault, target): (Fault, Target<'_, '_>)| {
        unless_denied(fault, &namespace, direction, &Allowed { target, port: None, before: None })
    };
    let ingress = faults.into_iter().filter_map(|fault| kept(Direction::Ingress, fault));
    ingress.chain(egress.filter_map(|fault| kept(Direction::Egress, (fault, Target::Cluster)))).collect()
}

/// The rules of other engines that allow.
fn of_guards(object: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    let mut guards = scan.evidence.guards().in_object(object.id).peekable();
    if guards.peek().is_none() {
        return Verdict::Skip("it is about no pod".into());
    }
    let mut faults = Vec::new();
    for guard in guards {
        let place = object.namespace.and_then(|name| scan.namespace(object.world, name));
        for direction in [Direction::Ingress, Direction::Egress] {
            let allows = |clause: &&Clause<'_>| clause.action == Action::Allow && !clause.only_dns();
            for (fault, target) in guard.rules(direction).iter().filter(allows).filter_map(|clause| wide(clause, direction)) {
                let selects =
                    |pod: &Pod<'_>| place.is_some_and(|namespace| guard.selects(Who { namespace: &namespace, pod: Some(pod) }) == Fit::Yes);
                let entry = if matches!(target, Target::Cluster) { None } else { place.and_then(|place| entry_point(&place, selects)) };
                let fault = entry.map_or(fault.clone(), |service| behind(fault, &service));
                let allowed = Allowed { target, port: None, before: Some(&guard.stage) };
                faults.extend(match place {
                    Some(namespace) => unless_denied(fault, &namespace, direction, &allowed),
                    None => Some(fault),
                });
            }
        }
    }
    faults.into()
}

/// The fault of a rule of another engine that is wide, and whom it lets in or out. Egress to the internet is told elsewhere.
fn wide<'a>(clause: &Clause<'a>, direction: Direction) -> Option<(Fault, Target<'a, 'a>)> {
    let ports = clause.on_ports();
    let inwards = direction == Direction::Ingress;
    let place = |wanted: Target<'_, 'a>| {
        let mut peers = clause.peers.iter().flatten();
        peers.find(|peer| peer.whom.is(wanted) == Fit::Yes).map_or(clause.place(), |peer| peer.field)
    };
    let verb = if inwards { "may connect" } else { "may be reached" };
    if inwards && clause.is_about(Target::Anybody) == Fit::Yes {
        return Some((place(Target::Anybody).fault(format!("anybody may connect {ports}")).expected("peers"), Target::Anybody));
    }
    if inwards && clause.is_about(Target::Internet) == Fit::Yes {
        let fault = place(Target::Internet).fault(format!("the whole internet may connect {ports}")).expected("the addresses that need to");
        return Some((fault, Target::Internet));
    }
    let everything = clause.is_about(Target::Anybody) == Fit::Yes;
    (!everything && clause.is_about(Target::Cluster) == Fit::Yes).then(|| {
        let said = format!("every pod of every namespace {verb} {ports}");
        (place(Target::Cluster).fault(said).expected("a selector of the pods and namespaces meant"), Target::Cluster)
    })
}

fn behind(fault: Fault, service: &str) -> Fault {
    let kind = kinds::SERVICE.kind;
    fault.reworded(|said| format!("{said}; its pods are behind {kind} {service}, and may be meant to take such traffic")).doubt()
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

/// The Service by which pods of a policy are open to the outside on purpose.
fn entry_point<'a>(namespace: &Namespace<'a>, selects: impl Fn(&Pod<'a>) -> bool) -> Option<String> {
    let mut pods = namespace.pods_under_policies().filter(selects);
    pods.find_map(|pod| namespace.public_service(&pod)).map(|service| service.name.to_owned())
}
