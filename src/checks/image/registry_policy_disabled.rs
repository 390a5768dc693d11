//! What a registry hands out, everybody who may pull can run.

use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::{Field, GroupKind, Object, Scan};
use crate::settings::{Default, Setting};

pub(super) static CHECK: Check = Check {
    id: "registry-policy-disabled",
    title: "registry project hands out unsigned or vulnerable images",
    topic: "image",
    severity: Severity::Low,
    why: "Where neither the registry nor admission refuses it, an image that nobody signed, or that is known to be vulnerable, runs as well as any other.",
    fix: "Switch on content trust (Cosign) and the prevention of vulnerable images in the project, with the threshold that holds for you, and scan on push.",
    how: "Reads projects of Harbor as objects (HarborProject of its operator, Project of Crossplane's providers). Fails for one that lets unsigned images be pulled, or vulnerable ones, or whose threshold is above the setting (high); what is not set is off in Harbor. Whether images of the project are used is not asked.",
    settings: &[&SEVERITY],
    blind: "Projects that are not described by objects, other registries, and what admission refuses in their place.",
    refs: &[
        "https://goharbor.io/docs/main/working-with-projects/project-configuration/",
        "https://github.com/goharbor/harbor-operator/blob/main/docs/CRD/custom-resource-definition.md",
    ],
    maps: &[("owasp_k8s_2022", &["K02"])],
    probe: Probe::Object(PROJECTS, probe),
    ..Check::BASE
};

static SEVERITY: Setting = Setting {
    key: "registry_severity",
    help: "Images with vulnerabilities of this severity or above must not be handed out by a registry.",
    default: Default::Choice(&["high", "critical", "medium", "low"]),
};

const PROJECTS: &[GroupKind] = &[
    GroupKind::new("goharbor.io", "HarborProject"),
    GroupKind::new("project.harbor.crossplane.io", "Project"),
    GroupKind::new("project.harbor.m.crossplane.io", "Project"),
];

/// From the least to the worst; Harbor's `none` refuses whatever has any.
const SEVERITIES: &[&str] = &["none", "low", "medium", "high", "critical"];

fn probe(project: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    let limit = scan.settings.choice(&SEVERITY);
    let faults = if project.kind == "HarborProject" {
        let settings = project.at("spec.metadata");
        let trusted = ["enableContentTrustCosign", "enableContentTrust"];
        [unsigned(project, settings, trusted), vulnerable(project, settings.key("preventVulnerable"), settings.key("severity"), limit)]
    } else {
        let top = project.at("spec.forProvider");
        // one provider has them in a mapping of their own, by the names that Harbor gives them
        let inner = top.key("metadata");
        let is_inner = |key: &'static str| inner.key_if_mapping(key).exists();
        let settings =
            if ["preventVulnerable", "enableContentTrust", "enableContentTrustCosign"].into_iter().any(is_inner) { inner } else { top };
        let trusted = ["enableContentTrustCosign", "enableContentTrust"];
        let own = settings.key("preventVulnerable");
        let prevents = if own.exists() { own } else { settings.key("preventVulnerableImages") };
        let severity = settings.key("severity");
        // one provider knows a threshold alone, which switches prevention on
        let threshold = settings.key("deploymentSecurity");
        let vulnerable =
            if threshold.is_empty() { vulnerable(project, prevents, severity, limit) } else { above(project, threshold, limit) };
        [unsigned(project, settings, trusted), vulnerable]
    };
    faults.into_iter().flatten().collect()
}

fn unsigned(project: &Object<'_>, settings: Field<'_>, switches: [&'static str; 2]) -> Option<Fault> {
    let on = switches.iter().any(|key| settings.key(key).is_true());
    let field = settings.key(switches[0]);
    (!on).then(|| field.fault(format!("project {} hands out images that nobody signed", project.name)).expected("true"))
}

fn vulnerable(project: &Object<'_>, prevents: Field<'_>, severity: Field<'_>, limit: &str) -> Option<Fault> {
    if !prevents.is_true() {
        return Some(prevents.fault(format!("project {} hands out images that are known to be vulnerable", project.name)).expected("true"));
    }
    above(project, severity, limit)
}

/// A threshold above which images are refused that is too high, or none.
fn above(project: &Object<'_>, severity: Field<'_>, limit: &str) -> Option<Fault> {
    let rank = |word: &str| SEVERITIES.iter().position(|known| word.eq_ignore_ascii_case(known));
    let (own, most) = (rank(severity.str()), rank(limit)?);
    let said = || format!("project {} hands out images with vulnerabilities below {}", project.name, severity.str());
    match own {
        Some(own) if own > most => Some(severity.fault(said()).expected(format!("{limit} or below"))),
        Some(_) => None,
        None if severity.is_empty() => None,
        None => Some(severity.fault(format!("project {} has a threshold that is not known", project.name)).doubt()),
    }
}
