//! Which part of a node is pointed at.

use super::{Kind, NodeId, Style, Tree};

impl Tree {
    /// What to show of a value: all of a scalar or flow collection, the first line of anything taller.
    #[must_use]
    pub fn shown(&self, id: NodeId) -> (u32, u32) {
        let is_tall = matches!(self.style(id), Style::Block | Style::Literal | Style::Folded);
        if is_tall { self.head(id) } else { self.span(id) }
    }

    /// Where something that is not there is shown: the key of the node that lacks it, or the first line of an item or document.
    #[must_use]
    pub fn anchor(&self, root: NodeId, id: NodeId) -> (u32, u32) {
        self.key_before(root, id).map_or_else(|| self.head(id), |key| self.span(key))
    }

    /// The first line of a node.
    fn head(&self, id: NodeId) -> (u32, u32) {
        let (start, end) = self.span(id);
        let line = &self.text[start as usize..end as usize];
        let length = memchr::memchr2(b'\n', b'\r', line.as_bytes()).unwrap_or(line.len());
        (start, start + line[..length].trim_end().len() as u32)
    }

    /// The key in front of a node that stands somewhere below `root`, when it is the value of a mapping.
    #[must_use]
    pub fn key_before(&self, root: NodeId, id: NodeId) -> Option<NodeId> {
        let mut at = root;
        // an anchored node may lie outside an object that stands in a `List`
        if !(at..self.next(at)).contains(&id) {
            return None;
        }
        loop {
            let within = |node: NodeId| (node..self.next(node)).contains(&id);
            match self.kind(at) {
                Kind::Mapping => {
                    let (key, value) = self.entries(at).find(|&(_, value)| within(value))?;
                    if value == id {
                        return Some(key);
                    }
                    at = value;
                }
                Kind::Sequence => {
                    at = self.items(at).find(|&item| within(item))?;
                    if at == id {
                        return None;
                    }
                }
                Kind::Scalar | Kind::Alias => return None,
            }
        }
    }
}
