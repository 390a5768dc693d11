//! In a namespace that has policies, a pod that none of them selects is as open as if there were none.

use super::{POLICIES, unless_other_policy};
use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::isolation::{Effect, Isolation, OTHER_POLICIES};
use crate::model::network::Direction;
use crate::model::{Namespace, Pod, kinds};

pub(super) static CHECK: Check = Check {
    id: "network-pod-not-isolated",
    title: "pod is selected by no network policy",
    topic: "network",
    severity: Severity::High,
    why: "Policies protect only the pods that their selectors name; a pod left out, by a label forgotten or misspelt, takes traffic from the whole cluster.",
    fix: "Extend the selector of a policy to the pod, or add a policy that denies by default in the namespace.",
    how: "Fails a pod that no policy isolates in a direction (ingress high; egress medium, where any policy of its namespace is about egress), in a namespace that has policies. NetworkPolicies and those of Cilium, of Calico and of the administrator are read, their selectors evaluated on the labels of the pod, its namespace and its account. Left for review: selectors on labels that a controller sets at run time, copies of a policy that differ, selectors that are not understood. Pods on the network of their node, finished ones, and namespaces without any policy are left out.",
    blind: "Labels that an operator or a webhook adds to pods at run time do not show in their template.",
    needs: &[kinds::NETWORK_POLICY, kinds::NAMESPACE, kinds::CONFIG_MAP],
    beside: OTHER_POLICIES,
    refs: &["https://kubernetes.io/docs/concepts/services-networking/network-policies/"],
    maps: &[("cis", &["5.3.2"]), ("owasp_k8s_2022", &["K07"]), ("owasp_k8s_2025", &["K05"]), ("mitre", &["T1046"]), ("cwe", &["CWE-923"])],
    probe: Probe::Pod(probe),
    ..Check::BASE
};

fn probe(pod: &Pod<'_>) -> Verdict {
    if pod.on_host_network() {
        return Verdict::Skip("it is on the network of its node, where no policy applies".into());
    }
    let namespace = pod.scan().namespace(pod.object().world, pod.namespace());
    let Some(namespace) = namespace.filter(Namespace::has_policies) else {
        return Verdict::Skip("no policy for its namespace: network-default-deny-missing says so once".into());
    };
    if is_done(pod) {
        return Verdict::Skip("it has run to its end".into());
    }
    let mut faults = Vec::new();
    let mut told = false;
    for direction in [Direction::Ingress, Direction::Egress] {
        match isolation(pod, &namespace, direction) {
            Isolation::No if namespace.closed_to_pods(direction).is_some() => told = true,
            // of a default that may be built without the pod its namespace tells once
            Isolation::Apart(policy) if policy.selector.selects_all() => told = true,
            isolation => faults.extend(fault(pod, &namespace, direction, isolation)),
        }
    }
    if told && faults.is_empty() {
        return Verdict::Skip("what is wrong is so of its whole namespace: network-default-deny-missing says it once".into());
    }
    faults.into()
}

/// What isolates a pod: most are selected by their own policy, which is asked first as the default looks at all policies.
fn isolation<'a>(pod: &Pod<'a>, namespace: &Namespace<'a>, direction: Direction) -> Isolation<'a> {
    // a namespace without any policy of egress is one finding, not one for each pod
    let in_use = direction == Direction::Ingress || namespace.has_policies_for(direction);
    if !in_use {
        return Isolation::Yes;
    }
    let own = namespace.isolates_pod(direction, pod);
    if matches!(own, Isolation::Yes | Isolation::Cancelled(..) | Isolation::Opened(..)) {
        return own;
    }
    match namespace.isolates_by_default_pod(direction, pod) {
        default @ (Isolation::Yes | Isolation::Cancelled(..) | Isolation::Opened(..) | Isolation::Apart(_)) => default,
        _ => own,
    }
}

fn fault<'a>(pod: &Pod<'a>, namespace: &Namespace<'a>, direction: Direction, isolation: Isolation<'a>) -> Option<Fault> {
    let (word, labels) = (direction.word(), pod.metadata().key("labels"));
    let severity = if direction == Direction::Ingress { Severity::High } else { Severity::Medium };
    let fault = |said: String| labels.fault(said).expected("labels that a policy selects").severity(severity);
    match isolation {
        // what a rule opens is told of where the rule stands
        Isolation::Yes | Isolation::Cancelled(..) | Isolation::Opened(..) => None,
        Isolation::Unclear(guard) => Some(fault(format!("whether a policy isolates the pod for {word}: {}", guard.doubt())).doubt()),
        Isolation::No => {
            let fault = fault(format!("no policy selects the pod for {word}, while its namespace has others")).missing(POLICIES);
            Some(unless_other_policy(fault, namespace, Effect::Isolates))
        }
        Isolation::Disputed(policy, _) => {
            Some(fault(format!("NetworkPolicy {} selects the pod for {word}, but not in each of its copies", policy.object.name)).doubt())
        }
        Isolation::Apart(policy) => {
            let without = pod.scan().evidence.apart(&policy.object, pod.object()).unwrap_or_default();
            let said = format!(
                "NetworkPolicy {} selects the pod for {word}, but kustomize may build the pod without it: see {without}",
                policy.object.name
            );
            Some(fault(said).doubt())
        }
        Isolation::Unknown(policy) => {
            let said = format!(
                "NetworkPolicy {} selects by a label that a controller sets at run time, no other selects it for {word}",
                policy.object.name
            );
            Some(fault(said).doubt())
        }
    }
}

fn is_done(pod: &Pod<'_>) -> bool {
    let object = pod.object();
    object.is(kinds::JOB) && object.at("status.completionTime").exists()
        || object.is(kinds::POD) && matches!(object.at("status.phase").str(), "Succeeded" | "Failed")
}
