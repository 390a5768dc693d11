//! Volumes have no namespace: what keeps one tenant's data from the next is how they are handed out.

use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::host_path::lies_in;
use crate::model::volume::Export;
use crate::model::{Field, GroupKind, Object, Scan, kinds};

pub(super) static CHECK: Check = Check {
    id: "storage-volume-cross-namespace",
    title: "volume is within reach of more than one namespace",
    topic: "storage",
    severity: Severity::Medium,
    why: "Data that a second namespace can mount, claim or clone has left the roles and policies that were drawn around the first.",
    fix: "Give each namespace volumes of its own, reserve static ones by `claimRef`, delete released ones, and bound classes by quota.",
    how: "Fails for two PersistentVolumes with the same driver and handle, or overlapping paths of one server of NFS or SMB, by the kubelet or the CSI drivers of these, that are reserved for claims of different namespaces; for the reclaim policy Recycle; for a kept volume that is Available or Released and reserved for nobody; for a ReferenceGrant by which another namespace may clone every claim or snapshot; and for a CSIDriver of NFS, SMB or Azure Files that allows inline volumes. For review: kept volumes reserved for nobody whose phase is not known, inline volumes of other drivers, and volumes that may be out of sight.",
    needs: &[kinds::PERSISTENT_VOLUME],
    blind: "Shares that the storage system itself opens to others, and subfolders that an NFS provisioner hands out below one export.",
    refs: &[
        "https://kubernetes.io/docs/concepts/storage/persistent-volumes/",
        "https://kubernetes.io/docs/concepts/storage/ephemeral-volumes/#csi-driver-restrictions",
    ],
    maps: &[("owasp_k8s_2022", &["K07"]), ("owasp_k8s_2025", &["K05"]), ("cwe", &["CWE-668"])],
    probe: Probe::Object(&[kinds::PERSISTENT_VOLUME, GRANT, kinds::CSI_DRIVER], probe),
    ..Check::BASE
};

const GRANT: GroupKind = GroupKind::new("gateway.networking.k8s.io", "ReferenceGrant");
const VOLUMES: &[GroupKind] = &[kinds::PERSISTENT_VOLUME];

fn probe(object: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    if object.is(kinds::PERSISTENT_VOLUME) {
        return volume(object, scan);
    }
    if object.is(GRANT) { grant(object) } else { driver(object) }
}

fn volume(volume: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    let faults: Vec<_> = [shared(volume, scan), recycled(volume), claimable(volume)].into_iter().flatten().collect();
    if faults.is_empty() { Verdict::PassIfNone(VOLUMES) } else { faults.into() }
}

/// Another volume with the same data, bound in another namespace.
fn shared(volume: &Object<'_>, scan: &Scan<'_>) -> Option<Fault> {
    let namespace = volume.at("spec.claimRef.namespace").text()?;
    let own = Export::of(volume);
    let mut others = scan.evidence.volumes().same_source(scan.evidence, volume);
    let other = others.find(|other| {
        let elsewhere = other.at("spec.claimRef.namespace").text().is_some_and(|theirs| theirs != namespace);
        let same = match (&own, Export::of(other)) {
            (Some(own), Some(theirs)) => lies_in(&own.path, &theirs.path) || lies_in(&theirs.path, &own.path),
            _ => true,
        };
        elsewhere && same
    })?;
    let theirs = other.at("spec.claimRef.namespace").str();
    let said = format!("volume {} of namespace {namespace} holds the data of volume {} of namespace {theirs}", volume.name, other.name);
    let field = own.map_or_else(|| volume.at("spec.csi.volumeHandle"), |own| own.field);
    Some(field.fault(said).expected("a volume for each namespace"))
}

fn recycled(volume: &Object<'_>) -> Option<Fault> {
    let policy = volume.at("spec.persistentVolumeReclaimPolicy");
    let said = || policy.fault(format!("volume {} is emptied by a shell command and given to the next claim", volume.name));
    (policy.text() == Some("Recycle")).then(|| said().expected("Delete or Retain"))
}

/// Kept data that no claim has a right to yet. Whether a claim has taken it, only a running cluster tells.
fn claimable(volume: &Object<'_>) -> Option<Fault> {
    let kept = volume.at("spec.persistentVolumeReclaimPolicy").text().is_none_or(|policy| policy == "Retain");
    let claim = volume.at("spec.claimRef");
    let free = if claim.exists() { claim.key("namespace").is_empty() } else { true };
    if !kept || !free {
        return None;
    }
    let fault = claim.fault(format!("volume {} is reserved for nobody: a claim of any namespace may get its data", volume.name));
    let fault = fault.expected("claimRef with namespace and name");
    let available = matches!(volume.at("status.phase").text(), Some("Available" | "Released"));
    Some(if available { fault } else { fault.doubt() })
}

/// Leave for claims of other namespaces to be filled from this one's.
fn grant(grant: &Object<'_>) -> Verdict {
    let from_claims = |from: &Field<'_>| from.key("kind").text() == Some("PersistentVolumeClaim") && from.key("group").str().is_empty();
    let Some(from) = grant.at("spec.from").items().find(from_claims) else {
        return Verdict::Skip("a grant of other things than volumes".into());
    };
    let data = |to: &Field<'_>| matches!(to.key("kind").str(), "PersistentVolumeClaim" | "VolumeSnapshot");
    let wide = grant.at("spec.to").items().filter(data).filter(|to| to.key("name").is_empty());
    let theirs = from.key("namespace").str();
    let said = |to: Field<'_>| to.fault(format!("namespace {theirs} may clone the data of every {} here", to.key("kind").str()));
    wide.map(|to| said(to).expected("a name")).collect()
}

/// Drivers whose inline volumes hold only what is the pod's own.
const OWN_DATA: &[&str] = &["secrets-store.csi.k8s.io", "csi.spiffe.io", "csi.cert-manager.io", "spiffe.csi.cert-manager.io"];

/// Drivers whose inline volumes are any share that a pod's author names.
const ANY_SHARE: &[&str] = &["nfs.csi.k8s.io", "smb.csi.k8s.io", "file.csi.azure.com"];

/// Volumes written into a pod pass by claims, quotas and classes.
fn driver(driver: &Object<'_>) -> Verdict {
    let mut modes = driver.at("spec.volumeLifecycleModes").items();
    let Some(mode) = modes.find(|mode| mode.text() == Some("Ephemeral")) else {
        return Verdict::Skip("a driver without inline volumes".into());
    };
    // OpenShift refuses them to namespaces of a stricter level than this
    let profile = driver.label("security.openshift.io/csi-ephemeral-volume-profile").text();
    if OWN_DATA.contains(&driver.name) || profile.is_some_and(|profile| profile != "restricted") {
        return Verdict::Pass;
    }
    let expected = "Persistent only, or an admission rule for csi volumes";
    if ANY_SHARE.contains(&driver.name) {
        return mode.fault(format!("a pod of any namespace may mount any share through driver {}", driver.name)).expected(expected).into();
    }
    mode.fault(format!("pods may use driver {} without a claim: can they reach others' data by it", driver.name))
        .expected(expected)
        .doubt()
        .into()
}
