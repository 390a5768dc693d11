//! Slim copies of trees, for what a shard does not judge: others are joined with a part of it.
//!
//! What is left out leaves a mark, and whoever looks at the mark is noted: nothing is concluded from what is not there.

use std::cell::Cell;
use std::sync::{Mutex, PoisonError};

use foldhash::HashMap;

use super::{DECODED, Kind, Long, MERGES, NONE, Node, NodeId, Style, Tag, Tree};

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
        node.kind() == Kind::Alias && node.link == NONE
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
        self.nodes.iter().all(|node| node.kind() != Kind::Alias)
    }
}

/// Makes a slim copy of a tree without aliases. Of what is not whole, equal words stand once in its text, and of equal
/// values the later ones are aliases of the first: what many objects say alike costs little.
#[derive(Debug)]
pub struct Slimmer<'t> {
    whole: &'t Tree,
    nodes: Vec<Node>,
    text: String,
    decoded: Vec<Box<str>>,
    long: Long,
    words: HashMap<&'t str, u32>,
    /// The copies of decoded texts, by these.
    copies: HashMap<&'t str, u32>,
    /// The first of equal collections, by its print.
    known: HashMap<Box<[u32]>, NodeId>,
}

/// What a value is made of: the same of equal ones, in the copy.
type Print = Vec<u32>;

impl<'t> Slimmer<'t> {
    /// Starts with nothing.
    #[must_use]
    pub fn new(whole: &'t Tree) -> Self {
        let (words, copies, known) = Default::default();
        Slimmer { whole, nodes: Vec::new(), text: String::new(), decoded: Vec::new(), long: Long::default(), words, copies, known }
    }

    /// Puts a word into the text alone, once; its byte range.
    pub fn word(&mut self, word: &'t str) -> (u32, u32) {
        let text = &mut self.text;
        let start = *self.words.entry(word).or_insert_with(|| {
            text.push_str(word);
            (text.len() - word.len()) as u32
        });
        (start, start + word.len() as u32)
    }

    /// Copies a node with all below it, the text as it stands.
    pub fn keep(&mut self, id: NodeId) -> NodeId {
        let copy = self.nodes.len() as NodeId;
        self.copy(id, self.whole.next(id));
        copy
    }

    /// Copies a node with what the rule keeps below it.
    pub fn add(&mut self, id: NodeId, rule: Rule) -> NodeId {
        let copy = self.nodes.len() as NodeId;
        match (rule, self.whole.kind(id)) {
            (Rule::Leave, _) => self.leave(),
            (rule, Kind::Mapping | Kind::Sequence) => _ = self.collection(id, rule),
            (_, Kind::Scalar | Kind::Alias) => _ = self.scalar(id),
        }
        copy
    }

    /// The copy, which notes who looks at what it lacks.
    #[must_use]
    pub fn finish(self) -> Tree {
        let Slimmer { mut nodes, text, mut decoded, mut long, .. } = self;
        nodes.shrink_to_fit();
        decoded.shrink_to_fit();
        long.shrink();
        Tree { text: text.into(), nodes, decoded, long, notes: Some(Box::default()) }
    }

    fn leave(&mut self) {
        self.nodes.push(Node::new(Kind::Alias, Style::Plain, Tag::None, 0, NONE));
    }

    /// Copies a value, or refers to an equal one; adds what it is to the print of what it stands in.
    fn part(&mut self, id: NodeId, rule: Rule, print: &mut Print) {
        match (rule, self.whole.kind(id)) {
            (Rule::Leave, _) => {
                self.leave();
                print.push(0);
            }
            (_, Kind::Scalar | Kind::Alias) => print.extend(self.scalar(id)),
            (rule, Kind::Mapping | Kind::Sequence) => {
                let copy = self.nodes.len();
                let own = self.collection(id, rule).into_boxed_slice();
                let first = *self.known.entry(own).or_insert(copy as NodeId);
                // one node is as good as an alias
                if (first as usize) < copy && self.nodes.len() > copy + 1 {
                    self.nodes.truncate(copy);
                    self.long.truncate(copy);
                    self.leave();
                    self.nodes[copy].link = first;
                }
                print.extend([1, first]);
            }
        }
    }

    fn collection(&mut self, id: NodeId, rule: Rule) -> Print {
        let (copy, whole) = (self.nodes.len(), self.whole);
        let node = *whole.node(id);
        self.push(&node, (0, 0), node.link);
        let mut print = vec![shape(&node)];
        for (key, value) in whole.entries(id) {
            let rule = match rule {
                Rule::Members(members, others) if !node.has(MERGES) => {
                    let name = whole.text(key);
                    members.iter().find(|(member, _)| *member == name).map_or(*others, |(_, rule)| *rule)
                }
                _ => Rule::Keep,
            };
            self.part(key, Rule::Keep, &mut print);
            self.part(value, rule, &mut print);
        }
        for item in whole.items(id) {
            self.part(item, if let Rule::Each(rule) = rule { *rule } else { Rule::Keep }, &mut print);
        }
        self.nodes[copy].link = self.nodes.len() as NodeId;
        print
    }

    fn scalar(&mut self, id: NodeId) -> [u32; 4] {
        let (node, whole) = (*self.whole.node(id), self.whole);
        let (start, end) = self.word(&whole.text[node.start as usize..whole.end(id) as usize]);
        let link = if !node.has(DECODED) {
            node.link
        } else {
            let decoded = &mut self.decoded;
            let text: &'t str = &whole.decoded[node.link as usize];
            *self.copies.entry(text).or_insert_with(|| {
                decoded.push(text.into());
                decoded.len() as u32 - 1
            })
        };
        self.push(&node, (start, end), link);
        [shape(&node), start, end, link]
    }

    /// Copies nodes one behind the other, with the text from the first to the last.
    fn copy(&mut self, from: NodeId, to: NodeId) {
        let whole = self.whole;
        let start = if from < to { whole.node(from).start } else { 0 };
        let end = (from..to).map(|id| whole.end(id)).max().unwrap_or(start);
        let (at, first) = (self.text.len() as u32, self.nodes.len() as NodeId);
        self.text.push_str(&whole.text[start as usize..end as usize]);
        for id in from..to {
            let node = whole.node(id);
            let link = match node.kind() {
                Kind::Mapping | Kind::Sequence => node.link - from + first,
                Kind::Scalar if node.has(DECODED) => {
                    self.decoded.push(whole.decoded[node.link as usize].clone());
                    self.decoded.len() as u32 - 1
                }
                Kind::Scalar | Kind::Alias => node.link,
            };
            self.push(node, (node.start - start + at, whole.end(id) - start + at), link);
        }
    }

    /// Adds a node like another one.
    fn push(&mut self, like: &Node, (start, end): (u32, u32), link: u32) {
        let id = self.nodes.len() as NodeId;
        let mut node = *like;
        (node.start, node.link) = (start, link);
        self.long.set_end(id, &mut node, end);
        self.nodes.push(node);
    }
}

/// What a node is beside its text, never 0 or 1.
fn shape(node: &Node) -> u32 {
    2 + node.shape()
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
        let root = slimmer.keep(read.documents[0].root);
        let tree = slimmer.finish();
        assert_eq!(tree.len(), read.tree.len());
        let all = |tree: &super::Tree, from: u32| {
            (0..tree.len() as u32).map(|id| (tree.kind(id), tree.text(id).to_owned(), tree.span(id).0 - from)).collect::<Vec<_>>()
        };
        assert_eq!(all(&tree, 6), all(&read.tree, 0));
        assert_eq!(root, 0);
    }

    /// All values below a node, with their paths, aliases followed and marks shown.
    fn values(tree: &super::Tree, id: u32, path: &str, found: &mut Vec<String>) {
        let id = tree.target(id).unwrap_or(id);
        match tree.kind(id) {
            _ if tree.is_left_out(id) => found.push(format!("{path} left out")),
            super::Kind::Mapping => {
                tree.entries(id).for_each(|(key, value)| values(tree, value, &format!("{path}.{}", tree.text(key)), found));
            }
            super::Kind::Sequence => {
                tree.items(id).enumerate().for_each(|(number, item)| values(tree, item, &format!("{path}.{number}"), found));
            }
            _ => found.push(format!("{path} = {:?} {:?}", tree.text(id), tree.style(id))),
        }
    }

    #[test]
    fn what_is_said_twice_stands_once_and_reads_the_same() {
        const SPEC: Rule = Rule::Members(&[("containers", Rule::Keep), ("labels", Rule::Keep)], &Rule::Leave);
        const RULE: Rule =
            Rule::Members(&[("apiVersion", Rule::Keep), ("kind", Rule::Keep), ("name", Rule::Keep), ("spec", SPEC)], &Rule::Leave);
        let object = |name: &str, image: &str| {
            format!(
                "apiVersion: v1\nkind: Pod\nname: {name}\nspec:\n  labels: {{a: b, c: \"d\\te\", f: []}}\n  other: {{x: y}}\n  containers:\n  - image: {image}\n    ports: [{{port: 1, name: \"p\"}}, {{port: \"1\", name: p}}]\n"
            )
        };
        let text = [object("one", "i"), object("two", "i"), object("three", "j")].join("---\n");
        let read = yaml::read(text.as_str().into(), &Limits::default(), Vec::new());
        let mut slimmer = Slimmer::new(&read.tree);
        let roots: Vec<_> = read.documents.iter().map(|document| slimmer.add(document.root, RULE)).collect();
        let tree = slimmer.finish();
        assert!(roots.is_sorted() && tree.len() * 3 < read.tree.len() * 2 && tree.source().len() * 2 < text.len(), "{}", tree.len());
        let spec = |root| tree.get(root, "spec").map(|(_, value)| value).expect("it is there");
        // equal ones are one, and of those that differ what is equal
        assert_eq!(
            (tree.target(spec(roots[0])), tree.target(spec(roots[1])), tree.target(spec(roots[2]))),
            (None, Some(spec(roots[0])), None)
        );
        let labels = tree.get(spec(roots[2]), "labels").map(|(_, value)| tree.target(value));
        assert_eq!(labels, Some(tree.get(spec(roots[0]), "labels").map(|(_, value)| value)));
        for (document, root) in read.documents.iter().zip(roots) {
            let (mut own, mut other) = (Vec::new(), Vec::new());
            values(&read.tree, document.root, "", &mut own);
            values(&tree, root, "", &mut other);
            let own: Vec<_> = own.iter().map(|line| if line.starts_with(".spec.other") { ".spec.other left out" } else { line }).collect();
            assert_eq!(own, other);
        }
    }
}
