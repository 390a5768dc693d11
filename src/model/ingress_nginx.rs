//! ModSecurity as the controllers of ingress-nginx run it: by their own ConfigMap, and by annotations of an Ingress.

use std::collections::{HashMap, HashSet};

use crate::model::field::{Field, unnoticed};
use crate::model::kinds;
use crate::model::object::Object;
use crate::model::pod::Pod;
use crate::model::scan::Scan;

/// The namespace that the project's manifests and chart use, and how they name the ConfigMap, now and before 0.34.
const CONVENTIONAL: (&str, [&str; 2]) = ("ingress-nginx", ["ingress-nginx-controller", "nginx-configuration"]);

/// What the mode is where nothing sets one: that of the recommended configuration.
pub const DEFAULT_MODE: &str = "DetectionOnly";

/// The mode in which the controllers of each world run ModSecurity for every Ingress, found when first asked for.
pub(crate) type Modes = HashMap<u16, Box<str>>;

/// The mode in which the controllers run ModSecurity for every Ingress; `None` when they leave it to each Ingress. Of
/// several controllers, or copies of a ConfigMap, one that does not block is what counts.
#[must_use]
pub fn mode_of_controllers<'e>(scan: &'e Scan<'e>, world: u16) -> Option<&'e str> {
    let modes = scan.evidence.lazy.modes.get_or_init(|| unnoticed(|| modes(scan)));
    modes.get(&world).map(AsRef::as_ref)
}

fn modes(scan: &Scan<'_>) -> HashMap<u16, Box<str>> {
    let evidence = scan.evidence;
    let mut named: HashMap<u16, HashSet<(&str, &str)>> = HashMap::new();
    for pod in (0..evidence.pods().len() as u32).map(|id| scan.pod(id)) {
        let maps = named_by(&pod);
        if !maps.is_empty() {
            named.entry(pod.object().world).or_default().extend(maps);
        }
    }
    let is_own = |map: &&Object<'_>| {
        let at = (map.namespace_or_empty(), map.name);
        match named.get(&map.world) {
            Some(named) => named.contains(&at),
            None => at.0 == CONVENTIONAL.0 && CONVENTIONAL.1.contains(&at.1),
        }
    };
    let mut modes: HashMap<u16, Vec<Option<&str>>> = HashMap::new();
    for map in evidence.of_kind(kinds::CONFIG_MAP).filter(is_own) {
        modes.entry(map.world).or_default().push(mode(map));
    }
    let worst = |modes: Vec<Option<&str>>| match modes.iter().find(|mode| !mode.is_some_and(blocks)) {
        Some(mode) => mode.map(Box::from),
        None => modes.first().copied().flatten().map(Box::from),
    };
    modes.into_iter().filter_map(|(world, modes)| Some((world, worst(modes)?))).collect()
}

/// Whether a mode refuses what it finds.
#[must_use]
pub fn blocks(mode: &str) -> bool {
    mode.eq_ignore_ascii_case("on")
}

/// The mode that the last `SecRuleEngine` of a snippet sets.
#[must_use]
pub fn engine(snippet: &str) -> Option<&str> {
    let lines = snippet.lines().map(str::trim).filter(|line| line.to_ascii_lowercase().starts_with("secruleengine"));
    lines.filter_map(|line| line.split_whitespace().nth(1)).next_back().map(|mode| mode.trim_matches(['"', '\'', ';']))
}

/// The snippet of a ConfigMap counts only where it switches the module on for all; without one the default mode holds.
fn mode<'e>(map: &'e Object<'e>) -> Option<&'e str> {
    let data = map.at("data");
    (data.key("enable-modsecurity").str() == "true").then(|| engine(data.key("modsecurity-snippet").str()).unwrap_or(DEFAULT_MODE))
}

/// The ConfigMaps that containers of a pod are told to read, as `--configmap=NAMESPACE/NAME`.
fn named_by<'e>(pod: &Pod<'e>) -> Vec<(&'e str, &'e str)> {
    let own = pod.namespace();
    let words = pod.containers().flat_map(|container| ["command", "args"].map(|list| container.at(list).items()).into_iter().flatten());
    let named = words.filter_map(Field::text).filter_map(|word| word.strip_prefix("--configmap=")?.split_once('/'));
    named.map(|(namespace, name)| (if namespace == "$(POD_NAMESPACE)" { own } else { namespace }, name)).collect()
}
