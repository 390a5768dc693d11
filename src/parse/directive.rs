//! Comments addressed to the tool: `# cnscan: excuse <check-id> [until=DATE] reason`.

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
}
