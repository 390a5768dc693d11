//! Which checks look at what.

use crate::checks::{Check, Probe};
use crate::model::{Component, Container, GroupKind, Map, Namespace, Object, Pod, Role, Scan, Verdict};

/// Checks by number, with what they do.
pub(super) type Probes<F> = Vec<(u16, F)>;

/// Which checks look at what.
#[derive(Default)]
pub(super) struct Plan {
    pub(super) pods: Probes<fn(&Pod<'_>) -> Verdict>,
    pub(super) containers: Probes<fn(&Container<'_>) -> Verdict>,
    pub(super) namespaces: Probes<fn(&Namespace<'_>) -> Verdict>,
    pub(super) kinds: Map<(&'static str, &'static str), Probes<ObjectProbe>>,
    pub(super) any: Probes<ObjectProbe>,
    pub(super) whole: Probes<fn(&Scan<'_>) -> Verdict>,
    pub(super) made: Probes<fn(&Pod<'_>) -> Verdict>,
    pub(super) components: Probes<ComponentProbe>,
}

/// The roles that it looks at, and how.
pub(super) type ComponentProbe = (&'static [Role], fn(&Component<'_>) -> Verdict);

pub(super) type ObjectProbe = fn(&Object<'_>, &Scan<'_>) -> Verdict;

impl Plan {
    /// The plan for those of some checks that are wanted; numbers stay those of all.
    pub(super) fn new(checks: &[&'static Check], is_wanted: impl Fn(&Check) -> bool) -> Self {
        let mut plan = Plan::default();
        for (index, check) in checks.iter().enumerate().filter(|(_, check)| is_wanted(check)) {
            let index = index as u16;
            match check.probe {
                Probe::Pod(probe) => plan.pods.push((index, probe)),
                Probe::Container(probe) => plan.containers.push((index, probe)),
                Probe::Namespace(probe) => plan.namespaces.push((index, probe)),
                Probe::Object(kinds, probe) => {
                    for GroupKind { group, kind } in kinds {
                        plan.kinds.entry((group, kind)).or_default().push((index, probe));
                    }
                }
                Probe::Any(probe) => plan.any.push((index, probe)),
                Probe::Scan(probe) => plan.whole.push((index, probe)),
                Probe::Made(probe) => plan.made.push((index, probe)),
                Probe::Component(roles, probe) => plan.components.push((index, (roles, probe))),
            }
        }
        plan
    }
}
