//! The metadata service of a cloud hands the node's own credentials to whoever asks from the node.

use super::{Allowed, POLICIES, unless_denied};
use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::cidr::Cidr;
use crate::model::cloud::{self, Metadata};
use crate::model::isolation::{Effect, Isolation, OTHER_POLICIES, named};
use crate::model::network::fit::{Fit, Who};
use crate::model::network::guard::{Action, Clause, Guard, Stage, Target, Whom};
use crate::model::network::{Direction, Policy, Rule};
use crate::model::{Namespace, kinds};
use crate::settings::{Default, SYSTEM_NAMESPACES, Setting};

static CLIENTS: Setting = Setting {
    key: "metadata_clients",
    help: "Namespaces whose pods are meant to use the metadata service of the cloud.",
    default: Default::Strings(&[]),
};

pub(super) static CHECK: Check = Check {
    id: "network-metadata-api-reachable",
    title: "pods may reach the cloud's metadata service",
    topic: "network",
    severity: Severity::Medium,
    why: "The service answers any request from the node, a pod's too, with credentials of the node's role; one server that can be made to fetch a URL is enough.",
    fix: "Take the address out of the policy, set the hop limit of IMDSv2 to 1, or use workload identity.",
    how: "Where a Node says that it runs in AWS, Google Cloud or Azure: fails a namespace for a rule that names the address of the metadata service itself, on the port it answers on. For review: a rule that allows the address among others, and pods that nothing isolates for egress, as then the nodes decide. A denial by Cilium, Calico or the administrator that is asked before counts. Left out: system namespaces, and those whose pods are meant to use the service (`metadata_clients`).",
    blind: "What the node itself does against it (hop limit, metadata concealment) is seen only for GKE's metadata server.",
    assurance: crate::checks::Assurance::Enforcement,
    needs: &[kinds::NETWORK_POLICY, kinds::NODE, kinds::CONFIG_MAP],
    beside: OTHER_POLICIES,
    settings: &[&SYSTEM_NAMESPACES, &CLIENTS],
    refs: &["https://kubernetes.io/docs/concepts/security/security-checklist/"],
    maps: &[("owasp_k8s_2022", &["K07"]), ("owasp_k8s_2025", &["K05", "K08"]), ("mitre", &["T1552.005"]), ("cwe", &["CWE-918"])],
    probe: Probe::Namespace(probe),
    ..Check::BASE
};

fn probe(namespace: &Namespace<'_>) -> Verdict {
    if namespace.is_system() {
        return Verdict::Skip("a system namespace".into());
    }
    if namespace.scan().settings.strings(&CLIENTS).any(|client| client == namespace.name()) {
        return Verdict::Skip("its pods are meant to use the service (metadata_clients)".into());
    }
    if namespace.pods_under_policies().next().is_none() {
        return Verdict::Skip("no workload in it that policies apply to".into());
    }
    let place = cloud::metadata(namespace.scan().evidence, namespace.world());
    if place.protected {
        return Verdict::Pass;
    }
    let policies = namespace.policies().filter(|policy| policy.isolates(Direction::Egress));
    let rules = policies.flat_map(|policy| policy.rules(Direction::Egress).map(move |rule| (policy, rule)));
    let found = rules.flat_map(|(policy, rule)| faults(policy, rule, &place)).filter_map(|fault| undenied(fault, namespace, &place, None));
    let who = Who { namespace, pod: None };
    let guards = namespace.guards().filter(|guard| guard.selects(who) != Fit::No);
    let others = guards.flat_map(|guard| {
        let faults = guard.rules(Direction::Egress).iter().filter_map(|clause| opened(guard, clause, &place));
        faults.filter_map(|fault| undenied(fault, namespace, &place, Some(&guard.stage))).collect::<Vec<_>>()
    });
    let faults: Vec<_> = found.chain(others).collect();
    if place.addresses.is_empty() {
        let somewhere = !place.known && !faults.is_empty();
        return if somewhere {
            faults.into_iter().map(unsure).collect()
        } else {
            Verdict::Skip("no Node with the provider ID of a cloud".into())
        };
    }
    let free = || namespace.field().fault("no policy keeps its pods from the metadata service: what the nodes allow decides").doubt();
    let free = if isolated(namespace) { None } else { undenied(free(), namespace, &place, Some(&LAST)) };
    let faults: Vec<_> = faults.into_iter().chain(free).collect();
    match namespace.other_policy(Effect::Opens) {
        Some(other) if faults.is_empty() => {
            Verdict::Review(format!("{} is not read yet, and may open what other policies close", named(other)).into())
        }
        None if faults.is_empty() => Verdict::PassIfNone(POLICIES),
        _ => faults.into(),
    }
}

/// After all that may be asked.
const LAST: Stage<'static> = Stage { tier: f64::INFINITY, tier_name: "", order: f64::INFINITY, name: "" };

/// A fault, unless each address of the service is denied before the rule is asked.
fn undenied<'a>(fault: Fault, namespace: &Namespace<'a>, place: &Metadata, before: Option<&Stage<'a>>) -> Option<Fault> {
    let known = cloud::addresses();
    let addresses = if place.addresses.is_empty() { &known } else { &place.addresses };
    let mut reached = addresses.iter().filter_map(|address| {
        let allowed = Allowed { target: Target::Address(Cidr::of(*address)), port: Some(80), before };
        unless_denied(fault.clone(), namespace, Direction::Egress, &allowed)
    });
    reached.next()
}

/// A rule of another engine that lets the service be reached.
fn opened(guard: &Guard<'_>, clause: &Clause<'_>, place: &Metadata) -> Option<Fault> {
    let on_port = clause.ports_to(None, Some("TCP")).iter().any(|(first, last)| (*first..=*last).contains(&80));
    if clause.action != Action::Allow || !on_port {
        return None;
    }
    let name = guard.named();
    let known = cloud::addresses();
    let addresses = if place.addresses.is_empty() { &known } else { &place.addresses };
    let reaches = |whom: &Whom<'_>| addresses.iter().any(|address| whom.is(Target::Address(Cidr::of(*address))) == Fit::Yes);
    let peer = clause.peers.iter().flatten().find(|peer| reaches(&peer.whom));
    match peer.map(|peer| (peer.field, &peer.whom)) {
        Some((field, Whom::Block(cidr, ..))) if cloud::names_metadata(*cidr) => {
            Some(field.fault(format!("{name} allows the metadata service: {}", field.str())).expected("absent"))
        }
        None if clause.peers.is_some() => None,
        _ if place.addresses.is_empty() => None,
        _ => {
            let said = format!("{name} allows the address of the metadata service among others: what the nodes allow decides");
            Some(peer.map_or(clause.field, |peer| peer.field).fault(said).expected("an exception for its address").doubt())
        }
    }
}

fn unsure(fault: Fault) -> Fault {
    fault.reworded(|said| format!("{said}; no Node was seen that says which cloud it runs in")).doubt()
}

fn faults(policy: &Policy<'_>, rule: Rule<'_>, place: &Metadata) -> Vec<Fault> {
    let name = policy.object.name;
    if !rule.allows_tcp(80) {
        return Vec::new();
    }
    if rule.is_for_everybody() {
        let said = format!("NetworkPolicy {name} allows every address, that of the metadata service too: what the nodes allow decides");
        let fault = rule.place().fault(said).expected("peers");
        return if place.addresses.is_empty() { Vec::new() } else { vec![fault.doubt()] };
    }
    let known = cloud::addresses();
    let addresses = if place.addresses.is_empty() { &known } else { &place.addresses };
    let reached = rule.blocks().filter(|block| addresses.iter().any(|address| block.allows(*address)));
    let faults = reached.filter_map(|block| {
        let cidr = block.field.str();
        if cloud::names_metadata(block.cidr) {
            return Some(block.field.fault(format!("NetworkPolicy {name} allows the metadata service: {cidr}")).expected("absent"));
        }
        let said = || format!("NetworkPolicy {name} allows {cidr} without excepting the metadata service: what the nodes allow decides");
        (!place.addresses.is_empty()).then(|| block.field.fault(said()).expected("an except for its address").doubt())
    });
    faults.collect()
}

/// Whether egress of every pod is restricted, whatever the rules are.
fn isolated(namespace: &Namespace<'_>) -> bool {
    let default =
        matches!(namespace.isolates_by_default(Direction::Egress), Isolation::Yes | Isolation::Cancelled(..) | Isolation::Opened(..));
    default || namespace.pods_under_policies().all(|pod| matches!(namespace.isolates_pod(Direction::Egress, &pod), Isolation::Yes))
}
