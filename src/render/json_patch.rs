//! JSON patches (RFC 6902): which of them makes a value, by the path that it names.

use crate::parse::{File, Kind, NodeId, Tree};

use super::listed::{field, value};
use super::patches::Patch;
use super::step::{self, Step, follow};
use super::trace::{Fit, Written};
use super::wanted::Wanted;

/// Where a JSON patch sets what is looked for, or takes it away. The last one wins that fits, else the last one.
pub(super) fn find(files: &[File], wanted: &Wanted<'_>, patches: &[Patch]) -> Option<Written> {
    let mut near = None;
    for patch in patches.iter().rev() {
        let tree = patch.tree(files);
        let lists = patch.roots.iter().copied().filter(|root| tree.kind(*root) == Kind::Sequence);
        let about = lists.filter(|root| patch.is_for(wanted, files, *root).is_some());
        for operation in about.flat_map(|root| tree.items(root).collect::<Vec<_>>().into_iter().rev()) {
            let Some((node, root, fit)) = leads(tree, operation, wanted) else { continue };
            let written = patch.written(wanted.place(tree, root, node), tree.span(node), fit);
            if fit == Fit::Same {
                return Some(written);
            }
            near.get_or_insert(written);
        }
    }
    near
}

/// What an operation sets of what is looked for: the node, and where what it is in begins.
fn leads(tree: &Tree, operation: NodeId, wanted: &Wanted<'_>) -> Option<(NodeId, NodeId, Fit)> {
    let pointer = pointer(field(tree, operation, "path"))?;
    match field(tree, operation, "op") {
        "remove" => {
            let (last, before) = pointer.split_last()?;
            let is_it = before.len() == wanted.steps.len() && is_way(before, &wanted.steps) && wanted.absent_key().as_ref() == Some(last);
            is_it.then(|| value(tree, operation, "path").map(|path| (path, path, Fit::Same)))?
        }
        "test" => None,
        _ if pointer.len() > wanted.steps.len() || !is_way(&pointer, &wanted.steps) => None,
        _ => {
            let (own, rest) = wanted.steps.split_at(pointer.len());
            let Some(set) = value(tree, operation, "value") else { return Some((operation, operation, Fit::Near)) };
            // of what is put beside others each has its name
            if let Some(Step::Item { name: Some((name, _)), .. }) = own.last()
                && step::name(tree, set).is_some_and(|own| own != *name)
            {
                return None;
            }
            let inner = rest.iter().try_fold(set, |node, step| follow(tree, node, step, true));
            let is_same = inner.is_some_and(|node| wanted.fits(tree, node));
            Some((inner.unwrap_or(set), operation, if is_same { Fit::Same } else { Fit::Near }))
        }
    }
}

fn pointer(text: &str) -> Option<Vec<String>> {
    Some(text.strip_prefix('/')?.split('/').map(|part| part.replace("~1", "/").replace("~0", "~")).collect())
}

/// Whether steps lead along a pointer.
fn is_way(pointer: &[String], steps: &[Step<'_>]) -> bool {
    pointer.iter().zip(steps).all(|(part, step)| match step {
        Step::Key(key) => part == key,
        // an item that is put before others moves them on
        Step::Item { index, .. } => part == "-" || *part == index.to_string(),
    })
}
