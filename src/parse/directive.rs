//! Comments addressed to the tool: `# cnscan: excuse <check-id> until=DATE reason`.

use memchr::memmem;

use super::Document;
use super::chunks::chunks;
use super::tree::{Kind, NodeId, Style, Tree};

/// A comment addressed to the tool, as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive {
    /// What stands behind `cnscan:`, trimmed.
    pub text: String,
    /// The byte range of the comment, from its `#`.
    pub span: (u32, u32),
    /// Whether nothing but white space stands before it on its line.
    pub alone: bool,
    /// The byte range it covers: the rest of its line, the node below and its subtree, or the whole document
    /// (`decisions.md` 27).
    pub covers: (u32, u32),
    /// Where somebody wrote it, when a tool made the file of another one: which file, and where its `#` is there.
    pub written: Option<(u32, u32)>,
}

const MARK: &str = "cnscan:";

/// The comments for the tool in the documents of a file. One that covers nothing has an empty range.
#[must_use]
pub fn find(tree: &Tree, documents: &[Document]) -> Vec<Directive> {
    let text: &str = tree.source();
    let mut found = memmem::find_iter(text.as_bytes(), MARK).filter_map(|at| comment(text, at)).peekable();
    if found.peek().is_none() {
        return Vec::new();
    }
    Finder::new(tree, documents).run(found)
}

/// The comments for the tool in a text of which nothing is judged: they cover nothing, which is to be said.
#[must_use]
pub fn strays(text: &str) -> Vec<Directive> {
    let found = memmem::find_iter(text.as_bytes(), MARK).filter_map(|at| comment(text, at).map(|place| (at, place)));
    let mut passed = 0;
    let strays = found.filter_map(|(at, (hash, alone))| {
        if hash < passed {
            return None;
        }
        passed = end_of_line(text, hash);
        let end = passed as u32;
        Some(Directive {
            text: text[at + MARK.len()..passed].trim().to_owned(),
            span: (hash as u32, end),
            alone,
            covers: (end, end),
            written: None,
        })
    });
    strays.collect()
}

fn end_of_line(text: &str, from: usize) -> usize {
    memchr::memchr2(b'\n', b'\r', &text.as_bytes()[from..]).map_or(text.len(), |len| from + len)
}

/// Whether a comment begins before `MARK` at `at`: its `#`, and whether it is alone on its line.
fn comment(text: &str, at: usize) -> Option<(usize, bool)> {
    let hash = text[..at].trim_end_matches([' ', '\t']).len().checked_sub(1)?;
    if text.as_bytes()[hash] != b'#' {
        return None;
    }
    let lead = text[..hash].trim_end_matches([' ', '\t']);
    let alone = starts_line(lead);
    (alone || lead.len() < hash).then_some((hash, alone))
}

fn starts_line(before: &str) -> bool {
    before.is_empty() || before.ends_with(['\n', '\r'])
}

/// Walks comments and nodes side by side, both in the order of the text.
struct Finder<'a> {
    tree: &'a Tree,
    text: &'a str,
    documents: &'a [Document],
    /// The chunks of the text, and whether there is anything but comments in each.
    chunks: Vec<(usize, usize, bool)>,
    /// The next node not yet passed.
    node: NodeId,
    /// The collections around it, with how many children of each were passed.
    open: Vec<(NodeId, usize)>,
    /// The last place asked for its line, and where that starts.
    line: (usize, usize),
    /// What the comments right above a node cover: many may stand there.
    above: Option<(NodeId, (u32, u32))>,
}

impl<'a> Finder<'a> {
    fn new(tree: &'a Tree, documents: &'a [Document]) -> Self {
        let text: &str = tree.source();
        let filled = |body: &str| body.lines().map(str::trim_start).any(|line| !line.is_empty() && !line.starts_with('#'));
        let chunks = chunks(text, 0).map(|chunk| (chunk.start, chunk.end, filled(&text[chunk.start..chunk.end]))).collect();
        Finder { tree, text, documents, chunks, node: 0, open: Vec::new(), line: (0, 0), above: None }
    }

    fn run(mut self, found: impl Iterator<Item = (usize, bool)>) -> Vec<Directive> {
        let mut directives = Vec::new();
        // a comment may quote another; only the first is one
        let mut passed = 0;
        for (hash, alone) in found {
            if hash < passed {
                continue;
            }
            let within = self.pass(hash).filter(|id| self.is_text(*id, hash));
            if within.is_some_and(|id| !alone || !matches!(self.tree.style(id), Style::Literal | Style::Folded)) {
                continue;
            }
            let end = end_of_line(self.text, hash);
            passed = end;
            // a manifest or a patch within a text: what stands in it is no comment, though somebody means it to be one
            let covers = if within.is_some() { Some((end as u32, end as u32)) } else { self.covers(hash, end, alone) };
            let Some(covers) = covers else { continue };
            let text = self.text[hash + 1..end].trim_start();
            let text = text.strip_prefix(MARK).unwrap_or(text).trim().to_owned();
            directives.push(Directive { text, span: (hash as u32, end as u32), alone, covers, written: None });
        }
        directives
    }

    /// Passes all nodes that start before `at`; the last of them is the innermost that can hold it.
    fn pass(&mut self, at: usize) -> Option<NodeId> {
        while (self.node as usize) < self.tree.len() && (self.tree.span(self.node).0 as usize) < at {
            self.leave();
            if let Some((_, children)) = self.open.last_mut() {
                *children += 1;
            }
            if matches!(self.tree.kind(self.node), Kind::Mapping | Kind::Sequence) {
                self.open.push((self.node, 0));
            }
            self.node += 1;
        }
        self.leave();
        self.node.checked_sub(1)
    }

    /// Drops the collections that end before the next node.
    fn leave(&mut self) {
        while self.open.last().is_some_and(|&(id, _)| self.tree.next(id) <= self.node) {
            self.open.pop();
        }
    }

    /// Whether what looks like a comment is a part of a scalar.
    fn is_text(&self, id: NodeId, hash: usize) -> bool {
        let (start, end) = self.tree.span(id);
        if self.tree.kind(id) != Kind::Scalar || hash >= end as usize {
            return false;
        }
        // behind the header of a block scalar a comment may stand
        let block = matches!(self.tree.style(id), Style::Literal | Style::Folded);
        !block || self.text[start as usize..hash].contains('\n')
    }

    /// What a comment covers; `None` where it stands in a document that could not be read.
    fn covers(&mut self, hash: usize, end: usize, alone: bool) -> Option<(u32, u32)> {
        let nothing = (end as u32, end as u32);
        let Some((start, stop)) = self.chunk(hash) else { return Some(nothing) };
        let span = |document: &Document| self.tree.span(document.root);
        let index = self.documents.partition_point(|document| (span(document).0 as usize) < start);
        let root = self.documents.get(index).map(span).filter(|root| (root.0 as usize) < stop)?;
        if hash < root.0 as usize {
            return Some(root);
        }
        if !alone {
            return Some((self.line_start(hash) as u32, hash as u32));
        }
        if self.node as usize >= self.tree.len() || self.tree.span(self.node).0 as usize >= stop {
            return Some(nothing);
        }
        let known = self.above.filter(|&(node, _)| node == self.node);
        let covers = known.map_or_else(|| self.below(), |(_, covers)| covers);
        self.above = Some((self.node, covers));
        Some(covers)
    }

    /// Where the line of `at` starts; the places asked for must not decrease.
    fn line_start(&mut self, at: usize) -> usize {
        let (asked, start) = self.line;
        let start = memchr::memrchr2(b'\n', b'\r', &self.text.as_bytes()[asked..at]).map_or(start, |index| asked + index + 1);
        self.line = (at, start);
        start
    }

    /// The next node: an entry with its value, an item, never a whole list or mapping for its first line.
    fn below(&self) -> (u32, u32) {
        let entry = |key: NodeId| (self.tree.span(key).0, self.tree.span(self.tree.next(key)).1);
        let (start, end) = self.tree.span(self.node);
        let leads = starts_line(self.text[..start as usize].trim_end_matches([' ', '\t']));
        let parent = self.open.last().filter(|&&(id, _)| self.tree.kind(id) == Kind::Mapping);
        match (self.tree.kind(self.node), self.tree.style(self.node)) {
            _ if parent.is_some_and(|&(_, children)| children % 2 == 0) => entry(self.node),
            (Kind::Mapping, Style::Block) if leads => entry(self.node + 1),
            (Kind::Sequence, Style::Block) => (start, self.tree.span(self.node + 1).1),
            _ => (start, end),
        }
    }

    /// The chunk that a comment belongs to: the next one with content where its own has none.
    fn chunk(&self, at: usize) -> Option<(usize, usize)> {
        let index = self.chunks.partition_point(|&(_, end, _)| end <= at);
        self.chunks[index..].iter().find(|&&(_, _, filled)| filled).map(|&(start, end, _)| (start, end))
    }
}
