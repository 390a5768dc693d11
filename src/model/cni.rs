//! Network plug-ins, as their agents on the nodes show: which of them see to NetworkPolicies.

use crate::model::field::Field;
use crate::model::image::Image;
use crate::model::object::Object;
use crate::model::pod::{Container, Pod};
use crate::model::scan::Scan;
use crate::model::{GroupKind, kinds};

/// Calico as its operator installs it.
pub const INSTALLATION: GroupKind = GroupKind::new("operator.tigera.io", "Installation");

/// What a plug-in makes of NetworkPolicies.
#[derive(Debug, Clone, Copy)]
pub enum Enforcement<'a> {
    /// It enforces them.
    Yes,
    /// It has no means to: the name, and its image.
    No(&'static str, Field<'a>),
    /// It could, and is told not to here.
    Off(&'static str, Field<'a>),
    /// Its version decides.
    Unknown(&'static str, Field<'a>),
}

/// Images by the last part of the repository, as it is published or as mirrors name it.
const ENFORCING: &[&str] = &[
    "mirrored-calico-node",
    "hardened-calico",
    "antrea-agent-ubuntu",
    "antrea-ubuntu",
    "antrea-agent-ubi",
    "antrea-ubi",
    "ovn-kube-u",
    "ovn-kube-f",
    "ovn-kube-ubuntu",
    "ovn-kube-fedora",
    "kube-ovn",
    "weave-npc",
    "azure-npm",
    "kube-network-policies",
];
const FLANNEL: &[&str] = &["flannel", "mirrored-flannelcni-flannel", "mirrored-flannel-io-flannel", "hardened-flannel"];

/// What the network plug-in that an object runs on the nodes makes of NetworkPolicies; `None`: it runs none that is known.
#[must_use]
pub fn enforcement<'a>(object: &Object<'_>, scan: &'a Scan<'a>) -> Option<Enforcement<'a>> {
    if object.is(INSTALLATION) {
        return Some(Enforcement::Yes);
    }
    let pods = scan.evidence.pods_in(object).iter().map(|record| Pod { scan, record });
    let found: Vec<_> = pods.flat_map(|pod| pod.containers()).filter_map(|container| of_container(&container)).collect();
    let enforces = found.iter().find(|one| matches!(one, Enforcement::Yes));
    enforces.or_else(|| found.iter().find(|one| matches!(one, Enforcement::Off(..)))).or(found.first()).copied()
}

fn of_container<'a>(container: &Container<'a>) -> Option<Enforcement<'a>> {
    let field = container.image();
    let image = Image::parse(field.str()).ok()?;
    let name = image.base_name();
    match name {
        _ if ENFORCING.contains(&name) || image.ends_with("calico/node") => Some(Enforcement::Yes),
        _ if FLANNEL.contains(&name) => Some(Enforcement::No("flannel", field)),
        "weave-kube" => Some(Enforcement::No("Weave Net without its policy controller", field)),
        "amazon-k8s-cni" => Some(Enforcement::No("the VPC CNI without its policy agent", field)),
        "aws-network-policy-agent" => Some(aws_agent(container, field)),
        "kube-router" => Some(kube_router(container)),
        "kindnetd" => Some(kindnet(image.tag, field)),
        _ if image.ends_with("cilium/cilium") => Some(cilium(container)),
        _ => None,
    }
}

/// The agent does nothing until it is told to.
fn aws_agent<'a>(container: &Container<'a>, image: Field<'a>) -> Enforcement<'a> {
    match argument(container, "--enable-network-policy") {
        Some((_, "true")) => Enforcement::Yes,
        Some((field, _)) => Enforcement::Off("the policy agent of the VPC CNI", field),
        None => Enforcement::Off("the policy agent of the VPC CNI", image),
    }
}

fn kube_router<'a>(container: &Container<'a>) -> Enforcement<'a> {
    match argument(container, "--run-firewall") {
        Some((field, "false")) => Enforcement::Off("kube-router", field),
        _ => Enforcement::Yes,
    }
}

/// The images of kind's plug-in are named by the day; policies came with kind 0.24.
fn kindnet<'a>(tag: Option<&str>, field: Field<'a>) -> Enforcement<'a> {
    const FIRST: u32 = 20_240_813;
    let day = tag.and_then(|tag| tag.strip_prefix('v')).and_then(|tag| tag.get(..8)).and_then(|day| day.parse::<u32>().ok());
    match day {
        Some(day) if day >= FIRST => Enforcement::Yes,
        Some(_) => Enforcement::No("kindnet before kind 0.24", field),
        None => Enforcement::Unknown("kindnet", field),
    }
}

/// Cilium is told by its ConfigMap; of several copies one that switches it off is enough.
fn cilium<'a>(container: &Container<'a>) -> Enforcement<'a> {
    let pod = container.pod;
    let evidence = pod.scan().evidence;
    let maps = evidence.of_kind_in(pod.object().world, kinds::CONFIG_MAP);
    let mut own = maps.filter(|map| map.name == "cilium-config" && map.namespace == Some(pod.namespace()));
    let off = own.find_map(|map| Some(map.at("data.enable-policy")).filter(|field| field.text() == Some("never")));
    off.map_or(Enforcement::Yes, |field| Enforcement::Off("Cilium", field))
}

/// The last word on a flag: `--flag=value`, or the flag alone, which is true.
fn argument<'a>(container: &Container<'a>, flag: &str) -> Option<(Field<'a>, &'a str)> {
    let words = ["command", "args"].into_iter().flat_map(|list| container.at(list).items());
    let own = words.filter_map(|field| Some((field, field.str().strip_prefix(flag)?)));
    own.filter_map(|(field, rest)| if rest.is_empty() { Some((field, "true")) } else { Some((field, rest.strip_prefix('=')?)) }).last()
}
