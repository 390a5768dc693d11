//! Where kinds keep their pod templates: built-in kinds, custom resources by table, the rest by structure.

use crate::model::field::Field;
use crate::model::kinds::GroupKind;
use crate::model::layers::{Layers, Layout, Supplier};
use crate::model::object::Object;
use crate::model::runs;
use crate::parse::Kind;

/// How a kind embeds pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A pod template (`metadata` and `spec`) at a dotted path; `*` stands for every item or value.
    Template(&'static str),
    /// A pod spec at a dotted path; the metadata is the object's.
    Spec(&'static str),
    /// A pod template that an operator completes with defaults of its own.
    Operator(&'static str),
    /// Tekton: steps and sidecars instead of containers, at a dotted path; the run supplies the fields of the pod.
    Steps(&'static str),
    /// The same, but the fields of the pod stand among the operator's own at a dotted path, its labels in `podMetadata` there.
    OperatorSpec(&'static str),
    /// Tekton: a run of one task.
    TaskRun,
    /// Tekton: a run of a pipeline.
    PipelineRun,
    /// Argo: the spec of a workflow at a dotted path, and whether it is there to be used by others.
    Workflow(&'static str, bool),
    /// It runs code, and is not judged, because of this.
    Excluded(&'static str),
}

use Shape::{Excluded, Operator, OperatorSpec, PipelineRun, Spec, Steps, TaskRun, Template, Workflow};

const SPEC_TEMPLATE: &[Shape] = &[Template("spec.template")];
const ECK: &[Shape] = &[Operator("spec.podTemplate")];
const PROMETHEUS_OPERATOR: &[Shape] = &[OperatorSpec("spec")];
const ECK_AGENT: &[Shape] =
    &[Operator("spec.daemonSet.podTemplate"), Operator("spec.deployment.podTemplate"), Operator("spec.statefulSet.podTemplate")];

/// Group, kind, shapes.
const TABLE: &[(&str, &str, &[Shape])] = &[
    ("", "Pod", &[Spec("spec")]),
    ("", "PodTemplate", &[Template("template")]),
    ("", "ReplicationController", SPEC_TEMPLATE),
    ("apps", "Deployment", SPEC_TEMPLATE),
    ("apps", "StatefulSet", SPEC_TEMPLATE),
    ("apps", "DaemonSet", SPEC_TEMPLATE),
    ("apps", "ReplicaSet", SPEC_TEMPLATE),
    ("batch", "Job", SPEC_TEMPLATE),
    ("batch", "CronJob", &[Template("spec.jobTemplate.spec.template")]),
    ("apps.openshift.io", "DeploymentConfig", SPEC_TEMPLATE),
    ("argoproj.io", "Rollout", SPEC_TEMPLATE),
    ("apps.kruise.io", "CloneSet", SPEC_TEMPLATE),
    ("apps.kruise.io", "StatefulSet", SPEC_TEMPLATE),
    ("apps.kruise.io", "DaemonSet", SPEC_TEMPLATE),
    ("apps.kruise.io", "BroadcastJob", SPEC_TEMPLATE),
    (
        "apps.kruise.io",
        "AdvancedCronJob",
        &[Template("spec.template.jobTemplate.spec.template"), Template("spec.template.broadcastJobTemplate.spec.template")],
    ),
    ("apps.kruise.io", "UnitedDeployment", &[Template("spec.template.*.spec.template")]),
    ("serving.knative.dev", "Service", SPEC_TEMPLATE),
    ("serving.knative.dev", "Configuration", SPEC_TEMPLATE),
    ("serving.knative.dev", "Revision", &[Spec("spec")]),
    ("sources.knative.dev", "ContainerSource", SPEC_TEMPLATE),
    ("tekton.dev", "Task", &[Steps("spec")]),
    ("tekton.dev", "ClusterTask", &[Steps("spec")]),
    ("tekton.dev", "TaskRun", &[TaskRun]),
    ("tekton.dev", "Pipeline", &[Steps("spec.tasks.*.taskSpec"), Steps("spec.finally.*.taskSpec")]),
    ("tekton.dev", "PipelineRun", &[PipelineRun]),
    ("argoproj.io", "Workflow", &[Workflow("spec", false)]),
    ("argoproj.io", "CronWorkflow", &[Workflow("spec.workflowSpec", false)]),
    ("argoproj.io", "WorkflowTemplate", &[Workflow("spec", true)]),
    ("argoproj.io", "ClusterWorkflowTemplate", &[Workflow("spec", true)]),
    ("elasticsearch.k8s.elastic.co", "Elasticsearch", &[Operator("spec.nodeSets.*.podTemplate")]),
    ("kibana.k8s.elastic.co", "Kibana", ECK),
    ("apm.k8s.elastic.co", "ApmServer", ECK),
    ("enterprisesearch.k8s.elastic.co", "EnterpriseSearch", ECK),
    ("maps.k8s.elastic.co", "ElasticMapsServer", ECK),
    ("logstash.k8s.elastic.co", "Logstash", ECK),
    ("packageregistry.k8s.elastic.co", "PackageRegistry", ECK),
    ("beat.k8s.elastic.co", "Beat", ECK_AGENT),
    ("agent.k8s.elastic.co", "Agent", ECK_AGENT),
    ("monitoring.coreos.com", "Prometheus", PROMETHEUS_OPERATOR),
    ("monitoring.coreos.com", "PrometheusAgent", PROMETHEUS_OPERATOR),
    ("monitoring.coreos.com", "Alertmanager", PROMETHEUS_OPERATOR),
    ("monitoring.coreos.com", "ThanosRuler", PROMETHEUS_OPERATOR),
    ("jobset.x-k8s.io", "JobSet", &[Template("spec.replicatedJobs.*.template.spec.template")]),
    (
        "leaderworkerset.x-k8s.io",
        "LeaderWorkerSet",
        &[Template("spec.leaderWorkerTemplate.leaderTemplate"), Template("spec.leaderWorkerTemplate.workerTemplate")],
    ),
    ("kubeflow.org", "TFJob", &[Template("spec.tfReplicaSpecs.*.template")]),
    ("kubeflow.org", "PyTorchJob", &[Template("spec.pytorchReplicaSpecs.*.template")]),
    ("kubeflow.org", "MPIJob", &[Template("spec.mpiReplicaSpecs.*.template")]),
    ("kubeflow.org", "XGBoostJob", &[Template("spec.xgbReplicaSpecs.*.template")]),
    ("kubeflow.org", "Notebook", SPEC_TEMPLATE),
    ("ray.io", "RayCluster", &[Template("spec.headGroupSpec.template"), Template("spec.workerGroupSpecs.*.template")]),
    (
        "ray.io",
        "RayJob",
        &[
            Template("spec.rayClusterSpec.headGroupSpec.template"),
            Template("spec.rayClusterSpec.workerGroupSpecs.*.template"),
            Template("spec.submitterPodTemplate"),
        ],
    ),
    (
        "ray.io",
        "RayService",
        &[Template("spec.rayClusterConfig.headGroupSpec.template"), Template("spec.rayClusterConfig.workerGroupSpecs.*.template")],
    ),
    ("batch.volcano.sh", "Job", &[Template("spec.tasks.*.template")]),
    ("keda.sh", "ScaledJob", &[Template("spec.jobTargetRef.template")]),
    ("agones.dev", "GameServer", &[Template("spec.template")]),
    ("agones.dev", "GameServerSet", &[Template("spec.template.spec.template")]),
    ("agones.dev", "Fleet", &[Template("spec.template.spec.template")]),
    ("actions.github.com", "AutoscalingRunnerSet", SPEC_TEMPLATE),
    ("actions.github.com", "EphemeralRunnerSet", &[Template("spec.ephemeralRunnerSpec")]),
    ("tekton.dev", "StepAction", &[Excluded("a step by itself: it is judged where a task writes its steps out")]),
    ("sparkoperator.k8s.io", "SparkApplication", &[Excluded("its operator makes the driver's and executors' pods: scan these")]),
    ("kubevirt.io", "VirtualMachine", &[Excluded("a virtual machine: what it runs is an operating system, not containers")]),
    ("kubevirt.io", "VirtualMachineInstance", &[Excluded("a virtual machine: what it runs is an operating system, not containers")]),
    (
        "kubevirt.io",
        "VirtualMachineInstanceReplicaSet",
        &[Excluded("a virtual machine: what it runs is an operating system, not containers")],
    ),
];

/// A pod's place in an object: metadata of the template, spec, and what else it is made from.
#[derive(Debug)]
pub(crate) struct Embedded<'a> {
    pub(crate) metadata: Field<'a>,
    pub(crate) spec: Field<'a>,
    pub(crate) layers: Option<Layers<'a>>,
}

impl<'a> Embedded<'a> {
    /// How its containers are laid out.
    pub(crate) fn layout(&self) -> Layout {
        self.layers.as_ref().map_or(Layout::Kubernetes, |layers| layers.layout)
    }

    /// Whether any list of containers is there; an empty one is as good as none, but for the steps of a task.
    pub(crate) fn has_containers(&self) -> bool {
        let layout = self.layout();
        let is_there = |list: Field<'_>| if layout == Layout::Tekton { list.exists() } else { !list.is_empty() };
        layout.lists().iter().any(|(list, _)| is_there(self.spec.at(list)))
    }
}

/// Every kind that the table knows to run code.
pub(crate) fn kinds() -> impl Iterator<Item = GroupKind> {
    TABLE.iter().map(|(group, kind, _)| GroupKind::new(group, kind))
}

/// What the table says of a kind.
pub(crate) fn shapes(object: &Object<'_>) -> Option<&'static [Shape]> {
    TABLE.iter().find(|(group, kind, _)| *group == object.group && *kind == object.kind).map(|row| row.2)
}

/// Whether objects of a kind may embed pods: those of the table, and all that nothing is known of.
pub(crate) fn may_embed(group: &str, kind: &str) -> bool {
    TABLE.iter().any(|(known, name, _)| *known == group && *name == kind) || !crate::model::kinds::is_built_in(group)
}

/// The pods that an object embeds, by the table.
pub(crate) fn by_table<'a>(object: &Object<'a>, shapes: &[Shape]) -> Vec<Embedded<'a>> {
    let mut found = Vec::new();
    for shape in shapes {
        let places = |path| expand(object.field(), path).into_iter();
        let template = |place: Field<'a>, layers| Embedded { metadata: place.key("metadata"), spec: place.key("spec"), layers };
        let bare = |place, layers| Embedded { metadata: object.at("metadata"), spec: place, layers };
        match *shape {
            Template(path) => found.extend(places(path).map(|place| template(place, None)).filter(Embedded::has_containers)),
            Spec(path) => found.extend(places(path).map(|place| bare(place, None)).filter(Embedded::has_containers)),
            Steps(path) => {
                let layers = || Some(Layers { layout: Layout::Tekton, outer: Vec::new(), supplier: Supplier::Run });
                found.extend(places(path).map(|place| bare(place, layers())).filter(Embedded::has_containers));
            }
            // fields of the pod, without any container, are set as well
            Operator(path) => {
                let layers = || Some(Layers { layout: Layout::Kubernetes, outer: Vec::new(), supplier: Supplier::Operator });
                let pods = places(path).map(|place| template(place, layers()));
                found.extend(pods.filter(|pod| pod.spec.kind() == Some(Kind::Mapping)));
            }
            OperatorSpec(path) => found.extend(places(path).map(|place| Embedded {
                metadata: place.key("podMetadata"),
                spec: place,
                layers: Some(Layers { layout: Layout::Kubernetes, outer: Vec::new(), supplier: Supplier::Operator }),
            })),
            TaskRun => found.extend(runs::task_run(object)),
            PipelineRun => found.extend(runs::pipeline_run(object)),
            Workflow(path, shared) => found.extend(runs::workflow(object.at(path), shared)),
            Excluded(_) => {}
        }
    }
    found
}

/// Every place at a path with `*`.
pub(crate) fn expand<'a>(top: Field<'a>, path: &'static str) -> Vec<Field<'a>> {
    path.split('.').fold(vec![top], |places, key| match key {
        "" => places,
        "*" => places
            .into_iter()
            .flat_map(|place| {
                if place.kind() == Some(Kind::Sequence) {
                    return place.items().collect::<Vec<_>>();
                }
                place.entries().into_iter().map(|(_, field)| field).collect()
            })
            .collect(),
        key => places.into_iter().map(|place| place.key(key)).collect(),
    })
}
