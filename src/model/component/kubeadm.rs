//! What kubeadm would run: its own documents, and what Cluster API hands it for the machines of a cluster.

use crate::model::component::line::Flag;
use crate::model::component::{ComponentRecord, Role};
use crate::model::field::Field;
use crate::model::object::Object;
use crate::model::{Evidence, GroupKind};
use crate::parse::Kind;

pub(super) const GROUP: &str = "kubeadm.k8s.io";

/// Kinds of Cluster API, with where the settings of kubeadm stand in them.
const HANDED: [(GroupKind, &str); 4] = [
    (GroupKind::new("controlplane.cluster.x-k8s.io", "KubeadmControlPlane"), "spec.kubeadmConfigSpec"),
    (GroupKind::new("controlplane.cluster.x-k8s.io", "KubeadmControlPlaneTemplate"), "spec.template.spec.kubeadmConfigSpec"),
    (GroupKind::new("bootstrap.cluster.x-k8s.io", "KubeadmConfig"), "spec"),
    (GroupKind::new("bootstrap.cluster.x-k8s.io", "KubeadmConfigTemplate"), "spec.template.spec"),
];
const CLUSTER_CLASS: GroupKind = GroupKind::new("cluster.x-k8s.io", "ClusterClass");

/// What the kubelets of a cluster share, where it is not seen.
const SHARED: &str = "the ConfigMap kubelet-config of the cluster";

/// The settings of a cluster, and what may change them where nobody looked.
struct Plan<'o, 'a> {
    object: &'o Object<'a>,
    /// That of `apiServer`, `etcd` and the others.
    top: Field<'a>,
    version: Field<'a>,
    unseen: Option<String>,
}

/// The components of kubeadm's own documents.
pub(super) fn planned<'a>(evidence: &Evidence<'a>, object: &Object<'a>) -> Vec<ComponentRecord<'a>> {
    let mut inits = evidence.named(GROUP, "InitConfiguration").filter(|other| other.file() == object.file());
    let unseen = inits.find_map(|init| patched(init.field()));
    Plan { object, top: object.field(), version: object.at("kubernetesVersion"), unseen }.records()
}

impl<'a> Plan<'_, 'a> {
    fn records(&self) -> Vec<ComponentRecord<'a>> {
        const PARTS: [(Role, &str, &str); 4] = [
            (Role::ApiServer, "apiServer", "apiServer.extraArgs"),
            (Role::ControllerManager, "controllerManager", "controllerManager.extraArgs"),
            (Role::Scheduler, "scheduler", "scheduler.extraArgs"),
            (Role::Etcd, "etcd.local", "etcd.local.extraArgs"),
        ];
        let external = self.top.at("etcd.external");
        let record = |(role, part, path): &(Role, &'static str, &'static str)| {
            let list = self.top.at(path);
            let mut record = ComponentRecord::new(*role, self.object, list).with_flags(extra_args(list));
            record.has_line = true;
            record.distribution = Some("kubeadm");
            record.version = self.version.str().parse().ok();
            record.unseen.clone_from(&self.unseen);
            let volumes = self.top.at(part).key("extraVolumes").items();
            record.mounts = volumes.filter_map(|volume| Some((volume.key("mountPath").text()?, volume.key("hostPath").text()?))).collect();
            if *role == Role::ApiServer && external.exists() {
                for (flag, key) in [("etcd-cafile", "caFile"), ("etcd-certfile", "certFile"), ("etcd-keyfile", "keyFile")] {
                    let field = external.key(key);
                    record.flags.push(Flag { name: flag.into(), value: field.str().into(), field, span: None });
                }
            }
            record
        };
        PARTS.iter().filter(|(role, ..)| *role != Role::Etcd || !external.exists()).map(record).collect()
    }
}

/// A mapping until v1beta3 (of Cluster API until v1beta1), a list of names and values since.
pub(super) fn extra_args(field: Field<'_>) -> Vec<(&str, Field<'_>)> {
    match field.kind() {
        Some(Kind::Mapping) => field.entries(),
        Some(Kind::Sequence) => field.items().filter_map(|item| Some((item.key("name").text()?, item.key("value")))).collect(),
        _ => Vec::new(),
    }
}

/// The folder whose patches kubeadm lays over what it writes.
fn patched(configuration: Field<'_>) -> Option<String> {
    let folder = configuration.at("patches.directory").text().filter(|folder| !folder.is_empty())?;
    Some(format!("the patches in {folder}"))
}

/// A kubelet of which kubeadm is told some flags.
pub(super) fn kubelet<'a>(object: &Object<'a>, configuration: Field<'a>, is_joining: bool) -> Option<ComponentRecord<'a>> {
    let list = configuration.at("nodeRegistration.kubeletExtraArgs");
    let mut record = ComponentRecord::new(Role::Kubelet, object, list).with_flags(extra_args(list));
    record.distribution = Some("kubeadm");
    // who joins takes the settings of the cluster
    record.unseen = patched(configuration).or_else(|| is_joining.then(|| SHARED.to_owned()));
    (!record.flags.is_empty()).then_some(record)
}

/// The components of every machine that Cluster API makes: those of other clusters than the one that holds the objects.
pub(super) fn handed<'a>(evidence: &Evidence<'a>) -> Vec<ComponentRecord<'a>> {
    let places = HANDED.iter().flat_map(|(kind, path)| evidence.of_kind(*kind).map(move |object| (object, *path)));
    places.filter(|(object, _)| !is_copy(object)).flat_map(|(object, path)| of_machine(evidence, object, path)).collect()
}

/// Whether a controller has made it of another that is judged itself.
fn is_copy(object: &Object<'_>) -> bool {
    let by_control_plane = object.at("metadata.ownerReferences").items().any(|owner| owner.key("kind").str() == "KubeadmControlPlane");
    by_control_plane
        || object.label("cluster.x-k8s.io/control-plane-name").exists()
        || object.annotation("cluster.x-k8s.io/cloned-from-name").exists()
}

fn of_machine<'a>(evidence: &Evidence<'a>, object: &Object<'a>, path: &'static str) -> Vec<ComponentRecord<'a>> {
    let spec = object.at(path);
    let [cluster, init, join] = ["clusterConfiguration", "initConfiguration", "joinConfiguration"].map(|key| spec.key(key));
    let runs_all = object.group == HANDED[0].0.group;
    let mut found = Vec::new();
    let by_class = by_class(evidence, object);
    if runs_all || cluster.exists() {
        let version = if runs_all { object.at("spec.version") } else { cluster.key("kubernetesVersion") };
        let unseen = patched(init).or_else(|| by_class.clone());
        found = Plan { object, top: cluster, version, unseen }.records();
    }
    // who joins a control plane takes what the first of it was told, which is what kubeadm sets
    for (configuration, is_joining) in [(init, false), (join, !runs_all)] {
        found.extend(kubelet(object, configuration, is_joining).map(|record| {
            let unseen = record.unseen.clone().or_else(|| by_class.clone());
            ComponentRecord { unseen, ..record }
        }));
    }
    found
}

/// The class that may change what a template says for each cluster that it makes.
fn by_class(evidence: &Evidence<'_>, object: &Object<'_>) -> Option<String> {
    let mut classes = evidence.of_kind_in(object.world, CLUSTER_CLASS);
    let class = classes.find(|class| object.kind.ends_with("Template") && !class.at("spec.patches").is_empty())?;
    Some(format!("the patches of ClusterClass {}", class.name))
}
