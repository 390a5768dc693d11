//! A certificate of keyless signing lives for minutes: only the log, or a time stamp, tells that it was used while it did.

use crate::checks::{Assurance, Check, Probe, Severity, Verdict};
use crate::model::admission::kinds::{CLUSTER_POLICY, IMAGE_POLICY, NAMESPACED_IMAGE_POLICY, POLICY, SIGSTORE_POLICY};
use crate::model::{Field, Object, Scan};

pub(super) static CHECK: Check = Check {
    id: "sign-revocation-disabled",
    title: "verification ignores expiry, transparency or revocation",
    topic: "signing",
    severity: Severity::Medium,
    why: "Without the transparency log, a signature made with a stolen key or an expired certificate cannot be told from a good one, and nobody sees it.",
    fix: "Remove `ignoreTlog`, `ignoreSCT`, their `insecure…` kin and the empty `ctlog`, or have signatures carry a time stamp that is verified.",
    how: "Fails where a policy of Kyverno or policy-controller leaves out the transparency log or the proof that a certificate was logged, unless a time stamp authority is set. Does not apply to policies that verify no signature.",
    blind: "Commands in pipelines, trust policies of notation, and what is done when a key is lost.",
    assurance: Assurance::Configuration,
    refs: &[
        "https://docs.sigstore.dev/policy-controller/overview/",
        "https://kyverno.io/docs/policy-types/cluster-policy/verify-images/sigstore/",
    ],
    maps: &[("cwe", &["CWE-299", "CWE-324"])],
    probe: Probe::Object(&[CLUSTER_POLICY, POLICY, IMAGE_POLICY, NAMESPACED_IMAGE_POLICY, SIGSTORE_POLICY], probe),
    ..Check::BASE
};

fn probe(policy: &Object<'_>, _: &Scan<'_>) -> Verdict {
    let spec = policy.at("spec");
    let signers: Vec<(Field<'_>, Vec<Field<'_>>)> = match policy.group {
        "kyverno.io" => {
            let rules = spec.key("rules").items().flat_map(|rule| rule.key("verifyImages").items());
            let entries = rules.flat_map(|rule| rule.key("attestors").items()).flat_map(|set| set.key("entries").items());
            let parts =
                entries.flat_map(|entry| ["keys", "keyless", "certificates"].map(|key| entry.key(key))).filter(|part| part.exists());
            let switches = |part: Field<'_>| part.at("rekor.ignoreTlog").exists() || part.at("ctlog.ignoreSCT").exists();
            parts
                .map(|part| (part, if switches(part) { vec![part.at("rekor.ignoreTlog"), part.at("ctlog.ignoreSCT")] } else { Vec::new() }))
                .collect()
        }
        "policies.kyverno.io" => {
            let signers = spec.key("attestors").items().map(|one| one.key("cosign")).filter(|one| one.exists());
            let stamped = |one: Field<'_>| !one.at("ctlog.tsaCertChain").is_empty();
            let paths = ["ctlog.insecureIgnoreTlog", "ctlog.insecureIgnoreSCT"];
            signers.map(|one| (one, if stamped(one) { Vec::new() } else { paths.map(|path| one.at(path)).to_vec() })).collect()
        }
        _ => {
            let authorities = spec.key("authorities").items().filter(|one| one.key("key").exists() || one.key("keyless").exists());
            authorities.map(|one| (one, vec![one.at("keyless.insecureIgnoreSCT")])).collect()
        }
    };
    if signers.is_empty() {
        return Verdict::Skip("it verifies no signature".into());
    }
    let off = signers.iter().flat_map(|(_, switches)| switches).filter(|switch| switch.is_true());
    let off = off.map(|switch| {
        switch.fault(format!("{} {} does not ask whether signatures were logged", policy.kind, policy.name)).expected("false or absent")
    });
    let unlogged = signers.iter().map(|(one, _)| *one).filter(|one| {
        let log = one.key("ctlog");
        let is_empty = log.exists() && log.key("url").is_empty() && log.key("trustRootRef").is_empty();
        policy.is(SIGSTORE_POLICY) && is_empty && one.key("rfc3161timestamp").is_empty()
    });
    let unlogged = unlogged.map(|one| {
        one.key("ctlog")
            .fault(format!("an empty ctlog of {} switches the transparency log off", policy.name))
            .expected("a url, or no ctlog")
    });
    off.chain(unlogged).collect()
}
