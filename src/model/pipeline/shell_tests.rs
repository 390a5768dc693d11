//! What is known of how scripts run.

use super::*;

const STRICT: Options = Options { errexit: true, pipefail: false };

/// The commands of one letter, each with what its failure ends (`!` all, `&` its chain) and `?` under a condition.
fn shown(text: &str, options: Options) -> String {
    let found = runs(text, options, &[], "p").runs;
    let one = |run: &Run| {
        let ends = match run.hangs.ends {
            Ends::All => "!",
            Ends::Chain(_) | Ends::Both(..) => "&",
            Ends::Nothing => "",
        };
        format!("{}{ends}{}", run.words.join(" "), "?".repeat(run.hangs.conditions().len().min(1)))
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
        ("a; exit 0 | b; c", "a!; b!; c!"),
        ("{ exit 0; } & a", "a!"),
        ("( exit 0 ); a", "a!"),
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
fn what_is_called_in_other_words_is_followed() {
    for (text, wanted) in [
        ("f() { \"$@\"; }; f a b", "a b!"),
        ("f() { shift; \"$@\" x; }; f y a", "a x!"),
        ("f() { a \"${@:2}\"; }; f y b c", "a b c!"),
        ("set -- a \"b c\"; \"$@\"; a $#", "a b c!; a 2!"),
        ("x=(a b); x+=(c); \"${x[@]}\" d", "a b c d!"),
        ("x=(); a \"${x[@]}\" b; f() { a \"$@\"; }; f", "a b!; a!"),
        ("eval \"a $X\"; b", "a {p~X}!; b!"),
        ("f() { a; }; x=$(f); time f; eval f", "a!; a!; a!"),
        ("find . -name x -exec a {} \\; -execdir b +; c", "a {}?; b!?; c!"),
        ("for ((i=0;i<3;i++)); do a $i; done; b", "a {p~i}!?; b!"),
        ("cat <<E\ndon't $(a)\nE\nb", "a; b!"),
        ("x=`a`; b", "a!; b!"),
        ("f() { g; }; g() { h; }; h() { i; }; i() { j; }; j() { k; }; k() { l; }; l() { m; }; m() { n; }; n() { o; }; o() { a; }; f", "a!"),
        ("trap 'a' EXIT; b", "a; b!"),
        ("docker() { command docker \"$@\"; }; coproc a; flock x b", "a!; b!"),
    ] {
        let all = shown(text, STRICT);
        let all: Vec<_> = all.split("; ").filter(|one| !one.starts_with("trap")).collect();
        assert_eq!(all.join("; "), wanted, "{text}");
    }
    let nested = format!("{}a{}", "if x; then ".repeat(50), "; fi".repeat(50));
    assert_eq!(shown(&nested, STRICT).matches('a').count(), 1);
    let nested = format!("b\n{}a{}", "if x\nthen ".repeat(90), "; fi".repeat(90));
    assert!(runs(&nested, STRICT, &[], "p").stop.is_some_and(|(row, _)| row > 50));
    assert!(runs("f() { a; f; }; f", STRICT, &[], "p").stop.is_some());
}

#[test]
fn how_a_command_ended_is_asked_later() {
    for (text, wanted) in [
        ("a; [ $? -eq 0 ] || exit 1; b", "a!; b"),
        ("a; if [ $? -ne 0 ]; then exit 1; fi; b", "a!; b"),
        ("a; rc=$?; echo $rc; if [ \"$rc\" != 0 ]; then exit $rc; fi; b", "a!; b"),
        ("a; rc=$?; b; [ $rc -eq 0 ] || exit 1", "a; b"),
        ("a || rc=$?; [[ $rc -ne 0 ]] && exit 1; b", "a!; b"),
        ("a; if [ $? -eq 0 ]; then b; fi; c", "a&; b?; c"),
        ("a; rc=$?; echo x; [ -n \"$D\" ] && exit $rc; b", "a!; b"),
        ("f() { a || return 1; b; }; f || exit 1; c", "a!; b!; c"),
        ("f() { a || return 1; b; }; f; c", "a&; b?; c"),
        ("f() { a || return 1; }; f && b", "a&; b?"),
        ("until a; do sleep 1; done; b", "a!; b"),
        ("until a; do break; done; b", "a; b"),
        ("while ! a; do sleep 1; done; b", "a!; b"),
    ] {
        // the last command of a script decides how it ends
        let all = shown(&format!("{text}\nz"), Options::default());
        assert_eq!(all.strip_suffix("; z!"), Some(wanted), "{text}");
    }
}

#[test]
fn what_never_ends_is_left() {
    let many = "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16";
    let nested = format!("{}X=$X$X{}", format!("for i in {many}; do ").repeat(8), "; done".repeat(8));
    for text in [nested.as_str(), "f() { f; f; f; }; f", "for i in 1 2 3 4 5 6 7 8 9; do X=$X$X$X$X$X$X$X$X; done; X+=$X"] {
        let _ = runs(text, STRICT, &[], "p");
    }
    assert!(runs(&nested, STRICT, &[], "p").stop.is_some());
}
