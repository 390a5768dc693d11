//! Volumes of other types than the safe ones bring the node's or a server's storage straight into the pod.

use crate::checks::pss::standard;
use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::{Field, Pod};

pub(super) static CHECK: Check = Check {
    id: "pss-restricted-volume-types",
    title: "volume of a type outside the restricted list",
    topic: "pss",
    severity: Severity::Medium,
    why: "The old drivers inside Kubernetes mount a server's storage with addresses and credentials that whoever writes the pod chooses.",
    fix: "Put the storage behind a PersistentVolumeClaim.",
    how: "Fails for each volume whose source is none of configMap, csi, downwardAPI, emptyDir, ephemeral, image, persistentVolumeClaim, projected and secret; `gitRepo` is high, as git then runs on the node. A volume without any source becomes an emptyDir and passes; `hostPath` is left to pss-host-path-volume.",
    blind: "hostPath volumes are reported by pss-host-path-volume alone.",
    refs: &["https://kubernetes.io/docs/concepts/security/pod-security-standards/"],
    maps: &[("pss", &["restricted"]), ("owasp_k8s_2022", &["K01"]), ("owasp_k8s_2025", &["K01"])],
    probe: Probe::Pod(probe),
    ..Check::BASE
};

const ALLOWED: [&str; 9] =
    ["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected", "secret"];

fn probe(pod: &Pod<'_>) -> Verdict {
    standard::judge(pod, &standard::VOLUMES, |_| pod.volumes().filter_map(fault).collect())
}

fn fault(volume: Field<'_>) -> Option<Fault> {
    if ALLOWED.iter().any(|kind| volume.key(kind).exists()) || volume.key("hostPath").exists() {
        return None;
    }
    // without any source the API server makes it an emptyDir
    let sources = volume.entries();
    let (kind, source) = sources.iter().find(|(key, field)| *key != "name" && field.exists())?;
    let name = volume.key("name").str();
    let fault = source.fault_at_key(format!("volume {name} is of type {kind}")).expected("a PersistentVolumeClaim");
    if *kind != "gitRepo" {
        return Some(fault);
    }
    let fix = "Clone in an init container into an emptyDir.";
    Some(
        fault
            .reworded(|said| format!("{said}: git runs on the node, with an address that the pod gives"))
            .severity(Severity::High)
            .fix(fix),
    )
}
