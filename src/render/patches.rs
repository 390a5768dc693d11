//! The patches that have a part in a build: in files of their own, or written into a kustomization, or into what deploys one.

use std::collections::HashSet;
use std::iter;

use crate::parse::kustomization::beside;
use crate::parse::{Block, File, Kind, Limits, NodeId, Tree, fragment};

use super::listed::{field, items, kustomization, value};
use super::trace::{Fit, Written, documents};
use super::wanted::Wanted;

/// A patch, or a list of JSON patches.
#[derive(Debug)]
pub(super) struct Patch {
    /// The file that it stands in.
    pub(super) file: u32,
    /// The kind and the name that it is for, as far as something tells.
    target: Option<(String, String)>,
    /// Its documents: mappings are pieces of objects, sequences are JSON patches.
    pub(super) roots: Vec<NodeId>,
    /// It stands in a text of the file.
    inner: Option<Inner>,
}

#[derive(Debug)]
struct Inner {
    tree: Tree,
    /// Where its lines stand; `None` where a line of it is none of the file.
    block: Option<Block>,
    /// The text.
    whole: (u32, u32),
}

impl Patch {
    pub(super) fn tree<'f>(&'f self, files: &'f [File]) -> &'f Tree {
        self.inner.as_ref().map_or(&files[self.file as usize].tree, |inner| &inner.tree)
    }

    /// Where something in its tree stands in the file.
    pub(super) fn written(&self, span: (u32, u32), whole: (u32, u32), fit: Fit) -> Written {
        let Patch { file, .. } = *self;
        match &self.inner {
            None => Written { file, span, whole, fit },
            Some(Inner { block: Some(block), .. }) => Written { file, span: block.span(span), whole: block.span(whole), fit },
            Some(Inner { whole, .. }) => Written { file, span: *whole, whole: *whole, fit: Fit::Near },
        }
    }

    /// Whether it may be for an object, and how much of its name it tells.
    pub(super) fn is_for(&self, wanted: &Wanted<'_>, files: &[File], root: NodeId) -> Option<usize> {
        match &self.target {
            Some((kind, name)) => {
                // a name is a pattern, and prefixes may stand before what it fits
                let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.');
                let is_kind = kind.is_empty() || !is_plain(kind) || kind == wanted.kind;
                (is_kind && (!is_plain(name) || wanted.name.contains(name.as_str()))).then_some(name.len())
            }
            None if self.tree(files).kind(root) == Kind::Mapping => wanted.is_patched_by(self.tree(files), root),
            None => Some(0),
        }
    }
}

/// What a kustomization, or what deploys one, lists of patches.
fn listed(files: &[File], file: u32, root: NodeId, parts: &[u32]) -> Vec<Patch> {
    let own = &files[file as usize];
    let tree = &own.tree;
    let mut patches = Vec::new();
    let mut add = |node: NodeId, is_path: bool, target: Option<(String, String)>| {
        let patch = match tree.kind(node) {
            // Flux takes them as they are
            Kind::Mapping | Kind::Sequence => Some(Patch { file, target, roots: vec![node], inner: None }),
            Kind::Scalar if is_path => {
                let path = beside(own.name(), tree.text(node));
                let named = path.and_then(|path| parts.iter().copied().find(|part| files[*part as usize].name() == path));
                named.map(|file| Patch { file, target, roots: top(&files[file as usize]), inner: None })
            }
            Kind::Scalar => {
                let (inner, _) = fragment(tree.text(node), &Limits::default());
                let inner = Inner { block: Block::of(tree, node), whole: tree.span(node), tree: inner };
                Some(Patch { file, target, roots: tops(&inner.tree), inner: Some(inner) })
            }
            Kind::Alias => None,
        };
        patches.extend(patch);
    };
    for item in items(tree, root, "patchesStrategicMerge") {
        add(item, tree.kind(item) == Kind::Scalar && !tree.text(item).contains('\n'), None);
    }
    for item in ["patchesJson6902", "patches"].into_iter().flat_map(|list| items(tree, root, list)) {
        let target =
            value(tree, item, "target").map(|target| (field(tree, target, "kind").to_owned(), field(tree, target, "name").to_owned()));
        if let Some(patch) = value(tree, item, "patch") {
            add(patch, false, target);
        } else if let Some(path) = value(tree, item, "path") {
            add(path, true, target);
        }
    }
    patches
}

/// The top nodes of a tree.
fn tops(tree: &Tree) -> Vec<NodeId> {
    let first = (!tree.is_empty()).then_some(0);
    iter::successors(first, |node| Some(tree.next(*node)).filter(|next| (*next as usize) < tree.len())).collect()
}

/// The documents of a file of patches; a JSON patch is no document of Kubernetes.
fn top(file: &File) -> Vec<NodeId> {
    let found: Vec<_> = documents(file).collect();
    if found.is_empty() { tops(&file.tree) } else { found }
}

/// All patches of a build, in the order in which they have the last word.
pub(super) fn all(files: &[File], from: &[Option<u32>], parts: &[u32], by: Option<(u32, NodeId)>) -> Vec<Patch> {
    // what an object was made of patches nothing
    let made: HashSet<u32> = from.iter().flatten().copied().collect();
    let own: Vec<(u32, NodeId)> = parts.iter().filter_map(|part| Some((*part, kustomization(&files[*part as usize])?))).collect();
    let listed: Vec<Patch> = own.into_iter().chain(by).flat_map(|(file, root)| listed(files, file, root, parts)).collect();
    let named: HashSet<u32> = listed.iter().map(|patch| patch.file).collect();
    // what is patched by a transformer, say
    let others = parts.iter().copied().filter(|part| !made.contains(part) && !named.contains(part));
    let others = others.filter(|part| kustomization(&files[*part as usize]).is_none());
    let others = others.map(|file| Patch { file, target: None, roots: top(&files[file as usize]), inner: None });
    others.chain(listed).collect()
}
