//! Without a user namespace root in the container is root on the node, held back by the runtime alone.

use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::{Container, Field, GroupKind, KubernetesVersion, Pod, User, kinds};

pub(super) static CHECK: Check = Check {
    id: "pod-user-namespace-missing",
    title: "pod with root or capabilities runs without a user namespace",
    topic: "pod",
    severity: Severity::Low,
    why: "A process that breaks out keeps its user id and its capabilities on the node, unless a user namespace has made it nobody there.",
    fix: "Set `hostUsers: false`; or run as another user than root and add no capabilities.",
    how: "Fails for a pod without `hostUsers: false` in which a container runs as user 0, is privileged or adds a capability; where only the image says who a container runs as, it is for review. `hostUsers: false` passes from Kubernetes 1.33 on, and before that where nodes were seen; it is for review where a node reports no support for it. Does not apply to pods with `os.name: windows`, to Tekton, and to pods that share the node's network, PID or IPC namespace.",
    needs: NODES,
    blind: "The user that an image sets, and whether file systems of the volumes support idmapped mounts.",
    refs: &["https://kubernetes.io/docs/concepts/workloads/pods/user-namespaces/"],
    maps: &[("owasp_k8s_2022", &["K01"]), ("owasp_k8s_2025", &["K01"]), ("mitre", &["T1611"])],
    probe: Probe::Pod(probe),
    ..Check::BASE
};

const NODES: &[GroupKind] = &[kinds::NODE];

/// From this version the API server keeps the field by default, and since 1.30 no kubelet passes over it.
const ENFORCED: KubernetesVersion = KubernetesVersion(33);

fn probe(pod: &Pod<'_>) -> Verdict {
    if pod.is_windows() {
        return Verdict::Skip("a Windows pod".into());
    }
    if pod.is_tekton() {
        return Verdict::Skip("Tekton: neither tasks nor runs have the field".into());
    }
    if ["hostNetwork", "hostPID", "hostIPC"].iter().any(|shared| pod.at(shared).is_true()) {
        return Verdict::Skip("the pod shares a namespace of the node, which excludes a user namespace".into());
    }
    let field = pod.at("hostUsers");
    if pod.has_user_namespace() {
        return supported(pod, field);
    }
    let certain = pod.containers().find_map(|container| power(&container).map(|power| (container.name(), power)));
    if let Some((name, power)) = certain {
        return field.fault(format!("container {name} {power}, in the node's own user namespace")).expected("false").into();
    }
    let unknown = pod.containers().find(|container| matches!(container.user(), User::Image));
    let fault = |container: Container<'_>| {
        let said = format!("container {} runs as whoever its image says, root perhaps, in the node's own user namespace", container.name());
        field.fault(said).expected("false, or runAsNonRoot: true").doubt()
    };
    unknown.map(fault).into()
}

/// What a container has that the node should not grant it.
fn power(container: &Container<'_>) -> Option<&'static str> {
    if matches!(container.user(), User::Root(_)) {
        return Some("runs as root");
    }
    if container.at("securityContext.privileged").is_true() {
        return Some("is privileged");
    }
    let added = container.at("securityContext.capabilities.add");
    (!added.is_empty()).then_some("adds capabilities")
}

/// A node whose runtime cannot make one refuses the pod, or, before 1.30, runs it without.
fn supported(pod: &Pod<'_>, field: Field<'_>) -> Verdict {
    let evidence = pod.scan().evidence;
    let facts = evidence.nodes().facts(pod.object().world);
    let doubt = |id| -> Fault { field.fault(format!("node {} reports no support for user namespaces", evidence.object(id).name)).doubt() };
    match facts.without_user_namespaces {
        Some(id) => doubt(id).expected("nodes whose runtime reports userNamespaces").into(),
        // such a node starts the pod with a user namespace or not at all
        None if facts.count > 0 || pod.scan().version() >= ENFORCED => Verdict::Pass,
        None => Verdict::PassIfNone(NODES),
    }
}
