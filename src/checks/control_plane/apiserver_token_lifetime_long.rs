//! How long a stolen service account token is good for.

use crate::checks::{Aspect, Check, Fault, Probe, Severity, Surface, Verdict};
use crate::model::time::DAY;
use crate::model::{Component, Role, kinds};

pub(super) static CHECK: Check = Check {
    id: "apiserver-token-lifetime-long",
    title: "service account tokens are signed weakly or live long",
    topic: "control_plane",
    severity: Severity::Medium,
    why: "A token that was copied out of a pod works until it ends: with the default, injected ones are good for a year.",
    fix: "Set `--service-account-extend-token-expiration=false` and `--service-account-max-token-expiration`; sign with a key of its own.",
    how: "Fails when no key is set that tokens are verified by, or it is the key of TLS; with low when `--service-account-extend-token-expiration` is not false; and when a pod asks for a token of more than 24 hours and no most is set. An external signer takes the place of the keys.",
    surfaces: &[Surface::Host, Surface::Cluster],
    needs: &[kinds::POD],
    blind: "Tokens asked for by TokenRequest, and a provider's control plane.",
    refs: &["https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/"],
    maps: &[
        ("cis", &["1.2.22", "1.2.30", "1.3.4"]),
        ("owasp_k8s_2022", &["K06", "K08"]),
        ("owasp_k8s_2025", &["K03", "K09"]),
        ("mitre", &["T1528"]),
        ("cwe", &["CWE-613"]),
    ],
    aspects: &[
        Aspect::roles(&[Role::ApiServer], "kube-apiserver/service-account-key-file"),
        Aspect::roles(&[Role::ApiServer], "kube-apiserver/service-account-extend-token-expiration"),
        Aspect::roles(&[Role::ApiServer], "kube-apiserver/service-account-max-token-expiration"),
    ],
    probe: Probe::Component(&[Role::ApiServer], probe),
    ..Check::BASE
};

fn probe(server: &Component<'_>) -> Verdict {
    let (keys, serving) = (server.flag("service-account-key-file"), server.flag("tls-private-key-file"));
    let (extend, most) = (server.flag("service-account-extend-token-expiration"), server.flag("service-account-max-token-expiration"));
    let mut faults = Vec::new();
    if server.flag("service-account-signing-endpoint").is_empty() {
        faults.extend(
            keys.fault_if(keys.is_empty(), || "no key is set that service account tokens are verified by")
                .map(|fault| fault.expected("a key of its own")),
        );
        let shared = !serving.is_empty() && server.list("service-account-key-file").contains(&serving.str());
        faults.extend(shared.then(|| keys.fault("service account tokens are verified by the key of TLS").expected("a key of its own")));
    }
    let long = extend.fault_if(extend.bool() != Some(false), || "injected tokens are good for a year after they should have ended");
    faults.extend(long.map(|fault| fault.expected("false").severity(Severity::Low)));
    if most.is_empty() {
        faults.extend(asked(server));
    }
    faults.into()
}

/// Pods of its cluster that ask for tokens of more than a day.
fn asked(server: &Component<'_>) -> Vec<Fault> {
    let evidence = server.scan().evidence;
    let pods = evidence.pods().iter().filter(|pod| server.serves(evidence.object(pod.object)));
    let sources = pods.flat_map(|pod| pod.volumes()).flat_map(|volume| volume.at("projected.sources").items());
    let lifetimes = sources.map(|source| source.at("serviceAccountToken.expirationSeconds"));
    let long = lifetimes.filter(|lifetime| lifetime.int().is_some_and(|seconds| seconds > DAY));
    long.map(|lifetime| {
        lifetime
            .fault(format!("a token of {} seconds is asked for, and the API server sets no most", lifetime.str()))
            .expected("86400 or less")
            .about(&["service-account-max-token-expiration"])
    })
    .collect()
}
