//! Keys of mappings: which the reader refuses, and which repeat.

use super::fault::Fault;
use super::tree::{Builder, Kind, NodeId, Style, Tag, Tree, key_hash};
use super::{scalar, template};

/// How many duplicates of one document are named.
const NAMED: u32 = 10;

/// Below this many keys each is held against each.
const FEW: usize = 12;

/// The duplicate keys of a document so far.
#[derive(Debug, Default)]
pub(super) struct Duplicates {
    pub(super) count: u32,
}

impl Duplicates {
    /// Says in the document under `root` how many there are besides those named.
    pub(super) fn rest(&self, tree: &Tree, root: NodeId) -> Option<Fault> {
        let more = self.count.checked_sub(NAMED).filter(|&more| more > 0)?;
        Some(Fault::noted(tree.span(root).0 as usize, format!("{more} more duplicate keys in this document; the last values are judged")))
    }
}

/// Whether a node is the merge key: plain, or tagged as one however it is quoted.
pub(crate) fn is_merge(tree: &Tree, key: NodeId) -> bool {
    let merges = tree.style(key) == Style::Plain && tree.tag(key) == Tag::None || tree.tag(key) == Tag::Merge;
    tree.kind(key) == Kind::Scalar && merges && tree.text(key) == "<<"
}

/// Checks the keys of a mapping that was just closed: marks duplicates, notes them in `faults`.
///
/// # Errors
/// A key that Kubernetes' reader refuses: a collection, null, a number beyond 63 bits.
pub(super) fn check(builder: &mut Builder, mapping: NodeId, duplicates: &mut Duplicates, faults: &mut Vec<Fault>) -> Result<(), Fault> {
    let tree = builder.tree();
    let mut keys: Vec<(u32, NodeId)> = Vec::new();
    for (key, _) in tree.entries(mapping) {
        if is_merge(tree, key) {
            continue;
        }
        let Some(text) = scalar::json_key(tree, key) else {
            return Err(refused(tree, mapping, key));
        };
        keys.push((key_hash(text.as_bytes()), key));
    }
    let repeated = if keys.len() <= FEW { among_few(tree, &keys) } else { among_many(tree, keys) };
    if repeated.is_empty() && !tree.merges(mapping) {
        builder.tag_keys(mapping);
    }
    for (key, first) in repeated {
        duplicates.count += 1;
        if duplicates.count <= NAMED {
            faults.push(fault(builder.tree(), key, first));
        }
        builder.set_duplicate(key);
    }
    Ok(())
}

fn same(tree: &Tree, one: NodeId, other: NodeId) -> bool {
    scalar::key_text(tree, one) == scalar::key_text(tree, other)
}

fn among_few(tree: &Tree, keys: &[(u32, NodeId)]) -> Vec<(NodeId, NodeId)> {
    let mut repeated = Vec::new();
    for (index, &(hash, key)) in keys.iter().enumerate() {
        let first = keys[..index].iter().find(|&&(other, first)| other == hash && same(tree, key, first));
        repeated.extend(first.map(|&(_, first)| (key, first)));
    }
    repeated
}

fn among_many(tree: &Tree, mut keys: Vec<(u32, NodeId)>) -> Vec<(NodeId, NodeId)> {
    keys.sort_unstable();
    if keys.windows(2).all(|pair| pair[0].0 != pair[1].0) {
        return Vec::new();
    }
    // equal hashes may be of different keys, by accident or by design: the text decides, still in n log n
    let mut named: Vec<_> = keys.into_iter().map(|(_, key)| (scalar::key_text(tree, key), key)).collect();
    named.sort_unstable();
    let mut repeated = Vec::new();
    let mut first = 0;
    for index in 1..named.len() {
        if named[index].0 == named[first].0 {
            repeated.push((named[index].1, named[first].1));
        } else {
            first = index;
        }
    }
    repeated.sort_unstable();
    repeated
}

fn fault(tree: &Tree, key: NodeId, first: NodeId) -> Fault {
    let text = scalar::key_text(tree, key);
    let mut name: String = text.chars().take(60).flat_map(char::escape_debug).collect();
    if text.chars().nth(60).is_some() {
        name.push('…');
    }
    let mut fault = Fault::noted(tree.span(key).0 as usize, format!("duplicate key \"{name}\""));
    fault.also = Some(tree.span(first).0 as usize);
    fault
}

fn refused(tree: &Tree, mapping: NodeId, key: NodeId) -> Fault {
    let at = tree.span(key).0;
    if tree.kind(key) == Kind::Scalar {
        return Fault::broken(at as usize, "Kubernetes accepts no null, infinity or number over 63 bits as a key");
    }
    // `{{ .Values.x }}` reads as a mapping whose key is a mapping
    if tree.kind(key) == Kind::Mapping && tree.span(mapping).0 + 1 == at && tree.source()[at as usize..].starts_with('{') {
        return template::fault(at as usize - 1);
    }
    Fault::broken(at as usize, "Kubernetes accepts no list or mapping as a key")
}
