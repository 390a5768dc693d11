//! AdminNetworkPolicy and BaselineAdminNetworkPolicy (`v1alpha1`), and ClusterNetworkPolicy, which took their place.
//!
//! The tier Admin is asked before the NetworkPolicies, the tier Baseline for what none of those decided.

use crate::model::GroupKind;
use crate::model::cidr::Cidr;
use crate::model::field::Field;
use crate::model::network::Direction;
use crate::model::network::fit::{Of, Test, labels};
use crate::model::network::guard::{Action, Clause, Guard, Peer, Port, Stage, Whom};
use crate::model::object::Object;

pub(super) const ADMIN: GroupKind = GroupKind::new("policy.networking.k8s.io", "AdminNetworkPolicy");
pub(super) const BASELINE: GroupKind = GroupKind::new("policy.networking.k8s.io", "BaselineAdminNetworkPolicy");
pub(super) const CLUSTER: GroupKind = GroupKind::new("policy.networking.k8s.io", "ClusterNetworkPolicy");

/// The tiers as Calico numbers them.
const FIRST: f64 = 1_000.0;
const LAST: f64 = 10_000_000.0;

pub(super) fn read<'a>(object: &Object<'a>) -> Vec<Guard<'a>> {
    let spec = object.at("spec");
    let baseline = object.is(BASELINE) || object.is(CLUSTER) && spec.key("tier").text() == Some("Baseline");
    let (tier, tier_name) = if baseline { (LAST, "kube-baseline") } else { (FIRST, "kube-admin") };
    let rules = [Direction::Ingress, Direction::Egress]
        .map(|direction| spec.key(direction.word()).items().map(|rule| clause(rule, direction)).collect::<Vec<_>>());
    let subject = spec.key("subject");
    let tests = selection(subject);
    let unread = if tests.is_empty() { Some("whom it selects") } else { None };
    let order = spec.key("priority").int().unwrap_or_default() as f64;
    vec![Guard {
        object: *object,
        spec,
        stage: Stage { tier, tier_name, order, name: object.name },
        closes: false,
        namespace: None,
        subject: if tests.is_empty() { vec![Test::Unread] } else { tests },
        isolates: [false; 2],
        rules,
        unread,
    }]
}

impl Guard<'_> {
    /// Whether a rule of the administrator denies a direction to each pod of the cluster.
    #[must_use]
    pub fn closes_to_pods(&self, direction: Direction) -> bool {
        let is_all = |peer: Field<'_>| {
            let (namespaces, pods) = (peer.key("namespaces"), peer.key("pods"));
            let selectors = [pods.key("namespaceSelector"), pods.key("podSelector")];
            namespaces.exists() && namespaces.is_empty() || pods.exists() && selectors.into_iter().all(Field::is_empty)
        };
        let is_admins = [ADMIN, BASELINE, CLUSTER].iter().any(|kind| self.object.is(*kind));
        let denies = |clause: &Clause<'_>| {
            let list = clause.field.key(if direction == Direction::Ingress { "from" } else { "to" });
            clause.action == Action::Deny && clause.ports.is_none() && list.items().any(is_all)
        };
        is_admins && self.rules(direction).iter().any(denies)
    }
}

/// `namespaces`, or `pods` with both selectors; nothing when it is neither.
fn selection(field: Field<'_>) -> Vec<Test<'_>> {
    let (namespaces, pods) = (field.key("namespaces"), field.key("pods"));
    if namespaces.exists() {
        return vec![labels(Of::Namespace, namespaces)];
    }
    if pods.exists() {
        return vec![labels(Of::Namespace, pods.key("namespaceSelector")), labels(Of::Pod, pods.key("podSelector"))];
    }
    Vec::new()
}

fn clause<'a>(rule: Field<'a>, direction: Direction) -> Clause<'a> {
    let action = match rule.key("action").str() {
        "Allow" | "Accept" => Action::Allow,
        "Pass" => Action::Pass,
        _ => Action::Deny,
    };
    let list = rule.key(if direction == Direction::Ingress { "from" } else { "to" });
    let peers = list.items().flat_map(peers).collect();
    Clause { field: rule, action, peers: Some(peers), ports: ports(rule), unread: false }
}

fn peers(item: Field<'_>) -> Vec<Peer<'_>> {
    let tests = selection(item);
    if !tests.is_empty() {
        return vec![Peer { field: item, whom: Whom::Pods(None, tests) }];
    }
    if item.key("networks").exists() {
        let block = |field: Field<'_>| Cidr::parse(field.str()).map_or(Whom::Unread, |cidr| Whom::Block(cidr, Vec::new(), true));
        return item.key("networks").items().map(|field| Peer { field, whom: block(field) }).collect();
    }
    let whom = match (item.key("nodes").exists(), item.key("domainNames").exists()) {
        (true, _) => Whom::Other,
        (_, true) => Whom::Names,
        _ => Whom::Unread,
    };
    vec![Peer { field: item, whom }]
}

/// `ports` as they were, or `protocols` as they are called now.
fn ports(rule: Field<'_>) -> Option<Vec<Port<'_>>> {
    let (old, new) = (rule.key("ports"), rule.key("protocols"));
    if old.is_empty() && new.is_empty() {
        return None;
    }
    let by_name = |name| Port { protocol: "", range: (0, -1), name: Some(name) };
    let old = old.items().map(|item| {
        let (number, range) = (item.key("portNumber"), item.key("portRange"));
        if let Some(name) = item.key("namedPort").text() {
            return by_name(name);
        }
        let at = if number.exists() { number } else { range };
        let first = at.key(if number.exists() { "port" } else { "start" }).int().unwrap_or_default();
        let last = range.key("end").int().unwrap_or(first);
        Port { protocol: at.key("protocol").text().unwrap_or("TCP"), range: (first, last), name: None }
    });
    let new = new.items().filter_map(|item| {
        if let Some(name) = item.key("destinationNamedPort").text() {
            return Some(by_name(name));
        }
        let (key, protocol) = [("tcp", "TCP"), ("udp", "UDP"), ("sctp", "SCTP")].into_iter().find(|(key, _)| item.key(key).exists())?;
        let port = item.key(key).key("destinationPort");
        let (number, range) = (port.key("number").int(), port.key("range"));
        let first = number.or_else(|| range.key("start").int()).unwrap_or(1);
        let last = number.or_else(|| range.key("end").int()).unwrap_or(65_535);
        Some(Port { protocol, range: (first, last), name: None })
    });
    Some(old.chain(new).collect())
}
