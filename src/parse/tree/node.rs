//! What is kept of a node: half the memory of a scan, so that every byte of it counts.

use foldhash::HashMap;

use super::{Kind, NodeId, Style, Tag};

/// A node: what it is, with its flags and length in one word.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    /// From the lowest bit: kind, style, tag, flags, length.
    word: u32,
    pub(super) start: u32,
    /// Of a collection: the node behind its subtree. Of an alias: its target. Of a scalar with a copy: the index of
    /// that. Of another key: its [`super::key_tag`].
    pub(super) link: u32,
}

const STYLE: u32 = 2;
const TAG: u32 = 5;
const FLAGS: u32 = 9;
const LEN: u32 = 14;
/// The length of what is longer than a node can tell: see [`Long`].
const IS_LONG: u32 = u32::MAX >> LEN;

const KINDS: [Kind; 4] = [Kind::Scalar, Kind::Alias, Kind::Mapping, Kind::Sequence];
const STYLES: [Style; 8] = [
    Style::Plain,
    Style::SingleQuoted,
    Style::DoubleQuoted,
    Style::Literal,
    Style::Folded,
    Style::Block,
    Style::Flow,
    // no node has it
    Style::Flow,
];
const TAGS: [Tag; 16] = [
    Tag::None,
    Tag::Str,
    Tag::Int,
    Tag::Float,
    Tag::Bool,
    Tag::Null,
    Tag::Binary,
    Tag::Merge,
    Tag::Other,
    // no node has these
    Tag::Other,
    Tag::Other,
    Tag::Other,
    Tag::Other,
    Tag::Other,
    Tag::Other,
    Tag::Other,
];

impl Node {
    /// One without flags and length.
    #[inline]
    pub(super) fn new(kind: Kind, style: Style, tag: Tag, start: u32, link: u32) -> Self {
        Node { word: kind as u32 | (style as u32) << STYLE | (tag as u32) << TAG, start, link }
    }

    #[inline]
    pub(super) fn kind(&self) -> Kind {
        KINDS[(self.word & 3) as usize]
    }

    #[inline]
    pub(super) fn is_collection(&self) -> bool {
        self.word & 2 != 0
    }

    #[inline]
    pub(super) fn style(&self) -> Style {
        STYLES[(self.word >> STYLE & 7) as usize]
    }

    #[inline]
    pub(super) fn tag(&self) -> Tag {
        TAGS[(self.word >> TAG & 15) as usize]
    }

    #[inline]
    pub(super) fn has(&self, flag: u32) -> bool {
        self.word & flag << FLAGS != 0
    }

    #[inline]
    pub(super) fn set(&mut self, flag: u32) {
        self.word |= flag << FLAGS;
    }

    /// Its length, unless that is told by [`Long`].
    #[inline]
    pub(super) fn len(&self) -> Option<u32> {
        let len = self.word >> LEN;
        (len != IS_LONG).then_some(len)
    }

    /// All but length and place: the same of nodes that are alike.
    pub(super) fn shape(&self) -> u32 {
        self.word & !(IS_LONG << LEN)
    }
}

/// Where the few nodes end that are longer than 256 KiB.
#[derive(Debug, Clone, Default)]
pub(super) struct Long(HashMap<NodeId, u32>);

impl Long {
    /// Sets where a node ends.
    #[inline]
    pub(super) fn set_end(&mut self, id: NodeId, node: &mut Node, end: u32) {
        let len = end - node.start;
        if len >= IS_LONG {
            self.0.insert(id, end);
        }
        node.word = node.shape() | len.min(IS_LONG) << LEN;
    }

    #[cold]
    pub(super) fn end(&self, id: NodeId) -> u32 {
        self.0.get(&id).copied().unwrap_or_default()
    }

    /// Gives back spare room.
    pub(super) fn shrink(&mut self) {
        self.0.shrink_to_fit();
    }

    /// Forgets nodes from this one on.
    pub(super) fn truncate(&mut self, nodes: usize) {
        if !self.0.is_empty() {
            self.0.retain(|id, _| (*id as usize) < nodes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::tree::{DUPLICATE, TAGGED};

    #[test]
    fn a_node_tells_what_was_put_into_it_whatever_its_length() {
        for (number, kind) in KINDS.into_iter().enumerate() {
            assert_eq!(kind as usize, number);
            for style in &STYLES[..7] {
                for tag in &TAGS[..9] {
                    for len in [0, 1, IS_LONG - 1, IS_LONG, 1 << 30] {
                        let mut long = Long::default();
                        let mut node = Node::new(kind, *style, *tag, 7, 9);
                        node.set(TAGGED);
                        long.set_end(3, &mut node, 7 + len);
                        node.set(DUPLICATE);
                        let told = (node.kind(), node.style(), node.tag(), node.start, node.link);
                        assert_eq!(told, (kind, *style, *tag, 7, 9));
                        assert!(node.has(TAGGED | DUPLICATE) && !node.has(super::super::MERGES));
                        assert_eq!(node.len().map_or_else(|| long.end(3), |len| node.start + len), 7 + len);
                        assert_eq!(node.is_collection(), matches!(kind, Kind::Mapping | Kind::Sequence));
                        long.truncate(3);
                        assert!(long.0.is_empty());
                    }
                }
            }
        }
        assert_eq!(size_of::<Node>(), 12);
    }
}
