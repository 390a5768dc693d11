//! Where something stands, for an answer.

use std::fmt;

use serde::Serialize;

use crate::model::{Field, Object, Scan};
use crate::parse::Lines;

/// A place in a file, or in the cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The file; `None` for an object of a cluster.
    pub file: Option<String>,
    /// Its line.
    pub line: u32,
    /// Its column.
    pub column: u32,
    /// The path in the object.
    pub path: String,
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.file {
            Some(file) => write!(out, "{file}:{}:{}", self.line, self.column),
            None if self.path.is_empty() => out.write_str("in the cluster"),
            None => write!(out, "in the cluster, at {}", self.path),
        }
    }
}

/// The place of a field of an object.
pub(super) fn place(field: Field<'_>, object: &Object<'_>, scan: &Scan<'_>) -> Place {
    let at = field.place();
    let path = field.path().into();
    if object.live {
        return Place { file: None, line: 0, column: 0, path };
    }
    let file = &scan.evidence.files()[object.file() as usize];
    let (line, column) = Lines::new(file.tree.source()).position(at.span.0);
    Place { file: Some(file.name().to_owned()), line, column, path }
}
