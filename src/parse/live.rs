//! Lists of a cluster into the same trees as files.

use std::sync::Arc;

use rayon::prelude::*;
use sha2::{Digest as _, Sha256};

use crate::discover::{Gap, List};

use super::tree::{Builder, Tree};
use super::{Document, File, Limits, Role, Status, json};

/// Parses every list in parallel, in the order given.
#[must_use]
pub fn all(lists: Vec<List>) -> Vec<File> {
    lists.into_par_iter().map(|list| read(&list)).collect()
}

/// Parses one.
#[must_use]
pub fn read(list: &List) -> File {
    let List { uri, text, .. } = list;
    let mut file = File {
        shown: uri.clone(),
        uri: Some(uri.clone()),
        root: String::new(),
        bytes: text.len() as u64,
        sha256: Sha256::digest(text.as_bytes()).into(),
        tree: Tree::new(Arc::from("")),
        documents: Vec::new(),
        gaps: Vec::new(),
        directives: Vec::new(),
        status: Status::Read,
        live: true,
        host: false,
        slim: None,
        role: Role::Judged,
    };
    // a list is one document however long it is
    let limits = Limits { document: usize::MAX, ..Limits::default() };
    let mut builder = Builder::new(text.as_str().into());
    let mut faults = Vec::new();
    match json::value(&mut builder, 0, &limits, &mut faults) {
        Ok(Some(json::Value { root: Some(root), tainted, .. })) => {
            file.documents.push(Document { root, number: 1, tainted });
            file.tree = builder.finish();
        }
        Ok(_) => file.lose("it is empty".to_owned()),
        Err(json::Failure::Syntax(fault) | json::Failure::Limit(fault)) => file.lose(fault.why),
    }
    file
}

impl File {
    fn lose(&mut self, why: String) {
        self.status = Status::Gap;
        self.gaps.push(Gap { surface: "cluster".to_owned(), what: self.name().to_owned(), why, ..Gap::default() });
    }
}
