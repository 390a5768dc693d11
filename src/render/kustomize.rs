//! Kustomizations by `kustomize build` or `kubectl kustomize`.

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use crate::discover::{Build, Maker, Origin, Source, root};
use crate::parse::{File, Kind, Limits, NodeId, Role, Tree, classify};

use super::tool::{self, Failure};
use super::trace::documents;
use super::{Made, Outcome};

const MISSING: &str =
    "what this kustomization lists is judged as written, without what it changes: neither kustomize nor kubectl is installed here";

/// The names by which kustomize knows its files.
const KUSTOMIZATIONS: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

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
pub(super) fn run(build: &Build, files: &[File]) -> Outcome {
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
    let result = tools(&base);
    drop(folder);
    match result {
        Ok((text, by)) => Outcome::Made(Made { text, by, base }),
        Err(Failure::Missing) => Outcome::Notice(MISSING.to_owned()),
        Err(Failure::Failed(why)) => {
            let why = why.replace(&*base.to_string_lossy(), ".").replace(&*build.folder.to_string_lossy(), &build.uri);
            let judged = if is_listed(build, files) { ": what it lists is judged as written" } else { "" };
            Outcome::Gap(format!("a kustomization that cannot be built{judged}: {why}"))
        }
    }
}

fn tools(folder: &Path) -> Result<(Vec<u8>, String), Failure> {
    let folder = OsString::from(folder);
    match tool::run("kustomize", &["build".into(), folder.clone()]) {
        Err(Failure::Missing) => {}
        result => return result.map(|text| (text, format!("kustomize {}", version("kustomize", &["version"], "")))),
    }
    let text = tool::run("kubectl", &["kustomize".into(), folder])?;
    Ok((text, format!("kubectl's kustomize {}", version("kubectl", &["version", "--client"], "Kustomize Version:"))))
}

fn version(program: &str, arguments: &[&str], label: &str) -> String {
    let said = tool::run(program, &arguments.iter().map(OsString::from).collect::<Vec<_>>()).unwrap_or_default();
    let said = String::from_utf8_lossy(&said).into_owned();
    said.lines().find_map(|line| line.strip_prefix(label)).unwrap_or_default().trim().to_owned()
}

/// The mapping of a kustomization; `None` for any other file.
pub(super) fn kustomization(file: &File) -> Option<NodeId> {
    let is_mapping = |root: &NodeId| file.tree.kind(*root) == Kind::Mapping;
    classify::is_kustomization(file.name()).then(|| documents(file).find(is_mapping)).flatten()
}

/// Whether it is a component, which only means something where another one names it.
pub(super) fn is_component(build: &Build, files: &[File]) -> bool {
    let kind = |file: &File| kustomization(file).and_then(|root| text(&file.tree, file.tree.get(root, "kind")?.1).map(str::to_owned));
    in_folder(files, &build.uri).is_some_and(|file| kind(&files[file as usize]).as_deref() == Some("Component"))
}

fn is_listed(build: &Build, files: &[File]) -> bool {
    in_folder(files, &build.uri).is_some()
}

/// The kustomization of a folder.
fn in_folder(files: &[File], folder: &str) -> Option<u32> {
    files.iter().position(|file| classify::is_kustomization(file.name()) && folder_of(file.name()) == folder).map(|at| at as u32)
}

/// The folders that kustomizations among these builds build on.
pub(super) fn used_by_others(builds: &[Build], files: &[File]) -> Vec<String> {
    let names: HashMap<&str, u32> = files.iter().zip(0..).map(|(file, number)| (file.name(), number)).collect();
    let kustomizations = builds.iter().filter(|build| build.maker == Maker::Kustomize).filter_map(|build| in_folder(files, &build.uri));
    let mut used = Vec::new();
    for file in kustomizations {
        let paths = paths(&files[file as usize]);
        let named = paths.iter().filter_map(|path| either(path, &mut |name| names.get(name).copied()));
        let others = named.filter(|other| *other != file).map(|other| files[other as usize].name());
        used.extend(others.filter(|other| classify::is_kustomization(other)).map(|other| folder_of(other).to_owned()));
    }
    used
}

/// For each document the file that its object comes from, as kustomize says, and all files that have a part in the build. Those
/// that were not among what is scanned are added.
pub(super) fn sources(build: &Build, base: &Path, made: &File, files: &mut Vec<File>) -> (Vec<Option<u32>>, Vec<u32>) {
    let mut shelf = Shelf::new(build, files);
    let mut parts = Vec::new();
    let mut seen = HashSet::new();
    let mut open: Vec<u32> = KUSTOMIZATIONS.iter().find_map(|name| shelf.find(&build.uri_of(name))).into_iter().collect();
    while let Some(file) = open.pop() {
        if seen.insert(file) {
            parts.push(file);
            open.extend(shelf.named_by(file));
        }
    }
    // what is nearer to the base comes first: what comes later has the last word
    parts.reverse();
    let from = made.documents.iter().map(|document| {
        let path = root::normal(&base.join(origin(&made.tree, document.root)?));
        shelf.find(&root::relative(&path, &shelf.top)?)
    });
    let from: Vec<_> = from.collect();
    parts.extend(from.iter().flatten().copied().filter(|file| seen.insert(*file)));
    (from, parts)
}

/// Files by their names in reports: those at hand, and those that can be had.
struct Shelf<'f> {
    files: &'f mut Vec<File>,
    names: HashMap<String, u32>,
    /// The folder that names are relative to.
    top: PathBuf,
    build: &'f Build,
}

impl<'f> Shelf<'f> {
    fn new(build: &'f Build, files: &'f mut Vec<File>) -> Self {
        let depth = if build.uri == "." { 0 } else { build.uri.split('/').count() };
        let top = build.folder.ancestors().nth(depth).unwrap_or(Path::new("/")).to_owned();
        let names = files.iter().zip(0..).map(|(file, number)| (file.name().to_owned(), number)).collect();
        Shelf { files, names, top, build }
    }

    fn find(&mut self, name: &str) -> Option<u32> {
        if let Some(known) = self.names.get(name) {
            return Some(*known);
        }
        let path = self.top.join(name);
        if name.is_empty() || !path.is_file() {
            return None;
        }
        let (uri, root) = (Some(name.to_owned()), self.build.root.clone());
        let source = Source { uri, shown: name.to_owned(), origin: Origin::File(path), named: true, root };
        let number = self.files.len() as u32;
        self.files.push(File { role: Role::Source(Vec::new()), gaps: Vec::new(), ..classify::read(source, &Limits::default()) });
        self.names.insert(name.to_owned(), number);
        Some(number)
    }

    fn named_by(&mut self, number: u32) -> Vec<u32> {
        // the file lends its names, which are few
        let paths = paths(&self.files[number as usize]);
        paths.iter().filter_map(|path| either(path, &mut |name| self.find(name))).collect()
    }
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

/// The folder of a file, by their names in reports.
fn folder_of(name: &str) -> &str {
    name.rsplit_once('/').map_or(".", |(folder, _)| folder)
}

/// What a kustomization names, as names in reports: files, and folders.
fn paths(file: &File) -> Vec<String> {
    let Some(root) = kustomization(file) else { return Vec::new() };
    let tree = &file.tree;
    let items = LISTS.iter().flat_map(|(list, key)| {
        let items = tree.get(root, list).into_iter().flat_map(|(_, list)| tree.items(list));
        items.filter_map(move |item| if key.is_empty() { Some(item) } else { tree.get(item, key).map(|(_, value)| value) })
    });
    let folder = Path::new(file.name()).parent().unwrap_or(Path::new(""));
    let inside = items.filter_map(|item| text(tree, item)).filter(|path| !path.contains('\n'));
    inside.map(|path| root::joined(&root::normal(&folder.join(path)))).collect()
}

/// The file of that name, or the kustomization of the folder of that name.
fn either(path: &str, find: &mut impl FnMut(&str) -> Option<u32>) -> Option<u32> {
    let inside = |name: &&str| if path.is_empty() { (*name).to_owned() } else { format!("{path}/{name}") };
    find(path).or_else(|| KUSTOMIZATIONS.iter().map(inside).find_map(|name| find(&name)))
}
