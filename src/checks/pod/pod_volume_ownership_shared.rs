//! Who owns the files of a volume decides who can change them, in this pod and in the next one that mounts it.

use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::{Container, Pod, User, kinds};

pub(super) static CHECK: Check = Check {
    id: "pod-volume-ownership-shared",
    title: "volume is open to root or to another workload's group",
    topic: "pod",
    severity: Severity::Medium,
    why: "Files on a volume outlive the pod: as root or in group 0 a container can change any of them, and workloads that share a group can change each other's.",
    fix: "Set `runAsUser`, `runAsGroup` and `fsGroup` to numbers of the workload's own, and `supplementalGroupsPolicy: Strict`.",
    how: "For pods in which a container mounts a claim, a CSI or an ephemeral volume: fails where `fsGroup` is 0 or `supplementalGroups` hold 0, where such a container runs with `runAsGroup: 0` or, without `hostUsers: false`, with `runAsUser: 0`, and where a workload with another account mounts the same ReadWriteMany claim with the same `fsGroup`. Unless the pod has `hostUsers: false`, it is for review where `runAsUser`, `runAsGroup` or `fsGroup` is not set or `supplementalGroupsPolicy` is not Strict. Does not apply to other pods, nor to those with `os.name: windows`.",
    needs: &[kinds::PERSISTENT_VOLUME_CLAIM],
    blind: "The groups in the image's `/etc/group`, what lies on the volume already, and drivers that ignore `fsGroup`.",
    refs: &[
        "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/#configure-fine-grained-supplementalgroups-control-for-a-pod",
    ],
    maps: &[("owasp_k8s_2022", &["K01"]), ("owasp_k8s_2025", &["K01"]), ("cwe", &["CWE-732"])],
    probe: Probe::Pod(probe),
    ..Check::BASE
};

fn probe(pod: &Pod<'_>) -> Verdict {
    if pod.is_windows() {
        return Verdict::Skip("a Windows pod".into());
    }
    let mounting: Vec<_> = pod.containers().filter(mounts_kept_data).collect();
    if mounting.is_empty() {
        return Verdict::Skip("no container mounts a claim or a CSI volume".into());
    }
    let mut faults: Vec<Fault> = group_zero(pod).collect();
    faults.extend(mounting.iter().filter_map(|container| root(container)));
    faults.extend(shared_claim(pod));
    if faults.is_empty() && !pod.has_user_namespace() {
        faults.extend(undecided(pod, &mounting));
    }
    faults.into()
}

fn mounts_kept_data(container: &Container<'_>) -> bool {
    container.mounts().any(|mount| match mount.volume {
        Some(volume) => ["persistentVolumeClaim", "csi", "ephemeral"].iter().any(|source| volume.key(source).exists()),
        // a StatefulSet's claims are named by its templates
        None => !container.pod.object().at("spec.volumeClaimTemplates").is_empty(),
    })
}

fn group_zero<'a>(pod: &Pod<'a>) -> impl Iterator<Item = Fault> + use<'a> {
    let context = pod.at("securityContext");
    let fields = [context.key("fsGroup")].into_iter().chain(context.key("supplementalGroups").items());
    let zero = fields.filter(|field| field.int() == Some(0));
    zero.map(|field| field.fault("the volumes' files are open to group 0, which is root's").expected("a group above 0"))
}

fn root(container: &Container<'_>) -> Option<Fault> {
    let name = container.name();
    if let (User::Root(uid), false) = (container.user(), container.pod.has_user_namespace()) {
        return Some(uid.fault(format!("container {name} mounts a volume as root")).expected("a user above 0"));
    }
    let group = container.inherited("runAsGroup");
    let zero = group.int() == Some(0);
    zero.then(|| group.fault(format!("container {name} mounts a volume with root's group")).expected("a group above 0"))
}

/// Another workload, with an account of its own, that mounts the same claim with the same group.
fn shared_claim(pod: &Pod<'_>) -> Option<Fault> {
    let group = pod.at("securityContext.fsGroup").int()?;
    let own = pod.object();
    pod.claim_names().find_map(|(claim, field)| {
        let many = pod.claims(claim).any(|claim| claim.at("spec.accessModes").items().any(|mode| mode.text() == Some("ReadWriteMany")));
        let other = pod.users_of_claim(claim).filter(|_| many).find(|user| {
            let object = user.object();
            let copy = object.kind == own.kind && object.name == own.name;
            let same_group = user.at("securityContext.fsGroup").int() == Some(group);
            !copy && same_group && user.service_account_name() != pod.service_account_name()
        })?;
        let (kind, name) = (other.object().kind, other.object().name);
        let said = format!("{kind} {name} runs as another account and mounts claim {claim} with the same group {group}");
        Some(field.fault(said).expected("a claim or a group of its own"))
    })
}

/// What only the image, or whoever runs the pod, can tell.
fn undecided(pod: &Pod<'_>, mounting: &[Container<'_>]) -> Option<Fault> {
    let unset = |what: &str| format!("the pod mounts a volume, and {what}: the image decides whose files it can change");
    let context = pod.at("securityContext");
    let open = |key| mounting.iter().any(|container| container.inherited(key).int().is_none());
    if open("runAsUser") || open("runAsGroup") || context.key("fsGroup").int().is_none() {
        return Some(context.fault(unset("runAsUser, runAsGroup or fsGroup is not set")).expected("all three, above 0").doubt());
    }
    let policy = context.key("supplementalGroupsPolicy");
    let merges = policy.text() != Some("Strict");
    merges.then(|| policy.fault(unset("the groups of the image's /etc/group are merged in")).expected("Strict").doubt())
}
