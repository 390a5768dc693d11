//! Whoever can push, or stands between, decides what the controller applies with its rights.

use crate::checks::{Assurance, Check, Probe, Severity, Verdict};
use crate::model::image::matches;
use crate::model::{Field, GroupKind, Object, Scan};

pub(super) static CHECK: Check = Check {
    id: "gitops-source-unverified",
    title: "GitOps tool applies configuration without verifying its signature",
    topic: "delivery",
    severity: Severity::Medium,
    why: "An account, a mirror or a registry that somebody took over is enough to have anything applied.",
    fix: "Set `spec.verify` on the sources of Flux, and `signatureKeys` or `sourceIntegrity` on the projects of Argo CD.",
    how: "Fails for a Git or OCI source of Flux that a Kustomization or HelmRelease uses without `verify`, or that verifies tags while it tracks a branch; for a HelmRelease of a chart in an OCI registry without `verify`; and for an Application or ApplicationSet of Argo CD whose project asks for no signature of its repository. Is for review for buckets, Helm repositories and charts, which cannot be verified there. Does not apply to sources that nothing uses.",
    blind: "Whose the keys are; whether ARGOCD_GPG_ENABLED switches verification off; files and scripts of pipelines are not read.",
    assurance: Assurance::Enforcement,
    needs: USERS,
    beside: &[HELM_REPOSITORY],
    refs: &[
        "https://fluxcd.io/flux/components/source/gitrepositories/#verification",
        "https://argo-cd.readthedocs.io/en/stable/user-guide/gpg-verification/",
    ],
    maps: &[("cwe", &["CWE-347"]), ("owasp_cicd", &["CICD-SEC-9"]), ("owasp_k8s_2022", &["K02"]), ("mitre", &["T1195.002"])],
    probe: Probe::Object(SUBJECTS, probe),
    ..Check::BASE
};

const PROJECT: GroupKind = GroupKind::new("argoproj.io", "AppProject");
const PROJECTS: &[GroupKind] = &[PROJECT];
const HELM_RELEASE: GroupKind = GroupKind::new("helm.toolkit.fluxcd.io", "HelmRelease");
const HELM_REPOSITORY: GroupKind = GroupKind::new("source.toolkit.fluxcd.io", "HelmRepository");
const USERS: &[GroupKind] = &[GroupKind::new("kustomize.toolkit.fluxcd.io", "Kustomization"), HELM_RELEASE, PROJECT];
const SUBJECTS: &[GroupKind] = &[
    GroupKind::new("source.toolkit.fluxcd.io", "GitRepository"),
    GroupKind::new("source.toolkit.fluxcd.io", "OCIRepository"),
    GroupKind::new("source.toolkit.fluxcd.io", "Bucket"),
    HELM_RELEASE,
    GroupKind::new("argoproj.io", "Application"),
    GroupKind::new("argoproj.io", "ApplicationSet"),
];

fn probe(object: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    match object.kind {
        "Application" => application(object, object.at("spec"), scan),
        "ApplicationSet" if object.live => Verdict::Skip("the Applications that it makes are judged".into()),
        "ApplicationSet" => application(object, object.at("spec.template.spec"), scan),
        "HelmRelease" => release(object, scan),
        kind => {
            if !is_used(object, scan) {
                return Verdict::Skip("nothing is seen to use it".into());
            }
            source(object, kind)
        }
    }
}

fn source(source: &Object<'_>, kind: &str) -> Verdict {
    let spec = source.at("spec");
    let (verify, mode) = (spec.key("verify"), spec.at("verify.mode"));
    let fault =
        |field: Field<'_>, said: &str| field.fault(format!("{kind} {} {said}", source.name)).expected("verify, with keys or identities");
    match () {
        () if kind == "Bucket" => fault(spec, "cannot be verified").doubt().into(),
        () if !verify.exists() => fault(verify, "is applied whoever made it").into(),
        () if mode.str() == "Tag" && !spec.at("ref.branch").is_empty() => fault(mode, "tracks a branch, and only tags are verified").into(),
        () => Verdict::Pass,
    }
}

/// Whether a Kustomization or HelmRelease names a source.
fn is_used(source: &Object<'_>, scan: &Scan<'_>) -> bool {
    let users = USERS.iter().flat_map(|kind| scan.evidence.of_kind_in(source.world, *kind));
    let names = |user: &Object<'_>, reference: Field<'_>| {
        let namespace = reference.key("namespace").text().or(user.namespace);
        reference.key("kind").str() == source.kind && reference.key("name").str() == source.name && namespace == source.namespace
    };
    users
        .into_iter()
        .any(|user| ["spec.sourceRef", "spec.chart.spec.sourceRef", "spec.chartRef"].iter().any(|path| names(user, user.at(path))))
}

/// The chart of a release is verified by the release where it lies in an OCI registry.
fn release(release: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    let chart = release.at("spec.chart.spec");
    let reference = chart.key("sourceRef");
    if reference.key("kind").str() != "HelmRepository" {
        return Verdict::Skip("its source is judged by itself".into());
    }
    if chart.key("verify").exists() {
        return Verdict::Pass;
    }
    let namespace = reference.key("namespace").text().or(release.namespace);
    let mut repositories = scan.evidence.of_kind_in(release.world, HELM_REPOSITORY);
    let repository = repositories.find(|one| one.name == reference.key("name").str() && one.namespace == namespace);
    let is_oci = repository.is_some_and(|one| one.at("spec.type").str() == "oci" || one.at("spec.url").str().starts_with("oci://"));
    let said = format!("HelmRelease {} takes its chart whoever made it", release.name);
    if is_oci {
        return chart.key("verify").fault(said).expected("verify, with keys or identities").into();
    }
    reference
        .key("name")
        .fault(format!("{said}: outside an OCI registry it cannot be verified"))
        .expected("a chart in an OCI registry")
        .doubt()
        .into()
}

fn application(application: &Object<'_>, spec: Field<'_>, scan: &Scan<'_>) -> Verdict {
    let dry = spec.at("sourceHydrator.drySource");
    let single = [spec.key("source"), dry].into_iter().filter(|source| source.exists());
    let sources: Vec<_> = spec.key("sources").items().chain(single).collect();
    let named = spec.key("project").str();
    let name = if named.is_empty() { "default" } else { named };
    // one beside the application, else, as applications may lie in any namespace, one by its name
    let projects = || scan.evidence.of_kind_in(application.world, PROJECT).filter(|project| project.name == name);
    let project = projects().find(|project| project.namespace == application.namespace).or_else(|| projects().next());
    let faults = sources.into_iter().filter_map(|source| {
        let url = source.key("repoURL");
        if !source.key("chart").is_empty() || url.str().starts_with("oci://") {
            return Some(
                url.fault("signatures of charts are not verified by Argo CD").expected("a Git repository with signed commits").doubt(),
            );
        }
        let kind = application.kind.to_lowercase();
        let said = format!("{kind} {} is synced from {} whoever made the commit", application.name, shown(url.str()));
        let fault = || url.fault(said).expected("a project that asks for signatures");
        match project {
            Some(project) if asks(project, url.str()) => None,
            Some(_) => Some(fault()),
            // what a generator fills in does not show
            None if named.contains("{{") => Some(fault().doubt()),
            None => Some(fault().missing(PROJECTS)),
        }
    });
    faults.collect()
}

/// A URL without what may be a password.
fn shown(url: &str) -> &str {
    url.rsplit_once('@').map_or(url, |(_, rest)| rest)
}

/// Whether a project asks for signatures of a repository.
fn asks(project: &Object<'_>, url: &str) -> bool {
    let keys = project.at("spec.signatureKeys");
    let policies = project.at("spec.sourceIntegrity.git.policies");
    let mut of_repository = policies.items().filter(|policy| {
        let mut listed = policy.key("repos").items().map(|repository| repository.key("url").str());
        let (not, fits) = (
            listed.clone().any(|glob| glob.strip_prefix('!').is_some_and(|glob| matches(glob, url))),
            listed.any(|glob| matches(glob, url)),
        );
        fits && !not
    });
    !keys.is_empty() || of_repository.any(|policy| !matches!(policy.at("gpg.mode").str(), "" | "none"))
}
