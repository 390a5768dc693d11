//! Whether agents are on every node: by their pods where these are seen, by what they tolerate elsewhere.

use std::collections::BTreeSet;

use crate::model::fault::Fault;
use crate::model::field::Field;
use crate::model::object::Object;
use crate::model::pod::Pod;
use crate::model::scan::Scan;
use crate::model::sensor::{Agent, RUNNING};
use crate::model::{GroupKind, kinds};

const NODES: &[GroupKind] = &[kinds::NODE];

/// Taints that the controller of DaemonSets tolerates for every pod.
const TOLERATED: &[&str] = &[
    "node.kubernetes.io/not-ready",
    "node.kubernetes.io/unreachable",
    "node.kubernetes.io/disk-pressure",
    "node.kubernetes.io/memory-pressure",
    "node.kubernetes.io/pid-pressure",
    "node.kubernetes.io/unschedulable",
];

/// How many nodes are named.
const NAMED: usize = 3;

/// The Linux nodes of a world on which a pod can be: no virtual ones, none that is down or closed.
pub fn nodes<'a>(scan: &'a Scan<'a>, world: u16) -> impl Iterator<Item = &'a Object<'a>> + Clone {
    scan.evidence.of_kind_in(world, kinds::NODE).filter(|node| is_linux(node) && is_open(node))
}

/// Whether all nodes that are seen are none of a machine of its own, or run Windows.
#[must_use]
pub fn only_virtual(scan: &Scan<'_>) -> bool {
    let mut nodes = scan.evidence.of_kind(kinds::NODE).peekable();
    nodes.peek().is_some() && scan.is_whole(kinds::NODE, None) && nodes.all(|node| !is_linux(node))
}

fn is_linux(node: &Object<'_>) -> bool {
    let labels = [node.label("kubernetes.io/os"), node.at("status.nodeInfo.operatingSystem")];
    let is_virtual = node.label("type").str() == "virtual-kubelet" || node.label("eks.amazonaws.com/compute-type").str() == "fargate";
    !is_virtual && !labels.iter().any(|label| label.str() == "windows")
}

fn is_open(node: &Object<'_>) -> bool {
    let mut conditions = node.at("status.conditions").items();
    let down = conditions.any(|condition| condition.key("type").str() == "Ready" && condition.key("status").str() != "True");
    !down && !node.at("spec.unschedulable").is_true()
}

/// What keeps these agents from being on every node, or leaves it open, world by world.
#[must_use]
pub fn faults<'a>(scan: &'a Scan<'a>, agents: &[Agent<'a>], what: &str) -> Vec<Fault> {
    let worlds: BTreeSet<u16> = agents.iter().map(|agent| agent.object().world).collect();
    worlds
        .into_iter()
        .filter_map(|world| {
            let own: Vec<_> = agents.iter().filter(|agent| agent.object().world == world).copied().collect();
            fault(scan, &own, world, what)
        })
        .collect()
}

fn fault<'a>(scan: &'a Scan<'a>, agents: &[Agent<'a>], world: u16, what: &str) -> Option<Fault> {
    let first = agents.first()?;
    let of_nodes: Vec<_> = agents.iter().filter(|agent| agent.is_of_nodes()).copied().collect();
    let Some(daemon) = of_nodes.first() else {
        let said = format!("{} runs, but nothing brings it to every node: {what} may be missing on some", first.name);
        return Some(first.container.image().fault(said).expected("a DaemonSet").doubt());
    };
    let mut nodes = nodes(scan, world).peekable();
    let is_running = of_nodes.iter().any(|agent| agent.object().at("status").exists() || agent.container.pod.running().next().is_some());
    match (nodes.peek().is_some(), is_running) {
        (true, true) => absent(&of_nodes, daemon, nodes),
        (true, false) => repelled(&of_nodes, nodes),
        (false, _) => unproved(&of_nodes, is_running),
    }
}

/// By the pods that run.
fn absent<'a>(agents: &[Agent<'a>], daemon: &Agent<'a>, nodes: impl Iterator<Item = &'a Object<'a>> + Clone) -> Option<Fault> {
    let pods = agents.iter().flat_map(|agent| {
        let pod = agent.container.pod;
        pod.running().chain(pod.object().is(kinds::POD).then_some(pod))
    });
    let covered: BTreeSet<&str> = pods.filter(is_ready).filter_map(|pod| pod.at("nodeName").text()).collect();
    let missing: Vec<&str> = nodes.clone().map(|node| node.name).filter(|name| !covered.contains(name)).collect();
    let (count, all) = (missing.len(), nodes.count());
    let few = missing.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    let more = if count > NAMED { format!(" and {} more", count - NAMED) } else { String::new() };
    let names = names(agents);
    let said = format!("{names} is not ready on {count} of {all} Linux nodes: {few}{more}");
    let place = daemon.object().at("metadata.name");
    (count > 0).then(|| place.fault(said).observed("").expected("a ready pod on every Linux node").missing(RUNNING).of_its_object())
}

/// Whether all its containers are ready; it is taken for it where nothing says so.
fn is_ready(pod: &Pod<'_>) -> bool {
    let status = pod.object().at("status");
    let is_up = matches!(status.key("phase").str(), "" | "Running");
    is_up && status.key("containerStatuses").items().all(|container| container.key("ready").bool() != Some(false))
}

/// By the taints and labels of the nodes that are seen.
fn repelled<'a>(agents: &[Agent<'a>], nodes: impl Iterator<Item = &'a Object<'a>>) -> Option<Fault> {
    for node in nodes {
        let all: Vec<_> = agents.iter().map(|agent| keeps_off(&agent.container.pod, node)).collect();
        // one that is let in is enough
        if let Some((field, said)) = all.into_iter().collect::<Option<Vec<_>>>().and_then(|all| all.into_iter().next()) {
            let said = format!("{} does not run on node {}: {said}", names(agents), node.name);
            return Some(field.fault(said).expected("a toleration with operator Exists and no key"));
        }
    }
    None
}

/// What of a node keeps a pod off it.
fn keeps_off<'a>(pod: &Pod<'a>, node: &Object<'a>) -> Option<(Field<'a>, String)> {
    let tolerations = pod.at("tolerations");
    let repels = |taint: &Field<'_>| {
        let (key, effect) = (taint.key("key").str(), taint.key("effect").str());
        let is_known = TOLERATED.contains(&key) || key == "node.kubernetes.io/network-unavailable" && pod.at("hostNetwork").is_true();
        matches!(effect, "NoSchedule" | "NoExecute") && !is_known && !tolerations.items().any(|one| tolerates(one, *taint))
    };
    if let Some(taint) = node.at("spec.taints").items().find(repels) {
        return Some((tolerations, format!("it does not tolerate the taint {}", taint.key("key").str())));
    }
    let wanted = pod.at("nodeSelector").entries().into_iter().find(|(key, value)| node.label(key).text() != value.text());
    wanted.map(|(key, value)| (value, format!("it asks for the label {key}")))
}

fn tolerates(toleration: Field<'_>, taint: Field<'_>) -> bool {
    let is_same = |key: &'static str| toleration.key(key).str() == taint.key(key).str();
    let exists = toleration.key("operator").str() == "Exists";
    let key = if toleration.key("key").is_empty() { exists } else { is_same("key") };
    key && (exists || is_same("value")) && (toleration.key("effect").is_empty() || is_same("effect"))
}

/// Where no node is seen: what tolerates everything is everywhere.
fn unproved(agents: &[Agent<'_>], is_running: bool) -> Option<Fault> {
    let is_everywhere = |agent: &Agent<'_>| {
        let pod = &agent.container.pod;
        let all = |one: Field<'_>| one.key("key").is_empty() && one.key("operator").str() == "Exists" && one.key("effect").is_empty();
        let selects = pod.at("nodeSelector").entries().iter().any(|(key, value)| *key != "kubernetes.io/os" || value.str() != "linux");
        let prefers = pod.at("affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution").exists();
        pod.at("tolerations").items().any(all) && !selects && !prefers
    };
    if agents.iter().any(is_everywhere) {
        return None;
    }
    let first = agents.first()?;
    let said = if is_running {
        format!("whether {} is on every node is not known: the nodes were not seen", names(agents))
    } else {
        format!("{} does not tolerate every taint, or asks for some nodes: whether it leaves some out is not seen", names(agents))
    };
    let place = first.container.pod.at("tolerations");
    let fault = place.fault(said).expected("a toleration with operator Exists and no key");
    Some(if is_running { fault.doubt() } else { fault.missing(NODES).doubt() })
}

/// The names of agents, each once.
fn names(agents: &[Agent<'_>]) -> String {
    let names: BTreeSet<&str> = agents.iter().map(|agent| agent.name).collect();
    names.into_iter().collect::<Vec<_>>().join(", ")
}
