//! Build workers that run in a cluster: tasks and runs of Tekton, runners of GitHub's controllers.

use crate::model::field::{Field, unnoticed};
use crate::model::image::Image;
use crate::model::isolation::Isolation;
use crate::model::namespace::Namespace;
use crate::model::network::Direction;
use crate::model::object::Object;
use crate::model::pipeline;
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
    GroupKind::new("actions.summerwind.dev", "RunnerReplicaSet"),
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

/// Where the fields of the pod stand in a runner of the older controller.
#[must_use]
pub fn runner<'a>(worker: &Object<'a>) -> Option<Field<'a>> {
    (worker.group == "actions.summerwind.dev").then(|| match worker.kind {
        "Runner" => worker.at("spec"),
        _ => worker.at("spec.template.spec"),
    })
}

/// What gives runners of the older controller a privileged container with a Docker daemon, which they have unless it is
/// switched off.
#[must_use]
pub fn daemon<'a>(worker: &Object<'a>) -> Option<Field<'a>> {
    // a set has what is about runners beside its template
    let own = if worker.kind == "RunnerSet" { worker.at("spec") } else { runner(worker)? };
    let (within, beside) = (own.key("dockerdWithinRunnerContainer"), own.key("dockerEnabled"));
    match () {
        () if own.key("containerMode").str() == "kubernetes" => None,
        () if within.is_true() => Some(within),
        () => (beside.bool() != Some(false)).then_some(beside),
    }
}

/// Tekton runs the steps of such a run without a network.
const HERMETIC: &str = "experimental.tekton.dev/execution-mode";

/// Whether the steps of a run have no network: sidecars do, and without the alpha features so do they. `None` where it
/// hangs on a task that is not seen.
#[must_use]
pub fn is_hermetic(worker: &Object<'_>, scan: &Scan<'_>) -> Option<bool> {
    let in_world = |kind: GroupKind| scan.evidence.of_kind_in(worker.world, kind);
    if worker.annotation(HERMETIC).str() != "hermetic" || !in_world(kinds::CONFIG_MAP).any(|flags| is_alpha(flags, scan)) {
        return Some(false);
    }
    let spec = worker.at("spec");
    let tasks = ["tasks", "finally"];
    let listed = tasks.into_iter().flat_map(|list| [spec.key(list), spec.key("pipelineSpec").key(list)]).flat_map(Field::items);
    let referred = listed.map(|task| task.key("taskRef")).chain([spec.key("taskRef")]).filter(|reference| reference.exists());
    let has_sidecars = |spec: Field<'_>| !spec.key("sidecars").is_empty();
    if pods(worker, scan).any(|pod| has_sidecars(pod.spec())) {
        return Some(false);
    }
    let mut all_seen = !spec.key("pipelineRef").exists();
    for reference in referred {
        match pipeline::task(worker, reference, scan) {
            Some(task) if has_sidecars(task.at("spec")) => return Some(false),
            found => all_seen &= found.is_some(),
        }
    }
    all_seen.then_some(true)
}

/// Whether a ConfigMap is that of Tekton, which it reads in its own namespace alone, and switches the alpha features on.
fn is_alpha(flags: &Object<'_>, scan: &Scan<'_>) -> bool {
    const NAMESPACES: [&str; 2] = ["tekton-pipelines", "openshift-pipelines"];
    let is_installed = |namespace: &str| {
        let mut controllers = scan.evidence.of_kind_in(flags.world, kinds::DEPLOYMENT);
        controllers.any(|one| one.name == "tekton-pipelines-controller" && one.namespace_or_empty() == namespace)
    };
    let namespace = flags.namespace_or_empty();
    flags.name == "feature-flags"
        && flags.at("data.enable-api-fields").str() == "alpha"
        && (NAMESPACES.contains(&namespace) || is_installed(namespace))
}

/// Of the pods of a worker, the first that is not certain to be limited in what it reaches, unless a rule opens it.
#[must_use]
pub fn unsettled_egress<'a>(namespace: &Namespace<'a>, worker: &Object<'a>) -> Option<Isolation<'a>> {
    let is_settled = |isolation: &Isolation<'_>| matches!(isolation, Isolation::Yes | Isolation::Cancelled(..) | Isolation::Opened(..));
    let default = namespace.isolates_by_default(Direction::Egress);
    if is_settled(&default) {
        return None;
    }
    let with_containers = pods(worker, namespace.scan()).filter(|pod| pod.containers().next().is_some());
    let all: Vec<_> = with_containers.map(|pod| namespace.isolates_pod(Direction::Egress, &pod)).collect();
    let all = if all.is_empty() { vec![default] } else { all };
    all.into_iter().find(|isolation| !is_settled(isolation))
}

/// The Secrets that workers need beyond those of their pods' containers and volumes: of workspaces, of what runs say of
/// pods, of runners.
#[must_use]
pub fn secrets<'a>(worker: &Object<'a>) -> Vec<Field<'a>> {
    let spec = worker.at("spec");
    let projected = |volume: Field<'a>| volume.at("projected.sources").items().map(|source| source.at("secret.name")).collect::<Vec<_>>();
    let workspaces = spec.key("workspaces").items().flat_map(|one| [vec![one.at("secret.secretName")], projected(one)].concat());
    let sets = spec.key("taskRunSpecs").items().flat_map(|one| [one.key("podTemplate"), one.key("taskPodTemplate")]);
    let templates = [spec.key("podTemplate"), spec.at("taskRunTemplate.podTemplate")].into_iter().chain(sets);
    let runner = runner(worker);
    let containers = runner.into_iter().chain(runner.into_iter().flat_map(|pod| pod.key("containers").items()));
    let templates: Vec<_> = templates.chain(containers).collect();
    let needed = |reference: Field<'a>| Some(reference.key("name")).filter(|_| !reference.key("optional").is_true());
    let variables = templates.iter().flat_map(|one| one.key("env").items()).filter_map(move |one| needed(one.at("valueFrom.secretKeyRef")));
    let all = templates.iter().flat_map(|one| one.key("envFrom").items()).filter_map(move |one| needed(one.key("secretRef")));
    let volumes = templates.iter().flat_map(|one| one.key("volumes").items());
    let volumes = volumes.filter(|one| !one.at("secret.optional").is_true());
    let volumes = volumes.flat_map(|one| [vec![one.at("secret.secretName")], projected(one)].concat());
    let credentials = ["githubConfigSecret", "githubAPICredentialsFrom.secretRef.name"].map(|path| spec.at(path));
    let of_template = runner.map(|pod| pod.at("githubAPICredentialsFrom.secretRef.name"));
    workspaces.chain(variables).chain(all).chain(volumes).chain(credentials).chain(of_template).collect()
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
    let serves_builds = |image: &Image<'_>| OF_BUILDS.iter().any(|part| image.path.contains(part));
    SERVING.iter().any(|kind| object.is(*kind))
        && object.at("metadata.ownerReferences").is_empty()
        && !pod.containers().any(|container| container.reference().is_ok_and(|image| serves_builds(&image)))
}
