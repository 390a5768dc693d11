//! All policies of other engines, found once a scan.

use crate::model::evidence::Evidence;
use crate::model::field::{take_mistyped, unnoticed};
use crate::model::network::fit::Test;
use crate::model::network::guard::Guard;
use crate::model::network::{admin, calico, cilium};
use crate::model::object::Object;
use crate::model::{GroupKind, Map, kinds};

/// The kinds that are read here.
pub const KINDS: &[GroupKind] = match READ.split_first() {
    Some((_, others)) => others,
    None => &[],
};

/// The same with the NetworkPolicy of Kubernetes.
pub const READ: &[GroupKind] = &[
    kinds::NETWORK_POLICY,
    cilium::POLICY,
    cilium::CLUSTERWIDE,
    calico::POLICY,
    calico::GLOBAL,
    calico::OLD_POLICY,
    calico::OLD_GLOBAL,
    admin::ADMIN,
    admin::BASELINE,
    admin::CLUSTER,
];

/// All of them, found once a scan.
#[derive(Debug, Default)]
pub struct Guards<'a> {
    all: Vec<Guard<'a>>,
    /// By world, and by the namespace that they are bound to.
    of: Map<(u16, Option<&'a str>), Vec<u32>>,
    /// The worlds whose Cilium isolates pods that no policy selects.
    always: Vec<u16>,
}

impl<'a> Guards<'a> {
    pub(crate) fn index(evidence: &Evidence<'a>) -> Self {
        let seen = KINDS.iter().any(|kind| evidence.of_kind(*kind).next().is_some());
        let mut guards = Guards { always: cilium::always(evidence), ..Guards::default() };
        if !seen {
            return guards;
        }
        guards.all = unnoticed(|| {
            let tiers = calico::tiers(evidence);
            let objects = KINDS.iter().flat_map(|kind| evidence.of_kind(*kind));
            objects.flat_map(|object| read(object, evidence.assumed_namespace(), &tiers)).collect()
        });
        guards.all.sort_by(|one, other| one.stage.compare(&other.stage).then_with(|| one.object.id.cmp(&other.object.id)));
        for (id, guard) in (0u32..).zip(&guards.all) {
            guards.of.entry((guard.object.world, guard.namespace)).or_default().push(id);
        }
        guards
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &Guard<'a>> {
        self.all.iter()
    }

    /// Those that stand in an object.
    pub fn in_object(&self, object: u32) -> impl Iterator<Item = &Guard<'a>> {
        self.all.iter().filter(move |guard| guard.object.id == object)
    }

    /// Those that may select pods of a namespace, in the order in which they are asked.
    pub(crate) fn of(&self, world: u16, namespace: &'a str) -> Vec<u32> {
        let lists = [self.of.get(&(world, None)), self.of.get(&(world, Some(namespace)))];
        let mut ids: Vec<u32> = lists.into_iter().flatten().flatten().copied().collect();
        ids.sort_unstable();
        ids
    }

    /// One of them.
    pub(crate) fn get(&self, id: u32) -> &Guard<'a> {
        &self.all[id as usize]
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty() && self.always.is_empty()
    }

    /// Whether Cilium isolates whatever no policy selects.
    pub(crate) fn is_always(&self, world: u16) -> bool {
        self.always.contains(&world)
    }

    /// The keys of the labels of pods that they select by.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.all.iter().flat_map(|guard| &guard.subject).flat_map(Test::keys)
    }
}

fn read<'a>(object: &Object<'a>, assumed: &'a str, tiers: &calico::Tiers<'a>) -> Vec<Guard<'a>> {
    take_mistyped();
    let mut guards = match object.group {
        "cilium.io" => cilium::read(object, assumed),
        "policy.networking.k8s.io" => admin::read(object),
        _ => calico::read(object, assumed, tiers),
    };
    if !take_mistyped().is_empty() {
        guards.iter_mut().for_each(|guard| guard.unread = Some("a value of a wrong type"));
    }
    guards
}
