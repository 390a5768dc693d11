//! Kustomizations by `kustomize build` or `kubectl kustomize`.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ffi::OsString;
use std::fs;
use std::path::Path;

use crate::discover::{Build, KUSTOMIZATIONS, root};
use crate::parse::{File, NodeId, Tree};

use super::Made;
use super::deployed::overlay::{self, Overlay};
use super::listed::{entries, field, paths, value};
use super::plan::{Reason, either};
use super::shelf::Shelf;
use super::tool::{Failure, LONGEST, Tools, short};

/// Builds it from a kustomization of our own, which asks for the origin of each object to be written beside it.
pub(super) fn run(build: &Build, overlay: Option<&Overlay>, shelf: &Shelf<'_>, tools: &Tools) -> Result<Made, Reason> {
    let made = tempfile::tempdir().and_then(|folder| {
        let base = folder.path().canonicalize()?;
        let below = root::between(&build.folder, &base);
        let alone = || format!("resources:\n- {}\nbuildMetadata: [originAnnotations]\n", serde_json::Value::String(below));
        fs::write(base.join("kustomization.yaml"), overlay.map_or_else(alone, |overlay| overlay.text(&base)))?;
        for (number, file) in overlay.iter().flat_map(|overlay| &overlay.files).flat_map(|(files, _)| files).enumerate() {
            fs::write(base.join(overlay::copy(number)), shelf.file(*file).tree.source().as_bytes())?;
        }
        Ok((folder, base))
    });
    let (folder, base) = made.map_err(|error| Reason::Failed(format!("no temporary folder can be made: {error}"), None))?;
    let result = by_tools(&base, tools);
    drop(folder);
    match result {
        Ok((text, by)) => {
            let laid = overlay.map(|overlay| (overlay.name.clone(), overlay.by));
            Ok(Made { text, by, base, overlay: overlay.cloned().map(Box::new), laid })
        }
        Err(Failure::Missing) => Err(Reason::Missing),
        Err(Failure::Failed(why)) => {
            let place = shelf.kustomization(build).and_then(|file| named_in(shelf.file(file), &why));
            let why = innermost(&why).replace(&root::between(&build.folder, &base), &build.uri);
            let why = why.replace(&*base.to_string_lossy(), ".").replace(&*build.folder.to_string_lossy(), &build.uri);
            let top = format!("{}/", build.top().to_string_lossy());
            Err(Reason::Failed(short(&why.replace(&top, ""), LONGEST), place))
        }
    }
}

fn by_tools(folder: &Path, tools: &Tools) -> Result<(Vec<u8>, String), Failure> {
    let folder = OsString::from(folder);
    match tools.run("kustomize", &["build".into(), folder.clone()]) {
        Err(Failure::Missing) => {}
        result => return result.map(|text| (text, tools.kustomize().to_owned())),
    }
    let text = tools.run("kubectl", &["kustomize".into(), folder])?;
    Ok((text, tools.kubectl().to_owned()))
}

/// What kustomize stumbled over: it says before it by which way it came there.
fn innermost(why: &str) -> Cow<'_, str> {
    const STEP: &str = "accumulating resources from ";
    match (why.split_once(": "), why.rfind(STEP)) {
        (Some((program, _)), Some(at)) => format!("{program}: {}", &why[at + STEP.len()..]).into(),
        _ => why.into(),
    }
}

/// What of a kustomization a complaint is about: the first name in quotes that it holds.
fn named_in(file: &File, why: &str) -> Option<(u32, u32)> {
    let quoted = |path: &str| ['\'', '"', '`'].iter().any(|mark| why.contains(&format!("{mark}{path}{mark}")));
    entries(file).into_iter().find(|entry| quoted(entry.path)).map(|entry| file.tree.span(entry.node))
}

/// For each document the file that its object comes from, as kustomize says, and all files that have a part in the build. Those
/// that were not among what is scanned are added.
pub(super) fn sources(
    build: &Build,
    (base, overlay): (&Path, Option<&Overlay>),
    made: &File,
    shelf: &mut Shelf<'_>,
) -> (Vec<Option<u32>>, Vec<u32>) {
    let mut parts = Vec::new();
    let mut seen = HashSet::new();
    let copied: &[u32] = overlay.and_then(|overlay| overlay.files.as_ref()).map_or(&[], |(files, _)| files);
    let others = overlay
        .iter()
        .flat_map(|overlay| overlay.components.iter().chain(overlay.files.iter().flat_map(|(_, folders)| folders)).map(String::as_str));
    let mut open = Vec::new();
    for folder in std::iter::once(build.folder_name()).chain(others) {
        let inside = |name: &&str| if folder.is_empty() { (*name).to_owned() } else { format!("{folder}/{name}") };
        open.extend(KUSTOMIZATIONS.iter().map(inside).find_map(|name| shelf.find(build, &name)));
    }
    while let Some(file) = open.pop() {
        if seen.insert(file) {
            parts.push(file);
            shelf.take_in(build, file);
            let named = paths(shelf.file(file));
            open.extend(named.iter().filter_map(|path| either(path, &mut |name| shelf.find(build, name))));
        }
    }
    // what is nearer to the base comes first: what comes later has the last word
    parts.reverse();
    let from = made.documents.iter().map(|document| {
        let origin = origin(&made.tree, document.root)?;
        if let Some(number) = (0..copied.len()).find(|number| overlay::copy(*number) == origin) {
            return Some(copied[number]);
        }
        let path = root::normal(&base.join(origin));
        shelf.find(build, &root::relative(&path, build.top())?)
    });
    let from: Vec<_> = from.collect();
    parts.extend(from.iter().flatten().copied().filter(|file| seen.insert(*file)));
    (from, parts)
}

/// The path that kustomize writes down of an object, or of the kustomization that generates it.
fn origin(tree: &Tree, root: NodeId) -> Option<&str> {
    let annotations = value(tree, value(tree, root, "metadata")?, "annotations")?;
    let lines = field(tree, annotations, "config.kubernetes.io/origin").lines();
    lines.filter_map(|line| line.split_once(": ")).find(|(key, _)| matches!(*key, "path" | "configuredIn")).map(|(_, path)| path.trim())
}
