//! A signature by anybody is no signature.

use crate::checks::{Assurance, Check, Fault, Probe, Severity, Verdict};
use crate::model::admission::identity::{self, Breadth};
use crate::model::admission::kinds::{CLUSTER_POLICY, IMAGE_POLICY, NAMESPACED_IMAGE_POLICY, POLICY, SIGSTORE_POLICY};
use crate::model::{GroupKind, Object, Scan};

pub(super) static CHECK: Check = Check {
    id: "sign-identity-unconstrained",
    title: "verifier trusts too many signers",
    topic: "signing",
    severity: Severity::High,
    why: "Anybody can get a certificate of a public signing service: without the issuer and the subject written out, his signature is as good as yours.",
    fix: "Write out the issuer and the subject of keyless signatures, or a pattern that is anchored and names the repository and the workflow.",
    how: "Fails for a keyless verifier (Kyverno, policy-controller, Flux) without issuer or subject, or with a pattern that fits anybody (it is tried on strangers); for a static pass of every image; and, as medium, for a regular expression that is not anchored. Is for review where a pattern takes a whole organisation, or is not understood. Does not apply to objects that verify nothing without a key.",
    blind: "Verifiers in pipelines and scripts, and trust policies of notation; whose a key is.",
    assurance: Assurance::Enforcement,
    refs: &[
        "https://docs.sigstore.dev/policy-controller/overview/",
        "https://kyverno.io/docs/policy-types/cluster-policy/verify-images/sigstore/",
        "https://fluxcd.io/flux/components/source/ocirepositories/#verification",
    ],
    maps: &[
        ("cwe", &["CWE-863", "CWE-347", "CWE-295"]),
        ("owasp_cicd", &["CICD-SEC-9"]),
        ("owasp_k8s_2022", &["K02"]),
        ("mitre", &["T1195.002"]),
    ],
    probe: Probe::Object(VERIFIERS, probe),
    ..Check::BASE
};

const VERIFIERS: &[GroupKind] = &[
    CLUSTER_POLICY,
    POLICY,
    IMAGE_POLICY,
    NAMESPACED_IMAGE_POLICY,
    SIGSTORE_POLICY,
    GroupKind::new("source.toolkit.fluxcd.io", "OCIRepository"),
    GroupKind::new("source.toolkit.fluxcd.io", "HelmChart"),
    GroupKind::new("helm.toolkit.fluxcd.io", "HelmRelease"),
    GroupKind::new("tekton.dev", "VerificationPolicy"),
];

fn probe(object: &Object<'_>, _: &Scan<'_>) -> Verdict {
    let verifiers = identity::of(object);
    if verifiers.is_empty() {
        return Verdict::Skip("it verifies nothing by identity".into());
    }
    let who = format!("{} {}", object.kind, object.name);
    let fault = |(field, breadth): (crate::model::Field<'_>, Breadth)| -> Option<Fault> {
        let said = |words: &str| field.fault(format!("{who} {words}")).expected("issuer and subject, written out");
        match breadth {
            Breadth::Narrow => None,
            Breadth::Anybody => Some(said("takes a signature of anybody")),
            Breadth::Unanchored => {
                Some(said("takes any identity that this pattern occurs in, as it is not anchored").severity(Severity::Medium))
            }
            Breadth::Unread => Some(said("takes whoever fits this pattern, which is not understood").doubt()),
            Breadth::Organisation => Some(said("takes whatever a whole organisation signs").doubt()),
        }
    };
    verifiers.into_iter().filter_map(fault).collect()
}
