//! What a kustomization names, where it names it, and what of it would have to be fetched.

use crate::parse::kustomization::{beside, is_kustomization};
use crate::parse::{File, Kind, NodeId, Tree, scalar};

use super::trace::documents;

/// Something that a kustomization names.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'t> {
    /// Where it is named.
    pub(super) node: NodeId,
    /// The path as written, or the address.
    pub(super) path: &'t str,
    pub(super) sort: Sort,
}

/// What a named file or folder is to a kustomization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    /// Objects, or a kustomization that makes some.
    Objects,
    /// What it does with them.
    Part,
    /// What it does with them by a plug-in, which may name more.
    Plugin,
    /// What stands in a ConfigMap or Secret that it makes.
    Content,
}

/// The lists that name files, and in which field of their items; none: the item itself.
const LISTS: [(&str, &str, Sort); 12] = [
    ("resources", "", Sort::Objects),
    ("bases", "", Sort::Objects),
    ("components", "", Sort::Objects),
    ("patches", "path", Sort::Part),
    ("patchesStrategicMerge", "", Sort::Part),
    ("patchesJson6902", "path", Sort::Part),
    ("replacements", "path", Sort::Part),
    ("configurations", "", Sort::Part),
    ("crds", "", Sort::Part),
    ("generators", "", Sort::Plugin),
    ("transformers", "", Sort::Plugin),
    ("validators", "", Sort::Plugin),
];

/// Whether a file may be a kustomization: by its name, or where it has none.
pub(super) fn may_be_one(file: &File) -> bool {
    is_kustomization(file.name()) || file.uri.is_none() && !file.live
}

/// The mapping of a kustomization; `None` for any other file, and for an object of another kind by the name of one.
pub(super) fn kustomization(file: &File) -> Option<NodeId> {
    let is_one = |root: &NodeId| {
        let group = field(&file.tree, *root, "apiVersion").split_once('/').map_or("", |(group, _)| group);
        // what has a name need not say what it is
        let is_its = group == "kustomize.config.k8s.io" || group.is_empty() && file.uri.is_some();
        file.tree.kind(*root) == Kind::Mapping && is_its
    };
    may_be_one(file).then(|| documents(file).find(is_one)).flatten()
}

/// Whether it is a component, which only means something where another one names it.
pub(super) fn is_component(file: &File) -> bool {
    kustomization(file).is_some_and(|root| field(&file.tree, root, "kind") == "Component")
}

/// All that a kustomization names: patches and the like that are written into it name nothing.
pub(super) fn entries(file: &File) -> Vec<Entry<'_>> {
    let Some(root) = kustomization(file) else { return Vec::new() };
    let tree = &file.tree;
    let mut entries = Vec::new();
    let mut add = |node: Option<NodeId>, sort: Sort| {
        let node = node.map(|node| tree.target(node).unwrap_or(node)).filter(|node| tree.kind(*node) == Kind::Scalar);
        let named = node.map(|node| (node, tree.text(node))).filter(|(_, path)| !path.is_empty() && !path.contains('\n'));
        entries.extend(named.map(|(node, path)| Entry { node, path, sort }));
    };
    for (list, key, sort) in LISTS {
        for item in items(tree, root, list) {
            add(if key.is_empty() { Some(item) } else { value(tree, item, key) }, sort);
        }
    }
    add(value(tree, root, "openapi").and_then(|openapi| value(tree, openapi, "path")), Sort::Part);
    for generator in ["configMapGenerator", "secretGenerator"].into_iter().flat_map(|list| items(tree, root, list)) {
        let lists = ["files", "envs"].into_iter().flat_map(|list| items(tree, generator, list));
        lists.map(Some).chain([value(tree, generator, "env")]).for_each(|node| add(node, Sort::Content));
    }
    entries
}

/// What a kustomization names, as names in reports: files, and folders. What stands in ConfigMaps is no part of it.
pub(super) fn paths(file: &File) -> Vec<String> {
    let named = entries(file).into_iter().filter(|entry| entry.sort != Sort::Content && !is_remote(entry.path));
    named.filter_map(|entry| beside(file.name(), entry.path)).collect()
}

/// The Helm charts that a kustomization has rendered, each with its name.
pub(super) fn charts(file: &File) -> Vec<Entry<'_>> {
    let Some(root) = kustomization(file) else { return Vec::new() };
    let tree = &file.tree;
    let lists = [("helmCharts", "name"), ("helmChartInflationGenerator", "chartName")];
    let charts = lists.into_iter().flat_map(|(list, key)| items(tree, root, list).map(move |chart| (chart, field(tree, chart, key))));
    charts.map(|(node, path)| Entry { node, path, sort: Sort::Objects }).collect()
}

/// Whether kustomize takes a path for an address: a file that it fetches, or a repository that it clones.
pub(super) fn is_remote(path: &str) -> bool {
    let lower = path.trim_start().to_ascii_lowercase();
    let lower = lower.strip_prefix("git::").unwrap_or(&lower);
    let is_scheme = |scheme: &str| !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte));
    let has_scheme = lower.split_once("://").is_some_and(|(scheme, _)| is_scheme(scheme));
    // as for `scp`: a user, a host, and a path behind a colon
    let is_user = |user: &str| !user.is_empty() && user.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let has_user = lower.split_once('@').is_some_and(|(user, rest)| is_user(user) && rest.contains([':', '/']));
    has_scheme || has_user || lower.starts_with("github.com/") || lower.starts_with("github.com:")
}

/// The path behind the name that a ConfigMap knows a file by.
pub(super) fn content_path(path: &str) -> &str {
    path.split_once('=').map_or(path, |(_, path)| path)
}

pub(super) fn items<'t>(tree: &'t Tree, node: NodeId, key: &str) -> impl Iterator<Item = NodeId> + use<'t> {
    let list = value(tree, node, key);
    list.into_iter().flat_map(|list| tree.items(list)).map(|item| tree.target(item).unwrap_or(item))
}

pub(super) fn value(tree: &Tree, node: NodeId, key: &str) -> Option<NodeId> {
    tree.get(node, key).map(|(_, value)| tree.target(value).unwrap_or(value))
}

/// The text of a field, empty when there is none.
pub(super) fn field<'t>(tree: &'t Tree, node: NodeId, key: &str) -> &'t str {
    let text = value(tree, node, key).filter(|value| tree.kind(*value) == Kind::Scalar && !scalar::is_null(tree, *value));
    text.map_or("", |value| tree.text(value))
}

#[cfg(test)]
mod tests {
    use super::is_remote;

    #[test]
    fn addresses_are_told_from_paths() {
        for remote in [
            "https://example.com/base?ref=v1",
            "HTTP://example.com/a.yaml",
            "github.com/owner/repo//base?ref=v1",
            "git@github.com:owner/repo.git",
            "git::https://example.com/repo.git",
            "ssh://git@example.com/repo.git",
            "file:///srv/repo",
            "org-12@github.com/owner/repo",
        ] {
            assert!(is_remote(remote), "{remote}");
        }
        for local in ["../base", "web.yaml", "a@b.yaml", "./https/web.yaml", "github.com.yaml", "a:b.yaml", "Überordner/web.yaml"] {
            assert!(!is_remote(local), "{local}");
        }
    }
}
