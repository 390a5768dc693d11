//! A compact positioned tree: what YAML and JSON files become.
//!
//! Nodes stand in one vector in document order (a parent before its children), 12 bytes each. A node
//! knows where its subtree ends, so that a sibling is one step away and no pointers are kept. Text is
//! borrowed from the source; only scalars whose value differs from their spelling (escapes, folding,
//! block scalars) have a copy. Keys carry a tag of four bytes, by which a look-up passes those it does not seek.
//!
//! Aliases stay aliases: they are resolved on look-up (`model::Field`), never expanded.

mod build;
mod node;
mod place;
pub mod slim;

use std::sync::Arc;

pub use build::{Builder, Mark};
use node::{Long, Node};

/// Index of a node in its tree.
pub type NodeId = u32;

const NONE: u32 = u32::MAX;

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A single value.
    Scalar,
    /// A reference to an anchored node.
    Alias,
    /// Keys and values, alternating in the subtree.
    Mapping,
    /// Items in order.
    Sequence,
}

/// How a node is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// A scalar without quotes.
    Plain,
    /// `'…'`
    SingleQuoted,
    /// `"…"`
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
    /// A collection by indentation.
    Block,
    /// A collection in brackets.
    Flow,
}

/// The tags that change what a scalar is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tag {
    /// None written.
    None,
    /// `!!str`, or the non-specific `!`
    Str,
    /// `!!int`
    Int,
    /// `!!float`
    Float,
    /// `!!bool`
    Bool,
    /// `!!null`
    Null,
    /// `!!binary` before what is no base64; else the bytes stand there as text.
    Binary,
    /// `!!merge`
    Merge,
    /// Any other.
    Other,
}

const MERGES: u32 = 1;
const DUPLICATE: u32 = 2;
const ANCHORED: u32 = 4;
/// A scalar whose value has a copy.
const DECODED: u32 = 8;
/// A mapping whose keys are all scalars without a copy, tagged, none a merge key, none twice.
const TAGGED: u32 = 16;

/// The nodes of one file, over its text.
#[derive(Debug, Clone)]
pub struct Tree {
    text: Arc<str>,
    nodes: Vec<Node>,
    decoded: Vec<Box<str>>,
    long: Long,
    /// Of a slim copy: who looked at what it lacks.
    notes: Option<Box<slim::Notes>>,
}

/// What two keys of a mapping nearly always differ in: length, first, middle and last byte.
#[inline]
pub(super) const fn key_tag(key: &[u8]) -> u32 {
    if key.is_empty() {
        return 0;
    }
    u32::from_le_bytes([key.len() as u8, key[0], key[key.len() / 2], key[key.len() - 1]])
}

/// The 32-bit FNV-1a hash by which parsers find keys that stand twice.
#[must_use]
pub const fn key_hash(key: &[u8]) -> u32 {
    let mut hash = 0x811c_9dc5_u32;
    let mut at = 0;
    while at < key.len() {
        hash = (hash ^ key[at] as u32).wrapping_mul(0x0100_0193);
        at += 1;
    }
    hash
}

impl Tree {
    /// An empty tree over `text`, which must be under 4 GiB.
    #[must_use]
    pub fn new(text: Arc<str>) -> Self {
        Tree { text, nodes: Vec::new(), decoded: Vec::new(), long: Long::default(), notes: None }
    }

    /// The whole text of the file, as decoded (never with a byte order mark).
    #[must_use]
    pub fn source(&self) -> &Arc<str> {
        &self.text
    }

    /// The text alone; the nodes go.
    #[must_use]
    pub fn into_source(self) -> Arc<str> {
        self.text
    }

    /// How many nodes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id as usize]
    }

    /// What the node is.
    #[must_use]
    pub fn kind(&self, id: NodeId) -> Kind {
        self.node(id).kind()
    }

    /// How the node is written.
    #[must_use]
    pub fn style(&self, id: NodeId) -> Style {
        self.node(id).style()
    }

    /// The tag written on the node.
    #[must_use]
    pub fn tag(&self, id: NodeId) -> Tag {
        self.node(id).tag()
    }

    /// The byte range of the node in [`Tree::source`]; quotes and block scalar headers included.
    #[must_use]
    pub fn span(&self, id: NodeId) -> (u32, u32) {
        (self.node(id).start, self.end(id))
    }

    /// The first node after this one's subtree.
    #[must_use]
    pub fn next(&self, id: NodeId) -> NodeId {
        let node = self.node(id);
        if node.is_collection() { node.link } else { id + 1 }
    }

    /// Whether a mapping has a merge key (`<<`).
    ///
    /// Kubernetes' reader merges where the key stands: what is merged overrides keys written before it, and is
    /// overridden by keys written after it. Of a list of mappings the first wins.
    #[must_use]
    pub fn merges(&self, id: NodeId) -> bool {
        self.node(id).has(MERGES)
    }

    /// Whether a key repeats an earlier one of its mapping.
    #[must_use]
    pub fn is_duplicate(&self, id: NodeId) -> bool {
        self.node(id).has(DUPLICATE)
    }

    /// Whether an alias may point at the node.
    #[must_use]
    pub fn is_anchored(&self, id: NodeId) -> bool {
        self.node(id).has(ANCHORED)
    }

    /// The node that an alias points at.
    #[must_use]
    pub fn target(&self, id: NodeId) -> Option<NodeId> {
        let node = self.node(id);
        (node.kind() == Kind::Alias && node.link != NONE).then_some(node.link)
    }

    /// The text of a scalar, its escapes and folding resolved; empty for anything else.
    #[must_use]
    pub fn text(&self, id: NodeId) -> &str {
        let node = self.node(id);
        if node.kind() != Kind::Scalar {
            return "";
        }
        if node.has(DECODED) { &self.decoded[node.link as usize] } else { self.spelling(id) }
    }

    /// Whether a node is a scalar without quotes, and tagged or as long as null is spelled: what most nodes are not.
    #[inline]
    pub(crate) fn may_be_null(&self, id: NodeId) -> bool {
        let node = self.node(id);
        let fits = matches!(node.len(), Some(0 | 1 | 4)) || node.has(DECODED) || node.tag() != Tag::None;
        fits && node.kind() == Kind::Scalar && node.style() == Style::Plain
    }

    /// The keys and values of a mapping, in order; nothing for anything else. Merge keys come as they are written.
    #[must_use]
    pub fn entries(&self, id: NodeId) -> Entries<'_> {
        let end = self.next(id);
        let at = if self.kind(id) == Kind::Mapping { id + 1 } else { end };
        Entries { tree: self, at, end }
    }

    /// The items of a sequence, in order; nothing for anything else.
    #[must_use]
    pub fn items(&self, id: NodeId) -> Items<'_> {
        let end = self.next(id);
        let at = if self.kind(id) == Kind::Sequence { id + 1 } else { end };
        Items { tree: self, at, end }
    }

    /// The key and value of `key` as written in this mapping itself (no merge key); the last of duplicates, as decoders take it.
    #[must_use]
    pub fn get(&self, id: NodeId, key: &str) -> Option<(NodeId, NodeId)> {
        let mapping = self.node(id);
        if mapping.has(TAGGED) {
            return self.get_tagged(id + 1, mapping.link, key.as_bytes());
        }
        let mut found = None;
        for (name, value) in self.entries(id) {
            if self.kind(name) == Kind::Scalar && self.text(name) == key {
                found = Some((name, value));
            }
        }
        found
    }

    /// [`Tree::get`] where it can be had cheaply: in a mapping of tagged keys, the value being no alias.
    #[inline]
    pub(crate) fn quick_get(&self, id: NodeId, key: &str) -> Quick {
        let mapping = self.node(id);
        if !mapping.has(TAGGED) {
            return Quick::Unsure;
        }
        match self.get_tagged(id + 1, mapping.link, key.as_bytes()) {
            Some((_, value)) if self.node(value).kind() == Kind::Alias => Quick::Unsure,
            Some((_, value)) => Quick::Found(value),
            None => Quick::Absent,
        }
    }

    /// [`Tree::get`] among tagged keys from `at` to `end`. Nearly every look-up of a scan goes through here.
    #[inline]
    fn get_tagged(&self, mut at: NodeId, end: NodeId, key: &[u8]) -> Option<(NodeId, NodeId)> {
        let tag = key_tag(key);
        while at < end {
            if self.node(at).link == tag && self.spelling(at).as_bytes() == key {
                return Some((at, at + 1));
            }
            at = self.next(at + 1);
        }
        None
    }

    /// A scalar as it is written, without its quotes.
    #[inline]
    fn spelling(&self, id: NodeId) -> &str {
        let node = self.node(id);
        let quote = u32::from(matches!(node.style(), Style::SingleQuoted | Style::DoubleQuoted));
        &self.text[(node.start + quote) as usize..(self.end(id) - quote) as usize]
    }

    /// Where a node ends in the text.
    #[inline]
    fn end(&self, id: NodeId) -> u32 {
        let node = self.node(id);
        node.len().map_or_else(|| self.long.end(id), |len| node.start + len)
    }
}

/// See [`Tree::quick_get`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quick {
    /// The value.
    Found(NodeId),
    /// There is no such key.
    Absent,
    /// To be looked up with care: aliases, merge keys, no mapping at all.
    Unsure,
}

/// Appends a key to a path: `.key`, or `["a.b/c"]` where the key is no plain word.
pub fn push_key(path: &mut String, key: &str) {
    let plain = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    if plain {
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(key);
    } else {
        path.push_str("[\"");
        if key.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'\\')) {
            path.push_str(key);
        } else {
            path.extend(key.chars().flat_map(char::escape_debug));
        }
        path.push_str("\"]");
    }
}

/// See [`Tree::entries`].
#[derive(Debug, Clone)]
pub struct Entries<'a> {
    tree: &'a Tree,
    at: NodeId,
    end: NodeId,
}

impl Iterator for Entries<'_> {
    type Item = (NodeId, NodeId);

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.end {
            return None;
        }
        let key = self.at;
        let value = self.tree.next(key);
        self.at = self.tree.next(value);
        Some((key, value))
    }
}

/// See [`Tree::items`].
#[derive(Debug, Clone)]
pub struct Items<'a> {
    tree: &'a Tree,
    at: NodeId,
    end: NodeId,
}

impl Iterator for Items<'_> {
    type Item = NodeId;

    fn next(&mut self) -> Option<NodeId> {
        if self.at >= self.end {
            return None;
        }
        let item = self.at;
        self.at = self.tree.next(item);
        Some(item)
    }
}
