//! Whoever may write to one repository, or make one object, can then change every namespace.

use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::{Field, GroupKind, Object, Scan, kinds};

pub(super) static CHECK: Check = Check {
    id: "gitops-project-unrestricted",
    title: "GitOps project accepts any source or destination",
    topic: "delivery",
    severity: Severity::Medium,
    why: "The controller acts with its own rights: a project that lets in any repository and any destination gives these to whoever writes an application of it.",
    fix: "Name the repositories and destinations of each project, and list the cluster-scoped kinds it may make; give Flux objects of tenants a `serviceAccountName`.",
    how: "Fails for a project of Argo CD that an application is of and that takes any repository, any namespace of any cluster (by stars alone, or by `https://` and stars; single ones that it denies change nothing), or any cluster-scoped kind; and for a Kustomization or HelmRelease of Flux without `serviceAccountName` outside the namespace of its controllers, which set no default account; that they refuse references to other namespaces does not change with whose rights it is applied. The only project of all, `default`, is for review. Does not apply to projects without an application, nor to Flux objects for other clusters.",
    blind: "Who may write to the repositories, and what the accounts may do: rbac-* looks at that.",
    needs: APPLICATIONS,
    beside: &[kinds::DEPLOYMENT],
    refs: &[
        "https://argo-cd.readthedocs.io/en/stable/user-guide/projects/",
        "https://fluxcd.io/flux/installation/configuration/multitenancy/",
    ],
    maps: &[("owasp_k8s_2022", &["K03"]), ("owasp_k8s_2025", &["K02"]), ("cwe", &["CWE-284"])],
    probe: Probe::Object(&[PROJECT, KUSTOMIZATION, HELM_RELEASE], probe),
    ..Check::BASE
};

const PROJECT: GroupKind = GroupKind::new("argoproj.io", "AppProject");
const APPLICATIONS: &[GroupKind] = &[GroupKind::new("argoproj.io", "Application"), GroupKind::new("argoproj.io", "ApplicationSet")];
const KUSTOMIZATION: GroupKind = GroupKind::new("kustomize.toolkit.fluxcd.io", "Kustomization");
const HELM_RELEASE: GroupKind = GroupKind::new("helm.toolkit.fluxcd.io", "HelmRelease");
const DEPLOYMENTS: &[GroupKind] = &[kinds::DEPLOYMENT];

fn probe(object: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    if object.is(PROJECT) { project(object, scan) } else { reconciliation(object, scan) }
}

fn project(project: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    let of_kind = |kind: &GroupKind| scan.evidence.of_kind_in(project.world, *kind);
    let is_of = |application: &Object<'_>| {
        let spec = if application.kind == "ApplicationSet" { application.at("spec.template.spec") } else { application.at("spec") };
        let named = spec.key("project").str();
        (if named.is_empty() { "default" } else { named }) == project.name || named.contains("{{")
    };
    if !APPLICATIONS.iter().flat_map(of_kind).any(is_of) {
        return Verdict::Skip("no application is of it".into());
    }
    let spec = project.at("spec");
    let any_source = spec.key("sourceRepos").items().find(|repository| matches!(repository.str(), "*" | "**" | "https://*" | "https://**"));
    let any_source =
        any_source.map(|item| item.fault("applications may come from any repository").expected("the repositories of the project"));
    let anywhere = spec.key("destinations").items().find(|one| {
        let server = one.key("server").str();
        let is_any_server = is_stars(server.strip_prefix("https://").unwrap_or(server)) || is_stars(one.key("name").str());
        is_any_server && is_stars(one.key("namespace").str())
    });
    let anywhere =
        anywhere.map(|item| item.fault("applications may go to any namespace of any cluster").expected("the namespaces of the project"));
    let all = spec.key("clusterResourceWhitelist").items().find(|one| one.key("group").str() == "*" && one.key("kind").str() == "*");
    let all = all.map(|item| item.fault("applications may make any cluster-scoped object").expected("the kinds that the project needs"));
    let alone = project.name == "default" && of_kind(&PROJECT).all(|other| other.name == "default");
    let faults = any_source.into_iter().chain(anywhere).chain(all);
    faults
        .map(
            |fault| {
                if alone { fault.reworded(|said| format!("{said}; with no other project, that may be a decision")).doubt() } else { fault }
            },
        )
        .collect()
}

/// Whether a pattern of a destination fits everything: its stars stop at nothing.
fn is_stars(pattern: &str) -> bool {
    !pattern.is_empty() && pattern.bytes().all(|byte| byte == b'*')
}

/// Without an account of its own, the controller's rights are used; its flags may rule that out.
fn reconciliation(object: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    let spec = object.at("spec");
    let namespace = object.namespace_or_empty();
    if spec.key("kubeConfig").exists() {
        return Verdict::Skip("it is for another cluster".into());
    }
    let account = spec.key("serviceAccountName");
    if !account.is_empty() {
        return Verdict::Pass;
    }
    let name = if object.is(KUSTOMIZATION) { "kustomize-controller" } else { "helm-controller" };
    let mut controllers = scan.evidence.of_kind_in(object.world, kinds::DEPLOYMENT).filter(|one| one.name == name).peekable();
    let own = controllers.peek().map_or("flux-system", |controller| controller.namespace_or_empty());
    if namespace == own || scan.is_system_namespace(namespace) {
        return Verdict::Skip("it lies beside its controllers, for those who run them".into());
    }
    let is_seen = controllers.peek().is_some();
    // to refuse references to other namespaces limits what is read, not the rights that it is applied with
    if is_seen && controllers.clone().all(has_default_account) {
        return Verdict::Pass;
    }
    let said = format!("{} {} is applied with the rights of {name}", object.kind, object.name);
    let fault: Fault = account.fault(said).expected("an account of the tenant");
    if is_seen { fault.into() } else { fault.missing(DEPLOYMENTS).into() }
}

/// Whether a controller is started with an account for whoever names none.
fn has_default_account(controller: &Object<'_>) -> bool {
    const FLAG: &str = "--default-service-account";
    let containers = controller.at("spec.template.spec.containers").items();
    let mut arguments = containers.flat_map(|container| ["command", "args"].map(|list| container.key(list))).flat_map(Field::items);
    let value = |argument: Field<'_>| argument.str().strip_prefix(FLAG)?.strip_prefix('=').map(|value| !value.is_empty());
    let joined = arguments.clone().find_map(value);
    joined.unwrap_or_else(|| arguments.any(|argument| argument.str() == FLAG) && arguments.next().is_some_and(|value| !value.is_empty()))
}
