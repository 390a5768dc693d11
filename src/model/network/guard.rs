//! Policies of engines other than Kubernetes' own, in one shape: whom they select, what they do, and when they are asked.

use std::cmp::Ordering;

use crate::model::cidr::{self, Cidr};
use crate::model::field::Field;
use crate::model::namespace::Namespace;
use crate::model::network::Direction;
use crate::model::network::fit::{Fit, Test, Who};
use crate::model::object::Object;
use crate::model::pod::Pod;

/// What a rule does with what it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// It lets it through, and nobody else is asked.
    Allow,
    /// It stops it.
    Deny,
    /// It leaves it to the next tier.
    Pass,
}

impl Action {
    /// In running text.
    #[must_use]
    pub fn verb(self) -> &'static str {
        match self {
            Action::Allow => "allows",
            Action::Deny => "denies",
            Action::Pass => "leaves to the next tier",
        }
    }
}

/// When a policy is asked: tiers one after the other, and within a tier by order and name.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stage<'a> {
    /// The order of its tier.
    pub tier: f64,
    /// The name of its tier.
    pub tier_name: &'a str,
    /// Its own order in it.
    pub order: f64,
    /// Its own name.
    pub name: &'a str,
}

/// The tier of NetworkPolicies, and their order in it, as Calico numbers them. Of Cilium, denials come first.
pub const COMMON: f64 = 1_000_000.0;
/// The order of NetworkPolicies in their tier.
pub const KUBERNETES: f64 = 1_000.0;

impl Stage<'_> {
    /// That of the NetworkPolicies, before what is asked with them.
    #[must_use]
    pub fn kubernetes() -> Self {
        Stage { tier: COMMON, tier_name: "default", order: KUBERNETES, name: "" }
    }

    /// Which of two is asked first.
    #[must_use]
    pub fn compare(&self, other: &Stage<'_>) -> Ordering {
        let tiers = self.tier.total_cmp(&other.tier).then_with(|| self.tier_name.cmp(other.tier_name));
        tiers.then_with(|| self.order.total_cmp(&other.order)).then_with(|| self.name.cmp(other.name))
    }

    /// Whether two are in one tier.
    #[must_use]
    pub fn is_with(&self, other: &Stage<'_>) -> bool {
        self.tier.total_cmp(&other.tier) == Ordering::Equal && self.tier_name == other.tier_name
    }

    /// Whether it is asked before the NetworkPolicies.
    #[must_use]
    pub fn is_before_kubernetes(&self) -> bool {
        self.compare(&Stage::kubernetes()).is_lt()
    }
}

/// A policy.
#[derive(Debug)]
pub struct Guard<'a> {
    /// The object it stands in.
    pub object: Object<'a>,
    /// Its `spec`.
    pub spec: Field<'a>,
    /// When it is asked.
    pub stage: Stage<'a>,
    /// What its tier does with what no rule of it matched, for the pods that it selects.
    pub closes: bool,
    /// The namespace that it is bound to.
    pub(crate) namespace: Option<&'a str>,
    /// Whom it selects: all of these.
    pub(super) subject: Vec<Test<'a>>,
    pub(super) isolates: [bool; 2],
    pub(super) rules: [Vec<Clause<'a>>; 2],
    /// What in it is not understood.
    pub unread: Option<&'static str>,
}

/// A rule of it.
#[derive(Debug)]
pub struct Clause<'a> {
    /// Where it stands.
    pub field: Field<'a>,
    /// What it does.
    pub action: Action,
    /// With whom; everybody when it names nobody (`None`).
    pub peers: Option<Vec<Peer<'a>>>,
    /// On which ports; all when `None`.
    pub ports: Option<Vec<Port<'a>>>,
    /// It has a condition that is not read.
    pub unread: bool,
}

/// Somebody that a rule names.
#[derive(Debug)]
pub struct Peer<'a> {
    /// Where.
    pub field: Field<'a>,
    /// Whom.
    pub whom: Whom<'a>,
}

/// Whom a rule names.
#[derive(Debug)]
pub enum Whom<'a> {
    /// Every address there is.
    Everybody,
    /// Everything within the cluster.
    Cluster,
    /// Everything outside the cluster.
    World,
    /// Pods that fulfil all of these, in one namespace or in any.
    Pods(Option<&'a str>, Vec<Test<'a>>),
    /// Addresses, less some; those of pods too, or not.
    Block(Cidr, Vec<Cidr>, bool),
    /// Hosts by their names.
    Names,
    /// Nodes, the API server, Services: neither pods nor the internet.
    Other,
    /// What is not understood.
    Unread,
}

/// A port that a rule names.
#[derive(Debug, Clone, Copy)]
pub struct Port<'a> {
    /// In capitals; "" for any.
    pub protocol: &'a str,
    /// By number.
    pub range: (i64, i64),
    /// By the name that containers give it.
    pub name: Option<&'a str>,
}

/// Whom traffic goes to or comes from.
#[derive(Debug, Clone, Copy)]
pub enum Target<'t, 'a> {
    /// A pod.
    Pod(&'t Namespace<'a>, &'t Pod<'a>),
    /// An address outside.
    Address(Cidr),
    /// The whole internet.
    Internet,
    /// Every pod of the cluster.
    Cluster,
    /// Whoever, of whom nothing is known.
    Anybody,
}

impl<'a> Guard<'a> {
    /// Whether the pods it selects are isolated in a direction.
    #[must_use]
    pub fn isolates(&self, direction: Direction) -> bool {
        self.isolates[direction as usize]
    }

    /// Its rules for a direction, in their order.
    #[must_use]
    pub fn rules(&self, direction: Direction) -> &[Clause<'a>] {
        &self.rules[direction as usize]
    }

    /// Whether it has a say in a direction.
    #[must_use]
    pub fn speaks_of(&self, direction: Direction) -> bool {
        self.isolates(direction) || !self.rules(direction).is_empty()
    }

    /// Whether it selects somebody.
    #[must_use]
    pub fn selects(&self, who: Who<'_, 'a>) -> Fit {
        if self.namespace.is_some_and(|own| own != who.namespace.name()) {
            return Fit::No;
        }
        // what it says, or when it is asked, is not known either
        let known = if self.unread.is_some() { Fit::Unsure } else { Fit::Yes };
        self.subject.iter().fold(known, |fit, test| fit.and(test.fit(who)))
    }

    /// Why it may or may not select somebody, for a message.
    #[must_use]
    pub fn doubt(&self) -> String {
        let why = self.unread.map_or_else(
            || "whom it selects rests on labels or copies that do not show".to_owned(),
            |what| format!("{what} is not understood"),
        );
        format!("{} may say otherwise: {why}", self.named())
    }

    /// A kind and a name for a message.
    #[must_use]
    pub fn named(&self) -> String {
        crate::model::isolation::named(&self.object)
    }
}

impl<'a> Clause<'a> {
    /// Whether it is about all traffic.
    #[must_use]
    pub fn is_about_everything(&self) -> bool {
        self.ports.is_none() && self.is_about(Target::Anybody) == Fit::Yes
    }

    /// Whether it is about somebody, whatever the port.
    #[must_use]
    pub fn is_about(&self, target: Target<'_, 'a>) -> Fit {
        let Some(peers) = &self.peers else { return if self.unread { Fit::Unsure } else { Fit::Yes } };
        let fit = peers.iter().fold(Fit::No, |fit, peer| fit.or(peer.whom.is(target)));
        let has = |wanted: fn(&Whom<'a>) -> bool| peers.iter().any(|peer| wanted(&peer.whom));
        let fit = match target {
            // what is within and what is without is all there is
            Target::Anybody if has(|whom| matches!(whom, Whom::World)) && has(|whom| matches!(whom, Whom::Cluster)) => Fit::Yes,
            _ => fit,
        };
        let fit = if fit != Fit::Yes && matches!(target, Target::Internet) { fit.or(self.covers_internet()) } else { fit };
        if self.unread { fit.and(Fit::Unsure) } else { fit }
    }

    /// Several blocks may be the internet between them.
    fn covers_internet(&self) -> Fit {
        let blocks = self.peers.iter().flatten().filter_map(|peer| match &peer.whom {
            Whom::Block(cidr, except, _) => Some((*cidr, except.clone())),
            _ => None,
        });
        if cidr::cover_internet(&blocks.collect::<Vec<_>>()) { Fit::Yes } else { Fit::No }
    }

    /// Its ports as numbers, of one protocol or of any, those with a name as a pod's containers give them.
    #[must_use]
    pub fn ports_to(&self, target: Option<&Pod<'_>>, protocol: Option<&str>) -> Vec<(i64, i64)> {
        let Some(ports) = &self.ports else { return vec![(1, 65_535)] };
        let fits = |port: &&Port<'_>| port.protocol.is_empty() || protocol.is_none_or(|protocol| port.protocol == protocol);
        let numbers = |port: &Port<'a>| match (port.name, target) {
            (None, _) => vec![port.range],
            (Some(name), Some(pod)) => crate::model::reach::named(pod, name),
            (Some(_), None) => Vec::new(),
        };
        ports.iter().filter(fits).flat_map(numbers).collect()
    }

    /// Whether all it is about is DNS.
    #[must_use]
    pub fn only_dns(&self) -> bool {
        let dns = |port: &Port<'_>| matches!(port.name, Some("dns" | "dns-tcp")) || matches!(port.range, (53, 53) | (5353, 5353));
        self.ports.as_ref().is_some_and(|ports| !ports.is_empty() && ports.iter().all(dns))
    }

    /// Its ports for a message.
    #[must_use]
    pub fn on_ports(&self) -> String {
        let Some(ports) = &self.ports else { return "on every port".to_owned() };
        let shown = ports.iter().map(|port| match (port.name, port.range) {
            (Some(name), _) => name.to_owned(),
            (None, (first, last)) if first == last => first.to_string(),
            (None, (first, last)) => format!("{first}-{last}"),
        });
        let shown: Vec<_> = shown.collect();
        format!("on port{} {}", if shown.len() == 1 { "" } else { "s" }, shown.join(", "))
    }

    /// Where to point: the first peer, else the rule.
    #[must_use]
    pub fn place(&self) -> Field<'a> {
        self.peers.iter().flatten().next().map_or(self.field, |peer| peer.field)
    }
}

impl<'a> Whom<'a> {
    /// Whether it is somebody.
    #[must_use]
    pub fn is(&self, target: Target<'_, 'a>) -> Fit {
        match (self, target) {
            (Whom::Unread, _) => Fit::Unsure,
            (Whom::Everybody, _) => Fit::Yes,
            (Whom::Cluster, Target::Pod(..) | Target::Cluster) => Fit::Yes,
            (Whom::Pods(..), Target::Cluster) if self.is_every_pod() => Fit::Yes,
            (Whom::World, Target::Address(_) | Target::Internet) => Fit::Yes,
            (Whom::Pods(own, tests), Target::Pod(namespace, pod)) => {
                if own.is_some_and(|own| own != namespace.name()) {
                    return Fit::No;
                }
                let who = Who { namespace, pod: Some(pod) };
                tests.iter().fold(Fit::Yes, |fit, test| fit.and(test.fit(who)))
            }
            (Whom::Block(cidr, except, _), Target::Address(address)) => {
                let out = except.iter().any(|hole| hole.contains(address));
                if cidr.contains(address) && !out { Fit::Yes } else { Fit::No }
            }
            // which addresses pods have does not show
            (Whom::Block(cidr, except, true), Target::Pod(..) | Target::Cluster | Target::Anybody) => {
                if cidr.is_everything() && except.is_empty() { Fit::Yes } else { Fit::No }
            }
            (Whom::Block(cidr, except, _), Target::Internet) => {
                if cidr::cover_internet(&[(*cidr, except.clone())]) {
                    Fit::Yes
                } else {
                    Fit::No
                }
            }
            _ => Fit::No,
        }
    }

    /// Whether it is every pod of every namespace.
    #[must_use]
    pub fn is_every_pod(&self) -> bool {
        matches!(self, Whom::Pods(None, tests) if tests.iter().all(Test::is_all))
    }
}
