//! TOML, as containerd is configured in, with the place of each value.

use toml_edit::{Document, Item, Key, TableLike, Value};

use super::draft::{Draft, Span};

/// A whole file.
pub(super) fn draft(text: &str, name: &str) -> Result<Draft, (usize, String)> {
    let parsed = Document::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        (at, format!("no TOML: {}", error.message().lines().next().unwrap_or_default()))
    })?;
    let mut entries = vec![Draft::metadata(name)];
    entries.extend(table(parsed.as_table()));
    Ok(Draft::Mapping((0, text.len() as u32), entries))
}

fn table(table: &dyn TableLike) -> Vec<(Draft, Draft)> {
    let entry = |(name, item): (&str, &Item)| {
        let key = table.key(name).and_then(Key::span).map_or_else(|| Draft::key(name), |range| Draft::Told(span(range), name.to_owned()));
        (key, node(item))
    };
    table.iter().map(entry).collect()
}

fn node(item: &Item) -> Draft {
    let place = item.span().map_or((0, 0), span);
    match item {
        Item::None => Draft::Told(place, String::new()),
        Item::Value(known) => value(known),
        Item::Table(known) => Draft::Mapping(place, table(known)),
        Item::ArrayOfTables(list) => {
            let inner = |known: &toml_edit::Table| Draft::Mapping(known.span().map_or((0, 0), span), table(known));
            Draft::Sequence(place, list.iter().map(inner).collect())
        }
    }
}

fn value(known: &Value) -> Draft {
    let place = known.span().map_or((0, 0), span);
    let told = |text: String| Draft::Told(place, text);
    match known {
        Value::String(text) => told(text.value().clone()),
        Value::Integer(number) => told(number.value().to_string()),
        Value::Float(number) => told(number.value().to_string()),
        Value::Boolean(flag) => told(flag.value().to_string()),
        Value::Datetime(time) => told(time.value().to_string()),
        Value::Array(list) => Draft::Sequence(place, list.iter().map(value).collect()),
        Value::InlineTable(inner) => Draft::Mapping(place, table(inner)),
    }
}

fn span(range: std::ops::Range<usize>) -> Span {
    (range.start as u32, range.end as u32)
}
