//! Network policies: what they select, what they allow, and what they come to together.

mod admin;
pub mod calico;
mod cilium;
pub mod decide;
mod expression;
pub mod fit;
pub mod guard;
pub mod guards;
pub mod side;

use std::net::IpAddr;

use crate::model::cidr::{self, Cidr};
use crate::model::field::Field;
use crate::model::object::Object;
use crate::model::selector::Selector;

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

    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Direction::Ingress => Direction::Egress,
            Direction::Egress => Direction::Ingress,
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
