//! Parsing, from outside: what kubectl would read, whatever the bytes are.

use std::path::Path;
use std::sync::Arc;

use cnscan::discover::{Origin, Source};
use cnscan::parse::{File, Kind, Limits, NodeId, Status, Style, Tree, classify, yaml};

#[path = "parse/hostile.rs"]
mod hostile;
#[path = "parse/properties.rs"]
mod properties;

const POD: &str = "apiVersion: v1\nkind: Pod\n";

fn source(origin: Origin, named: bool) -> Source {
    Source { uri: Some("a.yaml".to_owned()), shown: "a.yaml".to_owned(), origin, named, root: "".into() }
}

fn read_bytes(bytes: impl Into<Vec<u8>>) -> File {
    classify::read(source(Origin::Bytes(bytes.into()), true), &Limits::default())
}

fn read_path(path: &Path, named: bool) -> File {
    classify::read(source(Origin::File(path.to_owned()), named), &Limits::default())
}

/// A file found in a folder, not named.
fn read_found(name: &str, bytes: impl AsRef<[u8]>) -> File {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).expect("a file");
    read_path(&path, false)
}

fn whys(file: &File) -> Vec<&str> {
    file.gaps.iter().map(|gap| gap.why.as_str()).collect()
}

fn place(file: &File) -> Vec<(u32, u32)> {
    file.gaps.iter().filter_map(|gap| gap.location.as_ref()).map(|place| (place.line, place.column)).collect()
}

/// The value of `key` in a document, as text.
fn text<'a>(tree: &'a Tree, root: NodeId, key: &str) -> Option<&'a str> {
    tree.get(root, key).map(|(_, value)| tree.text(value))
}

fn names(file: &File) -> Vec<(u32, &str)> {
    file.documents.iter().map(|document| (document.number, text(&file.tree, document.root, "name").unwrap_or("-"))).collect()
}

#[test]
fn documents_are_split_as_kubectl_splits_them() {
    let file = read_bytes(format!("# only a comment\n---\n---\n{POD}name: a\n--- # b\n{POD}name: b\ntext: |\n---\n{POD}name: c\n"));
    assert_eq!(names(&file), [(1, "a"), (2, "b"), (3, "c")]);
    assert_eq!(whys(&file), [""; 0]);
}

#[test]
fn a_broken_document_is_a_gap_and_the_others_are_read() {
    let file = read_bytes(format!("{POD}name: a\n---\n{POD}name: [\n---\n{POD}name: c\n--- {{}}\n---\n{POD}name: e\n...\n{POD}name: f\n"));
    assert_eq!(names(&file), [(1, "a"), (3, "c"), (5, "e")]);
    assert_eq!(place(&file), [(7, 7), (12, 1), (18, 1)]);
    assert_eq!(file.status, Status::Read);
    assert_eq!(file.gaps[0].what, "a.yaml, document 2");
}

#[test]
fn json_streams_and_json_that_turns_into_yaml() {
    let pod = |name: &str| format!(r#"{{"apiVersion":"v1","kind":"P\u006fd","name":"{name}"}}"#);
    let file = read_bytes(format!("{}{}\n {}", pod("a"), pod("b"), pod("c\\ud83d\\ude00")));
    assert_eq!(names(&file), [(1, "a"), (2, "b"), (3, "c😀")]);
    let root = file.documents[0].root;
    assert_eq!((file.tree.kind(root), file.tree.style(root)), (Kind::Mapping, Style::Flow));
    let (key, value) = file.tree.get(root, "kind").expect("a kind");
    assert_eq!((file.tree.style(key), file.tree.text(value)), (Style::DoubleQuoted, "Pod"));

    let file = read_bytes(format!("{}\n---\n{}\n---\n{POD}name: c\n", pod("a"), pod("b")));
    assert_eq!((names(&file), whys(&file)), (vec![(1, "a"), (2, "b"), (3, "c")], vec![]));
    let file = read_bytes("{apiVersion: v1, kind: Pod, name: a,}\n");
    assert_eq!((names(&file), whys(&file)), (vec![(1, "a")], vec![]));
    // after a second value the stream is JSON for good
    let file = read_bytes(format!("{}{}\n---\n{POD}name: c\n", pod("a"), pod("b")));
    assert_eq!((names(&file), place(&file)), (vec![(1, "a"), (2, "b"), (4, "c")], vec![(2, 1)]));
    let file = read_bytes(r#"{"apiVersion":"v1","kind":"Pod","a":01,}x"#);
    assert_eq!((names(&file).len(), file.gaps.len()), (1, 1), "{:?}", file.gaps);
}

#[test]
fn broken_json_says_where() {
    for (text, at) in [
        ("{\"a\": ", (1, 7)),
        ("{\"a\" \"b\"}", (1, 6)),
        ("{\"a\": \"\u{1}\"}", (1, 8)),
        ("{\"a\": [}", (1, 8)),
        ("{\"a\": \"\\q\"}", (1, 8)),
    ] {
        let file = read_bytes(text);
        assert_eq!((place(&file), file.gaps[0].why.starts_with("not valid JSON")), (vec![at], true), "{text}: {:?}", file.gaps);
    }
}

#[test]
fn duplicate_keys_name_both_places_and_the_last_counts() {
    let file = read_bytes(format!("{POD}a:\n  b: 1\n  \"b\": 2\n---\n{POD}on: 1\n'true': 2\n"));
    let root = file.documents[0].root;
    let (_, a) = file.tree.get(root, "a").expect("a");
    assert_eq!(text(&file.tree, a, "b"), Some("2"));
    assert!(file.documents.iter().all(|document| document.tainted));
    let why = |key: &str, here: &str, there: &str| format!("duplicate key \"{key}\" at {here}, first at {there}; the last value is judged");
    assert_eq!(whys(&file), [why("b", "5:3", "4:3"), why("true", "10:1", "9:1")]);
    let file = read_bytes(r#"{"apiVersion":"v1","kind":"Pod","kind":"Job"}"#);
    assert!(file.documents[0].tainted && file.gaps.len() == 1);
    assert_eq!(text(&file.tree, file.documents[0].root, "kind"), Some("Job"));
}

#[test]
fn anchors_aliases_and_merge_keys() {
    let file = read_bytes(format!("{POD}a: &x {{k: v}}\nb: *x\nc:\n  <<: *x\n  d: e\n&y f: g\n*y : h\n"));
    let tree = &file.tree;
    let root = file.documents[0].root;
    let (_, a) = tree.get(root, "a").expect("a");
    let (_, b) = tree.get(root, "b").expect("b");
    let (_, c) = tree.get(root, "c").expect("c");
    assert_eq!((tree.kind(b), tree.target(b), tree.is_anchored(a), tree.merges(c)), (Kind::Alias, Some(a), true, true));
    // an alias as a key has its anchor's text, and so it repeats here
    assert_eq!((text(tree, root, "f"), file.gaps.len()), (Some("h"), 1));

    for (text, why) in [
        ("a: &x [*x]", "an alias to what contains it"),
        ("a: *x", "not valid YAML: while parsing node, found unknown anchor"),
        ("a: {<<: b}", "a merge key takes a mapping or a list of mappings"),
        ("a: &x [b]\nc: {<<: *x}", "a merge key takes a mapping or a list of mappings"),
        ("a: &x {b: c}\nd: {<<: [*x, [*x]]}", "a merge key takes a mapping or a list of mappings"),
        ("[a]: b", "Kubernetes accepts no list or mapping as a key"),
        ("~: b", "Kubernetes accepts no null, infinity or number over 63 bits as a key"),
        ("a: .inf", "Kubernetes reads this as a number that JSON cannot say; quote it if it is text"),
        ("a: !!int b", "the value does not fit its tag"),
    ] {
        assert_eq!(whys(&read_bytes(text)), [why], "{text}");
    }
}

#[test]
fn a_colon_that_kubernetes_takes_for_text_is_pointed_out() {
    for (flow, at) in [
        ("{b:}", Some((3, 6))),
        ("[b:]", Some((3, 6))),
        ("{b :}", Some((3, 6))),
        ("{b:, c: d}", Some((3, 6))),
        ("{\"b\":}", None),
        ("{b: }", None),
        ("{b}", None),
    ] {
        let file = read_bytes(format!("{POD}a: {flow}\n"));
        assert_eq!((place(&file).first().copied(), file.documents[0].tainted), (at, at.is_some()), "{flow}");
    }
}

#[test]
fn the_last_line_ends_as_kubectl_ends_it() {
    for (written, value) in [("|\n  x", "x\n"), ("|\n  x\n", "x\n"), ("|-\n  x", "x"), ("|+\n  x\n\n", "x\n\n"), (">\n  x\n  y", "x y\n")] {
        let parsed = yaml::parse(format!("a: {written}").into(), "a.yaml", &Limits::default());
        assert_eq!(text(&parsed.tree, parsed.documents[0].root, "a"), Some(value), "{written:?}");
    }
}

#[test]
fn spans_hold_quotes_and_headers_and_no_more() {
    let written = "a: 'x' # c\nb: |- # c\n  l1\n  l2\n\nc:\n- - x\n  -\n- {d: e}\nf:\n";
    for parse in [yaml::parse, yaml::parse_slowly] {
        let parsed = parse(Arc::from(written), "a.yaml", &Limits::default());
        let slice = |id: NodeId| &written[parsed.tree.span(id).0 as usize..parsed.tree.span(id).1 as usize];
        let root = parsed.documents[0].root;
        assert_eq!(slice(root), &written[..written.len() - 2]);
        for (key, expected) in [("a", "'x'"), ("b", "|- # c\n  l1\n  l2"), ("c", "- - x\n  -\n- {d: e}"), ("f", "")] {
            assert_eq!(slice(parsed.tree.get(root, key).expect("a key").1), expected);
        }
    }
}

#[test]
fn what_is_no_object_is_ignored_or_a_gap() {
    let ignored = |file: &File| {
        matches!(file.status, Status::Ignored(_)) && file.gaps.is_empty() && file.documents.is_empty() && file.tree.is_empty()
    };
    assert!(ignored(&read_found("a.txt", POD)));
    assert!(ignored(&read_found("a.yaml", "a: b\n")));
    assert!(ignored(&read_found("a.yaml", "")));
    assert!(ignored(&read_bytes("")));
    assert!(ignored(&read_bytes("# comment\n---\n...\n")) || !read_bytes("# comment\n---\n...\n").gaps.is_empty());
    assert!(ignored(&read_found("a.yaml", "a: [\n# kind apiVersion")));
    assert!(ignored(&read_found("a.yml", b"a: \xFF")));
    assert_eq!(
        read_found("a.yaml", "a: [\n# kind apiVersion").status,
        Status::Ignored("not valid YAML: unclosed bracket '[' at 1:4".to_owned())
    );

    // but broken bytes that show an object are a gap
    for bytes in
        [&b"apiVersion: v1\nkind: Pod\na: ["[..], b"apiVersion: v1\nkind: Pod\na: \xFF", b"{\"apiVersion\": \"v1\", \"kind\": \"Pod\", "]
    {
        let file = read_found("a.yaml", bytes);
        assert_eq!((&file.status, file.gaps.len()), (&Status::Gap, 1));
    }
    let named = read_bytes("a: [");
    assert_eq!((&named.status, place(&named)), (&Status::Gap, vec![(1, 4)]));

    // escapes do not hide an object
    assert_eq!(read_found("a.yaml", "\"api\\x56ersion\": v1\n\"k\\u0069nd\": Pod\n").status, Status::Read);
    assert_eq!(read_found("a.yaml", "a: &a {apiVersion: v1, kind: Pod}\n<<: *a\n").status, Status::Read);

    let file = read_bytes(format!("{POD}---\nkind: Pod\n---\napiVersion: v1\nkind:\n---\nkind: 5\napiVersion: v1\n---\n- a\n"));
    let refused = [
        "no `apiVersion`: kubectl refuses the document",
        "no `kind`: kubectl refuses the document",
        "`kind` is not text: kubectl refuses the document",
        "not a mapping, so no Kubernetes object: kubectl refuses the file",
    ];
    assert_eq!((whys(&file), file.documents.len()), (refused.to_vec(), 1));
}

#[test]
fn templates_that_nobody_rendered() {
    let folder = tempfile::tempdir().expect("a folder");
    let templates = folder.path().join("templates/sub");
    std::fs::create_dir_all(&templates).expect("a folder");
    let path = templates.join("a.yaml");
    std::fs::write(&path, format!("{POD}a: \"{{{{ .Values.a }}}}\"\n")).expect("a file");
    assert_eq!(read_path(&path, false).status, Status::Read);
    std::fs::write(folder.path().join("Chart.yaml"), "name: a\n").expect("a file");
    let file = read_path(&path, false);
    assert_eq!((&file.status, place(&file)), (&Status::Gap, vec![(3, 5)]));

    for (body, unrendered) in [
        ("a: {{ b }}", true),
        ("{{ if b }}\na: b", true),
        ("a: {{ b | c }}-x: [", true),
        ("a: \"{{ b }}\"\nc: |\n  {{ d }}\n# {{ e }}", false),
    ] {
        let file = read_bytes(format!("{POD}{body}\n"));
        assert_eq!(whys(&file).iter().any(|why| why.starts_with("unrendered template")), unrendered, "{body}: {:?}", file.gaps);
    }
}

#[test]
fn comments_for_the_tool_cover_what_they_stand_at() {
    let text = format!(
        "# cnscan: doc\n{POD}text: |\n  # cnscan: text\nquoted: '# cnscan: text'\nspec: # cnscan: line # cnscan: same\n  # cnscan: key\n  a:\n    b: c\n  # cnscan: item\n  list:\n  # cnscan: first\n  - x: y\n    z: w\n  # cnscan: second\n  - x: y\n# cnscan: nothing\n---\n# cnscan: next\n---\n{POD}"
    );
    let file = read_bytes(text.clone());
    let found: Vec<_> = file
        .directives
        .iter()
        .map(|directive| (directive.text.as_str(), &text[directive.covers.0 as usize..directive.covers.1 as usize]))
        .collect();
    let first = &text[14..text.find("\n# cnscan: nothing").expect("the end")];
    assert_eq!(
        found,
        [
            ("doc", first),
            // in a text: it excuses nothing, which is to be said
            ("text", ""),
            ("line # cnscan: same", "spec: "),
            ("key", "a:\n    b: c"),
            ("item", "list:\n  # cnscan: first\n  - x: y\n    z: w\n  # cnscan: second\n  - x: y"),
            ("first", "- x: y\n    z: w"),
            ("second", "x: y"),
            ("nothing", ""),
            ("next", POD.trim_end()),
        ]
    );
    assert_eq!(file.directives.iter().filter(|directive| !directive.alone).count(), 1);
}
