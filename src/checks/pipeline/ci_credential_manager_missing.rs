//! What lies in settings and Secrets that somebody filled by hand is copied, and never changed.

use crate::checks::{Assurance, Check, Probe, Severity, Verdict};
use crate::model::kinds::joined;
use crate::model::pipeline::{Does, runs};
use crate::model::{GroupKind, Namespace, delivery, kinds, worker};
use crate::settings::SYSTEM_NAMESPACES;

pub(super) static CHECK: Check = Check {
    id: "ci-credential-manager-missing",
    title: "pipeline credentials come from no credential manager",
    topic: "pipeline",
    severity: Severity::Low,
    why: "Credentials of builds open the registry, the repository and production; spread over Secrets made by hand nobody knows how many there are, nor how old.",
    fix: "Have a manager deliver them when a build starts (External Secrets, Vault, Secrets Store CSI), best as tokens made for it, and keep signing keys in a KMS.",
    how: "For namespaces with tasks or runs of Tekton or runners of actions-runner-controller: takes the Secrets that these need (variables, volumes, workspaces, what runs say of pods, the credentials of runners) and passes where a manager's object makes each, or where steps fetch from a manager themselves. Is for review where a Secret is made by none that is seen: a Secret of Kubernetes is the platform's own store. Never fails. System namespaces are left out, namespaces without a worker, and those whose workers need no Secret; runners of GitLab and agents of Jenkins are not read.",
    unread: true,
    blind: "Pipelines of forges, their variables and their environments are not read yet; Secrets that accounts of builds bring with them; whether keys lie in a KMS or an HSM.",
    assurance: Assurance::Configuration,
    needs: NEEDS,
    beside: delivery::MANAGERS,
    settings: &[&SYSTEM_NAMESPACES],
    refs: &["https://external-secrets.io/latest/", "https://tekton.dev/docs/pipelines/auth/"],
    maps: &[("cwe", &["CWE-522"]), ("owasp_cicd", &["CICD-SEC-6"])],
    probe: Probe::Namespace(probe),
    ..Check::BASE
};

const NEEDS: &[GroupKind] = &joined::<{ worker::KINDS.len() + 1 }>(worker::KINDS, &[kinds::SECRET]);

fn probe(namespace: &Namespace<'_>) -> Verdict {
    if namespace.is_system() {
        return Verdict::Skip("a system namespace".into());
    }
    let workers = worker::of(namespace);
    if workers.is_empty() {
        return Verdict::Skip("no build worker in it".into());
    }
    let scan = namespace.scan();
    let pods = || workers.iter().flat_map(|worker| worker::pods(worker, scan));
    let mut used = delivery::used_by(pods());
    for worker in &workers {
        for field in worker::secrets(worker) {
            if let Some(name) = field.text().filter(|name| !name.is_empty()) {
                used.entry(name).or_insert(field);
            }
        }
    }
    let fetches = || pods().any(|pod| delivery::is_injected(&pod) || pod.containers().any(|container| runs(&container, Does::Fetch)));
    if used.is_empty() {
        return if fetches() { Verdict::Pass } else { Verdict::Skip("its workers need no Secret that is seen".into()) };
    }
    let managed = delivery::Managed::of(namespace);
    let by_hand = used.iter().filter(|(name, _)| !managed.makes(name));
    let faults = by_hand.map(|(name, field)| {
        let said = format!("builds use Secret {name}, which no manager is seen to deliver");
        field.fault(said).expected("an ExternalSecret, a CSI volume or the like").doubt().of_its_object()
    });
    faults.collect()
}
