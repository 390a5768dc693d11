//! Patterns of who may sign: they are tried on strangers, whom nobody means.

use regex_automata::meta::{Config, Regex};
use regex_automata::util::syntax;

use crate::model::image::matches;

/// Subjects of keyless signatures that anybody can have.
pub(super) const SUBJECTS: &[&str] = &[
    "zz9@elsewhere.test",
    "qx7.zz9@gmail.com",
    "https://github.com/zz9-stranger/qx7/.github/workflows/zz9.yaml@refs/heads/zz9",
    "https://github.com/zz9-stranger/qx7/.github/workflows/release.yml@refs/heads/main",
    "https://github.com/zz9-stranger/qx7/.github/workflows/release.yaml@refs/tags/v1.2.3",
    "https://gitlab.com/zz9-stranger/qx7//.gitlab-ci.yml@refs/heads/main",
    "spiffe://elsewhere.test/ns/zz9/sa/qx7",
];
/// Issuers that nobody knows.
pub(super) const ISSUERS: &[&str] = &["https://zz9.elsewhere.test", "https://elsewhere.test/realms/qx7"];

/// Whether a pattern fits anybody; `None`: it is not understood.
pub(super) fn fits_anybody(pattern: &str, is_expression: bool, strangers: &[&str]) -> Option<bool> {
    if is_wide(pattern) {
        return Some(true);
    }
    if !is_expression {
        return Some(strangers.iter().any(|stranger| matches(pattern, stranger)));
    }
    let limits = Config::new().utf8_empty(false).nfa_size_limit(Some(1 << 20));
    let expression = Regex::builder().syntax(syntax()).configure(limits).build(pattern).ok()?;
    Some(strangers.iter().any(|stranger| expression.is_match(stranger)))
}

fn syntax() -> syntax::Config {
    // as verifiers read them, classes are of ASCII
    syntax::Config::new().unicode(false).utf8(false)
}

/// Whether an expression has to begin where the text does, and to end where it ends; `None`: it is not understood.
pub(super) fn anchored(pattern: &str) -> Option<(bool, bool)> {
    let expression = syntax::parse_with(pattern, &syntax()).ok()?;
    let known = expression.properties();
    Some((known.look_set_prefix().contains_anchor_haystack(), known.look_set_suffix().contains_anchor_haystack()))
}

/// Whether a pattern fits anything, or anything at a host that everybody may have an account with.
pub(super) fn is_wide(pattern: &str) -> bool {
    let any = |text: &str| matches!(text, "" | "*" | "**" | ".*" | ".+" | ".*?" | "(.*)" | "(.+)");
    // a class of all but slashes has one itself
    let plain = pattern.trim_start_matches('^').trim_end_matches('$').replace("\\.", ".").replace("[^/]", ".");
    let of_any_owner = |start: &&str| plain.strip_prefix(start).is_some_and(|rest| rest.starts_with('/'));
    if any(&plain) || [".*", ".+", "*"].iter().any(of_any_owner) {
        return true;
    }
    let Some(rest) = plain.strip_prefix("https://") else { return false };
    let (host, path) = rest.split_once('/').unwrap_or((rest, "none"));
    any(host) || any(path.split('/').next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::{SUBJECTS, anchored, fits_anybody};

    #[test]
    fn patterns_that_fit_anybody_are_wide() {
        for (wide, is_expression) in [
            (".*", true),
            ("*", false),
            ("^.*$", true),
            ("^https://github\\.com/.*$", true),
            ("https://github.com/*", false),
            ("https://.*", true),
            ("https://github.com/*/*/.github/workflows/*", false),
            (".*@.*", true),
            ("^(?:.*)$", true),
            ("^.{1,}$", true),
            ("^\\S+$", true),
            ("^.*@org\\.com$|.*", true),
            ("(a@org.com|.*)", true),
            ("^(.+)@(.+)$", true),
            ("@refs/heads/main$", true),
            ("^.*/web/\\.github/workflows/build\\.yaml@refs/heads/main$", true),
            ("^https://github\\.com/[^/]+/web/\\.github/.*$", true),
            ("*@*", false),
            ("?*", false),
        ] {
            assert_eq!(fits_anybody(wide, is_expression, SUBJECTS), Some(true), "{wide}");
        }
        for (narrow, is_expression) in [
            ("https://github.com/example/.*", true),
            ("https://token.actions.githubusercontent.com", true),
            (".*@example\\.com", true),
            ("*@example.com", false),
            ("^https://github\\.com/example/web/\\.github/workflows/.*@refs/tags/.*$", true),
            ("ops@example.com", false),
        ] {
            assert_eq!(fits_anybody(narrow, is_expression, SUBJECTS), Some(false), "{narrow}");
        }
        for strange in ["^(?=a)b$", "(", "a{1000}{1000}{1000}"] {
            assert_eq!(fits_anybody(strange, true, SUBJECTS), None, "{strange}");
        }
    }

    #[test]
    fn each_way_through_an_expression_has_to_be_anchored() {
        assert_eq!(anchored("^a|^b$"), Some((true, false)));
        assert_eq!(anchored("^(a|b)$"), Some((true, true)));
        assert_eq!(anchored("^a@b\\.c|b@b\\.c$"), Some((false, false)));
    }
}
