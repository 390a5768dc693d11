//! Pods on one node share its kernel, and with it whatever breaks through the kernel.

use super::data_class::{self, CLASS_LABELS, DataClass, PUBLIC_CLASSES};
use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::{GroupKind, Pod, kinds};

pub(super) static CHECK: Check = Check {
    id: "pod-sensitive-kernel-shared",
    title: "sensitive workload shares a kernel with others",
    topic: "pod",
    severity: Severity::High,
    why: "A hole in the kernel is a way from any pod of a node to every other, so data of one class is only as safe as the least trusted pod beside it.",
    fix: "Give the pod a RuntimeClass with a kernel of its own (Kata, gVisor), or nodes of its own by a taint and a required node affinity, and enforce that by admission.",
    how: "Applies to pods that a label of theirs, or of their namespace, gives a class of data (`data_class_labels`) that is not among `public_data_classes`. Fails where such a pod runs on a node beside one of another class, or of none, and neither has a RuntimeClass whose handler is known for a kernel of its own (Kata, gVisor, Firecracker, …); DaemonSets, static pods and system namespaces are no neighbours. Where no node is given yet, or a handler is not known, it is for review.",
    needs: &[kinds::POD, kinds::NODE, kinds::RUNTIME_CLASS],
    settings: &[&CLASS_LABELS, &PUBLIC_CLASSES],
    blind: "Whether the labels tell the truth about the data, and what ran beside the pod at other times.",
    refs: &[
        "https://kubernetes.io/docs/concepts/containers/runtime-class/",
        "https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/",
    ],
    maps: &[("owasp_k8s_2022", &["K01"]), ("owasp_k8s_2025", &["K01"]), ("mitre", &["T1611"]), ("cwe", &["CWE-653"])],
    probe: Probe::Pod(probe),
    ..Check::BASE
};

const PODS: &[GroupKind] = &[kinds::POD];

fn probe(pod: &Pod<'_>) -> Verdict {
    let DataClass::Sensitive(class) = data_class::of(pod) else {
        return Verdict::Skip("its owner declared no sensitive class of data".into());
    };
    let sandbox = sandbox(pod);
    if matches!(sandbox, Sandbox::Own) {
        return Verdict::Pass;
    }
    // a template is judged by where its pods run
    let running: Vec<_> = std::iter::once(*pod).chain(pod.running()).filter(|pod| pod.at("nodeName").exists()).collect();
    if !running.is_empty() {
        return beside_others(&running, class);
    }
    let field = pod.at("runtimeClassName");
    let said = match sandbox {
        Sandbox::Unknown(name) => {
            format!("pod of class {class} has RuntimeClass {name}, of which is not known whether it gives a kernel of its own")
        }
        _ if is_placed(pod) => {
            format!("pod of class {class} is placed by node labels and a toleration: show the nodes' taints and who runs there")
        }
        _ => format!("pod of class {class} has no kernel of its own, and nothing in it keeps it from nodes that other pods use"),
    };
    field.fault(said).expected("a sandboxed RuntimeClass, or nodes of its own").doubt().into()
}

/// Running pods: their neighbours are known.
fn beside_others(pods: &[Pod<'_>], class: &str) -> Verdict {
    let others = |pod: Pod<'_>| pod.neighbours().filter(|other| !is_node_agent(other)).find_map(|other| beside(&pod, class, &other));
    let mut faults = pods.iter().filter_map(|pod| others(*pod));
    match faults.next() {
        Some(fault) => fault.into(),
        None => Verdict::PassIfNone(PODS),
    }
}

fn beside(pod: &Pod<'_>, class: &str, other: &Pod<'_>) -> Option<Fault> {
    let theirs = match data_class::of(other) {
        DataClass::Sensitive(theirs) if theirs == class => return None,
        DataClass::Sensitive(theirs) => format!("of class {theirs}"),
        _ => "of no sensitive class".to_owned(),
    };
    let kernels = [sandbox(pod), sandbox(other)];
    if kernels.iter().any(|kernel| matches!(kernel, Sandbox::Own)) {
        return None;
    }
    let object = other.object();
    let said = format!("pod of class {class} runs on a node with pod {}/{}, {theirs}", other.namespace(), object.name);
    let fault = pod.at("nodeName").fault(said).expected("a kernel of its own");
    let unknown = kernels.iter().any(|kernel| matches!(kernel, Sandbox::Unknown(_)));
    Some(if unknown { fault.doubt() } else { fault })
}

/// What every node runs, and system pods, are part of the node.
fn is_node_agent(pod: &Pod<'_>) -> bool {
    let mut owners = pod.object().at("metadata.ownerReferences").items();
    owners.any(|owner| matches!(owner.key("kind").str(), "DaemonSet" | "Node")) || pod.scan().is_system_namespace(pod.namespace())
}

enum Sandbox<'a> {
    Own,
    Shared,
    Unknown(&'a str),
}

/// Handlers of virtual machines and of kernels in user space, by how their names begin.
const SANDBOXES: &[&str] = &["kata", "runsc", "gvisor", "firecracker", "aws-firecracker", "cloud-hypervisor", "clh", "nvidia-cc"];

/// Handlers that run containers on the node's kernel.
const PLAIN: &[&str] = &["runc", "crun", "youki", "nvidia"];

fn sandbox<'a>(pod: &Pod<'a>) -> Sandbox<'a> {
    let Some(name) = pod.at("runtimeClassName").string().filter(|name| !name.is_empty()) else { return Sandbox::Shared };
    let evidence = pod.scan().evidence;
    let classes = evidence.of_kind_in(pod.object().world, kinds::RUNTIME_CLASS).filter(|class| class.name == name);
    let handlers: Vec<_> = classes.map(|class| class.at("handler").str()).collect();
    if handlers.iter().any(|handler| PLAIN.contains(handler)) {
        return Sandbox::Shared;
    }
    let is_sandbox = |handler: &&str| SANDBOXES.iter().any(|known| handler.starts_with(known));
    if !handlers.is_empty() && handlers.iter().all(is_sandbox) { Sandbox::Own } else { Sandbox::Unknown(name) }
}

/// Both are needed: a toleration lets the pod in, an affinity keeps it from going elsewhere.
fn is_placed(pod: &Pod<'_>) -> bool {
    let required = pod.at("affinity.nodeAffinity").key("requiredDuringSchedulingIgnoredDuringExecution");
    let selected = !pod.at("nodeSelector").is_empty() || required.exists();
    selected && !pod.at("tolerations").is_empty()
}
