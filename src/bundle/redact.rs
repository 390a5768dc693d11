//! What of the inputs nobody may see, found and replaced: the values of Secrets, and whatever may be a credential.

use aho_corasick::{AhoCorasick, MatchKind};

use super::substitute::Substitutes;
use crate::assess::Finding;
use crate::model::{secret_values, shown};
use crate::parse::{File, Kind, Tree};

/// A text in which values were replaced.
pub(super) struct Redacted {
    pub(super) text: String,
    /// How many were.
    pub(super) values: usize,
}

/// Replaces what nobody may see in the text of a file; its findings say where some of it is.
pub(super) fn file<'a>(file: &File, findings: impl Iterator<Item = &'a Finding>, all: &mut Substitutes) -> Redacted {
    let text = file.tree.source();
    let secret = secrets(&file.tree);
    let (mut out, mut at, mut values) = (String::with_capacity(text.len()), 0, 0);
    for range in ranges(&file.tree, &secret, findings) {
        let (start, end) = (range.0 as usize, range.1 as usize);
        let (Some(raw), Some(between)) = (text.get(start..end), text.get(at..start)) else { continue };
        let other = all.written(raw, secret.binary_search(&range).is_ok());
        out.push_str(between);
        values += usize::from(other != raw);
        out.push_str(&other);
        at = end;
    }
    out.push_str(&text[at..]);
    Redacted { text: out, values }
}

/// Replaces values that were found in one place wherever else they stand.
pub(super) struct Everywhere {
    search: Option<AhoCorasick>,
    others: Vec<String>,
}

impl Everywhere {
    pub(super) fn new(all: &Substitutes) -> Self {
        let mut known = all.telling();
        known.sort();
        known.dedup_by(|next, kept| next.0 == kept.0);
        let search = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(known.iter().map(|(raw, _)| raw));
        Everywhere { search: search.ok().filter(|_| !known.is_empty()), others: known.into_iter().map(|(_, other)| other).collect() }
    }

    /// The text without them, and how many there were; `None` where there is none.
    pub(super) fn replace(&self, text: &str) -> Option<Redacted> {
        let search = self.search.as_ref()?;
        let values = search.find_iter(text).count();
        (values > 0).then(|| Redacted { text: search.replace_all(text, &self.others), values })
    }
}

/// The values of Secrets, in order.
fn secrets(tree: &Tree) -> Vec<(u32, u32)> {
    let mappings = (0..tree.len() as u32).filter(|node| tree.kind(*node) == Kind::Mapping);
    let mut found: Vec<_> = mappings.flat_map(|node| secret_values(tree, node)).collect();
    found.sort_unstable();
    found
}

/// Byte ranges in order, none in another.
fn ranges<'a>(tree: &Tree, secret: &[(u32, u32)], findings: impl Iterator<Item = &'a Finding>) -> Vec<(u32, u32)> {
    let text = tree.source();
    let mut found = shown::hidden(tree, &[(0, text.len() as u32)]);
    found.extend(secret);
    found.extend(findings.filter(|finding| finding.observed.starts_with("<redacted")).filter_map(|finding| spot(text, finding)));
    found.sort_by_key(|(start, end)| (*start, std::cmp::Reverse(*end)));
    let mut apart: Vec<(u32, u32)> = Vec::with_capacity(found.len());
    for range in found.into_iter().filter(|(start, end)| start < end) {
        match apart.last_mut() {
            Some(before) if range.0 < before.1 => before.1 = before.1.max(range.1),
            _ => apart.push(range),
        }
    }
    apart
}

/// The place of a finding as bytes of the text.
fn spot(text: &str, finding: &Finding) -> Option<(u32, u32)> {
    let at = finding.location.as_ref()?;
    let offset = |line: u32, column: u32| {
        let mut start = 0;
        for _ in 1..line {
            start += memchr::memchr2(b'\n', b'\r', &text.as_bytes()[start..]).map(|end| {
                let crlf = text.as_bytes()[start + end..].starts_with(b"\r\n");
                end + if crlf { 2 } else { 1 }
            })?;
        }
        let inside = text[start..].char_indices().nth(column as usize - 1).map_or(text.len() - start, |(at, _)| at);
        u32::try_from(start + inside).ok()
    };
    Some((offset(at.line.max(1), at.column.max(1))?, offset(at.end_line.max(1), at.end_column.max(1))?))
}
