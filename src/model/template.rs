//! What a pod spec says, as far as checks read it, in a form in which a pod can be held against its template.
//!
//! Left out is what the API server and its own admission add to every pod: defaulted fields, the volume of the service
//! account's token, tolerations, priorities, requests and limits of a LimitRange, labels of controllers.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashSet;
use std::hash::{Hash, Hasher};

use crate::model::field::Field;
use crate::model::kinds;
use crate::model::object::Object;
use crate::model::pod::PodRecord;
use crate::model::selector::ADDED_AT_RUN_TIME;
use crate::model::service_account::TOKEN_PATH;
use crate::parse::Kind;
use crate::parse::scalar::Value;

/// The fields of a pod spec that checks read, but for its lists of containers and volumes.
const OF_POD: &[&str] = &[
    "automountServiceAccountToken",
    "hostIPC",
    "hostNetwork",
    "hostPID",
    "hostUsers",
    "os",
    "runtimeClassName",
    "securityContext",
    "shareProcessNamespace",
];

/// The fields of a container that checks read.
const OF_CONTAINER: &[&str] = &[
    "args",
    "command",
    "env",
    "envFrom",
    "image",
    "lifecycle",
    "livenessProbe",
    "ports",
    "readinessProbe",
    "restartPolicy",
    "script",
    "securityContext",
    "startupProbe",
    "volumeDevices",
    "volumeMounts",
];

const LISTS: &[&str] = &["initContainers", "containers", "ephemeralContainers", "steps", "sidecars"];

/// What the API server writes where nothing is given: it stands in a pod, and not in every template.
const DEFAULTS: &[(&str, &str)] = &[
    ("apiVersion", "v1"),
    ("defaultMode", "420"),
    ("divisor", "0"),
    ("hostIPC", "false"),
    ("hostNetwork", "false"),
    ("hostPID", "false"),
    ("procMount", "Default"),
    ("protocol", "TCP"),
    ("readOnly", "false"),
    ("scheme", "HTTP"),
    ("shareProcessNamespace", "false"),
    ("type", ""),
];

/// How often a probe asks, which is nobody's danger.
const TIMING: &[&str] = &["failureThreshold", "initialDelaySeconds", "periodSeconds", "successThreshold", "timeoutSeconds"];

/// How the annotations begin that took the place of fields before 1.30 and 1.19. The API server gives a pod that has the
/// one of AppArmor the field as well, and the other way round, but not its template.
const APP_ARMOR: &str = "container.apparmor.security.beta.kubernetes.io/";
const SECCOMP: &[&str] = &["seccomp.security.alpha.kubernetes.io/", "container.seccomp.security.alpha.kubernetes.io/"];

/// One thing that a pod spec says: a value, or that a list has an item.
#[derive(Debug, Clone)]
pub(crate) struct Fact<'a> {
    /// The path, list items by name.
    pub(crate) key: Box<str>,
    pub(crate) value: Cow<'a, str>,
    pub(crate) field: Field<'a>,
    /// A pod may have it beyond its template: admission and controllers add such things to all.
    may_be_added: bool,
}

/// All of them, by key.
pub(crate) type Facts<'a> = Vec<Fact<'a>>;

/// How a pod and its template differ in one thing.
#[derive(Debug, Clone)]
pub struct Difference<'a> {
    /// The path in the pod spec, list items by name.
    pub path: Box<str>,
    /// What became of it.
    pub change: Change,
    /// Where in the pod: the value, else what should hold it.
    pub field: Field<'a>,
    /// What the template says.
    pub template: Cow<'a, str>,
}

/// What became of something in a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Change {
    /// The template does not have it.
    Added,
    /// The pod does not have it.
    Missing,
    /// It has another value.
    Changed,
}

/// The labels that policies select by: what a pod has of them beyond its template changes what reaches it.
pub(crate) type Selecting = HashSet<Box<str>>;

/// Reads a pod. `owner` is the controller that made it, `None` for the template itself.
pub(crate) fn facts<'a>(pod: &PodRecord<'a>, owner: Option<&Object<'a>>, selecting: &Selecting) -> Facts<'a> {
    let mut reader =
        Reader { facts: Vec::new(), metadata: pod.metadata, spec: pod.spec, host_network: pod.spec.key("hostNetwork").is_true() };
    for key in OF_POD {
        reader.walk(pod.spec.key(key), &mut (*key).to_owned(), Place::Plain);
    }
    let account = pod.spec.key("serviceAccountName");
    let account = if account.is_empty() { pod.spec.key("serviceAccount") } else { account };
    if !matches!(account.str(), "" | "default") {
        reader.say("serviceAccountName", account.str().into(), account, false);
    }
    let token = token_volume(pod.spec);
    let claims = owner.filter(|owner| owner.is(kinds::STATEFUL_SET)).map(|owner| owner.at("spec.volumeClaimTemplates"));
    let is_claimed = |name: &str| claims.is_some_and(|claims| claims.items().any(|claim| claim.at("metadata.name").text() == Some(name)));
    for volume in pod.spec.key("volumes").items() {
        let name = volume.key("name").str();
        let from_claim = volume.key("persistentVolumeClaim").exists() && is_claimed(name);
        if Some(name) != token && !from_claim {
            reader.item("volumes", volume, None);
        }
    }
    let is_job = owner.is_some_and(|owner| owner.is(kinds::JOB));
    for list in LISTS {
        for container in pod.spec.key(list).items() {
            reader.container(list, container, is_job);
        }
    }
    reader.metadata(selecting);
    reader.facts.sort_by(|a, b| (&a.key, &a.value).cmp(&(&b.key, &b.value)));
    reader.facts
}

/// The volume by which admission gives a pod the token of its account: mounted there, and nowhere else.
fn token_volume(spec: Field<'_>) -> Option<&str> {
    let gives_token = |volume: &Field<'_>| {
        let sources = volume.at("projected.sources");
        let known = |source: Field<'_>| ["serviceAccountToken", "configMap", "downwardAPI"].iter().any(|key| source.key(key).exists());
        let projected = !sources.is_empty() && sources.items().all(known);
        projected || volume.at("secret.secretName").text().is_some_and(|name| name.contains("-token-"))
    };
    let mounts = |name: &str| {
        let containers = LISTS.iter().flat_map(|list| spec.key(list).items());
        let own = containers.flat_map(|container| container.key("volumeMounts").items());
        own.filter(|mount| mount.key("name").text() == Some(name)).collect::<Vec<_>>()
    };
    let found = spec.key("volumes").items().filter(gives_token).find(|volume| {
        let mounts = mounts(volume.key("name").str());
        !mounts.is_empty() && mounts.iter().all(|mount| mount.key("mountPath").str() == TOKEN_PATH)
    });
    found.map(|volume| volume.key("name").str())
}

/// Where a value stands, as far as that says how to read it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Plain,
    Probe,
    /// The order of the items means something.
    Words,
}

struct Reader<'a> {
    facts: Facts<'a>,
    metadata: Field<'a>,
    spec: Field<'a>,
    host_network: bool,
}

impl<'a> Reader<'a> {
    fn say(&mut self, key: &str, value: Cow<'a, str>, field: Field<'a>, may_be_added: bool) {
        self.facts.push(Fact { key: key.into(), value, field, may_be_added });
    }

    fn container(&mut self, list: &str, container: Field<'a>, is_job: bool) {
        let name = container.key("name");
        let mut key = format!("{list}[{}]", name.str());
        self.say(&key, "".into(), if name.exists() { name } else { container }, false);
        let length = key.len();
        for own in OF_CONTAINER {
            key.push('.');
            key.push_str(own);
            let place = match *own {
                "command" | "args" => Place::Words,
                "livenessProbe" | "readinessProbe" | "startupProbe" => Place::Probe,
                _ => Place::Plain,
            };
            self.list_or_value(container.key(own), &mut key, place, is_job);
            key.truncate(length);
        }
        if let Some((profile, field)) = self.app_armor(container) {
            self.say(&format!("{key}.securityContext.appArmorProfile"), profile, field, false);
        }
        // how much is a matter of autoscalers and LimitRanges: that there is a bound must not be lost
        for (kind, listed) in container.key("resources").entries() {
            if matches!(kind, "limits" | "requests") {
                for (resource, amount) in listed.entries() {
                    self.say(&format!("{key}.resources.{kind}.{resource}"), "set".into(), amount, true);
                }
            }
        }
    }

    /// The profile that a container has, as an annotation would say it.
    fn app_armor(&self, container: Field<'a>) -> Option<(Cow<'a, str>, Field<'a>)> {
        let annotations = self.metadata.key("annotations").entries();
        let own =
            annotations.into_iter().find(|(key, _)| key.strip_prefix(APP_ARMOR).is_some_and(|name| name == container.key("name").str()));
        if let Some((_, value)) = own {
            return Some((value.str().into(), value));
        }
        let fields = [container, self.spec].map(|place| place.at("securityContext.appArmorProfile"));
        let profile = fields.into_iter().find(|profile| profile.exists())?;
        let word = match profile.key("type").str() {
            "RuntimeDefault" => "runtime/default".into(),
            "Localhost" => format!("localhost/{}", profile.key("localhostProfile").str()).into(),
            "Unconfined" => "unconfined".into(),
            other => other.into(),
        };
        Some((word, profile))
    }

    /// Leaves out of the lists of a container what controllers and admission add to it.
    fn list_or_value(&mut self, field: Field<'a>, key: &mut String, place: Place, is_job: bool) {
        if field.kind() != Some(Kind::Sequence) || place == Place::Words {
            return self.walk(field, key, place);
        }
        for item in field.items() {
            let is_token = item.key_if_mapping("mountPath").text() == Some(TOKEN_PATH);
            let is_index = is_job && item.key_if_mapping("name").text() == Some("JOB_COMPLETION_INDEX");
            if !is_token && !is_index {
                self.item(key, item, None);
            }
        }
    }

    /// An item of a list, under the name that tells it from the others.
    fn item(&mut self, list: &str, item: Field<'a>, number: Option<usize>) {
        const NAMES: &[&str] = &["mountPath", "devicePath", "containerPort", "name", "key"];
        let name = NAMES.iter().map(|name| item.key_if_mapping(name)).find(|name| name.exists());
        let word = match (name, number) {
            (Some(name), _) => canonical(name),
            (None, None) if item.kind() == Some(Kind::Scalar) => canonical(item),
            (None, number) => number.unwrap_or_default().to_string().into(),
        };
        let mut key = format!("{list}[{word}]");
        let is_scalar = item.kind() == Some(Kind::Scalar);
        let value = if is_scalar && number.is_some() { canonical(item) } else { "".into() };
        self.say(&key, value, name.unwrap_or(item), false);
        if is_scalar {
            return;
        }
        // the API server gives pods on their node's network the port of the node that they listen on
        let same_port = self.host_network && item.key_if_mapping("hostPort").int() == item.key_if_mapping("containerPort").int();
        let length = key.len();
        for (own, value) in item.entries() {
            if own == "hostPort" && same_port {
                continue;
            }
            key.push('.');
            key.push_str(own);
            self.walk(value, &mut key, Place::Plain);
            key.truncate(length);
        }
    }

    fn walk(&mut self, field: Field<'a>, key: &mut String, place: Place) {
        match field.kind() {
            // every alias was followed: a shard left this out
            None | Some(Kind::Alias) => {}
            // `emptyDir: {}` says which kind of volume it is
            Some(Kind::Mapping) if field.is_empty() && key.starts_with("volumes[") => self.say(key, "{}".into(), field, false),
            Some(Kind::Mapping) => {
                let length = key.len();
                for (own, value) in field.entries() {
                    if place == Place::Probe && TIMING.contains(&own) || own == "appArmorProfile" {
                        continue;
                    }
                    key.push('.');
                    key.push_str(own);
                    self.walk(value, key, place);
                    key.truncate(length);
                }
            }
            Some(Kind::Sequence) => {
                for (number, item) in field.items().enumerate() {
                    let named = ["name", "key"].iter().any(|name| item.key_if_mapping(name).exists());
                    let is_set = place != Place::Words && item.kind() == Some(Kind::Scalar);
                    self.item(key, item, (!named && !is_set).then_some(number));
                }
            }
            Some(Kind::Scalar) => {
                let value = canonical(field);
                let name = key.rsplit('.').next().unwrap_or(key);
                if !DEFAULTS.contains(&(name, &*value)) {
                    self.say(key, value, field, false);
                }
            }
        }
    }

    fn metadata(&mut self, selecting: &Selecting) {
        let metadata = self.metadata;
        for (label, value) in metadata.key("labels").entries() {
            let may_be_added = !selecting.contains(label) || ADDED_AT_RUN_TIME.contains(&label);
            self.say(&format!("metadata.labels[{label}]"), value.str().into(), value, may_be_added);
        }
        for (name, value) in metadata.key("annotations").entries() {
            if SECCOMP.iter().any(|known| name.starts_with(known)) {
                self.say(&format!("metadata.annotations[{name}]"), value.str().into(), value, false);
            }
        }
    }
}

/// A scalar in one spelling.
fn canonical(field: Field<'_>) -> Cow<'_, str> {
    match field.value() {
        Some(Value::Bool(value)) => if value { "true" } else { "false" }.into(),
        Some(Value::Int(value)) => value.to_string().into(),
        _ => field.str().into(),
    }
}

/// In what a pod differs from its template, by path; what follows from an item that one of them lacks is left out.
pub(crate) fn differences<'a>(template: &Facts<'a>, pod: &Facts<'a>, spec: Field<'a>) -> Vec<Difference<'a>> {
    let mut found: Vec<Difference<'a>> = Vec::new();
    let (mut ours, mut theirs) = (pod.as_slice(), template.as_slice());
    // the items of the pod that the path at hand lies in: the last is where something is missing
    let mut items: Vec<&Fact<'a>> = Vec::new();
    let mut lacking: [Option<Box<str>>; 2] = [None, None];
    while let Some((key, order)) = next(ours, theirs) {
        let own = if order.is_le() { ours.split_off_first() } else { None };
        let their = if order.is_ge() { theirs.split_off_first() } else { None };
        items.retain(|item| lies_in(key, &item.key));
        items.extend(own.filter(|fact| fact.key.ends_with(']')));
        let (change, field) = match (own, their) {
            (Some(own), Some(their)) if own.value != their.value => (Change::Changed, own.field),
            (Some(own), None) if !own.may_be_added => (Change::Added, own.field),
            (None, Some(_)) => (Change::Missing, items.last().map_or(spec, |item| item.field)),
            _ => continue,
        };
        if change != Change::Changed {
            let last = &mut lacking[usize::from(change == Change::Missing)];
            if last.as_ref().is_some_and(|item| lies_in(key, item)) {
                continue;
            }
            if key.ends_with(']') {
                *last = Some(key.into());
            }
        }
        let template = their.map(|fact| fact.value.clone()).unwrap_or_default();
        found.push(Difference { path: key.into(), change, field, template });
    }
    found
}

/// Hashes what a pod says and how it differs, so that pods which differ in the same way are known.
pub(crate) fn hash(pod: &Facts<'_>, differences: &Option<Vec<Difference<'_>>>, hasher: &mut impl Hasher) {
    for fact in pod.iter().filter(|fact| !fact.may_be_added) {
        (&fact.key, &fact.value).hash(hasher);
    }
    for difference in differences.iter().flatten() {
        (&difference.path, difference.change).hash(hasher);
    }
}

/// The next path of two sorted lists, and which of them it stands in.
fn next<'f>(ours: &'f [Fact<'_>], theirs: &'f [Fact<'_>]) -> Option<(&'f str, Ordering)> {
    match (ours.first(), theirs.first()) {
        (None, None) => None,
        (Some(own), None) => Some((&own.key, Ordering::Less)),
        (None, Some(their)) => Some((&their.key, Ordering::Greater)),
        (Some(own), Some(their)) => Some((if own.key <= their.key { &own.key } else { &their.key }, own.key.cmp(&their.key))),
    }
}

/// Whether a path lies below an item of a list.
fn lies_in(path: &str, item: &str) -> bool {
    path.strip_prefix(item).is_some_and(|rest| rest.starts_with(['.', '[']))
}
