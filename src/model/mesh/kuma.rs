//! Kuma: whether a mesh has mutual TLS, and in which mode.

use crate::model::evidence::Evidence;
use crate::model::field::Field;
use crate::model::mesh::transport::Transport;
use crate::model::mesh::{KUMA_IDENTITY, KUMA_MESH, KUMA_TLS};
use crate::model::namespace::Namespace;
use crate::model::object::Object;
use crate::model::pod::Pod;
use crate::model::service;

/// The mesh that a pod belongs to.
pub(super) fn name_of<'a>(pod: &Pod<'a>) -> &'a str {
    let own = [pod.metadata().key("labels").key("kuma.io/mesh"), pod.annotation("kuma.io/mesh")];
    let of_namespace = || {
        let label = pod.of_namespace(|document| document.label("kuma.io/mesh"));
        label.or_else(|| pod.of_namespace(|document| document.annotation("kuma.io/mesh")))
    };
    let given = own.into_iter().find(|field| field.exists()).or_else(of_namespace);
    given.and_then(Field::text).unwrap_or("default")
}

/// The mesh that a policy is for.
pub(super) fn mesh_of<'a>(object: &Object<'a>) -> &'a str {
    let label = object.label("kuma.io/mesh");
    if label.exists() { label.str() } else { object.at("mesh").text().unwrap_or("default") }
}

pub(super) fn transport<'a>(namespace: &Namespace<'a>, pod: &Pod<'a>) -> Vec<Transport<'a>> {
    let evidence: &'a Evidence<'a> = namespace.scan().evidence;
    let (world, name) = (namespace.world(), name_of(pod));
    let of_mesh = |object: &&'a Object<'a>| mesh_of(object) == name;
    let identities = evidence.of_kind_in(world, KUMA_IDENTITY).find(of_mesh);
    let mesh = evidence.of_kind_in(world, KUMA_MESH).find(|object| object.name == name);
    let mut modes = evidence.of_kind_in(world, KUMA_TLS).filter(of_mesh).filter_map(|object| mode(object, pod)).collect::<Vec<_>>();
    // the narrower target wins
    modes.sort_by_key(|(narrow, _)| !narrow);
    let own = modes.first().map(|(_, field)| *field);
    let Some(mesh) = mesh else {
        let said = format!("the Mesh {name} of Kuma has no mutual TLS unless it says so, and it was not seen");
        return vec![Transport::Unclear(namespace.field(), said)];
    };
    let backend = mesh.at("spec.mtls.enabledBackend");
    if backend.is_empty() {
        return vec![match identities {
            Some(identity) => {
                Transport::Unclear(identity.at("metadata.name"), "MeshIdentity gives identities here: its effect is not read".to_owned())
            }
            None => Transport::Open { at: Some(backend), said: format!("the Mesh {name} of Kuma has no mutual TLS (enabledBackend)") },
        }];
    }
    let mut backends = mesh.at("spec.mtls.backends").items();
    let of_backend = backends.find(|item| item.key("name").str() == backend.str()).map(|item| item.key("mode"));
    vec![match own.or(of_backend) {
        Some(field) if field.str().eq_ignore_ascii_case("PERMISSIVE") => {
            Transport::Open { at: Some(field), said: format!("the Mesh {name} of Kuma lets plaintext in ({})", field.str()) }
        }
        _ => Transport::Strict,
    }]
}

/// The mode that a MeshTLS gives a pod, and whether it is for some pods only.
fn mode<'a>(object: &'a Object<'a>, pod: &Pod<'a>) -> Option<(bool, Field<'a>)> {
    let target = object.at("spec.targetRef");
    let narrow = !matches!(target.key("kind").str(), "" | "Mesh");
    let labels = [target.key("labels"), target.key("tags")].into_iter().find(|labels| labels.exists());
    if narrow {
        let own = pod.metadata().key("labels");
        let fits = labels.is_some_and(|labels| labels.entries().iter().all(|(key, value)| own.key(key).text() == value.text()));
        fits.then_some(())?;
    }
    let rules = object.at("spec.rules").items().chain(object.at("spec.from").items());
    rules.into_iter().map(|rule| rule.at("default.mode")).find(|mode| mode.exists()).map(|mode| (narrow, mode))
}

/// Whether a policy is for a pod: it is of its mesh, lies where its word reaches, and its target takes the pod in.
pub(super) fn is_for<'a>(object: &Object<'a>, namespace: &Namespace<'a>, pod: &Pod<'a>) -> bool {
    // one beside workloads is for those of its own namespace, one beside the control plane for all
    let near = object.namespace.is_none_or(|of| of == namespace.name() || of.ends_with("-system"));
    near && mesh_of(object) == name_of(pod) && takes_in(object.at("spec.targetRef"), namespace, pod)
}

/// How narrow the target of a policy is.
pub(super) fn rank(object: &Object<'_>) -> u8 {
    match object.at("spec.targetRef.kind").str() {
        "" | "Mesh" => 0,
        "MeshService" | "MeshServiceSubset" => 2,
        _ => 1,
    }
}

fn takes_in<'a>(target: Field<'a>, namespace: &Namespace<'a>, pod: &Pod<'a>) -> bool {
    // `web_shop_svc_8080`, or a name alone
    let is_service = |name: &str| {
        let mut parts = name.split('_');
        let (service, place) = (parts.next().unwrap_or_default(), parts.next());
        place.is_none_or(|place| place == namespace.name())
            && namespace.objects().any(|object| object.name == service && service::selects(object, pod))
    };
    let own = pod.metadata().key("labels");
    let fits = |(key, value): &(&'a str, Field<'a>)| match *key {
        "kuma.io/service" => is_service(value.str()),
        "k8s.kuma.io/namespace" => value.str() == namespace.name(),
        _ => own.key(key).text() == value.text(),
    };
    let by_labels = || ["labels", "tags"].into_iter().flat_map(|key| target.key(key).entries()).all(|entry| fits(&entry));
    match target.key("kind").str() {
        "" | "Mesh" => true,
        "MeshService" | "MeshServiceSubset" if !target.key("name").is_empty() => is_service(target.key("name").str()) && by_labels(),
        _ => by_labels(),
    }
}

/// Whether a selector of Kuma names every service.
pub(super) fn is_every_service(field: Field<'_>) -> bool {
    let items: Vec<_> = field.items().collect();
    !items.is_empty() && items.iter().any(|item| item.at("match").key("kuma.io/service").text() == Some("*"))
}
