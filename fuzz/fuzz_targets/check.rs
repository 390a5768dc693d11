// What must hold for every tree; shared by the targets.

use cnscan::parse::yaml::Parsed;
use cnscan::parse::{Kind, NodeId, Tree, scalar};

pub fn check(parsed: &Parsed) {
    let mut end = 0;
    for document in &parsed.documents {
        let span = parsed.tree.span(document.root);
        assert!(span.0 >= end, "documents in order");
        end = span.1;
        node(&parsed.tree, document.root, (0, parsed.tree.source().len() as u32));
    }
}

fn node(tree: &Tree, id: NodeId, within: (u32, u32)) {
    let (start, end) = tree.span(id);
    assert!(within.0 <= start && start <= end && end <= within.1);
    assert!(tree.source().get(start as usize..end as usize).is_some());
    let mut from = start;
    let mut child = |id| {
        node(tree, id, (from, end));
        from = tree.span(id).1;
    };
    match tree.kind(id) {
        Kind::Mapping => tree.entries(id).for_each(|(key, value)| {
            child(key);
            child(value);
            let _ = scalar::key_text(tree, key);
        }),
        Kind::Sequence => tree.items(id).for_each(child),
        Kind::Scalar => {
            let _ = scalar::resolve(tree, id);
        }
        Kind::Alias => assert!(tree.target(id).is_some_and(|target| target < id)),
    }
}
