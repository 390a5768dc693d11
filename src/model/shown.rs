//! What nobody may see of the lines that reports show, whichever checks ran.

use crate::model::credential::{hidden_words, is_hidden_under, reveals};
use crate::model::masked::holds_secret;
use crate::parse::{Kind, NodeId, Tree};

/// The byte ranges of values that may be credentials, of those that reach into `shown`: byte ranges in order, none touching
/// another; they come likewise. What stands elsewhere is passed over, a subtree at a time.
#[must_use]
pub fn hidden(tree: &Tree, shown: &[(u32, u32)]) -> Vec<(u32, u32)> {
    let mut walk = Walk { tree, shown, found: Vec::new() };
    let mut root = 0;
    while (root as usize) < tree.len() {
        walk.node("", root);
        root = tree.next(root);
    }
    let mut found = walk.found;
    comments(tree.source(), shown, &mut found);
    found.sort_unstable();
    let mut apart: Vec<(u32, u32)> = Vec::with_capacity(found.len());
    for range in found {
        match apart.last_mut() {
            Some(before) if range.0 < before.1 => before.1 = before.1.max(range.1),
            _ => apart.push(range),
        }
    }
    apart
}

struct Walk<'t> {
    tree: &'t Tree,
    shown: &'t [(u32, u32)],
    found: Vec<(u32, u32)>,
}

impl<'t> Walk<'t> {
    fn is_shown(&self, (start, end): (u32, u32)) -> bool {
        let first = self.shown.partition_point(|shown| shown.1 < start);
        self.shown.get(first).is_some_and(|shown| shown.0 <= end)
    }

    /// What stands under a name.
    fn node(&mut self, name: &str, node: NodeId) {
        let tree = self.tree;
        if !self.is_shown(tree.span(node)) {
            return;
        }
        match tree.kind(node) {
            Kind::Mapping => self.mapping(node),
            Kind::Sequence => self.sequence(name, node),
            Kind::Scalar => {
                let text = tree.text(node);
                if is_hidden_under(name, text) || reveals(text) || holds_secret(text) {
                    self.found.push(tree.span(node));
                }
            }
            // shown elsewhere, hidden by the name it has here
            Kind::Alias => {
                let target = tree.target(node).filter(|&target| is_hidden_under(name, tree.text(target)));
                self.found.extend(target.map(|target| tree.span(target)));
            }
        }
    }

    fn mapping(&mut self, node: NodeId) {
        let tree = self.tree;
        let text = |wanted: &[&str]| {
            let mut entries = tree.entries(node);
            entries.find(|&(key, _)| wanted.contains(&tree.text(key))).map_or("", |(_, value)| tree.text(value))
        };
        let mut pair = None;
        for (key, value) in tree.entries(node).filter(|&(_, value)| self.is_shown(tree.span(value))).collect::<Vec<_>>() {
            match tree.text(key) {
                "value" | "default" => {
                    let name = *pair.get_or_insert_with(|| text(&["name", "key"]));
                    let whole = tree.kind(value) == Kind::Mapping && is_hidden_under(name, "a mapping");
                    if whole { self.found.push(tree.span(value)) } else { self.node(name, value) }
                }
                name => self.node(name, value),
            }
        }
    }

    fn sequence(&mut self, name: &str, node: NodeId) {
        let tree = self.tree;
        let items: Vec<_> = tree.items(node).collect();
        let words: Vec<_> = items.iter().map(|&item| tree.text(item)).collect();
        // a list of words may be a command
        if words.iter().any(|word| word.starts_with('-')) {
            self.found.extend(hidden_words(&words).into_iter().map(|at| tree.span(items[at])));
        }
        items.into_iter().for_each(|item| self.node(name, item));
    }
}

/// Comments are no nodes, and stand on the lines all the same.
fn comments(text: &str, shown: &[(u32, u32)], found: &mut Vec<(u32, u32)>) {
    for &(start, end) in shown {
        let bytes = &text.as_bytes()[start as usize..end as usize];
        let mut at = 0;
        while let Some(mark) = memchr::memchr(b'#', &bytes[at..]).map(|mark| at + mark) {
            let length = memchr::memchr2(b'\n', b'\r', &bytes[mark..]).unwrap_or(bytes.len() - mark);
            let from = start as usize + mark;
            let starts = mark == 0 || bytes[mark - 1].is_ascii_whitespace();
            if starts && text.get(from + 1..from + length).is_some_and(|comment| reveals(comment.trim())) {
                found.push((from as u32, (from + length) as u32));
            }
            at = mark + if starts { length } else { 1 };
        }
    }
}
