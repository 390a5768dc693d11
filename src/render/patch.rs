//! Where in the files of a kustomization a value of what it builds stands.

use crate::parse::{File, Kind, NodeId, Tree};

use super::json_patch;
use super::listed::{field, items, kustomization, value};
use super::trace::{Fit, Written, documents};

/// A step from a node to one inside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step<'t> {
    Key(&'t str),
    /// Its index, and its name where it has one.
    Item(usize, Option<&'t str>),
}

/// What objects were made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sources<'s> {
    /// The file of each.
    pub(super) from: &'s [Option<u32>],
    /// What has a part in all of them.
    pub(super) parts: &'s [u32],
    /// What was laid over them.
    pub(super) by: Option<(u32, NodeId)>,
}

/// Finds where the node that covers a place was written: in a patch, else in the object that was built on, else in what the
/// kustomization itself sets.
pub(super) fn trace(
    files: &[File],
    (tree, root, span): (&Tree, NodeId, (u32, u32)),
    source: u32,
    Sources { from, parts, by }: Sources<'_>,
) -> Option<Written> {
    let (steps, node) = path(tree, root, span);
    let wanted = Wanted { steps: &steps, made: (tree, node), kind: field(tree, root, "kind") };
    let name = tree.get(root, "metadata").map_or("", |(_, metadata)| field(tree, metadata, "name"));
    let of = |file: u32| &files[file as usize];
    let same = |file: u32, node: NodeId| Written { file, span: of(file).tree.span(node), fit: Fit::Same };
    let base = base(of(source), wanted.kind, name);
    let there = base.and_then(|root| wanted.reach(&of(source).tree, root));
    if let Some(node) = there.filter(|node| wanted.fits(&of(source).tree, *node)) {
        return Some(same(source, node));
    }
    // what an object was made of patches nothing
    let patched = parts.iter().rev().filter(|part| !from.contains(&Some(**part))).filter_map(|&part| {
        let found = documents(of(part)).filter_map(|root| wanted.find_in_patch(&of(part).tree, root, name));
        found.max_by_key(|(length, _)| *length).map(|(length, node)| (length, part, node))
    });
    // of patches for names that are parts of one another the longest is its own; of those the last
    if let Some((_, part, node)) = patched.reduce(|best, next| if next.0 > best.0 { next } else { best }) {
        return Some(same(part, node));
    }
    if let Some(node) = kustomization(of(source)).and_then(|root| generated(&of(source).tree, root, &wanted, name)) {
        return Some(Written { file: source, span: of(source).tree.span(node), fit: Fit::Near });
    }
    // the settings of kustomizations, and of what deploys their result, which has the last word
    let own = parts.iter().filter_map(|&part| Some((part, kustomization(of(part))?)));
    let settings: Vec<(u32, NodeId)> = own.chain(by).collect();
    if let Some(written) = json_patch::find(files, &wanted, name, (&settings, parts)) {
        return Some(written);
    }
    for &(part, root) in settings.iter().rev() {
        if let Some(node) = wanted.set_by(&of(part).tree, root, name) {
            let fit = if root == node { Fit::File } else { Fit::Near };
            return Some(Written { file: part, span: of(part).tree.span(node), fit });
        }
    }
    // the nearest thing around it that was written: what a patch adds it has more of than the base
    let (mut deepest, near) = nearest(&of(source).tree, base?, &steps, true);
    let is_itself =
        there.is_some_and(|node| of(source).tree.kind(node) != Kind::Scalar && of(source).tree.kind(node) == tree.kind(wanted.made.1));
    let fit = if is_itself { Fit::Changed } else { Fit::Near };
    let mut found = Written { file: source, span: of(source).tree.span(near), fit };
    let added = steps.get(deepest).and_then(|step| if let Step::Item(_, Some(name)) = step { Some(*name) } else { None });
    for &part in parts.iter().rev().filter(|part| **part != source) {
        let tree = &of(part).tree;
        for root in documents(of(part)).filter(|root| wanted.is_patched_by(tree, *root, name)) {
            let (depth, near) = nearest(tree, root, &steps, false);
            if depth > deepest {
                (deepest, found) = (depth, Written { file: part, span: tree.span(near), fit: Fit::Near });
            }
        }
    }
    for &(part, root) in settings.iter().rev().filter(|(part, _)| *part != source) {
        let tree = &of(part).tree;
        if let Some(patch) = added.and_then(|added| naming(tree, root, added))
            && found.file == source
        {
            found = Written { file: part, span: tree.span(patch), fit: Fit::Near };
        }
    }
    Some(found)
}

/// What a kustomization makes a ConfigMap or Secret of: the text, or the name of the file, that a value of it comes from.
fn generated(tree: &Tree, root: NodeId, wanted: &Wanted<'_, '_>, name: &str) -> Option<NodeId> {
    let list = match wanted.kind {
        "Secret" => "secretGenerator",
        "ConfigMap" => "configMapGenerator",
        _ => return None,
    };
    let own = |item: &NodeId| Some(field(tree, *item, "name")).filter(|own| !own.is_empty() && name.contains(own)).map(str::len);
    let (_, item) = items(tree, root, list).filter_map(|item| Some((own(&item)?, item))).max_by_key(|(length, _)| *length)?;
    let Some(Step::Key(key)) = wanted.steps.get(1) else { return Some(item) };
    let is_named = |text: &str| text.split_once('=').is_some_and(|(name, _)| name.trim() == *key);
    let is_file = |path: &str| path.rsplit('/').next() == Some(key);
    let literal = items(tree, item, "literals").find(|text| is_named(tree.text(*text)));
    let file = || items(tree, item, "files").find(|file| is_named(tree.text(*file)) || is_file(tree.text(*file)));
    literal.or_else(file).or_else(|| items(tree, item, "envs").next()).or_else(|| value(tree, item, "env")).or(Some(item))
}

/// The patch written into a kustomization whose text names something.
fn naming(tree: &Tree, root: NodeId, name: &str) -> Option<NodeId> {
    let patches = ["patches", "patchesJson6902"].into_iter().filter_map(|key| tree.get(root, key)).flat_map(|(_, list)| tree.items(list));
    let texts = patches.filter_map(|patch| tree.get(patch, "patch")).map(|(_, text)| text);
    let mut texts = texts.chain(tree.get(root, "patchesStrategicMerge").into_iter().flat_map(|(_, list)| tree.items(list)));
    let is_it = |rest: &str| {
        let rest = rest.trim_start_matches(['"', '\'', ':', ' ']);
        rest.strip_prefix(name).is_some_and(|rest| !rest.starts_with(|next: char| next.is_alphanumeric() || next == '-'))
    };
    let named = |text: &str| text.match_indices("name").any(|(at, key)| is_it(&text[at + key.len()..]));
    texts.find(|text| tree.kind(*text) == Kind::Scalar && named(tree.text(*text)))
}

/// What is looked for in the sources.
pub(super) struct Wanted<'t, 's> {
    pub(super) steps: &'s [Step<'t>],
    /// What was made of it.
    made: (&'t Tree, NodeId),
    pub(super) kind: &'t str,
}

impl Wanted<'_, '_> {
    /// What stands at the end of the same steps.
    fn reach(&self, tree: &Tree, root: NodeId) -> Option<NodeId> {
        self.steps.iter().try_fold(root, |node, step| follow(tree, node, step, true))
    }

    /// Whether a node holds what was made, whatever is in it.
    pub(super) fn fits(&self, tree: &Tree, node: NodeId) -> bool {
        is_same((tree, node), self.made, DEEPEST)
    }

    /// In a patch of the same kind and name: a piece of the object; and how long that name is.
    fn find_in_patch(&self, tree: &Tree, root: NodeId, name: &str) -> Option<(usize, NodeId)> {
        if !self.is_patched_by(tree, root, name) {
            return None;
        }
        let patched = tree.get(root, "metadata").map_or("", |(_, metadata)| field(tree, metadata, "name"));
        self.reach(tree, root).filter(|node| self.fits(tree, *node)).map(|node| (patched.len(), node))
    }

    /// Whether a patch is of the same kind and name.
    fn is_patched_by(&self, tree: &Tree, root: NodeId, name: &str) -> bool {
        let patched = tree.get(root, "metadata").map_or("", |(_, metadata)| field(tree, metadata, "name"));
        field(tree, root, "kind") == self.kind && name.contains(patched)
    }

    /// What of a kustomization's own fields sets it.
    fn set_by(&self, tree: &Tree, root: NodeId, name: &str) -> Option<NodeId> {
        let Some(Step::Key(key)) = self.steps.last() else { return None };
        let (made, node) = self.made;
        let text = Some(made.text(node)).filter(|_| made.kind(node) == Kind::Scalar)?;
        let items = |list: &str| tree.get(root, list).into_iter().flat_map(|(_, list)| tree.items(list));
        let value = |item: NodeId, key: &str| tree.get(item, key).map(|(_, value)| value).filter(|value| tree.kind(*value) == Kind::Scalar);
        let is_part = |value: &NodeId| !tree.text(*value).is_empty() && text.contains(tree.text(*value));
        match *key {
            "image" => {
                // the entry whose image it is, with its tag and digest left out
                let bare = text.split('@').next().unwrap_or_default();
                let slash = bare.rfind('/').map_or(0, |slash| slash + 1);
                let repository = &bare[..bare[slash..].find(':').map_or(bare.len(), |colon| slash + colon)];
                let is_its = |image: &NodeId| {
                    let name = value(*image, "newName").or_else(|| value(*image, "name"));
                    name.is_some_and(|name| tree.text(name) == repository)
                };
                let mut fields =
                    items("images").filter(is_its).flat_map(|image| ["digest", "newTag", "newName"].map(|key| value(image, key)));
                // Argo CD has one text for it
                let whole = || items("images").find(|image| tree.kind(*image) == Kind::Scalar && tree.text(*image).ends_with(text));
                fields.find_map(|field| field.filter(is_part)).or_else(whole)
            }
            "replicas" => items("replicas").find_map(|entry| value(entry, "count")).filter(|count| tree.text(*count) == text),
            "namespace" => {
                let fields = ["namespace", "targetNamespace"].into_iter().filter_map(|key| value(root, key));
                fields.into_iter().find(|namespace| tree.text(*namespace) == text)
            }
            // a patch written into the kustomization: its text names the field; better one that names the object, and the value
            _ => {
                let patches = items("patches").filter_map(|patch| value(patch, "patch")).filter(|patch| tree.text(*patch).contains(key));
                patches.max_by_key(|patch| {
                    let patch = tree.text(*patch);
                    let names_it = patch.lines().any(|line| line.trim().strip_prefix("name:").is_some_and(|own| own.trim() == name));
                    (names_it, patch.lines().any(|line| line.contains(key) && line.contains(text)))
                })
            }
        }
    }
}

/// The way from a document to the innermost node that covers a place.
fn path(tree: &Tree, root: NodeId, span: (u32, u32)) -> (Vec<Step<'_>>, NodeId) {
    let covers = |node: NodeId| tree.span(node).0 <= span.0 && span.1 <= tree.span(node).1;
    let mut steps = Vec::new();
    let mut node = root;
    loop {
        let inner = match tree.kind(node) {
            Kind::Mapping => tree
                .entries(node)
                .find(|(key, value)| covers(*key) || covers(*value))
                .map(|(key, value)| (Step::Key(tree.text(key)), value)),
            Kind::Sequence => {
                let (index, item) = tree.items(node).enumerate().find(|(_, item)| covers(*item)).unzip();
                index.zip(item).map(|(index, item)| (Step::Item(index, name(tree, item)), item))
            }
            _ => None,
        };
        // the whole of a list or mapping is itself, not its only entry
        let Some((step, next)) = inner.filter(|(_, next)| tree.span(node) != span || tree.span(*next) == span) else {
            return (steps, node);
        };
        steps.push(step);
        node = next;
    }
}

/// How deep values are compared.
const DEEPEST: usize = 64;

/// Whether two trees hold the same, in whatever order keys stand, and however it is written.
fn is_same((left, one): (&Tree, NodeId), (right, other): (&Tree, NodeId), deepest: usize) -> bool {
    // an alias may lead back to what it stands in
    let Some(deeper) = deepest.checked_sub(1) else { return false };
    let (one, other) = (left.target(one).unwrap_or(one), right.target(other).unwrap_or(other));
    match (left.kind(one), right.kind(other)) {
        (Kind::Scalar, Kind::Scalar) => left.text(one) == right.text(other),
        (Kind::Sequence, Kind::Sequence) => {
            left.items(one).count() == right.items(other).count()
                && left.items(one).zip(right.items(other)).all(|(one, other)| is_same((left, one), (right, other), deeper))
        }
        (Kind::Mapping, Kind::Mapping) => {
            let same = |(key, value): (NodeId, NodeId)| {
                right.get(other, left.text(key)).is_some_and(|(_, other)| is_same((left, value), (right, other), deeper))
            };
            left.entries(one).count() == right.entries(other).count() && left.entries(one).all(same)
        }
        _ => false,
    }
}

pub(super) fn follow(tree: &Tree, node: NodeId, step: &Step<'_>, by_index: bool) -> Option<NodeId> {
    let node = tree.target(node).unwrap_or(node);
    let next = match step {
        Step::Key(key) => tree.get(node, key).map(|(_, value)| value),
        Step::Item(_, Some(wanted)) => tree.items(node).find(|item| name(tree, *item) == Some(wanted)),
        Step::Item(index, None) if by_index => tree.items(node).nth(*index),
        Step::Item(..) => None,
    };
    next.map(|next| tree.target(next).unwrap_or(next))
}

/// As many steps as can be taken, and where they lead.
fn nearest(tree: &Tree, root: NodeId, steps: &[Step<'_>], by_index: bool) -> (usize, NodeId) {
    let mut node = root;
    for (depth, step) in steps.iter().enumerate() {
        match follow(tree, node, step, by_index) {
            Some(next) => node = next,
            None => return (depth, node),
        }
    }
    (steps.len(), node)
}

fn name(tree: &Tree, item: NodeId) -> Option<&str> {
    Some(field(tree, tree.target(item).unwrap_or(item), "name")).filter(|name| !name.is_empty())
}

/// The document that an object was made of: of its kind, and of the name that the object's is made of.
fn base(file: &File, kind: &str, name: &str) -> Option<NodeId> {
    let tree = &file.tree;
    let named = |root: NodeId| tree.get(root, "metadata").map_or("", |(_, metadata)| field(tree, metadata, "name"));
    let of_kind = || documents(file).filter(|root| field(tree, *root, "kind") == kind);
    of_kind().filter(|root| name.contains(named(*root))).max_by_key(|root| named(*root).len()).or_else(|| of_kind().next())
}
