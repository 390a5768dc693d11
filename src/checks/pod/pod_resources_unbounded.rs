//! A container without bounds takes what its neighbours on the node need.

use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::{Container, ContainerKind, GroupKind, kinds};
use crate::settings::{Default, Setting};

pub(super) static CHECK: Check = Check {
    id: "pod-resources-unbounded",
    title: "CPU, memory or disk use is not bounded",
    topic: "pod",
    severity: Severity::Medium,
    why: "Without a memory limit one leak or one attacker takes the node's memory; without requests the scheduler overbooks nodes and the kernel chooses whom to kill.",
    fix: "Set `resources.requests` for CPU and memory and a memory limit on the container, or give the namespace a LimitRange with defaults.",
    how: "Fails for a container without a memory limit, a memory request or a CPU request, when neither it, nor `resources` of its pod (from Kubernetes 1.34), nor the defaults of a LimitRange in its namespace give one; a limit stands for a request, and 0 for none. A missing limit on ephemeral-storage is low, a missing CPU limit a note unless `require_cpu_limit` is on. For review where a LimitRange may be out of sight, where kustomize may build the pod without it, and where the run of a Tekton task or an Argo patch may set the bound; does not apply to ephemeral containers.",
    needs: LIMITS,
    settings: &[&REQUIRE_CPU_LIMIT],
    blind: "Whether the numbers fit the program, and bounds that a mutating webhook or a vertical autoscaler sets.",
    refs: &[
        "https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/",
        "https://kubernetes.io/docs/concepts/policy/limit-range/",
    ],
    maps: &[("owasp_k8s_2022", &["K01"]), ("owasp_k8s_2025", &["K01"]), ("mitre", &["T1496", "T1499"]), ("cwe", &["CWE-770"])],
    probe: Probe::Container(probe),
    ..Check::BASE
};

static REQUIRE_CPU_LIMIT: Setting = Setting {
    key: "require_cpu_limit",
    help: "Whether a container without a CPU limit fails; else it is noted, as a limit slows programs down while the node idles.",
    default: Default::Bool(false),
};

const LIMITS: &[GroupKind] = &[kinds::LIMIT_RANGE];

fn probe(container: &Container<'_>) -> Verdict {
    if container.kind == ContainerKind::Ephemeral {
        return Verdict::Skip("a debugging container: the API gives it no resources".into());
    }
    let strict = container.pod.scan().settings.bool(&REQUIRE_CPU_LIMIT);
    let cpu_limited = container.is_limited("cpu");
    let needed = [
        (container.is_limited("memory"), "a memory limit", "limits", "memory"),
        (container.is_requested("memory"), "a memory request", "requests", "memory"),
        (container.is_requested("cpu"), "a CPU request", "requests", "cpu"),
        (cpu_limited || !strict, "a CPU limit", "limits", "cpu"),
    ];
    let mut faults = Vec::new();
    if let Some((_, _, list, key)) = needed.iter().find(|(there, ..)| !there) {
        let missing: Vec<_> = needed.iter().filter(|(there, ..)| !there).map(|(_, what, ..)| *what).collect();
        let missing = missing.join(", ");
        let field = container.resources().key(list).key(key);
        faults.push(field.fault(format!("container {} is without {missing}", container.name())).expected(missing));
    }
    let limit = |key, what: &str, severity| {
        let field = container.resources().key("limits").key(key);
        field.fault(format!("container {} is without {what}", container.name())).expected("a limit").severity(severity)
    };
    if !container.is_limited("ephemeral-storage") {
        faults.push(limit("ephemeral-storage", "a limit on the node's disk", Severity::Low));
    }
    if !cpu_limited && !strict {
        faults.push(limit("cpu", "a CPU limit", Severity::Info));
    }
    let elsewhere = container.pod.is_tekton() || container.pod.patch().is_some();
    let apart = if faults.is_empty() { None } else { container.limits_apart() };
    let unless_apart = |fault: Fault| match apart {
        Some(without) => fault.reworded(|said| format!("{said}, where kustomize builds it without the LimitRange: see {without}")).doubt(),
        None => fault,
    };
    faults.into_iter().map(|fault| unless_apart(rest(fault, elsewhere))).collect()
}

/// A LimitRange out of sight may give the bound; so may the run of a Tekton task, or a patch of an Argo workflow.
fn rest(fault: Fault, elsewhere: bool) -> Fault {
    if elsewhere { fault.doubt() } else { fault.missing(LIMITS) }
}
