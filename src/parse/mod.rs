//! From bytes to positioned trees. Nothing here knows checks.

mod aliases;
pub mod base64;
mod block;
mod chunks;
pub mod classify;
pub mod command;
pub mod decode;
pub mod der;
pub mod directive;
mod fault;
mod granit;
pub mod host;
mod json;
mod keys;
pub mod kustomization;
mod lane;
mod lane_text;
pub mod lines;
pub mod live;
mod number;
mod odd;
pub mod plain;
pub mod prune;
pub mod scalar;
mod template;
pub mod tree;
mod written;
pub mod yaml;

use crate::discover::{Gap, Source};

pub(crate) use block::Block;
pub use directive::Directive;
pub(crate) use keys::is_merge;
pub use lines::Lines;
pub use tree::{Kind, NodeId, Style, Tag, Tree};

/// A file as parsed: a tree, its documents, and what could not be read.
#[derive(Debug)]
pub struct File {
    /// See [`Source::uri`].
    pub uri: Option<String>,
    /// See [`Source::shown`].
    pub shown: String,
    /// See [`Source::root`].
    pub root: String,
    /// The size in bytes as stored.
    pub bytes: u64,
    /// Of the bytes as stored.
    pub sha256: [u8; 32],
    /// The nodes of all documents, over the decoded text.
    pub tree: Tree,
    /// The documents that could be read, in order.
    pub documents: Vec<Document>,
    /// What could not.
    pub gaps: Vec<Gap>,
    /// Comments addressed to the tool.
    pub directives: Vec<Directive>,
    /// What became of the file.
    pub status: Status,
    /// It is a list of a cluster: nobody wrote its text, so findings have no place in it.
    pub live: bool,
    /// It was found below the root of a node.
    pub host: bool,
    /// In a shard: its objects, of which the tree has no more than others are joined with; `None` where it has all.
    pub slim: Option<Box<[Stub]>>,
    /// What it is to the scan.
    pub role: Role,
}

/// An object of a slim file. Its names are byte ranges of the text.
#[derive(Debug, Clone, Copy)]
pub struct Stub {
    /// Its top, or the mark in its place.
    pub node: NodeId,
    /// Whether a part of it is left out.
    pub is_slim: bool,
    /// See [`Document::tainted`].
    pub tainted: bool,
    /// `apiVersion`
    pub api_version: (u32, u32),
    /// `kind`
    pub kind: (u32, u32),
    /// The namespace, when it has one.
    pub namespace: Option<(u32, u32)>,
    /// `metadata.name`
    pub name: (u32, u32),
}

/// What a file is to the scan.
#[derive(Debug, Default)]
pub enum Role {
    /// Its objects are judged.
    #[default]
    Judged,
    /// Another tool made it. For each of its documents the number of the file that it comes from, as far as that is known, and the
    /// numbers of all files that had a part in it.
    Made {
        /// One a document.
        from: Vec<Option<u32>>,
        /// All of them.
        parts: Vec<u32>,
        /// What else sets fields of it, and is judged by itself: a file, and a node in it.
        by: Option<(u32, NodeId)>,
    },
    /// What is judged was made of it: its own documents are kept to point at.
    Source(Vec<Document>),
}

impl File {
    /// Its name in results, which must not differ by working directory.
    #[must_use]
    pub fn name(&self) -> &str {
        self.uri.as_deref().unwrap_or(&self.shown)
    }
}

/// One document of a file.
#[derive(Debug, Clone, Copy)]
pub struct Document {
    /// Its top node.
    pub root: NodeId,
    /// Counted from 1 in the file, broken ones included.
    pub number: u32,
    /// Whether something in it keeps anything from passing (a duplicate key): findings stand, passes become reviews.
    pub tainted: bool,
}

/// A text that is no object and yet a part of some: its tree, as far as it can be read, and the comments for the tool in it.
pub(crate) fn fragment(text: &str, limits: &Limits) -> (Tree, Vec<Directive>) {
    let read = yaml::read(text.into(), limits, Vec::new());
    let directives = directive::find(&read.tree, &read.documents);
    (read.tree, directives)
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// At least one document was read.
    Read,
    /// It could not be read, or no document of it: the reason stands in `gaps`.
    Gap,
    /// Nothing in it looks like a known input.
    Ignored(String),
}

/// Limits that keep time and memory bounded whatever the bytes are.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The largest document, in bytes.
    pub document: usize,
    /// The deepest nesting.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { document: 64 << 20, depth: 100 }
    }
}

/// Reads and parses every source in parallel, in the order given.
#[must_use]
pub fn all(sources: Vec<Source>, limits: &Limits) -> Vec<File> {
    use rayon::prelude::*;
    sources.into_par_iter().map(|source| classify::read(source, limits)).collect()
}
