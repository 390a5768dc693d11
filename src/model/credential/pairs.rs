//! Names with their values, as texts of configuration have them: `name: value`, `name = value`, `name value`, several in a line
//! or in braces, a block below its name, `name` and `value` side by side.
//!
//! No reader of any one format: what stands there is a credential in each of them.

use super::name::may_speak;
use super::script::start;
use super::speaks_of_credential;

/// Names longer than this are none.
pub(super) const LONGEST_NAME: usize = 64;
/// What ends a value that has no quotes and stands among others.
const ENDS: &str = ",;}])&\"'`|<>\\";
/// Words before a name that set it.
const SETTERS: &[&str] = &["export", "set", "let", "const", "var", "local", "ENV", "ARG"];

/// Names that may speak of a credential, with their values.
pub(super) fn pairs(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = text;
    let lines = std::iter::from_fn(move || {
        let line = rest.lines().next()?;
        let end = memchr::memchr(b'\n', rest.as_bytes()).map_or(rest.len(), |end| end + 1);
        rest = &rest[end..];
        Some((line, rest))
    });
    let each = lines.filter(|(line, _)| !is_comment(line.trim_start())).flat_map(|(line, below)| {
        let code = line.split_once(" #").map_or(line, |(code, _)| code);
        let marks = memchr::memchr2_iter(b'=', b':', code.as_bytes());
        marks.filter_map(move |at| pair(code, at, below)).chain(directive(code))
    });
    let has_values = memchr::memmem::find(text.as_bytes(), b"value").is_some();
    each.chain(text.lines().filter(move |_| has_values).flat_map(in_braces)).chain(has_values.then(|| beside(text)).into_iter().flatten())
}

/// What a file says of itself; `#name=value` is a setting that is switched off, and read all the same.
fn is_comment(line: &str) -> bool {
    ["# ", "#\t", "##", "//", "-- ", "* ", "; ", "<!--"].iter().any(|start| line.starts_with(start))
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || !byte.is_ascii() || matches!(byte, b'_' | b'.' | b'-' | b'/' | b'[' | b']')
}

/// How much may stand between a name and its value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// At the start of a line, or after what opens a list of pairs.
    Own,
    /// Among other words.
    Among,
    /// Where only a value in quotes is one.
    Quoted,
}

/// The pair around the mark `at`.
fn pair<'t>(line: &'t str, at: usize, below: &'t str) -> Option<(&'t str, &'t str)> {
    let (before, after) = (&line[..at], &line[at + 1..]);
    let sets = line.as_bytes()[at] == b'=';
    // comparisons
    if sets && (before.ends_with(['!', '<', '>', '=', '~', '+']) || after.starts_with(['=', '~'])) {
        return None;
    }
    let before = before.strip_suffix(':').filter(|_| sets).unwrap_or(before);
    let is_tight = sets && !before.ends_with([' ', '\t']) && !after.starts_with([' ', '\t']);
    let before = before.trim_end();
    // `config['password'] = …`
    let before = before.strip_suffix(']').filter(|inner| inner.ends_with(['"', '\''])).unwrap_or(before);
    let inner = before.strip_suffix(['"', '\'']);
    let in_quotes = inner.is_some();
    let before = inner.map_or(before, |inner| inner.trim_end_matches('\\'));
    let from = before.bytes().rposition(|byte| !is_name(byte)).map_or(0, |other| other + 1);
    let (ahead, name) = (&before[..from], before[from..].trim_start_matches('['));
    if name.len() > LONGEST_NAME || !may_speak(name) {
        return None;
    }
    let (name, place) = if in_quotes {
        (name, ahead.ends_with(['"', '\'']).then_some(Place::Own)?)
    } else if ahead.ends_with('\\') && name.starts_with(['n', 'r', 't']) {
        // the start of a line in a text in JSON
        (&name[1..], Place::Own)
    } else {
        (name, place(ahead)?)
    };
    let begins = after.strip_prefix('>').filter(|_| sets).unwrap_or(after);
    let value = start(begins).trim_start();
    let quoted = value.trim_start_matches('\\');
    if let Some(quote) = quoted.chars().next().filter(|first| matches!(first, '"' | '\'' | '`')) {
        let value = &quoted[1..];
        return Some((name, value[..value.find(quote).unwrap_or(value.len())].trim_end_matches('\\')));
    }
    if place == Place::Quoted || place == Place::Among && !is_tight {
        return None;
    }
    // `a: b`: without a blank it is an address, or a part of one
    let starts_line = begins_line(ahead.trim_matches(['#', ';', '"', '\'']));
    if !sets && !starts_line && value.len() == begins.len() {
        return None;
    }
    if starts_line {
        if !sets && is_block_head(value) {
            return Some((name, block(line, value, below)?));
        }
        let whole = value.trim_end();
        let open = whole.starts_with(['{', '[', '<', '(']);
        let whole = if open { whole } else { whole.trim_end_matches([',', ';', '}', ']', '"', '\'', ' ']) };
        if !whole.contains(char::is_whitespace) {
            return Some((name, whole));
        }
    }
    // `a=b=c`: only what fills up base64 is a part of a value
    let goes_on = |at: usize| value[at + 1..].starts_with(|next: char| next.is_ascii_alphanumeric());
    let ends = |&(at, end): &(usize, char)| end.is_whitespace() || ENDS.contains(end) || end == '=' && goes_on(at);
    let end = value.char_indices().find(ends).map_or(value.len(), |(at, _)| at);
    let rest = value[end..].trim_start();
    // `the token: see there` is a sentence
    (is_tight || rest.is_empty() || rest.starts_with(|next: char| ENDS.contains(next))).then_some((name, &value[..end]))
}

/// Where a name stands, by what is ahead of it on its line.
fn place(ahead: &str) -> Option<Place> {
    if begins_line(ahead) {
        return Some(Place::Own);
    }
    let trimmed = ahead.trim_end();
    match ahead.chars().next_back()? {
        ' ' | '\t' if trimmed.ends_with(['{', ',', '[', '(', ';']) => Some(Place::Own),
        ' ' | '\t' => Some(Place::Among),
        '{' | ',' | ';' | '"' | '\'' | '`' | '#' => Some(Place::Own),
        '(' | '$' => Some(Place::Quoted),
        _ => None,
    }
}

/// Whether nothing is ahead on a line but its depth, the dashes of a list, or a word that sets what follows.
fn begins_line(ahead: &str) -> bool {
    const DEEPEST: usize = 256;
    let word = || ahead.trim_start_matches(['-', ' ', '\t']).trim_end();
    ahead.len() <= DEEPEST && (word().is_empty() || SETTERS.contains(&word()))
}

/// `>-`, `|`, or nothing: the value stands below.
fn is_block_head(value: &str) -> bool {
    let value = value.trim();
    value.is_empty() || value.starts_with(['|', '>']) && value[1..].bytes().all(|byte| matches!(byte, b'+' | b'-' | b'1'..=b'9'))
}

/// The one line below a name that is its value.
fn block<'t>(line: &str, head: &str, below: &'t str) -> Option<&'t str> {
    let depth = |line: &str| line.len() - line.trim_start().len();
    // below an item of a list, its other keys are deeper than the dash
    let own = line.len() - line.trim_start_matches(['-', ' ', '\t']).len();
    let mut lines = below.lines();
    let value = lines.next().filter(|value| depth(value) > own)?;
    let ends = lines.next().is_none_or(|next| next.trim().is_empty() || depth(next) <= own);
    let value = value.trim();
    let plain = !head.trim().is_empty() || !value.contains(": ") && !value.ends_with(':') && !value.starts_with('-');
    (ends && plain).then(|| value.trim_matches(['"', '\'']))
}

/// `requirepass value`, `proxy_set_header X-Api-Key "value";`
fn directive(line: &str) -> Option<(&str, &str)> {
    const MOST: usize = 4;
    const LONGEST: usize = 512;
    let line = Some(line.trim()).filter(|line| line.len() <= LONGEST)?;
    let (before, value) = line.rsplit_once([' ', '\t'])?;
    let before = before.trim_end();
    let name = before.rsplit([' ', '\t']).next().unwrap_or(before);
    // in a longer line, what is no word of a sentence
    let alone = name.len() == before.len();
    let is_special = || name.contains(['-', '_']) && before.split_whitespace().count() < MOST;
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    (plain && may_speak(name) && (alone || is_special())).then(|| (name, value.trim_end_matches(';').trim_matches(['"', '\''])))
}

/// A key with its value, and the column that it stands in.
struct Entry<'t> {
    column: usize,
    /// It begins an item of a list.
    is_first: bool,
    key: &'t str,
    value: &'t str,
}

fn entry(line: &str) -> Option<Entry<'_>> {
    let (before, value) = line.split_once(':')?;
    let content = before.trim_start_matches([' ', '\t', '-']);
    let key = content.trim().trim_matches(['"', '\'']);
    let value = value.split_once(" #").map_or(value, |(value, _)| value);
    let value = value.trim().trim_end_matches(',').trim_matches(['"', '\'']);
    matches!(key, "name" | "key" | "value").then(|| Entry {
        column: before.len() - content.len(),
        is_first: before.trim_start().starts_with('-'),
        key,
        value,
    })
}

/// What two entries come to: one names the other.
fn together<'t>(first: &Entry<'t>, second: &Entry<'t>) -> Option<(&'t str, &'t str)> {
    let (name, value) = match (first.key, second.key) {
        ("name" | "key", "value") => (first.value, second.value),
        ("value", "name" | "key") => (second.value, first.value),
        _ => return None,
    };
    speaks_of_credential(name).then_some((name, value))
}

/// `- name: DB_PASSWORD` and `value: …` below it.
fn beside(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut last: Option<Entry<'_>> = None;
    text.lines().filter_map(move |line| {
        let next = entry(line);
        let found = match (&last, &next) {
            (Some(last), Some(next)) if last.column == next.column && !next.is_first => together(last, next),
            _ => None,
        };
        last = next;
        found
    })
}

/// `{name: DB_PASSWORD, value: …}`
fn in_braces(line: &str) -> impl Iterator<Item = (&str, &str)> {
    let parts = line.split(['{', '}']).filter(|part| part.contains("value") && part.contains(','));
    parts.filter_map(|part| {
        let mut entries = part.split(',').filter_map(entry);
        together(&entries.next()?, &entries.next()?)
    })
}

#[cfg(test)]
mod tests {
    use super::pairs;
    use crate::model::credential::{Judgement, judge};

    /// Made up, and of no use anywhere.
    const VALUE: &str = "Xk29vLq8ZpTr44";

    fn found(text: &str) -> Option<String> {
        let secret = |(name, value): &(&str, &str)| judge(name, value) == Judgement::Secret && !value.contains(['(', '[', '{', ' ']);
        pairs(text).find(secret).map(|(name, value)| format!("{name}|{value}"))
    }

    #[test]
    fn names_are_found_with_their_values() {
        for (name, text) in [
            ("requirepass", "bind 0.0.0.0\nrequirepass VALUE\n"),
            ("masterauth", "  masterauth \"VALUE\""),
            ("password", "machine x\nlogin bob\npassword VALUE"),
            ("X-Api-Key", "proxy_set_header X-Api-Key \"VALUE\";"),
            ("insecure-password", "  user bob insecure-password VALUE"),
            ("DB_PASSWORD", "env:\n- name: DB_PASSWORD\n  value: VALUE\n"),
            ("DB_PASSWORD", "env:\n  - value: \"VALUE\"\n    name: 'DB_PASSWORD'\n"),
            ("DB_PASSWORD", "{\n \"name\": \"DB_PASSWORD\",\n \"value\": \"VALUE\"\n}"),
            ("DB_PASSWORD", "env: [{name: A, value: b}, {name: DB_PASSWORD, value: VALUE}]"),
            ("DB_PASSWORD", "{\"env\":[{\"name\":\"DB_PASSWORD\",\"value\":\"VALUE\"}]}"),
            ("password", "datasource: {username: app, password: VALUE}"),
            ("password", "redis: {host: x, password: \"VALUE\"}"),
            ("password", "redis: {\n  host: x,\n  password: VALUE }"),
            ("DB_PASSWORD", "DB_USER=app DB_PASSWORD=VALUE"),
            ("DB_PASSWORD", "DB_PASSWORD=VALUE DB_USER=app"),
            ("password", "db { password = \"VALUE\" }"),
            ("password", "db:\n  password: >-\n    VALUE\n  user: a"),
            ("password", "db:\n- password: |\n    VALUE\n"),
            ("password", "db:\n  password:\n    VALUE\nuser: a"),
            ("password", "output { elasticsearch { password => \"VALUE\" } }"),
            ("password", "Login required username=\"a\" password=\"VALUE\";"),
            ("password", "$config['password'] = 'VALUE';"),
            ("db_password", "$db_password = 'VALUE';"),
            ("DB_PASSWORD", "ENV DB_PASSWORD=VALUE"),
            ("DB_PASSWORD", "set DB_PASSWORD VALUE"),
            ("password", "connect(\"db\", password=\"VALUE\")"),
            ("password", "{\"text\": \"user=a\\npassword=VALUE\\n\"}"),
            ("password", "{\\\"user\\\":\\\"a\\\",\\\"password\\\":\\\"VALUE\\\"}"),
            ("datasource[0].password", "datasource[0].password=VALUE"),
            ("--password", "args: [--user, a, --password=VALUE]"),
            ("password", "url = a, password: VALUE, b: c"),
        ] {
            assert_eq!(found(&text.replace("VALUE", VALUE)), Some(format!("{name}|{VALUE}")), "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_a_pair_is_none() {
        for text in [
            "# requirepass VALUE",
            "# set a password: VALUE",
            "// token = VALUE",
            "-- password = 'VALUE'",
            "the token: VALUE is made by hand",
            "a password VALUE in a sentence",
            "give the password VALUE",
            "if token == \"VALUE\"",
            "sum by (x) (rate(requests{token!=\"VALUE\"}[5m]))",
            "expr: a{token=~\"VALUE\"}",
            "image: registry.example.com/shop/token:VALUE",
            "url: https://a.test/?x=1&X-Amz-Security-Token=VALUE",
            "env:\n- name: DB_PASSWORD\n  valueFrom: {secretKeyRef: {name: db, key: VALUE}}",
            "env:\n- name: A\n  value: VALUE\n- name: DB_PASSWORD\n  valueFrom: x",
            "env: [{name: A, value: VALUE}, {name: DB_PASSWORD, valueFrom: {secretKeyRef: {key: p}}}]",
            "db: {user: VALUE, password: ${DB_PASSWORD}}",
            "db { password = var.db_password }",
            "db: {password: \"{{ .Values.VALUE }}\"}",
            "requirepass ${REDIS_PASSWORD}",
            "requirepass changeme",
            "password: >-\n  VALUE\n  and another line",
            "password:\n  name: VALUE",
            "password: |\nVALUE: a",
            "passwordFile=/run/VALUE secretName=VALUE",
            "token := getToken(ctx, VALUE)",
            "password = hashlib.sha256(VALUE)",
            "é=é:é\"='é",
            ":=\"\\'[]{}",
            "=:",
        ] {
            assert_eq!(found(&text.replace("VALUE", VALUE)), None, "{text}");
        }
    }

    #[test]
    fn long_texts_take_their_time_and_no_more() {
        let text = "1:2=".repeat(200_000)
            + &"value,".repeat(50_000)
            + &"a[".repeat(100_000)
            + &"password=".repeat(50_000)
            + &", password=\"".repeat(50_000);
        assert_eq!(found(&text), None);
    }
}
