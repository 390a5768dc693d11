//! Whoever has the key of a mesh's authority is whoever he likes.

use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::discover::few;
use crate::model::mesh;
use crate::model::mesh::anchor::{Anchor, anchors, secrets};
use crate::model::rbac::Identity;
use crate::model::time::DAY;
use crate::model::{GroupKind, Object, Scan, kinds};

pub(super) static CHECK: Check = Check {
    id: "mesh-trust-anchor-weak",
    title: "trust anchor of the mesh is weak",
    topic: "mesh",
    severity: Severity::Medium,
    why: "All identities of the mesh rest on this certificate and its key: when it ends, all traffic stops, and who reads the key is anybody.",
    fix: "Use an intermediate authority issued from outside of the cluster and renewed by itself, and let nobody but the control plane read its Secret.",
    how: "Where there is a mesh, fails a root certificate (Linkerd's trust roots, Istio's root certificate, those beside the key) that has ended or ends within 30 days, and a Secret with the authority's key that a bound role names and that somebody outside of its namespace may read; what Kubernetes itself grants, and rules with wildcards, are told by other checks. The self-signed authority of Istio is for review. Keys are never looked at.",
    blind: "An authority outside of the cluster, and how its key is kept; Secrets of which only the names are read.",
    needs: &[
        kinds::NAMESPACE,
        kinds::POD,
        kinds::CONFIG_MAP,
        kinds::SECRET,
        kinds::ROLE,
        kinds::ROLE_BINDING,
        kinds::CLUSTER_ROLE,
        kinds::CLUSTER_ROLE_BINDING,
    ],
    beside: mesh::KINDS,
    refs: &[
        "https://istio.io/latest/docs/tasks/security/cert-management/plugin-ca-cert/",
        "https://linkerd.io/2/tasks/manually-rotating-control-plane-tls-credentials/",
    ],
    maps: &[("owasp_k8s_2022", &["K06"]), ("owasp_k8s_2025", &["K09"]), ("cwe", &["CWE-295"])],
    probe: Probe::Scan(probe),
    ..Check::BASE
};

const KEYS: &[GroupKind] = &[kinds::SECRET, kinds::CONFIG_MAP];

fn probe(scan: &Scan<'_>) -> Verdict {
    let evidence = scan.evidence;
    let mut worlds: Vec<u16> = evidence.objects().iter().map(|object| object.world).collect();
    worlds.dedup();
    if worlds.iter().all(|world| mesh::present(scan, *world).is_empty()) {
        return Verdict::Skip("no mesh was seen: mesh-workload-not-meshed says so".into());
    }
    let now = scan.now.as_second();
    let (anchors, secrets) = (anchors(evidence), secrets(evidence).map(|(secret, _)| secret).collect::<Vec<_>>());
    let ending = anchors.iter().filter_map(|anchor| ends(anchor, now));
    let readable = secrets.iter().filter_map(|secret| readers(secret, scan));
    let own = secrets.iter().filter(|secret| secret.name == "istio-ca-secret").map(|secret| {
        let said = "Istio signs with an authority of its own making: is that meant for more than one cluster, or for long?";
        secret.at("metadata.name").fault(said).expected("an issuer outside of the cluster").doubt()
    });
    let faults: Vec<_> = ending.chain(readable).chain(own).collect();
    match faults.is_empty() {
        true if anchors.is_empty() && secrets.is_empty() => {
            Verdict::Review("neither a root certificate of the mesh nor the Secret of its key was seen".into())
        }
        true => Verdict::PassIfNone(KEYS),
        false => faults.into(),
    }
}

fn ends(anchor: &Anchor<'_>, now: i64) -> Option<Fault> {
    let left = (anchor.ends - now).div_euclid(DAY);
    let said = if left < 0 {
        format!("a root certificate of the mesh has ended {} days ago", -left)
    } else {
        format!("a root certificate of the mesh ends in {left} days")
    };
    // the text of a certificate says nothing to a reader
    let fault = || anchor.field.fault(said).observed("a certificate").expected("30 days or more").of_its_object();
    (left < 30).then(fault)
}

/// Somebody outside of the control plane's namespace who may read the key, by a rule that is about Secrets.
fn readers(secret: &Object<'_>, scan: &Scan<'_>) -> Option<Fault> {
    let rbac = scan.evidence.rbac();
    let own = secret.namespace_or_empty();
    let reach =
        rbac.bindings().iter().filter(|binding| binding.world == secret.world && binding.namespace.is_none_or(|place| place == own));
    let mut who: Vec<String> = Vec::new();
    for binding in reach {
        let reads =
            |rule: &crate::model::rbac::Rule<'_>| !rule.built_in && !rule.has_wildcard() && rule.allows("get", "", "secrets", secret.name);
        if !rbac.rules_of(binding).any(|(_, rule)| reads(rule)) {
            continue;
        }
        let outside = binding.subjects.iter().filter(|subject| match subject.identity {
            Identity::Account { namespace, .. } => namespace != own && !scan.is_system_namespace(namespace),
            other => !other.is_built_in(),
        });
        who.extend(outside.map(|subject| subject.identity.to_string()));
    }
    who.sort_unstable();
    who.dedup();
    let names: Vec<_> = who.iter().map(String::as_str).collect();
    let said = || format!("the key of the mesh's authority may be read by {}", few(&names));
    (!names.is_empty()).then(|| secret.at("metadata.name").fault(said()).expected("nobody outside of the control plane").of_its_object())
}
