//! Unless the pod asks for another user, the image decides, and most images decide for root.

use crate::checks::pss::setters;
use crate::checks::pss::standard;
use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::{Container, Pod};

pub(super) static CHECK: Check = Check {
    id: "pss-run-as-non-root",
    title: "non-root execution not required",
    topic: "pss",
    severity: Severity::Medium,
    why: "Root in a container is one mistake of the kernel, the runtime or a mount away from root on the node.",
    fix: "Set `runAsNonRoot: true` at the pod, and build the image with a numeric USER.",
    how: "Fails where `securityContext.runAsNonRoot` is false at the pod or at any container, and for each container that neither sets it nor inherits true from its pod; `runAsUser` and the image's USER are not asked, and Windows pods are not exempt. From version 1.35 a pod with `hostUsers: false` passes; where older versions may apply to it as well, it is for review. So is what the run of a Tekton task, or the workflow around an Argo template, may still set.",
    blind: "The user that the image names: the standard does not look at it, and the kubelet refuses root only at start.",
    refs: &["https://kubernetes.io/docs/concepts/security/pod-security-standards/"],
    maps: &[
        ("cis", &["5.2.7"]),
        ("pss", &["restricted"]),
        ("owasp_k8s_2022", &["K01"]),
        ("owasp_k8s_2025", &["K01"]),
        ("cwe", &["CWE-250"]),
    ],
    probe: Probe::Pod(probe),
    ..Check::BASE
};

const FIELD: &str = "securityContext.runAsNonRoot";

fn probe(pod: &Pod<'_>) -> Verdict {
    standard::judge(pod, &standard::RUN_AS_NON_ROOT, |_| allowed(pod).chain(left_open(pod)).collect())
}

/// Where root is allowed in so many words.
fn allowed<'a>(pod: &Pod<'a>) -> impl Iterator<Item = Fault> + use<'a> {
    let set = setters::of(pod, FIELD).filter(|(_, field)| field.bool() == Some(false));
    set.map(|(setter, field)| field.fault(format!("{setter} allows root")).expected("true"))
}

/// The containers for which nobody says anything.
fn left_open<'a>(pod: &Pod<'a>) -> impl Iterator<Item = Fault> + use<'a> {
    let is_pod_silent = !pod.at(FIELD).exists();
    let silent = pod.containers().filter(move |container| is_pod_silent && !container.at(FIELD).exists());
    silent.map(|container| silence(&container))
}

fn silence(container: &Container<'_>) -> Fault {
    let said = format!("neither container {} nor its pod requires a user other than root", container.name());
    let fault = container.at(FIELD).fault(said).expected("true");
    container.pod.unless_supplied(fault)
}
