//! What the reports for people share: making text from the input harmless, fitting it, and naming things.

use std::borrow::Cow;

use unicode_width::UnicodeWidthChar;

pub(super) use crate::assess::plural;
use crate::assess::{Finding, Place, Subject};
use crate::letters::is_harmful;

pub(super) mod attested;
pub(super) mod framework;
pub(super) mod tally;
pub(super) mod words;

/// The longest name shown, in columns.
pub(super) const NAME: usize = 100;
/// The fewest columns that reports fit: with less, lines would hold a word each.
pub const NARROWEST: usize = 40;
/// The longest sentence shown, in columns.
pub(super) const SENTENCE: usize = 600;

/// How a report for people is to look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The folder that the table's paths are written from, below the root that URIs are relative to, such as
    /// `deploy/shop`; empty is the root itself.
    pub from: String,
    /// Columns to fit; what is under [`NARROWEST`] or over 200 is taken as that.
    pub width: usize,
    /// Whether ANSI colours may be used.
    pub color: bool,
    /// How often `-v` was given: once, reviews, notes, excused failures and controls are shown one by one;
    /// twice, also the controls that nobody looked at.
    pub verbose: u8,
}

impl Default for Options {
    fn default() -> Self {
        Options { from: String::new(), width: 80, color: false, verbose: 0 }
    }
}

/// The columns that a character takes at most.
fn char_columns(char: char) -> usize {
    match char {
        // what rules are drawn with, many in a row
        '\u{2500}'..='\u{257f}' => 1,
        // the emoji selector widens what stands before it
        '\u{fe0f}' => 1,
        char => char.width().unwrap_or(1),
    }
}

/// The columns that a text takes at most. Terminals disagree about joined emoji: this counts each part.
pub(super) fn columns(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().map(char_columns).sum() }
}

/// Printable ASCII, as nearly all texts are: shown as it is, a column a byte.
pub(super) fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// Adds a character, written out as `\n` or `\u{1b}` when it is harmful.
pub(super) fn push_clean(text: &mut String, char: char) {
    match char {
        '\n' | '\r' | '\t' => text.extend(char.escape_default()),
        char if is_harmful(char) => text.extend(char.escape_unicode()),
        char => text.push(char),
    }
}

/// The text made harmless and cut to `most` columns, with `…` for what was cut.
pub(super) fn clean(text: &str, most: usize) -> Cow<'_, str> {
    if text.len() <= most && (is_plain(text) || !text.chars().any(is_harmful)) {
        return Cow::Borrowed(text);
    }
    let mut cleaned = String::new();
    let mut long = false;
    for char in text.chars() {
        push_clean(&mut cleaned, char);
        // characters without a width cannot be shown without end either
        long = cleaned.len() > most.saturating_mul(16);
        if long {
            break;
        }
    }
    let fits = !long && columns(&cleaned) <= most;
    Cow::Owned(if fits { cleaned } else { cut(&cleaned, most) })
}

/// The beginning of the text in at most `most` columns, ending in `…`.
pub(super) fn cut(text: &str, most: usize) -> String {
    if most == 0 {
        return String::new();
    }
    let mut kept = String::new();
    let mut used = 1;
    for char in text.chars() {
        used += char_columns(char);
        if used > most {
            break;
        }
        kept.push(char);
    }
    kept.push('…');
    kept
}

/// The text made harmless; when it is too long its beginning is cut, as the end of a path says more.
pub(super) fn clean_path(text: &str, most: usize) -> String {
    if text.len() <= most && is_plain(text) {
        return text.to_owned();
    }
    let mut cleaned = String::new();
    text.chars().for_each(|char| push_clean(&mut cleaned, char));
    if columns(&cleaned) <= most {
        return cleaned;
    }
    let mut used = 1;
    let fits = |char: &char| {
        used += char_columns(*char);
        used <= most
    };
    let kept: Vec<_> = cleaned.chars().rev().take_while(fits).collect();
    std::iter::once('…').chain(kept.into_iter().rev()).collect()
}

/// Breaks a text into lines at its spaces: the first of at most `first` columns, the others of `rest`.
/// A word too long for a line is broken anywhere. The first line may be empty; there is at least one.
pub(super) fn wrap(text: &str, first: usize, rest: usize) -> Vec<String> {
    // most texts are one line, and words with one space between them
    if text.len() <= first && text.is_ascii() && !text.starts_with(' ') && !text.ends_with(' ') && !text.contains("  ") {
        return vec![text.to_owned()];
    }
    let rest = rest.max(2);
    let mut lines = vec![String::new()];
    let mut left = first;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let gap = usize::from(lines.last().is_some_and(|line| !line.is_empty()));
        let wide = columns(word);
        if gap + wide > left {
            if gap > 0 || wide <= rest {
                lines.push(String::new());
                left = rest;
            }
            left = break_word(&mut lines, word, left, rest);
        } else {
            left -= gap + wide;
            if let Some(line) = lines.last_mut() {
                line.push_str(if gap > 0 { " " } else { "" });
                line.push_str(word);
            }
        }
    }
    lines
}

/// Puts a word onto the last line, on as many more as it takes; returns the columns left of the last.
fn break_word(lines: &mut Vec<String>, word: &str, mut left: usize, rest: usize) -> usize {
    for char in word.chars() {
        let wide = char_columns(char);
        if wide > left {
            lines.push(String::new());
            left = rest;
        }
        left = left.saturating_sub(wide);
        if let Some(line) = lines.last_mut() {
            line.push(char);
        }
    }
    left
}

/// `Deployment shop/web`
pub(super) fn object(subject: &Subject) -> String {
    // the pseudo-namespace of objects that name none, `(unset)`, says nothing
    let namespace = Some(subject.namespace.as_str()).filter(|name| !name.is_empty() && !name.starts_with('('));
    let part = |text: &str| clean(text, NAME).into_owned();
    let name = match namespace {
        Some(namespace) if !subject.name.is_empty() => format!("{}/{}", part(namespace), part(&subject.name)),
        Some(namespace) => part(namespace),
        None => part(&subject.name),
    };
    let words = [part(&subject.kind), name];
    let words: Vec<_> = words.iter().filter(|word| !word.is_empty()).map(String::as_str).collect();
    if words.is_empty() { "(unnamed)".to_owned() } else { words.join(" ") }
}

/// `, 3 pods` for what stands for some.
pub(super) fn pods(subject: &Subject) -> String {
    if subject.pods == 0 { String::new() } else { format!(", {}", plural(subject.pods as usize, "pod")) }
}

/// Where findings were found: a file, or what stands for one. In the order of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin<'a> {
    /// A file by its URI.
    File(&'a str),
    /// Standard input without a name.
    Stdin,
    /// What a cluster has outside of namespaces.
    Cluster,
    /// A namespace of a cluster.
    Namespace(&'a str),
    /// Neither.
    Nowhere,
}

impl<'a> Origin<'a> {
    /// Of a finding.
    pub(super) fn of(finding: &'a Finding) -> Self {
        match &finding.location {
            Some(location) if location.uri.is_empty() => Origin::Stdin,
            Some(location) => Origin::File(&location.uri),
            None if finding.subject.surface == "cluster" => match &*finding.subject {
                // a namespace stands with what lives in it
                Subject { kind, name, namespace, .. } if kind == "Namespace" && namespace.is_empty() => Origin::Namespace(name),
                Subject { namespace, .. } if namespace.is_empty() => Origin::Cluster,
                Subject { namespace, .. } => Origin::Namespace(namespace),
            },
            None => Origin::Nowhere,
        }
    }

    /// For a person, in at most `most` columns. `from`: see [`write_from`](super::table::write_from).
    pub(super) fn name(self, from: &str, most: usize) -> String {
        match self {
            Origin::File(uri) => clean_path(&seen_from(uri, from), most),
            Origin::Stdin => "(standard input)".to_owned(),
            Origin::Cluster => "(cluster)".to_owned(),
            Origin::Namespace(name) => format!("namespace {}", clean(name, NAME)),
            Origin::Nowhere => "(without a file)".to_owned(),
        }
    }
}

/// A path below a root as it is written from the folder `from` below the same root.
fn seen_from<'a>(uri: &'a str, from: &str) -> Cow<'a, str> {
    let from = from.trim_matches('/');
    if from.is_empty() || uri.starts_with('/') {
        return Cow::Borrowed(uri);
    }
    let (mut here, mut there) = (from, uri);
    loop {
        let (folder, rest) = here.split_once('/').unwrap_or((here, ""));
        match there.strip_prefix(folder).and_then(|below| below.strip_prefix('/')) {
            Some(below) if !here.is_empty() => (here, there) = (rest, below),
            _ => break,
        }
    }
    let up = here.split('/').filter(|folder| !folder.is_empty()).count();
    if up == 0 { Cow::Borrowed(there) } else { Cow::Owned("../".repeat(up) + there) }
}

/// `deploy/web.yaml:23:9`, or the field's path where there is no file.
pub(super) fn spot(finding: &Finding, from: &str, most: usize) -> String {
    match &finding.location {
        Some(at) => {
            let point = format!(":{}:{}", at.line, at.column);
            Origin::of(finding).name(from, most.saturating_sub(point.len())) + &point
        }
        None if finding.path.is_empty() => object(&finding.subject),
        None => clean_path(&finding.path, most),
    }
}

/// The same where nothing else names the object: without a file, a field alone is nowhere.
pub(super) fn seat(finding: &Finding, from: &str, most: usize) -> String {
    let spot = spot(finding, from, most);
    if finding.location.is_some() || finding.path.is_empty() { spot } else { format!("{}, {spot}", object(&finding.subject)) }
}

/// `deploy/web.yaml:23:9`
pub(super) fn point(place: &Place, from: &str, most: usize) -> String {
    let point = format!(":{}:{}", place.line, place.column);
    clean_path(&seen_from(&place.uri, from), most.saturating_sub(point.len())) + &point
}

/// At most four control ids, and how many more there are.
pub(super) fn controls<T: AsRef<str>>(ids: &[T]) -> String {
    const SHOWN: usize = 4;
    let shown: Vec<_> = ids.iter().take(SHOWN).map(|id| clean(id.as_ref(), NAME)).collect();
    let more = ids.len().saturating_sub(SHOWN);
    if more == 0 { shown.join(", ") } else { format!("{} +{more}", shown.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_act_upon_is_written_out() {
        assert_eq!(clean("a\u{1b}[31mb\u{202e}c\nd\u{9b}", 80), "a\\u{1b}[31mb\\u{202e}c\\nd\\u{9b}");
        assert_eq!(clean("é 🚀", 80), "é 🚀");
    }

    #[test]
    fn long_texts_are_cut_to_columns() {
        assert_eq!(clean("abcdef", 6), "abcdef");
        assert_eq!(clean("abcdefg", 6), "abcde…");
        assert_eq!(clean("日本語日本語", 6), "日本…");
        assert_eq!(clean(&"x".repeat(10_000), 6), "xxxxx…");
        assert_eq!(clean("\u{1b}\u{1b}", 8), "\\u{1b}\\…");
        assert_eq!(clean_path("deploy/web.yaml", 10), "…/web.yaml");
        assert_eq!(clean_path("web.yaml", 10), "web.yaml");
    }

    #[test]
    fn texts_are_broken_at_spaces_and_long_words_anywhere() {
        assert_eq!(wrap("one two three", 7, 7), ["one two", "three"]);
        assert_eq!(wrap("one two", 2, 7), ["", "one two"]);
        assert_eq!(wrap("abcdefghij k", 4, 4), ["abcd", "efgh", "ij k"]);
        assert_eq!(wrap("日本語", 5, 5), ["日本", "語"]);
        assert_eq!(wrap("", 5, 5), [""]);
    }

    #[test]
    fn paths_are_seen_from_the_working_directory() {
        let rows =
            [("a/b.yaml", "", "a/b.yaml"), ("a/b.yaml", "a", "b.yaml"), ("c/b.yaml", "a", "../c/b.yaml"), ("a/b.yaml", "a/c", "../b.yaml")];
        for (uri, from, seen) in rows {
            assert_eq!(seen_from(uri, from), seen, "{uri} from {from}");
        }
        assert_eq!(seen_from("ab/c.yaml", "a"), "../ab/c.yaml");
    }

    #[test]
    fn few_controls_are_named_and_the_rest_counted() {
        assert_eq!(controls(&["A", "B"]), "A, B");
        assert_eq!(controls(&["A", "B", "C", "D", "E", "F"]), "A, B, C, D +2");
    }
}
