//! systemd units, their drop-ins, and the files of variables that they take in.

use super::draft::{Draft, Span};
use crate::parse::command::{Dialect, Word, words};

/// The keys of a section, each with its values.
type Entries = Vec<(Span, Vec<Draft>)>;

/// Keys whose values are words.
fn is_command(key: &str) -> bool {
    key.starts_with("Exec") || key == "Environment"
}

/// A unit as a mapping of sections; a key that stands often has all its values in one list, in order.
///
/// What is no assignment is passed over, as systemd does with a word in its log.
pub(super) fn unit(text: &str, name: &str) -> Draft {
    let mut sections: Vec<(Span, Entries)> = Vec::new();
    for (start, end) in logical_lines(text) {
        let line = text[start..end].trim_end();
        let lead = line.len() - line.trim_start().len();
        let (at, body) = (start + lead, line.trim_start());
        if body.is_empty() || body.starts_with(['#', ';']) {
            continue;
        }
        if let Some(section) = body.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(name, _)| name) {
            sections.push((span(at + 1, at + 1 + section.len()), Vec::new()));
            continue;
        }
        let Some((key, value)) = body.split_once('=') else { continue };
        let Some((_, entries)) = sections.last_mut() else { continue };
        let key_span = span(at, at + key.trim_end().len());
        let from = at + key.len() + 1 + (value.len() - value.trim_start().len());
        let values = values(text, key.trim_end(), (from, at + body.len()));
        match entries.iter_mut().find(|(known, _)| text[known.0 as usize..known.1 as usize] == *key.trim_end()) {
            Some((_, known)) => known.extend(values),
            None => entries.push((key_span, values)),
        }
    }
    let section = |(title, entries): (Span, Entries)| {
        let entry = |(key, values): (Span, Vec<Draft>)| {
            let end = values.last().map_or(key.1, end_of);
            (Draft::Written(key), Draft::Sequence((key.1, end), values))
        };
        (Draft::Written(title), Draft::Mapping(title, entries.into_iter().map(entry).collect()))
    };
    let metadata = std::iter::once(Draft::metadata(name));
    Draft::Mapping((0, 0), metadata.chain(sections.into_iter().map(section)).collect())
}

/// A file of variables: each with the words of its value, as a unit splits them.
pub(super) fn environment(text: &str, name: &str) -> Draft {
    let mut entries = vec![Draft::metadata(name)];
    for (start, end) in logical_lines(text) {
        let line = &text[start..end];
        let at = start + (line.len() - line.trim_start().len());
        let body = text[at..end].trim_end();
        let assigned = body.strip_prefix("export ").unwrap_or(body);
        let at = at + (body.len() - assigned.len());
        let Some((key, value)) = assigned.split_once('=').filter(|(key, _)| is_name(key)) else { continue };
        let from = at + key.len() + 1;
        let whole = inner(text, (from, from + value.len()));
        let items = drafts(words(text, whole, Dialect::Systemd));
        entries.push((Draft::Written(span(at, at + key.len())), Draft::Sequence(span(whole.0, whole.1), items)));
    }
    Draft::Mapping((0, 0), entries)
}

/// Whether a text could be the name of a variable.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// A range without the quotes around all of it.
fn inner(text: &str, (from, to): (usize, usize)) -> (usize, usize) {
    let value = &text[from..to];
    let trimmed = value.trim();
    let from = from + (value.len() - value.trim_start().len());
    let quoted = trimmed.len() >= 2 && ['"', '\''].iter().any(|quote| trimmed.starts_with(*quote) && trimmed.ends_with(*quote));
    if quoted { (from + 1, from + trimmed.len() - 1) } else { (from, from + trimmed.len()) }
}

fn values(text: &str, key: &str, whole: (usize, usize)) -> Vec<Draft> {
    // an empty value takes back what was said before
    if whole.0 >= whole.1 {
        return vec![Draft::Told(span(whole.0, whole.0), String::new())];
    }
    if !is_command(key) {
        return vec![Draft::Written(span(whole.0, whole.1))];
    }
    vec![Draft::Sequence(span(whole.0, whole.1), drafts(words(text, whole, Dialect::Systemd)))]
}

/// Words as nodes: those that are as they are written need no copy.
pub(super) fn drafts(words: Vec<Word>) -> Vec<Draft> {
    let draft = |word: Word| {
        let place = span(word.span.0, word.span.1);
        if word.text.len() == word.span.1 - word.span.0 { Draft::Written(place) } else { Draft::Told(place, word.text) }
    };
    words.into_iter().map(draft).collect()
}

pub(super) fn span(from: usize, to: usize) -> Span {
    (from as u32, to as u32)
}

fn end_of(draft: &Draft) -> u32 {
    match draft {
        Draft::Written(span) | Draft::Told(span, _) | Draft::Mapping(span, _) | Draft::Sequence(span, _) => span.1,
    }
}

/// The ranges of lines, those that end in `\` together with the next one. A remark never goes on.
fn logical_lines(text: &str) -> Vec<(usize, usize)> {
    let mut lines: Vec<(usize, usize)> = Vec::new();
    let mut at = 0;
    let mut goes_on = false;
    for line in text.split_inclusive('\n') {
        let body = line.trim_end_matches(['\n', '\r']);
        let remark = body.trim_start().starts_with(['#', ';']);
        match lines.last_mut().filter(|_| goes_on) {
            Some(last) => last.1 = at + body.len(),
            None => lines.push((at, at + body.len())),
        }
        // a remark between the lines of a value does not end it
        goes_on = if remark { goes_on } else { body.ends_with('\\') };
        at += line.len();
    }
    lines
}
