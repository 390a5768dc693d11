//! What Flux and Argo CD make of a folder, as an overlay that kustomize builds.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::discover::{Build, KUSTOMIZATIONS, Maker, root};
use crate::parse::kustomization::{beside, folder as folder_of, is_kustomization};
use crate::parse::{File, Kind, NodeId, Role, Status, Tree, scalar};
use crate::render::listed::{field, is_component, is_remote, items, kustomization, value};
use crate::render::shelf::Shelf;

use crate::render::unbuilt::is_empty;

use super::read::{Given, Order, Tool};
use super::{Where, is_within};

/// What is laid over a folder.
#[derive(Debug, Clone)]
pub(in crate::render) struct Overlay {
    /// What it is laid over.
    pub(in crate::render) build: Build,
    /// Its own name in reports.
    pub(in crate::render) name: String,
    /// What it sets, in the words of kustomize.
    pub(in crate::render) fields: Map<String, Value>,
    /// Components, by their names in reports.
    pub(in crate::render) components: Vec<String>,
    /// Without a kustomization in the folder: the files in it, and the folders in it that have one.
    pub(in crate::render) files: Option<(Vec<u32>, Vec<String>)>,
    /// What says so.
    pub(in crate::render) by: (u32, NodeId),
    /// The changes that no overlay can make.
    pub(super) left: Vec<(String, NodeId)>,
}

/// What Argo CD changes, where it does, without a change of what a check asks about.
const QUIET: [&str; 4] = ["namePrefix", "nameSuffix", "commonLabels", "commonAnnotations"];

impl Overlay {
    /// What of the changes of something that lies here can be made; `None` where that is nothing.
    pub(super) fn of(
        order: &Order,
        (given, place): (&Given, &Where),
        shelf: &Shelf<'_>,
        builds: &[Build],
        tops: &[PathBuf],
    ) -> Option<Self> {
        let (Where::Here(folder), Some(settings)) = (place, given.settings) else { return None };
        let file = shelf.file(order.file);
        // what changes names and labels alone makes other objects all the same
        let quiet: Vec<&str> =
            QUIET.into_iter().filter(|name| value(&file.tree, settings, name).is_some_and(|node| !is_empty(&file.tree, node))).collect();
        if given.changes.is_empty() && quiet.is_empty() || !matches!(given.tool, Tool::Flux | Tool::Argo) {
            return None;
        }
        let own = builds.iter().find(|build| build.maker == Maker::Kustomize && build.folder_name() == folder);
        let (build, files) = match own {
            Some(build) => (build.clone(), None),
            None if given.tool == Tool::Flux && !folder.is_empty() => {
                let top = tops.iter().find(|top| top.join(folder).is_dir())?;
                let (uri, shown) = (folder.clone(), folder.clone());
                let build =
                    Build { uri, maker: Maker::Kustomize, folder: top.join(folder), shown, root: file.root.clone().into(), named: false };
                (build, Some(plain(folder, shelf)?))
            }
            None => return None,
        };
        let name = format!("{folder} ({} in {})", order.who, file.name());
        let mut overlay =
            Overlay { build, name, fields: Map::new(), components: Vec::new(), files, by: (order.file, settings), left: Vec::new() };
        for (name, key) in &given.changes {
            if overlay.take(&file.tree, settings, name, shelf).is_none() {
                overlay.left.push((name.clone(), *key));
            }
        }
        let is_told = |name: &&str| given.changes.iter().any(|(told, _)| told == name);
        for name in quiet.into_iter().filter(|name| !is_told(name)) {
            overlay.take(&file.tree, settings, name, shelf);
        }
        if overlay.fields.is_empty() && overlay.components.is_empty() {
            return None;
        }
        Some(overlay)
    }

    /// The folders that it is laid over.
    pub(in crate::render) fn folders(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.build.folder_name()).chain(self.files.iter().flat_map(|(_, folders)| folders).map(String::as_str))
    }

    /// By this two overlays are the same.
    pub(in crate::render) fn key(&self) -> String {
        format!("{}\n{}\n{}", self.build.uri, Value::Object(self.fields.clone()), self.components.join("\n"))
    }

    /// Takes over a change; `None` where that cannot be.
    fn take(&mut self, tree: &Tree, settings: NodeId, name: &str, shelf: &Shelf<'_>) -> Option<()> {
        let node = value(tree, settings, name)?;
        match name {
            "patches" | "patchesStrategicMerge" | "patchesJson6902" => {
                let patches: Option<Vec<_>> = tree.items(node).map(|item| patch(tree, tree.target(item).unwrap_or(item), name)).collect();
                let known = self.fields.entry("patches").or_insert_with(|| json!([])).as_array_mut()?;
                known.extend(patches?);
            }
            "images" => {
                let images: Option<Vec<_>> = tree.items(node).map(|item| image(tree, tree.target(item).unwrap_or(item))).collect();
                let images = images?;
                // of two entries for one image the outer one would find another name than it asks for
                let own = shelf.kustomization(&self.build).and_then(|file| Some((shelf.file(file), kustomization(shelf.file(file))?)));
                let is_own = |image: &Value| {
                    let name = image.get("name").and_then(Value::as_str);
                    own.is_some_and(|(file, root)| {
                        items(&file.tree, root, "images").any(|item| Some(field(&file.tree, item, "name")) == name)
                    })
                };
                if images.iter().any(is_own) {
                    return None;
                }
                self.fields.insert("images".to_owned(), images.into());
            }
            "namePrefix" | "nameSuffix" => _ = self.fields.insert(name.to_owned(), tree.text(node).into()),
            "commonLabels" => {
                let is_without = field(tree, settings, "labelWithoutSelector") == "true";
                let is_in_templates = field(tree, settings, "labelIncludeTemplates") == "true";
                let labels = json!([{
                    "pairs": read(tree, node, DEEPEST)?, "includeSelectors": !is_without, "includeTemplates": !is_without || is_in_templates
                }]);
                self.fields.insert("labels".to_owned(), labels);
            }
            "targetNamespace" | "namespace" => _ = self.fields.insert("namespace".to_owned(), tree.text(node).into()),
            "replicas" => {
                let replicas: Option<Vec<_>> = tree.items(node).map(|item| replicas(tree, tree.target(item).unwrap_or(item))).collect();
                self.fields.insert("replicas".to_owned(), replicas?.into());
            }
            "commonAnnotations" => _ = self.fields.insert("commonAnnotations".to_owned(), read(tree, node, DEEPEST)?),
            "components" => {
                for item in tree.items(node) {
                    let path = tree.text(tree.target(item).unwrap_or(item));
                    let named = beside(&self.build.uri_of("kustomization.yaml"), path);
                    let named = named.filter(|_| !is_remote(path))?;
                    let there = KUSTOMIZATIONS.iter().find_map(|file| shelf.known(&format!("{named}/{file}")));
                    there.filter(|file| is_component(shelf.file(*file)))?;
                    self.components.push(named);
                }
            }
            _ => return None,
        }
        Some(())
    }

    /// The kustomization that makes it, in a folder of our own, and what is to be copied there.
    pub(in crate::render) fn text(&self, base: &Path) -> String {
        let mut fields = self.fields.clone();
        let away = |name: &String| root::between(&self.build.top().join(name), base).into();
        let resources: Vec<Value> = match &self.files {
            None => vec![root::between(&self.build.folder, base).into()],
            Some((files, folders)) => (0..files.len()).map(|number| copy(number).into()).chain(folders.iter().map(away)).collect(),
        };
        fields.insert("resources".to_owned(), resources.into());
        fields.insert("buildMetadata".to_owned(), json!(["originAnnotations"]));
        if !self.components.is_empty() {
            fields.insert("components".to_owned(), self.components.iter().map(away).collect());
        }
        Value::Object(fields).to_string()
    }
}

/// The name of a copied file.
pub(in crate::render) fn copy(number: usize) -> String {
    format!("copy-{number}.yaml")
}

/// What Flux takes of a folder without a kustomization: every object in it; folders with one by that.
fn plain(folder: &str, shelf: &Shelf<'_>) -> Option<(Vec<u32>, Vec<String>)> {
    let within = |name: &str| name != folder && is_within(name, folder);
    let mut folders: Vec<String> = Vec::new();
    let own = shelf.files.iter().filter(|file| within(file.name()) && is_kustomization(file.name()));
    let mut named: Vec<_> = own.map(|file| folder_of(file.name())).collect();
    named.sort_unstable();
    for name in named {
        if !folders.iter().any(|outer| is_within(name, outer)) {
            folders.push(name.to_owned());
        }
    }
    let is_plain = |name: &str| within(name) && !folders.iter().any(|inner| is_within(name, inner));
    let is_own = |file: &&File| {
        let made = matches!(file.role, Role::Made { .. });
        !made && file.status == Status::Read && is_plain(file.name())
    };
    let files: Vec<u32> = (0..).zip(shelf.files.iter()).filter(|(_, file)| is_own(file)).map(|(number, _)| number).collect();
    (!files.is_empty() || !folders.is_empty()).then_some((files, folders))
}

/// A patch in the words of kustomize; `None` for one in a file.
fn patch(tree: &Tree, item: NodeId, list: &str) -> Option<Value> {
    let mut patch = Map::new();
    if list == "patchesStrategicMerge" {
        let text = if tree.kind(item) == Kind::Scalar { tree.text(item).to_owned() } else { read(tree, item, DEEPEST)?.to_string() };
        patch.insert("patch".to_owned(), text.into());
        return Some(patch.into());
    }
    let text = value(tree, item, "patch")?;
    let text = if tree.kind(text) == Kind::Scalar { tree.text(text).to_owned() } else { read(tree, text, DEEPEST)?.to_string() };
    patch.insert("patch".to_owned(), text.into());
    for key in ["target", "options"] {
        if let Some(node) = value(tree, item, key) {
            patch.insert(key.to_owned(), read(tree, node, DEEPEST)?);
        }
    }
    Some(patch.into())
}

/// An image in the words of kustomize: Argo CD has one text for it, `old=new:tag@digest`.
fn image(tree: &Tree, item: NodeId) -> Option<Value> {
    if tree.kind(item) == Kind::Mapping {
        return read(tree, item, DEEPEST);
    }
    let text = tree.text(item);
    let (old, new) = text.split_once('=').map_or((None, text), |(old, new)| (Some(old), new));
    let (bare, digest) = new.split_once('@').map_or((new, None), |(bare, digest)| (bare, Some(digest)));
    let slash = bare.rfind('/').map_or(0, |slash| slash + 1);
    let (name, tag) = bare[slash..].find(':').map_or((bare, None), |colon| (&bare[..slash + colon], Some(&bare[slash + colon + 1..])));
    if name.is_empty() || text.contains('*') {
        return None;
    }
    let mut image = Map::new();
    image.insert("name".to_owned(), old.unwrap_or(name).into());
    let parts = [("newName", old.map(|_| name)), ("newTag", tag), ("digest", digest)];
    image.extend(parts.into_iter().filter_map(|(key, value)| Some((key.to_owned(), Value::from(value?)))));
    Some(image.into())
}

fn replicas(tree: &Tree, item: NodeId) -> Option<Value> {
    let count: u32 = field(tree, item, "count").parse().ok()?;
    Some(json!({"name": field(tree, item, "name"), "count": count}))
}

/// How deep values go.
pub(super) const DEEPEST: usize = 64;

/// A value as kustomize reads it; `None` where it is merged of others, or goes too deep.
pub(super) fn read(tree: &Tree, node: NodeId, deepest: usize) -> Option<Value> {
    let deeper = deepest.checked_sub(1)?;
    let node = tree.target(node).unwrap_or(node);
    match tree.kind(node) {
        Kind::Mapping if tree.merges(node) => None,
        Kind::Mapping => {
            let entries = tree.entries(node).map(|(key, value)| Some((tree.text(key).to_owned(), read(tree, value, deeper)?)));
            entries.collect::<Option<Map<_, _>>>().map(Value::Object)
        }
        Kind::Sequence => tree.items(node).map(|item| read(tree, item, deeper)).collect::<Option<Vec<_>>>().map(Value::Array),
        _ => Some(match scalar::resolve(tree, node) {
            scalar::Value::Null => Value::Null,
            scalar::Value::Bool(is) => is.into(),
            scalar::Value::Int(number) => number.into(),
            scalar::Value::Float(number) => number.into(),
            _ => tree.text(node).into(),
        }),
    }
}
