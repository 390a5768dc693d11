//! The metadata service of a cloud hands the node's own credentials to whoever asks from the node.

use super::{POLICIES, unless_other_policy};
use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::cloud::{self, Metadata};
use crate::model::isolation::{Effect, Isolation, OTHER_POLICIES, named};
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
    how: "Where a Node has a `providerID` of AWS, Google Cloud or Azure, fails for an egress rule for TCP port 80 with a block that can only mean the metadata service. For review: missing policies and wider rules that leave the address open, as what the nodes allow decides, and the fault itself where no Node was seen. Passes where each node has GKE's metadata server; does not apply to system namespaces, `metadata_clients`, and nodes of no cloud.",
    blind: "What the node itself does against it (hop limit, metadata concealment) is seen only for GKE's metadata server.",
    assurance: crate::checks::Assurance::Enforcement,
    needs: &[kinds::NETWORK_POLICY, kinds::NODE],
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
    let policies = || namespace.policies().filter(|policy| policy.isolates(Direction::Egress));
    let rules = || policies().flat_map(|policy| policy.rules(Direction::Egress).map(move |rule| (policy, rule)));
    let faults: Vec<_> = rules().flat_map(|(policy, rule)| faults(policy, rule, &place)).collect();
    if place.addresses.is_empty() {
        let somewhere = !place.known && !faults.is_empty();
        return if somewhere {
            faults.into_iter().map(unsure).collect()
        } else {
            Verdict::Skip("no Node with the provider ID of a cloud".into())
        };
    }
    let free = (!isolated(namespace))
        .then(|| namespace.field().fault("no policy keeps its pods from the metadata service: what the nodes allow decides").doubt());
    let faults: Vec<_> =
        faults.into_iter().chain(free).map(|fault| unless_other_policy(fault, namespace, Effect::Denies, Direction::Egress)).collect();
    match namespace.other_policy(Effect::Opens, Direction::Egress) {
        Some(other) if faults.is_empty() => {
            Verdict::Review(format!("{} is not read yet, and may open what NetworkPolicies close", named(other)).into())
        }
        None if faults.is_empty() => Verdict::PassIfNone(POLICIES),
        _ => faults.into(),
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
    let default = matches!(namespace.isolates_by_default(Direction::Egress), Isolation::Yes | Isolation::Cancelled(..));
    default || namespace.pods_under_policies().all(|pod| matches!(namespace.isolates_pod(Direction::Egress, &pod), Isolation::Yes))
}
