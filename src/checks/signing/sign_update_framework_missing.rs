//! An update that only has to be signed may be an old one: whoever serves it can hold back, or bring back, what he likes.

use crate::checks::{Check, Probe, Severity, Verdict};
use crate::model::admission::kinds::{IMAGE_POLICY, NAMESPACED_IMAGE_POLICY};
use crate::model::{GroupKind, Object, Scan};

pub(super) static CHECK: Check = Check {
    id: "sign-update-framework-missing",
    title: "software updates lack a trusted update mechanism",
    topic: "signing",
    severity: Severity::Low,
    why: "Without metadata that tells what is newest, and until when that holds, an attacker between can freeze a system at a version that he can break.",
    fix: "Take trust roots from a TUF repository over https, and let image automation follow versions rather than the last tag by name.",
    how: "Fails for a trust root whose mirror is not read over https, and for an image policy of Flux that takes the last tag by name and writes no digest. Passes for a trust root from a TUF repository and for Bottlerocket's updates. Is for review for other automation, which has no metadata of its own on what is newest. Does not apply to image policies of Kyverno without TUF.",
    blind: "Updates that are made outside the cluster.",
    refs: &["https://theupdateframework.io/", "https://docs.sigstore.dev/policy-controller/overview/"],
    maps: &[("owasp_k8s_2022", &["K02"]), ("cwe", &["CWE-494"])],
    everywhere: true,
    probe: Probe::Object(UPDATERS, probe),
    ..Check::BASE
};

const UPDATERS: &[GroupKind] = &[
    GroupKind::new("policy.sigstore.dev", "TrustRoot"),
    IMAGE_POLICY,
    NAMESPACED_IMAGE_POLICY,
    GroupKind::new("image.toolkit.fluxcd.io", "ImagePolicy"),
    GroupKind::new("brupop.bottlerocket.aws", "BottlerocketShadow"),
    GroupKind::new("upgrade.cattle.io", "Plan"),
];

fn probe(object: &Object<'_>, _: &Scan<'_>) -> Verdict {
    let spec = object.at("spec");
    match object.kind {
        "TrustRoot" => {
            let (remote, keys) = (spec.key("remote"), spec.key("sigstoreKeys"));
            match () {
                () if remote.exists() => unsafe_mirror(remote).into(),
                () if spec.key("repository").exists() => Verdict::Pass,
                () => {
                    keys.fault("keys are given by hand, without metadata on how long they hold").expected("a TUF repository").doubt().into()
                }
            }
        }
        "ImagePolicy" => {
            let (policy, digests) = (spec.key("policy"), spec.key("digestReflectionPolicy"));
            let by_name = policy.key("alphabetical");
            if by_name.exists() && matches!(digests.str(), "" | "Never") {
                let said = format!("image policy {} takes the last tag by name, whatever stands behind it", object.name);
                return by_name.fault(said).expected("versions, or digests").into();
            }
            let said = "what is newest is what the registry says: no metadata tells whether it holds something back";
            policy.fault(said).expected("a TUF-based mechanism").doubt().into()
        }
        "Plan" => {
            let at = [spec.key("channel"), spec.key("version")].into_iter().find(|field| field.exists()).unwrap_or(spec);
            at.fault("nodes are upgraded by plan, without metadata on what is newest").doubt().into()
        }
        "BottlerocketShadow" => Verdict::Pass,
        _ => {
            let mut roots = spec.key("attestors").items().map(|one| one.at("cosign.tuf")).filter(|tuf| tuf.exists()).peekable();
            if roots.peek().is_none() {
                return Verdict::Skip("no TUF repository in it".into());
            }
            roots.filter_map(unsafe_mirror).collect()
        }
    }
}

fn unsafe_mirror(tuf: crate::model::Field<'_>) -> Option<crate::checks::Fault> {
    let mirror = tuf.key("mirror");
    mirror.str().starts_with("http://").then(|| mirror.fault("the trust root is read without TLS").expected("https"))
}
