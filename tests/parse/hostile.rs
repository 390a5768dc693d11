//! Input that was made to hurt. Each must end, soon, in a gap or in documents; time is not measured here.

use std::fmt::Write as _;
use std::sync::Arc;

use cnscan::parse::{Limits, Status, yaml};

use super::{POD, names, place, read_bytes, read_path, whys};

fn why(text: String) -> Vec<String> {
    let parsed = yaml::parse(text.into(), "a.yaml", &Limits::default());
    parsed.gaps.into_iter().map(|gap| gap.why).collect()
}

#[test]
fn alias_bombs() {
    let mut bomb = format!("{POD}a: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..10 {
        let _ = writeln!(bomb, "b{level}: &a{level} [{}]", vec![format!("*a{}", level - 1); 10].join(", "));
    }
    let file = read_bytes(format!("{bomb}---\n{POD}name: b\n"));
    assert_eq!((names(&file), whys(&file)), (vec![(2, "b")], vec!["excessive aliasing: Kubernetes refuses what its aliases expand to"]));
    // many aliases of a small thing are fine
    let mut many = format!("{POD}a: &a {{x: y}}\nl:\n");
    many.extend(std::iter::repeat_n("- *a\n", 5000));
    assert_eq!(why(many), [""; 0]);
    // and many aliases as keys of one long text cost no copies
    let mut keys = format!("&k {}: x\nl:\n", "k".repeat(900));
    keys.extend(std::iter::repeat_n("- {*k : y}\n", 20_000));
    assert_eq!(why(keys), [""; 0]);
}

#[test]
fn deep_nesting() {
    let deep = |text: String| {
        let why = why(text);
        assert_eq!(why, ["nested deeper than 100 levels"]);
    };
    deep("[".repeat(100_000));
    deep("[".repeat(10_000) + &"]".repeat(10_000));
    deep("{a: ".repeat(10_000) + "b" + &"}".repeat(10_000));
    deep("- ".repeat(10_000) + "a\n");
    deep((0..1000).map(|level| format!("{:level$}a:\n", "")).collect());
    deep("{\"a\":".repeat(10_000) + "1" + &"}".repeat(10_000));
    deep("? ".repeat(10_000) + "a\n");
    for (open, close) in [("[", "]"), ("{\"a\":[", "]}")] {
        let text = |levels: usize| format!("a: {}{}\n", open.repeat(levels), close.repeat(levels));
        let fits = if open == "[" { 99 } else { 49 };
        assert_eq!(why(text(fits)), [""; 0]);
        assert_eq!(why(text(fits + 1)), ["nested deeper than 100 levels"]);
    }
}

#[test]
fn large_things() {
    let big = "x".repeat(100 << 20);
    assert_eq!(why(format!("a: {big}\n---\nb: c\n")), [format!("larger than {} bytes, the limit for a document", 64 << 20)]);
    assert_eq!(why(format!("{{\"a\": \"{}\"}}", &big[..64 << 20])).len(), 1);
    let limits = Limits { document: 1 << 30, ..Limits::default() };
    let big = &big[..4 << 20];
    for text in [format!("a: {big}\n"), format!("a: \"{big}\"\n"), format!("a: |\n  {big}\n"), format!("{{\"a\": \"{big}\"}}")] {
        let parsed = yaml::parse(text.into(), "a.yaml", &limits);
        assert_eq!((parsed.documents.len(), parsed.gaps.len()), (1, 0));
    }
}

#[test]
fn many_things() {
    let count = |text: String| {
        let parsed = yaml::parse(text.into(), "a.yaml", &Limits::default());
        (parsed.documents.len(), parsed.gaps.len())
    };
    assert_eq!(count("a: b\n---\n".repeat(1_000_000)), (1_000_000, 0));
    assert_eq!(count("a: &a b\n---\n".repeat(50_000)), (50_000, 0));
    assert_eq!(count("---\n".repeat(1_000_000)), (0, 0));
    assert_eq!(count("{\"a\":1}".repeat(200_000)), (200_000, 0));
    assert_eq!(count("{\"a\":1}\n---\n".repeat(30_000)), (30_000, 0));
    assert_eq!(count("]\n---\n".repeat(50_000)), (0, 101));
    assert_eq!(count("a: b\n".repeat(200_000)), (1, 11));
    assert_eq!(count((0..200_000).map(|number| format!("k{number}: v\n")).collect()), (1, 0));
    assert_eq!(count(format!("a:\n{}", "# comment\n".repeat(500_000))), (1, 0));
    assert_eq!(count(format!("a: \n{}  b\n", "\n".repeat(500_000))), (1, 0));
    assert_eq!(count(format!("a: \"{}\"\n", "\\\n ".repeat(200_000))), (1, 0));
    assert_eq!(count(format!("a:{}b\n", " ".repeat(500_000))), (1, 0));
    assert_eq!(count(format!("a:\n  b{}\n", "\n  c".repeat(200_000))), (1, 0));
    assert_eq!(count(format!("a: [{}]\n", "b, ".repeat(200_000))), (1, 0));
    assert_eq!(count(format!("a:\t{}b\n", "\t".repeat(200_000))), (1, 0));
    assert_eq!(count("? a\n: b\n? c\n".to_owned()), (1, 0));
}

#[test]
fn many_comments_for_the_tool() {
    let directives = |body: String| read_bytes(format!("{POD}{body}")).directives.len();
    assert_eq!(directives("# cnscan: x\n".repeat(100_000)), 100_000);
    assert_eq!(directives(format!("a: b {}\n", "# cnscan: x ".repeat(200_000))), 1);
    assert_eq!(directives(format!("a: '{}'\n", " # cnscan: x".repeat(200_000))), 0);
    assert_eq!(directives(format!("a: |\n{}", "  # cnscan: x\n".repeat(200_000))), 200_000);
    assert_eq!(directives(format!("a:\n{}{}b: c\n", "# cnscan: x\n".repeat(100_000), " ".repeat(100_000))), 100_000);
    assert_eq!(directives(format!("a: b\n---\n{}", format!("{POD}# cnscan: x\n---\n").repeat(20_000))), 20_000);
}

#[test]
fn odd_bytes() {
    let file = read_bytes(format!("{POD}a: \u{7}\n---\n{POD}name: b\n"));
    assert_eq!((names(&file), place(&file)), (vec![(2, "b")], vec![(3, 4)]));
    for (bytes, at) in [(format!("{POD}a: \0").into_bytes(), (3, 4)), ([POD.as_bytes(), b"a: \xC3("].concat(), (3, 4))] {
        let file = read_bytes(bytes);
        assert_eq!((&file.status, place(&file)), (&Status::Gap, vec![at]));
    }
    let wide = |write: fn(u16) -> [u8; 2]| format!("\u{FEFF}{POD}name: é\n").encode_utf16().flat_map(write).collect::<Vec<u8>>();
    for bytes in [wide(u16::to_le_bytes), wide(u16::to_be_bytes), format!("\u{FEFF}{POD}name: é\n---\n\u{FEFF}{POD}name: é\n").into_bytes()]
    {
        let file = read_bytes(bytes);
        assert!(names(&file).iter().all(|&(_, name)| name == "é") && !file.documents.is_empty() && file.gaps.is_empty());
    }
    let crlf = read_bytes(format!("{POD}name: a\na: |\n  b\n---\n{POD}name: c\n").replace('\n', "\r\n"));
    assert_eq!((names(&crlf), whys(&crlf)), (vec![(1, "a"), (2, "c")], vec![]));
    let cr = read_bytes(format!("{POD}name: a\n").replace('\n', "\r"));
    assert_eq!((names(&cr), whys(&cr)), (vec![(1, "a")], vec![]));
    // kubectl splits at LF alone, and then reads the first document
    let cr = read_bytes(format!("{POD}name: a\n---\n{POD}name: b\n").replace('\n', "\r"));
    assert_eq!((names(&cr), place(&cr)), (vec![(1, "a")], vec![(4, 1)]));
}

#[test]
fn tabs() {
    for (body, at) in [
        ("a:\n\tb: c\n", Some((4, 2))),
        ("a:\n  - \tb: c\n", Some((4, 5))),
        ("a:\tb\n", None),
        ("a: b\t# c\n", None),
        ("a: 'x\ty'\n", None),
        ("a: {\n\tb: c\n  }\n", Some((4, 2))),
    ] {
        let file = read_bytes(format!("{POD}{body}"));
        assert_eq!(place(&file).first().copied(), at, "{body:?} {:?}", file.gaps);
    }
}

#[test]
fn unicode_line_breaks_hide_nothing() {
    // to a reader of YAML 1.2 this is one comment
    let file = read_bytes(format!("{POD}a: # text\u{2028}  privileged: true\n"));
    let (_, a) = file.tree.get(file.documents[0].root, "a").expect("a");
    assert_eq!((super::text(&file.tree, a, "privileged"), place(&file)), (Some("true"), vec![(3, 10)]));
    // in quotes it is only text
    assert_eq!(whys(&read_bytes(format!("{POD}a: \"x\u{2028}y\"\n"))), [""; 0]);
}

#[cfg(unix)]
#[test]
fn what_is_no_regular_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let gap = |name: &str| {
        let file = read_path(&at(name), true);
        assert_eq!((&file.status, file.gaps.len()), (&Status::Gap, 1), "{name}");
        file.gaps[0].why.clone()
    };
    std::fs::create_dir(at("folder.yaml")).expect("a folder");
    assert_eq!(gap("folder.yaml"), "it is a folder");
    if std::process::Command::new("mkfifo").arg(at("fifo.yaml")).status().is_ok_and(|status| status.success()) {
        assert_eq!(gap("fifo.yaml"), "it is no regular file (a pipe, socket or device)");
    }
    std::os::unix::fs::symlink("/dev/zero", at("device.yaml")).expect("a link");
    assert_eq!(gap("device.yaml"), "it is no regular file (a pipe, socket or device)");
    assert_eq!(gap("missing.yaml"), "it cannot be read: no such file or directory");
    std::os::unix::fs::symlink("loop.yaml", at("loop.yaml")).expect("a link");
    assert!(gap("loop.yaml").starts_with("it cannot be read: "));
    std::fs::write(at("file.yaml"), POD).expect("a file");
    std::os::unix::fs::symlink("file.yaml", at("link.yaml")).expect("a link");
    let file = read_path(&at("link.yaml"), false);
    assert_eq!((&file.status, file.bytes), (&Status::Read, POD.len() as u64));
    let hash = "sha256 of the bytes as they are";
    assert_eq!(file.sha256, read_bytes(POD).sha256, "{hash}");

    std::fs::set_permissions(at("file.yaml"), std::os::unix::fs::PermissionsExt::from_mode(0o000)).expect("permissions");
    // root reads it all the same
    if std::fs::File::open(at("file.yaml")).is_err() {
        assert_eq!(gap("file.yaml"), "it cannot be read: permission denied");
    }
}

#[test]
fn in_order_and_in_parallel() {
    let folder = tempfile::tempdir().expect("a folder");
    let sources = (0..64).map(|number| {
        let path = folder.path().join(format!("{number}.yaml"));
        std::fs::write(&path, format!("{POD}name: n{number}\n")).expect("a file");
        super::source(cnscan::discover::Origin::File(path), false)
    });
    let files = cnscan::parse::all(sources.collect(), &Limits::default());
    for (number, file) in files.iter().enumerate() {
        assert_eq!(names(file), [(1, format!("n{number}").as_str())]);
    }
    let text: Arc<str> = "a: b".into();
    assert_eq!(yaml::parse(text, "a.yaml", &Limits::default()).documents.len(), 1);
}
