//! The result as JSON: the one stable machine format, which every other is made from.

use std::io::{self, BufWriter, Write};

use schemars::generate::SchemaSettings;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::assess::{Assessment, PART_SCHEMA, Part, SCHEMA};

/// What all versions of the format start with.
const FAMILY: &str = "cnscan/result/v";
/// The same of the parts of shards.
const PARTS: &str = "cnscan/part/v";

/// Writes the whole assessment: same assessment, same bytes.
///
/// # Errors
/// What the writer says.
pub fn write(assessment: &Assessment, out: &mut dyn Write) -> io::Result<()> {
    pretty(assessment, out)
}

/// Writes indented JSON with a line end, piece by piece: a big result never stands in memory as text.
pub(super) fn pretty(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 16, out);
    serde_json::to_writer_pretty(&mut out, value)?;
    out.write_all(b"\n")?;
    out.flush()
}

/// Why a text is no result that can be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// It is not JSON.
    #[error("not JSON, or cut off: {0}; a result is what `cnscan scan -f json` writes")]
    NotJson(serde_json::Error),
    /// It is JSON of something else.
    #[error("{0}; a result is what `cnscan scan -f json` writes")]
    Foreign(String),
    /// It is of another version of the format.
    #[error("its format is `{found}`, written by {tool}; this cnscan {} reads `{SCHEMA}`: {advice}", env!("CARGO_PKG_VERSION"))]
    OtherVersion {
        /// Its `schema`.
        found: String,
        /// What wrote it.
        tool: String,
        /// What to do.
        advice: &'static str,
    },
    /// It says that it is a result, and is not.
    #[error("it calls itself `{SCHEMA}` and is no valid one: {0}")]
    Invalid(serde_json::Error),
    /// It is the part of one shard.
    #[error("it is the part of one shard, and no result: `cnscan merge` makes one of all parts")]
    Part,
    /// It is no part of a shard.
    #[error("{0}")]
    NoPart(String),
    /// It says that it is a part, and is not.
    #[error("it calls itself `{PART_SCHEMA}` and is no valid one: {0}")]
    BrokenPart(serde_json::Error),
}

/// What tells a result from other JSON files.
#[derive(Deserialize)]
struct Header {
    schema: Option<Value>,
    tool: Option<Value>,
    runs: Option<serde::de::IgnoredAny>,
}

/// Reads what [`write()`] wrote.
///
/// # Errors
/// What is wrong with the text, and what to do.
pub fn read(text: &str) -> Result<Assessment, ReadError> {
    let text = text.trim_start_matches('\u{feff}');
    recognise(text)?;
    serde_json::from_str(text).map_err(ReadError::Invalid)
}

/// Writes the part of a shard.
///
/// # Errors
/// What the writer says.
pub fn write_part(part: &Part, out: &mut dyn Write) -> io::Result<()> {
    pretty(part, out)
}

/// Reads what [`write_part()`] wrote.
///
/// # Errors
/// What is wrong with the text, and what to do.
pub fn read_part(text: &str) -> Result<Part, ReadError> {
    let text = text.trim_start_matches('\u{feff}');
    let found = schema_of(text)?.0;
    if found == PART_SCHEMA {
        return serde_json::from_str(text).map_err(ReadError::BrokenPart);
    }
    let advice = "a part is what `cnscan scan --shard I/N` writes";
    let whole = found.starts_with(FAMILY);
    Err(ReadError::NoPart(if whole { format!("it is a whole result: {advice}") } else { format!("its schema is `{found}`: {advice}") }))
}

/// Looks at the outermost keys alone, so that a file of another kind is called what it is, not "missing field".
fn recognise(text: &str) -> Result<(), ReadError> {
    let (found, tool) = schema_of(text)?;
    if found == SCHEMA {
        return Ok(());
    }
    if found.starts_with(PARTS) {
        return Err(ReadError::Part);
    }
    let Some(number) = found.strip_prefix(FAMILY) else {
        return Err(ReadError::Foreign(format!("its schema is `{found}`")));
    };
    let ours = SCHEMA.trim_start_matches(FAMILY).parse::<u32>();
    let older = number.parse::<u32>().ok() < ours.ok();
    let advice = if older { "scan again with this release" } else { "take a newer cnscan" };
    Err(ReadError::OtherVersion { found, tool, advice })
}

/// The schema that a text says it has, and what wrote it.
fn schema_of(text: &str) -> Result<(String, String), ReadError> {
    let header: Header = serde_json::from_str(text).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => ReadError::Foreign("it is no JSON object".to_owned()),
        _ => ReadError::NotJson(error),
    })?;
    let Some(Value::String(found)) = header.schema else {
        let what = if header.runs.is_some() { "it is a SARIF log, which has less than a result" } else { "it has no `schema`" };
        return Err(ReadError::Foreign(what.to_owned()));
    };
    let version = header.tool.as_ref().and_then(|tool| tool["version"].as_str());
    let tool = version.map_or_else(|| "an unknown release".to_owned(), |version| format!("cnscan {version}"));
    Ok((found, tool))
}

/// The JSON Schema (draft 2020-12) of what [`write()`] writes.
#[must_use]
pub fn schema() -> Value {
    let schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Assessment>();
    let mut schema = schema.to_value();
    schema["title"] = Value::from("The result of a cnscan scan");
    schema["properties"]["schema"]["const"] = Value::from(SCHEMA);
    schema
}
