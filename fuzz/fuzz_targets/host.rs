//! Files of a node that are no YAML: units, variables, command lines, certificates, TOML.
#![no_main]

use cnscan::discover::{Origin, Source};
use cnscan::parse::{Limits, classify};
use libfuzzer_sys::fuzz_target;

const NAMES: [&str; 6] = ["kubelet.service", "x.env", "x.cmdline", "ca.crt", "containerd/config.toml", "os-release"];

fuzz_target!(|input: (u8, Vec<u8>)| {
    let name = NAMES[usize::from(input.0) % NAMES.len()];
    let source =
        Source { uri: Some(name.to_owned()), shown: name.to_owned(), origin: Origin::Bytes(input.1), named: true, root: "".into() };
    let file = classify::read(source, &Limits::default());
    for document in &file.documents {
        for node in document.root..file.tree.next(document.root) {
            let (start, end) = file.tree.span(node);
            assert!(file.tree.source().get(start as usize..end as usize).is_some());
        }
    }
});
