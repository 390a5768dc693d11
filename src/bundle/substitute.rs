//! Values that stand in for others of their sort: as long, of the same shape to every check, and made of nothing that was there
//! but lengths and sorts of characters; of what is weak, not even these.

use crate::model::credential::{Value, classify, decode, find, is_reference, speaks_of_credential};
use base64ct::{Base64, Encoding};

/// How many rows of letters there are.
const ROWS: u64 = 40;
/// What stands between the words of a text.
const BETWEEN: &str = "\"'`=:,;&{}[]()<>|@/\\";

/// Another value for what stands in a file, with its quotes or the head of its block.
pub(super) fn written(raw: &str) -> String {
    for quote in ['"', '\''] {
        if let Some(inner) = raw.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            return format!("{quote}{}{quote}", text(inner));
        }
    }
    match raw.split_once('\n') {
        Some((head, body)) if head.starts_with(['|', '>']) => format!("{head}\n{}", text(body)),
        _ => text(raw),
    }
}

fn text(inner: &str) -> String {
    let several = inner.contains(char::is_whitespace) || inner.contains('\\') || inner.contains("-----BEGIN");
    if several || assigns(inner) || inner.contains("://") { words(inner) } else { single(inner) }
}

/// `name=value`, `--name=value`, `name: value`, in one word.
fn assigns(word: &str) -> bool {
    word.split_once(['=', ':']).is_some_and(|(name, value)| {
        let names = name.bytes().all(|byte| byte.is_ascii_alphabetic() || b"-_.".contains(&byte));
        !name.is_empty() && names && !value.trim_matches('=').is_empty()
    })
}

/// The words of a text, one by one: names and flags stay, what may be a value does not.
fn words(text: &str) -> String {
    let is_between = |char: char| char.is_whitespace() || BETWEEN.contains(char);
    let mut out = String::with_capacity(text.len());
    let (mut name, mut gap, mut rest) = ("", String::new(), text);
    let (mut private, mut edge) = (false, false);
    while let Some(char) = rest.chars().next() {
        if is_between(char) {
            // what is escaped stays with what escapes it
            let taken = rest.char_indices().nth(if char == '\\' { 2 } else { 1 }).map_or(rest.len(), |(at, _)| at);
            gap.push_str(&rest[..taken]);
            out.push_str(&rest[..taken]);
            rest = &rest[taken..];
            continue;
        }
        let assigned = gap.contains(['=', ':', '\'', '"']) || name.starts_with('-');
        let told = assigned && !gap.contains('\n') && (speaks_of_credential(name) || name.eq_ignore_ascii_case("by"));
        // a password may hold what stands between words elsewhere
        let is_end = |char: char| if told { char.is_whitespace() || "\"'`,<\\".contains(char) } else { is_between(char) };
        let end = rest.find(is_end).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        // the lines around a key say what it is
        let opens = word.starts_with("-----BEGIN");
        let boundary = edge || word.starts_with("-----");
        edge = boundary && !(word.len() > 5 && word.ends_with("-----"));
        private = if opens { true } else { private && !word.starts_with("-----END") };
        // user and password of a URL
        let login = after.starts_with('@') && (gap.ends_with(':') || gap.ends_with("//"));
        let stays = boundary || is_reference(word) || !private && !told && !login && is_plain(word);
        if stays {
            out.push_str(word);
        } else {
            out.push_str(&single(word));
        }
        (name, rest) = (word, after);
        gap.clear();
    }
    out
}

/// A word that is no value of any worth: letters alone, or a short number.
fn is_plain(word: &str) -> bool {
    let letters = word.len() <= 40 && word.bytes().all(|byte| byte.is_ascii_alphabetic() || b"-_.$%#!*+".contains(&byte));
    let number = word.len() <= 5 && word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    number || letters && classify(word) != Value::Strong
}

/// What checks tell of a value.
fn sort(value: &str) -> (Value, Option<&'static str>, bool) {
    let text = decoded(value);
    (classify(value), find(value).map(|found| found.rule), text.is_some())
}

/// The text that a value holds in base64.
fn decoded(value: &str) -> Option<String> {
    let long = value.len() >= 4 && value.len().is_multiple_of(4);
    let text = decode(value).filter(|_| long).and_then(|bytes| String::from_utf8(bytes).ok())?;
    text.chars().all(|char| !char.is_control() || char.is_whitespace()).then_some(text)
}

fn single(value: &str) -> String {
    if let Some(inner) = decoded(value) {
        let other = Base64::encode_string(text(&inner).as_bytes());
        if other.len() == value.len() && other != value {
            return other;
        }
    }
    let wanted = sort(value);
    let weak = made(value.chars().count(), wanted.0);
    let prefixes = (3..=12).filter(|length| *length + 4 < value.len() && value.is_char_boundary(*length));
    // a known beginning tells what a token is for, and nothing of the token
    let shaped = prefixes.map(|length| format!("{}{}", &value[..length], shuffled(&value[length..], 0)));
    // one row may have too many letters twice
    let rows = (0..ROWS).map(|row| shuffled(value, row));
    let candidates = weak.into_iter().chain(rows).chain(shaped.filter(|_| wanted.1.is_some()));
    candidates.into_iter().find(|other| other != value && sort(other) == wanted).unwrap_or_else(|| shuffled(value, 0))
}

/// A value of a weak sort, as everybody could write it.
fn made(length: usize, sort: Value) -> Option<String> {
    let cycle = |pattern: &str| pattern.chars().cycle().take(length).collect::<String>();
    match sort {
        Value::Placeholder => Some(format!("changeme{}", "x".repeat(length)).chars().take(length.max(8)).collect()),
        Value::Words => Some(cycle("word-text-").trim_end_matches('-').to_owned()),
        Value::Weak => Some(cycle("aB1!")),
        Value::Harmless | Value::Identifier | Value::Hash | Value::Strong => None,
    }
}

/// Letters by letters and digits by digits, from a row that is always the same.
fn shuffled(value: &str, row: u64) -> String {
    let mut state: u64 = 0x9e37_79b9_7f4a_7c15_u64.wrapping_add(row.wrapping_mul(0xd1b5_4a32_d192_ed03));
    // of a hash, and of what has the form of one, it stays one
    let letters = if value.bytes().all(|byte| !byte.is_ascii_alphabetic() || byte.is_ascii_hexdigit()) { 6 } else { 26 };
    let mut next = |count: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) % count) as u8
    };
    let mut swap = |char: char| match char {
        'a'..='z' => char::from(b'a' + next(letters)),
        'A'..='Z' => char::from(b'A' + next(letters)),
        '0'..='9' => char::from(b'0' + next(10)),
        other if other.is_ascii() => other,
        _ => 'x',
    };
    let other: String = value.chars().map(&mut swap).collect();
    // of one letter or digit, the row may give the same
    if other == value { value.chars().map(swap).collect() } else { other }
}

#[cfg(test)]
mod tests {
    use super::{sort, written};

    #[test]
    fn a_substitute_is_of_the_same_sort_and_says_nothing() {
        for value in [
            "k9!vQ2#mZx7pLw4t",
            "hunter2",
            "s3cr3tPa55word",
            "739102",
            "mQ4/t8Zr+YpW2sKd1XvB6nHc3LgJ7fEa",
            &["AKIA", "IOSFODNN7EXAMPLQ"].concat(),
            &["ghp_", "wW3k9vQ2mZx7pLw4tYbVd8rTq1yLz6NcWb12"].concat(),
            "azl2UTJtWng3cEx3NHQ=",
            "web-tls-creds",
        ] {
            let other = written(value);
            assert_ne!(other, value);
            assert_eq!(other.len(), value.len(), "{value} {other}");
            assert_eq!(sort(&other), sort(value), "{value} {other}");
        }
        assert_eq!(written("'k9vQ2mZx7pLw4t'").len(), 16);
        assert!(written("\"k9vQ2mZx7pLw4t\"").starts_with('"'));
    }

    #[test]
    fn of_a_text_names_stay_and_values_go() {
        let told = written("|\n  spring.datasource.password=k9vQ2mZx7pLw4tY\n  url=postgres://shop:tiger@db/shop\n  retries=3\n");
        assert!(told.starts_with("|\n  spring.datasource.password="), "{told}");
        assert!(told.ends_with("retries=3\n") && told.contains("postgres://"), "{told}");
        assert!(!told.contains("k9vQ2mZx7pLw4tY") && !told.contains("tiger"), "{told}");
        let told = written("CREATE USER shop IDENTIFIED BY 'tiger';");
        assert!(told.starts_with("CREATE USER shop IDENTIFIED BY '") && !told.contains("tiger"), "{told}");
        let told = written(r#""a\nPASSWORD=hunter2\n""#);
        assert!(told.starts_with(r#""a\nPASSWORD="#) && told.ends_with(r#"\n""#) && !told.contains("hunter2"), "{told}");
        let key = written("|\n  -----BEGIN PRIVATE KEY-----\n  abcdefgh\n  -----END PRIVATE KEY-----\n");
        assert!(
            key.contains("-----BEGIN PRIVATE KEY-----") && key.contains("-----END PRIVATE KEY-----") && !key.contains("abcdefgh"),
            "{key}"
        );
    }
}
