//! The place of a finding and its source lines, with what is meant marked.

use maud::{Markup, html};

use super::terms::plain;
use crate::assess::{Finding, Location, Quality};
use crate::report::text::{Origin, push_clean};

/// The longest line shown, in characters; a longer one is cut around the mark.
const WIDEST: usize = 240;
/// How much is shown before the mark of a line that is cut.
const LEAD: usize = 60;

/// `deploy/web.yaml, line 18, column 13` and the lines.
pub(super) fn place(finding: &Finding) -> Markup {
    let path = (!finding.path.is_empty()).then(|| html! { code.path { (plain(&finding.path)) } });
    html! {
        @match &finding.location {
            Some(at) => {
                p.at {
                    code { (file(finding)) } " line " (at.line) ", column " (at.column)
                    @if let Some(path) = &path { " · field " (path) }
                }
                @if let Some(text) = finding.snippet.as_deref().filter(|text| at.quality != Quality::File && !is_blank(text)) {
                    (lines(at, text))
                    @if at.quality == Quality::Parent { p.dim { "The field is not there; marked is the nearest place above it." } }
                }
            },
            None => @if let Some(path) = &path { p.at { "Field " (path) } },
        }
    }
}

/// Whether what was seen stands marked in the lines shown.
pub(super) fn shows(finding: &Finding) -> bool {
    let value = finding.location.as_ref().is_some_and(|at| at.quality == Quality::Value);
    // a collection is observed as its outline, which the lines say better
    let outline = finding.observed.starts_with(['[', '{']);
    let shown = |text: &str| !is_blank(text) && (outline || text.contains(&*finding.observed));
    value && finding.snippet.as_deref().is_some_and(shown)
}

fn file(finding: &Finding) -> String {
    match Origin::of(finding) {
        Origin::File(uri) => plain(uri).into_owned(),
        other => other.name("", WIDEST),
    }
}

fn is_blank(text: &str) -> bool {
    text.lines().next().is_none_or(|line| line.trim().is_empty())
}

fn lines(at: &Location, text: &str) -> Markup {
    // an end before the first character of a line is the end of the line before
    let last = if at.end_column <= 1 && at.end_line > at.line { at.end_line - 1 } else { at.end_line };
    let tall = last.saturating_sub(at.line) as usize + 1;
    let rows: Vec<_> = text.split('\n').take(tall).map(|row| row.trim_end()).collect();
    html! {
        pre {
            @for (seat, row) in rows.iter().enumerate() {
                @let start = if seat == 0 { at.column.saturating_sub(1) as usize } else { row.len() - row.trim_start().len() };
                @let end = (at.line + seat as u32 == at.end_line).then(|| at.end_column.saturating_sub(1) as usize);
                (Row::new(row, start, end).show(at.line as usize + seat))
            }
            @if rows.len() < tall { span.row { span.no { "…" } "to line " (last) } }
        }
    }
}

/// A line in three: before the mark, marked, behind it.
#[derive(Debug, PartialEq, Eq)]
struct Row([String; 3]);

impl Row {
    /// `start` and `end` count characters from 0; without an end the line is marked to its own.
    fn new(line: &str, start: usize, end: Option<usize>) -> Self {
        let length = line.chars().count();
        // a place past the end, or of no width, is marked at the last character before it
        let start = start.min(length.saturating_sub(1));
        let end = end.unwrap_or(length).clamp(start + 1, length.max(start + 1));
        let from = if length > WIDEST { start.saturating_sub(LEAD) } else { 0 };
        let mut parts = [String::new(), String::new(), String::new()];
        if from > 0 {
            parts[0].push('…');
        }
        for (seat, char) in line.chars().enumerate().skip(from).take(WIDEST) {
            let part = usize::from(seat >= start) + usize::from(seat >= end);
            match char {
                '\t' => parts[part].push_str("    "),
                char => push_clean(&mut parts[part], char),
            }
        }
        if length > from + WIDEST {
            parts[usize::from(from + WIDEST > start) + usize::from(from + WIDEST >= end)].push('…');
        }
        Row(parts)
    }

    fn show(&self, number: usize) -> Markup {
        let [before, marked, behind] = &self.0;
        html! { span.row { span.no { (number) } (before) @if !marked.is_empty() { mark { (marked) } } (behind) "\n" } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(line: &str, start: usize, end: Option<usize>) -> String {
        let Row([before, marked, behind]) = Row::new(line, start, end);
        format!("{before}[{marked}]{behind}")
    }

    #[test]
    fn the_value_is_marked_by_characters() {
        assert_eq!(row("  clé: true # é", 7, Some(11)), "  clé: [true] # é");
        assert_eq!(row("a: 🚀🚀", 3, None), "a: [🚀🚀]");
        assert_eq!(row("a:\tb", 3, Some(4)), "a:    [b]");
        assert_eq!(row("a: \u{202e}b", 3, Some(5)), "a: [\\u{202e}b]");
        assert_eq!(row("ab", 9, Some(12)), "a[b]");
        assert_eq!(row("", 0, None), "[]");
    }

    #[test]
    fn a_long_line_is_cut_around_the_mark() {
        let shown = row(&format!("{}!{}", "k".repeat(500), "v".repeat(500)), 500, Some(501));
        assert!(shown.starts_with("…kkk") && shown.contains("k[!]v") && shown.ends_with("v…"), "{shown}");
        assert_eq!(shown.chars().count(), WIDEST + 4);
    }
}
