//! What of a Secret nobody may see, however it is written.

use crate::model::credential::LAST_APPLIED;
use crate::model::object::Object;
use crate::model::{Field, kinds};
use crate::parse::{Kind, NodeId, Tag, Tree};

impl Object<'_> {
    /// The byte ranges of a Secret's values: those below anything that is spelled like `data` or `stringData`, of
    /// whatever shape, overridden duplicates too; nothing for other kinds.
    #[must_use]
    pub fn masked(&self) -> Vec<(u32, u32)> {
        let mut ranges = Vec::new();
        if !self.is(kinds::SECRET) {
            return ranges;
        }
        let tree = self.root.tree;
        data(tree, self.root.node, &mut ranges);
        let applied: Field<'_> = self.annotation(LAST_APPLIED);
        if applied.exists() {
            ranges.push(applied.whole_span());
        }
        ranges
    }
}

/// The byte ranges of the values of a mapping that calls itself a Secret, wherever it stands; nothing for others.
#[must_use]
pub fn secret_values(tree: &Tree, node: NodeId) -> Vec<(u32, u32)> {
    let mut ranges = Vec::new();
    if tree.get(node, "kind").is_some_and(|(_, kind)| tree.text(kind).trim().eq_ignore_ascii_case("Secret")) {
        data(tree, node, &mut ranges);
    }
    ranges
}

fn data(tree: &Tree, node: NodeId, ranges: &mut Vec<(u32, u32)>) {
    for (key, value) in tree.entries(node) {
        let name = tree.text(key);
        if name.eq_ignore_ascii_case("data") || name.eq_ignore_ascii_case("stringData") {
            values(tree, value, ranges);
        }
    }
}

/// Every scalar at or below a node that is no key.
fn values(tree: &Tree, node: NodeId, ranges: &mut Vec<(u32, u32)>) {
    match tree.kind(node) {
        Kind::Scalar => ranges.push(tree.span(node)),
        Kind::Mapping => {
            for (key, value) in tree.entries(node) {
                values(tree, value, ranges);
                // a tag or an anchor may be the value, written wrongly
                if tree.is_anchored(value) || tree.tag(value) != Tag::None {
                    ranges.push((tree.span(key).1, tree.span(value).0));
                }
            }
        }
        Kind::Sequence => tree.items(node).for_each(|item| values(tree, item, ranges)),
        Kind::Alias => ranges.extend(tree.target(node).map(|target| tree.span(target))),
    }
}
