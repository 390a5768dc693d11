//! (being written)
use super::{File, Limits, Status, tree::Builder};
use crate::discover::Source;
pub fn read(source: Source, _limits: &Limits) -> File {
    File {
        uri: source.uri,
        shown: source.shown,
        root: source.root.into_string(),
        bytes: 0,
        sha256: [0; 32],
        tree: Builder::new("".into()).finish(),
        documents: vec![],
        gaps: vec![],
        directives: vec![],
        status: Status::Read,
    }
}
