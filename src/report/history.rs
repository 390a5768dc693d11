//! Results over time, for people and as JSON; the page has a file of its own.

use std::io::{self, Write};

use super::json::pretty;
use super::text::{NAME, SENTENCE, clean, plural, wrap};
use crate::assess::{ExceptionLine, Failing, FailingEnd, History, Timeline, Vouching};

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
    paper.item(
        0,
        &format!("{} in {} series: one for each cluster, or folder of files, and profile.", plural(runs, "result"), history.lines.len()),
    )?;
    unvouched(history).map_or(Ok(()), |said| paper.item(0, &said))
}

/// What nothing vouches for, or nobody by name.
pub(super) fn unvouched(history: &History) -> Option<String> {
    let (bare, whole) = (history.vouched(Vouching::Nothing), history.vouched(Vouching::Whole));
    let bare = (bare > 0).then(|| format!("{} not verified: anybody could have written or changed such a file.", plural(bare, "result")));
    let whole = (whole > 0).then(|| format!("{} whole, but whose signature it has was not asked: --key tells.", plural(whole, "bundle")));
    let told: Vec<_> = bare.into_iter().chain(whole).collect();
    (!told.is_empty()).then(|| told.join(" "))
}

/// `2026-11-22`
fn day(moment: &str) -> &str {
    moment.get(..10).unwrap_or(moment)
}

/// `8.0 days`, `3 hours`: a day of tenths says nothing of less than one.
pub(super) fn lasted(days: f64) -> String {
    let minutes = (days * 1440.0).round() as usize;
    match minutes {
        0 => "less than a minute".to_owned(),
        1..60 => plural(minutes, "minute"),
        60..1440 => plural((days * 24.0).round() as usize, "hour"),
        _ => format!("{days:.1} days"),
    }
}

/// `failed from 2026-10-01, fixed by 2026-10-09 after 8.0 days`
pub(super) fn told(failing: &Failing) -> String {
    let from = day(&failing.from);
    match (failing.end, &failing.ended) {
        (FailingEnd::Open, _) | (FailingEnd::Fixed | FailingEnd::Excused, None) => {
            let so_far = if failing.days > 0.0 { format!("{} so far", lasted(failing.days)) } else { "since this result".to_owned() };
            format!("failed from {from}, open, {so_far}")
        }
        (FailingEnd::Unseen, _) if day(&failing.last_seen) == from => format!("failed on {from}, not looked at or not decided since"),
        (FailingEnd::Unseen, _) => format!("failed from {from} to {}, not looked at or not decided since", day(&failing.last_seen)),
        (end, Some(ended)) => format!("failed from {from}, {} by {} after {}", end.as_str(), day(ended), lasted(failing.days)),
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
        "{}: {} (by {}{named}), from {}, {last}, {}, {} at most",
        clean(&line.check, NAME),
        clean(&excuse.reason, SENTENCE),
        clean(&excuse.by, NAME),
        day(&line.first_seen),
        if line.days > 0.0 { lasted(line.days) } else { "in one result".to_owned() },
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
                "{}  {failures}, {} excused{gaps}, {:.1} % decided  ({}, {})",
                run.started,
                run.excused,
                run.coverage,
                clean(&run.name, NAME),
                run.vouched.as_str()
            );
            self.item(2, &told)?;
        }
        writeln!(self.out)?;
        if !line.pauses.is_empty() {
            self.head("Longest times without a result")?;
            for pause in line.pauses.iter().take(PAUSES) {
                let (from, to) = if pause.days < 1.0 { (&*pause.from, &*pause.to) } else { (day(&pause.from), day(&pause.to)) };
                self.item(2, &format!("{}: {from} to {to}", lasted(pause.days)))?;
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
