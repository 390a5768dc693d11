//! Where a field stands, for people and for fingerprints.

use std::fmt::Write as _;

use crate::model::fault::{Fault, Place, Quality};
use crate::model::field::{Field, NOWHERE};
use crate::parse::tree::push_key;
use crate::parse::{Block, Kind, NodeId, Tree};

impl<'a> Field<'a> {
    /// Where it stands: the value, or the nearest parent that exists.
    #[must_use]
    pub fn place(self) -> Place {
        // a slim copy stands elsewhere than what it is of
        let tree = self.root.tree;
        tree.note(self.root.node);
        let present = !self.is_missing();
        let (span, quality) =
            if present { (tree.shown(self.node), Quality::Value) } else { (tree.anchor(self.root.node, self.node), Quality::Parent) };
        let (path, stable) = self.paths();
        Place { file: self.root.file, root: self.root.node, span, whole: self.whole_span(), path, stable, quality }
    }

    /// Whether a fault's place is this field's.
    pub(crate) fn is_at(self, place: &Place) -> bool {
        (self.root.file, self.root.node, self.whole_span()) == (place.file, place.root, place.whole) && self.place() == *place
    }

    /// Where a line of a text stands that is written line by line; without the spaces around it.
    fn line_span(self, row: u32) -> Option<(u32, u32)> {
        if self.is_missing() {
            return None;
        }
        let (text, block) = (self.str(), Block::of(self.root.tree, self.node)?);
        let line = text.split('\n').nth(row as usize)?.trim();
        let start = (line.as_ptr() as usize - text.as_ptr() as usize) as u32;
        Some(block.span((start, start + line.len() as u32)))
    }

    /// A fault at a line of this text, where that can be told.
    #[must_use]
    pub(crate) fn fault_at_line(self, row: u32, message: impl Into<std::borrow::Cow<'static, str>>) -> Fault {
        let mut fault = self.fault(message);
        if let Some(span) = self.line_span(row) {
            (fault.place.span, fault.place.whole) = (span, span);
        }
        fault
    }

    /// The byte range of all of it, whatever it is; of the nearest parent when it is absent.
    #[must_use]
    pub fn whole_span(self) -> (u32, u32) {
        self.root.tree.span(self.node)
    }

    /// The path for people, list items by number; and that for fingerprints, by what identifies them, so that a
    /// reordered list changes nothing.
    fn paths(self) -> (Box<str>, Box<str>) {
        let mut steps = Vec::with_capacity(12);
        let mut from = self.root.node;
        for (place, target) in self.via.into_iter().filter(|via| *via != NOWHERE) {
            self.walk(&mut steps, from, place);
            from = target;
        }
        self.walk(&mut steps, from, self.node);
        for (what, is_key) in self.missing.into_iter().zip(self.is_key).filter(|(what, _)| !what.is_empty()) {
            if is_key {
                steps.push(Step::Key(what));
            } else {
                steps.extend(what.split('.').map(Step::Key));
            }
        }
        let mut text = String::with_capacity(120);
        steps.iter().for_each(|step| step.push(&mut text));
        let path: Box<str> = text.as_str().into();
        if !steps.iter().any(|step| matches!(step, Step::Item { .. })) {
            return (path.clone(), path);
        }
        text.clear();
        for step in steps {
            match step {
                Step::Item { number, item } => push_item(&mut text, self.root.tree, number, item),
                step => step.push(&mut text),
            }
        }
        (path, text.as_str().into())
    }

    /// The way from one node down to another.
    fn walk(self, steps: &mut Vec<Step<'a>>, from: NodeId, to: NodeId) {
        let tree = self.root.tree;
        let mut at = from;
        while at != to {
            let within = |id: NodeId| (id..tree.next(id)).contains(&to);
            let step = match tree.kind(at) {
                Kind::Mapping => tree.entries(at).find(|&(_, value)| within(value)).map(|(key, value)| (Step::Key(tree.text(key)), value)),
                Kind::Sequence => {
                    let item = tree.items(at).enumerate().find(|&(_, item)| within(item));
                    item.map(|(number, item)| (Step::Item { number, item }, item))
                }
                Kind::Scalar | Kind::Alias => None,
            };
            let Some((step, next)) = step else { return };
            steps.push(step);
            at = next;
        }
    }

    /// The key in front of this node, when it is the value of a mapping.
    pub(super) fn key_node(self) -> Option<NodeId> {
        self.root.tree.key_before(self.root.node, self.node)
    }
}

/// A step of a path.
#[derive(Debug, Clone, Copy)]
enum Step<'a> {
    /// To the value of a key.
    Key(&'a str),
    /// To an item of a list.
    Item { number: usize, item: NodeId },
}

impl Step<'_> {
    fn push(self, path: &mut String) {
        match self {
            Step::Key(key) => push_key(path, key),
            Step::Item { number, .. } => push_number(path, number),
        }
    }
}

fn push_number(path: &mut String, number: usize) {
    // writing to a text does not fail
    _ = write!(path, "[{number}]");
}

/// Appends what tells an item from its neighbours, subjects of bindings share names between kinds and namespaces; its
/// number where nothing does.
fn push_item(path: &mut String, tree: &Tree, number: usize, item: NodeId) {
    let text = |key| tree.get(item, key).map(|(_, value)| tree.text(value));
    let Some((key, value)) = ["name", "port", "key"].into_iter().find_map(|key| Some((key, text(key)?))) else {
        return push_number(path, number);
    };
    path.extend(["[", key, "=", value]);
    for key in ["kind", "namespace"] {
        if let Some(value) = text(key) {
            path.extend([",", key, "=", value]);
        }
    }
    path.push(']');
}
