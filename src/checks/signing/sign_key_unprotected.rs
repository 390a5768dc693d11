//! A key that lies in a Secret can be copied, and whoever has the copy signs as you.

use crate::checks::{Check, Probe, Severity, Verdict};
use crate::model::chains::{self, ARTIFACTS, CONFIGURATIONS};
use crate::model::{Field, Object, Scan, kinds};

pub(super) static CHECK: Check = Check {
    id: "sign-key-unprotected",
    title: "signing key lies in a file or a plain CI secret",
    topic: "signing",
    severity: Severity::High,
    why: "Whoever reads the key, from the Secret, a backup or a log, signs as you from then on, and nothing tells his signatures from yours.",
    fix: "Sign without a key (`signers.x509.fulcio.enabled: \"true\"`) or with one that a KMS keeps (`signers.kms.kmsref`, with the signers set to `kms`), and delete the Secret.",
    how: "Fails for the Secret `signing-secrets` of Tekton Chains that holds a private key (cosign.key or x509.pem), unless the configuration beside it has certificates from Fulcio, or signs all it signs with a KMS. With such a configuration it passes whether the Secret holds a key or, as installed, none. Is for review where that configuration was not seen. Without that Secret, or such a key where the configuration is another, nothing is assessed.",
    blind: "Repositories are not read yet: keys in files, in secrets of pipelines, options of cosign, gpg and notation. Whether the key is used elsewhere.",
    everywhere: true,
    needs: CONFIGURATIONS,
    refs: &["https://tekton.dev/docs/chains/signing/", "https://docs.sigstore.dev/cosign/key_management/overview/"],
    maps: &[("cwe", &["CWE-321", "CWE-522"]), ("owasp_cicd", &["CICD-SEC-6", "CICD-SEC-9"])],
    probe: Probe::Object(&[kinds::SECRET], probe),
    ..Check::BASE
};

fn probe(secret: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    if secret.name != "signing-secrets" {
        return Verdict::Unseen;
    }
    let of_kind = |kind| scan.evidence.of_kind_in(secret.world, kind);
    let beside = |object: &&Object<'_>| object.namespace.is_none() || object.namespace == secret.namespace;
    let told = |kind| of_kind(kind).filter(beside).filter_map(chains::configuration).map(|(field, _)| field).collect::<Vec<_>>();
    // the ConfigMap is what Chains reads; what an operator is told stands for it where it was not seen
    let configurations = CONFIGURATIONS.iter().map(|kind| told(*kind)).find(|found| !found.is_empty()).unwrap_or_default();
    // of copies each has to do without the key
    if !configurations.is_empty() && configurations.iter().all(|one| is_idle(*one)) {
        return Verdict::Pass;
    }
    let mut places = ["stringData", "data"].into_iter().flat_map(|data| ["cosign.key", "x509.pem"].map(|key| secret.at(data).key(key)));
    let Some(key) = places.find(|place| !place.is_empty()) else { return Verdict::Unseen };
    let fault = key.fault("Tekton Chains signs with a private key that lies in a Secret").expected("Fulcio, or a KMS");
    if configurations.is_empty() { fault.missing(CONFIGURATIONS).into() } else { fault.into() }
}

/// Whether a configuration signs nothing with the key of the Secret.
fn is_idle(configuration: Field<'_>) -> bool {
    let by_kms = ARTIFACTS.iter().all(|one| configuration.key(one.signer).str() == "kms" || one.backends(configuration).next().is_none());
    let keyless = configuration.key("signers.x509.fulcio.enabled").as_string().str() == "true";
    keyless || by_kms && !configuration.key("signers.kms.kmsref").is_empty()
}
