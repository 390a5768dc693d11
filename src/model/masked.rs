//! What of a Secret nobody may see, however it is written.

use crate::model::credential::LAST_APPLIED;
use crate::model::kinds;
use crate::model::object::Object;
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
        applied(tree, self.root.node, &mut ranges);
        ranges
    }
}

/// The byte ranges of the values of a mapping that calls itself a Secret, wherever it stands; nothing for others.
#[must_use]
pub fn secret_values(tree: &Tree, node: NodeId) -> Vec<(u32, u32)> {
    let mut ranges = Vec::new();
    if tree.get(node, "kind").is_some_and(|(_, kind)| tree.text(kind).trim().eq_ignore_ascii_case("Secret")) {
        data(tree, node, &mut ranges);
        applied(tree, node, &mut ranges);
    }
    ranges
}

/// Whether a text has a Secret in it, as tools keep what they applied in annotations, and people manifests in ConfigMaps.
pub(super) fn holds_secret(text: &str) -> bool {
    // `kind: Secret` and `data: {}`, in YAML or JSON
    const SHORTEST: usize = 22;
    let is_between = |letter: char| letter.is_whitespace() || matches!(letter, '"' | '\'' | '\\' | ':');
    let is_kind = |at: usize| text[at + "kind".len()..].trim_start_matches(is_between).starts_with("Secret");
    text.len() > SHORTEST && text.match_indices("kind").any(|(at, _)| is_kind(at)) && (text.contains("data") || text.contains("stringData"))
}

/// What kubectl keeps of it in an annotation, whatever is in there.
fn applied(tree: &Tree, node: NodeId, ranges: &mut Vec<(u32, u32)>) {
    let get = |node: NodeId, key: &str| tree.get(node, key).map(|(_, value)| tree.target(value).unwrap_or(value));
    let annotations = get(node, "metadata").and_then(|metadata| get(metadata, "annotations"));
    let kept = annotations.and_then(|annotations| get(annotations, LAST_APPLIED));
    ranges.extend(kept.map(|kept| tree.span(kept)));
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

#[cfg(test)]
mod tests {
    use super::secret_values;
    use crate::discover::{Origin, Source};
    use crate::model::shown;
    use crate::parse::{self, Limits};

    #[test]
    fn annotations_may_hold_what_a_secret_does() {
        let text = "apiVersion: v1\nkind: Secret\nmetadata:\n  annotations:\n    kubectl.kubernetes.io/last-applied-configuration: '{\"stringData\":{\"user\":\"first\"}}'\n    kapp.k14s.io/original: '{\"kind\":\"Secret\",\"stringData\":{\"user\":\"second\"}}'\nstringData: {user: third}\n";
        let origin = Origin::Bytes(text.as_bytes().to_vec());
        let source = Source { uri: None, shown: String::new(), origin, named: true, root: "".into() };
        let files = parse::all(vec![source], &Limits::default());
        let tree = &files[0].tree;
        let mut ranges = secret_values(tree, files[0].documents[0].root);
        ranges.extend(shown::hidden(tree, &[(0, text.len() as u32)]));
        for value in ["first", "second", "third"] {
            let at = text.find(value).expect("it is there") as u32;
            assert!(ranges.iter().any(|&(start, end)| start <= at && at < end), "{value}");
        }
    }
}
