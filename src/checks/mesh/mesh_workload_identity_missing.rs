//! Without an identity that others can verify, a workload is known by its address or by a password.

use super::KINDS;
use crate::checks::{Check, Probe, Severity, Verdict};
use crate::discover::few;
use crate::model::mesh::identity::{self, CLUSTER_SPIFFE_ID, Identity};
use crate::model::{GroupKind, Namespace, kinds};

pub(super) static CHECK: Check = Check {
    id: "mesh-workload-identity-missing",
    title: "workload has no identity that others can verify",
    topic: "mesh",
    severity: Severity::Low,
    why: "What calls it and what it calls can be told apart only by addresses and shared secrets, which can be taken over.",
    fix: "Give it an identity: by a mesh, by SPIRE, by a certificate of its pod, or by a projected token with the audience of the service it calls.",
    how: "Fails a namespace for its application pods that have none of these: membership in a mesh, a volume of SPIFFE's or cert-manager's driver, a ClusterSPIFFEID that selects them, a projected token with an audience, a pod certificate, an identity of a cloud (of the account's annotations, or Azure's label). The token that every pod gets by default does not count. What rests on labels that a controller sets, or on an injector whose default does not show, is for review. Pods on the network of their node, gateways and system namespaces are left out.",
    blind: "Identities that an application fetches by itself.",
    needs: &[kinds::NAMESPACE, kinds::SERVICE_ACCOUNT],
    beside: BESIDE,
    settings: &[&crate::settings::SYSTEM_NAMESPACES],
    refs: &["https://spiffe.io/docs/latest/", "https://kubernetes.io/docs/concepts/storage/projected-volumes/"],
    maps: &[("owasp_k8s_2022", &["K06"]), ("owasp_k8s_2025", &["K09"]), ("cwe", &["CWE-287"])],
    probe: Probe::Namespace(probe),
    ..Check::BASE
};

const BESIDE: &[GroupKind] = &{
    let mut all = [CLUSTER_SPIFFE_ID; KINDS.len() + 1];
    let mut at = 0;
    while at < KINDS.len() {
        all[at + 1] = KINDS[at];
        at += 1;
    }
    all
};
const RESTS_ON: &[GroupKind] = &[kinds::NAMESPACE, kinds::SERVICE_ACCOUNT, CLUSTER_SPIFFE_ID];

fn probe(namespace: &Namespace<'_>) -> Verdict {
    if namespace.is_system() || namespace.is_control_plane() {
        return Verdict::Skip("a system namespace".into());
    }
    let pods: Vec<_> = namespace.applications().collect();
    if pods.is_empty() {
        return Verdict::Skip("no application in it".into());
    }
    let (mut without, mut unclear) = (Vec::new(), Vec::new());
    for pod in &pods {
        match identity::of_pod(namespace, pod) {
            Identity::Yes => {}
            Identity::No => without.push(pod.object().name),
            Identity::Unclear => unclear.push(pod.object().name),
        }
    }
    let expected = "a mesh, SPIFFE, a pod certificate or a token with an audience";
    let lacks = |names: &[&str]| namespace.field().fault(format!("no verifiable identity was seen of {}", few(names))).expected(expected);
    let sure = (!without.is_empty()).then(|| lacks(&without).missing(RESTS_ON));
    let doubtful = || {
        let said = format!("whether these get an identity rests on what does not show: {}", few(&unclear));
        namespace.field().fault(said).expected(expected).doubt()
    };
    sure.into_iter().chain((!unclear.is_empty()).then(doubtful)).collect()
}
