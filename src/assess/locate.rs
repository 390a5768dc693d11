//! From byte ranges to lines, columns, snippets and line hashes, with credentials masked in all that is shown.

use std::sync::Arc;

use crate::assess::assessment::Location;
use crate::assess::line_hash::LineHashes;
use crate::model::{Map, Quality};
use crate::parse::Lines;

/// The most lines that a snippet shows.
pub(crate) const TALLEST: u32 = 6;

/// The longest line, in bytes, that a snippet shows: a file on one line would stand in it whole, once a finding.
pub(crate) const LONGEST: usize = 2000;

/// A place to look up: a byte range and how well it fits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    pub(super) span: (u32, u32),
    pub(super) quality: Quality,
}

/// What a report shows of a place.
#[derive(Debug)]
pub(super) struct Located {
    pub(super) location: Location,
    /// None where a line is too long to be of use.
    pub(super) snippet: Option<Arc<str>>,
    pub(super) line_hash: Option<Arc<str>>,
}

/// Looks up places of one file; hashes their lines when asked. `secret` are the byte ranges that nobody may see.
pub(super) fn all(uri: Option<&Arc<str>>, text: &str, secret: &[(u32, u32)], places: &[Wanted], hashed: bool) -> Vec<Located> {
    let lines = Lines::new(text);
    let masked = (!secret.is_empty()).then(|| mask(text, secret));
    let shown = masked.as_deref().map(Lines::new);
    let shown = shown.as_ref().unwrap_or(&lines);
    // hashes are of the masked text as well: a hash of a short secret gives it away
    let hashes = hashed.then(|| LineHashes::new(masked.as_deref().unwrap_or(text)));
    let mut snippets: Map<(u32, u32), Option<Arc<str>>> = Map::default();
    let empty: Arc<str> = "".into();
    places
        .iter()
        .map(|place| {
            let ((line, start), (end_line, end)) = (lines.place(place.span.0), lines.place(place.span.1));
            let tall = end_line.min(line + TALLEST - 1);
            let snippet = snippets.entry((line, tall)).or_insert_with(|| {
                if line == tall {
                    return Some(shown.line(line)).filter(|line| line.len() <= LONGEST).map(Into::into);
                }
                let lines: Vec<_> = (line..=tall).map(|number| shown.line(number)).collect();
                lines.iter().all(|line| line.len() <= LONGEST).then(|| lines.join("\n").into())
            });
            // without the text, nobody could tell them from the columns in scalar values
            let utf16_columns = snippet.is_none().then_some([start.units + 1, end.units + 1]);
            Located {
                location: Location {
                    uri: Arc::clone(uri.unwrap_or(&empty)),
                    line,
                    column: start.scalars + 1,
                    end_line,
                    end_column: end.scalars + 1,
                    utf16_columns,
                    quality: place.quality,
                },
                snippet: snippet.clone(),
                line_hash: hashes.as_ref().and_then(|hashes| hashes.of(line)).map(Into::into),
            }
        })
        .collect()
}

/// The text with every character of the ranges as `*`, and what stands behind them on their last line: a comment there
/// may say the value again. Lines are kept.
fn mask(text: &str, secret: &[(u32, u32)]) -> String {
    let mut ranges: Vec<_> = secret.iter().map(|&(start, end)| (start as usize, end as usize)).collect();
    ranges.sort_unstable();
    let mut masked = String::with_capacity(text.len());
    let mut at = 0;
    for (start, end) in ranges {
        // a line may hold very many: its end is sought once
        if end < at {
            continue;
        }
        let line_end = memchr::memchr2(b'\n', b'\r', &text.as_bytes()[end..]).map_or(text.len(), |length| end + length);
        let (start, end) = (start.max(at), line_end.max(end));
        if start >= end {
            continue;
        }
        masked.push_str(&text[at..start]);
        masked.extend(text[start..end].chars().map(|char| if matches!(char, '\n' | '\r') { char } else { '*' }));
        at = end;
    }
    masked.push_str(&text[at..]);
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_seen_neither_in_its_own_snippet_nor_in_a_neighbour_s() {
        let text = "a: 1\npassword: hünter2 # é\nb: 2\n";
        let start = text.find("hünter2").unwrap_or_default() as u32;
        let secret = [(start, start + "hünter2".len() as u32)];
        let places =
            [Wanted { span: (0, text.len() as u32), quality: Quality::Value }, Wanted { span: secret[0], quality: Quality::Value }];
        let found = all(None, text, &secret, &places, true);
        assert_eq!(found[0].snippet.as_deref(), Some("a: 1\npassword: ***********\nb: 2\n"));
        assert_eq!(found[1].snippet.as_deref(), Some("password: ***********"));
        assert_eq!((found[1].location.line, found[1].location.column, found[1].location.end_column), (2, 11, 18));
    }

    #[test]
    fn a_line_that_holds_a_whole_file_is_not_shown() {
        let text = format!("{{\"é😀\": \"{}\"}}", "x".repeat(3 * LONGEST));
        let found = all(None, &text, &[], &[Wanted { span: (11, text.len() as u32 - 1), quality: Quality::Value }], false);
        let location = &found[0].location;
        assert_eq!(found[0].snippet, None);
        assert_eq!((location.column, location.utf16_columns.map(|columns| columns[0])), (8, Some(9)));
    }
}
