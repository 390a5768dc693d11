//! Service meshes: which there are, which pods take part, and what they make of traffic to them.

pub mod anchor;
pub mod authorization;
mod consul;
pub mod identity;
mod istio;
pub mod istio_rules;
mod kuma;
pub mod linkerd;
mod membership;
pub mod transport;

pub use membership::Membership;

use crate::model::evidence::Evidence;
use crate::model::field::unnoticed;
use crate::model::namespace::Namespace;
use crate::model::object::Object;
use crate::model::pod::Pod;
use crate::model::scan::Scan;
use crate::model::{GroupKind, Map, kinds};

/// A mesh that gives workloads an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mesh {
    /// Istio, with sidecars or ambient.
    Istio,
    /// Linkerd.
    Linkerd,
    /// Kuma, and Kong Mesh.
    Kuma,
    /// Consul.
    Consul,
}

impl Mesh {
    /// Its name for a message.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Mesh::Istio => "Istio",
            Mesh::Linkerd => "Linkerd",
            Mesh::Kuma => "Kuma",
            Mesh::Consul => "Consul",
        }
    }
}

/// Istio's policy of what is let in without TLS.
pub const PEER_AUTHENTICATION: GroupKind = GroupKind::new("security.istio.io", "PeerAuthentication");
/// Istio's policy of who is let in.
pub const AUTHORIZATION_POLICY: GroupKind = GroupKind::new("security.istio.io", "AuthorizationPolicy");
/// Istio's policy of end users' tokens.
pub const REQUEST_AUTHENTICATION: GroupKind = GroupKind::new("security.istio.io", "RequestAuthentication");
/// Istio's rules of how to reach a host.
pub const DESTINATION_RULE: GroupKind = GroupKind::new("networking.istio.io", "DestinationRule");
/// Istio as its operators install it.
pub const ISTIO_OPERATOR: GroupKind = GroupKind::new("install.istio.io", "IstioOperator");
/// The same, of the newer operator.
pub const SAIL: GroupKind = GroupKind::new("sailoperator.io", "Istio");
/// A port of pods that Linkerd guards.
pub const LINKERD_SERVER: GroupKind = GroupKind::new("policy.linkerd.io", "Server");
/// Who may use it.
pub const LINKERD_AUTHORIZATION: GroupKind = GroupKind::new("policy.linkerd.io", "AuthorizationPolicy");
/// The older kind of the same.
pub const LINKERD_SERVER_AUTHORIZATION: GroupKind = GroupKind::new("policy.linkerd.io", "ServerAuthorization");
/// Identities that an authorization asks for.
pub const LINKERD_MESH_TLS: GroupKind = GroupKind::new("policy.linkerd.io", "MeshTLSAuthentication");
/// Addresses that an authorization asks for.
pub const LINKERD_NETWORK: GroupKind = GroupKind::new("policy.linkerd.io", "NetworkAuthentication");
/// A mesh of Kuma.
pub const KUMA_MESH: GroupKind = GroupKind::new("kuma.io", "Mesh");
/// Kuma's policy of what is let in without TLS.
pub const KUMA_TLS: GroupKind = GroupKind::new("kuma.io", "MeshTLS");
/// Kuma's newer source of identities.
pub const KUMA_IDENTITY: GroupKind = GroupKind::new("kuma.io", "MeshIdentity");
/// Kuma's policy of who is let in.
pub const KUMA_PERMISSION: GroupKind = GroupKind::new("kuma.io", "MeshTrafficPermission");
/// The older kind of the same.
pub const KUMA_OLD_PERMISSION: GroupKind = GroupKind::new("kuma.io", "TrafficPermission");
/// What Consul's proxies have in common.
pub const CONSUL_PROXIES: GroupKind = GroupKind::new("consul.hashicorp.com", "ProxyDefaults");
/// Those of one service.
pub const CONSUL_SERVICE: GroupKind = GroupKind::new("consul.hashicorp.com", "ServiceDefaults");
/// Who may reach a service of Consul.
pub const CONSUL_INTENTIONS: GroupKind = GroupKind::new("consul.hashicorp.com", "ServiceIntentions");
/// Consul's mesh as a whole.
pub const CONSUL_MESH: GroupKind = GroupKind::new("consul.hashicorp.com", "Mesh");

/// The kinds by which a mesh is known.
const OWN: &[(GroupKind, Mesh)] = &[
    (PEER_AUTHENTICATION, Mesh::Istio),
    (AUTHORIZATION_POLICY, Mesh::Istio),
    (REQUEST_AUTHENTICATION, Mesh::Istio),
    (ISTIO_OPERATOR, Mesh::Istio),
    (SAIL, Mesh::Istio),
    (LINKERD_SERVER, Mesh::Linkerd),
    (LINKERD_AUTHORIZATION, Mesh::Linkerd),
    (LINKERD_SERVER_AUTHORIZATION, Mesh::Linkerd),
    (KUMA_MESH, Mesh::Kuma),
    (KUMA_TLS, Mesh::Kuma),
    (KUMA_PERMISSION, Mesh::Kuma),
    (CONSUL_PROXIES, Mesh::Consul),
    (CONSUL_INTENTIONS, Mesh::Consul),
    (CONSUL_MESH, Mesh::Consul),
];

/// The kinds that meshes are configured by, which few clusters have.
pub const KINDS: &[GroupKind] = &[
    PEER_AUTHENTICATION,
    AUTHORIZATION_POLICY,
    ISTIO_OPERATOR,
    SAIL,
    LINKERD_SERVER,
    LINKERD_AUTHORIZATION,
    LINKERD_SERVER_AUTHORIZATION,
    LINKERD_MESH_TLS,
    LINKERD_NETWORK,
    KUMA_MESH,
    KUMA_TLS,
    KUMA_IDENTITY,
    KUMA_PERMISSION,
    KUMA_OLD_PERMISSION,
    CONSUL_PROXIES,
    CONSUL_SERVICE,
    CONSUL_INTENTIONS,
    CONSUL_MESH,
];

/// The control planes, by the last part of their images.
const PLANES: &[(&str, Mesh)] =
    &[("pilot", Mesh::Istio), ("ztunnel", Mesh::Istio), ("kuma-cp", Mesh::Kuma), ("consul-k8s-control-plane", Mesh::Consul)];

/// What is known of the meshes, found once a scan.
#[derive(Debug, Default)]
pub(crate) struct Present {
    worlds: Vec<World>,
    /// The pods that are control planes, in order.
    planes: Vec<u32>,
    /// The objects that meshes are configured by, by world and namespace.
    objects: Map<(u16, Box<str>), Vec<u32>>,
}

/// What is known of those of a world.
#[derive(Debug)]
struct World {
    id: u16,
    meshes: Vec<Mesh>,
    /// The namespace whose policies are for all of Istio's mesh.
    root: Box<str>,
    /// The object that holds what Linkerd was installed with.
    linkerd: Option<u32>,
}

fn known<'a>(evidence: &'a Evidence<'a>) -> &'a Present {
    evidence.lazy.meshes.get_or_init(|| unnoticed(|| find(evidence)))
}

fn world<'a>(evidence: &'a Evidence<'a>, id: u16) -> Option<&'a World> {
    known(evidence).worlds.iter().find(|world| world.id == id)
}

/// The meshes of which a world has a part: a policy, a control plane, a label or annotation that asks for it.
#[must_use]
pub fn present<'a>(scan: &Scan<'a>, id: u16) -> &'a [Mesh] {
    world(scan.evidence, id).map(|world| world.meshes.as_slice()).unwrap_or_default()
}

/// The namespace whose policies are for the whole of Istio's mesh, as its configuration says.
#[must_use]
pub fn root_namespace<'a>(evidence: &'a Evidence<'a>, id: u16) -> &'a str {
    world(evidence, id).map_or(istio::ROOT, |world| &world.root)
}

/// What Linkerd was installed with.
fn linkerd_config<'a>(evidence: &'a Evidence<'a>, id: u16) -> Option<&'a Object<'a>> {
    world(evidence, id)?.linkerd.map(|id| evidence.object(id))
}

fn find(evidence: &Evidence<'_>) -> Present {
    let by_kind = OWN.iter().flat_map(|(kind, mesh)| evidence.of_kind(*kind).map(move |object| (object.world, *mesh)));
    let by_namespace =
        evidence.of_kind(kinds::NAMESPACE).filter_map(|object| Some((object.world, membership::asked_of_namespace(object)?)));
    let mut rows: Vec<(u16, Mesh)> = by_kind.chain(by_namespace).collect();
    let mut found = Present::default();
    for (id, record) in evidence.pods().iter().enumerate() {
        let plane = plane(record);
        found.planes.extend(plane.map(|_| id as u32));
        rows.extend(membership::asked_of_pod(record).or(plane).map(|mesh| (evidence.object(record.object).world, mesh)));
    }
    rows.sort_unstable();
    rows.dedup();
    for (id, mesh) in rows {
        match found.worlds.last_mut() {
            Some(last) if last.id == id => last.meshes.push(mesh),
            _ => {
                let linkerd = evidence.of_kind_in(id, kinds::CONFIG_MAP).find(|map| map.name == "linkerd-config").map(|map| map.id);
                found.worlds.push(World { id, meshes: vec![mesh], root: istio::root(evidence, id).into(), linkerd });
            }
        }
    }
    let assumed = evidence.assumed_namespace();
    for object in KINDS.iter().chain([&REQUEST_AUTHENTICATION, &DESTINATION_RULE]).flat_map(|kind| evidence.of_kind(*kind)) {
        let place = (object.world, object.namespace.unwrap_or(assumed).into());
        found.objects.entry(place).or_default().push(object.id);
    }
    found
}

/// The mesh whose control plane a pod is.
fn plane(record: &crate::model::pod::PodRecord<'_>) -> Option<Mesh> {
    record.images().find_map(|image| {
        let text = image.str();
        let name = text.rsplit('/').next()?.split([':', '@']).next()?;
        let linkerd = name == "controller" && text.contains("linkerd/controller");
        let known = PLANES.iter().find(|(own, _)| *own == name).filter(|(own, _)| *own != "pilot" || text.contains("istio"));
        known.map(|(_, mesh)| *mesh).or(linkerd.then_some(Mesh::Linkerd))
    })
}

impl<'a> Namespace<'a> {
    /// Whether the control plane of a mesh runs in it.
    #[must_use]
    pub fn is_control_plane(&self) -> bool {
        let planes = &known(self.scan().evidence).planes;
        !planes.is_empty() && self.record.pods.iter().any(|pod| planes.binary_search(pod).is_ok())
    }

    /// The pods in it that run an application: not those on the network of their node, nor proxies by themselves, nor what
    /// has run to its end.
    pub fn applications(&self) -> impl Iterator<Item = Pod<'a>> + use<'a> {
        self.pods_under_policies().filter(|pod| !membership::is_gateway(pod) && !is_done(pod))
    }

    /// Those of them that are in a mesh, with it.
    pub fn meshed(&self) -> impl Iterator<Item = (Pod<'a>, Mesh, bool)> + use<'a> {
        self.applications().filter_map(|pod| match pod.membership() {
            Membership::In { mesh, ambient, .. } => Some((pod, mesh, ambient)),
            _ => None,
        })
    }
}

fn is_done(pod: &Pod<'_>) -> bool {
    let object = pod.object();
    object.is(kinds::JOB) && object.at("status.completionTime").exists()
        || object.is(kinds::POD) && matches!(object.at("status.phase").str(), "Succeeded" | "Failed")
}

/// The objects of a kind by which meshes are configured that stand in a namespace, in the order of the input.
pub fn within<'a>(namespace: &Namespace<'a>, kind: GroupKind) -> impl Iterator<Item = &'a Object<'a>> + Clone + use<'a> {
    in_place(namespace.scan().evidence, namespace.world(), namespace.name(), kind)
}

/// The same by the namespace's name.
fn in_place<'a>(
    evidence: &'a Evidence<'a>,
    world: u16,
    name: &str,
    kind: GroupKind,
) -> impl Iterator<Item = &'a Object<'a>> + Clone + use<'a> {
    let found = known(evidence).objects.get(&(world, name.into()));
    found.into_iter().flatten().map(move |&id| evidence.object(id)).filter(move |object| object.is(kind))
}
