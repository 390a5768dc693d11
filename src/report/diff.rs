//! Two results compared, for people and as JSON.

use std::io::{self, Write};

use super::json::pretty;
use super::sarif::words::message;
use super::text::{NAME, SENTENCE, clean, clean_path, plural, spot, wrap};
use crate::assess::diff::{Diff, InputGone, Moved};
use crate::assess::{Finding, Status};

/// Where what is said of a finding begins.
const INDENT: usize = 12;

/// Writes a comparison for a person, in lines of at most `width` columns.
///
/// # Errors
/// What the writer says.
pub fn write(diff: &Diff, width: usize, out: &mut dyn Write) -> io::Result<()> {
    let page = &mut Page { out, width };
    for warning in &diff.warnings {
        page.paragraph("warning: ", warning)?;
    }
    page.findings("New failures", diff.new.iter().map(|finding| (finding, "")))?;
    let worse: Vec<_> = diff.worse.iter().map(|worse| (&worse.finding, format!("it was {}", worse.was.as_str()))).collect();
    page.findings("Worse than they were", worse.iter().map(|(finding, was)| (*finding, was.as_str())))?;
    page.findings("Fixed", diff.fixed.iter().map(|finding| (finding, "")))?;
    let lost = diff.lost.iter().map(|lost| (&lost.finding, lost.why.as_str()));
    page.findings("Lost: not found because nobody looked, they may still be there", lost)?;
    page.findings("Excused since", diff.excused.iter().map(|finding| (finding, "")))?;
    page.findings("Failures that cannot be decided any more", diff.doubtful.iter().map(|finding| (finding, "")))?;
    page.findings("New reviews", diff.reviews.new.iter().map(|finding| (finding, "")))?;
    page.findings("Reviews that are gone", diff.reviews.gone.iter().map(|finding| (finding, "")))?;
    page.controls(&diff.controls)?;
    page.inputs(&diff.inputs_gone)?;
    page.summary(diff)
}

/// Writes a comparison as JSON.
///
/// # Errors
/// What the writer says.
pub fn write_json(diff: &Diff, out: &mut dyn Write) -> io::Result<()> {
    pretty(diff, out)
}

/// What a comparison is written on.
struct Page<'a> {
    out: &'a mut dyn Write,
    /// Columns to fit.
    width: usize,
}

impl Page<'_> {
    /// The last lines: they stay in sight when the list is long.
    fn summary(&mut self, diff: &Diff) -> io::Result<()> {
        let parts = [
            (diff.new.len(), "new"),
            (diff.fixed.len(), "fixed"),
            (diff.lost.len(), "lost from sight"),
            (diff.excused.len(), "excused since"),
            (diff.doubtful.len(), "undecided now"),
            (diff.unchanged - diff.worse.len().min(diff.unchanged), "unchanged"),
            (diff.worse.len(), "worse"),
        ];
        let told = parts.iter().enumerate().filter(|(index, (count, _))| *count > 0 || *index < 2);
        let told: Vec<_> = told.map(|(_, (count, word))| format!("{count} {word}")).collect();
        self.paragraph("", &format!("Failures: {}.", told.join(", ")))?;
        let reviews = &diff.reviews;
        self.paragraph("", &format!("Reviews: {} new, {} gone, {} unchanged.", reviews.new.len(), reviews.gone.len(), reviews.unchanged))?;
        let coverage = &diff.coverage;
        let change =
            if coverage.delta == 0.0 { "unchanged".to_owned() } else { format!("{:+.1}, from {:.1} %", coverage.delta, coverage.old) };
        self.paragraph("", &format!("Coverage: {:.1} % ({change}).", coverage.new))
    }

    fn paragraph(&mut self, first: &str, text: &str) -> io::Result<()> {
        let text = clean(text, SENTENCE);
        for (number, line) in wrap(&text, self.width - first.len(), self.width - first.len()).iter().enumerate() {
            let before = if number == 0 { first.to_owned() } else { " ".repeat(first.len()) };
            writeln!(self.out, "{before}{line}")?;
        }
        Ok(())
    }

    /// A list of findings, the worst first.
    fn findings<'a>(&mut self, title: &str, list: impl Iterator<Item = (&'a Finding, &'a str)>) -> io::Result<()> {
        let mut list: Vec<_> = list.collect();
        if list.is_empty() {
            return Ok(());
        }
        list.sort_by_key(|(finding, _)| finding.severity);
        self.paragraph("", &format!("{title} ({})", list.len()))?;
        writeln!(self.out)?;
        for (finding, why) in list {
            self.row(finding, why)?;
        }
        writeln!(self.out)
    }

    fn row(&mut self, finding: &Finding, why: &str) -> io::Result<()> {
        let said = message(&finding.subject, &finding.message);
        for (number, line) in wrap(&said, self.width - INDENT, self.width - INDENT).iter().enumerate() {
            let severity = if number == 0 { finding.severity.as_str() } else { "" };
            writeln!(self.out, "  {severity:<width$}{line}", width = INDENT - 2)?;
        }
        let check = clean(&finding.check, NAME);
        for line in wrap(&format!("{} {check}", spot(finding, "", self.width - INDENT)), self.width - INDENT, self.width - INDENT) {
            writeln!(self.out, "{:INDENT$}{line}", "")?;
        }
        for line in wrap(&clean(why, SENTENCE), self.width - INDENT, self.width - INDENT).iter().filter(|line| !line.is_empty()) {
            writeln!(self.out, "{:INDENT$}{line}", "")?;
        }
        Ok(())
    }

    fn controls(&mut self, moved: &[Moved]) -> io::Result<()> {
        if moved.is_empty() {
            return Ok(());
        }
        writeln!(self.out, "{} moved\n", plural(moved.len(), "control"))?;
        let word = |status: Option<Status>| status.map_or("(not in the profile)", Status::as_str);
        for control in moved {
            let line =
                format!("{} {} → {}  {}", clean(&control.id, NAME), word(control.old), word(control.new), clean(&control.title, NAME));
            for (number, line) in wrap(&line, self.width - 2, self.width - 6).iter().enumerate() {
                writeln!(self.out, "{}{line}", if number == 0 { "  " } else { "      " })?;
            }
        }
        writeln!(self.out)
    }

    fn inputs(&mut self, gone: &[InputGone]) -> io::Result<()> {
        if gone.is_empty() {
            return Ok(());
        }
        writeln!(self.out, "{} not read any more\n", plural(gone.len(), "input"))?;
        for input in gone {
            let reason = input.reason.as_ref().map_or(String::new(), |reason| format!(": {}", clean(reason, SENTENCE)));
            let line = format!("{} ({}{reason})", clean_path(&input.uri, self.width), input.now);
            for (number, line) in wrap(&line, self.width - 2, self.width - 6).iter().enumerate() {
                writeln!(self.out, "{}{line}", if number == 0 { "  " } else { "      " })?;
            }
        }
        writeln!(self.out)
    }
}
