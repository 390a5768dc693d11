//! What is let into a workload without TLS of the mesh.

use crate::model::field::Field;
use crate::model::mesh::{Mesh, consul, istio, kuma, linkerd};
use crate::model::namespace::Namespace;
use crate::model::pod::Pod;
use crate::model::{Evidence, kinds};

/// What a mesh lets into a workload.
#[derive(Debug, Clone)]
pub enum Transport<'a> {
    /// Only what comes with an identity of the mesh.
    Strict,
    /// Anything.
    Open {
        /// What says so; `None` where it is the default.
        at: Option<Field<'a>>,
        /// The same for a person.
        said: String,
    },
    /// What decides it does not show, or is not known.
    Unclear(Field<'a>, String),
}

/// What is in force for a pod of a mesh: of the whole of it, then of single ports that differ.
#[must_use]
pub fn of_pod<'a>(namespace: &Namespace<'a>, pod: &Pod<'a>, mesh: Mesh, ambient: bool) -> Vec<Transport<'a>> {
    match mesh {
        Mesh::Istio => istio::transport(namespace, pod, ambient),
        Mesh::Linkerd => linkerd::transport(namespace, pod),
        Mesh::Kuma => kuma::transport(namespace, pod),
        Mesh::Consul => consul::transport(namespace, pod),
    }
}

/// The switch by which Cilium encrypts what goes from node to node, whoever sends it.
#[must_use]
pub fn node_encryption<'a>(evidence: &'a Evidence<'a>, world: u16) -> Option<Field<'a>> {
    let maps = evidence.of_kind_in(world, kinds::CONFIG_MAP).filter(|map| map.name == "cilium-config");
    let switches = maps.flat_map(|map| [map.at("data.enable-wireguard"), map.at("data.enable-ipsec")]);
    switches.into_iter().find(|field| field.text() == Some("true"))
}
