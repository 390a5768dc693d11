//! Linkerd: who is let in by default, and by the Servers of single ports.

use crate::model::evidence::Evidence;
use crate::model::field::Field;
use crate::model::mesh::istio::line;
use crate::model::mesh::transport::Transport;
use crate::model::mesh::{
    LINKERD_AUTHORIZATION, LINKERD_MESH_TLS, LINKERD_SERVER, LINKERD_SERVER_AUTHORIZATION, in_place, linkerd_config, within,
};
use crate::model::namespace::Namespace;
use crate::model::object::Object;
use crate::model::pod::Pod;
use crate::model::selector::{Match, Selector};

const KEY: &str = "config.linkerd.io/default-inbound-policy";

/// What is let in where no Server says otherwise.
#[derive(Debug, Clone, Copy)]
pub struct Default<'a> {
    /// As Linkerd calls it.
    pub policy: &'a str,
    /// What says so; `None`: nobody does.
    pub at: Option<Field<'a>>,
}

impl Default<'_> {
    /// Whether it lets in who has no identity of the mesh.
    #[must_use]
    pub fn lets_anybody_in(&self) -> bool {
        matches!(self.policy, "all-unauthenticated" | "cluster-unauthenticated" | "audit")
    }
}

/// The default for a pod: its own, that of its namespace, that of the installation.
#[must_use]
pub fn default<'a>(pod: &Pod<'a>) -> Default<'a> {
    let own = pod.annotation(KEY);
    let given = if own.exists() { Some(own) } else { pod.of_namespace(|document| document.annotation(KEY)) };
    if let Some(field) = given {
        return Default { policy: field.str(), at: Some(field) };
    }
    let evidence: &'a Evidence<'a> = pod.scan().evidence;
    let values = linkerd_config(evidence, pod.object().world).map(|map| map.at("data.values"));
    let of_cluster = values.and_then(|values| Some((values, inner(values.str(), "defaultInboundPolicy")?)));
    match of_cluster {
        Some((field, policy)) => Default { policy, at: Some(field) },
        None => Default { policy: "all-unauthenticated", at: None },
    }
}

/// The value of a key at whatever depth of a configuration that stands in a text.
fn inner<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    text.lines().find_map(|text| line(text.trim_start(), key))
}

/// How a port of a pod is guarded.
#[derive(Debug, Clone, Copy)]
pub enum Guarded<'a> {
    /// By no Server: the default is in force.
    No,
    /// A Server asks for identities.
    Named,
    /// A Server asks for some identity, whichever.
    AnyIdentity(Field<'a>),
    /// A Server lets in anybody.
    Open(Field<'a>),
}

/// How each port that the containers of a pod declare is guarded.
#[must_use]
pub fn ports<'a>(namespace: &Namespace<'a>, pod: &Pod<'a>) -> Vec<(i64, Guarded<'a>)> {
    let servers = || within(namespace, LINKERD_SERVER).filter(|server| selects(server, pod));
    let declared = pod.containers().flat_map(|container| container.at("ports").items().collect::<Vec<_>>());
    let of_port = |port: Field<'a>| {
        let number = port.key("containerPort").int()?;
        let name = port.key("name").text();
        let mut own = servers().filter(|server| {
            let asked = server.at("spec.port");
            asked.text() == Some(number.to_string().as_str()) || asked.text().is_some() && asked.text() == name
        });
        Some((number, own.next().map_or(Guarded::No, |server| guarded(namespace, server))))
    };
    declared.filter_map(of_port).collect()
}

fn selects<'a>(server: &Object<'a>, pod: &Pod<'a>) -> bool {
    Selector::given(server.at("spec.podSelector")).is_some_and(|selector| selector.matches_pod(pod) == Match::Yes)
}

/// What the authorizations of a Server come to: the widest of them is what counts.
fn guarded<'a>(namespace: &Namespace<'a>, server: &'a Object<'a>) -> Guarded<'a> {
    let access = server.at("spec.accessPolicy");
    match access.str() {
        "all-unauthenticated" | "cluster-unauthenticated" | "audit" => return Guarded::Open(access),
        "all-authenticated" | "cluster-authenticated" => return Guarded::AnyIdentity(access),
        _ => {}
    }
    let mut widest = Guarded::Named;
    let old = within(namespace, LINKERD_SERVER_AUTHORIZATION).filter(|object| names_server(object.at("spec.server"), server));
    let new = within(namespace, LINKERD_AUTHORIZATION).filter(|object| {
        let target = object.at("spec.targetRef");
        target.key("kind").str() == "Server" && target.key("name").str() == server.name || target.key("kind").str() == "Namespace"
    });
    let found = old.map(of_server_authorization).chain(new.map(|object| of_authorization(namespace, object)));
    for one in found {
        match (one, widest) {
            (Guarded::Open(_), _) => return one,
            (Guarded::AnyIdentity(_), Guarded::Named) => widest = one,
            _ => {}
        }
    }
    widest
}

fn names_server<'a>(field: Field<'a>, server: &Object<'a>) -> bool {
    let by_label = Selector::given(field.key("selector")).is_some_and(|selector| selector.matches(|key| server.label(key).text()));
    field.key("name").text() == Some(server.name) || by_label
}

fn of_server_authorization<'a>(object: &'a Object<'a>) -> Guarded<'a> {
    let client = object.at("spec.client");
    if client.key("unauthenticated").is_true() {
        return Guarded::Open(client.key("unauthenticated"));
    }
    let tls = client.key("meshTLS");
    if tls.key("unauthenticatedTLS").is_true() {
        return Guarded::Open(tls.key("unauthenticatedTLS"));
    }
    every_identity(tls.key("identities")).map_or(Guarded::Named, Guarded::AnyIdentity)
}

/// Without a reference to an authentication of identities, an authorization is for whoever comes from the right network.
fn of_authorization<'a>(namespace: &Namespace<'a>, object: &'a Object<'a>) -> Guarded<'a> {
    let references = object.at("spec.requiredAuthenticationRefs");
    let named = |kinds: &'static [&str]| references.items().filter(move |item| kinds.contains(&item.key("kind").str()));
    if named(&["MeshTLSAuthentication", "ServiceAccount"]).next().is_none() {
        return Guarded::Open(references);
    }
    let (scan, world) = (namespace.scan(), namespace.world());
    let wide = named(&["MeshTLSAuthentication"]).find_map(|reference| {
        let place = reference.key("namespace").text().unwrap_or(namespace.name());
        let mut all = in_place(scan.evidence, world, place, LINKERD_MESH_TLS).filter(|own| own.name == reference.key("name").str());
        all.find_map(|own| every_identity(own.at("spec.identities")))
    });
    // one of a service account beside it narrows it
    if named(&["ServiceAccount"]).next().is_some() { Guarded::Named } else { wide.map_or(Guarded::Named, Guarded::AnyIdentity) }
}

/// The identity `*`, which is any.
fn every_identity(list: Field<'_>) -> Option<Field<'_>> {
    list.items().find(|item| item.text() == Some("*"))
}

pub(super) fn transport<'a>(namespace: &Namespace<'a>, pod: &Pod<'a>) -> Vec<Transport<'a>> {
    let ports = ports(namespace, pod);
    let mut found: Vec<_> = ports
        .iter()
        .filter_map(|(port, guarded)| match guarded {
            Guarded::Open(at) => Some(Transport::Open { at: Some(*at), said: format!("Linkerd lets anybody in on port {port}") }),
            _ => None,
        })
        .collect();
    let default = default(pod);
    let left = ports.is_empty() || ports.iter().any(|(_, guarded)| matches!(guarded, Guarded::No));
    if left && default.lets_anybody_in() {
        let said = match default.at {
            Some(_) => format!("Linkerd lets in clients without an identity ({})", default.policy),
            None => "Linkerd lets in clients without an identity, as nothing says otherwise (all-unauthenticated)".to_owned(),
        };
        found.push(Transport::Open { at: default.at, said });
    }
    if found.is_empty() {
        found.push(Transport::Strict);
    }
    found
}
