//! OSCAL 1.2.1: the result as assessment results, assessment plan, and plan of action and milestones; the controls of a
//! profile as catalog, profile and component definition ([`catalog`]).
//!
//! Every UUID is of version 5, made from what it names, so that the same thing keeps its UUID from run to run. Nothing is
//! said to be satisfied but a check that passed on all of the evidence; what was not looked at has no finding.

use std::io::{self, Write};

use serde_json::{Value, json};
use uuid::Uuid;

use super::json::pretty;
use super::projection;
use super::sarif::words::paragraph;
use super::stream::Part;
use super::text::SENTENCE;
use crate::assess::Assessment;

mod attested;
pub mod catalog;
mod evidence;
mod plan;
mod poam;
mod results;

/// The version of the schemas.
const VERSION: &str = "1.2.1";
/// What our own properties are named under.
const NAMESPACE: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/ns/oscal");
/// The names by which the documents refer to one another.
const CATALOG: &str = "catalog.json";
const PROFILE: &str = "profile.json";
const PLAN: &str = "assessment-plan.json";

/// Writes the assessment results.
///
/// # Errors
/// What the writer says.
pub fn write_results(assessment: &Assessment, out: &mut dyn Write) -> io::Result<()> {
    results::write(assessment, out)
}

/// Writes the plan of action and milestones: an item for each open failure, and for each gap in the evidence.
///
/// # Errors
/// What the writer says.
pub fn write_poam(assessment: &Assessment, out: &mut dyn Write) -> io::Result<()> {
    poam::write(assessment, out)
}

/// Writes the assessment plan that the results refer to.
///
/// # Errors
/// What the writer says.
pub fn write_plan(assessment: &Assessment, out: &mut dyn Write) -> io::Result<()> {
    document("assessment-plan", plan::of(assessment), out)
}

fn document<'a>(name: &'static str, content: impl Into<Part<'a>>, out: &mut dyn Write) -> io::Result<()> {
    pretty(&Part::Object(vec![(name, content.into())]), out)
}

/// The UUID of a thing by the parts of its name.
fn uuid(parts: &[&str]) -> String {
    let name = std::iter::once("cnscan/oscal").chain(parts.iter().copied()).collect::<Vec<_>>().join("\u{1f}");
    Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes()).to_string()
}

/// The UUID of this program as a component.
fn tool() -> String {
    uuid(&["component", "cnscan"])
}

/// A text of one line that is not empty, and no Markdown link.
fn line(text: &str) -> String {
    let line = paragraph(text, SENTENCE);
    let line = line.trim();
    if line.is_empty() { "(empty)".to_owned() } else { line.to_owned() }
}

/// An id as OSCAL takes it: a letter first, then letters, digits, `.`, `-` and `_`; other characters by their number.
fn token(text: &str) -> String {
    let fits = |char: char| char.is_ascii_alphanumeric() || matches!(char, '.' | '-' | '_');
    let mut token = String::new();
    for char in text.chars().take(SENTENCE) {
        if fits(char) {
            token.push(char);
        } else {
            token.push_str(&format!("_{:x}_", u32::from(char)));
        }
    }
    if token.starts_with(|char: char| char.is_ascii_alphabetic() || char == '_') { token } else { format!("_{token}") }
}

/// What a check determines about a control.
fn objective(control: &str, check: &str) -> String {
    format!("{}_obj.{}", token(control), token(check))
}

/// A property of ours; none for an empty value.
fn prop(name: &str, value: &str) -> Value {
    if value.trim().is_empty() { Value::Null } else { json!({"name": name, "ns": NAMESPACE, "value": line(value)}) }
}

/// Properties of ours, those with a value.
fn props<'a>(all: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<Value> {
    all.into_iter().map(|(name, value)| prop(name, value)).filter(|prop| !prop.is_null()).collect()
}

fn metadata(title: &str, modified: &str, version: &str) -> Value {
    json!({"title": line(title), "last-modified": modified, "version": line(version), "oscal-version": VERSION})
}

/// Of a document about a run.
fn metadata_of(title: &str, assessment: &Assessment) -> Value {
    let finished = projection::rfc3339(projection::times(assessment).1);
    metadata(title, &finished, &finished)
}

/// That this program said so.
fn origins() -> Value {
    json!([{"actors": [{"type": "tool", "actor-uuid": tool()}]}])
}

/// This program, and where it ran.
fn assets(assessment: &Assessment) -> Value {
    json!({
        "components": [{
            "uuid": tool(),
            "type": "software",
            "title": "cnscan",
            "description": "Security controls compliance scanner for cloud native systems.",
            "props": [{"name": "version", "value": line(&assessment.tool.version)}],
            "status": {"state": "operational"},
        }],
        "assessment-platforms": [{
            "uuid": uuid(&["platform"]),
            "title": "Where cnscan ran",
            "uses-components": [{"component-uuid": tool()}],
        }],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_ids_are_what_the_schemas_take() {
        assert_eq!((line("  a\n b "), line(" \t")), ("a b".to_owned(), "(empty)".to_owned()));
        assert_eq!(token("CNSC-32"), "CNSC-32");
        assert_eq!(token("4 b"), "_4_20_b");
        assert_eq!(token(""), "_");
        assert_eq!(prop("a", " "), Value::Null);
    }

    #[test]
    fn a_thing_keeps_its_uuid() {
        assert_eq!(uuid(&["risk", "aa"]), uuid(&["risk", "aa"]));
        assert_ne!(uuid(&["risk", "aa"]), uuid(&["ris", "kaa"]));
        assert_eq!(Uuid::parse_str(&tool()).ok().map(|uuid| uuid.get_version_num()), Some(5));
    }
}
