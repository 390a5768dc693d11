//! What is shown to the policies of a scan: pods for the ways to break each control, and for those that the policies speak
//! of themselves, as they may let them in.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::model::admission::sample::{self, CAPABILITIES, LISTS, Sample};
use crate::model::standard::{BASELINE_CAPABILITIES, CAPABILITIES as ADDED, CAPABILITIES_DROPPED, Control, HOST_PATH, HOST_PORTS};

/// How many paths and numbers are taken from policies, so that they cannot make this take for ever.
const MOST: usize = 12;

/// The pods, by control.
#[derive(Debug, Default)]
pub(super) struct Catalogue {
    more: BTreeMap<&'static str, Vec<Sample>>,
}

impl Catalogue {
    /// What the policies with these texts are shown.
    pub(super) fn of<'t>(texts: impl Iterator<Item = &'t str>) -> Self {
        let (mut paths, mut numbers, mut capabilities) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for text in texts {
            for word in text.split(|letter: char| letter.is_whitespace() || "'\"`!|&,()[]{}=<>".contains(letter)) {
                if word.starts_with('/') && paths.len() < MOST {
                    let end = word.find(['*', '?']).unwrap_or(word.len());
                    paths.insert(word[..end].trim_end_matches('/'));
                } else if let Some(known) = CAPABILITIES.iter().find(|known| **known == word) {
                    capabilities.insert(*known);
                } else if let Ok(number @ 1..=65_535) = word.parse::<u32>()
                    && numbers.len() < MOST
                {
                    numbers.insert(number);
                }
            }
        }
        let mut more = BTreeMap::new();
        let below = |path: &&str| [(*path).to_owned(), format!("{path}/app")];
        let every = paths.iter().flat_map(below).filter(|path| !path.is_empty());
        more.insert(HOST_PATH.name, every.map(|path| sample::host_path(&path)).collect::<Vec<_>>());
        let ports = numbers.iter().flat_map(|number| number - 1..=number + 1).filter(|number| (1..=65_535).contains(number));
        let port = |number: u32| {
            let change = json!({"ports": [{"containerPort": number, "hostPort": number}]});
            sample::in_lists(&LISTS[..1], &format!("hostPort {number}"), &change)
        };
        more.insert(HOST_PORTS.name, ports.collect::<BTreeSet<_>>().into_iter().flat_map(port).collect());
        let named = |least: &dyn Fn(&str) -> bool| -> Vec<_> {
            let named: Vec<_> = capabilities.iter().copied().filter(|name| !least(name)).collect();
            sample::added(&LISTS[1..], &named)
        };
        more.insert(ADDED.name, named(&|name| BASELINE_CAPABILITIES.contains(&name)));
        more.insert(CAPABILITIES_DROPPED.name, named(&|name| name == "NET_BIND_SERVICE"));
        Catalogue { more }
    }

    /// The pods that break a control.
    pub(super) fn pods(&self, control: &Control) -> impl Iterator<Item = &Sample> {
        let usual = sample::of(control).map(|samples| samples.pods.as_slice()).unwrap_or_default();
        usual.iter().chain(self.more.get(control.name).into_iter().flatten())
    }
}
