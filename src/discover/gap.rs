//! A gap: something that was to be looked at and was not. It is data, shown in every report, and never a pass.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Something that was not looked at, and why.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Gap {
    /// The kind of evidence it belongs to: `manifest`, `cluster`, `repo`, `host`.
    pub surface: String,
    /// What was not looked at: a file, a document in it, a kind of object.
    pub what: String,
    /// Why not, in words that say what to do.
    pub why: String,
    /// Where, when it has a place.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub location: Option<Place>,
    /// The kind of a cluster that was not read, or not all of it: `apps/Deployment`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub kind: Option<String>,
    /// The namespace it was not read in; without one, it is about all of them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub namespace: Option<String>,
}

/// A point in a file: lines and columns count from 1, columns in Unicode scalar values.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    /// The file, relative to its root.
    pub uri: String,
    /// From 1.
    pub line: u32,
    /// From 1.
    pub column: u32,
}
