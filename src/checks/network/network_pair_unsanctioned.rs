//! Who may talk to whom is decided by whoever runs the cluster, or it just happens.

use super::{POLICIES, unless_other_policy};
use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::glob::glob;
use crate::model::isolation::{Effect, Isolation, OTHER_POLICIES};
use crate::model::network::Direction;
use crate::model::reach::{self, Ports};
use crate::model::{GroupKind, Namespace, Pod, kinds};
use crate::settings::{Default, Setting};

pub(super) static CHECK: Check = Check {
    id: "network-pair-unsanctioned",
    title: "workload is within reach of some that nobody allowed",
    topic: "network",
    severity: Severity::Medium,
    why: "Each pair that can talk and need not is a way for an attacker from one workload to the next.",
    fix: "Tighten the NetworkPolicies to the pairs that are needed, or add the pair to the setting `allowed_pairs`.",
    needs: &[kinds::NETWORK_POLICY, kinds::CONFIG_MAP],
    beside: OTHER_POLICIES,
    settings: &[&ALLOWED],
    how: "Fails a workload that another one reaches, by all network policies together in the order in which they are asked, on a port that no declared pair allows (`allowed_pairs`). Without declared pairs it is asked once, for review, with the namespaces whose workloads others reach. Pods on the network of their node are left out; a reach that rests on labels or policies that do not show is for review.",
    blind: "Rules of meshes and policies of Antrea are not read; protocols are not told apart; addresses of pods that an ipBlock may mean.",
    refs: &["https://kubernetes.io/docs/concepts/services-networking/network-policies/"],
    maps: &[("owasp_k8s_2022", &["K07"]), ("owasp_k8s_2025", &["K05"]), ("mitre", &["T1021"])],
    probe: Probe::Namespace(probe),
    ..Check::BASE
};

static ALLOWED: Setting = Setting {
    key: "allowed_pairs",
    help: "The pairs of workloads that may talk: `NAMESPACE/NAME -> NAMESPACE/NAME:PORT`, with `*` for anything, and every port without one.",
    default: Default::Strings(&[]),
};

/// How many sources are named.
const NAMED: usize = 3;

const WORLD: &[GroupKind] = &[kinds::NETWORK_POLICY, kinds::DEPLOYMENT, kinds::POD];

fn probe(namespace: &Namespace<'_>) -> Verdict {
    let scan = namespace.scan();
    let pods: Vec<_> = namespace.pods_under_policies().collect();
    if pods.is_empty() {
        return Verdict::Skip("no workload that policies reach".into());
    }
    let allowed: Vec<_> = scan.settings.strings(&ALLOWED).collect();
    if allowed.is_empty() {
        return undeclared(namespace);
    }
    let faults: Vec<_> = pods.iter().filter_map(|pod| beyond(namespace, pod, &allowed)).collect();
    if faults.is_empty() { Verdict::PassIfNone(WORLD) } else { faults.into() }
}

/// The workloads that reach a pod beyond what is declared: once a few are found, that there are more is enough.
fn beyond<'a>(namespace: &Namespace<'a>, pod: &Pod<'a>, allowed: &[&str]) -> Option<Fault> {
    let object = pod.object();
    let target = [namespace.name(), object.name];
    if is_allowed(&reach::every_port(), None, target, allowed) {
        return None;
    }
    let others = reach::sources(namespace, pod).flat_map(|place| place.pods_under_policies().map(move |source| (place, source)));
    let unsanctioned = others.filter(|(_, source)| source.object().id != object.id).filter_map(|(place, source)| {
        let reach = reach::between((&place, &source), (namespace, pod))?;
        let from = [place.name(), source.object().name];
        (!is_allowed(&reach.ports, Some(from), target, allowed)).then(|| (from.join("/"), reach.sure))
    });
    let mut found: Vec<_> = unsanctioned.take(NAMED + 1).collect();
    let more = if found.len() > NAMED { " and others" } else { "" };
    let sure = found.iter().all(|(_, sure)| *sure);
    found.truncate(NAMED);
    let named: Vec<_> = found.iter().map(|(name, _)| name.as_str()).collect();
    let said = || format!("{} is within reach of {}{more}, which no declared pair allows", object.name, named.join(", "));
    let fault = || object.at("metadata.name").fault(said()).expected("a policy that keeps them out, or a declared pair").of_its_object();
    let fault = (!named.is_empty()).then(fault)?;
    let fault = if sure { fault.missing(POLICIES) } else { fault.doubt() };
    Some(unless_other_policy(fault, namespace, Effect::Isolates))
}

/// Whether declared pairs allow all of these ports, from one workload or (`None`) from whichever.
fn is_allowed(ports: &Ports, source: Option<[&str; 2]>, target: [&str; 2], allowed: &[&str]) -> bool {
    let mut open = Vec::new();
    for (one, other) in allowed.iter().filter_map(|pair| pair.split_once("->")) {
        let other = other.trim();
        let (other, port) = other.split_once(':').map_or((other, None), |(other, port)| (other, Some(port)));
        let is = |pattern: &str, [space, name]: [&str; 2]| pattern.split_once('/').is_some_and(|(a, b)| glob(a, space) && glob(b, name));
        let from = source.map_or(one.trim() == "*/*", |source| is(one.trim(), source));
        if from && is(other, target) {
            match port.map(str::parse::<i64>) {
                None => return true,
                Some(Ok(port)) => open.push(port),
                Some(Err(_)) => {}
            }
        }
    }
    ports.iter().all(|(first, last)| last - first < open.len() as i64 && (*first..=*last).all(|port| open.contains(&port)))
}

/// Nobody declared anything: asked once, with the namespaces that others reach.
fn undeclared(namespace: &Namespace<'_>) -> Verdict {
    let scan = namespace.scan();
    let places = || {
        let records = scan.evidence.namespaces().iter().filter(|record| record.world == namespace.world());
        records.map(|record| Namespace { scan, record }).filter(|place| place.pods_under_policies().next().is_some())
    };
    if places().next().is_some_and(|first| first.name() != namespace.name()) {
        return Verdict::Skip("asked once: no pairs are declared".into());
    }
    let isolates = |place: &Namespace<'_>, pod: &Pod<'_>| matches!(place.isolates_pod(Direction::Ingress, pod), Isolation::Yes);
    let open = places().filter(|place| place.pods_under_policies().any(|pod| !isolates(place, &pod)));
    let open: Vec<_> = open.map(|place| place.name()).collect();
    let named = open.iter().take(5).copied().collect::<Vec<_>>().join(", ");
    let more = if open.len() > 5 { format!(" and {} more", open.len() - 5) } else { String::new() };
    let reached = if open.is_empty() {
        "every workload seen is isolated".to_owned()
    } else {
        format!("no policy seen isolates each workload of {named}{more}")
    };
    Verdict::Review(format!("no pairs of workloads that may talk are declared (allowed_pairs); {reached}").into())
}
