//! Which volumes claims are bound to, as Kubernetes binds what an administrator laid out: by the name that either says of
//! the other, else by class, size, access and labels, where any that fits may be taken.

mod market;

use std::collections::HashMap;

use crate::model::claim::market::Market;
use crate::model::field::Field;
use crate::model::object::Object;
use crate::model::selector::Selector;
use crate::model::{Evidence, kinds, volume};

/// The joins of claims and volumes, made once a scan.
#[derive(Debug, Default)]
pub struct Claims<'a> {
    /// Volumes by the namespace and name of the claim they are bound to.
    bound: HashMap<(u16, &'a str, &'a str), Vec<u32>>,
    /// Volumes by name.
    by_name: HashMap<(u16, &'a str), Vec<u32>>,
    /// The volumes that claims name.
    wanted: HashMap<(u16, &'a str), u32>,
    markets: HashMap<(u16, &'a str), Market<'a>>,
    default_class: HashMap<u16, &'a str>,
}

/// What is known of the claim behind a volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// The volume names its claim, or a claim the volume.
    Bound,
    /// A claim that was seen would fit.
    Possible,
    /// None that was seen would.
    Unseen,
}

impl<'a> Claims<'a> {
    pub(crate) fn index(evidence: &Evidence<'a>) -> Self {
        let mut claims = Claims::default();
        for class in evidence.of_kind(kinds::STORAGE_CLASS).filter(|class| volume::is_default_class(class)) {
            claims.default_class.entry(class.world).or_insert(class.name);
        }
        for volume in evidence.of_kind(kinds::PERSISTENT_VOLUME) {
            claims.by_name.entry((volume.world, volume.name)).or_default().push(volume.id);
            let claim = volume.at("spec.claimRef");
            if let (Some(namespace), Some(name)) = (claim.key("namespace").text(), claim.key("name").text()) {
                claims.bound.entry((volume.world, namespace, name)).or_default().push(volume.id);
            } else {
                let class = volume.at("spec.storageClassName").str();
                claims.markets.entry((volume.world, class)).or_default().offer(volume);
            }
        }
        for claim in evidence.of_kind(kinds::PERSISTENT_VOLUME_CLAIM) {
            match claim.at("spec.volumeName").text() {
                Some(name) if !name.is_empty() => *claims.wanted.entry((claim.world, name)).or_default() += 1,
                _ => claims.ask(claim.world, claim.at("spec")),
            }
        }
        for set in evidence.of_kind(kinds::STATEFUL_SET) {
            set.at("spec.volumeClaimTemplates").items().for_each(|template| claims.ask(set.world, template.key("spec")));
        }
        claims
    }

    fn ask(&mut self, world: u16, spec: Field<'a>) {
        let class = self.class(world, spec);
        self.markets.entry((world, class)).or_default().ask(spec);
    }

    /// The class of a claim: admission puts the default one where none is named; with none, those without a class fit.
    fn class(&self, world: u16, spec: Field<'a>) -> &'a str {
        spec.key("storageClassName").text().or_else(|| self.default_class.get(&world).copied()).unwrap_or_default()
    }

    /// The volumes that a claim is bound to, as either says.
    pub(crate) fn bound(&self, world: u16, namespace: &str, name: &str, claim: Option<&Object<'a>>) -> Vec<u32> {
        let by_reference = self.bound.get(&(world, namespace, name));
        let named = claim.and_then(|claim| claim.at("spec.volumeName").text()).and_then(|name| self.by_name.get(&(world, name)));
        by_reference.into_iter().chain(named).flatten().copied().collect()
    }

    /// The folders of nodes, reserved for nobody, that would fit what a claim, or a template of claims, asks for: those that
    /// are the node itself, or `all`.
    pub(crate) fn fitting(&self, evidence: &Evidence<'a>, world: u16, spec: Field<'a>, all: bool) -> Vec<u32> {
        if !spec.exists() || !spec.key("volumeName").is_empty() {
            return Vec::new();
        }
        let found = self.markets.get(&(world, self.class(world, spec))).map(|market| market.folders(spec, all)).unwrap_or_default();
        let Some(selector) = Selector::given(spec.key("selector")) else { return found };
        let chosen = |id: &u32| selector.matches(|key| evidence.object(*id).label(key).text());
        found.into_iter().filter(chosen).collect()
    }

    /// Whether a claim is bound to a volume, or may come to be.
    #[must_use]
    pub fn use_of(&self, volume: &Object<'a>) -> Use {
        let claim = volume.at("spec.claimRef");
        if claim.exists() && !claim.key("name").is_empty() || self.wanted.contains_key(&(volume.world, volume.name)) {
            return Use::Bound;
        }
        let market = self.markets.get(&(volume.world, volume.at("spec.storageClassName").str()));
        if market.is_some_and(|market| market.is_wanted(volume)) { Use::Possible } else { Use::Unseen }
    }
}
