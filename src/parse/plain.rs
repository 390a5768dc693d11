//! Files that are pointed at and not parsed, such as the templates of a chart.

use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use crate::discover::Source;

use super::tree::Tree;
use super::{File, Role, Status, classify, decode};

/// Reads a file for its text alone; `None` where there is none to point at.
#[must_use]
pub fn read(source: Source) -> Option<File> {
    let bytes = classify::bytes(source.origin).ok()?;
    let text = decode::decode(&bytes).ok()?.into_owned();
    Some(File {
        uri: source.uri,
        shown: source.shown,
        root: source.root.into_string(),
        bytes: bytes.len() as u64,
        sha256: Sha256::digest(&bytes).into(),
        tree: Tree::new(Arc::from(text)),
        documents: Vec::new(),
        gaps: Vec::new(),
        directives: Vec::new(),
        status: Status::Read,
        live: false,
        host: false,
        slim: None,
        role: Role::Source(Vec::new()),
    })
}
