//! The clouds that nodes run in, and where their metadata service is.

use std::net::IpAddr;

use crate::model::cidr::Cidr;
use crate::model::evidence::Evidence;
use crate::model::kinds;

/// The beginning of a provider ID, and where that cloud's metadata service is.
const CLOUDS: &[(&str, &[&str])] = &[
    ("aws://", &["169.254.169.254", "fd00:ec2::254"]),
    ("gce://", &["169.254.169.254", "fd20:ce::254"]),
    ("azure://", &["169.254.169.254", "168.63.129.16"]),
];

/// A block inside one of these is there for the service itself.
const NAMING: &[&str] = &["169.254.0.0/16", "fd00:ec2::254/128", "fd20:ce::254/128", "168.63.129.16/32"];

/// What the nodes of a world say of the metadata service.
#[derive(Debug)]
pub struct Metadata {
    /// Where it is; none when no node is known to run in a cloud.
    pub addresses: Vec<IpAddr>,
    /// Whether any node was seen.
    pub known: bool,
    /// Whether each node in a cloud keeps its own credentials from pods, as far as its labels show.
    pub protected: bool,
}

/// Asks the nodes.
#[must_use]
pub fn metadata(evidence: &Evidence<'_>, world: u16) -> Metadata {
    let mut found = Metadata { addresses: Vec::new(), known: false, protected: true };
    for node in evidence.of_kind_in(world, kinds::NODE) {
        found.known = true;
        let provider = node.at("spec.providerID").str();
        let Some((prefix, addresses)) = CLOUDS.iter().find(|(prefix, _)| provider.starts_with(prefix)) else { continue };
        // GKE's own server answers for the pod's identity and hides the node's
        found.protected &= *prefix == "gce://" && node.label("iam.gke.io/gke-metadata-server-enabled").str() == "true";
        let new: Vec<_> = addresses.iter().filter_map(|text| text.parse().ok()).filter(|new| !found.addresses.contains(new)).collect();
        found.addresses.extend(new);
    }
    found.protected &= !found.addresses.is_empty();
    found
}

/// The addresses of every cloud that is known.
#[must_use]
pub fn addresses() -> Vec<IpAddr> {
    CLOUDS.iter().flat_map(|cloud| cloud.1).filter_map(|text| text.parse().ok()).collect()
}

/// Whether a block of addresses can only be meant for the metadata service.
#[must_use]
pub fn names_metadata(block: Cidr) -> bool {
    NAMING.iter().filter_map(|text| Cidr::parse(text)).any(|range| range.contains(block))
}
