//! Places as SARIF has them: percent-encoded URIs, columns in UTF-16 code units.

use serde_sarif::sarif::{ArtifactContent, ArtifactLocation, Location, LogicalLocation, PhysicalLocation, Region};

use super::words;
use crate::assess::{self, Assessment, Finding, GitSource, Subject};
use crate::report::text::{NAME, SENTENCE};

/// What relative URIs are relative to.
pub(super) const ROOT: &str = "%SRCROOT%";

/// The percent-encoded URI of a file, relative to the root; `None` when it is not below it.
pub(in crate::report) fn uri(path: &str) -> Option<String> {
    let path = path.trim_start_matches("./");
    let outside = path.is_empty() || path.starts_with('/') || path.split('/').any(|part| part == ".." || part == ".");
    (!outside).then(|| encoded(path))
}

/// All but what RFC 3986 lets stand in a path segment. A colon is encoded too: in a first segment it would end a scheme.
fn encoded(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/!$&'()*+,;=@".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

/// A file below the root.
pub(super) fn file(uri: String) -> ArtifactLocation {
    ArtifactLocation::builder().uri(uri).uri_base_id(ROOT).build()
}

/// A line of a file; without the file when it is not below the root.
pub(super) fn line(path: &str, line: u32) -> Option<Location> {
    // the whole line: without its text, columns cannot be turned into UTF-16 code units
    let region = Region::builder().start_line(i64::from(line.max(1))).build();
    let place = PhysicalLocation::builder().artifact_location(file(uri(path)?)).region(region).build();
    Some(Location::builder().physical_location(place).build())
}

/// Where a finding is, in the file.
pub(super) fn physical(finding: &Finding, with_snippet: bool) -> Option<PhysicalLocation> {
    if let Some(source) = told(finding) {
        let region = Region::builder().start_line(1).build();
        return Some(PhysicalLocation::builder().artifact_location(file(uri(&source.path)?)).region(region).build());
    }
    let at = finding.location.as_ref()?;
    let span = Span::new(at, finding.snippet.as_deref());
    let mut region = Region::builder()
        .start_line(i64::from(span.start.0))
        .start_column(i64::from(span.start.1))
        .end_line(i64::from(span.end.0))
        .end_column(i64::from(span.end.1))
        .build();
    if with_snippet {
        region.snippet = span.text(finding.snippet.as_deref()).map(|text| ArtifactContent::builder().text(text).build());
    }
    Some(PhysicalLocation::builder().artifact_location(file(uri(&at.uri)?)).region(region).build())
}

/// The Git source of a finding that stands in no file.
pub(super) fn told(finding: &Finding) -> Option<&GitSource> {
    let is_in_file = finding.location.as_ref().is_some_and(|at| !at.uri.is_empty());
    finding.source.as_deref().filter(|_| !is_in_file)
}

/// The repository that all findings are of which stand in no file, where it is one and none stands in a file: a log is
/// for one repository, and which one a file is of is not known.
pub(super) fn repository(assessment: &Assessment) -> Option<&str> {
    let in_file = |finding: &Finding| finding.location.as_ref().is_some_and(|at| !at.uri.is_empty());
    let mut told = assessment.findings.iter().filter_map(told).map(|source| source.repository.as_str());
    let first = told.next()?;
    (told.all(|other| other == first) && !assessment.findings.iter().any(in_file)).then_some(first)
}

/// The object, and where in it.
pub(super) fn logical(subject: &Subject, path: &str) -> LogicalLocation {
    let Subject { api_version, kind, namespace, name, container, .. } = subject;
    let parts = [api_version, kind, namespace, name].into_iter().filter(|part| !part.is_empty());
    let object = parts.map(String::as_str).collect::<Vec<_>>().join("/");
    let full = if path.is_empty() { object } else { format!("{object}#{path}") };
    let shown = [container, name, kind].into_iter().find(|part| !part.is_empty()).map_or("", String::as_str);
    LogicalLocation::builder()
        .name(words::paragraph(shown, NAME))
        .fully_qualified_name(words::paragraph(&full, SENTENCE))
        .kind("resource")
        .build()
}

/// From where to where, in lines and UTF-16 code units, both from 1.
#[derive(Debug, PartialEq, Eq)]
struct Span {
    start: (u32, u32),
    end: (u32, u32),
}

impl Span {
    /// Turns columns in scalar values into UTF-16 code units by the text of their lines, which the snippet has from the
    /// first line on. Of a line that it does not have, the column stays: right but for characters beyond U+FFFF.
    fn new(at: &assess::Location, snippet: Option<&str>) -> Self {
        let first = at.line.max(1);
        if let Some([start, end]) = at.utf16_columns {
            let start = (first, start.max(1));
            return Span { start, end: (at.end_line.max(first), end.max(1)).max(start) };
        }
        let column = |line: u32, column: u32| {
            let text = snippet.and_then(|snippet| snippet.split('\n').nth(line.saturating_sub(first) as usize));
            text.map_or(column.max(1), |text| utf16_column(text, column))
        };
        let start = (first, column(first, at.column));
        let last = at.end_line.max(first);
        Span { start, end: (last, column(last, at.end_column)).max(start) }
    }

    /// The text of the region where the snippet has all of it.
    fn text(&self, snippet: Option<&str>) -> Option<String> {
        let lines: Vec<&str> = snippet?.split('\n').collect();
        let last = (self.end.0 - self.start.0) as usize;
        let mut text = String::new();
        for (number, line) in lines.get(..=last)?.iter().enumerate() {
            let from = if number == 0 { byte(line, self.start.1) } else { 0 };
            let to = if number == last { byte(line, self.end.1) } else { line.len() };
            text.push_str(line.get(from..to)?);
            if number < last {
                text.push('\n');
            }
        }
        (!text.is_empty()).then_some(text)
    }
}

/// The column in UTF-16 code units of a column in scalar values; past the end of the line it is its end.
fn utf16_column(line: &str, column: u32) -> u32 {
    let before = line.chars().take(column.saturating_sub(1) as usize);
    before.map(|char| char.len_utf16() as u32).sum::<u32>() + 1
}

/// The byte at which a column in UTF-16 code units starts.
fn byte(line: &str, column: u32) -> usize {
    let mut units = 1;
    let before = |char: &char| {
        let is_before = units < column;
        units += char.len_utf16() as u32;
        is_before
    };
    line.chars().take_while(before).map(char::len_utf8).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Quality;

    fn at(line: u32, column: u32, end_line: u32, end_column: u32) -> assess::Location {
        assess::Location { uri: "a.yaml".into(), line, column, end_line, end_column, utf16_columns: None, quality: Quality::Value }
    }

    #[test]
    fn uris_are_encoded_and_below_the_root() {
        assert_eq!(uri("./deploy/web.yaml").as_deref(), Some("deploy/web.yaml"));
        assert_eq!(uri("a b/é%#?:\\[x].yaml").as_deref(), Some("a%20b/%C3%A9%25%23%3F%3A%5C%5Bx%5D.yaml"));
        for outside in ["", "/etc/x", "../x", "a/../../x", "a/./b"] {
            assert_eq!(uri(outside), None, "{outside}");
        }
        assert_eq!(uri("k8s://x").as_deref(), Some("k8s%3A//x"));
    }

    #[test]
    fn columns_are_utf_16() {
        let span = Span::new(&at(3, 8, 3, 9), Some("é: \"😀😀x\" # y"));
        assert_eq!((span.start, span.end), ((3, 10), (3, 11)));
        let span = Span::new(&at(3, 4, 4, 2), Some("a: 😀\n😀b"));
        assert_eq!((span.start, span.end), ((3, 4), (4, 3)));
        assert_eq!(span.text(Some("a: 😀\n😀b")).as_deref(), Some("😀\n😀"));
    }

    #[test]
    fn without_the_lines_columns_stay_and_the_end_is_never_before_the_start() {
        assert_eq!(Span::new(&at(3, 5, 3, 9), None), Span { start: (3, 5), end: (3, 9) });
        assert_eq!(Span::new(&at(3, 5, 20, 9), Some("a: 😀b")), Span { start: (3, 6), end: (20, 9) });
        assert_eq!(Span::new(&at(3, 5, 2, 1), None), Span { start: (3, 5), end: (3, 5) });
        assert_eq!(Span::new(&at(0, 0, 0, 0), Some("")), Span { start: (1, 1), end: (1, 1) });
        assert_eq!(Span::new(&at(1, 3, 9, 1), Some("ab")).text(Some("ab")), None);
        assert_eq!(Span::new(&at(1, 90, 1, 99), Some("ab")), Span { start: (1, 3), end: (1, 3) });
    }
}
