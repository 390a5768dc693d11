//! Which pods take part in a mesh: by the proxy that they carry, or by what asks for one.

use crate::model::field::Field;
use crate::model::mesh::{Mesh, istio, present};
use crate::model::object::Object;
use crate::model::pod::{Pod, PodRecord};

/// Whether a pod is in a mesh.
#[derive(Debug, Clone)]
pub enum Membership<'a> {
    /// It is.
    In {
        /// In which.
        mesh: Mesh,
        /// By the agent of its node rather than by a proxy of its own.
        ambient: bool,
        /// The proxy is there, rather than asked for.
        seen: bool,
    },
    /// It is not, because of this.
    Out(Field<'a>, &'static str),
    /// What decides it does not show.
    Unclear(Field<'a>, String),
}

/// Proxies by the names that injectors give their containers.
const PROXIES: &[(&str, Mesh)] = &[
    ("istio-proxy", Mesh::Istio),
    ("linkerd-proxy", Mesh::Linkerd),
    ("kuma-sidecar", Mesh::Kuma),
    ("consul-dataplane", Mesh::Consul),
    ("consul-connect-envoy-sidecar", Mesh::Consul),
];

/// The proxy among the containers of a pod.
fn proxy(record: &PodRecord<'_>) -> Option<Mesh> {
    record.container_names().find_map(|name| PROXIES.iter().find(|(proxy, _)| *proxy == name).map(|(_, mesh)| *mesh))
}

/// Whether a pod is nothing but a proxy: a gateway.
pub(super) fn is_gateway(pod: &Pod<'_>) -> bool {
    let mut names = pod.record.container_names().peekable();
    names.peek().is_some() && names.all(|name| PROXIES.iter().any(|(proxy, _)| *proxy == name))
        || pod.metadata().key("labels").key("gateway.networking.k8s.io/gateway-name").exists()
}

/// The mesh that a namespace asks for by itself.
pub(super) fn asked_of_namespace(object: &Object<'_>) -> Option<Mesh> {
    let is = |key, values: &[&str]| values.contains(&object.label(key).str());
    if is("istio-injection", &["enabled"]) || object.label("istio.io/rev").exists() || is("istio.io/dataplane-mode", &["ambient"]) {
        return Some(Mesh::Istio);
    }
    if matches!(object.annotation("linkerd.io/inject").str(), "enabled" | "ingress") {
        return Some(Mesh::Linkerd);
    }
    let kuma = is("kuma.io/sidecar-injection", &["enabled", "true"]) || object.annotation("kuma.io/sidecar-injection").str() == "enabled";
    kuma.then_some(Mesh::Kuma)
}

/// The mesh that a pod asks for by itself, or that it carries the proxy of.
pub(super) fn asked_of_pod(record: &PodRecord<'_>) -> Option<Mesh> {
    if let Some(mesh) = proxy(record) {
        return Some(mesh);
    }
    let (labels, annotations) = (record.metadata().key("labels"), record.metadata().key("annotations"));
    let label = |key| labels.key(key).str();
    let annotation = |key| annotations.key(key).str();
    if label("sidecar.istio.io/inject") == "true"
        || label("istio.io/dataplane-mode") == "ambient"
        || annotation("ambient.istio.io/redirection") == "enabled"
    {
        return Some(Mesh::Istio);
    }
    if matches!(annotation("linkerd.io/inject"), "enabled" | "ingress") {
        return Some(Mesh::Linkerd);
    }
    if matches!(label("kuma.io/sidecar-injection"), "enabled" | "true") || annotation("kuma.io/sidecar-injection") == "enabled" {
        return Some(Mesh::Kuma);
    }
    (annotation("consul.hashicorp.com/connect-inject") == "true").then_some(Mesh::Consul)
}

impl<'a> Pod<'a> {
    /// Whether it is in a mesh of its world.
    #[must_use]
    pub fn membership(&self) -> Membership<'a> {
        if let Some(mesh) = proxy(self.record) {
            return Membership::In { mesh, ambient: false, seen: true };
        }
        if self.on_host_network() {
            return Membership::Out(self.at("hostNetwork"), "it is on the network of its node, where no proxy is put in");
        }
        let mut out = None;
        for mesh in present(self.scan(), self.object().world) {
            let found = match mesh {
                Mesh::Istio => istio::membership(self),
                Mesh::Linkerd => linkerd(self),
                Mesh::Kuma => kuma(self),
                Mesh::Consul => consul(self),
            };
            match found {
                Membership::In { .. } => return found,
                Membership::Unclear(..) => out = Some(found),
                Membership::Out(..) => out = out.or(Some(found)),
            }
        }
        let labels = self.metadata().key("labels");
        out.unwrap_or(Membership::Out(labels, "there is no mesh"))
    }

    /// The label or annotation of its namespace.
    pub(super) fn of_namespace(&self, read: impl Fn(&'a Object<'a>) -> Field<'a>) -> Option<Field<'a>> {
        let namespace = self.scan().namespace(self.object().world, self.namespace())?;
        let document = namespace.documents().next()?;
        Some(read(document)).filter(|field| field.exists())
    }
}

fn linkerd<'a>(pod: &Pod<'a>) -> Membership<'a> {
    let own = pod.annotation("linkerd.io/inject");
    let given = if own.exists() { Some(own) } else { pod.of_namespace(|document| document.annotation("linkerd.io/inject")) };
    match given {
        Some(field) if matches!(field.str(), "enabled" | "ingress") => Membership::In { mesh: Mesh::Linkerd, ambient: false, seen: false },
        Some(field) => Membership::Out(field, "injection is switched off"),
        None => Membership::Out(own, "neither the pod nor its namespace asks for injection"),
    }
}

fn kuma<'a>(pod: &Pod<'a>) -> Membership<'a> {
    const KEY: &str = "kuma.io/sidecar-injection";
    let label = pod.metadata().key("labels").key(KEY);
    let own = [label, pod.annotation(KEY)].into_iter().find(|field| field.exists());
    let of_namespace =
        || pod.of_namespace(|document| document.label(KEY)).or_else(|| pod.of_namespace(|document| document.annotation(KEY)));
    match own.or_else(of_namespace) {
        Some(field) if matches!(field.str(), "enabled" | "true") => Membership::In { mesh: Mesh::Kuma, ambient: false, seen: false },
        Some(field) => Membership::Out(field, "injection is switched off"),
        None => Membership::Out(label, "neither the pod nor its namespace asks for injection"),
    }
}

/// Whether pods are taken in that say nothing is up to how the injector was installed.
fn consul<'a>(pod: &Pod<'a>) -> Membership<'a> {
    let own = pod.annotation("consul.hashicorp.com/connect-inject");
    match own.text() {
        Some("true") => Membership::In { mesh: Mesh::Consul, ambient: false, seen: false },
        Some(_) => Membership::Out(own, "injection is switched off"),
        None => Membership::Unclear(own, "whether Consul takes in pods that do not ask for it is up to its injector".to_owned()),
    }
}
