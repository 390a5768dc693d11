//! A container keeps the runtime's capabilities until it drops them all.

use crate::checks::pss::standard;
use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::Container;
use crate::model::standard::BASELINE_CAPABILITIES;

pub(super) static CHECK: Check = Check {
    id: "pss-capabilities-not-dropped",
    title: "capabilities not all dropped",
    topic: "pss",
    severity: Severity::Medium,
    why: "Runtimes give a container a dozen capabilities that hardly any program needs, among them those to change owners and users of files and, often, to forge packets.",
    fix: "Set `capabilities.drop: [ALL]`, and add back NET_BIND_SERVICE alone where it is needed.",
    how: "Fails for each container whose `capabilities.drop` lacks the exact word ALL (small letters are refused, though runtimes take them), and for each capability of the baseline set other than NET_BIND_SERVICE in its `capabilities.add`. Does not apply to pods with `os.name: windows` (from version 1.25 of the standard) nor before version 1.22.",
    blind: "Capabilities outside the baseline set are reported by pss-capabilities-added alone.",
    refs: &["https://kubernetes.io/docs/concepts/security/pod-security-standards/"],
    maps: &[
        ("cis", &["5.2.9"]),
        ("cis_v1_9", &["5.2.10"]),
        ("pss", &["restricted"]),
        ("owasp_k8s_2022", &["K01"]),
        ("owasp_k8s_2025", &["K01"]),
        ("cwe", &["CWE-250"]),
    ],
    probe: Probe::Container(probe),
    ..Check::BASE
};

fn probe(container: &Container<'_>) -> Verdict {
    standard::judge(&container.pod, &standard::CAPABILITIES_DROPPED, |_| kept(container).into_iter().chain(added(container)).collect())
}

fn kept(container: &Container<'_>) -> Option<Fault> {
    let drop = container.at("securityContext.capabilities.drop");
    if drop.items().any(|item| item.str() == "ALL") {
        return None;
    }
    let name = container.name();
    if let Some(all) = drop.items().find(|item| item.str().eq_ignore_ascii_case("ALL")) {
        let said = format!("container {name} drops `{}`, which the standard does not take for ALL, though runtimes do", all.str());
        return Some(all.fault(said).expected("ALL"));
    }
    let said = match drop.items().next() {
        Some(_) => format!("container {name} drops some capabilities, not ALL"),
        None => format!("container {name} drops no capability"),
    };
    Some(drop.fault(said).expected("[ALL]"))
}

fn added<'a>(container: &Container<'a>) -> impl Iterator<Item = Fault> + use<'a> {
    let name = container.name();
    let known = |word: &str| word != "NET_BIND_SERVICE" && BASELINE_CAPABILITIES.contains(&word);
    let added = container.at("securityContext.capabilities.add").items().filter(move |item| known(item.str()));
    added.map(move |item| item.fault(format!("container {name} adds the capability {}", item.str())).expected("NET_BIND_SERVICE, or none"))
}
