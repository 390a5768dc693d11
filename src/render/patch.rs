//! Where in the files of a kustomization a value of what it builds stands.

use crate::parse::{File, Kind, NodeId, Tree, scalar};

use super::json_patch;
use super::listed::{field, items, kustomization, value};
use super::patches::Patch;
use super::settings;
use super::step::{Step, nearest};
use super::trace::{Fit, Written, documents};
use super::wanted::Wanted;

/// What objects were made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sources<'s> {
    /// What has a part in all of them.
    pub(super) parts: &'s [u32],
    /// What was laid over them.
    pub(super) by: Option<(u32, NodeId)>,
    pub(super) patches: &'s [Patch],
}

/// Finds where the node that covers a place was written: in a patch, else in the object that was built on, else in what the
/// kustomization itself sets.
pub(super) fn trace(files: &[File], wanted: &Wanted<'_>, source: u32, Sources { parts, by, patches }: Sources<'_>) -> Option<Written> {
    let of = |file: u32| &files[file as usize];
    let own = &of(source).tree;
    let base = base(of(source), wanted);
    let there = base.and_then(|root| Some((root, wanted.reach(own, root)?)));
    if let Some((root, node)) = there.filter(|(_, node)| wanted.fits(own, *node)) {
        return Some(Written { file: source, span: wanted.place(own, root, node), whole: own.span(node), fit: Fit::Same });
    }
    let pieces = || {
        patches.iter().rev().flat_map(|patch| {
            let tree = patch.tree(files);
            let pieces = patch.roots.iter().copied().filter(move |root| tree.kind(*root) == Kind::Mapping);
            pieces.filter_map(move |root| Some((patch, root, patch.is_for(wanted, files, root)?)))
        })
    };
    let patched = pieces().filter_map(|(patch, root, length)| {
        let tree = patch.tree(files);
        let node = wanted.reach(tree, root).filter(|node| wanted.fits(tree, *node))?;
        Some((length, patch.written(wanted.place(tree, root, node), tree.span(node), Fit::Same)))
    });
    // of patches for names that are parts of one another the longest is its own; of those the last
    if let Some((_, written)) = patched.reduce(|best, next| if next.0 > best.0 { next } else { best }) {
        return Some(written);
    }
    let taken = pieces().find_map(|(patch, root, _)| {
        let tree = patch.tree(files);
        let span = tree.span(taken(tree, root, wanted)?);
        Some(patch.written(span, span, Fit::Same))
    });
    if taken.is_some() {
        return taken;
    }
    let near = |file: u32, node: NodeId, fit: Fit| Written { file, span: of(file).tree.shown(node), whole: of(file).tree.span(node), fit };
    if let Some(node) = kustomization(of(source)).and_then(|root| generated(own, root, wanted)) {
        return Some(near(source, node, Fit::Near));
    }
    if let Some(written) = json_patch::find(files, wanted, patches) {
        return Some(written);
    }
    // the settings of kustomizations, and of what deploys their result, which has the last word
    let settings = parts.iter().filter_map(|&part| Some((part, kustomization(of(part))?))).chain(by);
    for (part, root) in settings.collect::<Vec<_>>().into_iter().rev() {
        if let Some((node, fit)) = settings::find(wanted, &of(part).tree, root) {
            return Some(near(part, node, fit));
        }
    }
    // the nearest thing around it that was written: what a patch adds it has more of than the base
    let root = base?;
    let (mut deepest, near) = nearest(own, root, &wanted.steps, true);
    let (made, node) = wanted.made;
    let is_itself = there.is_some_and(|(_, there)| own.kind(there) != Kind::Scalar && own.kind(there) == made.kind(node));
    let span = if is_itself { wanted.place(own, root, near) } else { own.anchor(root, near) };
    let fit = if is_itself { Fit::Changed } else { Fit::Near };
    let mut found = Written { file: source, span, whole: own.span(near), fit };
    for (patch, root, _) in pieces() {
        let tree = patch.tree(files);
        let (depth, near) = nearest(tree, root, &wanted.steps, false);
        if depth > deepest {
            deepest = depth;
            found = patch.written(tree.anchor(root, near), tree.span(near), Fit::Near);
        }
    }
    Some(found)
}

/// What a patch takes away, with `null` or with `$patch: delete` in it.
fn taken(tree: &Tree, root: NodeId, wanted: &Wanted<'_>) -> Option<NodeId> {
    let (key, node) = tree.get(wanted.reach(tree, root)?, &wanted.absent_key()?)?;
    (scalar::is_null(tree, node) || field(tree, node, "$patch") == "delete").then_some(key)
}

/// What a kustomization makes a ConfigMap or Secret of: the text, or the name of the file, that a value of it comes from.
fn generated(tree: &Tree, root: NodeId, wanted: &Wanted<'_>) -> Option<NodeId> {
    let list = match wanted.kind {
        "Secret" => "secretGenerator",
        "ConfigMap" => "configMapGenerator",
        _ => return None,
    };
    let own = |item: &NodeId| Some(field(tree, *item, "name")).filter(|own| !own.is_empty() && wanted.name.contains(own)).map(str::len);
    let (_, item) = items(tree, root, list).filter_map(|item| Some((own(&item)?, item))).max_by_key(|(length, _)| *length)?;
    let Some(Step::Key(key)) = wanted.steps.get(1) else { return Some(item) };
    let is_named = |text: &str| text.split_once('=').is_some_and(|(name, _)| name.trim() == *key);
    let is_file = |path: &str| path.rsplit('/').next() == Some(key);
    let literal = items(tree, item, "literals").find(|text| is_named(tree.text(*text)));
    let file = || items(tree, item, "files").find(|file| is_named(tree.text(*file)) || is_file(tree.text(*file)));
    literal.or_else(file).or_else(|| items(tree, item, "envs").next()).or_else(|| value(tree, item, "env")).or(Some(item))
}

/// The document that an object was made of: of its kind, and of the name that the object's is made of.
fn base(file: &File, wanted: &Wanted<'_>) -> Option<NodeId> {
    let tree = &file.tree;
    let alike = documents(file).filter_map(|root| Some((wanted.likeness(tree, root)?, root))).max_by_key(|(likeness, _)| *likeness);
    alike.map(|(_, root)| root).or_else(|| documents(file).find(|root| field(tree, *root, "kind") == wanted.kind))
}
