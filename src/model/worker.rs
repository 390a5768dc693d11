//! Build workers that run in a cluster: tasks and runs of Tekton, runners of GitHub's controllers.

use crate::model::field::{Field, unnoticed};
use crate::model::image::Image;
use crate::model::namespace::Namespace;
use crate::model::object::Object;
use crate::model::pod::Pod;
use crate::model::scan::Scan;
use crate::model::{GroupKind, Map, kinds};

/// The kinds of workers, and of what these are made from.
pub const KINDS: &[GroupKind] = &[
    GroupKind::new("tekton.dev", "Task"),
    GroupKind::new("tekton.dev", "ClusterTask"),
    GroupKind::new("tekton.dev", "TaskRun"),
    GroupKind::new("tekton.dev", "Pipeline"),
    GroupKind::new("tekton.dev", "PipelineRun"),
    GroupKind::new("actions.github.com", "AutoscalingRunnerSet"),
    GroupKind::new("actions.summerwind.dev", "RunnerDeployment"),
    GroupKind::new("actions.summerwind.dev", "RunnerSet"),
    GroupKind::new("actions.summerwind.dev", "Runner"),
];

/// Kinds of workloads that serve somebody, rather than a node, and go on until they are stopped.
const SERVING: &[GroupKind] = &[
    kinds::DEPLOYMENT,
    GroupKind::new("apps", "StatefulSet"),
    GroupKind::new("apps", "ReplicaSet"),
    GroupKind::new("", "ReplicationController"),
    GroupKind::new("argoproj.io", "Rollout"),
    GroupKind::new("serving.knative.dev", "Service"),
];

/// Parts of the repositories of what serves builds, wherever it is mirrored.
const OF_BUILDS: &[&str] =
    &["tektoncd/", "actions/", "actions-runner-controller", "moby/buildkit", "gitlab-runner", "jenkins/", "kaniko", "buildah", "argoexec"];

/// Whether there is any worker at all.
#[must_use]
pub fn any(scan: &Scan<'_>) -> bool {
    KINDS.iter().any(|kind| scan.evidence.has(*kind))
}

/// Whether an object is a worker, or what workers are made from, and not itself made by another that is seen.
#[must_use]
pub fn is_worker(object: &Object<'_>) -> bool {
    let is_of_kind = matches!(object.group, "tekton.dev" | "actions.github.com" | "actions.summerwind.dev");
    is_of_kind && KINDS.iter().any(|kind| object.is(*kind)) && object.at("metadata.ownerReferences").is_empty()
}

/// The workers of a namespace by kind and name.
#[must_use]
pub fn of<'a>(namespace: &Namespace<'a>) -> Vec<&'a Object<'a>> {
    if !any(namespace.scan()) {
        return Vec::new();
    }
    let mut found: Vec<_> = namespace.objects().filter(|object| is_worker(object)).collect();
    found.sort_by_key(|object| (object.kind, object.name, object.id));
    found
}

/// The pods of a worker, as far as they are written out.
pub fn pods<'a>(worker: &Object<'_>, scan: &'a Scan<'a>) -> impl Iterator<Item = Pod<'a>> + use<'a> {
    scan.evidence.pods_in(worker).iter().map(move |record| Pod { scan, record })
}

/// Where the fields of the pod stand in a runner of the older controller, which has no pod template.
#[must_use]
pub fn runner<'a>(worker: &Object<'a>) -> Option<Field<'a>> {
    (worker.group == "actions.summerwind.dev").then(|| match worker.kind {
        "RunnerDeployment" => worker.at("spec.template.spec"),
        _ => worker.at("spec"),
    })
}

/// For a person: `runners of AutoscalingRunnerSet linux`, `builds of Task image`.
#[must_use]
pub fn named(worker: &Object<'_>) -> String {
    let word = if worker.group == "tekton.dev" { "builds" } else { "runners" };
    format!("{word} of {} {}", worker.kind, worker.name)
}

/// The first application of a world by namespace and name, system namespaces left out.
#[must_use]
pub fn application<'a>(scan: &'a Scan<'a>, world: u16) -> Option<&'a Object<'a>> {
    let find = || {
        let mut found: Map<u16, u32> = Map::default();
        let pods = scan.evidence.pods().iter().map(|record| Pod { scan, record }).filter(is_application);
        for object in pods.map(|pod| pod.object()).filter(|object| !scan.is_system_namespace(object.namespace_or_empty())) {
            let rank = |object: &Object<'a>| (object.namespace, object.name, object.kind);
            let first = found.entry(object.world).or_insert(object.id);
            if rank(object) < rank(scan.evidence.object(*first)) {
                *first = object.id;
            }
        }
        found
    };
    let found = scan.evidence.lazy.applications.get_or_init(|| unnoticed(find));
    found.get(&world).map(|id| scan.evidence.object(*id))
}

/// Whether a pod is of an application: neither of a worker, nor of what serves these.
#[must_use]
pub fn is_application(pod: &Pod<'_>) -> bool {
    let object = pod.object();
    let serves_builds = |image: Image<'_>| OF_BUILDS.iter().any(|part| image.path.contains(part));
    SERVING.iter().any(|kind| object.is(*kind))
        && object.at("metadata.ownerReferences").is_empty()
        && !pod.containers().any(|container| Image::parse(container.image().str()).is_ok_and(serves_builds))
}
