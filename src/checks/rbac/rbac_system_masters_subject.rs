//! `system:masters` is asked by no authorizer: whoever is in it can do everything, and cannot be stopped.

use super::certificate;
use crate::checks::{Check, Probe, Severity, Verdict};
use crate::model::rbac::Identity;
use crate::model::{GroupKind, Object, Scan, kinds};

pub(super) static CHECK: Check = Check {
    id: "rbac-system-masters-subject",
    title: "system:masters is used outside the bootstrap binding",
    topic: "rbac",
    severity: Severity::Critical,
    why: "The API server lets this group do anything before it asks RBAC, and a certificate that carries it is good until it expires.",
    fix: "Use the group `kubeadm:cluster-admins` or one of the identity provider; lock away what still carries `system:masters`.",
    how: "Fails for a binding other than the bootstrap one that names the group `system:masters`, and for an approved CertificateSigningRequest, of a signer of the API server's clients, with the organization `system:masters`. For review: such a request that is not approved or has another signer, and one that cannot be read.",
    blind: "Certificates and kubeconfigs outside the API.",
    refs: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/"],
    maps: &[("cis", &["5.1.7"]), ("owasp_k8s_2022", &["K06"]), ("owasp_k8s_2025", &["K09"]), ("mitre", &["T1078"]), ("cwe", &["CWE-269"])],
    probe: Probe::Object(KINDS, probe),
    ..Check::BASE
};

const REQUEST: GroupKind = GroupKind::new("certificates.k8s.io", "CertificateSigningRequest");
const KINDS: &[GroupKind] = &[kinds::ROLE_BINDING, kinds::CLUSTER_ROLE_BINDING, REQUEST];
const MASTERS: &str = "system:masters";

fn probe(object: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    if object.is(REQUEST) {
        return request(object);
    }
    let Some(binding) = scan.evidence.rbac().binding(object.id) else { return Verdict::Pass };
    let masters = binding.subjects.iter().filter(|subject| !subject.built_in && subject.identity == Identity::Group(MASTERS));
    let said = "a binding other than the bootstrap one names group system:masters";
    masters.map(|subject| subject.field.key("name").fault(said).expected("another group")).collect()
}

fn request(object: &Object<'_>) -> Verdict {
    let field = object.at("spec.request");
    let Some(organizations) = certificate::organizations(field.str()) else {
        return field.fault("the certificate request cannot be read").observed("").doubt().into();
    };
    if !organizations.iter().any(|name| name == MASTERS) {
        return Verdict::Pass;
    }
    let conditions = object.at("status.conditions");
    let approved = conditions.items().any(|condition| condition.key("type").str() == "Approved");
    let signer = object.at("spec.signerName").str();
    let makes_clients = matches!(signer, "kubernetes.io/kube-apiserver-client" | "kubernetes.io/legacy-unknown" | "");
    let fault = |said| field.fault(said).observed("O=system:masters").expected("another organization");
    match (approved, makes_clients) {
        (true, true) => fault("an approved certificate of a client carries system:masters").into(),
        (true, false) => {
            fault("an approved certificate carries system:masters; see whether the API server trusts its signer").doubt().into()
        }
        (false, _) => fault("a certificate with system:masters is asked for, and not approved here").doubt().into(),
    }
}
