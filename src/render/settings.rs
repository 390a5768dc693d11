//! What a kustomization sets by fields of its own, and what lays such fields over one.

use crate::parse::{Kind, NodeId, Tree};

use super::listed::{field, items, value};
use super::step::Step;
use super::trace::Fit;
use super::wanted::Wanted;

/// What of the fields of a kustomization sets what is looked for.
pub(super) fn find(wanted: &Wanted<'_>, tree: &Tree, root: NodeId) -> Option<(NodeId, Fit)> {
    if let Some(path) = replaced(wanted, tree, root) {
        return Some((path, Fit::Near));
    }
    let Some(Step::Key(key)) = wanted.steps.last() else { return None };
    let (made, node) = wanted.made;
    let text = Some(made.text(node)).filter(|_| made.kind(node) == Kind::Scalar)?;
    let scalar = |item: NodeId, key: &str| value(tree, item, key).filter(|value| tree.kind(*value) == Kind::Scalar);
    let found = match *key {
        "image" => image(text, tree, root),
        "replicas" => items(tree, root, "replicas").find_map(|entry| scalar(entry, "count")).filter(|count| tree.text(*count) == text),
        "namespace" => {
            let fields = ["namespace", "targetNamespace"].into_iter().filter_map(|key| scalar(root, key));
            fields.into_iter().find(|namespace| tree.text(*namespace) == text)
        }
        _ => None,
    };
    found.map(|node| (node, Fit::Near)).or_else(|| label(wanted, key, text, tree, root).map(|node| (node, Fit::Same)))
}

/// The field of the entry for an image that gives it what it has.
fn image(text: &str, tree: &Tree, root: NodeId) -> Option<NodeId> {
    let scalar = |item: NodeId, key: &str| value(tree, item, key).filter(|value| tree.kind(*value) == Kind::Scalar);
    let is_part = |value: &NodeId| !tree.text(*value).is_empty() && text.contains(tree.text(*value));
    // the entry whose image it is, with its tag and digest left out
    let bare = text.split('@').next().unwrap_or_default();
    let slash = bare.rfind('/').map_or(0, |slash| slash + 1);
    let repository = &bare[..bare[slash..].find(':').map_or(bare.len(), |colon| slash + colon)];
    let is_its = |image: &NodeId| {
        let name = scalar(*image, "newName").or_else(|| scalar(*image, "name"));
        name.is_some_and(|name| tree.text(name) == repository)
    };
    let own = items(tree, root, "images").filter(is_its);
    let mut fields = own.flat_map(|image| ["digest", "newTag", "newName"].map(|key| scalar(image, key)));
    // Argo CD has one text for it
    let whole = || items(tree, root, "images").find(|image| tree.kind(*image) == Kind::Scalar && tree.text(*image).ends_with(text));
    fields.find_map(|field| field.filter(is_part)).or_else(whole)
}

/// A label or annotation that all objects are given.
fn label(wanted: &Wanted<'_>, key: &str, text: &str, tree: &Tree, root: NodeId) -> Option<NodeId> {
    let Some(Step::Key(holder)) = wanted.steps.len().checked_sub(2).and_then(|at| wanted.steps.get(at)) else { return None };
    let metadata = value(tree, root, "commonMetadata");
    let of_metadata = |list: &str| metadata.and_then(|metadata| value(tree, metadata, list));
    let pairs: Vec<NodeId> = match *holder {
        "annotations" => [value(tree, root, "commonAnnotations"), of_metadata("annotations")].into_iter().flatten().collect(),
        "labels" | "matchLabels" | "selector" => {
            let listed = items(tree, root, "labels").filter_map(|entry| value(tree, entry, "pairs"));
            listed.chain(value(tree, root, "commonLabels")).chain(of_metadata("labels")).collect()
        }
        _ => return None,
    };
    let mut values = pairs.into_iter().filter_map(|pairs| value(tree, pairs, key));
    values.find(|value| tree.text(*value) == text)
}

/// The path, among those that a replacement writes to, that leads to what is looked for.
fn replaced(wanted: &Wanted<'_>, tree: &Tree, root: NodeId) -> Option<NodeId> {
    let is_for = |target: &NodeId| {
        value(tree, *target, "select").is_none_or(|select| {
            let (kind, name) = (field(tree, select, "kind"), field(tree, select, "name"));
            (kind.is_empty() || kind == wanted.kind) && wanted.name.contains(name)
        })
    };
    let targets = items(tree, root, "replacements").flat_map(|entry| items(tree, entry, "targets"));
    let mut paths = targets.filter(is_for).flat_map(|target| items(tree, target, "fieldPaths"));
    paths.find(|path| is_way(tree.text(*path), &wanted.steps))
}

/// Whether a path of kustomize leads just where steps do: `spec.containers.[name=web].image`, `spec.containers.0.image`.
fn is_way(path: &str, steps: &[Step<'_>]) -> bool {
    let parts = parts(path);
    parts.len() == steps.len()
        && parts.iter().zip(steps).all(|(part, step)| match step {
            Step::Key(key) => part == key,
            Step::Item { index, name } => match part.strip_prefix('[').and_then(|part| part.strip_suffix(']')) {
                Some(chosen) => chosen.split_once('=').is_some_and(|(by, own)| by != "name" || name.is_some_and(|(name, _)| name == own)),
                None => part == "*" || *part == index.to_string(),
            },
        })
}

/// The parts of a path: dots stand between them, but for those behind a backslash or in brackets.
fn parts(path: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut letters = path.chars();
    let mut is_chosen = false;
    while let Some(letter) = letters.next() {
        let Some(last) = parts.last_mut() else { break };
        match letter {
            '\\' => last.extend(letters.next()),
            '.' if !is_chosen => parts.push(String::new()),
            letter => {
                is_chosen = letter == '[' || is_chosen && letter != ']';
                last.push(letter);
            }
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::{Step, is_way, parts};

    #[test]
    fn paths_lead_to_items_by_name_number_or_star() {
        let steps = [Step::Key("spec"), Step::Item { index: 1, name: Some(("web", 0)) }, Step::Key("a.b/c")];
        for path in ["spec.[name=web].a\\.b/c", "spec.1.a\\.b/c", "spec.*.a\\.b/c"] {
            assert!(is_way(path, &steps), "{path}: {:?}", parts(path));
        }
        for path in ["spec.[name=db].a\\.b/c", "spec.0.a\\.b/c", "spec.*.a.b/c", "spec.*", ""] {
            assert!(!is_way(path, &steps), "{path}");
        }
    }
}
