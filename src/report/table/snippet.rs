//! The source lines of a finding, with what is meant underlined.
//!
//! annotate-snippets does this for compilers; it knows no width to keep, no text but the whole file's, and one
//! message a place. What is left to do here is small.

use std::io;

use anstyle::Style;

use super::paper::{DIM, PLAIN, Paper};
use crate::assess::{Finding, Location, Quality};
use crate::report::text::{columns, cut, is_plain, push_clean, spot};

/// Tabs end at multiples of this.
const TAB: usize = 4;
/// The most lines shown of what spans more.
const TALLEST: usize = 4;

/// Whether the snippet of a finding shows more than its place says.
pub(super) fn has(finding: &Finding) -> bool {
    let blank = |text: &str| text.lines().next().is_none_or(|line| line.trim().is_empty());
    let told = finding.location.as_ref().is_some_and(|at| at.quality != Quality::File);
    told && finding.snippet.as_deref().is_some_and(|text| !blank(text))
}

/// The columns in front of the source lines.
pub(super) fn gutter(finding: &Finding) -> usize {
    let last = finding.location.as_ref().map_or(0, |at| at.line as usize + TALLEST);
    last.to_string().len().max(2) + 2
}

/// Writes `--> place`, the source lines and the underline with its label.
pub(super) fn write(paper: &mut Paper<'_>, finding: &Finding, style: Style, label: &str) -> io::Result<()> {
    let gutter = gutter(finding);
    let arrow = format!("{:gutter$}--> ", "");
    let place = spot(finding, paper.from, paper.width - columns(&arrow));
    paper.line(&[(DIM, &arrow), (PLAIN, &place)])?;
    match (&finding.location, &finding.snippet) {
        (Some(at), Some(text)) if has(finding) => {
            let span = Extent::of(at, text);
            let mut page = Page { paper, gutter, style, label };
            if span.lines.len() == 1 && !span.cut { page.one_line(at, &span) } else { page.many_lines(at, &span) }
        }
        _ if label.is_empty() => Ok(()),
        _ => note(paper, gutter, label),
    }
}

/// A line below the source: `= text`.
pub(super) fn note(paper: &mut Paper<'_>, gutter: usize, text: &str) -> io::Result<()> {
    let lead = format!("{:gutter$} = ", "");
    paper.flow(&[(DIM, &lead)], gutter + 3, (PLAIN, text))
}

/// The lines that are there of what a location spans, and the columns where it starts and ends in them, from 0.
struct Extent<'a> {
    lines: Vec<&'a str>,
    start: usize,
    end: usize,
    /// There is more of it than is shown.
    cut: bool,
}

impl<'a> Extent<'a> {
    fn of(at: &Location, text: &'a str) -> Self {
        let start = at.column.saturating_sub(1) as usize;
        let end = at.end_column.saturating_sub(1) as usize;
        // an end before the first character of a line is the end of the line before
        let ends_above = end == 0 && at.end_line > at.line;
        let tall = at.end_line.saturating_sub(at.line) as usize + usize::from(!ends_above);
        let mut lines: Vec<_> = text.lines().take(tall.clamp(1, TALLEST)).collect();
        while lines.len() > 1 && lines.last().is_some_and(|line| line.trim().is_empty()) {
            lines.pop();
        }
        let cut = tall > TALLEST;
        let length = lines.last().map_or(0, |line| line.trim_end().chars().count());
        let end = if ends_above || lines.len() < tall { length } else { end.min(length) };
        Extent { lines, start, end, cut }
    }
}

/// Where the lines of one place go.
struct Page<'a, 'b> {
    paper: &'a mut Paper<'b>,
    gutter: usize,
    style: Style,
    label: &'a str,
}

impl Page<'_, '_> {
    fn row(&mut self, number: &str, bar: &str, text: &str) -> io::Result<()> {
        let width = self.gutter;
        self.paper.line(&[(DIM, &format!("{number:>width$} |")), (self.style, bar), (PLAIN, text.trim_end())])
    }

    fn one_line(&mut self, at: &Location, span: &Extent<'_>) -> io::Result<()> {
        let room = self.paper.width - self.gutter - 3;
        let shown = Shown::new(span.lines[0], span.start, span.end, room);
        self.row(&at.line.to_string(), " ", &shown.text)?;
        let carets = "^".repeat(shown.len);
        let pad = " ".repeat(shown.pad);
        let beside = shown.pad + shown.len + 1 + columns(self.label) <= room;
        let bar = format!("{:1$} | ", "", self.gutter);
        let label = if beside { self.label } else { "" };
        let gap = if label.is_empty() { "" } else { " " };
        self.paper.line(&[(DIM, bar.as_str()), (self.style, &format!("{pad}{carets}")), (self.style, gap), (self.style, label)])?;
        if beside || self.label.is_empty() { Ok(()) } else { note(self.paper, self.gutter, self.label) }
    }

    fn many_lines(&mut self, at: &Location, span: &Extent<'_>) -> io::Result<()> {
        let room = self.paper.width - self.gutter - 5;
        for (number, line) in span.lines.iter().enumerate() {
            let bar = if number == 0 { " / " } else { " | " };
            let shown = Shown::new(line, 0, 1, room);
            self.row(&(at.line as usize + number).to_string(), bar, &shown.text)?;
        }
        if span.cut {
            let more = format!("(to line {})", at.end_line);
            self.row("", " | ", &more)?;
        } else {
            let last = span.lines.last().copied().unwrap_or_default();
            let end = Shown::new(last, span.end.saturating_sub(1), span.end, room);
            let under = format!(" |{}^", "_".repeat((end.pad + 1).min(room - 1)));
            self.row("", &under, "")?;
        }
        if self.label.is_empty() { Ok(()) } else { note(self.paper, self.gutter, self.label) }
    }
}

/// A source line as a terminal shows it, and where the underline goes.
#[derive(Debug, PartialEq, Eq)]
struct Shown {
    text: String,
    pad: usize,
    len: usize,
}

impl Shown {
    /// `start` and `end` count characters from 0. A line over `room` columns is cut around the start.
    fn new(line: &str, start: usize, end: usize, room: usize) -> Self {
        if !line.is_empty() && line.len() <= room && is_plain(line) {
            let (from, to) = (start.min(line.len()), end.max(start + 1).min(line.len()));
            let pad = from.min(room - 1);
            return Shown { text: line.to_owned(), pad, len: (to - from).clamp(1, room - pad) };
        }
        let whole = line.len() <= room * 4 && columns(&expand(line.chars()).0) <= room;
        let from = if whole { 0 } else { first_shown(line, start, room) };
        let lead = if from > 0 { "…" } else { "" };
        let (mut text, marks) = expand(lead.chars().chain(line.chars().skip(from).take(room * 2)));
        let offset = columns(lead);
        let byte = |index: usize| marks.get((index + offset).saturating_sub(from)).copied().unwrap_or(text.len());
        let (start, end) = (byte(start), byte(end.max(start + 1)));
        let pad = unicode_width::UnicodeWidthStr::width(&text[..start]).min(room - 1);
        let len = unicode_width::UnicodeWidthStr::width(&text[start..end.max(start)]);
        if columns(&text) > room {
            text = cut(&text, room);
        }
        Shown { text, pad, len: len.clamp(1, room - pad) }
    }
}

/// The first character to show so that the one at `start` is seen with something in front of it.
fn first_shown(line: &str, start: usize, room: usize) -> usize {
    let before: Vec<_> = line.chars().take(start).collect();
    if columns(&expand(before.iter().copied().take(room * 2)).0) + room / 3 <= room && before.len() <= room {
        return 0;
    }
    let mut used = 0;
    let fits = |char: &&char| {
        used += columns(&expand([**char]).0).max(1);
        used <= room / 3
    };
    start.min(before.len()) - before.iter().rev().take_while(fits).count()
}

/// Tabs as spaces, harmful characters written out; with the byte where each character starts.
fn expand(chars: impl IntoIterator<Item = char>) -> (String, Vec<usize>) {
    let mut text = String::new();
    let mut marks = Vec::new();
    for char in chars {
        marks.push(text.len());
        match char {
            '\t' => {
                let used = columns(&text);
                text.push_str(&" ".repeat(TAB - used % TAB));
            }
            char => push_clean(&mut text, char),
        }
    }
    (text, marks)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn under(line: &str, start: usize, end: usize, room: usize) -> (String, String) {
        let shown = Shown::new(line, start, end, room);
        (shown.text, " ".repeat(shown.pad) + &"^".repeat(shown.len))
    }

    #[test]
    fn the_underline_stands_below_wide_characters_tabs_and_emoji() {
        assert_eq!(under("clé: true", 5, 9, 40).1, "     ^^^^");
        assert_eq!(under("名: true", 3, 7, 40).1, "    ^^^^");
        assert_eq!(under("a: 🚀🚀 # x", 3, 5, 40).1, "   ^^^^");
        assert_eq!(under("a:\ttrue", 3, 7, 40), ("a:  true".to_owned(), "    ^^^^".to_owned()));
        assert_eq!(under("e\u{301}: x", 4, 5, 40).1, "   ^");
        assert_eq!(under("\u{1b}: x", 3, 4, 40), ("\\u{1b}: x".to_owned(), "        ^".to_owned()));
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let line = format!("{}: {}", "k".repeat(100), "v".repeat(100));
        let (text, marks) = under(&line, 102, 202, 30);
        assert_eq!(text, "…kkkkkkkk: vvvvvvvvvvvvvvvvvv…");
        assert_eq!(marks, "           ^^^^^^^^^^^^^^^^^^^");
        let (text, marks) = under(&"日".repeat(100), 50, 52, 30);
        assert!(columns(&text) <= 30 && columns(&marks) <= 30, "{text}\n{marks}");
    }

    #[test]
    fn a_place_past_the_end_is_shown_at_the_end() {
        assert_eq!(under("ab", 7, 9, 20), ("ab".to_owned(), "  ^".to_owned()));
        assert_eq!(under("", 0, 0, 20), (String::new(), "^".to_owned()));
    }
}
