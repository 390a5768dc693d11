//! Kinds that look like workloads and are not understood: said, never passed over.

use crate::discover::{Gap, Place};
use crate::model::object::Object;
use crate::model::templates::{self, Embedded, Shape};
use crate::model::{Field, kinds, layers, pod_defaults, runs, structure};
use crate::parse::{File, Kind, Lines};

/// Kinds whose lists of containers are values for something else, judged once that is rendered.
const VALUES: &[(&str, &str)] =
    &[("helm.toolkit.fluxcd.io", "HelmRelease"), ("helm.cattle.io", "HelmChart"), ("argoproj.io", "Application")];

/// Kinds by which others than kubeadm set up a control plane or the kubelets of its nodes.
const CONTROL_PLANES: &[(&str, &str)] = &[
    ("bootstrap.cluster.x-k8s.io", "EKSConfigTemplate"),
    ("bootstrap.cluster.x-k8s.io", "K0sControllerConfig"),
    ("bootstrap.cluster.x-k8s.io", "KThreesConfigTemplate"),
    ("bootstrap.cluster.x-k8s.io", "RKE2ConfigTemplate"),
    ("bootstrap.cluster.x-k8s.io", "TalosConfigTemplate"),
    ("controlplane.cluster.x-k8s.io", "K0sControlPlane"),
    ("controlplane.cluster.x-k8s.io", "KThreesControlPlane"),
    ("controlplane.cluster.x-k8s.io", "MicroK8sControlPlane"),
    ("controlplane.cluster.x-k8s.io", "RKE2ControlPlane"),
    ("controlplane.cluster.x-k8s.io", "RKE2ControlPlaneTemplate"),
    ("controlplane.cluster.x-k8s.io", "TalosControlPlane"),
    ("k0s.k0sproject.io", "ClusterConfig"),
    ("k0sctl.k0sproject.io", "Cluster"),
    ("kops.k8s.io", "Cluster"),
    ("kops.k8s.io", "InstanceGroup"),
    ("kubekey.kubesphere.io", "Cluster"),
    ("provisioning.cattle.io", "Cluster"),
];

/// The pods of an object, and the gaps for what looks like one.
pub(crate) fn pods<'a>(object: &Object<'a>, file: &File) -> (Vec<Embedded<'a>>, Vec<Gap>) {
    if let Some(near) = kinds::is_misnamed(object.group, object.kind).filter(|_| !object.live) {
        let meant = near.map(|near| format!("; is {near} meant?")).unwrap_or_default();
        let why = format!("Kubernetes has no such kind, so `kubectl apply` would refuse it{meant}");
        return (Vec::new(), vec![gap(object, object.at("kind"), file, &why)]);
    }
    if let Some((_, field)) = pod_defaults::given(object) {
        let why = "its controller gives this to every pod that it makes, and it was not laid under them: scan the pods";
        return (Vec::new(), vec![gap(object, field, file, why)]);
    }
    if CONTROL_PLANES.contains(&(object.group, object.kind)) {
        let why = "it looks like configuration of a control plane, which is not read: scan the files and pods of its nodes";
        return (Vec::new(), vec![gap(object, object.at("kind"), file, why)]);
    }
    let Some(shapes) = templates::shapes(object) else { return by_structure(object, file) };
    let pods = templates::by_table(object, shapes);
    let mut gaps: Vec<_> = pods.iter().flat_map(|pod| malformed(object, pod, file)).collect();
    for shape in shapes {
        match shape {
            Shape::Excluded(why) => gaps.push(gap(object, object.at("kind"), file, why)),
            Shape::Workflow(path, _) => {
                let why = "the workflow makes an object from this text, which was not judged: scan that object by itself";
                gaps.extend(runs::manifests(object, path).into_iter().map(|manifest| gap(object, manifest, file, why)));
            }
            Shape::Template(path) | Shape::Spec(path) if pods.is_empty() && kinds::is_built_in(object.group) => {
                gaps.push(gap(object, object.at(path), file, "it has no containers, so the API server would refuse it"));
            }
            _ => {}
        }
    }
    (pods, gaps)
}

/// Groups of policies: what they hold of pods is a pattern, or what they put into the pods of others.
const POLICIES: &[&str] =
    &["kyverno.io", "policies.kyverno.io", "templates.gatekeeper.sh", "constraints.gatekeeper.sh", "mutations.gatekeeper.sh"];

/// Groups of what looks after images, or names those of others, and runs none.
const OF_IMAGES: &[&str] = &[
    "argocd-image-updater.argoproj.io",
    "image.toolkit.fluxcd.io",
    "kargo.akuity.io",
    "kuik.enix.io",
    "security-profiles-operator.x-k8s.io",
    "spdx.softwarecomposition.kubescape.io",
];

fn by_structure<'a>(object: &Object<'a>, file: &File) -> (Vec<Embedded<'a>>, Vec<Gap>) {
    let taken_apart = !object.live && structure::wrapped(object.api_version, object.kind).is_some();
    let is_policy = POLICIES.contains(&object.group);
    if taken_apart || is_policy || kinds::is_built_in(object.group) || VALUES.contains(&(object.group, object.kind)) {
        return (Vec::new(), Vec::new());
    }
    let mut found = structure::search(object);
    if OF_IMAGES.contains(&object.group) {
        found.image = None;
    }
    let why = "it has a list of containers whose meaning is not known, so they were not judged";
    let mut gaps: Vec<_> = found.uncovered.iter().map(|field| gap(object, *field, file, why)).collect();
    // one says it: the other fields go the same way
    if let Some(field) = found.loose.filter(|_| gaps.is_empty()) {
        gaps.push(gap(
            object,
            field,
            file,
            "its operator makes pods with these fields, which were not judged: scan the pods that it makes",
        ));
    }
    if let Some(image) = found.image.filter(|_| gaps.is_empty() && found.pods.is_empty()) {
        let why = "its operator runs this image in pods of its own, which were not judged: scan the pods that it makes";
        gaps.push(gap(object, image, file, why));
    }
    let whole = found.objects.iter().map(|place| {
        let why = format!("it holds a whole object ({}), which was not judged: scan that by itself", place.key("kind").str());
        gap(object, *place, file, &why)
    });
    gaps.extend(whole);
    (found.pods, gaps)
}

/// Lists of containers that are none: no check sees what stands in them.
fn malformed(object: &Object<'_>, pod: &Embedded<'_>, file: &File) -> Vec<Gap> {
    let is_off = |list: &str, place: Field<'_>| {
        if layers::is_single(list) {
            return place.kind() != Some(Kind::Mapping);
        }
        place.kind() != Some(Kind::Sequence) || place.items().any(|item| item.kind() != Some(Kind::Mapping))
    };
    let places = pod.layout().lists().iter().map(|&(list, _)| (list, pod.spec.at(list)));
    let off = places.filter(|(list, place)| place.exists() && is_off(list, *place));
    let why = "this is no list of containers: the API server would refuse it, and what stands in it was not judged";
    off.map(|(_, place)| gap(object, place, file, why)).collect()
}

fn gap(object: &Object<'_>, at: Field<'_>, file: &File, why: &str) -> Gap {
    let what = format!("{} {} ({})", object.kind, object.name, object.api_version);
    if object.live {
        return Gap { surface: "cluster".to_owned(), what, why: why.to_owned(), ..Gap::default() };
    }
    let (line, column) = Lines::new(file.tree.source()).position(at.place().span.0);
    // standard input is no place to point at: the words have to say it
    let place = if file.uri.is_none() { format!("line {line}, column {column}: ") } else { String::new() };
    Gap {
        surface: "manifest".to_owned(),
        what,
        why: format!("{place}{why}"),
        location: file.uri.clone().map(|uri| Place { uri, line, column }),
        ..Gap::default()
    }
}
