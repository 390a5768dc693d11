//! Any bytes: no panic, sound trees, and the fast lane reads what the slow way reads.
#![no_main]

mod check;

use std::sync::Arc;

use cnscan::parse::{Limits, Tree, decode, yaml};
use libfuzzer_sys::fuzz_target;

fn rows(tree: &Tree) -> Vec<String> {
    let row = |id| {
        let kind = (tree.kind(id), tree.style(id), tree.tag(id));
        format!("{kind:?} {:?} {} {:?} {} {}", tree.span(id), tree.next(id), tree.text(id), tree.merges(id), tree.is_duplicate(id))
    };
    (0..tree.len() as u32).map(row).collect()
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = decode::decode(bytes) else { return };
    let text: Arc<str> = text.into();
    let limits = Limits::default();
    let quick = yaml::parse(text.clone(), "a.yaml", &limits);
    check::check(&quick);
    if quick.by_lane > 0 {
        let slow = yaml::parse_slowly(text, "a.yaml", &limits);
        assert_eq!(rows(&quick.tree), rows(&slow.tree));
        assert_eq!(quick.gaps, slow.gaps);
    }
});
