//! ModSecurity as the controllers of ingress-nginx run it: by their own ConfigMap, and by annotations of an Ingress.

use crate::model::evidence::Evidence;
use crate::model::field::Field;
use crate::model::kinds;
use crate::model::object::Object;
use crate::model::pod::Pod;
use crate::model::scan::Scan;

/// The namespace that the project's manifests and chart use, and how they name the ConfigMap, now and before 0.34.
const CONVENTIONAL: (&str, [&str; 2]) = ("ingress-nginx", ["ingress-nginx-controller", "nginx-configuration"]);

/// What the mode is where nothing sets one: that of the recommended configuration.
pub const DEFAULT_MODE: &str = "DetectionOnly";

/// The mode in which the controllers run ModSecurity for every Ingress; `None` when they leave it to each Ingress. Of
/// several controllers, or copies of a ConfigMap, one that does not block is what counts.
#[must_use]
pub fn mode_of_controllers<'e>(scan: &'e Scan<'e>, world: u16) -> Option<&'e str> {
    let modes: Vec<_> = own_maps(scan, world).into_iter().map(mode).collect();
    let on = modes.iter().all(|mode| mode.is_some_and(blocks));
    if on { modes.first().copied().flatten() } else { modes.into_iter().find(|mode| !mode.is_some_and(blocks)).flatten() }
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

/// The ConfigMaps that the controllers name; where no controller was seen, those of the conventional place.
fn own_maps<'e>(scan: &'e Scan<'e>, world: u16) -> Vec<&'e Object<'e>> {
    let evidence: &Evidence<'_> = scan.evidence;
    let pods = evidence.pods().iter().map(|record| Pod { scan, record }).filter(|pod| pod.object().world == world);
    let named: Vec<(&str, &str)> = pods.flat_map(|pod| named_by(&pod)).collect();
    let is_own = |map: &&Object<'_>| {
        let namespace = map.namespace_or_empty();
        match named.as_slice() {
            [] => namespace == CONVENTIONAL.0 && CONVENTIONAL.1.contains(&map.name),
            named => named.contains(&(namespace, map.name)),
        }
    };
    evidence.of_kind_in(world, kinds::CONFIG_MAP).filter(is_own).collect()
}

/// The ConfigMaps that containers of a pod are told to read, as `--configmap=NAMESPACE/NAME`.
fn named_by<'e>(pod: &Pod<'e>) -> Vec<(&'e str, &'e str)> {
    let own = pod.namespace();
    let words = pod.containers().flat_map(|container| ["command", "args"].map(|list| container.at(list).items()).into_iter().flatten());
    let named = words.filter_map(Field::text).filter_map(|word| word.strip_prefix("--configmap=")?.split_once('/'));
    named.map(|(namespace, name)| (if namespace == "$(POD_NAMESPACE)" { own } else { namespace }, name)).collect()
}
