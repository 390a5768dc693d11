//! In a namespace that has policies, a pod that none of them selects is as open as if there were none.

use super::{POLICIES, unless_other_policy};
use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::network::{Direction, Effect, Isolation, on_host_network};
use crate::model::{Namespace, Pod, kinds};

pub(super) static CHECK: Check = Check {
    id: "network-pod-not-isolated",
    title: "pod is selected by no network policy",
    topic: "network",
    severity: Severity::High,
    why: "Policies protect only the pods that their selectors name; a pod left out, by a label forgotten or misspelt, takes traffic from the whole cluster.",
    fix: "Extend the selector of a policy to the pod, or add a policy that denies by default in the namespace.",
    blind: "Labels that an operator or a webhook adds to pods at run time do not show in their template.",
    needs: &[kinds::NETWORK_POLICY],
    refs: &["https://kubernetes.io/docs/concepts/services-networking/network-policies/"],
    maps: &[("cis", &["5.3.2"]), ("owasp_k8s_2022", &["K07"]), ("owasp_k8s_2025", &["K05"]), ("mitre", &["T1046"]), ("cwe", &["CWE-923"])],
    probe: Probe::Pod(probe),
    ..Check::BASE
};

fn probe(pod: &Pod<'_>) -> Verdict {
    if on_host_network(pod) {
        return Verdict::Skip("it is on the network of its node, where no policy applies".into());
    }
    let namespace = pod.scan().namespace(pod.object().world, pod.namespace());
    let Some(namespace) = namespace.filter(|namespace| namespace.policies().next().is_some()) else {
        return Verdict::Skip("no NetworkPolicy in its namespace: network-default-deny-missing says so once".into());
    };
    if is_done(pod) {
        return Verdict::Skip("it has run to its end".into());
    }
    [Direction::Ingress, Direction::Egress].into_iter().filter_map(|direction| fault(pod, &namespace, direction)).collect()
}

fn fault(pod: &Pod<'_>, namespace: &Namespace<'_>, direction: Direction) -> Option<Fault> {
    // a namespace without any policy of egress is one finding, not one for each pod
    let in_use = direction == Direction::Ingress || namespace.policies().any(|policy| policy.isolates(direction));
    if !in_use {
        return None;
    }
    // most pods are selected by their own policy, which is asked first as the default looks at all policies
    let isolation = namespace.isolates_pod(direction, pod);
    let selected = matches!(isolation, Isolation::Yes | Isolation::Cancelled(..));
    if selected {
        return None;
    }
    let default = namespace.isolates_by_default_pod(direction, pod);
    if matches!(default, Isolation::Yes | Isolation::Cancelled(..)) {
        return None;
    }
    let isolation = if let (Isolation::No, Isolation::Apart(policy)) = (isolation, default) { Isolation::Apart(policy) } else { isolation };
    let (word, labels) = (direction.word(), pod.metadata().key("labels"));
    let severity = if direction == Direction::Ingress { Severity::High } else { Severity::Medium };
    let fault = |said: String| labels.fault(said).expected("labels that a policy selects").severity(severity);
    match isolation {
        Isolation::Yes | Isolation::Cancelled(..) => None,
        Isolation::No => {
            let fault = fault(format!("no NetworkPolicy selects the pod for {word}, while its namespace has others")).missing(POLICIES);
            Some(unless_other_policy(fault, namespace, Effect::Isolates, direction))
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
