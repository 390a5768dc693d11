//! Steps from an object to something in it, and where the same steps lead in what it was made of.

use crate::parse::{Kind, NodeId, Tree, is_merge, scalar};

use super::listed::field;

/// A step from a node to one inside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step<'t> {
    Key(&'t str),
    Item {
        index: usize,
        /// Its name where it has one, and how many before it have the same.
        name: Option<(&'t str, usize)>,
    },
}

/// How deep values are compared, and how many merge keys are followed one into another.
const DEEPEST: usize = 64;

/// The way from a document to the innermost node that covers a place.
pub(super) fn path(tree: &Tree, root: NodeId, span: (u32, u32)) -> (Vec<Step<'_>>, NodeId) {
    let covers = |node: NodeId| tree.span(node).0 <= span.0 && span.1 <= tree.span(node).1;
    let mut steps = Vec::new();
    let mut node = root;
    loop {
        let inner = match tree.kind(node) {
            Kind::Mapping => tree
                .entries(node)
                .find(|(key, value)| covers(*key) || covers(*value))
                .map(|(key, value)| (Step::Key(tree.text(key)), value)),
            Kind::Sequence => tree.items(node).enumerate().find(|(_, item)| covers(*item)).map(|(index, item)| {
                let before = |name: &str| tree.items(node).take(index).filter(|other| self::name(tree, *other) == Some(name)).count();
                (Step::Item { index, name: name(tree, item).map(|name| (name, before(name))) }, item)
            }),
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

/// Whether two trees hold the same, in whatever order keys stand, and however it is written.
pub(super) fn is_same(left: (&Tree, NodeId), right: (&Tree, NodeId)) -> bool {
    is_same_within(left, right, DEEPEST)
}

fn is_same_within((left, one): (&Tree, NodeId), (right, other): (&Tree, NodeId), deepest: usize) -> bool {
    // an alias may lead back to what it stands in
    let Some(deeper) = deepest.checked_sub(1) else { return false };
    let (one, other) = (left.target(one).unwrap_or(one), right.target(other).unwrap_or(other));
    match (left.kind(one), right.kind(other)) {
        // numbers are written anew
        (Kind::Scalar, Kind::Scalar) => left.text(one) == right.text(other) || scalar::resolve(left, one) == scalar::resolve(right, other),
        (Kind::Sequence, Kind::Sequence) => {
            left.items(one).count() == right.items(other).count()
                && left.items(one).zip(right.items(other)).all(|(one, other)| is_same_within((left, one), (right, other), deeper))
        }
        (Kind::Mapping, Kind::Mapping) => {
            let same = |key: &&str| {
                let values = get(left, one, key).zip(get(right, other, key));
                values.is_some_and(|(one, other)| is_same_within((left, one), (right, other), deeper))
            };
            let (own, others) = (keys(left, one), keys(right, other));
            own.len() == others.len() && own.iter().all(same)
        }
        _ => false,
    }
}

/// The value of a key, by a merge key perhaps.
fn get(tree: &Tree, node: NodeId, key: &str) -> Option<NodeId> {
    get_within(tree, node, key, DEEPEST)
}

fn get_within(tree: &Tree, node: NodeId, key: &str, deepest: usize) -> Option<NodeId> {
    let found = if tree.merges(node) {
        let deeper = deepest.checked_sub(1)?;
        let mut found = None;
        for (name, value) in tree.entries(node) {
            if is_merge(tree, name) {
                found = merged(tree, value).into_iter().find_map(|source| get_within(tree, source, key, deeper)).or(found);
            } else if tree.text(name) == key {
                found = Some(value);
            }
        }
        found
    } else {
        tree.get(node, key).map(|(_, value)| value)
    };
    found.map(|value| tree.target(value).unwrap_or(value))
}

/// The keys of a mapping, merged ones included.
fn keys(tree: &Tree, node: NodeId) -> Vec<&str> {
    let mut found = Vec::new();
    collect(tree, node, &mut found, DEEPEST);
    if tree.merges(node) {
        found.sort_unstable();
        found.dedup();
    }
    found
}

fn collect<'t>(tree: &'t Tree, node: NodeId, found: &mut Vec<&'t str>, deepest: usize) {
    let Some(deeper) = deepest.checked_sub(1) else { return };
    let merges = tree.merges(node);
    for (key, value) in tree.entries(node) {
        if merges && is_merge(tree, key) {
            merged(tree, value).into_iter().for_each(|source| collect(tree, source, found, deeper));
        } else {
            found.push(tree.text(key));
        }
    }
}

/// The mappings that a merge key brings in.
fn merged(tree: &Tree, value: NodeId) -> Vec<NodeId> {
    let target = |node: NodeId| tree.target(node).unwrap_or(node);
    let value = target(value);
    if tree.kind(value) == Kind::Sequence { tree.items(value).map(target).collect() } else { vec![value] }
}

pub(super) fn follow(tree: &Tree, node: NodeId, step: &Step<'_>, by_index: bool) -> Option<NodeId> {
    let node = tree.target(node).unwrap_or(node);
    let next = match step {
        Step::Key(key) => get(tree, node, key),
        Step::Item { name: Some((wanted, before)), .. } => {
            let mut named = tree.items(node).filter(|item| name(tree, *item) == Some(wanted));
            let first = named.clone().next();
            named.nth(*before).or(first)
        }
        Step::Item { index, name: None } if by_index => tree.items(node).nth(*index),
        Step::Item { .. } => None,
    };
    next.map(|next| tree.target(next).unwrap_or(next))
}

/// As many steps as can be taken, and where they lead.
pub(super) fn nearest(tree: &Tree, root: NodeId, steps: &[Step<'_>], by_index: bool) -> (usize, NodeId) {
    let mut node = root;
    for (depth, step) in steps.iter().enumerate() {
        match follow(tree, node, step, by_index) {
            Some(next) => node = next,
            None => return (depth, node),
        }
    }
    (steps.len(), node)
}

pub(super) fn name(tree: &Tree, item: NodeId) -> Option<&str> {
    Some(field(tree, tree.target(item).unwrap_or(item), "name")).filter(|name| !name.is_empty())
}
