//! What nobody filters by name reaches any name: that of an attacker's server is made in a minute.

use crate::checks::{Assurance, Check, Probe, Severity, Verdict};
use crate::model::isolation::{Isolation, OTHER_POLICIES};
use crate::model::network::guard::Whom;
use crate::model::network::{Direction, decide};
use crate::model::{GroupKind, Namespace, Scan, kinds};

pub(super) static CHECK: Check = Check {
    id: "network-domain-filter-missing",
    title: "nothing filters the names that workloads reach",
    topic: "network",
    severity: Severity::Medium,
    why: "Commands for malware and data that leaves go by DNS and https to names that were registered for it; without a list of names nothing notices.",
    fix: "Allow egress by name (`toFQDNs` of Cilium, `domainNames` of the administrator's policies), or resolve by a server that refuses known bad names.",
    how: "Passes where every namespace with workloads, but for system ones, denies egress by default and opens none of it to the internet at large, so that only names and addresses that are listed are reached; or where a GlobalThreatFeed of Calico is denied to all of them. Anything else is for review, once, as a resolver or proxy outside of the cluster may filter. It never fails.",
    blind: "Resolvers, proxies and firewalls outside of the cluster, which most filters of names are.",
    assurance: Assurance::Enforcement,
    needs: &[kinds::NETWORK_POLICY, kinds::NAMESPACE, kinds::POD, kinds::CONFIG_MAP],
    beside: BESIDE,
    settings: &[&crate::settings::SYSTEM_NAMESPACES],
    refs: &["https://docs.cilium.io/en/stable/security/dns/", "https://docs.tigera.io/calico-enterprise/latest/threat/suspicious-ips"],
    maps: &[("owasp_k8s_2022", &["K05", "K07"]), ("owasp_k8s_2025", &["K05", "K10"]), ("mitre", &["T1071.004", "T1568"])],
    probe: Probe::Scan(probe),
    ..Check::BASE
};

const FEED: GroupKind = GroupKind::new("projectcalico.org", "GlobalThreatFeed");
const BESIDE: &[GroupKind] = &{
    let mut all = [FEED; OTHER_POLICIES.len() + 1];
    let mut at = 0;
    while at < OTHER_POLICIES.len() {
        all[at + 1] = OTHER_POLICIES[at];
        at += 1;
    }
    all
};

fn probe(scan: &Scan<'_>) -> Verdict {
    let records = scan.evidence.namespaces().iter();
    let places = records.map(|record| Namespace { scan, record }).filter(|place| !place.is_system());
    let places: Vec<_> = places.filter(|place| place.pods_under_policies().next().is_some()).collect();
    if places.is_empty() {
        return Verdict::Skip("no workload that policies reach".into());
    }
    let fed: Vec<_> = scan.evidence.of_kind(FEED).collect();
    let filtered = |place: &Namespace<'_>| {
        is_closed(place) || fed.iter().any(|feed| decide::denies_set(place, feed.at("spec.globalNetworkSet.labels")))
    };
    let open = || places.iter().filter(|place| !filtered(place));
    let Some(first) = open().min_by_key(|place| place.name()) else { return Verdict::Pass };
    let count = open().count();
    let more = if count > 1 { format!(" and {} more", count - 1) } else { String::new() };
    let beside = if places.iter().any(by_name) { "; policies by name are in force elsewhere" } else { "" };
    let said =
        format!("nothing seen filters the names that workloads of {}{more} reach{beside}: does a resolver or proxy outside?", first.name());
    first.field().fault(said).expected("policies that allow egress by name").doubt().into()
}

/// Whether only what is listed is reached from it.
fn is_closed(namespace: &Namespace<'_>) -> bool {
    matches!(namespace.isolates_by_default(Direction::Egress), Isolation::Yes) && !decide::opens_internet(namespace)
}

fn by_name(namespace: &Namespace<'_>) -> bool {
    let rules = namespace.guards().flat_map(|guard| guard.rules(Direction::Egress));
    rules.flat_map(|clause| clause.peers.iter().flatten()).any(|peer| matches!(peer.whom, Whom::Names))
}
