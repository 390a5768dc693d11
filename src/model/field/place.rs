//! Where a field stands, for people and for fingerprints.

use crate::model::fault::{Place, Quality};
use crate::model::field::{Field, NOWHERE};
use crate::parse::tree::push_key;
use crate::parse::{Kind, NodeId, Style, Tree};

impl<'a> Field<'a> {
    /// Where it stands: the value, or the nearest parent that exists.
    #[must_use]
    pub fn place(self) -> Place {
        let present = !self.is_missing();
        let (span, quality) = if present { (self.span(), Quality::Value) } else { (self.anchor(), Quality::Parent) };
        let path = |labels| self.path_with(labels).into_boxed_str();
        Place { file: self.root.file, span, whole: self.whole_span(), path: path(Labels::Numbers), stable: path(Labels::Keys), quality }
    }

    /// The byte range of all of it, whatever it is; of the nearest parent when it is absent.
    #[must_use]
    pub fn whole_span(self) -> (u32, u32) {
        self.root.tree.span(self.node)
    }

    fn path_with(self, labels: Labels) -> String {
        let mut path = String::new();
        let mut from = self.root.node;
        for (place, target) in self.via.into_iter().filter(|via| *via != NOWHERE) {
            self.push_path(&mut path, from, place, labels);
            from = target;
        }
        self.push_path(&mut path, from, self.node, labels);
        for (what, is_key) in self.missing.iter().zip(self.is_key).filter(|(what, _)| !what.is_empty()) {
            if is_key {
                push_key(&mut path, what);
            } else {
                what.split('.').for_each(|key| push_key(&mut path, key));
            }
        }
        path
    }

    /// Appends the way from one node down to another.
    fn push_path(self, path: &mut String, from: NodeId, to: NodeId, labels: Labels) {
        let tree = self.root.tree;
        let mut at = from;
        while at != to {
            let within = |id: NodeId| (id..tree.next(id)).contains(&to);
            let step = match tree.kind(at) {
                Kind::Mapping => tree.entries(at).find(|&(_, value)| within(value)).map(|(key, value)| {
                    push_key(path, tree.text(key));
                    value
                }),
                Kind::Sequence => tree.items(at).enumerate().find(|&(_, item)| within(item)).map(|(number, item)| {
                    match labels.key_of(tree, item) {
                        Some((key, name)) => path.push_str(&format!("[{key}={name}]")),
                        None => path.push_str(&format!("[{number}]")),
                    }
                    item
                }),
                Kind::Scalar | Kind::Alias => None,
            };
            let Some(next) = step else { return };
            at = next;
        }
    }

    /// What to show of a value: all of a scalar or flow collection, the first line of anything taller.
    fn span(self) -> (u32, u32) {
        let tree = self.root.tree;
        let (start, end) = tree.span(self.node);
        if matches!(tree.style(self.node), Style::Block | Style::Literal | Style::Folded) {
            return (start, first_line_end(tree.source(), start, end));
        }
        (start, end)
    }

    /// Where an absent field is shown: the key of the nearest parent, or the first line of a list item or document.
    fn anchor(self) -> (u32, u32) {
        let tree = self.root.tree;
        if let Some(key) = self.key_node() {
            return tree.span(key);
        }
        let (start, end) = tree.span(self.node);
        (start, first_line_end(tree.source(), start, end))
    }

    /// The key in front of this node, when it is the value of a mapping.
    pub(super) fn key_node(self) -> Option<NodeId> {
        let tree = self.root.tree;
        let mut at = self.root.node;
        // an anchored node may lie outside an object that stands in a `List`
        if !(at..tree.next(at)).contains(&self.node) {
            return None;
        }
        loop {
            let within = |id: NodeId| (id..tree.next(id)).contains(&self.node);
            match tree.kind(at) {
                Kind::Mapping => {
                    let (key, value) = tree.entries(at).find(|&(_, value)| within(value))?;
                    if value == self.node {
                        return Some(key);
                    }
                    at = value;
                }
                Kind::Sequence => {
                    at = tree.items(at).find(|&item| within(item))?;
                    if at == self.node {
                        return None;
                    }
                }
                Kind::Scalar | Kind::Alias => return None,
            }
        }
    }
}

/// How a path names the items of a list.
#[derive(Debug, Clone, Copy)]
enum Labels {
    /// By number: for people.
    Numbers,
    /// By what identifies them, so that a reordered list changes nothing: for fingerprints.
    Keys,
}

impl Labels {
    fn key_of(self, tree: &Tree, item: NodeId) -> Option<(&'static str, &str)> {
        if matches!(self, Labels::Numbers) {
            return None;
        }
        ["name", "port", "key"].into_iter().find_map(|key| tree.get(item, key).map(|(_, value)| (key, tree.text(value))))
    }
}

fn first_line_end(text: &str, start: u32, end: u32) -> u32 {
    let line = &text[start as usize..end as usize];
    let length = memchr::memchr2(b'\n', b'\r', line.as_bytes()).unwrap_or(line.len());
    start + line[..length].trim_end().len() as u32
}
