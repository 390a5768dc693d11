//! NetworkPolicy and GlobalNetworkPolicy of Calico, with their tiers.

use std::collections::HashMap;

use crate::model::GroupKind;
use crate::model::cidr::Cidr;
use crate::model::evidence::Evidence;
use crate::model::field::Field;
use crate::model::network::Direction;
use crate::model::network::expression::Expression;
use crate::model::network::fit::{Of, Test};
use crate::model::network::guard::{Action, COMMON, Clause, Guard, Peer, Port, Stage, Whom};
use crate::model::object::Object;

pub(super) const POLICY: GroupKind = GroupKind::new("projectcalico.org", "NetworkPolicy");
pub(super) const GLOBAL: GroupKind = GroupKind::new("projectcalico.org", "GlobalNetworkPolicy");
/// As the API server keeps them.
pub(super) const OLD_POLICY: GroupKind = GroupKind::new("crd.projectcalico.org", "NetworkPolicy");
pub(super) const OLD_GLOBAL: GroupKind = GroupKind::new("crd.projectcalico.org", "GlobalNetworkPolicy");
/// The tiers.
pub const TIERS: [GroupKind; 2] = [GroupKind::new("projectcalico.org", "Tier"), GroupKind::new("crd.projectcalico.org", "Tier")];

/// By world and name: the order, and whether the tier denies what it selects and no rule matches.
pub(super) type Tiers<'a> = HashMap<(u16, &'a str), (f64, bool)>;

pub(super) fn tiers<'a>(evidence: &Evidence<'a>) -> Tiers<'a> {
    let tiers = TIERS.iter().flat_map(|kind| evidence.of_kind(*kind));
    let read = |tier: &Object<'a>| {
        let order = tier.at("spec.order").text().and_then(|order| order.parse().ok()).unwrap_or(f64::INFINITY);
        ((tier.world, tier.name), (order, tier.at("spec.defaultAction").text() != Some("Pass")))
    };
    tiers.map(read).collect()
}

/// The tiers that are there by themselves.
fn built_in(name: &str) -> Option<(f64, bool)> {
    match name {
        "default" => Some((COMMON, true)),
        "kube-admin" | "adminnetworkpolicy" => Some((1_000.0, false)),
        "kube-baseline" | "baselineadminnetworkpolicy" => Some((10_000_000.0, false)),
        _ => None,
    }
}

pub(super) fn read<'a>(object: &Object<'a>, assumed: &'a str, tiers: &Tiers<'a>) -> Vec<Guard<'a>> {
    let spec = object.at("spec");
    // policies of the nodes' own interfaces, before connections are tracked or addresses translated
    if spec.key("doNotTrack").is_true() || spec.key("preDNAT").is_true() {
        return Vec::new();
    }
    let namespace = (object.is(POLICY) || object.is(OLD_POLICY)).then(|| object.namespace.unwrap_or(assumed));
    let tier_name = spec.key("tier").text().filter(|tier| !tier.is_empty()).unwrap_or("default");
    let tier = built_in(tier_name).or_else(|| tiers.get(&(object.world, tier_name)).copied());
    let subject: Vec<_> = [("selector", Of::Workload), ("namespaceSelector", Of::Profile), ("serviceAccountSelector", Of::Account)]
        .into_iter()
        .map(|(key, of)| test(spec.key(key), of))
        .collect();
    let unread = match (subject.iter().any(|test| matches!(test, Test::Unread)), tier) {
        (true, _) => Some("its selector"),
        (_, None) => Some("the place of its tier, which was not seen"),
        _ => None,
    };
    let (tier, closes) = tier.unwrap_or((COMMON - 1.0, true));
    let order = spec.key("order").text().and_then(|order| order.parse().ok()).unwrap_or(f64::INFINITY);
    let rules = [Direction::Ingress, Direction::Egress].map(|direction| {
        let rules = spec.key(direction.word()).items().filter(|_| isolates(spec, direction));
        rules.filter_map(|rule| clause(rule, direction, namespace)).collect()
    });
    vec![Guard {
        object: *object,
        spec,
        stage: Stage { tier, tier_name, order, name: object.name },
        closes,
        namespace,
        subject,
        isolates: [Direction::Ingress, Direction::Egress].map(|direction| isolates(spec, direction)),
        rules,
        unread,
    }]
}

/// Without `types`: of ingress, unless there are rules for egress only.
fn isolates(spec: Field<'_>, direction: Direction) -> bool {
    let types = spec.key("types");
    if types.is_empty() {
        let egress = !spec.key("egress").is_empty();
        return match direction {
            Direction::Ingress => !egress || !spec.key("ingress").is_empty(),
            Direction::Egress => egress,
        };
    }
    types.items().any(|item| item.text() == Some(direction.as_str()))
}

fn test(field: Field<'_>, of: Of) -> Test<'_> {
    Expression::parse(field.str()).map_or(Test::Unread, |expression| Test::Expression(of, expression))
}

/// A rule; `None` for one that only logs.
fn clause<'a>(rule: Field<'a>, direction: Direction, namespace: Option<&'a str>) -> Option<Clause<'a>> {
    let action = match rule.key("action").str() {
        "Log" => return None,
        "Pass" => Action::Pass,
        "Deny" => Action::Deny,
        _ => Action::Allow,
    };
    let (peer, other) = match direction {
        Direction::Ingress => ("source", "destination"),
        Direction::Egress => ("destination", "source"),
    };
    let (peer, other) = (rule.key(peer), rule.key(other));
    let destination = if direction == Direction::Ingress { other } else { peer };
    // what narrows the pod's own side, the source's ports, or HTTP: such a rule is about a part of the traffic
    let own: &[&'static str] = &["selector", "notSelector", "namespaceSelector", "nets", "notNets", "serviceAccounts", "services"];
    let source_ports = ["ports", "notPorts"].iter().any(|key| !rule.key("source").key(key).is_empty());
    let narrowed = own.iter().any(|key| !other.key(key).is_empty()) || source_ports || !rule.key("http").is_empty();
    let ports = ports(rule, destination);
    let (peers, unclear) = peers(peer, namespace);
    let icmp = ["icmp", "notICMP", "notProtocol"].iter().any(|key| rule.key(key).exists());
    Some(Clause { field: rule, action, peers, ports, unread: narrowed || unclear || icmp })
}

/// Whom a side names, and whether more is asked of it than is understood.
fn peers<'a>(side: Field<'a>, namespace: Option<&'a str>) -> (Option<Vec<Peer<'a>>>, bool) {
    let [selector, not, namespaces, accounts] =
        ["selector", "notSelector", "namespaceSelector", "serviceAccounts"].map(|key| side.key(key));
    let (nets, not_nets) = (side.key("nets"), side.key("notNets"));
    let by_labels = [selector, not, namespaces, accounts].iter().any(|field| !field.is_empty());
    let by_nets = !nets.is_empty() || !not_nets.is_empty();
    let mut peers = Vec::new();
    if by_labels {
        let mut tests = vec![test(selector, Of::Workload)];
        if !not.is_empty() {
            tests.push(Test::Not(Box::new(test(not, Of::Workload))));
        }
        if !namespaces.is_empty() {
            tests.push(test(namespaces, Of::Profile));
        }
        if !accounts.is_empty() {
            let names: Vec<_> = accounts.key("names").items().map(Field::str).collect();
            if !names.is_empty() {
                tests.push(Test::AccountNamed(names));
            }
            tests.push(test(accounts.key("selector"), Of::Account));
        }
        // a selector alone is about the policy's own namespace
        let own = namespace.filter(|_| namespaces.is_empty());
        let place = [selector, namespaces, not].into_iter().find(|field| !field.is_empty()).unwrap_or(side);
        peers.push(Peer { field: place, whom: Whom::Pods(own, tests) });
    }
    if by_nets {
        let holes: Vec<_> = not_nets.items().filter_map(|net| Cidr::parse(net.str())).collect();
        let everywhere = nets.is_empty().then_some(["0.0.0.0/0", "::/0"]).into_iter().flatten().map(|net| (not_nets, net));
        for (field, net) in nets.items().map(|net| (net, net.str())).chain(everywhere) {
            let whom = Cidr::parse(net).map_or(Whom::Unread, |cidr| Whom::Block(cidr, holes.clone(), true));
            peers.push(Peer { field, whom });
        }
    }
    for name in side.key("domains").items() {
        peers.push(Peer { field: name, whom: Whom::Names });
    }
    if !side.key("services").is_empty() {
        peers.push(Peer { field: side.key("services"), whom: Whom::Other });
    }
    let unclear = by_labels && by_nets;
    if peers.is_empty() { (None, unclear) } else { (Some(peers), unclear) }
}

fn ports<'a>(rule: Field<'a>, destination: Field<'a>) -> Option<Vec<Port<'a>>> {
    let protocol = match rule.key("protocol").str() {
        "TCP" | "tcp" | "6" => "TCP",
        "UDP" | "udp" | "17" => "UDP",
        "SCTP" | "sctp" | "132" => "SCTP",
        other => other,
    };
    let listed = destination.key("ports");
    if listed.is_empty() && destination.key("notPorts").is_empty() {
        return (!protocol.is_empty()).then(|| vec![Port { protocol, range: (1, 65_535), name: None }]);
    }
    let mut ports: Vec<_> = listed
        .items()
        .map(|item| {
            let text = item.str();
            let (first, last) = text.split_once(':').unwrap_or((text, text));
            match (first.parse(), last.parse()) {
                (Ok(first), Ok(last)) => Port { protocol, range: (first, last), name: None },
                _ => Port { protocol, range: (0, -1), name: Some(text) },
            }
        })
        .collect();
    if listed.is_empty() {
        // all but some: what is left between them
        let mut holes: Vec<(i64, i64)> = destination
            .key("notPorts")
            .items()
            .filter_map(|item| {
                let (first, last) = item.str().split_once(':').unwrap_or((item.str(), item.str()));
                Some((first.parse().ok()?, last.parse().ok()?))
            })
            .collect();
        holes.sort_unstable();
        let mut next = 1;
        for (first, last) in holes.into_iter().chain([(65_536, 65_536)]) {
            if next < first {
                ports.push(Port { protocol, range: (next, first - 1), name: None });
            }
            next = next.max(last.saturating_add(1));
        }
    }
    Some(ports)
}
