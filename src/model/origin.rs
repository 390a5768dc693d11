//! The Git source of an object that was read from no file, as far as what deployed it has written it down.
//!
//! kustomize may say repository and file; Argo CD and Flux say the name of an object that names repository and folder.
//! Helm says the name of a release alone, which tells no source.

use crate::model::evidence::Evidence;
use crate::model::kinds::GroupKind;
use crate::model::object::Object;

const APPLICATION: GroupKind = GroupKind::new("argoproj.io", "Application");
const KUSTOMIZATION: GroupKind = GroupKind::new("kustomize.toolkit.fluxcd.io", "Kustomization");
const HELM_RELEASE: GroupKind = GroupKind::new("helm.toolkit.fluxcd.io", "HelmRelease");
const GIT_REPOSITORY: GroupKind = GroupKind::new("source.toolkit.fluxcd.io", "GitRepository");

/// The kinds that are asked.
pub const KINDS: &[GroupKind] = &[APPLICATION, KUSTOMIZATION, HELM_RELEASE, GIT_REPOSITORY];

/// Where in Git something comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitSource {
    /// Its URL, without credentials and without `.git`.
    pub repository: String,
    /// The file, or the folder where that is all that is known, from the repository's root.
    pub path: String,
}

/// The source of an object; `None` when nothing tells it.
#[must_use]
pub fn of(object: &Object<'_>, evidence: &Evidence<'_>) -> Option<GitSource> {
    let origin = origin(object.annotation("config.kubernetes.io/origin").str());
    if let (Some(repository), Some(file)) = (&origin.repository, &origin.file) {
        return source(repository, "", file);
    }
    let (repository, folder) =
        argo(object, evidence).or_else(|| flux_kustomization(object, evidence)).or_else(|| flux_release(object, evidence))?;
    // a file of the build is told from the folder that it was built in
    source(&repository, &folder, origin.file.as_deref().unwrap_or_default())
}

#[derive(Default)]
struct Origin {
    repository: Option<String>,
    file: Option<String>,
}

/// What kustomize writes: a few lines of YAML, of which those at the margin matter.
fn origin(text: &str) -> Origin {
    let mut origin = Origin::default();
    let mut maker = None;
    for (key, value) in text.lines().filter_map(|line| line.split_once(':')) {
        let value = value.trim().trim_matches(['"', '\'']);
        match key {
            _ if value.is_empty() => {}
            "repo" => origin.repository = Some(value.to_owned()),
            "path" => origin.file = Some(value.to_owned()),
            // of what a generator made there is no file but the one that configures it
            "configuredIn" => maker = Some(value.to_owned()),
            _ => {}
        }
    }
    origin.file = origin.file.or(maker);
    origin
}

/// `APP:GROUP/KIND:NAMESPACE/NAME`; an annotation that was copied from another object names that.
fn argo(object: &Object<'_>, evidence: &Evidence<'_>) -> Option<(String, String)> {
    let mut parts = object.annotation("argocd.argoproj.io/tracking-id").str().splitn(3, ':');
    let (app, kind, name) = (parts.next()?, parts.next()?, parts.next()?);
    if kind.rsplit('/').next() != Some(object.kind) || name.rsplit('/').next() != Some(object.name) {
        return None;
    }
    // an application outside of Argo CD's own namespace stands with its namespace before it
    let (namespace, app) = app.split_once('_').map_or((None, app), |(namespace, app)| (Some(namespace), app));
    let application = only(evidence, object.world, APPLICATION, app, namespace)?;
    let several = application.at("spec.sources");
    let mut sources = std::iter::once(application.at("spec.source")).chain(several.items()).filter(|source| source.key("path").exists());
    let (source, other) = (sources.next()?, sources.next());
    let is_one = other.is_none() && several.items().count() < 2;
    is_one.then(|| (source.key("repoURL").str().to_owned(), source.key("path").str().to_owned()))
}

fn flux_kustomization(object: &Object<'_>, evidence: &Evidence<'_>) -> Option<(String, String)> {
    let label = |key| object.label(key).text();
    let (name, namespace) = (label("kustomize.toolkit.fluxcd.io/name")?, label("kustomize.toolkit.fluxcd.io/namespace"));
    let kustomization = only(evidence, object.world, KUSTOMIZATION, name, namespace)?;
    let repository = repository(&kustomization, "spec.sourceRef", evidence)?;
    Some((repository, kustomization.at("spec.path").str().to_owned()))
}

fn flux_release(object: &Object<'_>, evidence: &Evidence<'_>) -> Option<(String, String)> {
    let label = |key| object.label(key).text();
    let (name, namespace) = (label("helm.toolkit.fluxcd.io/name")?, label("helm.toolkit.fluxcd.io/namespace"));
    let release = only(evidence, object.world, HELM_RELEASE, name, namespace)?;
    // of a chart that comes from no Git repository there is no source here
    let repository = repository(&release, "spec.chart.spec.sourceRef", evidence)?;
    Some((repository, release.at("spec.chart.spec.chart").str().to_owned()))
}

/// The URL of the GitRepository that an object of Flux refers to.
fn repository(object: &Object<'_>, path: &'static str, evidence: &Evidence<'_>) -> Option<String> {
    let reference = object.at(path);
    if reference.key("kind").text() != Some("GitRepository") {
        return None;
    }
    let namespace = reference.key("namespace").text().or(object.namespace);
    let source = only(evidence, object.world, GIT_REPOSITORY, reference.key("name").str(), namespace)?;
    source.at("spec.url").text().map(str::to_owned)
}

/// The only object of a kind and name; in a namespace, where it is known.
fn only<'e>(evidence: &Evidence<'e>, world: u16, kind: GroupKind, name: &str, namespace: Option<&str>) -> Option<Object<'e>> {
    let fits = |object: &&Object<'_>| object.name == name && namespace.is_none_or(|namespace| object.namespace == Some(namespace));
    let mut found = evidence.of_kind_in(world, kind).filter(fits);
    let first = found.next()?;
    found.next().is_none().then_some(*first)
}

/// A source by URL, folder and file; `None` when the way leads out of the repository, or nowhere.
fn source(repository: &str, folder: &str, file: &str) -> Option<GitSource> {
    let repository = plain_url(repository)?;
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(file.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    let path = parts.join("/");
    (!path.is_empty()).then_some(GitSource { repository, path })
}

/// One spelling for the ways to name a repository. User names and tokens are left out.
fn plain_url(url: &str) -> Option<String> {
    let rest = match url.split_once("://") {
        Some(("https" | "http" | "ssh" | "git", rest)) => rest.to_owned(),
        Some(_) => return None,
        // `git@github.com:owner/name`
        None => url.split_once('@').map_or(url, |(_, rest)| rest).replacen(':', "/", 1),
    };
    let (host, path) = rest.split_once('/')?;
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host).to_lowercase();
    let path = path.split(['?', '#']).next().unwrap_or_default().trim_matches('/').trim_end_matches(".git");
    let is_plain = |text: &str| !text.is_empty() && !text.contains(char::is_whitespace) && !text.contains(char::is_control);
    (is_plain(&host) && is_plain(path)).then(|| format!("https://{host}/{path}"))
}

#[cfg(test)]
mod tests {
    use super::{plain_url, source};

    #[test]
    fn repositories_have_one_spelling_and_no_credentials() {
        for url in [
            "https://github.com/shop/deploy",
            "https://github.com/shop/deploy.git",
            "https://ci:t0ken@GitHub.com/shop/deploy.git/",
            "git@github.com:shop/deploy.git",
            "ssh://git@github.com/shop/deploy",
        ] {
            assert_eq!(plain_url(url).as_deref(), Some("https://github.com/shop/deploy"), "{url}");
        }
        for other in ["oci://ghcr.io/shop/chart", "deploy", "", "https://github.com", "https://github.com/a b"] {
            assert_eq!(plain_url(other), None, "{other}");
        }
    }

    #[test]
    fn paths_stay_in_the_repository() {
        let path = |folder, file| source("https://github.com/shop/deploy", folder, file).map(|source| source.path);
        assert_eq!(path("./apps/prod/", "../base/web.yaml").as_deref(), Some("apps/base/web.yaml"));
        assert_eq!(path("apps/prod", "").as_deref(), Some("apps/prod"));
        assert_eq!(path("", "web.yaml").as_deref(), Some("web.yaml"));
        assert_eq!(path("apps", "../../etc/passwd"), None);
        assert_eq!(path("", ""), None);
    }
}
