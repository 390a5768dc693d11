//! What of a rendered object is looked for in its sources.

use crate::parse::tree::push_key;
use crate::parse::{Kind, NodeId, Tree};

use super::listed::field;
use super::step::{Step, follow, is_same, path};
use super::trace::Look;

/// See the module's page.
pub(super) struct Wanted<'t> {
    pub(super) steps: Vec<Step<'t>>,
    /// What was made of it.
    pub(super) made: (&'t Tree, NodeId),
    form: Form<'t>,
    pub(super) kind: &'t str,
    pub(super) name: &'t str,
    pub(super) namespace: &'t str,
    version: &'t str,
    /// The path of something that is not there.
    absent: Option<&'t str>,
}

/// What of a node is pointed at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form<'t> {
    /// Its key.
    Key,
    /// The place where it is shown as a value.
    Shown,
    /// All of it.
    Whole,
    /// A text in it, and how often that stands before.
    Within(&'t str, usize),
}

impl<'t> Wanted<'t> {
    pub(super) fn new(tree: &'t Tree, root: NodeId, span: (u32, u32), look: Look<'t>) -> Self {
        let (steps, node) = path(tree, root, span);
        let (start, end) = tree.span(node);
        let absent = if let Look::Absent(path) = look { Some(path) } else { None };
        let form = if absent.is_some() || !(start <= span.0 && span.1 <= end) {
            Form::Key
        } else if span == tree.shown(node) {
            Form::Shown
        } else if span == (start, end) || tree.kind(node) != Kind::Scalar {
            Form::Whole
        } else {
            let source = tree.source();
            let text = source.get(span.0 as usize..span.1 as usize).unwrap_or_default();
            let before = source.get(start as usize..span.0 as usize).unwrap_or_default();
            if text.is_empty() { Form::Shown } else { Form::Within(text, before.matches(text).count()) }
        };
        let metadata = tree.get(root, "metadata").map(|(_, metadata)| metadata);
        let of_metadata = |key: &str| metadata.map_or("", |metadata| field(tree, metadata, key));
        Wanted {
            steps,
            made: (tree, node),
            form,
            kind: field(tree, root, "kind"),
            name: of_metadata("name"),
            namespace: of_metadata("namespace"),
            version: field(tree, root, "apiVersion"),
            absent,
        }
    }

    /// What stands at the end of the same steps.
    pub(super) fn reach(&self, tree: &Tree, root: NodeId) -> Option<NodeId> {
        self.steps.iter().try_fold(root, |node, step| follow(tree, node, step, true))
    }

    /// Whether a node holds what was made, whatever is in it.
    pub(super) fn fits(&self, tree: &Tree, node: NodeId) -> bool {
        is_same((tree, node), self.made)
    }

    /// What of the node that was found is pointed at.
    pub(super) fn place(&self, tree: &Tree, root: NodeId, node: NodeId) -> (u32, u32) {
        match self.form {
            Form::Key => tree.anchor(root, node),
            Form::Shown => tree.shown(node),
            Form::Whole => tree.span(node),
            Form::Within(text, before) => within(tree, node, text, before).unwrap_or_else(|| tree.shown(node)),
        }
    }

    /// Whether a patch says that it is of the same kind and name; how much of the name it has.
    pub(super) fn is_patched_by(&self, tree: &Tree, root: NodeId) -> Option<usize> {
        let patched = tree.get(root, "metadata").map_or("", |(_, metadata)| field(tree, metadata, "name"));
        (field(tree, root, "kind") == self.kind && self.name.contains(patched)).then_some(patched.len())
    }

    /// How well a document fits the object, where it may be what that was made of.
    pub(super) fn likeness(&self, tree: &Tree, root: NodeId) -> Option<(usize, bool, bool)> {
        let metadata = tree.get(root, "metadata").map(|(_, metadata)| metadata);
        let of_metadata = |key: &str| metadata.map_or("", |metadata| field(tree, metadata, key));
        let name = of_metadata("name");
        let is_one = field(tree, root, "kind") == self.kind && self.name.contains(name);
        is_one.then(|| (name.len(), of_metadata("namespace") == self.namespace, field(tree, root, "apiVersion") == self.version))
    }

    /// The key that is not there: the one that comes next on the path of what is looked for.
    pub(super) fn absent_key(&self) -> Option<String> {
        let rest = self.absent?.strip_prefix(self.path(self.steps.len()).as_str())?;
        if let Some(quoted) = rest.strip_prefix("[\"") {
            return quoted.split_once("\"]").map(|(key, _)| key.to_owned());
        }
        let key = rest.strip_prefix('.').unwrap_or(rest);
        Some(key.split(['.', '[']).next().unwrap_or_default().to_owned()).filter(|key| !key.is_empty())
    }

    /// The first steps as a path for people.
    fn path(&self, count: usize) -> String {
        let mut path = String::new();
        for step in &self.steps[..count] {
            match step {
                Step::Key(key) => push_key(&mut path, key),
                Step::Item { index, .. } => path += &format!("[{index}]"),
            }
        }
        path
    }
}

/// Where a text stands in a scalar for the same time as in another one.
fn within(tree: &Tree, node: NodeId, text: &str, before: usize) -> Option<(u32, u32)> {
    let (start, end) = tree.span(node);
    let written = tree.source().get(start as usize..end as usize)?;
    let at = written.match_indices(text).nth(before).or_else(|| written.match_indices(text).next())?.0 as u32;
    Some((start + at, start + at + text.len() as u32))
}
