//! How Alertmanager routes alerts: its configuration in a ConfigMap or Secret, and the objects of its operator.

use std::collections::BTreeSet;

use crate::model::credential;
use crate::model::fault::Fault;
use crate::model::field::{Field, unnoticed};
use crate::model::object::Object;
use crate::model::scan::Scan;
use crate::model::sensor::inner::Inner;
use crate::model::sensor::{Role, agents, config};
use crate::model::{GroupKind, kinds};

/// What its operator runs.
pub const ALERTMANAGER: GroupKind = GroupKind::new("monitoring.coreos.com", "Alertmanager");
/// Routes of a namespace.
pub const CONFIG: GroupKind = GroupKind::new("monitoring.coreos.com", "AlertmanagerConfig");

/// The kinds of the operator.
pub const KINDS: &[GroupKind] = &[ALERTMANAGER, CONFIG];

const KEYS: &[&str] = &["alertmanager.yaml", "alertmanager.yml"];

/// A configuration.
#[derive(Debug)]
pub enum Source<'a> {
    /// It stands in a text.
    Text(&'a Object<'a>, Box<Inner<'a>>),
    /// It is an object of the operator.
    Own(&'a Object<'a>),
    /// It stands in a Secret, which is not read, or is no sound YAML.
    Unread(&'a Object<'a>),
}

/// Each configuration that is seen.
#[must_use]
pub fn all<'a>(scan: &'a Scan<'a>) -> Vec<Source<'a>> {
    let evidence = scan.evidence;
    let of_agents: Vec<_> = agents(scan, Role::Alerts)
        .iter()
        .flat_map(|agent| {
            let maps = config::taken_in(&agent.container, kinds::CONFIG_MAP);
            maps.chain(config::taken_in(&agent.container, kinds::SECRET)).map(|object| object.id).collect::<Vec<_>>()
        })
        .collect();
    let named: Vec<_> = evidence.of_kind(ALERTMANAGER).map(|object| (object.namespace, secret_of(object))).collect();
    let is_one = |object: &&Object<'_>| {
        of_agents.contains(&object.id)
            || named.iter().any(|(namespace, name)| object.is(kinds::SECRET) && object.namespace == *namespace && object.name == name)
            || object.name.contains("alertmanager")
    };
    let holders = [kinds::CONFIG_MAP, kinds::SECRET].into_iter().flat_map(|kind| evidence.of_kind(kind)).filter(is_one);
    let texts = holders.filter_map(|object| {
        let of_operator = named.iter().any(|(namespace, name)| object.namespace == *namespace && object.name == name);
        text(object, of_operator)
    });
    texts.chain(evidence.of_kind(CONFIG).map(Source::Own)).collect()
}

/// The Secret that an Alertmanager reads, by its own name where none is given.
fn secret_of(object: &Object<'_>) -> String {
    let given = object.at("spec.configSecret").str();
    if given.is_empty() { format!("alertmanager-{}", object.name) } else { given.to_owned() }
}

fn text<'a>(object: &'a Object<'a>, is_named: bool) -> Option<Source<'a>> {
    if object.live && object.is(kinds::SECRET) {
        return is_named.then_some(Source::Unread(object));
    }
    let mut plain = ["data", "stringData"].into_iter().flat_map(|part| KEYS.iter().map(move |key| (part, object.at(part).key(key))));
    let (part, field) = plain.rfind(|(_, field)| field.exists())?;
    let is_encoded = object.is(kinds::SECRET) && part == "data";
    let decoded = is_encoded.then(|| credential::decode(field.str()).and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default());
    let inner = Inner::of(field, decoded.as_deref().unwrap_or(field.str()));
    Some(inner.map_or(Source::Unread(object), |inner| Source::Text(object, Box::new(inner))))
}

/// A way that alerts may go.
#[derive(Debug)]
pub struct Route<'f> {
    /// Where it stands.
    pub field: Field<'f>,
    /// Who gets them: its own, else that of the route above.
    pub receiver: Field<'f>,
    /// What an alert has to have, as `severity=critical`.
    pub asks: Vec<String>,
    /// Whether the receiver has anybody to send to.
    pub reaches: bool,
    /// It is muted at all times.
    pub muted: Option<Field<'f>>,
}

impl<'a> Source<'a> {
    /// The object it stands in.
    #[must_use]
    pub fn object(&self) -> &'a Object<'a> {
        match self {
            Source::Text(object, _) | Source::Own(object) | Source::Unread(object) => object,
        }
    }

    /// Its routes, the root first.
    #[must_use]
    pub fn routes(&self) -> Vec<Route<'_>> {
        let top = match self {
            Source::Text(_, inner) if inner.is_mapping() => inner.top(),
            Source::Text(..) => return Vec::new(),
            Source::Own(object) => object.at("spec"),
            Source::Unread(_) => return Vec::new(),
        };
        let mut routes = Vec::new();
        let root = top.key("route");
        if root.exists() {
            unnoticed(|| walk(root, root.key("receiver"), &[], &receivers(top), &always(top), &mut routes, 0));
        }
        routes
    }

    /// A fault on a part of it. What stands in a Secret is not shown.
    #[must_use]
    pub fn fault(&self, at: Field<'_>, said: String) -> Fault {
        match self {
            Source::Text(object, inner) if object.is(kinds::SECRET) => {
                let mut fault = inner.field.fault_at_key(said).observed("");
                fault.place.stable = format!("{}/{}", fault.place.stable, at.path()).into();
                fault.of_its_object()
            }
            Source::Text(_, inner) => inner.fault(at, said).of_its_object(),
            _ => at.fault(said).of_its_object(),
        }
    }
}

/// Receivers by name that have anybody to send to.
fn receivers(top: Field<'_>) -> BTreeSet<&str> {
    let is_full = |receiver: &Field<'_>| {
        let mut entries = receiver.entries().into_iter();
        entries.any(|(key, list)| (key.ends_with("_configs") || key.ends_with("Configs")) && !list.is_empty())
    };
    top.key("receivers").items().filter(is_full).map(|receiver| receiver.key("name").str()).collect()
}

/// The intervals that are always.
fn always(top: Field<'_>) -> BTreeSet<&str> {
    let lists = ["time_intervals", "mute_time_intervals", "muteTimeIntervals"].into_iter().flat_map(|key| top.key(key).items());
    let is_always = |interval: &Field<'_>| {
        let mut parts = ["time_intervals", "timeIntervals"].into_iter().flat_map(|key| interval.key(key).items());
        parts.any(|part| part.entries().iter().all(|(key, value)| *key == "location" || value.is_empty()))
    };
    lists.filter(is_always).map(|interval| interval.key("name").str()).collect()
}

/// How deep routes may be nested.
const DEEPEST: usize = 32;

fn walk<'f>(
    route: Field<'f>,
    above: Field<'f>,
    asked: &[String],
    receivers: &BTreeSet<&str>,
    always: &BTreeSet<&str>,
    routes: &mut Vec<Route<'f>>,
    depth: usize,
) {
    let own = route.key("receiver");
    let receiver = if own.is_empty() { above } else { own };
    let mut asks = asked.to_vec();
    asks.extend(matchers(route));
    let muted = ["mute_time_intervals", "muteTimeIntervals"].into_iter().flat_map(|key| route.key(key).items());
    let muted = muted.filter(|name| always.contains(name.str())).last();
    let reaches = receivers.contains(receiver.str());
    routes.push(Route { field: route, receiver, asks: asks.clone(), reaches, muted });
    if depth < DEEPEST {
        for child in route.key("routes").items() {
            walk(child, receiver, &asks, receivers, always, routes, depth + 1);
        }
    }
}

/// What a route asks for, each as `severity=critical`.
fn matchers(route: Field<'_>) -> Vec<String> {
    let plain: fn(&str) -> String = |text| text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '"' | '\'')).collect();
    let listed = route.key("matchers").items().map(|one| match one.text() {
        Some(text) => plain(text),
        None => {
            let kind = one.key("matchType").str();
            let kind = match kind {
                "" if one.key("regex").is_true() => "=~",
                "" => "=",
                kind => kind,
            };
            format!("{}{kind}{}", one.key("name").str(), one.key("value").str())
        }
    });
    let old = [("match", "="), ("match_re", "=~")].into_iter().flat_map(|(key, kind)| {
        let entries = route.key(key).entries().into_iter();
        entries.map(move |(name, value)| format!("{name}{kind}{}", value.str())).collect::<Vec<_>>()
    });
    listed.chain(old).collect()
}

impl Route<'_> {
    /// Whether alerts of the highest severity, and they alone, go this way.
    #[must_use]
    pub fn is_of_critical(&self) -> bool {
        self.asks.len() == 1 && self.asks[0].starts_with("severity=") && self.asks[0].contains("critical") && !self.asks[0].contains('!')
    }

    /// Whether it asks for a severity.
    #[must_use]
    pub fn is_by_severity(&self) -> bool {
        self.asks.iter().any(|asked| asked.starts_with("severity") || asked.starts_with("priority"))
    }
}
