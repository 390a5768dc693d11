//! Results over time, for people and as JSON; the page has a file of its own.

use std::io::{self, Write};

use super::json::pretty;
use super::text::{NAME, SENTENCE, clean, plural, wrap};
use crate::assess::{ExceptionLine, Failing, FailingEnd, History, Timeline};

mod page;

pub use page::write as write_html;

/// Pauses that are told one by one.
const PAUSES: usize = 5;

/// Writes a history as JSON.
///
/// # Errors
/// What the writer says.
pub fn write_json(history: &History, out: &mut dyn Write) -> io::Result<()> {
    pretty(history, out)
}

/// Writes a history for a person, in lines of at most `width` columns.
///
/// # Errors
/// What the writer says.
pub fn write(history: &History, width: usize, out: &mut dyn Write) -> io::Result<()> {
    let mut paper = Paper { width, out };
    for line in &history.lines {
        paper.line(line)?;
    }
    if !history.left_out.is_empty() {
        paper.head("Left out")?;
        for (name, why) in &history.left_out {
            paper.item(2, &format!("{}: {}", clean(name, SENTENCE), clean(why, SENTENCE)))?;
        }
        writeln!(paper.out)?;
    }
    let runs: usize = history.lines.iter().map(|line| line.runs.len()).sum();
    paper.item(0, &format!("{} in {} series, one for each target and profile.", plural(runs, "result"), history.lines.len()))
}

/// `2026-11-22`
fn day(moment: &str) -> &str {
    moment.get(..10).unwrap_or(moment)
}

/// `failed from 2026-10-01, fixed on 2026-10-09 after 8.0 days`
pub(super) fn told(failing: &Failing) -> String {
    let from = day(&failing.from);
    match (failing.end, &failing.ended) {
        (FailingEnd::Open, _) | (FailingEnd::Fixed | FailingEnd::Excused, None) => {
            format!("failed from {from}, open, {:.1} days so far", failing.days)
        }
        (FailingEnd::Unseen, _) => format!("failed from {from} to {}, not looked at or not decided since", day(&failing.last_seen)),
        (end, Some(ended)) => format!("failed from {from}, {} by {} after {:.1} days", end.as_str(), day(ended), failing.days),
    }
}

/// `pod-host-path-sensitive: why (by config, owner platform, until 2027-01-31), 2026-10-01 to 2026-11-22, 52.0 days`
pub(super) fn excused(line: &ExceptionLine) -> String {
    let excuse = &line.excuse;
    let named = [("owner", excuse.owner.as_str()), ("approved by", &excuse.approver), ("until", excuse.expires.as_deref().unwrap_or(""))];
    let named = named.iter().filter(|(_, value)| !value.is_empty()).map(|(word, value)| format!(", {word} {}", clean(value, NAME)));
    let named: String = named.collect();
    let last = if line.in_force { "still in force".to_owned() } else { format!("last seen {}", day(&line.last_seen)) };
    format!(
        "{}: {} (by {}{named}), from {}, {last}, {:.1} days, {} at most",
        clean(&line.check, NAME),
        clean(&excuse.reason, SENTENCE),
        clean(&excuse.by, NAME),
        day(&line.first_seen),
        line.days,
        plural(line.findings, "finding")
    )
}

struct Paper<'a> {
    width: usize,
    out: &'a mut dyn Write,
}

impl Paper<'_> {
    fn head(&mut self, title: &str) -> io::Result<()> {
        self.item(0, title)?;
        writeln!(self.out)
    }

    fn item(&mut self, indent: usize, text: &str) -> io::Result<()> {
        let room = self.width.saturating_sub(indent + 2).max(20);
        for (number, part) in wrap(text, room + 2, room).iter().enumerate() {
            let more = if number == 0 { 0 } else { 2 };
            writeln!(self.out, "{:indent$}{part}", "", indent = indent + more)?;
        }
        Ok(())
    }

    fn line(&mut self, line: &Timeline) -> io::Result<()> {
        self.head(&format!("{}, against the profile {}", clean(&line.target, NAME), clean(&line.profile, NAME)))?;
        for run in &line.runs {
            let failures: Vec<_> = run.failures.iter().map(|(severity, count)| format!("{count} {}", severity.as_str())).collect();
            let failures = if failures.is_empty() { "no failures".to_owned() } else { failures.join(", ") };
            let gaps = if run.gaps == 0 { String::new() } else { format!(", {}", plural(run.gaps, "gap")) };
            let told = format!(
                "{}  {failures}, {} excused{gaps}, {:.1} % decided  ({})",
                run.started,
                run.excused,
                run.coverage,
                clean(&run.name, NAME)
            );
            self.item(2, &told)?;
        }
        writeln!(self.out)?;
        if !line.pauses.is_empty() {
            self.head("Longest times without a result")?;
            for pause in line.pauses.iter().take(PAUSES) {
                self.item(2, &format!("{:.1} days: {} to {}", pause.days, day(&pause.from), day(&pause.to)))?;
            }
            writeln!(self.out)?;
        }
        let mut failed: Vec<_> = line.controls.iter().filter(|control| !control.failed.is_empty()).collect();
        failed.sort_by(|a, b| b.days_failed.total_cmp(&a.days_failed));
        self.head(&format!("Controls that failed ({})", failed.len()))?;
        for control in failed {
            let now = control.now().map_or("not in the profile", |status| status.as_str());
            self.item(2, &format!("{}  {}: {now} now", clean(&control.id, NAME), clean(&control.title, NAME)))?;
            for period in &control.failed {
                self.item(6, &told(period))?;
            }
        }
        writeln!(self.out)?;
        if !line.exceptions.is_empty() {
            self.head(&format!("Exceptions ({})", line.exceptions.len()))?;
            for exception in &line.exceptions {
                self.item(2, &excused(exception))?;
            }
            writeln!(self.out)?;
        }
        Ok(())
    }
}
