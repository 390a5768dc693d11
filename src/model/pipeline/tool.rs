//! The programs of pipelines, and what they do: a dated table.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::model::pipeline::Line;
use crate::model::{Image, table};

/// What a command does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Does {
    /// It pushes an image to a registry.
    Push,
    /// It publishes an artefact of another kind.
    Publish,
    /// It looks for vulnerabilities in an image.
    Scan,
    /// It makes a list of what an artefact is made of, as a file.
    Sbom,
    /// It puts such a list where the artefact is.
    Attach,
    /// It signs a statement of how an artefact was built.
    Attest,
    /// It fetches a secret from a manager.
    Fetch,
    /// It measures a cluster or its machines against a benchmark.
    Measure,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    does: Does,
    /// The program, and the words that follow it, flags aside.
    words: Vec<String>,
    /// One of these has to stand in a word.
    #[serde(default)]
    with: Vec<String>,
    /// One of these has to be a word.
    #[serde(default)]
    has: Vec<String>,
    /// None of these may be one.
    #[serde(default)]
    unless: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryPoint {
    image: String,
    program: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[cfg_attr(not(test), expect(dead_code, reason = "for a person: when the facts were read"))]
    read: String,
    #[expect(dead_code, reason = "for a person: where the facts are from")]
    sources: Vec<String>,
    entry_points: Vec<EntryPoint>,
    commands: Vec<Row>,
}

static TABLE: LazyLock<Table> =
    LazyLock::new(|| table::shipped("table of pipeline tools", include_str!("../../../profiles/pipeline-tools.yaml")));

/// The program that an image starts, wherever it is mirrored.
pub(super) fn entry_point(image: &str) -> Option<&'static str> {
    let image = Image::parse(image).ok()?;
    TABLE.entry_points.iter().find(|known| image.ends_with(&known.image)).map(|known| known.program.as_str())
}

/// Whether what a program does hangs on the word that follows it.
pub(super) fn has_subcommands(program: &str) -> bool {
    TABLE.commands.iter().any(|row| row.words[0] == program && row.words.len() > 1)
}

/// Whether a command does something.
pub(super) fn does(line: &Line<'_>, does: Does) -> bool {
    let Some((program, rest)) = line.words.split_first() else { return false };
    let program = match program.as_str() {
        "/kaniko/executor" => "kaniko",
        other => other.rsplit('/').next().unwrap_or_default(),
    };
    TABLE.commands.iter().filter(|row| row.does == does && row.words[0] == program).any(|row| fits(row, rest))
}

fn fits(row: &Row, words: &[String]) -> bool {
    // where the subcommand stands: in front, or behind the value of one flag
    let plain: Vec<&String> = words.iter().filter(|word| !word.starts_with('-')).collect();
    let wanted: Vec<&String> = row.words[1..].iter().collect();
    let is_called = (0..2).any(|from| plain.get(from..from + wanted.len()) == Some(wanted.as_slice()));
    let holds = |part: &String| words.iter().any(|word| word.contains(part.as_str()));
    let is_there = |one: &String| words.contains(one);
    is_called
        && (row.with.is_empty() || row.with.iter().any(holds))
        && (row.has.is_empty() || row.has.iter().any(is_there))
        && !row.unless.iter().any(is_there)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_begins_with_a_program() {
        assert!(TABLE.commands.iter().all(|row| !row.words.is_empty()));
        assert!(crate::model::dated::day_in(&TABLE.read).is_some());
    }
}
