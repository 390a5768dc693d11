//! cgroup v2 is what memory and process limits of pods rest on.

use crate::checks::{Check, Probe, Severity, Surface, Verdict};
use crate::model::host_file::GROUP;
use crate::model::{Component, GroupKind, Role};

pub(super) static CHECK: Check = Check {
    id: "node-cgroup-v1",
    title: "node may run on cgroup v1, or kubelet and runtime disagree on cgroups",
    topic: "node",
    severity: Severity::Low,
    why: "With cgroup v1 memory of a pod is not wholly limited, and Kubernetes gives it up; two managers of one tree undo each other's limits.",
    fix: "Use a system with cgroup v2, leave `failCgroupV1` on, and set `cgroupDriver: systemd` as well as containerd's `SystemdCgroup = true`.",
    how: "Fails when the kubelet's `cgroupDriver` and containerd's `SystemdCgroup` on the same node differ, and when `failCgroupV1` is switched off, so that a node with cgroup v1 would run. Passes when `failCgroupV1` holds: it is on by default since 1.35. Before that, it is for review unless set.",
    surfaces: &[Surface::Host, Surface::Cluster],
    blind: "The metric kubelet_cgroup_version, and Windows nodes, which have no cgroups.",
    refs: &["https://kubernetes.io/docs/concepts/architecture/cgroups/"],
    maps: &[("owasp_k8s_2022", &["K09"]), ("owasp_k8s_2025", &["K07"])],
    probe: Probe::Component(&[Role::Kubelet], probe),
    ..Check::BASE
};

const CONTAINERD: GroupKind = GroupKind::new(GROUP, "ContainerdConfig");

fn probe(kubelet: &Component<'_>) -> Verdict {
    let refuses = kubelet.setting("failCgroupV1", Some("fail-cgroupv1"));
    let driver = kubelet.setting("cgroupDriver", Some("cgroup-driver"));
    if let Some(fault) = disagreement(kubelet, driver.value.filter(|_| driver.unknown().is_none())) {
        return fault;
    }
    match (refuses.unknown(), refuses.bool(), refuses.is_set()) {
        (Some(why), ..) => refuses.doubt(format!("whether the kubelet refuses cgroup v1 is not known: {why}")),
        (_, Some(true), _) => Verdict::Pass,
        (_, _, true) => refuses.fault(format!("the kubelet{} would run on cgroup v1", kubelet.on_nodes())).expected("true").into(),
        _ => refuses.doubt(format!(
            "the kubelet{} of {} does not refuse cgroup v1 by itself: what the node has is not seen",
            kubelet.on_nodes(),
            kubelet.version()
        )),
    }
}

/// The runtime of the same node has another driver.
fn disagreement(kubelet: &Component<'_>, driver: Option<&str>) -> Option<Verdict> {
    let evidence = kubelet.scan().evidence;
    let config = evidence.of_kind_in(kubelet.object().world, CONTAINERD).find(|config| evidence.is_of_node(config))?;
    let plugins = config.at("plugins");
    let runtimes =
        ["io.containerd.grpc.v1.cri", "io.containerd.cri.v1.runtime"].map(|plugin| plugins.key(plugin).at("containerd.runtimes"));
    let options = runtimes.into_iter().flat_map(|runtimes| if runtimes.exists() { runtimes.entries() } else { Vec::new() });
    let set = options.map(|(_, runtime)| runtime.at("options.SystemdCgroup")).find(|field| field.exists())?;
    let other = if set.str() == "true" { "systemd" } else { "cgroupfs" };
    let differs = driver.is_some_and(|driver| driver != other);
    differs.then(|| {
        set.fault(format!("containerd uses {other} for cgroups, the kubelet {}", driver.unwrap_or_default()))
            .expected("the same on both")
            .into()
    })
}
