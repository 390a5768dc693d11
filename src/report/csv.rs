//! Comma-separated values (RFC 4180) for spreadsheets: a row for each finding, pass, broken check, gap and control.
//!
//! A spreadsheet runs a cell that looks like a formula, and names come from whoever wrote the manifests: such cells get
//! an apostrophe before them, and characters that nobody sees are written out. JSON is the format that loses nothing.

use std::borrow::Cow;
use std::io::{self, BufWriter, Write};

use csv::{QuoteStyle, Terminator, Writer, WriterBuilder};

use super::text::{clean, framework};
use crate::assess::{Assessment, CheckError, Control, Crosswalk, CrosswalkEntry, Finding, FindingVerdict, Gap, Pass, Subject};

/// What a cell may hold in the usual programs, with room for the apostrophe.
const CELL: usize = 32_000;

/// The columns, in order; new ones come last.
const HEAD: [&str; 27] = [
    "record",
    "status",
    "severity",
    "check",
    "controls",
    "title",
    "message",
    "api_version",
    "kind",
    "namespace",
    "name",
    "container",
    "path",
    "file",
    "line",
    "column",
    "observed",
    "expected",
    "fix",
    "excused_by",
    "excuse_reason",
    "excuse_owner",
    "excuse_expires",
    "baseline",
    "fingerprint",
    "supports",
    "baseline_was",
];

/// A row: cells by the name of their column; the others are empty.
type Row<'a> = Vec<(&'static str, Cow<'a, str>)>;

/// Writes the table.
///
/// # Errors
/// What the writer says.
pub fn write(assessment: &Assessment, out: &mut dyn Write) -> io::Result<()> {
    let out = BufWriter::with_capacity(1 << 16, out);
    let mut csv = WriterBuilder::new().quote_style(QuoteStyle::Always).terminator(Terminator::CRLF).from_writer(out);
    csv.write_record(HEAD).map_err(cause)?;
    let findings = assessment.findings.iter().map(finding);
    let passes = assessment.passes.iter().map(pass);
    let errors = assessment.errors.iter().map(error);
    let gaps = assessment.gaps.iter().map(gap);
    for row in findings.chain(passes).chain(errors).chain(gaps).chain(assessment.controls.iter().map(control)) {
        put(&row, &mut csv)?;
    }
    if let Some(seen) = &assessment.crosswalk {
        for row in framework_rows(seen) {
            put(&row, &mut csv)?;
        }
    }
    csv.flush()
}

/// A row for each control of another framework, and one for the controls that map to none.
fn framework_rows(seen: &Crosswalk) -> Vec<Row<'_>> {
    let row = |standing: &'static str, id: &str, said: String, controls: String| -> Row<'_> {
        vec![
            ("record", "framework".into()),
            ("status", standing.into()),
            ("title", framework::title(seen).into()),
            ("message", said.into()),
            ("controls", controls.into()),
            ("supports", id.to_owned().into()),
        ]
    };
    let names = |entry: &CrosswalkEntry| entry.controls.iter().map(|control| control.id.as_str()).collect::<Vec<_>>().join(" ");
    let entry = |entry: &CrosswalkEntry| {
        let said = format!("{}: {}", framework::counts(entry), framework::controls(entry));
        row(entry.standing.as_str(), &entry.id, said, names(entry))
    };
    let unmapped = (!seen.unmapped.is_empty()).then(|| row("unmapped", "", "maps to nothing there".to_owned(), seen.unmapped.join(" ")));
    seen.entries.iter().map(entry).chain(unmapped).collect()
}

fn put<W: Write>(row: &Row<'_>, csv: &mut Writer<W>) -> io::Result<()> {
    let cell = |column: &&str| row.iter().find(|(name, _)| name == column).map_or(Cow::Borrowed(""), |(_, text)| safe(text));
    csv.write_record(HEAD.iter().map(cell).map(Cow::into_owned)).map_err(cause)
}

/// What the writer below said: a reader that went away is no fault.
fn cause(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// A cell that no spreadsheet takes for a formula.
fn safe(text: &str) -> Cow<'_, str> {
    let shown = clean(text, CELL);
    // a tab or a line end before the sign does not hide it, and neither does its full-width form
    let starts = shown.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠', '%', '|']);
    if starts { Cow::Owned(format!("'{shown}")) } else { shown }
}

fn on(subject: &Subject) -> Row<'_> {
    vec![
        ("api_version", subject.api_version.as_str().into()),
        ("kind", subject.kind.as_str().into()),
        ("namespace", subject.namespace.as_str().into()),
        ("name", subject.name.as_str().into()),
        ("container", subject.container.as_str().into()),
    ]
}

fn finding(finding: &Finding) -> Row<'_> {
    let status = match (finding.verdict, &finding.excused) {
        (FindingVerdict::Note, _) => "note",
        (_, Some(_)) => "excused",
        (FindingVerdict::Fail, None) => "fail",
        (FindingVerdict::Review, None) => "review",
    };
    let mut row = on(&finding.subject);
    row.extend([
        ("record", "finding".into()),
        ("status", status.into()),
        ("severity", finding.severity.as_str().into()),
        ("check", Cow::Borrowed(&*finding.check)),
        ("controls", finding.controls.join(" ").into()),
        ("title", Cow::Borrowed(&*finding.title)),
        ("message", Cow::Borrowed(&*finding.message)),
        ("path", Cow::Borrowed(&*finding.path)),
        ("observed", Cow::Borrowed(&*finding.observed)),
        ("expected", Cow::Borrowed(&*finding.expected)),
        ("fix", Cow::Borrowed(&*finding.fix)),
        ("fingerprint", Cow::Borrowed(&*finding.fingerprint)),
    ]);
    if let Some(at) = &finding.location {
        row.extend([("file", Cow::Borrowed(&*at.uri)), ("line", at.line.to_string().into()), ("column", at.column.to_string().into())]);
    }
    if let Some(excuse) = finding.excused.as_deref() {
        row.extend([
            ("excused_by", excuse.by.as_str().into()),
            ("excuse_reason", excuse.reason.as_str().into()),
            ("excuse_owner", excuse.owner.as_str().into()),
            ("excuse_expires", excuse.expires.as_deref().unwrap_or_default().into()),
        ]);
    }
    if let Some(baseline) = finding.baseline {
        let word = if baseline == crate::assess::Baseline::New { "new" } else { "unchanged" };
        row.push(("baseline", word.into()));
        row.push(("baseline_was", Cow::Borrowed(finding.was.as_deref().unwrap_or_default())));
    }
    row
}

fn pass(pass: &Pass) -> Row<'_> {
    let mut row = on(&pass.subject);
    row.extend([("record", "pass".into()), ("status", "pass".into()), ("check", Cow::Borrowed(&*pass.check))]);
    row
}

fn error(error: &CheckError) -> Row<'_> {
    let mut row = on(&error.subject);
    let message = ("message", error.message.as_str().into());
    row.extend([("record", "error".into()), ("status", "error".into()), ("check", Cow::Borrowed(&*error.check)), message]);
    row
}

fn gap(gap: &Gap) -> Row<'_> {
    let mut row: Row<'_> = vec![("record", "gap".into()), ("status", "not-assessed".into()), ("title", gap.what.as_str().into())];
    row.push(("message", gap.why.as_str().into()));
    if let Some(at) = &gap.location {
        row.extend([("file", at.uri.as_str().into()), ("line", at.line.to_string().into()), ("column", at.column.to_string().into())]);
    }
    row
}

fn control(control: &Control) -> Row<'_> {
    let checks: Vec<_> = control.checks.iter().map(|check| &*check.id).collect();
    vec![
        ("record", "control".into()),
        ("status", control.status.as_str().into()),
        ("check", checks.join(" ").into()),
        ("controls", control.id.as_str().into()),
        ("title", control.title.as_str().into()),
        ("message", control.reason.as_str().into()),
        ("supports", control.supports.join(" ").into()),
    ]
}
