//! `list`

use anyhow::Result;
use clap::ValueEnum;
use comfy_table::{ColumnConstraint, ContentArrangement, LineStyle, Table, TableStyle, Width};
use serde_json::{Value, json};

use super::args::{List, ListFormat, Listing, Voice};
use super::{Streams, options};
use crate::assess::Coverage;
use crate::policy::catalog::Control as CatalogControl;
use crate::policy::{Catalog, Profile, builtin};
use crate::{checks, explain, report};

pub(super) fn run(args: &List, voice: &Voice, streams: &mut Streams<'_>) -> Result<()> {
    let (head, rows, data) = match args.what {
        Listing::Checks => checks_listed(),
        Listing::Controls => controls(),
        Listing::Profiles => profiles(),
        Listing::Formats => formats(),
        Listing::Exceptions => exceptions(),
    };
    match args.format {
        ListFormat::Json => writeln!(streams.out, "{:#}", Value::Array(data))?,
        ListFormat::Table => write!(streams.out, "{}", fitted(&head, rows, options(voice, streams.terminal).width))?,
    }
    Ok(())
}

type Listed = (Vec<&'static str>, Vec<Vec<String>>, Vec<Value>);

/// A table where each word has room, else an entry below the other.
fn fitted(head: &[&str], rows: Vec<Vec<String>>, width: usize) -> String {
    /// Blanks around a column.
    const AROUND: usize = 3;
    let cells = |column: usize| rows.iter().filter_map(move |row| row.get(column)).map(String::as_str);
    let longest =
        |column: usize| cells(column).chain([head[column]]).flat_map(str::split_whitespace).map(|word| word.chars().count()).max();
    let words: Vec<_> = (0..head.len()).map(|column| longest(column).unwrap_or_default()).collect();
    if words.iter().map(|word| word + AROUND).sum::<usize>() > width {
        return rows.iter().map(|row| stacked(head, row, width)).collect();
    }
    let mut table = table(head, rows, width);
    for (column, word) in table.column_iter_mut().zip(words) {
        column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(u16::try_from(word + 2).unwrap_or_default())));
    }
    format!("{}\n", table.trim_fmt())
}

/// An entry by itself: its name, and what else is known of it below.
fn stacked(head: &[&str], row: &[String], width: usize) -> String {
    let mut text = Vec::new();
    let name = row.first().map(String::as_str).unwrap_or_default();
    // a vector takes all
    _ = report::flow::row("", name, Some(width), &mut text);
    for (word, cell) in head.iter().zip(row).skip(1) {
        _ = report::flow::row(&format!("  {word}: "), &cell.replace('\n', ", "), Some(width), &mut text);
    }
    String::from_utf8_lossy(&text).into_owned()
}

/// A plain table that fits a width.
pub(super) fn table(head: &[&str], rows: Vec<Vec<String>>, width: usize) -> Table {
    const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));
    let mut table = Table::new();
    table.load_style(STYLE).set_content_arrangement(ContentArrangement::Dynamic);
    // ids stay whole: nobody copies one out of two lines
    let ids = rows.iter().flat_map(|row| row.get(1)).flat_map(|cell| cell.lines()).filter(|line| !line.contains(' '));
    let widest = ids.map(str::len).max().unwrap_or_default();
    table.set_width(u16::try_from(width).unwrap_or(u16::MAX)).set_header(head.to_vec()).add_rows(rows);
    if let Some(column) = table.column_mut(1).filter(|_| widest < width / 2) {
        column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(u16::try_from(widest + 2).unwrap_or_default())));
    }
    table
}

fn checks_listed() -> Listed {
    let rows = checks::all().map(|check| vec![check.id.to_owned(), check.severity.as_str().to_owned(), check.title.to_owned()]);
    (vec!["check", "severity", "title"], rows.collect(), checks::all().map(explain::check_json).collect())
}

fn controls() -> Listed {
    let all = || Catalog::embedded().controls();
    let rows = all().map(|control| {
        let bound = format!("{} of {}", control.checks.len(), control.checks.len() + control.planned.len());
        vec![control.id.clone(), control.title.clone(), control.group.clone(), decided(control), bound]
    });
    let data = all().map(|control| {
        let mut data = json!(control);
        data["decided_now"] = now(control).into();
        data
    });
    (vec!["control", "title", "group", "checks decide", "checks built"], rows.collect(), data.collect())
}

/// How much of a control the checks of this release decide: `full`, `partial` or `none`.
fn now(control: &CatalogControl) -> &'static str {
    match control.coverage {
        _ if control.checks.is_empty() => Coverage::None.as_str(),
        Coverage::Full if !control.planned.is_empty() => Coverage::Partial.as_str(),
        coverage => coverage.as_str(),
    }
}

/// The same for a person, with what it comes to once all checks are there.
fn decided(control: &CatalogControl) -> String {
    let word = |coverage: &str| match coverage {
        "full" => "all of it",
        "partial" => "a part",
        _ => "nothing",
    };
    let (now, once) = (now(control), control.coverage.as_str());
    if now == once { word(now).to_owned() } else { format!("{} yet; {} once built", word(now), word(once)) }
}

fn profiles() -> Listed {
    let all = Profile::embedded();
    let rows = all.iter().map(|profile| vec![profile.name.clone(), profile.requirements.len().to_string(), profile.title.clone()]);
    let data = all.iter().map(|profile| {
        json!({"name": profile.name, "title": profile.title, "description": profile.description, "sha256": profile.sha256,
            "requirements": profile.requirements.iter().map(|requirement| &requirement.id).collect::<Vec<_>>()})
    });
    (vec!["profile", "requirements", "title"], rows.collect(), data.collect())
}

fn formats() -> Listed {
    let all: Vec<_> = report::Format::value_variants().iter().map(|format| format.describe()).collect();
    let data = all.iter().map(|(name, help)| json!({"name": name, "for": help})).collect();
    (vec!["format", "for"], all.into_iter().map(|(name, help)| vec![name, help]).collect(), data)
}

fn exceptions() -> Listed {
    let all = builtin::listed();
    let data = all.iter().map(|row| json!(row)).collect();
    let rows = all.iter().map(|row| vec![row.title.clone(), row.checks.join("\n"), row.namespaces.join("\n"), row.reason.clone()]);
    (vec!["program", "excused from", "in namespaces", "because"], rows.collect(), data)
}

#[cfg(test)]
mod tests {
    use super::{checks_listed, controls, exceptions, fitted};

    #[test]
    fn no_word_is_broken_at_any_width() {
        for (head, rows, _) in [checks_listed(), controls(), exceptions()] {
            let names: Vec<_> = rows.iter().map(|row| row[0].clone()).filter(|name| !name.contains(' ')).collect();
            for width in [45, 60, 80, 120] {
                let text = fitted(&head, rows.clone(), width);
                assert!(text.lines().all(|line| line.chars().count() <= width), "{width}: {text}");
                assert!(names.iter().all(|name| text.split_whitespace().any(|word| word == name)), "{width}: {text}");
            }
        }
    }
}
