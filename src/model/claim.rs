//! Which volumes claims are bound to, as Kubernetes binds what an administrator laid out: by the name that either says of
//! the other, else by class, size, access and labels, where any that fits may be taken.

use std::collections::HashMap;

use crate::model::field::Field;
use crate::model::object::Object;
use crate::model::selector::Selector;
use crate::model::{Evidence, kinds, volume};

/// A class's claims and volumes that name no partner.
#[derive(Debug, Default)]
struct Market<'a> {
    /// What is asked for: `spec` of claims and of the templates of claims.
    asked: Vec<Field<'a>>,
    /// Volumes that are reserved for nobody.
    free: Vec<u32>,
}

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
                claims.markets.entry((volume.world, class)).or_default().free.push(volume.id);
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
        self.markets.entry((world, class)).or_default().asked.push(spec);
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

    /// The volumes reserved for nobody that would fit what a claim, or a template of claims, asks for.
    pub(crate) fn fitting<'e>(&'e self, evidence: &'e Evidence<'a>, world: u16, spec: Field<'a>) -> impl Iterator<Item = u32> + 'e {
        let asks = spec.exists() && spec.key("volumeName").is_empty();
        let market = self.markets.get(&(world, self.class(world, spec))).filter(|_| asks);
        let free = market.into_iter().flat_map(|market| &market.free).copied();
        free.filter(move |&id| fits(spec, evidence.object(id)))
    }

    /// Whether a claim is bound to a volume, or may come to be.
    #[must_use]
    pub fn use_of(&self, volume: &Object<'a>) -> Use {
        let claim = volume.at("spec.claimRef");
        if claim.exists() && !claim.key("name").is_empty() || self.wanted.contains_key(&(volume.world, volume.name)) {
            return Use::Bound;
        }
        let market = self.markets.get(&(volume.world, volume.at("spec.storageClassName").str()));
        let fitting = market.is_some_and(|market| market.asked.iter().any(|spec| fits(*spec, volume)));
        if fitting { Use::Possible } else { Use::Unseen }
    }
}

/// Whether a volume is as a claim of its class asks.
fn fits(spec: Field<'_>, volume: &Object<'_>) -> bool {
    let of = volume.at("spec");
    let modes = of.key("accessModes");
    let mut asked = spec.key("accessModes").items();
    let mode = |spec: Field<'_>| if spec.key("volumeMode").str() == "Block" { "Block" } else { "Filesystem" };
    let size = |quantity: Field<'_>| quantity.text().and_then(bytes);
    let large = match (size(of.at("capacity.storage")), size(spec.at("resources.requests.storage"))) {
        (Some(has), Some(asked)) => has >= asked,
        _ => true,
    };
    let chosen = Selector::given(spec.key("selector")).is_none_or(|selector| selector.matches(|key| volume.label(key).text()));
    let attributes = of.key("volumeAttributesClassName").str() == spec.key("volumeAttributesClassName").str();
    let shared = asked.all(|wanted| modes.items().any(|mode| mode.text() == wanted.text()));
    large && shared && mode(of) == mode(spec) && chosen && attributes
}

/// A quantity of the API in bytes; `None` for what is none.
fn bytes(quantity: &str) -> Option<f64> {
    const UNITS: [(&str, f64); 13] = [
        ("Ki", 1024.0),
        ("Mi", 1_048_576.0),
        ("Gi", 1_073_741_824.0),
        ("Ti", 1_099_511_627_776.0),
        ("Pi", 1_125_899_906_842_624.0),
        ("Ei", 1_152_921_504_606_846_976.0),
        ("m", 1e-3),
        ("k", 1e3),
        ("M", 1e6),
        ("G", 1e9),
        ("T", 1e12),
        ("P", 1e15),
        ("E", 1e18),
    ];
    let unit = UNITS.iter().find_map(|(unit, factor)| Some((quantity.strip_suffix(unit)?, *factor)));
    let (number, factor) = unit.unwrap_or((quantity, 1.0));
    number.parse::<f64>().ok().filter(|number| number.is_finite()).map(|number| number * factor)
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn quantities_compare() {
        assert_eq!(bytes("1Gi"), bytes("1024Mi"));
        assert_eq!((bytes("5G"), bytes("1e3"), bytes("1500m")), (Some(5e9), Some(1000.0), Some(1.5)));
        assert!(bytes("1Gi") > bytes("1G") && bytes("10Gi") > bytes("9Gi"));
        assert_eq!([bytes(""), bytes("ten"), bytes("1GiB"), bytes("inf")], [None; 4]);
    }
}
