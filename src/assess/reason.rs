//! The reason of an excuse: its author may have written into it what it excuses.

use std::borrow::Cow;

use crate::model::credential::{Value, classify, decode, reveals};

/// What stands for a value that nobody may see.
const MASK: &str = "***";

/// The fewest characters of a value that are sought in a reason, and of a part of one.
const SHORTEST: usize = 4;
const SHORTEST_PART: usize = 6;

/// How much of a value is taken apart: a ConfigMap may hold a whole file.
const LONGEST: usize = 4096;

/// A reason as reports may show it, for a finding about these values, as they are written.
pub(super) fn shown<'v>(reason: &str, values: impl Iterator<Item = &'v str>) -> Cow<'_, str> {
    let mut shown = Cow::Borrowed(reason);
    for written in values.map(|value| value.trim_matches(['"', '\''])) {
        let decoded = decode(written).and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
        for value in [written, decoded.trim()] {
            for part in std::iter::once(value).filter(|whole| whole.len() >= SHORTEST).chain(parts(value)) {
                if shown.contains(part) {
                    shown = Cow::Owned(shown.replace(part, MASK));
                }
            }
        }
    }
    if reveals(&shown) { Cow::Borrowed("not shown, as it tells what may be a credential") } else { shown }
}

/// What in a value may be a credential by itself: `hunter2` in `--password=hunter2`.
fn parts(value: &str) -> impl Iterator<Item = &str> {
    let parts = value.get(..LONGEST).unwrap_or(value).split(|byte: char| byte.is_whitespace() || "=:@/;&,?\"'`<>(){}[]".contains(byte));
    parts.filter(|part| {
        let numbered = part.bytes().any(|byte| byte.is_ascii_digit());
        part.len() >= SHORTEST_PART && (classify(part) == Value::Strong || numbered && classify(part) == Value::Weak)
    })
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn a_value_is_not_told_by_what_excuses_it() {
        let case = |reason: &'static str, value: &'static str| shown(reason, std::iter::once(value)).into_owned();
        assert_eq!(case("the tests log in with hunter2", "\"hunter2\""), "the tests log in with ***");
        assert_eq!(case("hunter2 is for tests", "--password=hunter2"), "*** is for tests");
        assert_eq!(case("hunter2 is for tests", "aHVudGVyMg=="), "*** is for tests");
        assert_eq!(case("the shop's own", "postgres://shop:Xk29vLq8@db/shop"), "the shop's own");
        assert_eq!(case("as in password=Xk29vLq8w", "other"), "not shown, as it tells what may be a credential");
        assert_eq!(case("made anew each time", ""), "made anew each time");
    }
}
