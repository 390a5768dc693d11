//! Comments for the tool, anywhere, in a file read whole.
#![no_main]

use cnscan::discover::{Origin, Source};
use cnscan::parse::{Limits, classify};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let text = text.replace('#', "# cnscan: ");
    let source = Source {
        uri: None,
        shown: "<stdin>".to_owned(),
        origin: Origin::Bytes(format!("apiVersion: v1\nkind: Pod\n{text}").into_bytes()),
        named: true,
        root: "".into(),
    };
    let file = classify::read(source, &Limits::default());
    for directive in &file.directives {
        for (start, end) in [directive.span, directive.covers] {
            assert!(file.tree.source().get(start as usize..end as usize).is_some());
        }
    }
});
