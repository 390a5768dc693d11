//! Files that an object would have written to nodes: what of them an API server takes in is one more document of the file,
//! each of its values at its own place.

use std::sync::Arc;

use memchr::memmem;

use super::block::Block;
use super::tree::{Builder, Kind, NodeId, Style, Tag, Tree};
use super::{Document, File, Limits, yaml};

/// Of Cluster API, where such files are listed.
const LISTS: [&str; 4] =
    ["spec.kubeadmConfigSpec.files", "spec.template.spec.kubeadmConfigSpec.files", "spec.files", "spec.template.spec.files"];

/// The groups of configurations that are read on their own.
const GROUPS: [&str; 2] = ["apiserver.config.k8s.io/", "audit.k8s.io/"];

/// Adds the documents that the objects of a file hold.
pub(super) fn append(file: &mut File, limits: &Limits) {
    let text = Arc::clone(file.tree.source());
    if memmem::find(text.as_bytes(), b"cluster.x-k8s.io/").is_none() || memmem::find(text.as_bytes(), b"content:").is_none() {
        return;
    }
    let found: Vec<_> = file.documents.iter().flat_map(|document| within(&file.tree, document.root, limits)).collect();
    if found.is_empty() {
        return;
    }
    let empty = Tree::new(Arc::clone(&text));
    let mut builder = Builder::resume(std::mem::replace(&mut file.tree, empty));
    let first = file.documents.last().map_or(1, |last| last.number + 1);
    for (number, written) in (first..).zip(found) {
        let root = builder.here();
        written.copy(&mut builder);
        file.documents.push(Document { root, number, tainted: false });
    }
    file.tree = builder.finish();
}

/// What stands in a text, with where its lines stand in the file.
struct Written {
    tree: Tree,
    root: NodeId,
    block: Block,
    /// The name of the file on the node, with its place.
    path: (String, (u32, u32)),
}

fn within(tree: &Tree, root: NodeId, limits: &Limits) -> Vec<Written> {
    let version = tree.get(root, "apiVersion").map_or("", |(_, value)| tree.text(value));
    if tree.kind(root) != Kind::Mapping || !version.contains("cluster.x-k8s.io/") {
        return Vec::new();
    }
    let at =
        |path: &str| path.split('.').try_fold(root, |node, key| Some(tree.get(node, key)?.1).filter(|_| tree.kind(node) == Kind::Mapping));
    let lists = LISTS.iter().filter_map(|path| at(path)).filter(|list| tree.kind(*list) == Kind::Sequence);
    lists.flat_map(|list| tree.items(list)).filter_map(|item| Written::read(tree, item, limits)).collect()
}

impl Written {
    fn read(tree: &Tree, item: NodeId, limits: &Limits) -> Option<Self> {
        if tree.kind(item) != Kind::Mapping || tree.get(item, "encoding").is_some() {
            return None;
        }
        let (path, content) = (tree.get(item, "path")?.1, tree.get(item, "content")?.1);
        let block = Block::of(tree, content)?;
        let text = tree.text(content);
        let inner = yaml::read(Arc::from(text), limits, Vec::new());
        let [document] = inner.documents[..] else { return None };
        let version = inner.tree.get(document.root, "apiVersion").map(|(_, value)| inner.tree.text(value));
        let is_read = version.is_some_and(|version| GROUPS.iter().any(|group| version.starts_with(group)));
        if !is_read || !inner.faults.is_empty() || document.tainted {
            return None;
        }
        Some(Written { block, root: document.root, path: (tree.text(path).to_owned(), tree.span(path)), tree: inner.tree })
    }

    /// Adds it, named by its path where it has no name.
    fn copy(&self, builder: &mut Builder) {
        let base = builder.here();
        let end = self.tree.next(self.root);
        self.node(self.root, base, builder);
        debug_assert!(builder.here() >= base + (end - self.root), "each node is copied");
    }

    /// One node with all that is below it; nodes keep their order, so that aliases are found.
    fn node(&self, id: NodeId, base: NodeId, builder: &mut Builder) {
        let tree = &self.tree;
        let span = self.block.span(tree.span(id));
        let (style, tag) = (tree.style(id), tree.tag(id));
        let made = match tree.kind(id) {
            Kind::Scalar => {
                let mark = builder.mark();
                let made = builder.scalar(style, tag, span);
                if builder.tree().text(made) == tree.text(id) {
                    made
                } else {
                    builder.rewind(mark);
                    builder.decoded_scalar(style, tag, span, tree.text(id))
                }
            }
            Kind::Alias => {
                let target = tree.target(id).unwrap_or(id);
                builder.alias(base + (target - self.root), span)
            }
            kind => {
                let made = builder.open(kind, style, tag, span.0);
                let (mut at, end) = (id + 1, tree.next(id));
                while at < end {
                    self.node(at, base, builder);
                    at = tree.next(at);
                }
                if id == self.root {
                    self.name(builder);
                }
                builder.close(made, span.1);
                if tree.merges(id) {
                    builder.set_merges(made);
                }
                made
            }
        };
        if tree.is_duplicate(id) {
            builder.set_duplicate(made);
        }
        if tree.is_anchored(id) {
            builder.set_anchored(made);
        }
    }

    fn name(&self, builder: &mut Builder) {
        let (path, place) = &self.path;
        if self.tree.get(self.root, "metadata").is_none() {
            builder.decoded_value(Style::Plain, *place, "metadata".to_owned());
            let metadata = builder.open(Kind::Mapping, Style::Block, Tag::None, place.0);
            builder.decoded_value(Style::Plain, *place, "name".to_owned());
            builder.decoded_value(Style::Plain, *place, path.clone());
            builder.close(metadata, place.1);
        }
    }
}
