//! Who may read the files of a node that hold its keys, or write those that say what it runs.

use super::file_aspects::ASPECTS;
use crate::checks::{Check, Probe, Severity, Surface, Verdict};
use crate::model::host_file::{Holds, what};
use crate::model::{GroupKind, Object, Scan};

pub(super) static CHECK: Check = Check {
    id: "control-plane-file-mode-wide",
    title: "file of the control plane or the kubelet is open to others",
    topic: "control_plane",
    severity: Severity::High,
    why: "A user of the node, or a pod that reaches its files, takes over the cluster with a key that it may read or a manifest that it may write.",
    fix: "Give the file to root (etcd's data to etcd) and take all rights from others: `chmod 600` for files, `700` for folders; certificates may stay 644.",
    how: "Looks at the files below `--root`. Fails with high when a private key, a kubeconfig, a token or etcd's data can be read or written by others than the owner, or belongs to neither root nor etcd; with medium when a manifest, unit or configuration is writable by others, is wider than 644, or belongs to somebody else; with low when it is only wider than the 600 of the benchmark, as packages leave it. Certificates may be 644. Other files are not judged.",
    surfaces: &[Surface::Host],
    blind: "Access lists, file systems that ignore permissions, copies of a node's files made without their owners, and links to files outside of the root.",
    refs: &["https://www.cisecurity.org/benchmark/kubernetes", "https://kubernetes.io/docs/setup/best-practices/certificates/"],
    maps: &[
        (
            "cis",
            &[
                "1.1.1", "1.1.2", "1.1.3", "1.1.4", "1.1.5", "1.1.6", "1.1.7", "1.1.8", "1.1.9", "1.1.10", "1.1.11", "1.1.12", "1.1.13",
                "1.1.14", "1.1.15", "1.1.16", "1.1.17", "1.1.18", "1.1.19", "1.1.20", "1.1.21", "4.1.1", "4.1.2", "4.1.3", "4.1.4",
                "4.1.5", "4.1.6", "4.1.7", "4.1.8", "4.1.9", "4.1.10",
            ],
        ),
        ("owasp_k8s_2022", &["K09"]),
        ("owasp_k8s_2025", &["K07"]),
        ("cwe", &["CWE-732"]),
    ],
    aspects: ASPECTS,
    probe: Probe::Object(&[FILE], probe),
    ..Check::BASE
};

const FILE: GroupKind = GroupKind::new(crate::model::host_file::GROUP, "File");

fn probe(file: &Object<'_>, _: &Scan<'_>) -> Verdict {
    let Some(holds) = what(file) else { return Verdict::Skip("no file that gives anything away".into()) };
    let mode = u32::from_str_radix(file.at("mode").str(), 8).unwrap_or_default();
    let is_folder = file.at("type").str() == "folder";
    let (limit, word) = match holds {
        Holds::Secret if is_folder => (0o700, "a folder with secrets"),
        Holds::Secret => (0o600, "a secret"),
        Holds::Certificate => (0o644, "a certificate"),
        Holds::Configuration => (0o600, "configuration"),
    };
    let limit = if is_folder && holds != Holds::Secret { 0o755 } else { limit };
    let others = mode & 0o777 & !limit & !0o100;
    let severity = match holds {
        Holds::Secret => Severity::High,
        _ if mode & 0o022 != 0 || mode & 0o777 & !0o755 != 0 => Severity::Medium,
        _ => Severity::Low,
    };
    let wide = (others != 0).then(|| {
        let said = format!("{} holds {word} and has the mode {:03o}", file.name, mode & 0o7777);
        file.at("mode").fault(said).expected(format!("{limit:03o} or less")).severity(severity).of_file().about(&["mode"])
    });
    let (owner, group) = (file.at("owner").str(), file.at("group").str());
    let is_right = |name: &str| matches!(name, "root" | "0") || matches!(name, "etcd" | "kube" | "kubernetes" | "52034");
    let strange = (!is_right(owner)).then(|| {
        let said = format!("{} belongs to {owner}:{group}", file.name);
        let severity = if holds == Holds::Secret { Severity::High } else { Severity::Medium };
        file.at("owner").fault(said).expected("root:root").severity(severity).of_file().about(&["owner"])
    });
    wide.into_iter().chain(strange).collect()
}
