//! Which pod reaches which, on which ports, as far as NetworkPolicies decide it.

use crate::model::cidr::Cidr;
use crate::model::field::Field;
use crate::model::isolation::Isolation;
use crate::model::namespace::Namespace;
use crate::model::network::{Direction, Rule, side};
use crate::model::pod::Pod;
use crate::model::selector::{Match, NAMESPACE_NAME, Selector};

/// Ranges of ports, both ends included.
pub type Ports = Vec<(i64, i64)>;

const EVERY: (i64, i64) = (1, 65535);

/// All there are.
#[must_use]
pub fn every_port() -> Ports {
    vec![EVERY]
}

/// What gets from one pod to another.
#[derive(Debug, Clone)]
pub struct Reach {
    /// On which ports.
    pub ports: Ports,
    /// Whether nothing that is decided at run time, or differs between copies, has a say in it.
    pub sure: bool,
}

/// The namespaces that the policies which select a pod let anything in from; all of its world where none isolates it.
/// Found by name where a selector gives one, so that the many others need not be asked.
#[must_use]
pub fn sources<'a>(namespace: &Namespace<'a>, pod: &Pod<'a>) -> Box<dyn Iterator<Item = Namespace<'a>> + 'a> {
    let (scan, world, own) = (namespace.scan(), namespace.world(), *namespace);
    let records = scan.evidence.namespaces().iter().filter(move |record| record.world == world);
    let all = records.map(move |record| Namespace { scan, record });
    // the rules of other engines are asked of each source
    let others = namespace.guards().next().is_some();
    if others || !matches!(namespace.isolates_pod(Direction::Ingress, pod), Isolation::Yes) {
        return Box::new(all);
    }
    let selecting = namespace.policies().filter(|policy| policy.selector.matches_pod(pod) != Match::No);
    let rules: Vec<_> = selecting.flat_map(|policy| policy.rules(Direction::Ingress)).collect();
    let mut names = Vec::new();
    for peer in rules.iter().flat_map(|rule| rule.peers().items()) {
        let selector = peer.key("namespaceSelector");
        match selector.at("matchLabels").key(NAMESPACE_NAME).text() {
            _ if peer.key("ipBlock").exists() => {}
            Some(name) => names.push(name),
            None if selector.exists() => return Box::new(all.filter(move |place| rules.iter().any(|rule| lets_in(*rule, &own, place)))),
            None => names.push(own.name()),
        }
    }
    if rules.iter().any(|rule| rule.is_for_everybody() || rule.peers().items().any(is_everywhere)) {
        return Box::new(all);
    }
    names.sort_unstable();
    names.dedup();
    Box::new(names.into_iter().filter_map(move |name| scan.namespace(world, name)))
}

fn lets_in<'a>(rule: Rule<'a>, own: &Namespace<'a>, place: &Namespace<'a>) -> bool {
    let about = |peer: Field<'a>| is_everywhere(peer) || !peer.key("ipBlock").exists() && in_namespace(peer, own, place);
    rule.is_for_everybody() || rule.peers().items().any(about)
}

/// A block of addresses is about pods only where it is about everything.
fn is_everywhere(peer: Field<'_>) -> bool {
    block(peer) != Match::No
}

/// Whether a block of addresses is about pods: their own do not show, but private ones they usually are, and where all of
/// those are taken out of everything it is the internet that is meant.
fn block(peer: Field<'_>) -> Match {
    const PRIVATE: [&str; 4] = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"];
    let Some(own) = Cidr::parse(peer.at("ipBlock.cidr").str()).filter(|own| own.is_everything()) else { return Match::No };
    let holes: Vec<_> = peer.at("ipBlock.except").items().filter_map(|item| Cidr::parse(item.str())).collect();
    let left_out = |range: Cidr| holes.iter().any(|hole| hole.contains(range));
    let mut private = PRIVATE.iter().filter_map(|range| Cidr::parse(range)).filter(|range| own.contains(*range));
    match holes.is_empty() {
        true => Match::Yes,
        false if private.all(left_out) => Match::No,
        false => Match::Unknown,
    }
}

/// What a pod, in its namespace, may send to another in its own; `None` when nothing gets there.
#[must_use]
pub fn between<'a>(source: (&Namespace<'a>, &Pod<'a>), target: (&Namespace<'a>, &Pod<'a>)) -> Option<Reach> {
    let out = side::side(Direction::Egress, source, target, target.1, None);
    if out.open.is_empty() {
        return None;
    }
    let into = side::side(Direction::Ingress, target, source, target.1, None);
    let ports = common(&out.open, &into.open);
    (!ports.is_empty()).then_some(Reach { ports, sure: out.sure && into.sure })
}

/// The ports that are in both.
#[must_use]
pub fn common(one: &Ports, other: &Ports) -> Ports {
    let both = one.iter().flat_map(|a| other.iter().map(move |b| (a.0.max(b.0), a.1.min(b.1))));
    both.filter(|(first, last)| first <= last).collect()
}

/// The ports that are in either, in order.
#[must_use]
pub fn union(one: Ports, other: Ports) -> Ports {
    let mut all: Ports = one.into_iter().chain(other).collect();
    all.sort_unstable();
    let mut merged = Ports::new();
    for (first, last) in all {
        match merged.last_mut() {
            Some(before) if first <= before.1.saturating_add(1) => before.1 = before.1.max(last),
            _ => merged.push((first, last)),
        }
    }
    merged
}

/// The ports that are in the first only.
#[must_use]
pub fn without(all: &Ports, holes: &Ports) -> Ports {
    holes.iter().fold(all.clone(), |left, hole| {
        let parts = left.into_iter().flat_map(|(first, last)| [(first, last.min(hole.0 - 1)), (first.max(hole.1 + 1), last)]);
        parts.filter(|(first, last)| first <= last).collect()
    })
}

/// Whether a rule is about a pod in a namespace.
pub(crate) fn names<'a>(rule: Rule<'a>, own: &Namespace<'a>, (namespace, pod): (&Namespace<'a>, &Pod<'a>)) -> Match {
    if rule.is_for_everybody() {
        return Match::Yes;
    }
    let mut best = Match::No;
    for peer in rule.peers().items() {
        let found = match peer.key("ipBlock").exists() {
            true => block(peer),
            false if in_namespace(peer, own, namespace) => Selector::or_all(peer.key("podSelector")).matches_pod(pod),
            _ => Match::No,
        };
        match found {
            Match::Yes => return Match::Yes,
            Match::Unknown => best = Match::Unknown,
            Match::No => {}
        }
    }
    best
}

fn in_namespace<'a>(peer: Field<'a>, own: &Namespace<'a>, namespace: &Namespace<'a>) -> bool {
    match Selector::given(peer.key("namespaceSelector")) {
        Some(selector) => selector.matches_namespace(namespace.name(), namespace.documents().next()),
        None => own.name() == namespace.name(),
    }
}

/// The ports of a rule, of one protocol or of any, those with a name as the target's containers give them.
pub(crate) fn ports(rule: Rule<'_>, target: &Pod<'_>, protocol: Option<&str>) -> Ports {
    let listed = rule.field.key("ports");
    if listed.is_empty() {
        return vec![EVERY];
    }
    let mut ports = Ports::new();
    let fits = |item: &Field<'_>| protocol.is_none_or(|protocol| item.key("protocol").text().unwrap_or("TCP") == protocol);
    for item in listed.items().filter(fits) {
        let port = item.key("port");
        match port.text() {
            None => ports.push(EVERY),
            Some(text) => match text.parse::<i64>() {
                Ok(first) => ports.push((first, item.key("endPort").int().unwrap_or(first))),
                Err(_) => ports.extend(named(target, text)),
            },
        }
    }
    ports
}

pub(crate) fn named(target: &Pod<'_>, name: &str) -> Ports {
    let all = target.containers().flat_map(|container| container.at("ports").items().collect::<Vec<_>>());
    let own = all.filter(|port| port.key("name").text() == Some(name)).filter_map(|port| port.key("containerPort").int());
    own.map(|number| (number, number)).collect()
}
