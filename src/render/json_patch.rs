//! JSON patches (RFC 6902): which of them makes a value, by the path that it names.

use crate::parse::kustomization::beside;
use crate::parse::{File, Kind, NodeId, Tree};

use super::listed::{field, items, value};
use super::patch::{Step, Wanted, follow};
use super::trace::{Fit, Written};

/// Where a JSON patch of a kustomization, in a file of its own or within, sets what is at the end of some steps or around it.
/// The last one wins.
pub(super) fn find(files: &[File], wanted: &Wanted<'_, '_>, name: &str, (settings, parts): (&[(u32, NodeId)], &[u32])) -> Option<Written> {
    let of = |file: u32| &files[file as usize];
    for &(part, root) in settings.iter().rev() {
        let tree = &of(part).tree;
        let lists = ["patchesJson6902", "patches"].into_iter().flat_map(|list| items(tree, root, list));
        let about: Vec<_> = lists.filter(|entry| is_about(tree, *entry, wanted.kind, name)).collect();
        for entry in about.into_iter().rev() {
            let within = value(tree, entry, "patch").filter(|text| names(tree.text(*text), wanted.steps));
            if let Some(text) = within {
                return Some(Written { file: part, span: tree.span(text), fit: Fit::Near });
            }
            let path = beside(of(part).name(), field(tree, entry, "path"));
            let file = path.and_then(|path| parts.iter().copied().find(|file| of(*file).name() == path));
            if let Some(written) = file.and_then(|file| in_file(of(file), file, wanted)) {
                return Some(written);
            }
        }
    }
    None
}

/// Whether an entry is for an object, as far as its target tells.
fn is_about(tree: &Tree, entry: NodeId, kind: &str, name: &str) -> bool {
    let Some(target) = value(tree, entry, "target") else { return true };
    let (of_kind, named) = (field(tree, target, "kind"), field(tree, target, "name"));
    // a name is a pattern, and prefixes may stand before what it fits
    let is_plain = named.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    (of_kind.is_empty() || of_kind == kind) && (!is_plain || name.contains(named))
}

/// The value of the last operation in a file that leads to what is wanted.
fn in_file(file: &File, number: u32, wanted: &Wanted<'_, '_>) -> Option<Written> {
    let tree = &file.tree;
    // it is no document of Kubernetes
    let top = (!tree.is_empty()).then_some(0);
    let operations = top.filter(|root| tree.kind(*root) == Kind::Sequence).into_iter().flat_map(|root| tree.items(root));
    let fits = |operation: NodeId| {
        let depth = leads(field(tree, operation, "path"), wanted.steps)?;
        let set = value(tree, operation, "value").unwrap_or(operation);
        let inner = wanted.steps[depth..].iter().try_fold(set, |node, step| follow(tree, node, step, true));
        let same = inner.is_some_and(|node| wanted.fits(tree, node));
        let fit = if same { Fit::Same } else { Fit::Near };
        Some(Written { file: number, span: tree.span(inner.unwrap_or(set)), fit })
    };
    operations.collect::<Vec<_>>().into_iter().rev().find_map(fits)
}

/// How many steps a pointer takes, when these lead along it.
fn leads(pointer: &str, steps: &[Step<'_>]) -> Option<usize> {
    let parts: Vec<_> = pointer.strip_prefix('/')?.split('/').map(|part| part.replace("~1", "/").replace("~0", "~")).collect();
    let fits = |(part, step): (&String, &Step<'_>)| match step {
        Step::Key(key) => part == key,
        // an item that is put before others moves them on
        Step::Item(index, _) => part == "-" || *part == index.to_string(),
    };
    (parts.len() <= steps.len() && parts.iter().zip(steps).all(fits)).then_some(parts.len())
}

/// Whether a JSON patch, as a text, has an operation that leads to the end of some steps.
fn names(text: &str, steps: &[Step<'_>]) -> bool {
    let words = text.split(|byte: char| byte.is_whitespace() || matches!(byte, '"' | '\'' | ',' | '{' | '}' | '[' | ']'));
    text.contains("op") && words.filter(|word| word.starts_with('/')).any(|word| leads(word, steps).is_some())
}
