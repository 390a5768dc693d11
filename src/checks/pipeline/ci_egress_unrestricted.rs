//! A build that may reach any host can fetch anything, and send anything away.

use crate::checks::network::{Allowed, POLICIES, unless_denied, unless_other_policy};
use crate::checks::{Assurance, Check, Fault, Probe, Severity, Verdict};
use crate::model::isolation::{Effect, Isolation, OTHER_POLICIES, named};
use crate::model::kinds::joined;
use crate::model::network::fit::{Fit, Who};
use crate::model::network::guard::{Action, Target};
use crate::model::network::{Direction, open_to_the_internet};
use crate::model::selector::Match;
use crate::model::{GroupKind, Namespace, Object, kinds, worker};
use crate::settings::SYSTEM_NAMESPACES;

pub(super) static CHECK: Check = Check {
    id: "ci-egress-unrestricted",
    title: "build worker reaches any host",
    topic: "pipeline",
    severity: Severity::Low,
    why: "What a poisoned dependency finds in a build, tokens, keys, source, it sends to an address of its own, unless that cannot be reached.",
    fix: "Deny egress of workers by default, and allow the hosts of source, packages, registry and signing, or run builds that need no network as hermetic.",
    how: "For namespaces with tasks or runs of Tekton or runners of actions-runner-controller: fails where a worker is isolated for egress by no policy, which is said of the first by kind and name, and for each rule about workers, or all together, that allows everybody or half of the internet's addresses or more, DNS alone aside. NetworkPolicies and those of Cilium, of Calico and of the administrator are read. A task without sidecars that is run as hermetic has no network, where Tekton's alpha features are seen to be on in its own namespace. Is for review where labels that are set at run time decide, or a policy is not understood. System namespaces are left out, and namespaces without a worker; runners of GitLab and agents of Jenkins are not read.",
    unread: true,
    blind: "Pipelines of forges are not read yet, nor workers outside of the cluster, proxies and firewalls.",
    assurance: Assurance::Configuration,
    needs: NEEDS,
    beside: OTHER_POLICIES,
    settings: &[&SYSTEM_NAMESPACES],
    refs: &["https://kubernetes.io/docs/concepts/services-networking/network-policies/", "https://tekton.dev/docs/pipelines/hermetic/"],
    maps: &[("owasp_cicd", &["CICD-SEC-7"]), ("mitre", &["T1041"]), ("cwe", &["CWE-923"])],
    probe: Probe::Namespace(probe),
    ..Check::BASE
};

const NEEDS: &[GroupKind] = &joined::<{ worker::KINDS.len() + 2 }>(worker::KINDS, &[kinds::CONFIG_MAP, kinds::NETWORK_POLICY]);

fn probe(namespace: &Namespace<'_>) -> Verdict {
    if namespace.is_system() {
        return Verdict::Skip("a system namespace".into());
    }
    let mut workers = worker::of(namespace);
    if workers.is_empty() {
        return Verdict::Skip("no build worker in it".into());
    }
    workers.retain(|worker| worker::is_hermetic(worker, namespace.scan()) != Some(true));
    let bare = workers.iter().find_map(|worker| match worker::is_hermetic(worker, namespace.scan()) {
        Some(_) => bare(namespace, worker),
        None => bare(namespace, worker).map(|fault| {
            fault.reworded(|said| format!("{said}; as hermetic they have no network, unless a task that is not seen has sidecars")).doubt()
        }),
    });
    let open = if workers.is_empty() { Vec::new() } else { open(namespace, &workers) };
    let faults: Vec<_> = bare.into_iter().chain(open).collect();
    match namespace.other_policy(Effect::Opens) {
        _ if !faults.is_empty() => faults.into(),
        Some(other) => Verdict::Review(format!("{} is not read yet, and may open what other policies close", named(other)).into()),
        None => Verdict::PassIfNone(POLICIES),
    }
}

/// A worker that nothing isolates.
fn bare<'a>(namespace: &Namespace<'a>, worker: &Object<'a>) -> Option<Fault> {
    let worst = worker::unsettled_egress(namespace, worker)?;
    let fault =
        |said: String| worker.at("metadata.name").fault(said).observed("").expected("egress that is denied by default").of_its_object();
    let who = worker::named(worker);
    Some(match worst {
        Isolation::No if worker.is(PIPELINE) || worker::runner(worker).is_some() => {
            fault(format!("no policy limits what all pods reach, and with which labels {who} run does not show")).doubt()
        }
        Isolation::No => {
            let fault = fault(format!("no policy limits what {who} reach")).missing(POLICIES);
            unless_other_policy(fault, namespace, Effect::Isolates)
        }
        _ => fault(format!(
            "whether a policy limits what {who} reach is not certain: network-pod-not-isolated and network-default-deny-missing tell why"
        ))
        .doubt(),
    })
}

const PIPELINE: GroupKind = GroupKind::new("tekton.dev", "Pipeline");

/// The rules that let workers reach all of the internet.
fn open<'a>(namespace: &Namespace<'a>, workers: &[&'a Object<'a>]) -> Vec<Fault> {
    let pods: Vec<_> = workers.iter().flat_map(|worker| worker::pods(worker, namespace.scan())).collect();
    let internet = |before| Allowed { target: Target::Internet, port: None, before };
    let (mut faults, mut together) = (Vec::new(), Vec::new());
    for policy in namespace.policies().filter(|policy| policy.isolates(Direction::Egress)) {
        let is_about = policy.selector.selects_all() || pods.iter().any(|pod| policy.selector.matches_pod(pod) != Match::No);
        let rules = policy.rules(Direction::Egress).filter(|rule| is_about && !rule.only_dns());
        for rule in rules {
            let blocks: Vec<_> = rule.blocks().collect();
            together.extend(blocks.iter().cloned());
            let place = if rule.is_for_everybody() { Some(rule.place()) } else { open_to_the_internet(&blocks).into_iter().next() };
            let said = || format!("NetworkPolicy {} lets workers reach any host {}", policy.object.name, rule.on_ports());
            let fault = place.map(|place| place.fault(said()).expected("the hosts that builds need"));
            faults.extend(fault.and_then(|fault| unless_denied(fault, namespace, Direction::Egress, &internet(None))));
        }
    }
    // rules add up, those of several policies as well
    if let (true, Some(place)) = (faults.is_empty(), open_to_the_internet(&together).into_iter().next()) {
        let fault = place.fault("rules of NetworkPolicies together let workers reach any host").expected("the hosts that builds need");
        faults.extend(unless_denied(fault, namespace, Direction::Egress, &internet(None)));
    }
    for guard in namespace.guards() {
        let is_about = pods.iter().any(|pod| guard.selects(Who { namespace, pod: Some(pod) }) != Fit::No);
        for clause in guard.rules(Direction::Egress).iter().filter(|_| is_about) {
            if clause.action != Action::Allow || clause.only_dns() || clause.is_about(Target::Internet) != Fit::Yes {
                continue;
            }
            let said = format!("{} lets workers reach any host {}", guard.named(), clause.on_ports());
            let fault = clause.place().fault(said).expected("the hosts that builds need");
            faults.extend(unless_denied(fault, namespace, Direction::Egress, &internet(Some(&guard.stage))));
        }
    }
    faults
}
