//! Network policies: what they select, what they allow, and what they come to together.

use std::net::IpAddr;

use crate::model::cidr::{self, Cidr};
use crate::model::field::{Field, unnoticed};
use crate::model::kinds::{self, GroupKind};
use crate::model::namespace::Namespace;
use crate::model::object::Object;
use crate::model::pod::Pod;
use crate::model::selector::{self, Cover, Match, Selector};

/// Which way traffic goes, seen from the pod that a policy selects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// To the pod.
    Ingress,
    /// From the pod.
    Egress,
}

impl Direction {
    /// As in `policyTypes`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Direction::Ingress => "Ingress",
            Direction::Egress => "Egress",
        }
    }

    /// As the key of its rules, and in running text.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Direction::Ingress => "ingress",
            Direction::Egress => "egress",
        }
    }
}

/// A NetworkPolicy.
#[derive(Debug, Clone)]
pub struct Policy<'a> {
    /// The object.
    pub object: Object<'a>,
    /// The pods it applies to: all of its namespace when nothing is said.
    pub selector: Selector<'a>,
    isolates: [bool; 2],
}

/// A rule of a policy: it allows traffic.
#[derive(Debug, Clone, Copy)]
pub struct Rule<'a> {
    /// The item of the list.
    pub field: Field<'a>,
    /// Which list.
    pub direction: Direction,
}

/// A block of addresses that a rule allows.
#[derive(Debug, Clone)]
pub struct Block<'a> {
    /// The field `cidr`.
    pub field: Field<'a>,
    /// What it says.
    pub cidr: Cidr,
    /// What is taken out of it.
    pub except: Vec<Cidr>,
}

impl<'a> Policy<'a> {
    /// Reads a policy.
    #[must_use]
    pub fn read(object: Object<'a>) -> Self {
        let isolates = [Direction::Ingress, Direction::Egress].map(|direction| isolates(&object, direction));
        Policy { object, selector: Selector::or_all(object.at("spec.podSelector")), isolates }
    }

    /// Whether the pods it selects are isolated in a direction.
    #[must_use]
    pub fn isolates(&self, direction: Direction) -> bool {
        self.isolates[direction as usize]
    }

    /// Its rules for a direction; none when it says nothing of that direction, whatever rules stand there.
    pub fn rules(&self, direction: Direction) -> impl Iterator<Item = Rule<'a>> + use<'a> {
        let rules = self.object.at("spec").key(direction.word());
        let in_force = self.isolates(direction);
        rules.items().filter(move |_| in_force).map(move |field| Rule { field, direction })
    }

    /// A rule of it that allows everything to the pods it selects.
    #[must_use]
    pub fn opening(&self, direction: Direction) -> Option<Rule<'a>> {
        self.rules(direction).find(|rule| rule.allows_everything())
    }
}

/// Whether the policies that isolate, and those that allow everything again, leave no pod out between them.
fn covers(policies: &[Policy<'_>], direction: Direction) -> [Cover; 2] {
    let isolating = policies.iter().filter(|policy| policy.isolates(direction));
    let opening = policies.iter().filter(|policy| policy.opening(direction).is_some());
    let isolating: Vec<_> = isolating.map(|policy| &policy.selector).collect();
    let opening: Vec<_> = opening.map(|policy| &policy.selector).collect();
    [selector::cover_everything(&isolating), selector::cover_everything(&opening)]
}

/// Without `policyTypes` a policy is one of ingress, and of egress too when it has a rule for it (an empty list is none).
fn isolates(policy: &Object<'_>, direction: Direction) -> bool {
    let types = policy.at("spec.policyTypes");
    if types.is_empty() {
        return direction == Direction::Ingress || !policy.at("spec.egress").is_empty();
    }
    types.items().any(|item| item.text() == Some(direction.as_str()))
}

impl<'a> Rule<'a> {
    /// Its list of peers.
    #[must_use]
    pub fn peers(self) -> Field<'a> {
        self.field.key(if self.direction == Direction::Ingress { "from" } else { "to" })
    }

    /// Whether it names no peer, which means all of them.
    #[must_use]
    pub fn is_for_everybody(self) -> bool {
        self.peers().is_empty()
    }

    /// Whether it allows everything: no peers, no ports.
    #[must_use]
    pub fn allows_everything(self) -> bool {
        self.is_for_everybody() && self.field.key("ports").is_empty()
    }

    /// Where to point when it names no peer: the empty list, else the rule.
    #[must_use]
    pub fn place(self) -> Field<'a> {
        if self.peers().exists() { self.peers() } else { self.field }
    }

    /// Whether it allows TCP to a port by its number.
    #[must_use]
    pub fn allows_tcp(self, wanted: i64) -> bool {
        let ports = self.field.key("ports");
        ports.is_empty()
            || ports.items().filter(|item| matches!(item.key("protocol").text(), None | Some("TCP"))).any(|item| {
                let Some(port) = item.key("port").text() else { return true };
                let first = port.parse::<i64>().ok();
                first.is_some_and(|first| (first..=item.key("endPort").int().unwrap_or(first)).contains(&wanted))
            })
    }

    /// Whether all it allows is DNS, on the usual port or on the one of OpenShift's DNS pods.
    #[must_use]
    pub fn only_dns(self) -> bool {
        let dns = |item: Field<'_>| matches!(item.key("port").str(), "53" | "5353" | "dns" | "dns-tcp") && !item.key("endPort").exists();
        let ports = self.field.key("ports");
        !ports.is_empty() && ports.items().all(dns)
    }

    /// Its ports for a message: `on every port`, `on port 80, 443-445`.
    #[must_use]
    pub fn on_ports(self) -> String {
        let ports = self.field.key("ports");
        if ports.is_empty() || ports.items().any(|item| !item.key("port").exists()) {
            return "on every port".to_owned();
        }
        let shown = ports.items().map(|item| match item.key("endPort").text() {
            Some(end) => format!("{}-{end}", item.key("port").str()),
            None => item.key("port").str().to_owned(),
        });
        let shown: Vec<_> = shown.collect();
        format!("on port{} {}", if shown.len() == 1 { "" } else { "s" }, shown.join(", "))
    }

    /// The blocks of addresses among its peers; what the API server would refuse is left out.
    pub fn blocks(self) -> impl Iterator<Item = Block<'a>> {
        self.peers().items().filter_map(|peer| {
            let field = peer.at("ipBlock.cidr");
            let except = peer.at("ipBlock.except").items().filter_map(|item| Cidr::parse(item.str())).collect();
            Some(Block { field, cidr: Cidr::parse(field.text()?)?, except })
        })
    }
}

impl Block<'_> {
    /// Whether an address is allowed by it.
    #[must_use]
    pub fn allows(&self, address: IpAddr) -> bool {
        let address = Cidr::of(address);
        self.cidr.contains(address) && !self.except.iter().any(|hole| hole.contains(address))
    }
}

/// The largest of some blocks, when together they cover the internet: they are what to look at.
#[must_use]
pub fn open_to_the_internet<'a>(blocks: &[Block<'a>]) -> Vec<Field<'a>> {
    let pairs: Vec<_> = blocks.iter().map(|block| (block.cidr, block.except.clone())).collect();
    if !cidr::cover_internet(&pairs) {
        return Vec::new();
    }
    // one block may do it alone; else the widest ones do it together
    let alone: Vec<_> =
        blocks.iter().zip(pairs.chunks(1)).filter(|(_, pair)| cidr::cover_internet(pair)).map(|(block, _)| block.field).collect();
    if !alone.is_empty() {
        return alone;
    }
    let widest = blocks.iter().map(|block| block.cidr.span()).max().unwrap_or_default();
    blocks.iter().filter(|block| block.cidr.span() == widest).map(|block| block.field).collect()
}

/// What the policies of a namespace come to for a direction or a pod.
#[derive(Debug, Clone, Copy)]
pub enum Isolation<'a> {
    /// Isolated.
    Yes,
    /// Selected by no policy.
    No,
    /// Selected, and this rule allows everything again.
    Cancelled(&'a Policy<'a>, Rule<'a>),
    /// One policy would do it, but a copy of it in another place of the input would not.
    Disputed(&'a Policy<'a>, &'a Policy<'a>),
    /// It rests on a label that a controller sets at run time, in this policy's selector; or on more combinations of labels
    /// than can be tried.
    Unknown(&'a Policy<'a>),
}

impl<'a> Namespace<'a> {
    /// The NetworkPolicies in it.
    pub fn policies(&self) -> impl Iterator<Item = &'a Policy<'a>> + Clone + use<'a> {
        self.record.policies.iter()
    }

    /// The pods in it that policies apply to: not those on the network of their node.
    pub fn pods_under_policies(&self) -> impl Iterator<Item = Pod<'a>> + use<'a> {
        self.pods().filter(|pod| !on_host_network(pod))
    }

    /// Whether every pod of it, known or not, is isolated in a direction.
    #[must_use]
    pub fn isolates_by_default(&self, direction: Direction) -> Isolation<'a> {
        let everything = |policy: &Policy<'a>| if policy.selector.selects_all() { Match::Yes } else { Match::No };
        let policies = &self.record.policies;
        let [isolating, opening] = *self.record.covers[direction as usize].get_or_init(|| unnoticed(|| covers(policies, direction)));
        let isolation = match (self.isolation(direction, everything), isolating) {
            // several selectors may leave nothing out between them
            (Isolation::No, Cover::Whole) => Isolation::Yes,
            (Isolation::No, Cover::Undecided) => return policies.first().map_or(Isolation::No, Isolation::Unknown),
            (isolation, _) => isolation,
        };
        let Some((policy, rule)) = self.openings(direction).next() else { return isolation };
        match (isolation, opening) {
            (Isolation::Yes | Isolation::Disputed(..), Cover::Whole) => {
                let (policy, rule) = self.openings(direction).find(|(policy, _)| policy.selector.selects_all()).unwrap_or((policy, rule));
                Isolation::Cancelled(policy, rule)
            }
            (Isolation::Yes, Cover::Undecided) => Isolation::Unknown(policy),
            (isolation, _) => isolation,
        }
    }

    /// The policies that allow everything to the pods they select, each with the rule that does.
    pub fn openings(&self, direction: Direction) -> impl Iterator<Item = (&'a Policy<'a>, Rule<'a>)> + use<'a> {
        self.policies().filter_map(move |policy| Some((policy, policy.opening(direction)?)))
    }

    /// Whether a pod is selected by a policy for a direction.
    #[must_use]
    pub fn isolates_pod(&self, direction: Direction, pod: &Pod<'a>) -> Isolation<'a> {
        self.isolation(direction, |policy| policy.selector.matches_pod(pod))
    }

    /// A policy protects when each copy of it does.
    fn isolation(&self, direction: Direction, selects: impl Fn(&Policy<'a>) -> Match) -> Isolation<'a> {
        let protects = |policy: &Policy<'a>| if policy.isolates(direction) { selects(policy) } else { Match::No };
        let (mut disputed, mut unknown) = (None, None);
        for policy in self.policies() {
            match protects(policy) {
                Match::No => {}
                Match::Unknown => unknown = unknown.or(Some(policy)),
                Match::Yes => {
                    let mut copies = self.policies().filter(|copy| copy.object.name == policy.object.name);
                    match copies.find(|copy| protects(copy) != Match::Yes) {
                        Some(copy) => disputed = disputed.or(Some((policy, copy))),
                        None => return Isolation::Yes,
                    }
                }
            }
        }
        match (disputed, unknown) {
            (Some((policy, copy)), _) => Isolation::Disputed(policy, copy),
            (None, Some(policy)) => Isolation::Unknown(policy),
            (None, None) => Isolation::No,
        }
    }

    /// An object of a kind not read yet that has a say here.
    #[must_use]
    pub fn other_policy(&self, effect: Effect, direction: Direction) -> Option<&'a Object<'a>> {
        let evidence = self.scan.evidence;
        let applies = |object: &Object<'a>, whole_cluster: bool| {
            whole_cluster || object.namespace.unwrap_or(evidence.assumed_namespace()) == self.record.name
        };
        OTHERS.iter().find_map(|other| {
            let mut objects = evidence.of_kind_in(self.record.world, other.kind);
            objects.find(|object| applies(object, other.whole_cluster) && other.can(effect, object, direction))
        })
    }
}

/// Whether a pod is on the network of its node, where no policy reaches it.
#[must_use]
pub fn on_host_network(pod: &Pod<'_>) -> bool {
    pod.at("hostNetwork").is_true()
}

/// What a policy of a kind not read yet may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Pods that no NetworkPolicy selects may be isolated after all.
    Isolates,
    /// What NetworkPolicies deny may be allowed.
    Opens,
    /// What NetworkPolicies allow may be denied.
    Denies,
    /// A default of NetworkPolicies may not hold, as this kind is asked first.
    Precedes,
}

struct Other {
    kind: GroupKind,
    whole_cluster: bool,
    can: &'static [Effect],
}

use Effect::{Denies, Isolates, Opens, Precedes};

const CILIUM: &[Effect] = &[Isolates, Opens, Denies];
const TIERED: &[Effect] = &[Isolates, Opens, Denies, Precedes];

const OTHERS: &[Other] = &[
    Other { kind: GroupKind::new("cilium.io", "CiliumNetworkPolicy"), whole_cluster: false, can: CILIUM },
    Other { kind: GroupKind::new("cilium.io", "CiliumClusterwideNetworkPolicy"), whole_cluster: true, can: CILIUM },
    Other { kind: GroupKind::new("projectcalico.org", "NetworkPolicy"), whole_cluster: false, can: TIERED },
    Other { kind: GroupKind::new("projectcalico.org", "GlobalNetworkPolicy"), whole_cluster: true, can: TIERED },
    Other { kind: GroupKind::new("crd.projectcalico.org", "NetworkPolicy"), whole_cluster: false, can: TIERED },
    Other { kind: GroupKind::new("crd.projectcalico.org", "GlobalNetworkPolicy"), whole_cluster: true, can: TIERED },
    Other { kind: GroupKind::new("policy.networking.k8s.io", "AdminNetworkPolicy"), whole_cluster: true, can: TIERED },
    Other { kind: GroupKind::new("policy.networking.k8s.io", "ClusterNetworkPolicy"), whole_cluster: true, can: TIERED },
    // asked last: only for pods that no NetworkPolicy selects
    Other { kind: GroupKind::new("policy.networking.k8s.io", "BaselineAdminNetworkPolicy"), whole_cluster: true, can: &[Isolates] },
    Other { kind: GroupKind::new("crd.antrea.io", "NetworkPolicy"), whole_cluster: false, can: TIERED },
    Other { kind: GroupKind::new("crd.antrea.io", "ClusterNetworkPolicy"), whole_cluster: true, can: TIERED },
];

impl Other {
    fn can(&self, effect: Effect, object: &Object<'_>, direction: Direction) -> bool {
        // Cilium adds to what NetworkPolicies allow, and takes away only by deny rules
        if effect == Denies && self.kind.group == "cilium.io" {
            let deny = if direction == Direction::Ingress { "ingressDeny" } else { "egressDeny" };
            let specs = std::iter::once(object.at("spec")).chain(object.at("specs").items());
            return specs.into_iter().any(|spec| spec.key(deny).exists());
        }
        self.can.contains(&effect)
    }
}

/// A kind for a message: `CiliumNetworkPolicy web`.
#[must_use]
pub fn named(object: &Object<'_>) -> String {
    let group =
        if object.kind == kinds::NETWORK_POLICY.kind { format!("{} of {}", object.kind, object.group) } else { object.kind.to_owned() };
    format!("{group} {}", object.name)
}
