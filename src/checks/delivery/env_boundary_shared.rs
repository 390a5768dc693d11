//! What tests share with production, a test may break, or read.

use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::environment::{self, APPLICATION, Deployed, Environment};
use crate::model::{GroupKind, Object, Scan, kinds};

pub(super) static CHECK: Check = Check {
    id: "env-boundary-shared",
    title: "production shares its target with other environments",
    topic: "delivery",
    severity: Severity::High,
    why: "What runs beside production, or deploys to where it is, reaches its data, its secrets and its network.",
    fix: "Give production a cluster of its own, and an AppProject that no application of another environment is of.",
    how: "Environments are known by labels (`environment`, `env`) or words in names and folders. Fails when applications of Argo CD of production and of another environment go to the same namespace of the same cluster, and when the project of an application that is not of production names the destination of one that is. Is for review when they share a cluster, which is said once of each, or when a cluster has namespaces of both. Does not apply where production and another environment are not both seen.",
    unread: true,
    blind: "Accounts, networks, nodes and credentials that environments share; ApplicationSets, and what Flux and others deploy; pipelines, Terraform and files of repositories are not read yet.",
    settings: &[&environment::PRODUCTION_NAMES, &environment::TEST_NAMES],
    needs: &[APPLICATION, PROJECT, kinds::NAMESPACE],
    refs: &["https://argo-cd.readthedocs.io/en/stable/user-guide/projects/", "https://kubernetes.io/docs/concepts/security/multi-tenancy/"],
    maps: &[("cwe", &["CWE-653"]), ("owasp_k8s_2022", &["K07"]), ("owasp_k8s_2025", &["K05"]), ("owasp_cicd", &["CICD-SEC-5"])],
    probe: Probe::Scan(probe),
    ..Check::BASE
};

const PROJECT: GroupKind = GroupKind::new("argoproj.io", "AppProject");

fn probe(scan: &Scan<'_>) -> Verdict {
    let mut deployed: Vec<_> = environment::applications(scan).collect();
    // what is said once is said of the first by name, whatever the order of files
    deployed.sort_by_key(|one| (one.application.name, one.target));
    let (production, others): (Vec<_>, Vec<_>) = deployed.into_iter().partition(|one| one.environment == Environment::Production);
    let spaces = namespaces(scan);
    if (production.is_empty() || others.is_empty()) && spaces.is_none() {
        return Verdict::Skip("production and another environment are not both seen".into());
    }
    let mut shared: Vec<&str> = Vec::new();
    let mut faults = Vec::new();
    for other in &others {
        let beside = production.iter().filter(|one| one.target.cluster == other.target.cluster);
        let same = beside.clone().find(|one| one.target.namespace == other.target.namespace);
        if let Some(same) = same {
            faults.push(of_namespace(other, same));
        } else if let Some(one) = beside.clone().next().filter(|_| !shared.contains(&other.target.cluster)) {
            shared.push(other.target.cluster);
            faults.push(of_cluster(other, one));
        }
    }
    faults.extend(scan.evidence.of_kind(PROJECT).filter_map(|project| of_project(project, &production, &others)));
    faults.extend(spaces);
    faults.into_iter().map(Fault::of_its_object).collect()
}

fn of_namespace(other: &Deployed<'_, '_>, one: &Deployed<'_, '_>) -> Fault {
    let said = format!(
        "application {} of the {} environment goes to namespace {}, as {} of production does",
        other.application.name,
        other.environment.as_str(),
        other.target.namespace,
        one.application.name
    );
    other.destination.key("namespace").fault(said).expected("a target that production does not have")
}

fn of_cluster(other: &Deployed<'_, '_>, one: &Deployed<'_, '_>) -> Fault {
    let server = other.destination.key("server");
    let field = if server.exists() { server } else { other.destination.key("name") };
    let said = format!(
        "application {} of the {} environment goes to the cluster that {} of production goes to",
        other.application.name,
        other.environment.as_str(),
        one.application.name
    );
    field.fault(said).expected("another cluster").severity(Severity::Medium).doubt()
}

/// A project that lets another environment's applications go to where production is. One for any target is
/// gitops-project-unrestricted's.
fn of_project(project: &Object<'_>, production: &[Deployed<'_, '_>], others: &[Deployed<'_, '_>]) -> Option<Fault> {
    let is_of = |one: &&Deployed<'_, '_>| {
        let named = one.application.at("spec.project").str();
        let own = one.application;
        (if named.is_empty() { "default" } else { named }) == project.name && own.world == project.world
    };
    let other = others.iter().find(is_of)?;
    let mut found = project.at("spec.destinations").items().filter_map(|item| {
        let (server, name, namespace) = (item.key("server").str(), item.key("name").str(), item.key("namespace").str());
        let goes_there = |one: &&Deployed<'_, '_>| {
            let cluster = one.target.cluster;
            (server.trim_end_matches('/') == cluster || name == cluster) && namespace == one.target.namespace
        };
        // where it goes itself is said of it
        production.iter().find(goes_there).filter(|one| one.target != other.target).map(|one| (item, one))
    });
    let (item, one) = found.next()?;
    let said = format!(
        "project {} lets application {} of the {} environment go to where {} of production is",
        project.name,
        other.application.name,
        other.environment.as_str(),
        one.application.name
    );
    Some(item.key("namespace").fault(said).expected("no destination of production"))
}

/// Namespaces of production and of another environment in one cluster.
fn namespaces(scan: &Scan<'_>) -> Option<Fault> {
    let mut all: Vec<_> = environment::namespaces(scan).collect();
    all.sort_by_key(|(namespace, ..)| namespace.name);
    let (one, ..) = all.iter().find(|(_, environment, _)| *environment == Environment::Production)?;
    let (other, environment, field) =
        all.iter().find(|(object, environment, _)| *environment != Environment::Production && object.world == one.world)?;
    let said =
        format!("namespaces {} of the {} environment and {} of production are in one cluster", other.name, environment.as_str(), one.name);
    Some(field.fault(said).expected("another cluster").severity(Severity::Medium).doubt())
}
