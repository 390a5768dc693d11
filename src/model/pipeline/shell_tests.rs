//! What is known of how scripts run.

use super::*;

const STRICT: Options = Options { errexit: true, pipefail: false };

/// The commands of one letter, each with what its failure ends (`!` all, `&` its chain) and `?` under a condition.
fn shown(text: &str, options: Options) -> String {
    let (found, _) = runs(text, options, &[], "p");
    let one = |run: &Run| {
        let ends = match run.hangs.ends {
            Ends::All => "!",
            Ends::Chain(_) => "&",
            Ends::Nothing => "",
        };
        format!("{}{ends}{}", run.words.join(" "), "?".repeat(run.hangs.under.len().min(1)))
    };
    let own = found.iter().filter(|run| matches!(run.words[0].as_bytes(), [b'a'..=b'z']));
    own.map(one).collect::<Vec<_>>().join("; ")
}

#[test]
fn what_a_failure_ends_is_known() {
    for (text, wanted) in [
        ("a\nb", "a!; b!"),
        ("a || true; b", "a; b!"),
        ("a || exit 1; b", "a!; b!"),
        ("a || { c; exit 1; }; b", "a!; c!?; b!"),
        ("set +e; a; b", "a; b!"),
        ("a | b; c", "a; b!; c!"),
        ("set -o pipefail; a | b; c", "a!; b!; c!"),
        ("if ! a; then exit 1; fi; b", "a!; b!"),
        ("if a; then b; fi; c", "a&; b!?; c!"),
        ("if a; then b; elif c; then d; else e; fi", "a&; b!?; c&; d!?; e!?"),
        ("if ! a; then b; else c; fi; d", "a&; b!?; c!?; d!"),
        ("a && b; c", "a&; b!?; c!"),
        ("a && b", "a!; b!?"),
        ("a & b", "a; b!"),
        ("! a; b", "a; b!"),
        ("x=$(a); b", "a!; b!"),
        ("e $(a); b", "a; e {p~~a~}!; b!"),
        ("{ a; b; } || true; c", "a; b; c!"),
    ] {
        assert_eq!(shown(text, STRICT), wanted, "{text}");
    }
    assert_eq!(shown("a\nb", Options::default()), "a; b!");
    assert_eq!(shown("a && b; c", Options::default()), "a&; b?; c!");
}

#[test]
fn what_is_never_run_is_left_out() {
    for (text, wanted) in [
        ("if false; then a; fi; b", "b!"),
        ("if true; then a; else b; fi", "a!"),
        ("f() { a; }\nb", "b!"),
        ("f() { a $1; }\nf x\nb", "a x!; b!"),
        ("a; exit 0; b", "a!"),
        ("[ x ] && exit 0; a", "a!?"),
        ("[ x ] || exit 1; a", "a!"),
        ("if [ x ]; then exit 0; fi; a", "a!?"),
        ("false && a; b", "b!"),
        ("case $x in a) b ;; *) c ;; esac; d", "b!?; c!?; d!"),
        ("while a; do b; done; c", "a; b!?; c!"),
    ] {
        assert_eq!(shown(text, STRICT), wanted, "{text}");
    }
}

#[test]
fn variables_are_followed() {
    for (text, wanted) in [
        ("X=1; a $X; X=2; a $X", "a 1!; a 2!"),
        ("for i in x y; do a $i; done", "a x!; a y!"),
        ("for i in $L; do a $i; done", "a {each~p~L~}!?"),
        ("X=1; if a; then X=2; fi; b $X", "a&; b {p~X}!"),
        ("X=1 a $X", "a {p~X}!"),
        ("X='b c'; a $X \"$X\"", "a b c b c!"),
        ("a '$X' \"$Y\"", "a $X {p~Y}!"),
        ("X=$(b); a $X", "b!; a {p~X~b~}!"),
        ("read X; a $X; Z=; a $Z", "a {p~X}!; a!"),
    ] {
        // which number what is not known has is nobody's matter
        let plain: Vec<_> = shown(text, STRICT).split('~').map(str::to_owned).collect();
        let plain = plain.iter().filter(|part| !part.is_empty() && !part.bytes().all(|byte| byte.is_ascii_digit()));
        assert_eq!(plain.cloned().collect::<Vec<_>>().join("~"), wanted, "{text}");
    }
}

#[test]
fn what_never_ends_is_left() {
    let many = "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16";
    let nested = format!("{}X=$X$X{}", format!("for i in {many}; do ").repeat(8), "; done".repeat(8));
    for text in [nested.as_str(), "f() { f; f; f; }; f", "for i in 1 2 3 4 5 6 7 8 9; do X=$X$X$X$X$X$X$X$X; done; X+=$X"] {
        let _ = runs(text, STRICT, &[], "p");
    }
    assert!(!runs(&nested, STRICT, &[], "p").1);
}
