//! CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy.
//!
//! Pods are isolated in a direction as soon as a policy with a rule for it selects them, unless the policy says
//! otherwise (`enableDefaultDeny`). An empty rule allows nothing; a denial wins over whatever is allowed.

use crate::model::cidr::Cidr;
use crate::model::evidence::Evidence;
use crate::model::field::Field;
use crate::model::network::Direction;
use crate::model::network::fit::{Of, labels};
use crate::model::network::guard::{Action, COMMON, Clause, Guard, KUBERNETES, Peer, Port, Stage, Whom};
use crate::model::object::Object;
use crate::model::{GroupKind, kinds};

pub(super) const POLICY: GroupKind = GroupKind::new("cilium.io", "CiliumNetworkPolicy");
pub(super) const CLUSTERWIDE: GroupKind = GroupKind::new("cilium.io", "CiliumClusterwideNetworkPolicy");

pub(super) fn read<'a>(object: &Object<'a>, assumed: &'a str) -> Vec<Guard<'a>> {
    let namespace = object.is(POLICY).then(|| object.namespace.unwrap_or(assumed));
    let specs = std::iter::once(object.at("spec")).chain(object.at("specs").items());
    specs.filter(|spec| spec.exists()).flat_map(|spec| of_spec(object, spec, namespace)).collect()
}

/// A policy of nodes is about no pod: it has a `nodeSelector` instead.
fn of_spec<'a>(object: &Object<'a>, spec: Field<'a>, namespace: Option<&'a str>) -> Vec<Guard<'a>> {
    let selector = spec.key("endpointSelector");
    if !selector.exists() {
        return Vec::new();
    }
    let isolates = [Direction::Ingress, Direction::Egress].map(|direction| isolates(spec, direction));
    let rules = |action: Action| {
        [Direction::Ingress, Direction::Egress].map(|direction| {
            let key = match (direction, action) {
                (Direction::Ingress, Action::Deny) => "ingressDeny",
                (Direction::Egress, Action::Deny) => "egressDeny",
                _ => direction.word(),
            };
            spec.key(key).items().filter_map(|rule| clause(rule, direction, action, namespace)).collect::<Vec<_>>()
        })
    };
    let guard = |order, rules: [Vec<Clause<'a>>; 2]| Guard {
        object: *object,
        spec,
        stage: Stage { tier: COMMON, tier_name: "default", order, name: object.name },
        closes: true,
        namespace,
        subject: vec![labels(Of::Endpoint, selector)],
        isolates,
        rules,
        unread: None,
    };
    let denials = rules(Action::Deny);
    let denies = denials.iter().any(|rules| !rules.is_empty());
    let first = denies.then(|| guard(f64::NEG_INFINITY, denials));
    first.into_iter().chain([guard(KUBERNETES, rules(Action::Allow))]).collect()
}

fn isolates(spec: Field<'_>, direction: Direction) -> bool {
    let (allow, deny) = match direction {
        Direction::Ingress => ("ingress", "ingressDeny"),
        Direction::Egress => ("egress", "egressDeny"),
    };
    let given = spec.key("enableDefaultDeny").key(direction.word()).bool();
    given.unwrap_or_else(|| !spec.key(allow).is_empty() || !spec.key(deny).is_empty())
}

/// A rule; `None` for one that names neither peers nor ports, which matches nothing.
fn clause<'a>(rule: Field<'a>, direction: Direction, action: Action, namespace: Option<&'a str>) -> Option<Clause<'a>> {
    let keys = match direction {
        Direction::Ingress => {
            ["fromEndpoints", "fromEntities", "fromCIDR", "fromCIDRSet", "fromNodes", "fromGroups", "toFQDNs", "toServices"]
        }
        Direction::Egress => ["toEndpoints", "toEntities", "toCIDR", "toCIDRSet", "toNodes", "toGroups", "toFQDNs", "toServices"],
    };
    let [endpoints, entities, cidrs, sets, nodes, groups, names, services] = keys.map(|key| rule.key(key));
    let mut peers = Vec::new();
    let mut push = |field, whom| peers.push(Peer { field, whom });
    for item in endpoints.items() {
        // a selector without a namespace is about the namespace of the policy
        let own = namespace.filter(|_| !asks_namespace(item));
        push(item, Whom::Pods(own, vec![labels(Of::Endpoint, item)]));
    }
    for item in entities.items() {
        push(item, entity(item.str()));
    }
    for item in cidrs.items() {
        push(item, block(item.str(), Vec::new()));
    }
    for item in sets.items() {
        let except = item.key("except").items().filter_map(|hole| Cidr::parse(hole.str())).collect();
        let cidr = item.key("cidr");
        push(if cidr.exists() { cidr } else { item }, if cidr.exists() { block(cidr.str(), except) } else { Whom::Unread });
    }
    for item in nodes.items().chain(services.items()) {
        push(item, Whom::Other);
    }
    for item in groups.items() {
        push(item, Whom::Unread);
    }
    for item in names.items() {
        let all = item.key("matchPattern").str().trim_matches('.') == "*";
        push(item, if all { Whom::World } else { Whom::Names });
    }
    let lists = [endpoints, entities, cidrs, sets, nodes, groups, names, services];
    let ports = ports(rule);
    let nobody = !lists.iter().any(|list| list.exists());
    if nobody && ports.is_none() && !rule.key("icmps").exists() {
        return None;
    }
    // a list that is there and empty selects nobody
    let peers = (!nobody).then_some(peers);
    let requires = if direction == Direction::Ingress { "fromRequires" } else { "toRequires" };
    let narrowed = rule.key(requires).exists() || !rule.key("authentication").is_empty() && action == Action::Deny;
    let ports = if rule.key("icmps").exists() { Some(Vec::new()) } else { ports };
    Some(Clause { field: rule, action, peers, ports, unread: narrowed })
}

fn asks_namespace(selector: Field<'_>) -> bool {
    let is = |key: &str| key.ends_with("io.kubernetes.pod.namespace") || key.contains("io.cilium.k8s.namespace.labels.");
    let labels = selector.key("matchLabels").entries().into_iter().map(|(key, _)| key);
    let mut keys = labels.chain(selector.key("matchExpressions").items().map(|item| item.key("key").str()));
    keys.any(|key| is(key) || key.starts_with("reserved:"))
}

fn entity<'a>(name: &str) -> Whom<'a> {
    match name {
        "all" => Whom::Everybody,
        "world" | "world-ipv4" | "world-ipv6" => Whom::World,
        "cluster" => Whom::Cluster,
        "host" | "remote-node" | "kube-apiserver" | "ingress" | "init" | "health" | "unmanaged" | "none" => Whom::Other,
        _ => Whom::Unread,
    }
}

/// A block of addresses, which is never about pods; a single address may stand without its length.
fn block<'a>(text: &str, except: Vec<Cidr>) -> Whom<'a> {
    let cidr = Cidr::parse(text).or_else(|| text.parse().ok().map(Cidr::of));
    cidr.map_or(Whom::Unread, |cidr| Whom::Block(cidr, except, false))
}

fn ports(rule: Field<'_>) -> Option<Vec<Port<'_>>> {
    let lists = rule.key("toPorts");
    if lists.is_empty() {
        return None;
    }
    let mut ports = Vec::new();
    for list in lists.items() {
        // only rules of layer 7: on every port
        if list.key("ports").is_empty() {
            return None;
        }
        for item in list.key("ports").items() {
            let protocol = item.key("protocol").text().filter(|protocol| *protocol != "ANY").unwrap_or_default();
            let text = item.key("port").str();
            ports.push(match text.parse::<i64>() {
                Ok(0) => Port { protocol, range: (1, 65_535), name: None },
                Ok(first) => {
                    Port { protocol, range: (first, item.key("endPort").int().filter(|end| *end > first).unwrap_or(first)), name: None }
                }
                Err(_) => Port { protocol, range: (0, -1), name: Some(text) },
            });
        }
    }
    Some(ports)
}

/// The worlds where the agent isolates every pod, whether a policy selects it or not.
pub(super) fn always(evidence: &Evidence<'_>) -> Vec<u16> {
    let maps = evidence.of_kind(kinds::CONFIG_MAP).filter(|map| map.name == "cilium-config");
    maps.filter(|map| map.at("data.enable-policy").text() == Some("always")).map(|map| map.world).collect()
}
