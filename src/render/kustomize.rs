//! Kustomizations by `kustomize build` or `kubectl kustomize`.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs;
use std::path::Path;

use crate::discover::{Build, KUSTOMIZATIONS, Maker, root};
use crate::parse::kustomization::{beside, is_kustomization};
use crate::parse::{File, Kind, NodeId, Tree};

use super::shelf::Shelf;
use super::tool::{self, Failure, Versions};
use super::trace::documents;
use super::{Made, Outcome};

const MISSING: &str =
    "what this kustomization lists is judged as written, without what it changes: neither kustomize nor kubectl is installed here";

/// The lists of a kustomization that name files, and in which field of their items; none: the item itself.
const LISTS: [(&str, &str); 11] = [
    ("resources", ""),
    ("bases", ""),
    ("components", ""),
    ("patches", "path"),
    ("patchesStrategicMerge", ""),
    ("patchesJson6902", "path"),
    ("replacements", "path"),
    ("generators", ""),
    ("transformers", ""),
    ("configurations", ""),
    ("crds", ""),
];

/// Builds it from a kustomization of our own, which asks for the origin of each object to be written beside it.
pub(super) fn run(build: &Build, shelf: &Shelf<'_>, versions: &Versions) -> Outcome {
    let made = tempfile::tempdir().and_then(|folder| {
        let base = folder.path().canonicalize()?;
        let below = root::between(&build.folder, &base);
        let text = format!("resources:\n- {}\nbuildMetadata: [originAnnotations]\n", serde_json::Value::String(below));
        fs::write(base.join("kustomization.yaml"), text)?;
        Ok((folder, base))
    });
    let (folder, base) = match made {
        Ok(made) => made,
        Err(error) => return Outcome::Gap(format!("a kustomization that cannot be built: no temporary folder can be made: {error}")),
    };
    let result = tools(&base, versions);
    drop(folder);
    match result {
        Ok((text, by)) => Outcome::Made(Made { text, by, base }),
        Err(Failure::Missing) => Outcome::Notice(MISSING.to_owned()),
        Err(Failure::Failed(why)) => {
            let why = why.replace(&*base.to_string_lossy(), ".").replace(&*build.folder.to_string_lossy(), &build.uri);
            let judged = if shelf.kustomization(build).is_some() { ": what it lists is judged as written" } else { "" };
            Outcome::Gap(format!("a kustomization that cannot be built{judged}: {why}"))
        }
    }
}

fn tools(folder: &Path, versions: &Versions) -> Result<(Vec<u8>, String), Failure> {
    let folder = OsString::from(folder);
    match tool::run("kustomize", &["build".into(), folder.clone()]) {
        Err(Failure::Missing) => {}
        result => return result.map(|text| (text, versions.kustomize().to_owned())),
    }
    let text = tool::run("kubectl", &["kustomize".into(), folder])?;
    Ok((text, versions.kubectl().to_owned()))
}

/// The mapping of a kustomization; `None` for any other file.
pub(super) fn kustomization(file: &File) -> Option<NodeId> {
    let is_mapping = |root: &NodeId| file.tree.kind(*root) == Kind::Mapping;
    is_kustomization(file.name()).then(|| documents(file).find(is_mapping)).flatten()
}

/// Whether it is a component, which only means something where another one names it.
pub(super) fn is_component(build: &Build, shelf: &Shelf<'_>) -> bool {
    let kind = |file: &File| text(&file.tree, file.tree.get(kustomization(file)?, "kind")?.1).map(str::to_owned);
    shelf.kustomization(build).and_then(|file| kind(shelf.file(file))).as_deref() == Some("Component")
}

/// The kustomizations that others among these builds build on.
pub(super) fn used_by_others(builds: &[Build], shelf: &Shelf<'_>) -> HashSet<u32> {
    let kustomizations = builds.iter().filter(|build| build.maker == Maker::Kustomize).filter_map(|build| shelf.kustomization(build));
    let mut used = HashSet::new();
    for file in kustomizations {
        let named = paths(shelf.file(file)).into_iter().filter_map(|path| either(&path, &mut |name| shelf.known(name)));
        used.extend(named.filter(|other| *other != file));
    }
    used
}

/// For each document the file that its object comes from, as kustomize says, and all files that have a part in the build. Those
/// that were not among what is scanned are added.
pub(super) fn sources(build: &Build, base: &Path, made: &File, shelf: &mut Shelf<'_>) -> (Vec<Option<u32>>, Vec<u32>) {
    let mut parts = Vec::new();
    let mut seen = HashSet::new();
    let mut open: Vec<u32> = KUSTOMIZATIONS.iter().find_map(|name| shelf.find(build, &build.uri_of(name))).into_iter().collect();
    while let Some(file) = open.pop() {
        if seen.insert(file) {
            parts.push(file);
            let named = paths(shelf.file(file));
            open.extend(named.iter().filter_map(|path| either(path, &mut |name| shelf.find(build, name))));
        }
    }
    // what is nearer to the base comes first: what comes later has the last word
    parts.reverse();
    let from = made.documents.iter().map(|document| {
        let path = root::normal(&base.join(origin(&made.tree, document.root)?));
        shelf.find(build, &root::relative(&path, build.top())?)
    });
    let from: Vec<_> = from.collect();
    parts.extend(from.iter().flatten().copied().filter(|file| seen.insert(*file)));
    (from, parts)
}

/// The path that kustomize writes down of an object, or of the kustomization that generates it.
fn origin(tree: &Tree, root: NodeId) -> Option<&str> {
    let annotations = tree.get(tree.get(root, "metadata")?.1, "annotations")?.1;
    let lines = text(tree, tree.get(annotations, "config.kubernetes.io/origin")?.1)?.lines();
    lines.filter_map(|line| line.split_once(": ")).find(|(key, _)| matches!(*key, "path" | "configuredIn")).map(|(_, path)| path.trim())
}

fn text(tree: &Tree, node: NodeId) -> Option<&str> {
    (tree.kind(node) == Kind::Scalar).then(|| tree.text(node))
}

/// What a kustomization names, as names in reports: files, and folders.
fn paths(file: &File) -> Vec<String> {
    let Some(root) = kustomization(file) else { return Vec::new() };
    let tree = &file.tree;
    let items = LISTS.iter().flat_map(|(list, key)| {
        let items = tree.get(root, list).into_iter().flat_map(|(_, list)| tree.items(list));
        items.filter_map(move |item| if key.is_empty() { Some(item) } else { tree.get(item, key).map(|(_, value)| value) })
    });
    items.filter_map(|item| beside(file.name(), text(tree, item)?)).collect()
}

/// The file of that name, or the kustomization of the folder of that name.
fn either(path: &str, find: &mut impl FnMut(&str) -> Option<u32>) -> Option<u32> {
    let inside = |name: &&str| if path.is_empty() { (*name).to_owned() } else { format!("{path}/{name}") };
    find(path).or_else(|| KUSTOMIZATIONS.iter().map(inside).find_map(|name| find(&name)))
}
