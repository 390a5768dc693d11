//! Whoever talks to the container runtime starts containers as he likes, privileged ones among them.

use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::host_path::is_runtime_socket;
use crate::model::{Container, HostPath, kinds};

pub(super) static CHECK: Check = Check {
    id: "pod-runtime-socket-mounted",
    title: "container runtime socket is mounted",
    topic: "pod",
    severity: Severity::Critical,
    why: "One call to the runtime starts a privileged container with the node's disk in it: the socket is root on the node, past every admission rule.",
    fix: "Remove the mount. Build images with a rootless builder; watch containers through the kubelet or eBPF rather than the runtime.",
    how: "Fails where a container mounts, by `hostPath` or by a claim and its PersistentVolume, a runtime's socket (a path that ends in docker.sock, containerd.sock, crio.sock, cri-dockerd.sock, podman.sock, buildkitd.sock or the like), a folder made to hold one (`/run/containerd`, `/run/crio`, `/run/k3s/containerd`, `/run/docker` and others, below `/var/run` too), or the pipe of Docker or containerd on Windows. `readOnly` makes no difference. Where a claim may only come to be bound to such a volume, it is for review.",
    needs: &[kinds::PERSISTENT_VOLUME, kinds::PERSISTENT_VOLUME_CLAIM],
    blind: "A socket under another name, and `/run` as a whole, which pod-host-path-sensitive reports.",
    refs: &[
        "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
        "https://kubernetes.io/docs/concepts/storage/volumes/#hostpath",
    ],
    maps: &[("owasp_k8s_2022", &["K01"]), ("owasp_k8s_2025", &["K01"]), ("mitre", &["T1611", "T1610"]), ("cwe", &["CWE-668"])],
    probe: Probe::Container(probe),
    ..Check::BASE
};

fn probe(container: &Container<'_>) -> Verdict {
    let mut faults = Vec::new();
    for mount in container.mounts() {
        let sockets = mount.host_paths().into_iter().filter(|host| is_runtime_socket(&host.path));
        faults.extend(HostPath::one_if_perhaps(sockets.map(|host| (host.perhaps, fault(container, &host)))));
    }
    faults.into()
}

fn fault(container: &Container<'_>, host: &HostPath<'_>) -> Fault {
    // read-only protects the file, not what is said through it
    let but = if host.read_only { ", and read-only does not protect a socket" } else { "" };
    let said = format!("container {} reaches the node's container runtime at {}{but}", container.name(), host.said());
    host.fault(said).expected("no mount of it")
}
