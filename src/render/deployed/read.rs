//! What objects of Flux, Argo CD and k3s say of what they deploy, and of what they change of it.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use crate::parse::classify::has_spelled;
use crate::parse::{File, Kind, NodeId, Tree};

use crate::render::listed::{field, items, value};
use crate::render::outside::shown;
use crate::render::trace::documents;
use crate::render::unbuilt::{is_empty, tells};

/// An object that has something deployed.
#[derive(Debug)]
pub(in crate::render) struct Order {
    /// Its file.
    pub(super) file: u32,
    /// The object.
    pub(super) root: NodeId,
    /// `Kustomization apps`
    pub(super) who: String,
    pub(super) sources: Vec<Given>,
}

/// One thing that is deployed.
#[derive(Debug)]
pub(in crate::render) struct Given {
    /// What tells its repository from others: an address, else the object that has it.
    pub(super) repository: String,
    pub(super) what: What,
    /// Where it is named.
    pub(super) at: NodeId,
    /// What sets the changes.
    pub(super) settings: Option<NodeId>,
    /// What is changed of it, as far as it could change what a check asks about: the field's name, and where it stands.
    pub(super) changes: Vec<(String, NodeId)>,
    pub(super) tool: Tool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::render) enum What {
    /// A folder of a repository.
    Folder(String),
    /// The start of the paths of folders, which are written as a template.
    Folders(String),
    /// A chart of a registry.
    Chart(String),
}

/// Whose fields they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::render) enum Tool {
    Flux,
    Argo,
    Helm,
}

/// The groups of the objects that are asked.
const GROUPS: [&str; 4] = ["kustomize.toolkit.fluxcd.io", "helm.toolkit.fluxcd.io", "argoproj.io", "helm.cattle.io"];

/// Whether a text may name one of these groups, spelled with escapes perhaps: few do, and their objects alone are looked at.
fn may_order(text: &str) -> bool {
    static NAMES: LazyLock<[Finder<'_>; 3]> = LazyLock::new(|| ["toolkit.fluxcd.io", "argoproj.io", "helm.cattle.io"].map(Finder::new));
    let bytes = text.as_bytes();
    NAMES.iter().any(|name| name.find(bytes).is_some()) || has_spelled(bytes)
}

/// The objects of a file that have something deployed.
pub(in crate::render) fn orders(number: u32, file: &File) -> Vec<Order> {
    if file.live || file.host || !may_order(file.tree.source()) {
        return Vec::new();
    }
    let tree = &file.tree;
    let found = documents(file).filter_map(|root| {
        let group = group(tree, root).filter(|group| GROUPS.contains(group))?;
        let metadata = value(tree, root, "metadata")?;
        // what was read of a cluster has made its objects there
        if !field(tree, metadata, "uid").is_empty() {
            return None;
        }
        let kind = field(tree, root, "kind");
        let spec = value(tree, root, "spec")?;
        let sources = match (group, kind) {
            ("kustomize.toolkit.fluxcd.io", "Kustomization") => flux(tree, spec).into_iter().collect(),
            ("helm.toolkit.fluxcd.io", "HelmRelease") => release(tree, spec).into_iter().collect(),
            ("helm.cattle.io", "HelmChart") => k3s(tree, spec).into_iter().collect(),
            ("argoproj.io", "Application") => argo(tree, spec, None),
            ("argoproj.io", "ApplicationSet") => {
                let template = value(tree, value(tree, spec, "template")?, "spec")?;
                let mut sources = argo(tree, template, Some(spec));
                if let (Some(first), Some((key, _))) = (sources.first_mut(), set(tree, spec, "templatePatch")) {
                    first.changes.push(("templatePatch".to_owned(), key));
                }
                sources
            }
            _ => return None,
        };
        let who = format!("{kind} {}", shown(field(tree, metadata, "name"))).trim_end().to_owned();
        (!sources.is_empty()).then_some(Order { file: number, root, who, sources })
    });
    found.collect()
}

/// The address of each Git repository of Flux in a file, by what refers to it.
pub(super) fn addresses(file: &File) -> Vec<(String, String)> {
    let tree = &file.tree;
    let own = documents(file).filter(|root| group(tree, *root) == Some("source.toolkit.fluxcd.io"));
    own.filter_map(|root| {
        let url = field(tree, value(tree, root, "spec")?, "url");
        let name = field(tree, value(tree, root, "metadata")?, "name");
        (!url.is_empty()).then(|| (format!("{} {name}", field(tree, root, "kind")), url.to_owned()))
    })
    .collect()
}

fn group(tree: &Tree, root: NodeId) -> Option<&str> {
    field(tree, root, "apiVersion").split_once('/').map(|(group, _)| group)
}

/// A field that is set to something: its key and its value.
fn set(tree: &Tree, node: NodeId, key: &str) -> Option<(NodeId, NodeId)> {
    let (key, value) = tree.get(node, key)?;
    let value = tree.target(value).unwrap_or(value);
    (!is_empty(tree, value)).then_some((key, value))
}

/// Those of some fields that are set.
fn all_set(tree: &Tree, node: NodeId, keys: &[&str]) -> Vec<(String, NodeId)> {
    keys.iter().filter_map(|key| set(tree, node, key).map(|(at, _)| ((*key).to_owned(), at))).collect()
}

/// A Kustomization of Flux; a patch of one has no source.
fn flux(tree: &Tree, spec: NodeId) -> Option<Given> {
    let reference = value(tree, spec, "sourceRef").filter(|node| tree.kind(*node) == Kind::Mapping)?;
    let path = value(tree, spec, "path");
    let mut changes = all_set(tree, spec, &["patches", "patchesStrategicMerge", "patchesJson6902", "images", "components", "postBuild"]);
    changes.extend(set(tree, spec, "targetNamespace").map(|(key, _)| ("targetNamespace".to_owned(), key)));
    if let Some((key, metadata)) = set(tree, spec, "commonMetadata") {
        let speaks = ["labels", "annotations"].into_iter().any(|list| value(tree, metadata, list).is_some_and(|pairs| tells(tree, pairs)));
        changes.extend(speaks.then(|| ("commonMetadata".to_owned(), key)));
    }
    Some(Given {
        repository: referred(tree, reference),
        what: What::Folder(field(tree, spec, "path").to_owned()),
        at: path.unwrap_or(reference),
        settings: Some(spec),
        changes,
        tool: Tool::Flux,
    })
}

fn referred(tree: &Tree, reference: NodeId) -> String {
    format!("{} {}", field(tree, reference, "kind"), field(tree, reference, "name"))
}

/// A HelmRelease of Flux.
fn release(tree: &Tree, spec: NodeId) -> Option<Given> {
    let mut changes = all_set(tree, spec, &["values", "valuesFrom", "postRenderers"]);
    let inner = value(tree, spec, "chart").and_then(|chart| value(tree, chart, "spec"));
    let (repository, what, at) = match (inner, value(tree, spec, "chartRef")) {
        (Some(chart), _) => {
            let (at, reference) = (value(tree, chart, "chart")?, value(tree, chart, "sourceRef")?);
            changes.extend(all_set(tree, chart, &["valuesFiles", "valuesFile"]));
            let name = tree.text(at).to_owned();
            let is_folder = matches!(field(tree, reference, "kind"), "GitRepository" | "Bucket");
            (referred(tree, reference), if is_folder { What::Folder(name) } else { What::Chart(name) }, at)
        }
        (None, Some(reference)) => (referred(tree, reference), What::Chart(field(tree, reference, "name").to_owned()), reference),
        (None, None) => return None,
    };
    Some(Given { repository, what, at, settings: Some(spec), changes, tool: Tool::Helm })
}

/// A HelmChart of k3s or RKE2.
fn k3s(tree: &Tree, spec: NodeId) -> Option<Given> {
    let at = value(tree, spec, "chart")?;
    let changes = all_set(tree, spec, &["valuesContent", "valuesSecrets", "set"]);
    let repository = Some(field(tree, spec, "repo")).filter(|repo| !repo.is_empty()).unwrap_or("its registry").to_owned();
    Some(Given { repository, what: What::Chart(tree.text(at).to_owned()), at, settings: Some(spec), changes, tool: Tool::Helm })
}

/// Fields of Argo CD for kustomize that change nothing that a check asks about.
const HARMLESS_OF_KUSTOMIZE: [&str; 11] = [
    "namePrefix",
    "nameSuffix",
    "version",
    "kubeVersion",
    "apiVersions",
    "forceCommonLabels",
    "forceCommonAnnotations",
    "commonAnnotationsEnvsubst",
    "labelWithoutSelector",
    "labelIncludeTemplates",
    "ignoreMissingComponents",
];

/// The same for Helm.
const HARMLESS_OF_HELM: [&str; 10] = [
    "releaseName",
    "version",
    "kubeVersion",
    "apiVersions",
    "namespace",
    "passCredentials",
    "ignoreMissingValueFiles",
    "skipCrds",
    "skipTests",
    "skipSchemaValidation",
];

/// The sources of an application; for a set of them its `spec` too.
fn argo(tree: &Tree, spec: NodeId, set_of: Option<NodeId>) -> Vec<Given> {
    let several: Vec<_> = items(tree, spec, "sources").collect();
    let sources = if several.is_empty() { value(tree, spec, "source").into_iter().collect() } else { several };
    let given = |source: NodeId| {
        let repository = field(tree, source, "repoURL").to_owned();
        let (chart, path) = (value(tree, source, "chart"), value(tree, source, "path"));
        let (what, at) = match (chart, path) {
            (Some(chart), _) => (What::Chart(tree.text(chart).to_owned()), chart),
            (None, Some(path)) => (folder(tree, tree.text(path), set_of), path),
            // it only holds values for another source
            (None, None) => return None,
        };
        let mut changes = Vec::new();
        let mut section = |name: &str, harmless: &[&str]| {
            let (key, section) = set(tree, source, name)?;
            if name == "plugin" {
                changes.push((name.to_owned(), key));
                return Some(section);
            }
            let own = tree.entries(section).map(|(key, value)| (tree.text(key), key, tree.target(value).unwrap_or(value)));
            let could = own.filter(|(name, _, value)| !is_empty(tree, *value) && !harmless.contains(name) && !is_usual(tree, name, *value));
            changes.extend(could.map(|(name, key, _)| (name.to_owned(), key)));
            Some(section)
        };
        let kustomize = section("kustomize", &HARMLESS_OF_KUSTOMIZE);
        let helm = section("helm", &HARMLESS_OF_HELM);
        section("plugin", &[]);
        section("directory", &["recurse", "exclude", "include"]);
        let tool = if helm.is_some() || matches!(what, What::Chart(_)) { Tool::Helm } else { Tool::Argo };
        Some(Given { repository, what, at, settings: if tool == Tool::Helm { helm } else { kustomize }, changes, tool })
    };
    sources.into_iter().filter_map(given).collect()
}

/// Whether a field says no more than what holds without it.
fn is_usual(tree: &Tree, name: &str, value: NodeId) -> bool {
    match name {
        "commonLabels" | "commonAnnotations" => !tells(tree, value),
        "valueFiles" => tree.items(value).all(|item| matches!(tree.text(item), "values.yaml" | "./values.yaml")),
        // `jsonnet: {libs: []}`
        "jsonnet" => tree.entries(value).all(|(_, value)| is_empty(tree, value)),
        _ => false,
    }
}

/// What a path names; one that a generator fills in, by what the generator goes through.
fn folder(tree: &Tree, path: &str, set_of: Option<NodeId>) -> What {
    let Some((start, _)) = path.split_once("{{").filter(|_| set_of.is_some()) else { return What::Folder(path.to_owned()) };
    if !start.trim_matches('/').is_empty() {
        return What::Folders(start.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned());
    }
    let mut open: Vec<NodeId> = set_of.and_then(|spec| value(tree, spec, "generators")).into_iter().collect();
    while let Some(node) = open.pop() {
        let node = tree.target(node).unwrap_or(node);
        match tree.kind(node) {
            Kind::Mapping => {
                let paths = ["directories", "files"].into_iter().flat_map(|list| items(tree, node, list));
                let named = paths.map(|item| field(tree, item, "path")).find(|path| !path.is_empty());
                if let Some(path) = named {
                    let start = path.split(['*', '?', '[', '{']).next().unwrap_or_default();
                    return What::Folders(start.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned());
                }
                open.extend(tree.entries(node).map(|(_, value)| value));
            }
            Kind::Sequence => open.extend(tree.items(node)),
            _ => {}
        }
    }
    What::Folders(String::new())
}
