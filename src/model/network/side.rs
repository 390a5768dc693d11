//! What all policies of one side let through between two pods, and who says what.

use crate::model::Field;
use crate::model::isolation::Isolation;
use crate::model::namespace::Namespace;
use crate::model::network::fit::{Fit, Who};
use crate::model::network::guard::{Action, Guard, Stage, Target};
use crate::model::network::{Direction, Policy};
use crate::model::object::Object;
use crate::model::pod::Pod;
use crate::model::reach::{self, Ports};
use crate::model::selector::Match;

/// What a policy has to say of traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// It selects the pod, so that what no rule allows is denied.
    Isolates,
    /// One of its rules does this.
    Does(Action),
}

/// A policy that has a say.
#[derive(Debug, Clone)]
pub struct Say<'a> {
    /// The policy.
    pub object: Object<'a>,
    /// The rule, or what selects the pod.
    pub field: Field<'a>,
    /// What it says.
    pub what: What,
    /// On which ports.
    pub ports: Ports,
    /// Whether it surely is about the two.
    pub sure: bool,
}

/// What the policies of one side let through.
#[derive(Debug, Clone, Default)]
pub struct Side<'a> {
    /// On which ports.
    pub open: Ports,
    /// Whether nothing that does not show has a say in it.
    pub sure: bool,
    /// Whether any policy selects the pod.
    pub isolated: bool,
    /// Who had a say, in the order asked.
    pub says: Vec<Say<'a>>,
    rest: Ports,
    passed: Ports,
    closing: bool,
}

/// What gets through on one side: to a pod from another, or from it to the other. `target` is the one that is connected to.
#[must_use]
pub fn side<'a>(
    direction: Direction,
    (namespace, pod): (&Namespace<'a>, &Pod<'a>),
    other: (&Namespace<'a>, &Pod<'a>),
    target: &Pod<'a>,
    protocol: Option<&str>,
) -> Side<'a> {
    let mut side = Side { sure: true, rest: reach::every_port(), ..Side::default() };
    let who = Who { namespace, pod: Some(pod) };
    let peer = Target::Pod(other.0, other.1);
    let all: Vec<_> = namespace.guards().filter(|guard| guard.speaks_of(direction)).collect();
    let (before, after) = all.split_at(all.partition_point(|guard| guard.stage.is_before_kubernetes()));
    let mut tier = None;
    let enter = |side: &mut Side<'a>, stage: Stage<'a>, tier: &mut Option<Stage<'a>>| {
        if tier.is_some_and(|tier: Stage<'a>| !tier.is_with(&stage)) {
            side.leave();
        }
        *tier = Some(stage);
    };
    for guard in before {
        enter(&mut side, guard.stage, &mut tier);
        side.ask(guard, who, peer, direction, (target, protocol));
    }
    enter(&mut side, Stage::kubernetes(), &mut tier);
    side.ask_kubernetes(direction, (namespace, pod), other, (target, protocol));
    for guard in after {
        enter(&mut side, guard.stage, &mut tier);
        side.ask(guard, who, peer, direction, (target, protocol));
    }
    side.leave();
    if !side.isolated && namespace.scan().evidence.guards().is_always(namespace.world()) {
        (side.isolated, side.rest) = (true, Ports::new());
    }
    side.open = reach::union(std::mem::take(&mut side.open), std::mem::take(&mut side.rest));
    side
}

impl<'a> Side<'a> {
    /// That of a pod which no policy is about.
    #[must_use]
    pub fn free() -> Self {
        Side { open: reach::every_port(), sure: true, ..Side::default() }
    }

    fn ask(&mut self, guard: &Guard<'a>, who: Who<'_, 'a>, peer: Target<'_, 'a>, direction: Direction, to: (&Pod<'a>, Option<&str>)) {
        let selects = guard.selects(who);
        if matches!(selects, Fit::No | Fit::Some) {
            return;
        }
        if guard.isolates(direction) && guard.closes {
            if selects == Fit::Yes {
                (self.closing, self.isolated) = (true, true);
            } else {
                self.sure = false;
            }
            self.say(guard.object, guard.spec, What::Isolates, reach::every_port(), selects == Fit::Yes);
        }
        for clause in guard.rules(direction) {
            let fit = selects.and(clause.is_about(peer));
            // what is said of another protocol stops nothing of this one
            let protocol = to.1.or((clause.action != Action::Allow).then_some("TCP"));
            self.apply((guard.object, clause.field), clause.action, fit, &clause.ports_to(Some(to.0), protocol));
        }
    }

    fn ask_kubernetes(
        &mut self,
        direction: Direction,
        (namespace, pod): (&Namespace<'a>, &Pod<'a>),
        other: (&Namespace<'a>, &Pod<'a>),
        (target, protocol): (&Pod<'a>, Option<&str>),
    ) {
        match namespace.isolated_by_kubernetes(direction, pod) {
            Isolation::Yes => (self.closing, self.isolated) = (true, true),
            Isolation::No => return,
            _ => {
                self.sure = false;
                return;
            }
        }
        let selecting = |policy: &&Policy<'a>| policy.isolates(direction) && policy.selector.matches_pod(pod) != Match::No;
        for policy in namespace.policies().filter(selecting) {
            let selects = Fit::from(policy.selector.matches_pod(pod));
            self.say(policy.object, policy.selector.field(), What::Isolates, reach::every_port(), selects == Fit::Yes);
            for rule in policy.rules(direction) {
                let fit = selects.and(reach::names(rule, namespace, other).into());
                if fit != Fit::No {
                    self.apply((policy.object, rule.field), Action::Allow, fit, &reach::ports(rule, target, protocol));
                }
            }
        }
    }

    fn apply(&mut self, (object, field): (Object<'a>, Field<'a>), action: Action, fit: Fit, ports: &Ports) {
        // what an earlier rule allowed may be allowed twice; what it decided cannot be denied any more
        let within = if action == Action::Allow { reach::union(self.rest.clone(), self.open.clone()) } else { self.rest.clone() };
        let hit = reach::common(ports, &within);
        if hit.is_empty() || matches!(fit, Fit::No | Fit::Some) {
            return;
        }
        let sure = fit == Fit::Yes;
        self.sure &= sure || action == Action::Allow && reach::without(&hit, &self.open).is_empty();
        self.say(object, field, What::Does(action), hit.clone(), sure);
        match action {
            Action::Allow => self.open = reach::union(std::mem::take(&mut self.open), reach::common(&hit, &self.rest)),
            Action::Deny | Action::Pass => {}
        }
        if sure {
            self.rest = reach::without(&self.rest, &hit);
            if action == Action::Pass {
                self.passed = reach::union(std::mem::take(&mut self.passed), hit);
            }
        }
    }

    /// The end of a tier: what it did not decide is denied where a policy of it isolates, else left to the next one.
    fn leave(&mut self) {
        let passed = std::mem::take(&mut self.passed);
        let rest = if self.closing { Ports::new() } else { std::mem::take(&mut self.rest) };
        self.rest = reach::union(rest, passed);
        self.closing = false;
    }

    fn say(&mut self, object: Object<'a>, field: Field<'a>, what: What, ports: Ports, sure: bool) {
        self.says.push(Say { object, field, what, ports, sure });
    }
}
