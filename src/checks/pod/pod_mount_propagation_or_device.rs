//! Mounts that reach back to the node, and disks without a file system in between.

use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::{Container, Field, Pod};

pub(super) static CHECK: Check = Check {
    id: "pod-mount-propagation-or-device",
    title: "mount propagates to the node, or a raw device is given",
    topic: "pod",
    severity: Severity::Medium,
    why: "With bidirectional propagation what the container mounts appears on the node and in other pods; a raw device bypasses every permission of the file system on it.",
    fix: "Use `HostToContainer` or no propagation, and leave devices to storage operators and device plugins.",
    how: "Fails for `mountPropagation: Bidirectional`, for a mounted `hostPath` of type BlockDevice or CharDevice, and for `volumeDevices` of a claim that another workload uses too or whose `volumeMode` is not Block. Any other use of `volumeDevices` is for review, as only its owner knows whether it is needed.",
    needs: &[crate::model::kinds::PERSISTENT_VOLUME_CLAIM],
    blind: "Devices given by a device plugin, by DRA or by a privileged container.",
    refs: &[
        "https://kubernetes.io/docs/concepts/storage/volumes/#mount-propagation",
        "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#raw-block-volume-support",
    ],
    maps: &[("owasp_k8s_2022", &["K01"]), ("owasp_k8s_2025", &["K01"]), ("mitre", &["T1611"])],
    probe: Probe::Container(probe),
    ..Check::BASE
};

fn probe(container: &Container<'_>) -> Verdict {
    let mounts = container.mounts().flat_map(|mount| {
        let volume = mount.volume.map(|volume| volume.at("hostPath.type"));
        [propagation(container, mount.field), volume.and_then(|kind| device(container, kind))].into_iter().flatten()
    });
    let raw = container.at("volumeDevices").items().map(|item| block(container, item));
    mounts.chain(raw).collect()
}

fn propagation(container: &Container<'_>, mount: Field<'_>) -> Option<Fault> {
    let field = mount.key("mountPropagation");
    let said = || field.fault(format!("what container {} mounts appears on the node", container.name()));
    (field.text() == Some("Bidirectional")).then(|| said().expected("None or HostToContainer"))
}

fn device(container: &Container<'_>, kind: Field<'_>) -> Option<Fault> {
    let is_device = matches!(kind.text(), Some("BlockDevice" | "CharDevice"));
    is_device.then(|| kind.fault(format!("container {} mounts a device of the node", container.name())).expected("no device"))
}

/// A block volume of one's own may have its reason; one that others use, or that is a file system, has none.
fn block(container: &Container<'_>, item: Field<'_>) -> Fault {
    let name = item.key("name");
    let pod = container.pod;
    let volume = pod.volumes().find(|volume| volume.key("name").text() == name.text());
    let claim = volume.and_then(|volume| volume.at("persistentVolumeClaim.claimName").text());
    let said = |what: &str| name.fault(format!("container {} gets volume {} as a raw device{what}", container.name(), name.str()));
    let Some(claim) = claim else { return said(": is it needed").expected("a mounted file system, or a stated need").doubt() };
    // a pod uses what its controller's template names, and copies of an object are one workload
    let evidence = pod.scan().evidence;
    let judged = |user: Pod<'_>| evidence.judged_at(user.object());
    let workload = |object: &crate::model::Object<'_>| (object.kind.to_owned(), object.name.to_owned());
    let own = workload(judged(pod));
    if let Some(other) = pod.users_of_claim(claim).map(judged).find(|user| workload(user) != own) {
        return said(&format!(", and {} {} uses claim {claim} too", other.kind, other.name)).expected("a claim of its own");
    }
    let filesystem = pod.claims(claim).any(|claim| claim.at("spec.volumeMode").text() != Some("Block"));
    if filesystem {
        return said(&format!(", but claim {claim} is of a file system")).expected("volumeMode: Block, or a mount");
    }
    said(": is it needed").expected("a mounted file system, or a stated need").doubt()
}
