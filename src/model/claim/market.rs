//! What claims of a class ask for and what its volumes offer, read once: of many alike the one that is easiest to serve
//! stands for the others, and what is chosen by labels is looked up by them.

use crate::model::Map;
use crate::model::field::Field;
use crate::model::host_path::{is_critical, normal_path};
use crate::model::object::Object;
use crate::model::selector::Selector;
use crate::model::volume::folder;

/// A class's claims and volumes that name no partner.
#[derive(Debug, Default)]
pub(super) struct Market<'a> {
    /// What is asked for by whoever takes any volume: one of each sort, the smallest.
    asked: Vec<Terms<'a>>,
    /// What is asked for by label and value.
    choosy: Map<(&'a str, &'a str), Vec<Ask<'a>>>,
    /// What is asked for by labels in other ways.
    others: Vec<Ask<'a>>,
    /// Folders of a node that are reserved for nobody: those that are the node itself, and the rest.
    critical: Folders<'a>,
    plain: Folders<'a>,
}

/// Size, access and attributes: all that decides but labels.
#[derive(Debug, Clone)]
struct Terms<'a> {
    modes: Vec<&'a str>,
    block: bool,
    attributes: &'a str,
    /// In bytes; what is no quantity fits everything.
    size: Option<f64>,
}

#[derive(Debug)]
struct Ask<'a> {
    terms: Terms<'a>,
    selector: Selector<'a>,
}

#[derive(Debug, Default)]
struct Folders<'a> {
    all: Vec<(u32, Terms<'a>)>,
    by_label: Map<(&'a str, &'a str), Vec<usize>>,
}

impl<'a> Market<'a> {
    /// A claim, or a template of claims.
    pub(super) fn ask(&mut self, spec: Field<'a>) {
        let terms = Terms::asked(spec);
        let Some(selector) = Selector::given(spec.key("selector")) else { return self.ask_any(terms) };
        let ask = Ask { terms, selector };
        match first_label(spec) {
            Some(label) => self.choosy.entry(label).or_default().push(ask),
            None => self.others.push(ask),
        }
    }

    fn ask_any(&mut self, terms: Terms<'a>) {
        match self.asked.iter_mut().find(|known| known.is_like(&terms)) {
            Some(known) => known.size = known.size.zip(terms.size).map(|(one, other)| one.min(other)),
            None => self.asked.push(terms),
        }
    }

    /// A volume that is reserved for nobody.
    pub(super) fn offer(&mut self, volume: &Object<'a>) {
        if let Some(path) = folder(volume) {
            let folders = if is_critical(&normal_path(path)) { &mut self.critical } else { &mut self.plain };
            folders.add(volume);
        }
    }

    /// Whether any claim would take a volume.
    pub(super) fn is_wanted(&self, volume: &Object<'a>) -> bool {
        let offered = Terms::offered(volume);
        if self.asked.iter().any(|asked| asked.fits(&offered)) {
            return true;
        }
        let chooses = |ask: &Ask<'a>| ask.terms.fits(&offered) && ask.selector.matches(|key| volume.label(key).text());
        let labels = if self.choosy.is_empty() { Vec::new() } else { volume.at("metadata.labels").entries() };
        let by_label = labels.into_iter().filter_map(|(key, value)| self.choosy.get(&(key, value.text()?)));
        by_label.flatten().chain(&self.others).any(chooses)
    }

    /// The folders that a claim would take; `all`: those too that are no part of the node itself.
    pub(super) fn folders(&self, spec: Field<'a>, all: bool) -> Vec<u32> {
        let (terms, label) = (Terms::asked(spec), first_label(spec));
        let mut found = self.critical.fitting(&terms, label);
        found.extend(all.then(|| self.plain.fitting(&terms, label)).into_iter().flatten());
        found.sort_unstable();
        found
    }
}

impl<'a> Folders<'a> {
    fn add(&mut self, volume: &Object<'a>) {
        for (key, value) in volume.at("metadata.labels").entries() {
            if let Some(value) = value.text() {
                self.by_label.entry((key, value)).or_default().push(self.all.len());
            }
        }
        self.all.push((volume.id, Terms::offered(volume)));
    }

    fn fitting(&self, terms: &Terms<'a>, label: Option<(&'a str, &'a str)>) -> Vec<u32> {
        let fits = |(id, offered): &(u32, Terms<'a>)| terms.fits(offered).then_some(*id);
        match label {
            Some(label) => self.by_label.get(&label).into_iter().flatten().filter_map(|&at| fits(&self.all[at])).collect(),
            None => self.all.iter().filter_map(fits).collect(),
        }
    }
}

impl<'a> Terms<'a> {
    fn asked(spec: Field<'a>) -> Self {
        Terms::read(spec, spec.at("resources.requests.storage"))
    }

    fn offered(volume: &Object<'a>) -> Self {
        let spec = volume.at("spec");
        Terms::read(spec, spec.at("capacity.storage"))
    }

    fn read(spec: Field<'a>, size: Field<'a>) -> Self {
        let mut modes: Vec<_> = spec.key("accessModes").items().map(Field::str).collect();
        modes.sort_unstable();
        modes.dedup();
        let block = spec.key("volumeMode").str() == "Block";
        Terms { modes, block, attributes: spec.key("volumeAttributesClassName").str(), size: size.text().and_then(bytes) }
    }

    fn is_like(&self, other: &Terms<'_>) -> bool {
        self.modes == other.modes && self.block == other.block && self.attributes == other.attributes
    }

    /// Whether what is asked for is offered.
    fn fits(&self, offered: &Terms<'_>) -> bool {
        let large = self.size.zip(offered.size).is_none_or(|(asked, has)| has >= asked);
        let shared = self.modes.iter().all(|mode| offered.modes.contains(mode));
        large && shared && self.block == offered.block && self.attributes == offered.attributes
    }
}

/// A label that a claim wants of its volume, with its value.
fn first_label(spec: Field<'_>) -> Option<(&str, &str)> {
    let labels = spec.at("selector.matchLabels").entries();
    labels.into_iter().find_map(|(key, value)| Some((key, value.text()?)))
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
