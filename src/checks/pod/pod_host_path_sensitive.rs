//! Some folders of a node are the node: its programs, its keys, its kernel's controls.

use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::host_path::{CREDENTIALS, CRITICAL, is_runtime_socket, lies_in};
use crate::model::{Container, HostPath, kinds};

pub(super) static CHECK: Check = Check {
    id: "pod-host-path-sensitive",
    title: "container mounts a critical path of the node",
    topic: "pod",
    severity: Severity::High,
    why: "Whoever can write a node's system folders runs code as root on it, and whoever can read its keys speaks for it and for every pod on it.",
    fix: "Remove the mount, or narrow it to the one file that is needed with `readOnly: true` and `recursiveReadOnly: Enabled`.",
    how: "Fails where a container mounts, by `hostPath` or by a claim and its PersistentVolume of the sort `hostPath` or `local`, a path of the node that is, holds or lies below `/bin`, `/boot`, `/dev`, `/etc`, `/home`, `/lib`, `/opt/cni/bin`, `/proc`, `/root`, `/run`, `/sbin`, `/sys`, `/usr`, `C:\\Windows`, or the folders of the kubelet, etcd and the runtimes below `/var/lib`: high where it can be written or holds credentials, else medium. `/var/log`, what lies below `/dev`, and the folders of the kubelet's plugins are medium, or low where read-only; trust stores and time zones read-only pass, as do the volumes of k3s, and runtime sockets are left to pod-runtime-socket-mounted. For review: a claim that may come to be bound to such a volume and, once a namespace, claims of which neither volume nor class was seen.",
    needs: &[kinds::PERSISTENT_VOLUME, kinds::PERSISTENT_VOLUME_CLAIM, kinds::STORAGE_CLASS],
    blind: "Symbolic links on the node are not followed, but for `/var/run`.",
    refs: &[
        "https://kubernetes.io/docs/concepts/storage/volumes/#hostpath",
        "https://kubernetes.io/docs/concepts/storage/volumes/#read-only-mounts",
    ],
    maps: &[
        ("cis", &["5.2.11"]),
        ("cis_v1_9", &["5.2.12"]),
        ("pss", &["baseline"]),
        ("owasp_k8s_2022", &["K01"]),
        ("owasp_k8s_2025", &["K01"]),
        ("mitre", &["T1611", "T1552.007"]),
        ("cwe", &["CWE-668"]),
    ],
    probe: Probe::Container(probe),
    ..Check::BASE
};

/// Read, these tell nothing that a program may not know.
const PUBLIC: &[&str] = &[
    "/etc/ca-certificates",
    "/etc/localtime",
    "/etc/os-release",
    "/etc/pki/ca-trust/extracted",
    "/etc/ssl/certs",
    "/etc/timezone",
    "/usr/lib/os-release",
    "/usr/share/ca-certificates",
    "/usr/share/zoneinfo",
];

/// Where k3s and RKE2 keep the volumes that they make for claims.
const STORAGE: &str = "/var/lib/rancher/k3s/storage/";

fn probe(container: &Container<'_>) -> Verdict {
    let mut faults = Vec::new();
    let mut unseen = None;
    for mount in container.mounts() {
        let hosts = mount.host_paths();
        let judged = hosts.iter().filter_map(|host| Some((host.perhaps, judge(container, host)?)));
        faults.extend(HostPath::one_if_perhaps(judged));
        unseen = unseen.or_else(|| mount.is_of_unseen_volume().then_some(mount.field));
    }
    let Some(mount) = unseen.filter(|_| faults.is_empty()) else { return faults.into() };
    if container.pod.scan().is_whole(kinds::PERSISTENT_VOLUME, None) {
        return Verdict::Pass;
    }
    // what lies behind claims is asked once a namespace: no pod can answer it
    if !container.pod.asks_for_unseen_volumes() {
        return Verdict::Skip("the volumes of its claims were not seen, which is asked once in its namespace".into());
    }
    let said = "neither the volumes behind the claims here nor their classes were seen: one may be a folder of the node";
    mount.key("name").fault(said).expected("the PersistentVolume or its class").severity(Severity::Medium).doubt().into()
}

fn judge(container: &Container<'_>, host: &HostPath<'_>) -> Option<Fault> {
    let severity = grade(container, host)?;
    let how = match (host.read_only, host.recursive) {
        (false, _) => "writable",
        (true, false) => "read-only, but for what is mounted below it",
        (true, true) => "read-only",
    };
    let said = format!("container {} mounts the node's {} ({how})", container.name(), host.said());
    Some(host.fault(said).expected("no mount of it").severity(severity))
}

/// Whether it is where a plugin of the kubelet has its socket or registers: every driver of storage and devices needs that.
/// Below `kubernetes.io` lie the volumes of all pods.
fn is_plugin(path: &str) -> bool {
    let Some(rest) = path.strip_prefix("/var/lib/kubelet/") else { return false };
    match rest.split_once('/') {
        Some(("plugins", own)) => !own.starts_with("kubernetes.io"),
        Some((first, _)) => matches!(first, "plugins_registry" | "device-plugins" | "pod-resources"),
        None => matches!(rest, "plugins_registry" | "device-plugins" | "pod-resources"),
    }
}

/// How bad it is to have a path; none for the harmless ones and for those that another check reports.
fn grade(container: &Container<'_>, host: &HostPath<'_>) -> Option<Severity> {
    let path = host.path.as_str();
    let below = |folders: &[&str]| folders.iter().any(|folder| lies_in(path, folder));
    let above = |folders: &[&str]| folders.iter().any(|folder| lies_in(folder, path));
    let by_access = |writable, read_only| Some(if host.read_only { read_only } else { writable });
    if path.starts_with(STORAGE) {
        return None;
    }
    if is_runtime_socket(path) || host.read_only && below(PUBLIC) {
        return None;
    }
    if lies_in(path, "/var/log") || path != "/dev" && lies_in(path, "/dev") {
        return by_access(Severity::Medium, Severity::Low);
    }
    if is_plugin(path) {
        return by_access(Severity::Medium, Severity::Low);
    }
    // those files are root's alone: where they are only some of what is mounted, it takes root to read them
    if below(CREDENTIALS) || above(CREDENTIALS) && container.may_be_root() {
        return Some(Severity::High);
    }
    if below(CRITICAL) || above(CRITICAL) { by_access(Severity::High, Severity::Medium) } else { None }
}
