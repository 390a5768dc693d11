//! What the policies of a namespace come to for its pods, and what of other network engines may say otherwise.

use crate::model::field::unnoticed;
use crate::model::kinds::{self, GroupKind};
use crate::model::namespace::Namespace;
use crate::model::network::calico::TIERS;
use crate::model::network::decide;
use crate::model::network::fit::{Fit, Who};
use crate::model::network::guard::{Clause, Guard};
use crate::model::network::guards::KINDS;
use crate::model::network::{Direction, Policy, Rule};
use crate::model::object::Object;
use crate::model::pod::Pod;
use crate::model::selector::{self, Cover, Match};

/// What the policies of a namespace come to for a direction or a pod.
#[derive(Debug, Clone, Copy)]
pub enum Isolation<'a> {
    /// Isolated.
    Yes,
    /// Selected by no policy.
    No,
    /// Selected, and this rule allows everything again.
    Cancelled(&'a Policy<'a>, Rule<'a>),
    /// This rule of another engine allows everything, whatever else is said.
    Opened(&'a Guard<'a>, &'a Clause<'a>),
    /// A policy of another engine decides it, and it does not show what it says.
    Unclear(&'a Guard<'a>),
    /// One policy would do it, but a copy of it in another place of the input would not.
    Disputed(&'a Policy<'a>, &'a Policy<'a>),
    /// One policy would do it, but kustomize may build the pods without it.
    Apart(&'a Policy<'a>),
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
        self.pods().filter(|pod| !pod.on_host_network())
    }

    /// The policies of other engines that may select pods in it, in the order in which they are asked.
    pub fn guards(&self) -> impl Iterator<Item = &'a Guard<'a>> + Clone + use<'a> {
        let guards = self.scan.evidence.guards();
        let found = self.record.guards.get_or_init(|| guards.of(self.record.world, self.record.name));
        found.iter().map(|&id| guards.get(id))
    }

    /// Whether any policy may select a pod in it.
    #[must_use]
    pub fn has_policies(&self) -> bool {
        let who = Who { namespace: self, pod: None };
        self.policies().next().is_some() || self.guards().any(|guard| guard.selects(who) != Fit::No)
    }

    /// Whether any policy that may select a pod in it is about a direction.
    #[must_use]
    pub fn has_policies_for(&self, direction: Direction) -> bool {
        let who = Who { namespace: self, pod: None };
        let mut guards = self.guards().filter(|guard| guard.speaks_of(direction));
        self.policies().any(|policy| policy.isolates(direction)) || guards.any(|guard| guard.selects(who) != Fit::No)
    }

    /// Whether every pod of it, known or not, is isolated in a direction.
    #[must_use]
    pub fn isolates_by_default(&self, direction: Direction) -> Isolation<'a> {
        let apart = |policy: &Policy<'a>| self.pods_under_policies().any(|pod| self.is_apart(policy, &pod));
        let who = Who { namespace: self, pod: None };
        decide::isolation(who, direction, || self.default_isolation(direction, &apart))
    }

    /// Whether a pod is isolated in a direction by what isolates every pod.
    #[must_use]
    pub fn isolates_by_default_pod(&self, direction: Direction, pod: &Pod<'a>) -> Isolation<'a> {
        let who = Who { namespace: self, pod: None };
        decide::isolation(who, direction, || self.default_isolation(direction, &|policy| self.is_apart(policy, pod)))
    }

    fn default_isolation(&self, direction: Direction, apart: &dyn Fn(&Policy<'a>) -> bool) -> Isolation<'a> {
        let everything = |policy: &Policy<'a>| if policy.selector.selects_all() { Match::Yes } else { Match::No };
        let policies = &self.record.policies;
        let [isolating, opening] = *self.record.covers[direction as usize].get_or_init(|| unnoticed(|| covers(policies, direction)));
        let isolation = match (self.isolation(direction, everything, apart), isolating) {
            // several selectors may leave nothing out between them
            (Isolation::No, Cover::Whole) => match cover_without(policies, direction, apart) {
                Cover::Whole => Isolation::Yes,
                Cover::Undecided => return policies.first().map_or(Isolation::No, Isolation::Unknown),
                _ => Isolation::No,
            },
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

    /// Whether a pod is isolated in a direction, by a policy that selects it.
    #[must_use]
    pub fn isolates_pod(&self, direction: Direction, pod: &Pod<'a>) -> Isolation<'a> {
        decide::isolation(Who { namespace: self, pod: Some(pod) }, direction, || self.isolated_by_kubernetes(direction, pod))
    }

    /// Whether a NetworkPolicy selects a pod for a direction.
    #[must_use]
    pub fn isolated_by_kubernetes(&self, direction: Direction, pod: &Pod<'a>) -> Isolation<'a> {
        self.isolation(direction, |policy| policy.selector.matches_pod(pod), &|policy| self.is_apart(policy, pod))
    }

    /// Whether kustomize may build a pod without a policy.
    fn is_apart(&self, policy: &Policy<'a>, pod: &Pod<'a>) -> bool {
        self.scan.evidence.apart(&policy.object, pod.object()).is_some()
    }

    /// A policy protects when each copy of it does, and it is built with what it protects.
    fn isolation(
        &self,
        direction: Direction,
        selects: impl Fn(&Policy<'a>) -> Match,
        apart: &dyn Fn(&Policy<'a>) -> bool,
    ) -> Isolation<'a> {
        let protects = |policy: &Policy<'a>| if policy.isolates(direction) { selects(policy) } else { Match::No };
        let (mut disputed, mut elsewhere, mut unknown) = (None, None, None);
        for policy in self.policies() {
            match protects(policy) {
                Match::No => {}
                Match::Unknown => unknown = unknown.or(Some(policy)),
                Match::Yes if apart(policy) => elsewhere = elsewhere.or(Some(policy)),
                Match::Yes => {
                    let mut copies = self.policies().filter(|copy| copy.object.name == policy.object.name);
                    match copies.find(|copy| protects(copy) != Match::Yes) {
                        Some(copy) => disputed = disputed.or(Some((policy, copy))),
                        None => return Isolation::Yes,
                    }
                }
            }
        }
        match (disputed, elsewhere, unknown) {
            (Some((policy, copy)), ..) => Isolation::Disputed(policy, copy),
            (None, Some(policy), _) => Isolation::Apart(policy),
            (None, None, Some(policy)) => Isolation::Unknown(policy),
            (None, None, None) => Isolation::No,
        }
    }

    /// What the administrator lets no pod of the cluster do, where nothing says so of those outside of it.
    #[must_use]
    pub fn closed_to_pods(&self, direction: Direction) -> Option<&'a Guard<'a>> {
        let who = Who { namespace: self, pod: None };
        self.guards().find(|guard| guard.closes_to_pods(direction) && guard.selects(who) == Fit::Yes)
    }

    /// An object of a kind not read yet that has a say here.
    #[must_use]
    pub fn other_policy(&self, effect: Effect) -> Option<&'a Object<'a>> {
        let evidence = self.scan.evidence;
        let applies = |object: &Object<'a>, whole_cluster: bool| {
            whole_cluster || object.namespace.unwrap_or(evidence.assumed_namespace()) == self.record.name
        };
        // most inputs have none
        let seen = evidence.lazy.other_policies.get_or_init(|| (0..OTHERS.len()).filter(|at| evidence.has(OTHERS[*at].kind)).collect());
        seen.iter().map(|at| &OTHERS[*at]).filter(|other| other.can.contains(&effect)).find_map(|other| {
            let mut objects = evidence.of_kind_in(self.record.world, other.kind);
            objects.find(|object| applies(object, other.whole_cluster))
        })
    }
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

const TIERED: &[Effect] = &[Isolates, Opens, Denies, Precedes];

const OTHERS: &[Other] = &[
    Other { kind: GroupKind::new("crd.antrea.io", "NetworkPolicy"), whole_cluster: false, can: TIERED },
    Other { kind: GroupKind::new("crd.antrea.io", "ClusterNetworkPolicy"), whole_cluster: true, can: TIERED },
];

/// The kinds of network policies: NetworkPolicy, those of other engines that are read, what goes with them, and those that
/// are not read.
pub const EVERY_POLICY: &[GroupKind] = &{
    const READ: usize = 1 + KINDS.len();
    const KNOWN: usize = READ + TIERS.len();
    let mut kinds = [kinds::NETWORK_POLICY; KNOWN + OTHERS.len()];
    let mut at = 1;
    while at < kinds.len() {
        kinds[at] = match at {
            _ if at < READ => KINDS[at - 1],
            _ if at < KNOWN => TIERS[at - READ],
            _ => OTHERS[at - KNOWN].kind,
        };
        at += 1;
    }
    kinds
};

/// The same without NetworkPolicy.
pub const OTHER_POLICIES: &[GroupKind] = match EVERY_POLICY.split_first() {
    Some((_, others)) => others,
    None => &[],
};

/// A kind for a message: `CiliumNetworkPolicy web`.
#[must_use]
pub fn named(object: &Object<'_>) -> String {
    let group = if object.kind == kinds::NETWORK_POLICY.kind && !object.is(kinds::NETWORK_POLICY) {
        format!("{} of {}", object.kind, object.group)
    } else {
        object.kind.to_owned()
    };
    format!("{group} {}", object.name)
}

/// Whether the policies that isolate, and those that allow everything again, leave no pod out between them.
fn covers(policies: &[Policy<'_>], direction: Direction) -> [Cover; 2] {
    let isolating = policies.iter().filter(|policy| policy.isolates(direction));
    let opening = policies.iter().filter(|policy| policy.opening(direction).is_some());
    let isolating: Vec<_> = isolating.map(|policy| &policy.selector).collect();
    let opening: Vec<_> = opening.map(|policy| &policy.selector).collect();
    [selector::cover_everything(&isolating), selector::cover_everything(&opening)]
}

/// The same of the policies that isolate, without those that kustomize may leave out.
fn cover_without<'a>(policies: &[Policy<'a>], direction: Direction, apart: &dyn Fn(&Policy<'a>) -> bool) -> Cover {
    let kept: Vec<_> =
        policies.iter().filter(|policy| policy.isolates(direction) && !apart(policy)).map(|policy| &policy.selector).collect();
    selector::cover_everything(&kept)
}
