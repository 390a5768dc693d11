//! `list`

use anyhow::Result;
use clap::ValueEnum;
use comfy_table::{ColumnConstraint, ContentArrangement, LineStyle, Table, TableStyle, Width};
use serde_json::{Value, json};

use super::args::{List, ListFormat, Listing, Voice};
use super::{Streams, options};
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
        ListFormat::Table => writeln!(streams.out, "{}", table(&head, rows, options(voice, streams.terminal).width).trim_fmt())?,
    }
    Ok(())
}

type Listed = (Vec<&'static str>, Vec<Vec<String>>, Vec<Value>);

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
        vec![control.id.clone(), control.title.clone(), control.group.clone(), control.coverage.as_str().to_owned(), bound]
    });
    let data = all().map(|control| json!(control));
    (vec!["control", "title", "group", "coverage", "checks"], rows.collect(), data.collect())
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
