//! A pod that switches AppArmor off loses the profile that its runtime would have given it.

use crate::checks::pss::{setters, standard};
use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::Pod;

pub(super) static CHECK: Check = Check {
    id: "pss-apparmor-unconfined",
    title: "AppArmor explicitly disabled",
    topic: "pss",
    severity: Severity::High,
    why: "On nodes with AppArmor a container gets the runtime's profile by default; switched off, a whole layer of access control is gone.",
    fix: "Delete the override, or name a profile of type Localhost.",
    how: "Fails where `appArmorProfile.type` of the pod or a container is neither RuntimeDefault nor Localhost, or where an annotation `container.apparmor.security.beta.kubernetes.io/NAME` is neither empty, `runtime/default` nor `localhost/…`. Only the annotations of the pod itself count, not those of the workload around it. Nothing set passes: the runtime then applies its own profile.",
    blind: "Whether a node has AppArmor at all, and what a Localhost profile allows.",
    refs: &[
        "https://kubernetes.io/docs/tutorials/security/apparmor/",
        "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
    ],
    maps: &[("pss", &["baseline"]), ("owasp_k8s_2022", &["K01"]), ("owasp_k8s_2025", &["K01"]), ("cwe", &["CWE-732"])],
    probe: Probe::Pod(probe),
    ..Check::BASE
};

const ANNOTATION: &str = "container.apparmor.security.beta.kubernetes.io/";

fn probe(pod: &Pod<'_>) -> Verdict {
    standard::judge(pod, &standard::APP_ARMOR, |_| by_field(pod).chain(by_annotation(pod)).collect())
}

fn by_field<'a>(pod: &Pod<'a>) -> impl Iterator<Item = Fault> + use<'a> {
    let profiles = setters::of(pod, "securityContext.appArmorProfile").map(|(setter, profile)| (setter, profile.key("type")));
    let refused = profiles.filter(|(_, kind)| !matches!(kind.str(), "RuntimeDefault" | "Localhost"));
    refused.map(|(setter, kind)| {
        let said = match kind.str() {
            "" => format!("{setter} has an AppArmor profile without a type"),
            kind => format!("{setter} sets the AppArmor profile {kind}"),
        };
        kind.fault(said).expected("RuntimeDefault or Localhost")
    })
}

/// The annotations of the pod itself, whatever container they name.
fn by_annotation<'a>(pod: &Pod<'a>) -> impl Iterator<Item = Fault> + use<'a> {
    let annotations = pod.metadata().key("annotations").entries().into_iter();
    let profiles = annotations.filter_map(|(key, value)| Some((key.strip_prefix(ANNOTATION)?, value)));
    let refused = profiles.filter(|(_, value)| {
        let profile = value.str();
        !(profile.is_empty() || profile == "runtime/default" || profile.starts_with("localhost/"))
    });
    refused.map(|(name, value)| {
        let said = format!("an annotation sets the AppArmor profile {} for container {name}", value.str());
        value.fault(said).expected("runtime/default or localhost/…")
    })
}
