//! Texts that are written as blocks: each of their lines is one of the file.

use super::tree::{Kind, NodeId, Style, Tree};

/// Where the lines of a block's text stand in its file.
#[derive(Debug)]
pub(crate) struct Block {
    /// Where a line begins in the text, and in the file.
    lines: Vec<(u32, u32)>,
}

impl Block {
    /// Of a scalar; `None` where its lines are not as they are written.
    pub(crate) fn of(tree: &Tree, content: NodeId) -> Option<Self> {
        if tree.kind(content) != Kind::Scalar || tree.style(content) != Style::Literal {
            return None;
        }
        let (start, end) = tree.span(content);
        let written = tree.source().get(start as usize..end as usize)?;
        let mut outer = start as usize + written.find('\n')? + 1;
        let mut inner = 0;
        let mut lines = Vec::new();
        for line in tree.text(content).split_inclusive('\n') {
            let own = line.trim_end_matches(['\n', '\r']);
            let rest = tree.source().get(outer..)?;
            let whole = rest.split_inclusive('\n').next().unwrap_or_default();
            let body = whole.trim_end_matches(['\n', '\r']);
            let indent = if own.is_empty() { 0 } else { body.len().checked_sub(own.len())? };
            if !own.is_empty() && body.get(indent..) != Some(own) {
                return None;
            }
            lines.push((inner as u32, (outer + indent) as u32));
            inner += line.len();
            outer += whole.len();
        }
        Some(Block { lines })
    }

    /// The byte range in the file of one in the text.
    pub(crate) fn span(&self, (start, end): (u32, u32)) -> (u32, u32) {
        let outer = |at: u32| {
            let line = self.lines.partition_point(|(inner, _)| *inner <= at).saturating_sub(1);
            let (inner, outer) = self.lines.get(line).copied().unwrap_or_default();
            outer + (at - inner)
        };
        (outer(start), if end > start { outer(end - 1) + 1 } else { outer(start) })
    }
}
