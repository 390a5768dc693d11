//! What all policies come to together, in the order in which they are asked.
//!
//! Tiers are asked one after the other. In that of the NetworkPolicies these stand beside the policies of Cilium, whose
//! denials come first, and among those of Calico by their order.

use crate::model::isolation::Isolation;
use crate::model::namespace::Namespace;
use crate::model::network::fit::{Fit, Who};
use crate::model::network::guard::{Action, Clause, Guard, Stage, Target, Whom};
use crate::model::network::{Direction, Policy};
use crate::model::object::Object;
use crate::model::pod::Pod;
use crate::model::{Evidence, Field};

/// Whether something is denied before a rule that allows it is asked.
#[derive(Debug, Clone, Copy)]
pub enum Denial<'a> {
    /// It is not.
    No,
    /// It may be.
    Maybe(&'a Guard<'a>),
    /// It is.
    Yes(&'a Guard<'a>),
}

/// The walk down the tiers for whether somebody is isolated: only rules about everything count.
struct Walk<'w, 'a> {
    who: Who<'w, 'a>,
    direction: Direction,
    tier: Option<Stage<'a>>,
    selected: bool,
    passed: bool,
    /// What may open, or close, what else decides.
    may_open: Option<&'a Guard<'a>>,
    may_close: Option<&'a Guard<'a>>,
}

/// What all policies come to for somebody, given what the NetworkPolicies alone come to.
pub(crate) fn isolation<'a>(who: Who<'_, 'a>, direction: Direction, kubernetes: impl FnOnce() -> Isolation<'a>) -> Isolation<'a> {
    let guards = who.namespace.scan().evidence.guards();
    if guards.is_empty() {
        return kubernetes();
    }
    let all: Vec<_> = who.namespace.guards().filter(|guard| guard.speaks_of(direction)).collect();
    let (before, after) = all.split_at(all.partition_point(|guard| guard.stage.is_before_kubernetes()));
    let mut walk = Walk { who, direction, tier: None, selected: false, passed: false, may_open: None, may_close: None };
    if let Some(found) = before.iter().find_map(|guard| walk.step(guard)) {
        return found;
    }
    let mut unsettled = None;
    if let Some(found) = walk.enter(&Stage::kubernetes()) {
        return found;
    }
    if !walk.passed {
        match kubernetes() {
            Isolation::Yes => walk.selected = true,
            Isolation::No => {}
            cancelled @ Isolation::Cancelled(..) => return cancelled,
            other => unsettled = Some(other),
        }
    }
    if let Some(found) = after.iter().find_map(|guard| walk.step(guard)).or_else(|| walk.leave()) {
        return found;
    }
    if guards.is_always(who.namespace.world()) {
        return Isolation::Yes;
    }
    unsettled.unwrap_or_else(|| walk.may_close.map_or(Isolation::No, Isolation::Unclear))
}

impl<'a> Walk<'_, 'a> {
    fn step(&mut self, guard: &'a Guard<'a>) -> Option<Isolation<'a>> {
        if let Some(found) = self.enter(&guard.stage) {
            return Some(found);
        }
        if self.passed {
            return None;
        }
        let rules = guard.rules(self.direction);
        let everything = rules.iter().find(|clause| clause.is_about_everything());
        match guard.selects(self.who) {
            Fit::No => return None,
            // some of the pods, or of those that are to come: no default
            Fit::Some => return None,
            Fit::Unsure => {
                let opens = everything.is_some_and(|clause| clause.action != Action::Deny) || rules.iter().any(|clause| clause.unread);
                self.may_open = self.may_open.or(opens.then_some(guard));
                let closes =
                    everything.is_some_and(|clause| clause.action == Action::Deny) || guard.isolates(self.direction) && guard.closes;
                self.may_close = self.may_close.or(closes.then_some(guard));
                return None;
            }
            Fit::Yes => {}
        }
        let settled = is_settled(guard, self.who, self.direction);
        if guard.isolates(self.direction) && guard.closes {
            self.selected |= settled;
            self.may_close = self.may_close.or((!settled).then_some(guard));
        }
        match everything.map(|clause| (clause, clause.action)) {
            None => None,
            Some((clause, Action::Allow)) => Some(match self.may_close {
                Some(other) if !std::ptr::eq(other, guard) => Isolation::Unclear(other),
                _ => Isolation::Opened(guard, clause),
            }),
            Some((_, Action::Deny)) if settled => Some(self.closed()),
            Some((_, Action::Deny)) => {
                self.may_close = self.may_close.or(Some(guard));
                None
            }
            Some((_, Action::Pass)) => {
                self.passed = true;
                None
            }
        }
    }

    /// Goes on to the tier of a stage.
    fn enter(&mut self, stage: &Stage<'a>) -> Option<Isolation<'a>> {
        let same = self.tier.is_some_and(|tier| tier.is_with(stage));
        let found = if same { None } else { self.leave() };
        self.tier = Some(*stage);
        found
    }

    /// What the tier does with what none of its rules matched.
    fn leave(&mut self) -> Option<Isolation<'a>> {
        let closed = self.selected && !self.passed;
        (self.selected, self.passed) = (false, false);
        closed.then(|| self.closed())
    }

    fn closed(&self) -> Isolation<'a> {
        self.may_open.map_or(Isolation::Yes, Isolation::Unclear)
    }
}

/// A policy protects when each copy of it does, and it is built with what it protects.
fn is_settled<'a>(guard: &Guard<'a>, who: Who<'_, 'a>, direction: Direction) -> bool {
    let evidence: &Evidence<'a> = who.namespace.scan().evidence;
    let apart = |pod: &Pod<'a>| evidence.apart(&guard.object, pod.object()).is_some();
    let is_apart = match who.pod {
        Some(pod) => apart(pod),
        None => who.namespace.pods_under_policies().any(|pod| apart(&pod)),
    };
    let identity = |object: &Object<'a>| (object.kind, object.namespace, object.name);
    let copies =
        who.namespace.guards().filter(|copy| copy.object.id != guard.object.id && identity(&copy.object) == identity(&guard.object));
    let mut others: Vec<u32> = copies.clone().map(|copy| copy.object.id).collect();
    others.dedup();
    let protects = |copy: &Guard<'a>| {
        let denies = copy.rules(direction).iter().any(|clause| clause.action == Action::Deny && clause.is_about_everything());
        copy.selects(who) == Fit::Yes && (copy.isolates(direction) || denies)
    };
    !is_apart && others.iter().all(|id| copies.clone().any(|copy| copy.object.id == *id && protects(copy)))
}

/// Whether traffic with somebody is denied to whatever pod of a namespace before a stage is reached: `None` for that of
/// the NetworkPolicies.
#[must_use]
pub fn denied<'a>(
    namespace: &Namespace<'a>,
    direction: Direction,
    target: Target<'_, 'a>,
    port: Option<i64>,
    before: Option<&Stage<'a>>,
) -> Denial<'a> {
    let who = Who { namespace, pod: None };
    let kubernetes = Stage::kubernetes();
    let end = before.unwrap_or(&kubernetes);
    let mut passed: Option<Stage<'a>> = None;
    let mut maybe = None;
    for guard in namespace.guards().take_while(|guard| guard.stage.compare(end).is_lt()) {
        let fit = guard.selects(who);
        if matches!(fit, Fit::No | Fit::Some) || passed.is_some_and(|tier| tier.is_with(&guard.stage)) {
            continue;
        }
        for clause in guard.rules(direction) {
            let ports = clause.ports_to(None, Some("TCP"));
            let on_port =
                clause.ports.is_none() || port.is_some_and(|port| ports.iter().any(|(first, last)| (*first..=*last).contains(&port)));
            let fit = if on_port { fit.and(clause.is_about(target)) } else { Fit::No };
            match (clause.action, fit) {
                (_, Fit::No | Fit::Some) => {}
                (Action::Deny, Fit::Yes) => return Denial::Yes(guard),
                (Action::Deny, Fit::Unsure) => maybe = maybe.or(Some(guard)),
                (Action::Allow, Fit::Yes) => return maybe.map_or(Denial::No, Denial::Maybe),
                (Action::Pass, Fit::Yes) => {
                    passed = Some(guard.stage);
                    break;
                }
                _ => {}
            }
        }
    }
    maybe.map_or(Denial::No, Denial::Maybe)
}

/// Whether any rule for pods of a namespace opens much of the internet, whatever denies it before.
#[must_use]
pub fn opens_internet(namespace: &Namespace<'_>) -> bool {
    let who = Who { namespace, pod: None };
    let by_policy = |policy: &Policy<'_>| {
        let rules: Vec<_> = policy.rules(Direction::Egress).collect();
        let blocks: Vec<_> = rules.iter().flat_map(|rule| rule.blocks()).collect();
        rules.iter().any(|rule| rule.is_for_everybody()) || blocks.iter().any(|block| block.cidr.is_wide(&block.except))
    };
    let mut clauses = namespace.guards().filter(|guard| guard.selects(who) != Fit::No).flat_map(|guard| guard.rules(Direction::Egress));
    namespace.policies().any(by_policy)
        || clauses.any(|clause| clause.action == Action::Allow && !matches!(clause.is_about(Target::Internet), Fit::No))
}

/// Whether a set of addresses, by its labels, is denied to every pod of a namespace.
#[must_use]
pub fn denies_set<'a>(namespace: &Namespace<'a>, labels: Field<'a>) -> bool {
    let who = Who { namespace, pod: None };
    let names = |whom: &Whom<'a>| matches!(whom, Whom::Pods(_, tests) if labels.exists() && tests.iter().all(|test| test.fits_set(labels)));
    let denies = |clause: &Clause<'a>| {
        clause.action == Action::Deny && clause.ports.is_none() && clause.peers.iter().flatten().any(|peer| names(&peer.whom))
    };
    let mut selecting = namespace.guards().filter(|guard| guard.selects(who) == Fit::Yes);
    selecting.any(|guard| guard.rules(Direction::Egress).iter().any(denies))
}
