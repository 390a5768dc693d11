//! What a custom resource that the table does not know holds of pods, by the structure of its fields.

use crate::model::field::Field;
use crate::model::image::Image;
use crate::model::kinds;
use crate::model::object::Object;
use crate::model::templates::{self, Embedded};
use crate::parse::Kind;

/// What a search by structure found.
#[derive(Debug, Default)]
pub(crate) struct Structure<'a> {
    pub(crate) pods: Vec<Embedded<'a>>,
    /// Lists of containers whose meaning is not known.
    pub(crate) uncovered: Vec<Field<'a>>,
    /// Whole objects of Kubernetes without pods of their own.
    pub(crate) objects: Vec<Field<'a>>,
    /// The first field that only pods have, and that belongs to none that was found.
    pub(crate) loose: Option<Field<'a>>,
    /// The first image by name that stands near the top of the spec.
    pub(crate) image: Option<Field<'a>>,
}

/// The pod templates of a kind that the table does not know: a `spec` with a list of containers beside or below a template.
pub(crate) fn search<'a>(object: &Object<'a>) -> Structure<'a> {
    let mut found = Structure::default();
    for (key, field) in object.field().entries() {
        let below = usize::from(key != "spec");
        if !matches!(key, "apiVersion" | "kind" | "metadata" | "status") {
            found.place(field, object.at("metadata"), key == "spec", below);
        }
    }
    found
}

impl<'a> Structure<'a> {
    fn place(&mut self, place: Field<'a>, metadata: Field<'a>, is_spec: bool, depth: usize) {
        const DEEPEST: usize = 12;
        if depth > DEEPEST {
            return;
        }
        match place.kind() {
            Some(Kind::Mapping) => self.mapping(place, metadata, is_spec, depth),
            Some(Kind::Sequence) => place.items().for_each(|item| self.place(item, metadata, false, depth + 1)),
            _ => {}
        }
    }

    fn mapping(&mut self, place: Field<'a>, metadata: Field<'a>, is_spec: bool, depth: usize) {
        let entries = place.entries();
        let single = entries.iter().find(|(key, field)| matches!(*key, "container" | "script") && field.key_if_mapping("image").exists());
        if let Some((_, container)) = single {
            self.uncovered.push(*container);
            return;
        }
        let list = |wanted: &str| entries.iter().find(|(key, field)| *key == wanted && looks_like_containers(*field));
        if let Some((_, containers)) = list("containers") {
            // the object's own spec with containers in it is an operator's overrides more often than a pod
            if is_spec && depth > 0 {
                self.pods.push(Embedded { metadata, spec: place, layers: None });
            } else {
                self.uncovered.push(*containers);
            }
            return;
        }
        self.uncovered.extend(list("initContainers").map(|(_, containers)| *containers));
        let before = self.pods.len();
        if self.loose.is_none() {
            self.loose = entries.iter().find(|(key, field)| is_of_pods(key, *field)).map(|(_, field)| *field);
        }
        if self.image.is_none() && depth <= HIGHEST {
            self.image = entries.iter().find(|(key, field)| *key == "image" && is_image(*field)).map(|(_, field)| *field);
        }
        let sibling = entries.iter().find(|(key, _)| *key == "metadata").map(|(_, field)| *field);
        for (key, field) in entries {
            self.place(field, sibling.unwrap_or(metadata), key == "spec", depth + 1);
        }
        if self.pods.len() == before && is_whole(place) {
            self.objects.push(place);
        }
    }
}

/// How deep in a spec an image is still that of the whole: `spec.image`, `spec.server.image`.
const HIGHEST: usize = 1;

/// Whether a text names an image of containers, not some disk or picture: by a tag or a digest.
fn is_image(field: Field<'_>) -> bool {
    Image::parse(field.str()).is_ok_and(|image| image.digest.is_some() || image.tag.is_some())
}

/// Whether a field can only mean pods.
fn is_of_pods(key: &str, field: Field<'_>) -> bool {
    let filled = || field.kind() == Some(Kind::Mapping) && !field.is_empty();
    match key {
        "hostNetwork" | "hostPID" | "hostIPC" => field.kind() == Some(Kind::Scalar) && field.exists(),
        "podTemplate" | "podSecurityContext" | "containerSecurityContext" | "securityContext" => filled(),
        "volumes" => field.kind() == Some(Kind::Sequence) && field.items().any(|volume| volume.key_if_mapping("hostPath").exists()),
        _ => false,
    }
}

/// Whether it is an object of Kubernetes with all that makes one, not merely the name of one. The claims of volumes are
/// written like that where operators take templates of them.
fn is_whole(place: Field<'_>) -> bool {
    let (version, kind) = (place.key("apiVersion").str(), place.key("kind").str());
    let named = !version.is_empty() && !kind.is_empty() && place.key("metadata").kind() == Some(Kind::Mapping);
    named && kinds::is_built_in(kinds::group(version, kind)) && kind != "PersistentVolumeClaim"
}

fn looks_like_containers(list: Field<'_>) -> bool {
    // a list that leaves the images to a default is one of containers all the same
    let says_so = |item: Field<'_>| ["image", "securityContext"].iter().any(|key| item.key_if_mapping(key).exists());
    list.kind() == Some(Kind::Sequence) && list.items().any(|item| item.key_if_mapping("name").exists() && says_so(item))
}

/// Kinds that hold whole objects to be made as they stand, and where.
const WRAPPERS: &[(&str, &str, &str)] = &[
    ("work.open-cluster-management.io", "ManifestWork", "spec.workload.manifests"),
    ("work.karmada.io", "Work", "spec.workload.manifests"),
    ("fluxcd.controlplane.io", "ResourceSet", "spec.resources"),
    ("kubernetes.crossplane.io", "Object", "spec.forProvider.manifest"),
    ("kubernetes.m.crossplane.io", "Object", "spec.forProvider.manifest"),
];

/// Where a kind holds whole objects, each of which is one more of the input.
pub(crate) fn wrapped(api_version: &str, kind: &str) -> Option<&'static str> {
    let (_, _, path) = WRAPPERS.iter().find(|row| row.1 == kind && row.0 == kinds::group(api_version, kind))?;
    Some(path)
}

/// The objects that stand at such a place.
pub(crate) fn unwrap<'a>(top: Field<'a>, path: &'static str) -> Vec<Field<'a>> {
    let place = templates::expand(top, path).into_iter().flat_map(|place| match place.kind() {
        Some(Kind::Sequence) => place.items().collect::<Vec<_>>(),
        _ => vec![place],
    });
    place.filter(|place| place.kind() == Some(Kind::Mapping)).collect()
}
