//! Kustomizations that are not built: what they list is judged as written, and what they would make of it was not looked
//! at. That is a gap wherever it could change what a check asks about; of a component that nothing at hand names it is a
//! notice, as nothing that was looked at is built with it.

use std::collections::HashMap;

use crate::discover::{Gap, few};
use crate::parse::kustomization::{beside, folder};
use crate::parse::{File, Kind, NodeId, Role, Tree, scalar};

use super::Said;
use super::deployed::reached;
use super::listed::{Sort, entries, field, is_component, is_remote, items, kustomization, value};
use super::outside::{self, gap, gap_at, shown};
use super::plan::{Reason, either};
use super::shelf::Shelf;
use super::trace::documents;

/// Fields that change nothing that a check asks about: what is listed, names, the order, and what other fields are told.
const HARMLESS: [&str; 16] = [
    "apiVersion",
    "kind",
    "metadata",
    "resources",
    "bases",
    "components",
    "crds",
    "configurations",
    "openapi",
    "namePrefix",
    "nameSuffix",
    "buildMetadata",
    "sortOptions",
    "generatorOptions",
    "validators",
    "helmGlobals",
];

/// Fields that are said elsewhere, entry by entry.
const CHARTS: [&str; 2] = ["helmCharts", "helmChartInflationGenerator"];

/// Groups of labels and annotations that are about nothing but order, owners, and how things are rolled out.
const HARMLESS_GROUPS: [&str; 4] = ["app.kubernetes.io", "argocd.argoproj.io", "helm.sh", "kustomize.toolkit.fluxcd.io"];

/// Adds what is to be said of all that was not built.
pub(super) fn tell(left: Vec<(u32, Reason)>, shelf: &Shelf<'_>, said: &mut Said) {
    let Said { gaps, notices } = said;
    let reasons: HashMap<u32, Reason> = left.into_iter().collect();
    for (number, file) in shelf.files.iter().enumerate().filter(|(_, file)| matches!(file.role, Role::Judged)) {
        let Some(root) = kustomization(file) else { continue };
        let reason = reasons.get(&(number as u32)).unwrap_or(&Reason::Alone);
        gaps.extend(outside::of_file(file));
        match unlooked(file, root, reason, shelf) {
            Some(Gap { what, why, .. }) if *reason == (Reason::Unnamed { asked: false }) => notices.push(format!("{what}: {why}")),
            unlooked => gaps.extend(unlooked),
        }
        // once is enough for one place
        let is_said = |gap: &Gap| gap.location.is_some() && gaps.iter().any(|said| said.location == gap.location);
        let unscanned: Vec<_> = unscanned(file, shelf).into_iter().filter(|gap| !is_said(gap)).collect();
        gaps.extend(unscanned);
    }
    gaps.sort();
    gaps.dedup();
}

/// What it lists that is not among what is judged.
fn unscanned(file: &File, shelf: &Shelf<'_>) -> Vec<Gap> {
    let is_there = |path: &str| beside(file.name(), path).is_some_and(|path| either(&path, &mut |name| shelf.known(name)).is_some());
    let listed = entries(file).into_iter().filter(|entry| entry.sort == Sort::Objects && !is_remote(entry.path));
    let missing = listed.filter(|entry| !is_there(entry.path));
    let why = "which is not among what is scanned";
    let said = missing.map(|entry| gap(file, entry.node, format!("it lists `{}`, {why}: name it as well", shown(entry.path))));
    said.collect()
}

/// What it would make of what it lists.
fn unlooked(file: &File, root: NodeId, reason: &Reason, shelf: &Shelf<'_>) -> Option<Gap> {
    let is_moved = |namespace: &str| {
        // what standard input lists is not known
        file.uri.is_none() || moves(namespace, reached(shelf, folder(file.name())).into_iter().map(|file| shelf.file(file)))
    };
    let changes = changes(&file.tree, root, is_moved);
    let place = changes.first().map(|(_, key)| file.tree.span(*key));
    let names: Vec<_> = changes.iter().map(|(name, _)| format!("`{name}`")).collect();
    let objects = match reason {
        Reason::Unnamed { .. } => "nothing is judged with its",
        _ if is_component(file) => "what names it is judged without its",
        _ => "what it lists is judged as written, without its",
    };
    let said = || format!("{objects} {}", few(&names));
    if let Reason::Failed(why, at) = reason {
        let judged = if names.is_empty() { String::new() } else { format!("; {}", said()) };
        return Some(gap_at(file, at.or(place), format!("a kustomization that cannot be built: {why}{judged}")));
    }
    let place = place?;
    let how = match reason {
        Reason::Never => "`--render never` was given, so that it was not built",
        Reason::Missing => "neither kustomize nor kubectl is installed here to build it",
        Reason::Outside => "it cannot be built for what another gap says",
        Reason::Alone => "scan its folder, which builds it",
        Reason::Unnamed { .. } => "no kustomization that is scanned names this component",
        Reason::Failed(..) => "",
    };
    Some(gap_at(file, Some(place), format!("{}: {how}", said())))
}

/// The fields that could change what a check asks about.
fn changes(tree: &Tree, root: NodeId, is_moved: impl Fn(&str) -> bool) -> Vec<(&str, NodeId)> {
    let could = |key: &str, value: NodeId| match key {
        "namespace" => is_moved(tree.text(value)),
        "commonLabels" | "commonAnnotations" => tells(tree, value),
        "labels" => items(tree, root, "labels").any(|item| self::value(tree, item, "pairs").is_some_and(|pairs| tells(tree, pairs))),
        key => !HARMLESS.contains(&key) && !CHARTS.contains(&key),
    };
    let own = tree.entries(root).map(|(key, value)| (tree.text(key), key, tree.target(value).unwrap_or(value)));
    let own = own.filter(|(name, _, value)| !is_empty(tree, *value) && could(name, *value));
    own.map(|(name, key, _)| (name, key)).collect()
}

pub(super) fn is_empty(tree: &Tree, node: NodeId) -> bool {
    match tree.kind(node) {
        Kind::Mapping => tree.entries(node).next().is_none(),
        Kind::Sequence => tree.items(node).next().is_none(),
        _ => scalar::is_null(tree, node) || tree.text(node).is_empty(),
    }
}

/// Whether objects of some files are put in another namespace than they are written in: its labels, policies, quotas and
/// roles are others, and so are the objects that they are joined with.
pub(super) fn moves<'f>(namespace: &str, mut files: impl Iterator<Item = &'f File>) -> bool {
    /// What has no namespace, as far as kustomizations hold it.
    const OF_CLUSTERS: [&str; 9] = [
        "Namespace",
        "CustomResourceDefinition",
        "PersistentVolume",
        "PriorityClass",
        "StorageClass",
        "IngressClass",
        "ValidatingAdmissionPolicy",
        "ValidatingWebhookConfiguration",
        "MutatingWebhookConfiguration",
    ];
    let is_moved = |tree: &Tree, root: NodeId| {
        let kind = field(tree, root, "kind");
        let own = value(tree, root, "metadata").map_or("", |metadata| field(tree, metadata, "namespace"));
        own != namespace && !kind.starts_with("Cluster") && !OF_CLUSTERS.contains(&kind)
    };
    files.any(|file| kustomization(file).is_none() && documents(file).any(|root| is_moved(&file.tree, root)))
}

/// Whether labels or annotations may tell Kubernetes, or a controller, what to do.
pub(super) fn tells(tree: &Tree, pairs: NodeId) -> bool {
    let tells = |key: &str| match key.split_once('/') {
        Some((group, _)) => !HARMLESS_GROUPS.contains(&group),
        None => key == "istio-injection",
    };
    tree.entries(pairs).any(|(key, _)| tells(tree.text(key)))
}
