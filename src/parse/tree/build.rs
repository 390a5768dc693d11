//! Making trees.

use std::sync::Arc;

use super::{ANCHORED, DECODED, DUPLICATE, Kind, MERGES, NONE, Node, NodeId, Style, TAGGED, Tag, Tree, key_tag};

/// Appends nodes in document order. Every parser builds its tree through this.
#[derive(Debug)]
pub struct Builder {
    tree: Tree,
}

/// A point to return to when a document turns out broken.
#[derive(Debug, Clone, Copy)]
pub struct Mark {
    nodes: usize,
    decoded: usize,
}

impl Builder {
    /// Starts a tree over `text`.
    #[must_use]
    pub fn new(text: Arc<str>) -> Self {
        // manifests come to a node every eleven bytes or so; what is too much is given back at the end
        let nodes = (text.len() / 10).min(1 << 20);
        let mut tree = Tree::new(text);
        tree.nodes.reserve(nodes);
        Builder { tree }
    }

    /// Goes on with a finished tree.
    #[must_use]
    pub(in crate::parse) fn resume(tree: Tree) -> Self {
        Builder { tree }
    }

    /// The node that the next push makes.
    #[must_use]
    pub fn here(&self) -> NodeId {
        self.tree.nodes.len() as u32
    }

    /// The point reached.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark { nodes: self.tree.nodes.len(), decoded: self.tree.decoded.len() }
    }

    /// Drops all that came after `mark`.
    pub fn rewind(&mut self, mark: Mark) {
        self.tree.nodes.truncate(mark.nodes);
        self.tree.long.truncate(mark.nodes);
        self.tree.decoded.truncate(mark.decoded);
    }

    /// Adds a scalar whose value is its spelling without the quotes.
    pub fn scalar(&mut self, style: Style, tag: Tag, span: (u32, u32)) -> NodeId {
        self.push(Kind::Scalar, style, tag, span, NONE)
    }

    /// Adds a scalar whose value is not its spelling.
    pub fn decoded_scalar(&mut self, style: Style, tag: Tag, span: (u32, u32), value: &str) -> NodeId {
        let copy = self.copy(value.into());
        self.push_decoded(style, tag, span, copy)
    }

    /// Adds an untagged scalar whose value is its spelling without the quotes.
    pub fn value(&mut self, style: Style, span: (u32, u32)) -> NodeId {
        self.push(Kind::Scalar, style, Tag::None, span, NONE)
    }

    /// Adds an untagged key whose value is its spelling without the quotes, with what `key_tag` says of it.
    pub(in crate::parse) fn key(&mut self, style: Style, span: (u32, u32), tag: u32) -> NodeId {
        self.push(Kind::Scalar, style, Tag::None, span, tag)
    }

    /// Adds an untagged scalar whose value is not its spelling.
    pub fn decoded_value(&mut self, style: Style, span: (u32, u32), value: String) -> NodeId {
        let copy = self.copy(value.into_boxed_str());
        self.push_decoded(style, Tag::None, span, copy)
    }

    /// Adds a scalar at `span` that has the value of an earlier one: an alias where a key stands.
    pub fn repeat_scalar(&mut self, of: NodeId, span: (u32, u32)) -> NodeId {
        let node = *self.tree.node(of);
        let copy = if node.has(DECODED) {
            node.link
        } else {
            // both share one copy, so that many aliases of a long text cost no more than one
            let copy = self.copy(self.tree.text(of).into());
            let node = &mut self.tree.nodes[of as usize];
            node.link = copy;
            node.set(DECODED);
            copy
        };
        self.push_decoded(node.style(), node.tag(), span, copy)
    }

    fn copy(&mut self, text: Box<str>) -> u32 {
        self.tree.decoded.push(text);
        self.tree.decoded.len() as u32 - 1
    }

    fn push_decoded(&mut self, style: Style, tag: Tag, span: (u32, u32), copy: u32) -> NodeId {
        let id = self.push(Kind::Scalar, style, tag, span, copy);
        self.tree.nodes[id as usize].set(DECODED);
        id
    }

    /// Adds an alias to an earlier node.
    pub fn alias(&mut self, target: NodeId, span: (u32, u32)) -> NodeId {
        self.push(Kind::Alias, Style::Plain, Tag::None, span, target)
    }

    /// Opens a collection, which [`Builder::close`] ends.
    pub fn open(&mut self, kind: Kind, style: Style, tag: Tag, start: u32) -> NodeId {
        self.push(kind, style, tag, (start, start), NONE)
    }

    /// Ends a collection; `end` is exclusive.
    pub fn close(&mut self, id: NodeId, end: u32) {
        let next = self.here();
        let node = &mut self.tree.nodes[id as usize];
        self.tree.long.set_end(id, node, end);
        node.link = next;
    }

    /// Says that a mapping has a merge key.
    pub fn set_merges(&mut self, id: NodeId) {
        self.tree.nodes[id as usize].set(MERGES);
    }

    /// Says that a key repeats an earlier one.
    pub fn set_duplicate(&mut self, id: NodeId) {
        self.tree.nodes[id as usize].set(DUPLICATE);
    }

    /// Says that the keys of a mapping came by [`Builder::key`], each once.
    pub(in crate::parse) fn set_tagged(&mut self, id: NodeId) {
        self.tree.nodes[id as usize].set(TAGGED);
    }

    /// Tags the keys of a mapping that was just closed, unless one of them is not its spelling, merges, or may yet change.
    pub(in crate::parse) fn tag_keys(&mut self, mapping: NodeId) {
        let end = self.tree.next(mapping);
        let mut at = mapping + 1;
        while at < end {
            let key = self.tree.node(at);
            if key.kind() != Kind::Scalar || key.has(DECODED | ANCHORED) {
                return;
            }
            let tag = key_tag(self.tree.text(at).as_bytes());
            self.tree.nodes[at as usize].link = tag;
            at = self.tree.next(at + 1);
        }
        self.set_tagged(mapping);
    }

    /// Says that a node has an anchor.
    pub fn set_anchored(&mut self, id: NodeId) {
        self.tree.nodes[id as usize].set(ANCHORED);
    }

    /// The tree as built so far.
    #[must_use]
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The finished tree, without spare room.
    #[must_use]
    pub fn finish(mut self) -> Tree {
        self.tree.nodes.shrink_to_fit();
        self.tree.long.shrink();
        self.tree
    }

    fn push(&mut self, kind: Kind, style: Style, tag: Tag, (start, end): (u32, u32), link: u32) -> NodeId {
        let id = self.here();
        let mut node = Node::new(kind, style, tag, start, link);
        self.tree.long.set_end(id, &mut node, end);
        self.tree.nodes.push(node);
        id
    }
}
