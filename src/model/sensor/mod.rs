//! Agents on the nodes: what watches containers for threats, collects their logs, or captures evidence, by their images.

pub mod alertmanager;
pub mod config;
pub mod enforce;
pub mod falco;
pub mod flows;
pub mod inner;
pub mod relay;
pub mod spread;
pub mod watch;

use std::sync::LazyLock;

use serde::Deserialize;

use crate::model::field::{Field, unnoticed};
use crate::model::image::Image;
use crate::model::object::Object;
use crate::model::pod::{Container, Pod};
use crate::model::scan::Scan;
use crate::model::{GroupKind, Map, kinds, table};
use crate::settings::{Default, Setting};

/// Images of the user's own sensors.
pub static SENSORS: Setting = Setting {
    key: "runtime_sensors",
    help: "Images of agents that detect threats on nodes, beside those that are known: the last parts of the repository, as `security/agent`.",
    default: Default::Strings(&[]),
};

/// Images of the user's own collectors.
pub static COLLECTORS: Setting = Setting {
    key: "log_collectors",
    help: "Images of agents that collect the logs of containers, beside those that are known: the last parts of the repository.",
    default: Default::Strings(&[]),
};

/// What an agent is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// It detects threats.
    Detection,
    /// It collects logs.
    Logs,
    /// It records what goes over the network.
    Flows,
    /// It passes the alerts of a sensor on.
    Relay,
    /// It routes alerts of metrics.
    Alerts,
    /// It responds to an alert, or captures evidence.
    Response,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Product {
    name: String,
    role: Role,
    images: Vec<String>,
    #[serde(default)]
    names: Vec<String>,
    env: Option<String>,
    proof: Option<String>,
    #[serde(default)]
    perhaps: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[expect(dead_code, reason = "for a person: when the facts were looked up")]
    read: String,
    #[expect(dead_code, reason = "for a person: where the facts are from")]
    sources: Vec<String>,
    products: Vec<Product>,
    relay_outputs: Vec<String>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| table::shipped("list of agents", include_str!("../../../profiles/runtime-security.yaml")));

/// The products whose image, or mirror, has this as the last part of its repository.
static BY_NAME: LazyLock<Map<&'static str, Vec<usize>>> = LazyLock::new(|| {
    let mut found: Map<&str, Vec<usize>> = Map::default();
    for (at, product) in TABLE.products.iter().enumerate() {
        let last = |image: &'static String| image.rsplit('/').next().unwrap_or(image);
        for name in product.images.iter().map(last).chain(product.names.iter().map(String::as_str)) {
            let known = found.entry(name).or_default();
            if !known.contains(&at) {
                known.push(at);
            }
        }
    }
    found
});

/// Where an agent stands, found once a scan.
#[derive(Debug)]
pub(crate) struct Found {
    pod: u32,
    container: usize,
    product: Option<usize>,
    role: Role,
    sure: bool,
}

/// An agent.
#[derive(Debug, Clone, Copy)]
pub struct Agent<'a> {
    /// Its name for a person.
    pub name: &'a str,
    /// What runs it.
    pub container: Container<'a>,
    /// Whether its whole image is known, rather than what its repository is called.
    pub sure: bool,
    /// What it does only where this variable is true, or this word stands in its configuration.
    asks: (Option<&'static str>, Option<&'static str>),
}

impl<'a> Agent<'a> {
    /// The object that holds it.
    #[must_use]
    pub fn object(&self) -> &'a Object<'a> {
        self.container.pod.object()
    }

    /// Whether it runs on each node by itself, or on one.
    #[must_use]
    pub fn is_of_nodes(&self) -> bool {
        DAEMONS.iter().any(|kind| self.object().is(*kind)) || self.object().is(kinds::POD)
    }

    /// What it is not seen to be told, without which it does not do it; `None`: nothing is lacking.
    #[must_use]
    pub fn lacks(&self) -> Option<String> {
        if let Some(name) = self.asks.0
            && !config::variable(&self.container, name).is_some_and(|value| value == "true" || value == "1")
        {
            return Some(format!("{name} is not seen to be true"));
        }
        let word = self.asks.1?;
        let told = config::texts(&self.container).iter().any(|text| text.str().contains(word));
        (!told).then(|| format!("no configuration with `{word}` is seen"))
    }
}

/// Kinds that bring a pod to each node.
pub const DAEMONS: &[GroupKind] = &[kinds::DAEMON_SET, GroupKind::new("apps.kruise.io", "DaemonSet")];

/// What shows that there is no agent: all that runs.
pub const RUNNING: &[GroupKind] = &[kinds::DAEMON_SET, kinds::POD];

/// The agents with a role, in the order of the input; pods that are copies of a template are counted there.
#[must_use]
pub fn agents<'a>(scan: &'a Scan<'a>, role: Role) -> Vec<Agent<'a>> {
    let found = scan.evidence.lazy.agents.get_or_init(|| unnoticed(|| find(scan)));
    let of_role = found.iter().filter(|found| found.role == role);
    of_role
        .filter_map(|found| {
            let container = scan.pod(found.pod).containers().nth(found.container)?;
            let product = found.product.map(|at| &TABLE.products[at]);
            let name = product.map_or_else(|| container.name(), |product| &product.name);
            let asks = product.map(|product| (product.env.as_deref(), product.proof.as_deref())).unwrap_or_default();
            Some(Agent { name, container, sure: found.sure, asks })
        })
        .collect()
}

/// The agents on nodes that are not seen to lack what makes them collect logs.
#[must_use]
pub fn collectors<'a>(scan: &'a Scan<'a>) -> Vec<Agent<'a>> {
    let all = agents(scan, Role::Logs).into_iter();
    all.filter(|agent| agent.is_of_nodes() && agent.lacks().is_none()).collect()
}

fn find(scan: &Scan<'_>) -> Vec<Found> {
    let evidence = scan.evidence;
    let own: Vec<(&str, Role)> = [(&SENSORS, Role::Detection), (&COLLECTORS, Role::Logs)]
        .into_iter()
        .flat_map(|(setting, role)| scan.settings.strings(setting).map(move |image| (image, role)))
        .collect();
    let mut found = Vec::new();
    for id in 0..evidence.pods().len() as u32 {
        let record = &evidence.pods()[id as usize];
        if evidence.owners().judged_at(record.object) != record.object {
            continue;
        }
        for (at, container) in scan.pod(id).containers().enumerate() {
            let text = container.field.key("image").str();
            let last = text.rsplit('/').next().and_then(|last| last.split([':', '@']).next()).unwrap_or_default();
            let known = BY_NAME.get(last).map(Vec::as_slice).unwrap_or_default();
            if known.is_empty() && own.is_empty() {
                continue;
            }
            let Ok(image) = Image::parse(text) else { continue };
            for &product in known {
                let of = &TABLE.products[product];
                let own = of.images.iter().any(|known| image.ends_with(known));
                let sure = own && !of.perhaps;
                if own || of.names.iter().any(|name| name == last) {
                    found.push(Found { pod: id, container: at, product: Some(product), role: of.role, sure });
                }
            }
            let given = own.iter().filter(|(known, _)| image.ends_with(known.trim_start_matches('/')));
            for (_, role) in given {
                if !found.iter().any(|one| one.pod == id && one.container == at && one.role == *role) {
                    found.push(Found { pod: id, container: at, product: None, role: *role, sure: true });
                }
            }
        }
    }
    found
}

/// Where to point when something is missing from the cluster as a whole: at the first namespace by name that has
/// applications, when its document is there, else at the first object.
#[must_use]
pub fn anywhere<'a>(scan: &'a Scan<'a>) -> Option<Field<'a>> {
    let world = scan.evidence.object(scan.evidence.pods().first()?.object).world;
    let namespace = scan.first_namespace(world).and_then(|(name, _)| scan.namespace(world, name));
    let document = namespace.and_then(|namespace| namespace.documents().next()).map(|document| document.at("metadata.name"));
    document.or_else(|| {
        let first = scan.evidence.objects().first()?;
        let name = first.at("metadata.name");
        Some(if name.exists() { name } else { first.at("kind") })
    })
}

/// The first object of some kinds: what an operator is asked for.
#[must_use]
pub fn asked<'a>(scan: &'a Scan<'a>, kinds: &[GroupKind]) -> Option<&'a Object<'a>> {
    kinds.iter().find_map(|kind| scan.evidence.of_kind(*kind).next())
}

/// What operators of sensors are asked for.
pub const SENSOR_OPERATORS: &[GroupKind] = &[
    GroupKind::new("operator.kubearmor.com", "KubeArmorConfig"),
    GroupKind::new("instance.falcosecurity.dev", "Falco"),
    GroupKind::new("platform.stackrox.io", "SecuredCluster"),
    GroupKind::new("datadoghq.com", "DatadogAgent"),
    GroupKind::new("falcon.crowdstrike.com", "FalconNodeSensor"),
    GroupKind::new("operator.aquasec.com", "AquaEnforcer"),
];

/// What operators of collectors are asked for.
pub const LOG_OPERATORS: &[GroupKind] = &[
    GroupKind::new("logging.banzaicloud.io", "Logging"),
    GroupKind::new("logging.banzaicloud.io", "FluentbitAgent"),
    GroupKind::new("fluentbit.fluent.io", "FluentBit"),
    GroupKind::new("logging.openshift.io", "ClusterLogForwarder"),
    GroupKind::new("observability.openshift.io", "ClusterLogForwarder"),
    GroupKind::new("beat.k8s.elastic.co", "Beat"),
    GroupKind::new("opentelemetry.io", "OpenTelemetryCollector"),
    GroupKind::new("datadoghq.com", "DatadogAgent"),
];

/// Whether a pod runs an agent, by the last part of an image.
#[must_use]
pub fn is_agent(pod: &Pod<'_>) -> bool {
    pod.containers().any(|container| {
        let text = container.field.key("image").str();
        let last = text.rsplit('/').next().and_then(|last| last.split([':', '@']).next()).unwrap_or_default();
        BY_NAME.contains_key(last)
    })
}

/// The keys that switch an output of Falcosidekick on.
pub(crate) fn relay_outputs() -> &'static [String] {
    &TABLE.relay_outputs
}

#[cfg(test)]
mod tests {
    use super::{BY_NAME, TABLE};

    #[test]
    fn each_product_is_found_by_an_image_of_its_own() {
        for product in &TABLE.products {
            assert!(!product.images.is_empty(), "{}", product.name);
            for image in &product.images {
                let last = image.rsplit('/').next().unwrap_or(image);
                let same = BY_NAME[last].iter().map(|at| &TABLE.products[*at]).filter(|other| other.images.contains(image));
                let roles: Vec<_> = same.map(|other| other.role).collect();
                assert!(roles.iter().filter(|role| **role == product.role).count() == 1, "{image}: {roles:?}");
            }
        }
    }
}
