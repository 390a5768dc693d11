//! How it stands: controls by group, requirements one by one, then in words what was scanned and what was not.

use std::io;

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};

use super::paper::{BOLD, DIM, PLAIN, Paper, Span, status};
use crate::assess;
use crate::assess::{Assessment, Control, Status};
use crate::report::text::{NAME, SENTENCE, clean, columns, plural, tally, words, wrap};

/// Writes the summary.
pub(super) fn write(paper: &mut Paper<'_>, assessment: &Assessment) -> io::Result<()> {
    let controls = assessment.controls.iter();
    let (grouped, single): (Vec<_>, Vec<_>) = controls.partition(|control| !control.group.is_empty());
    if !grouped.is_empty() {
        paper.head("Controls by group", &plural(grouped.len(), "control"))?;
        groups(paper, &grouped)?;
        if paper.verbose {
            let tells = |control: &&&Control| !matches!(control.status, Status::NotAssessed | Status::NotApplicable);
            let (shown, rest): (Vec<_>, Vec<_>) = grouped.iter().partition(|control| paper.everything || tells(control));
            paper.head("Controls", &if rest.is_empty() { String::new() } else { format!("-vv shows {} more", rest.len()) })?;
            one_by_one(paper, &shown)?;
        }
    }
    if !single.is_empty() {
        paper.head("Requirements", &plural(single.len(), "requirement"))?;
        one_by_one(paper, &single)?;
    }
    in_words(paper, assessment)
}

/// The closing sentences; the verdict last, where a terminal stops scrolling.
fn in_words(paper: &mut Paper<'_>, assessment: &Assessment) -> io::Result<()> {
    paper.head("Result", "")?;
    paper.paragraph(0, (PLAIN, &words::scanned(assessment)))?;
    for sentence in [words::narrowed(assessment), words::configured(assessment), words::compared(assessment)].iter().flatten() {
        paper.paragraph(0, (PLAIN, sentence))?;
    }
    if let Some(world) = words::world(assessment) {
        paper.paragraph(0, (DIM, world))?;
    }
    if let Some(unseen) = words::not_assessed(assessment) {
        paper.paragraph(0, (status(Status::NotAssessed), &unseen))?;
    }
    if let Some(coverage) = words::coverage(assessment) {
        paper.paragraph(0, (PLAIN, &coverage))?;
    }
    let verdict = words::verdict(assessment);
    let threshold = words::threshold(assessment).map(|threshold| format!("; {threshold}")).unwrap_or_default();
    let sentence = format!("{verdict}{threshold}. Exit code {}.", assess::decide(assessment).code());
    let failed = assessment.summary.findings.values().any(|count| *count > 0);
    let style = if failed { status(Status::Fail) } else { BOLD };
    paper.paragraph(0, (style, &sentence))
}

fn groups(paper: &mut Paper<'_>, controls: &[&Control]) -> io::Result<()> {
    let mut rows = tally::by_group(controls);
    let shown = tally::seen(&rows);
    rows.push(tally::sum(&rows));
    let lines = [2, 1].iter().map(|gap| grid(paper.width, *gap, &rows, &shown)).find(|lines| fits(lines, paper.width));
    let Some(lines) = lines else { return sentences(paper, &rows, &shown) };
    for (number, line) in lines.iter().enumerate() {
        let last = number + 1 == lines.len();
        let style = if number < HEAD {
            DIM
        } else if last {
            BOLD
        } else {
            PLAIN
        };
        paper.line(&[(style, line.trim_end())])?;
    }
    Ok(())
}

fn fits(lines: &[String], width: usize) -> bool {
    lines.iter().all(|line| columns(line.trim_end()) <= width)
}

/// The lines of a column's head.
const HEAD: usize = 2;

/// A word stands on the second line, two on both.
fn head(status: Status) -> String {
    if status == Status::NotApplicable {
        return "\nn/a".to_owned();
    }
    match status.as_str().split_once('-') {
        Some((first, second)) => format!("{first}\n{second}"),
        None => format!("\n{}", status.as_str()),
    }
}

/// The lines of the table. The names of the groups give way where the numbers need the room.
fn grid(width: usize, gap: u16, rows: &[tally::Row<'_>], shown: &[usize]) -> Vec<String> {
    let heads: Vec<_> = shown.iter().map(|column| head(Status::ALL[*column])).collect();
    let needed: usize = heads.iter().map(|head| head.lines().map(columns).max().unwrap_or(0) + usize::from(gap)).sum();
    // narrower than this, names would be broken within words
    let room = width.saturating_sub(needed).max(14);
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    let right = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
    table.set_header(std::iter::once(Cell::new("")).chain(heads.into_iter().map(right)));
    for (group, counts) in rows {
        let name = wrap(&clean(group, NAME), room, room).join("\n");
        let number = |column: &usize| if counts[*column] == 0 { "-".to_owned() } else { counts[*column].to_string() };
        table.add_row(std::iter::once(Cell::new(name)).chain(shown.iter().map(|column| right(number(column)))));
    }
    for (number, column) in table.column_iter_mut().enumerate() {
        column.set_padding((if number == 0 { 0 } else { gap }, 0));
    }
    table.lines().collect()
}

/// The same for a terminal too narrow for columns.
fn sentences(paper: &mut Paper<'_>, rows: &[tally::Row<'_>], shown: &[usize]) -> io::Result<()> {
    for (group, counts) in rows {
        let present = shown.iter().filter(|column| counts[**column] > 0);
        let parts: Vec<_> = present.map(|column| format!("{} {}", counts[*column], Status::ALL[*column].as_str())).collect();
        let lead = format!("{}: ", clean(group, NAME));
        paper.flow(&[(BOLD, &lead)], 4, (PLAIN, &parts.join(", ")))?;
    }
    Ok(())
}

/// A line a control, or more where its title and reason are long.
fn one_by_one(paper: &mut Paper<'_>, controls: &[&Control]) -> io::Result<()> {
    let widest = controls.iter().map(|control| columns(&clean(&control.id, 24))).max().unwrap_or(0);
    for control in controls {
        let id = clean(&control.id, 24);
        let (word, pad) = (format!("{:<14} ", control.status.as_str()), " ".repeat(widest - columns(&id) + 2));
        let reason = if control.reason.is_empty() { String::new() } else { format!(": {}", clean(&control.reason, SENTENCE)) };
        let text = format!("{}{reason}", clean(&control.title, SENTENCE));
        let lead: &[Span<'_>] = &[(PLAIN, "  "), (status(control.status), &word), (BOLD, &id), (PLAIN, &pad)];
        paper.flow(lead, 2 + 15 + widest + 2, (PLAIN, &text))?;
    }
    Ok(())
}
