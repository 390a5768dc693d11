//! What somebody changes by hand stays, and nobody notices.

use crate::checks::{Assurance, Check, Fault, Probe, Severity, Verdict};
use crate::model::{Field, GroupKind, Object, Scan, time};

pub(super) static CHECK: Check = Check {
    id: "gitops-drift-not-corrected",
    title: "running configuration drift is not detected or corrected",
    topic: "delivery",
    severity: Severity::Low,
    why: "A change that an attacker, or a colleague in a hurry, makes in the cluster stays there while Git says otherwise.",
    fix: "Set `syncPolicy.automated.selfHeal: true` (Argo CD) or `driftDetection.mode: enabled` (Flux HelmReleases), and resume what is suspended.",
    how: "Fails for an Application of Argo CD that is not synced by itself or does not heal itself, for a suspended Kustomization or HelmRelease of Flux, for a HelmRelease without drift detection, and for what its controller has called not ready for more than a day. Is for review where differences of security fields are ignored, and where an Application is out of sync, as since when is not said.",
    blind: "Workloads that no reconciler manages, and who changes things by hand.",
    assurance: Assurance::Enforcement,
    refs: &[
        "https://argo-cd.readthedocs.io/en/stable/user-guide/auto_sync/",
        "https://fluxcd.io/flux/components/helm/helmreleases/#drift-detection",
    ],
    maps: &[("owasp_k8s_2022", &["K04"]), ("owasp_k8s_2025", &["K04"]), ("mitre", &["T1562"]), ("cwe", &["CWE-778"])],
    probe: Probe::Object(RECONCILED, probe),
    ..Check::BASE
};

const RECONCILED: &[GroupKind] = &[
    GroupKind::new("argoproj.io", "Application"),
    GroupKind::new("argoproj.io", "ApplicationSet"),
    GroupKind::new("kustomize.toolkit.fluxcd.io", "Kustomization"),
    GroupKind::new("helm.toolkit.fluxcd.io", "HelmRelease"),
    GroupKind::new("configsync.gke.io", "RootSync"),
    GroupKind::new("configsync.gke.io", "RepoSync"),
];

fn probe(object: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    let spec = object.at("spec");
    match object.kind {
        "Application" => argo(spec, object).into_iter().chain(out_of_sync(object)).collect(),
        "ApplicationSet" => argo(spec.at("template.spec"), object).into(),
        // Config Sync always puts back what is changed
        "RootSync" | "RepoSync" => Verdict::Pass,
        kind => {
            let suspend = spec.key("suspend");
            let suspended =
                suspend.is_true().then(|| suspend.fault(format!("{kind} {} is suspended", object.name)).expected("false or absent"));
            let detection = if kind == "HelmRelease" { undetected(spec, object) } else { None };
            let stuck = if suspended.is_none() { not_ready(object, scan) } else { None };
            suspended.into_iter().chain(detection).chain(stuck).collect()
        }
    }
}

fn argo(spec: Field<'_>, object: &Object<'_>) -> Vec<Fault> {
    let automated = spec.at("syncPolicy.automated");
    let (heal, enabled) = (automated.key("selfHeal"), automated.key("enabled"));
    let fault = |field: Field<'_>, said: &str| field.fault(format!("{} {} {said}", object.kind, object.name)).expected("selfHeal: true");
    let off = match () {
        () if !automated.exists() => Some(fault(automated, "is synced by hand only")),
        () if enabled.bool() == Some(false) => Some(fault(enabled, "is synced by hand only")),
        () if heal.bool() != Some(true) => Some(fault(heal, "leaves what is changed in the cluster as it is")),
        () => None,
    };
    let ignored = spec
        .key("ignoreDifferences")
        .items()
        .flat_map(|one| ["jsonPointers", "jqPathExpressions"].into_iter().flat_map(move |key| one.key(key).items()));
    off.into_iter().chain(ignored.filter_map(of_security)).collect()
}

/// Differences of a field that security rests on are not put back.
fn of_security(path: Field<'_>) -> Option<Fault> {
    const FIELDS: [&str; 10] = [
        "securityContext",
        "image",
        "serviceAccount",
        "hostNetwork",
        "hostPID",
        "hostIPC",
        "volumes",
        "/rules",
        "roleRef",
        "failurePolicy",
    ];
    let text = path.str();
    let is_wide = matches!(text, "/spec" | "/spec/template" | "/spec/template/spec" | "." | ".spec");
    let about = is_wide || FIELDS.iter().any(|field| text.contains(field));
    about.then(|| path.fault(format!("differences of {text} are ignored")).expected("no security field").doubt())
}

fn out_of_sync(object: &Object<'_>) -> Option<Fault> {
    let status = object.at("status.sync.status");
    (status.str() == "OutOfSync")
        .then(|| status.fault(format!("{} is out of sync; since when is not said", object.name)).expected("Synced").doubt())
}

fn undetected(spec: Field<'_>, object: &Object<'_>) -> Option<Fault> {
    let detection = spec.key("driftDetection");
    let mode = detection.key("mode");
    if matches!(mode.str(), "" | "disabled") {
        let said = format!("HelmRelease {} does not notice what is changed in the cluster", object.name);
        return Some(mode.fault(said).expected("enabled"));
    }
    detection.key("ignore").items().flat_map(|one| one.key("paths").items()).find_map(of_security)
}

fn not_ready(object: &Object<'_>, scan: &Scan<'_>) -> Option<Fault> {
    let mut conditions = object.at("status.conditions").items();
    let ready = conditions.find(|one| one.key("type").str() == "Ready" && one.key("status").str() == "False")?;
    let then = time::read(ready.key("lastTransitionTime").str()).filter(|then| time::is_older(*then, scan.now, 1))?;
    let said = format!("{} {} has not been applied for {} days", object.kind, object.name, time::days(then, scan.now));
    Some(ready.key("status").fault(said).expected("ready"))
}
