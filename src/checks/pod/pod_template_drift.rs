//! A pod that differs from what its controller makes was changed on its way in, or after it.

use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::{Change, Difference, Field, GroupKind, Made, Object, Pod, kinds, webhook};

pub(super) static CHECK: Check = Check {
    id: "pod-template-drift",
    title: "running pod differs from the template of its controller",
    topic: "pod",
    severity: Severity::Medium,
    why: "What was reviewed and is kept in Git is the template: a container, image or right that only the pod has was seen by nobody.",
    fix: "Find out who changed it, put what is wanted into the template, and delete the pod so that its controller makes it anew.",
    how: "Holds each pod, ReplicaSet and Job against the template of the controller that made it, in all that checks read of a pod and in the labels that NetworkPolicies select by, and fails for whatever was added, is missing or differs. For review: a label that only the pod has, a security context that OpenShift set, and any difference where a mutating webhook or policy is asked about new pods, or where not all of those were seen. Does not apply to revisions that run nothing any more, nor to controllers that do not copy a template.",
    needs: CHANGERS,
    beside: &[kinds::NETWORK_POLICY],
    blind: "Amounts of resources, tolerations, node names and pull secrets, which admission, autoscalers and the scheduler set; \
            files changed inside a container.",
    refs: &[
        "https://kubernetes.io/docs/concepts/workloads/pods/#pod-update-and-replacement",
        "https://kubernetes.io/docs/concepts/workloads/pods/ephemeral-containers/",
    ],
    maps: &[("mitre", &["T1610", "T1525"]), ("cwe", &["CWE-345"])],
    probe: Probe::Made(probe),
    ..Check::BASE
};

/// What may change a pod before it is stored.
const CHANGERS: &[GroupKind] = &[kinds::MUTATING_WEBHOOK_CONFIGURATION, kinds::MUTATING_ADMISSION_POLICY];

fn probe(pod: &Pod<'_>) -> Verdict {
    let Some((owner, made)) = pod.controller() else { return Verdict::Pass };
    match made {
        Made::Copy => return Verdict::Pass,
        Made::Past => return Verdict::Skip("an earlier revision that runs nothing any more".into()),
        Made::Like(_) | Made::Apart => {}
    }
    let Some(differences) = pod.differences() else {
        return Verdict::Skip("its controller does not copy a template: what it makes is judged by itself".into());
    };
    let changer = changer(pod);
    differences.iter().map(|difference| fault(pod, owner, difference, changer)).collect()
}

fn fault(pod: &Pod<'_>, owner: &Object<'_>, difference: &Difference<'_>, changer: Option<&Object<'_>>) -> Fault {
    let path = &difference.path;
    let whose = format!("{} {}", owner.kind, owner.name);
    // what a program is told may be a secret: where it stands is enough
    let is_told = [".env[", ".args[", ".command["].iter().any(|list| path.contains(list));
    let template = if is_told { "as in the template" } else { &*difference.template };
    let fault = match difference.change {
        Change::Added => difference.field.fault(format!("the template of {whose} has no {}", thing(path))).expected("absent"),
        Change::Missing => {
            let expected = if template.is_empty() { thing(path) } else { template.to_owned() };
            difference.field.fault(format!("{} of the template of {whose} is missing", thing(path))).observed("absent").expected(expected)
        }
        Change::Changed => difference.field.fault(format!("{path} differs from the template of {whose}")).expected(template.to_owned()),
    };
    let fault = if is_told { fault.observed("") } else { fault };
    if path.starts_with("ephemeralContainers") {
        // no template can have one: it was added to the running pod
        return fault;
    }
    if path.starts_with("metadata.labels[") && difference.change == Change::Added {
        return fault.reworded(|said| format!("{said}, by which NetworkPolicies select")).doubt();
    }
    if pod.annotation("openshift.io/scc").exists() && path.contains("securityContext") {
        return fault.reworded(|said| format!("{said}; as its annotation says, a SecurityContextConstraints set it")).doubt();
    }
    match changer {
        Some(changer) => fault.reworded(|said| format!("{said}; {} {} may have changed it", changer.kind, changer.name)).doubt(),
        None => fault.missing(CHANGERS),
    }
}

/// `container debug`, `volume data`, else the path.
fn thing(path: &str) -> String {
    const LISTS: &[(&str, &str)] = &[
        ("initContainers[", "init container"),
        ("containers[", "container"),
        ("ephemeralContainers[", "ephemeral container"),
        ("volumes[", "volume"),
    ];
    let named = LISTS.iter().find_map(|(list, word)| {
        let name = path.strip_prefix(list)?.strip_suffix(']').filter(|name| !name.contains(']'))?;
        Some(format!("{word} {name}"))
    });
    named.unwrap_or_else(|| path.to_owned())
}

/// What in the evidence is asked about pods that are made.
fn changer<'a>(pod: &Pod<'a>) -> Option<&'a Object<'a>> {
    let (evidence, world) = (pod.scan().evidence, pod.object().world);
    let asks = |rules: Field<'_>| rules.items().any(|rule| webhook::asks(rule, "CREATE", "pods"));
    let webhooks = evidence.of_kind_in(world, kinds::MUTATING_WEBHOOK_CONFIGURATION);
    let policies = evidence.of_kind_in(world, kinds::MUTATING_ADMISSION_POLICY);
    webhooks
        .filter(|object| object.at("webhooks").items().any(|webhook| asks(webhook.key("rules"))))
        .chain(policies.filter(|object| asks(object.at("spec.matchConstraints.resourceRules"))))
        .next()
}
