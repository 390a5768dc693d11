//! What an exception matches: globs over the subject and the place of a finding.

use globset::{GlobBuilder, GlobMatcher};

use super::exception::Candidate;

/// A finding must satisfy each list that is not empty, by one of its globs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pattern {
    pub(crate) kinds: Vec<GlobMatcher>,
    pub(crate) namespaces: Vec<GlobMatcher>,
    pub(crate) names: Vec<GlobMatcher>,
    pub(crate) containers: Vec<GlobMatcher>,
    pub(crate) paths: Vec<GlobMatcher>,
    pub(crate) uris: Vec<GlobMatcher>,
    pub(crate) images: Vec<GlobMatcher>,
}

impl Pattern {
    /// Whether a finding is one of those meant.
    pub(crate) fn covers(&self, candidate: &Candidate<'_>) -> bool {
        any(&self.kinds, candidate.kind)
            && any(&self.namespaces, candidate.namespace)
            && any(&self.names, candidate.name)
            && any(&self.containers, candidate.container)
            && any(&self.paths, candidate.path)
            && any(&self.uris, candidate.uri.unwrap_or_default())
            && self.covers_images(candidate.images)
    }

    /// Whether every finding is one of those meant: it has no glob but such that fit any text.
    pub(crate) fn names_nothing(&self) -> bool {
        let lists = [&self.kinds, &self.namespaces, &self.names, &self.containers, &self.paths, &self.uris, &self.images];
        lists.into_iter().flatten().all(|glob| matches!(glob.glob().glob(), "*" | "**" | "**/*" | "**/**"))
    }

    /// Every image must be meant: an agent's image in a pod excuses nothing of what runs beside it.
    fn covers_images(&self, images: &[&str]) -> bool {
        let is_meant = |image: &&str| any(&self.images, &repository(image));
        self.images.is_empty() || !images.is_empty() && images.iter().all(is_meant)
    }
}

fn any(globs: &[GlobMatcher], text: &str) -> bool {
    globs.is_empty() || globs.iter().any(|glob| glob.is_match(text))
}

/// A glob over a name: `*` is any text.
pub(crate) fn word(glob: &str) -> Result<GlobMatcher, String> {
    compile(glob, false)
}

/// A glob over a file's name or an image repository: `*` stays within a part between slashes, `**` does not.
pub(crate) fn route(glob: &str) -> Result<GlobMatcher, String> {
    // what a folder's name means to whoever writes it
    let folder = glob.ends_with('/').then(|| format!("{glob}**"));
    compile(folder.as_deref().unwrap_or(glob), true)
}

/// A glob over a field path as findings have it, where `[0]` is a place in a list and no set of characters.
pub(crate) fn path(glob: &str) -> Result<GlobMatcher, String> {
    let literal: String = glob
        .chars()
        .map(|char| match char {
            '[' => "[[]".to_owned(),
            ']' => "[]]".to_owned(),
            other => other.to_string(),
        })
        .collect();
    compile(&literal, false)
}

fn compile(glob: &str, separated: bool) -> Result<GlobMatcher, String> {
    let built = GlobBuilder::new(glob).literal_separator(separated).build();
    built.map(|glob| glob.compile_matcher()).map_err(|error| format!("not a pattern: {}", error.kind()))
}

/// The repository of an image reference, with the registry that a short one means and without tag and digest.
fn repository(image: &str) -> String {
    let name = image.split_once('@').map_or(image, |(name, _)| name);
    let name = match name.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => name,
        _ => name,
    };
    let has_registry = name.split_once('/').is_some_and(|(host, _)| host.contains(['.', ':']) || host == "localhost");
    match (has_registry, name.contains('/')) {
        (true, _) => name.to_owned(),
        (false, true) => format!("docker.io/{name}"),
        (false, false) => format!("docker.io/library/{name}"),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on is a test that fails")]
mod tests {
    use super::*;

    #[test]
    fn repositories() {
        for (image, expected) in [
            ("nginx", "docker.io/library/nginx"),
            ("calico/node:v3.30.1", "docker.io/calico/node"),
            ("quay.io/cilium/cilium:v1.18@sha256:00", "quay.io/cilium/cilium"),
            ("localhost:5000/a/b", "localhost:5000/a/b"),
            ("registry.k8s.io/kube-proxy@sha256:00", "registry.k8s.io/kube-proxy"),
        ] {
            assert_eq!(repository(image), expected);
        }
    }

    #[test]
    fn paths_have_literal_brackets() {
        let glob = path("spec.*ontainers[*].securityContext.privileged").unwrap();
        assert!(glob.is_match("spec.template.spec.initContainers[0].securityContext.privileged"));
        assert!(!glob.is_match("spec.template.spec.containers[0].securityContext.runAsUser"));
        assert!(path("spec.volumes[2].hostPath").unwrap().is_match("spec.volumes[2].hostPath"));
        assert!(!path("spec.volumes[2].hostPath").unwrap().is_match("spec.volumes2.hostPath"));
    }

    #[test]
    fn folders() {
        assert!(route("vendor/").unwrap().is_match("vendor/a/b.yaml"));
        assert!(route("vendor/*.yaml").unwrap().is_match("vendor/b.yaml"));
        assert!(!route("vendor/*.yaml").unwrap().is_match("vendor/a/b.yaml"));
        assert!(word("{").is_err());
    }
}
