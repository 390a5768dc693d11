//! A pod in a namespace of its node sees the node's network, processes or shared memory.

use crate::checks::pss::standard;
use crate::checks::{Aspect, Check, Probe, Severity, Verdict};
use crate::model::Pod;

pub(super) static CHECK: Check = Check {
    id: "pss-host-namespaces",
    title: "pod shares the node's network, PID or IPC namespace",
    topic: "pss",
    severity: Severity::High,
    why: "On the node's network a pod escapes NetworkPolicy and reaches ports bound to localhost; with its PID or IPC namespace it reads other processes' memory and environment.",
    fix: "Drop the field; use a Service, or a dedicated node agent where the node itself is the subject.",
    how: "Fails once for each of `hostNetwork`, `hostPID` and `hostIPC` that is true, at the pod or by a `podSpecPatch` of Argo that is written out; absent or null means false. Node agents are judged like any other pod: what the known ones need is excused by the list of built-in exceptions, and never becomes a pass.",
    refs: &["https://kubernetes.io/docs/concepts/security/pod-security-standards/"],
    maps: &[
        ("cis", &["5.2.3", "5.2.4", "5.2.5"]),
        ("pss", &["baseline"]),
        ("owasp_k8s_2022", &["K01"]),
        ("owasp_k8s_2025", &["K01"]),
        ("mitre", &["T1611"]),
        ("cwe", &["CWE-653"]),
    ],
    aspects: &[Aspect::every("pod/hostNetwork"), Aspect::every("pod/hostPID"), Aspect::every("pod/hostIPC")],
    probe: Probe::Pod(probe),
    ..Check::BASE
};

const SHARED: &[(&str, &str)] = &[("hostNetwork", "network"), ("hostPID", "PID"), ("hostIPC", "IPC")];

fn probe(pod: &Pod<'_>) -> Verdict {
    standard::judge(pod, &standard::HOST_NAMESPACES, |_| {
        let shared = SHARED.iter().filter(|(field, _)| pod.at(field).is_true());
        let written = shared.map(|(field, name)| {
            pod.at(field).fault(format!("pod shares the node's {name} namespace")).expected("false or absent").about(&[*field])
        });
        let others = SHARED.iter().filter(|(field, _)| !pod.at(field).is_true());
        let patched = others.filter_map(|(field, name)| {
            let fault = pod.patched_on(field)?.fault(format!("pod shares the node's {name} namespace by its podSpecPatch"));
            Some(fault.observed(format!("{field}: true")).expected("false or absent").about(&[*field]))
        });
        written.chain(patched).collect()
    })
}
