//! Two results compared, for people and as JSON.

use std::io::{self, Write};

use super::json::pretty;
use super::sarif::words::message;
use super::text::{NAME, SENTENCE, clean, clean_path, plural, spot, wrap};
use crate::assess::diff::{Diff, InputGone, Moved};
use crate::assess::{Finding, Status};

/// Columns to fit.
const WIDTH: usize = 80;
/// Where what is said of a finding begins.
const INDENT: usize = 12;

/// Writes a comparison for a person.
///
/// # Errors
/// What the writer says.
pub fn write(diff: &Diff, out: &mut dyn Write) -> io::Result<()> {
    for warning in &diff.warnings {
        paragraph(out, "warning: ", warning)?;
    }
    findings(out, "New failures", diff.new.iter().map(|finding| (finding, "")))?;
    findings(out, "Fixed", diff.fixed.iter().map(|finding| (finding, "")))?;
    let lost = diff.lost.iter().map(|lost| (&lost.finding, lost.why.as_str()));
    findings(out, "Lost: not found because nobody looked, they may still be there", lost)?;
    findings(out, "Excused since", diff.excused.iter().map(|finding| (finding, "")))?;
    findings(out, "Failures that cannot be decided any more", diff.doubtful.iter().map(|finding| (finding, "")))?;
    findings(out, "New reviews", diff.reviews.new.iter().map(|finding| (finding, "")))?;
    findings(out, "Reviews that are gone", diff.reviews.gone.iter().map(|finding| (finding, "")))?;
    controls(out, &diff.controls)?;
    inputs(out, &diff.inputs_gone)?;
    summary(diff, out)
}

/// Writes a comparison as JSON.
///
/// # Errors
/// What the writer says.
pub fn write_json(diff: &Diff, out: &mut dyn Write) -> io::Result<()> {
    pretty(diff, out)
}

/// The last lines: they stay in sight when the list is long.
fn summary(diff: &Diff, out: &mut dyn Write) -> io::Result<()> {
    let parts = [
        (diff.new.len(), "new"),
        (diff.fixed.len(), "fixed"),
        (diff.lost.len(), "lost from sight"),
        (diff.excused.len(), "excused since"),
        (diff.doubtful.len(), "undecided now"),
        (diff.unchanged, "unchanged"),
    ];
    let told = parts.iter().enumerate().filter(|(index, (count, _))| *count > 0 || *index < 2);
    let told: Vec<_> = told.map(|(_, (count, word))| format!("{count} {word}")).collect();
    paragraph(out, "", &format!("Failures: {}.", told.join(", ")))?;
    let reviews = &diff.reviews;
    paragraph(out, "", &format!("Reviews: {} new, {} gone, {} unchanged.", reviews.new.len(), reviews.gone.len(), reviews.unchanged))?;
    let coverage = &diff.coverage;
    let change = if coverage.delta == 0.0 { "unchanged".to_owned() } else { format!("{:+.1}, from {:.1} %", coverage.delta, coverage.old) };
    paragraph(out, "", &format!("Coverage: {:.1} % ({change}).", coverage.new))
}

fn paragraph(out: &mut dyn Write, first: &str, text: &str) -> io::Result<()> {
    let text = clean(text, SENTENCE);
    for (number, line) in wrap(&text, WIDTH - first.len(), WIDTH - first.len()).iter().enumerate() {
        let before = if number == 0 { first.to_owned() } else { " ".repeat(first.len()) };
        writeln!(out, "{before}{line}")?;
    }
    Ok(())
}

/// A list of findings, the worst first.
fn findings<'a>(out: &mut dyn Write, title: &str, list: impl Iterator<Item = (&'a Finding, &'a str)>) -> io::Result<()> {
    let mut list: Vec<_> = list.collect();
    if list.is_empty() {
        return Ok(());
    }
    list.sort_by_key(|(finding, _)| finding.severity);
    writeln!(out, "{title} ({})\n", list.len())?;
    for (finding, why) in list {
        row(out, finding, why)?;
    }
    writeln!(out)
}

fn row(out: &mut dyn Write, finding: &Finding, why: &str) -> io::Result<()> {
    let said = message(&finding.subject, &finding.message);
    for (number, line) in wrap(&said, WIDTH - INDENT, WIDTH - INDENT).iter().enumerate() {
        let severity = if number == 0 { finding.severity.as_str() } else { "" };
        writeln!(out, "  {severity:<width$}{line}", width = INDENT - 2)?;
    }
    let check = clean(&finding.check, NAME);
    for line in wrap(&format!("{} {check}", spot(finding, "", WIDTH - INDENT)), WIDTH - INDENT, WIDTH - INDENT) {
        writeln!(out, "{:INDENT$}{line}", "")?;
    }
    for line in wrap(&clean(why, SENTENCE), WIDTH - INDENT, WIDTH - INDENT).iter().filter(|line| !line.is_empty()) {
        writeln!(out, "{:INDENT$}{line}", "")?;
    }
    Ok(())
}

fn controls(out: &mut dyn Write, moved: &[Moved]) -> io::Result<()> {
    if moved.is_empty() {
        return Ok(());
    }
    writeln!(out, "{} moved\n", plural(moved.len(), "control"))?;
    let word = |status: Option<Status>| status.map_or("(not in the profile)", Status::as_str);
    for control in moved {
        let line = format!("{} {} → {}  {}", clean(&control.id, NAME), word(control.old), word(control.new), clean(&control.title, NAME));
        for (number, line) in wrap(&line, WIDTH - 2, WIDTH - 6).iter().enumerate() {
            writeln!(out, "{}{line}", if number == 0 { "  " } else { "      " })?;
        }
    }
    writeln!(out)
}

fn inputs(out: &mut dyn Write, gone: &[InputGone]) -> io::Result<()> {
    if gone.is_empty() {
        return Ok(());
    }
    writeln!(out, "{} not read any more\n", plural(gone.len(), "input"))?;
    for input in gone {
        let reason = input.reason.as_ref().map_or(String::new(), |reason| format!(": {}", clean(reason, SENTENCE)));
        let line = format!("{} ({}{reason})", clean_path(&input.uri, WIDTH), input.now);
        for (number, line) in wrap(&line, WIDTH - 2, WIDTH - 6).iter().enumerate() {
            writeln!(out, "{}{line}", if number == 0 { "  " } else { "      " })?;
        }
    }
    writeln!(out)
}
