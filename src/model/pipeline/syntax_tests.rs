//! How the commands of scripts are grouped.

use super::*;

fn depth(list: &List) -> usize {
    let of = |command: &Command| match command {
        Command::Simple(_) | Command::Unread(_) => 0,
        Command::Group(list, _) | Command::For(_, _, list) | Command::Function(_, list) => 1 + depth(list),
        Command::If(branches, otherwise) => {
            1 + branches.iter().map(|(_, body)| depth(body)).max().unwrap_or_default().max(depth(otherwise))
        }
        Command::While(_, body, _) => 1 + depth(body),
        Command::Case(bodies, _) => 1 + bodies.iter().map(depth).max().unwrap_or_default(),
    };
    list.iter().flat_map(|chain| &chain.pipes).flat_map(|(_, pipe)| &pipe.commands).map(of).max().unwrap_or_default()
}

#[test]
fn commands_are_grouped() {
    for (text, chains, deep) in [
        ("a; b\nc", 3, 0),
        ("a && b || c | d", 1, 0),
        ("if a; then b; elif c; then d; else e; fi; f", 2, 1),
        ("f() {\n a\n}\nf", 2, 1),
        ("function f { a; }; f", 2, 1),
        ("for i in a b; do if x; then c $i; fi; done", 1, 2),
        ("case $1 in a|b) c ;; *) d;; esac; e", 2, 1),
        ("while read x; do a; done < f", 1, 1),
        ("( a; b ) && c", 1, 1),
        ("x=(a b)\nc", 2, 0),
        ("for ((i=0;i<3;i++)); do a; done; b", 2, 1),
        ("((i<3)) && a; b", 2, 0),
        ("((a); b); c", 2, 2),
        ("time { a; } <<E; b\nx\nE", 2, 1),
    ] {
        let list = read(text, 0);
        assert_eq!((list.len(), depth(&list)), (chains, deep), "{text}: {list:?}");
    }
}

#[test]
fn reading_what_is_none_ends() {
    for text in ["if", "case x in", ") ) fi done", "for", "f() g", "{", "((((", "a && && b", "case a in b", "! ! !", "if ; then fi )"] {
        let _ = read(text, 0);
    }
    let _ = read(&"(".repeat(10_000), 0);
    let _ = read(&"if a; then ".repeat(10_000), 0);
    let _ = read(&"f() ".repeat(10_000), 0);
}
