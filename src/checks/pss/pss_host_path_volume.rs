//! A hostPath volume puts a piece of the node's file system into the pod.

use crate::checks::pss::standard;
use crate::checks::{Check, Probe, Severity, Verdict};
use crate::model::Pod;

pub(super) static CHECK: Check = Check {
    id: "pss-host-path-volume",
    title: "pod declares a hostPath volume",
    topic: "pss",
    severity: Severity::Medium,
    why: "A path of the node inside a pod breaks the isolation between the two; the standard refuses the declaration itself, mounted or not, read-only or not.",
    fix: "Use an emptyDir, a projected or CSI volume, or a local PersistentVolume instead.",
    how: "Fails for every item of `volumes` that has a `hostPath`, whether a container mounts it or not, read-only or not. Which path it is makes no difference here.",
    blind: "Which path it is, and what is mounted from it, pod-host-path-sensitive and pod-runtime-socket-mounted judge.",
    refs: &[
        "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
        "https://kubernetes.io/docs/concepts/storage/volumes/#hostpath",
    ],
    maps: &[
        ("cis", &["5.2.11"]),
        ("cis_v1_9", &["5.2.12"]),
        ("pss", &["baseline"]),
        ("owasp_k8s_2022", &["K01"]),
        ("owasp_k8s_2025", &["K01"]),
        ("mitre", &["T1611"]),
        ("cwe", &["CWE-668"]),
    ],
    probe: Probe::Pod(probe),
    ..Check::BASE
};

fn probe(pod: &Pod<'_>) -> Verdict {
    standard::judge(pod, &standard::HOST_PATH, |_| {
        let volumes = pod.volumes().filter(|volume| volume.key("hostPath").exists());
        let faults = volumes.map(|volume| {
            let name = volume.key("name").str();
            let fault = |said: String| volume.key("hostPath").fault(said).expected("another type of volume");
            match volume.at("hostPath.path").text() {
                Some(path) => fault(format!("volume {name} is the node's {path}")).observed(path.to_owned()),
                None => fault(format!("volume {name} is a path of the node")),
            }
        });
        faults.collect()
    })
}
