//! Slim copies of trees, for what a shard does not judge: others are joined with a part of it.
//!
//! What is left out leaves a mark, and whoever looks at the mark is noted: nothing is concluded from what is not there.

use std::cell::Cell;
use std::sync::{Mutex, PoisonError};

use super::{DECODED, Kind, MERGES, NONE, Node, NodeId, Style, Tag, Tree};

/// What becomes of a value in a slim copy.
#[derive(Debug, Clone, Copy)]
pub enum Rule {
    /// It stays as it is.
    Keep,
    /// A mark takes its place.
    Leave,
    /// Each item of a sequence by this rule.
    Each(&'static Rule),
    /// The values of a mapping: each by its own rule, the others by the last one.
    Members(&'static [(&'static str, Rule)], &'static Rule),
}

/// The marks that were looked at, by their nodes.
#[derive(Debug, Default)]
pub(super) struct Notes(Mutex<Vec<NodeId>>);

thread_local! {
    static UNNOTED: Cell<bool> = const { Cell::new(false) };
}

/// Looks at slim trees without a note: what is left out counts as not there.
pub(crate) fn unnoted<T>(look: impl FnOnce() -> T) -> T {
    let before = UNNOTED.replace(true);
    let seen = look();
    UNNOTED.set(before);
    seen
}

impl Clone for Notes {
    fn clone(&self) -> Self {
        Notes::default()
    }
}

impl Tree {
    /// Whether something was left out here.
    #[must_use]
    pub fn is_left_out(&self, id: NodeId) -> bool {
        let node = self.node(id);
        node.kind == Kind::Alias && node.link == NONE
    }

    /// Notes that somebody looked at a node of a slim tree, which may not say all.
    #[inline]
    pub(crate) fn note(&self, id: NodeId) {
        if let Some(notes) = &self.notes
            && !UNNOTED.get()
        {
            notes.0.lock().unwrap_or_else(PoisonError::into_inner).push(id);
        }
    }

    /// Whether such a node was noted.
    pub(crate) fn notes(&self, is_such: impl Fn(NodeId) -> bool) -> bool {
        let any = |notes: &Notes| notes.0.lock().unwrap_or_else(PoisonError::into_inner).iter().any(|&id| is_such(id));
        self.notes.as_deref().is_some_and(any)
    }

    /// The nodes that were noted since the last call.
    #[must_use]
    pub fn noted(&self) -> Vec<NodeId> {
        let take = |notes: &Notes| std::mem::take(&mut *notes.0.lock().unwrap_or_else(PoisonError::into_inner));
        self.notes.as_deref().map(take).unwrap_or_default()
    }

    /// Whether every value stands where it is written, none by alias.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.nodes.iter().all(|node| node.kind != Kind::Alias)
    }
}

/// Makes a slim copy of a tree without aliases.
#[derive(Debug)]
pub struct Slimmer<'t> {
    whole: &'t Tree,
    nodes: Vec<Node>,
    text: String,
    decoded: Vec<Box<str>>,
}

impl<'t> Slimmer<'t> {
    /// Starts with nothing.
    #[must_use]
    pub fn new(whole: &'t Tree) -> Self {
        Slimmer { whole, nodes: Vec::new(), text: String::new(), decoded: Vec::new() }
    }

    /// Puts a word into the text alone; its byte range.
    pub fn word(&mut self, word: &str) -> (u32, u32) {
        let start = self.text.len() as u32;
        self.text.push_str(word);
        (start, self.text.len() as u32)
    }

    /// Copies a node with all below it, as far as the rule says.
    pub fn add(&mut self, id: NodeId, rule: Rule) -> NodeId {
        let copy = self.nodes.len() as NodeId;
        let node = *self.whole.node(id);
        match (rule, node.kind) {
            (Rule::Leave, _) => self.leave(),
            (Rule::Members(members, others), Kind::Mapping) if node.flags & MERGES == 0 => {
                self.open(node);
                for (key, value) in self.whole.entries(id) {
                    self.keep(key, key + 1);
                    let name = self.whole.text(key);
                    self.add(value, members.iter().find(|(member, _)| *member == name).map_or(*others, |(_, rule)| *rule));
                }
                self.close(copy);
            }
            (Rule::Each(rule), Kind::Sequence) => {
                self.open(node);
                for item in self.whole.items(id) {
                    self.add(item, *rule);
                }
                self.close(copy);
            }
            _ => self.keep(id, self.whole.next(id)),
        }
        copy
    }

    /// The copy, which notes who looks at what it lacks.
    #[must_use]
    pub fn finish(self) -> Tree {
        let Slimmer { mut nodes, text, mut decoded, .. } = self;
        nodes.shrink_to_fit();
        decoded.shrink_to_fit();
        Tree { text: text.into(), nodes, decoded, notes: Some(Box::default()) }
    }

    fn leave(&mut self) {
        let at = self.text.len() as u32;
        self.nodes.push(Node { kind: Kind::Alias, style: Style::Plain, tag: Tag::None, flags: 0, start: at, end: at, link: NONE });
    }

    fn open(&mut self, node: Node) {
        let at = self.text.len() as u32;
        self.nodes.push(Node { start: at, end: at, ..node });
    }

    fn close(&mut self, copy: NodeId) {
        let (next, end) = (self.nodes.len() as NodeId, self.text.len() as u32);
        let node = &mut self.nodes[copy as usize];
        (node.link, node.end) = (next, end);
    }

    /// Copies nodes one behind the other, with the text from the first to the last.
    fn keep(&mut self, from: NodeId, to: NodeId) {
        let nodes = &self.whole.nodes[from as usize..to as usize];
        let start = nodes.first().map_or(0, |node| node.start);
        let end = nodes.iter().map(|node| node.end).max().unwrap_or(start);
        let (at, first) = (self.text.len() as u32, self.nodes.len() as NodeId);
        self.text.push_str(&self.whole.text[start as usize..end as usize]);
        for node in nodes {
            let link = match node.kind {
                Kind::Mapping | Kind::Sequence => node.link - from + first,
                Kind::Scalar if node.flags & DECODED != 0 => {
                    self.decoded.push(self.whole.decoded[node.link as usize].clone());
                    self.decoded.len() as u32 - 1
                }
                Kind::Scalar | Kind::Alias => node.link,
            };
            self.nodes.push(Node { start: node.start - start + at, end: node.end - start + at, link, ..*node });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Rule, Slimmer};
    use crate::parse::{Limits, yaml};

    const TEXT: &str = "a: \"x\\ty\"\nlong:\n  b: [1, 2]\n  c: |\n    text\n  d: {e: f}\nlist:\n- {name: n, other: o}\n";

    #[test]
    fn what_is_left_out_is_noted_when_looked_for_and_the_rest_stays() {
        const ITEM: Rule = Rule::Members(&[("name", Rule::Keep)], &Rule::Leave);
        const RULE: Rule = Rule::Members(
            &[
                ("a", Rule::Keep),
                ("long", Rule::Members(&[("b", Rule::Keep), ("c", Rule::Keep)], &Rule::Leave)),
                ("list", Rule::Each(&ITEM)),
            ],
            &Rule::Leave,
        );
        let read = yaml::read(TEXT.into(), &Limits::default(), Vec::new());
        let mut slimmer = Slimmer::new(&read.tree);
        let word = slimmer.word("Deployment");
        let root = slimmer.add(read.documents[0].root, RULE);
        let tree = slimmer.finish();
        assert_eq!(&tree.source()[word.0 as usize..word.1 as usize], "Deployment");
        let get = |id, key| tree.get(id, key).map(|(_, value)| value).expect(key);
        assert_eq!(tree.text(get(root, "a")), "x\ty");
        let long = get(root, "long");
        assert_eq!(tree.items(get(long, "b")).map(|item| tree.text(item)).collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(tree.text(get(long, "c")), "text\n");
        let item = tree.items(get(root, "list")).next().expect("an item");
        assert_eq!(tree.text(get(item, "name")), "n");
        let gone = [get(long, "d"), get(item, "other")];
        assert!(gone.iter().all(|&id| tree.is_left_out(id)) && !tree.is_left_out(long));
        assert!(tree.noted().is_empty());
        gone.iter().for_each(|&id| tree.note(id));
        assert_eq!(tree.noted(), gone);
    }

    #[test]
    fn a_copy_of_all_is_the_same() {
        let read = yaml::read(TEXT.into(), &Limits::default(), Vec::new());
        let mut slimmer = Slimmer::new(&read.tree);
        slimmer.word("before");
        let root = slimmer.add(read.documents[0].root, Rule::Keep);
        let tree = slimmer.finish();
        assert_eq!(tree.len(), read.tree.len());
        let all = |tree: &super::Tree, from: u32| {
            (0..tree.len() as u32).map(|id| (tree.kind(id), tree.text(id).to_owned(), tree.span(id).0 - from)).collect::<Vec<_>>()
        };
        assert_eq!(all(&tree, 6), all(&read.tree, 0));
        assert_eq!(root, 0);
    }
}
