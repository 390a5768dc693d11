//! The programs of pipelines, and what they do: a dated table.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::model::pipeline::Line;
use crate::model::pipeline::condition::{Condition, any, none};
use crate::model::pipeline::flags::{Known, Taken};
use crate::model::pipeline::reference::Reference;
use crate::model::{Image, table};

/// What a command does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Does {
    /// It builds an image, or gives one another name.
    Build,
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
    /// One of these has to be met.
    #[serde(default)]
    when: Vec<Condition>,
    /// And one of these.
    #[serde(default)]
    also: Vec<Condition>,
    /// None of these may be.
    #[serde(default)]
    unless: Vec<Condition>,
    /// Where the image stands that it is about.
    #[serde(default)]
    image: Vec<Operand>,
    /// It makes the image itself.
    #[serde(default)]
    builds: bool,
    /// It ends with an error for what it finds: always, where one of these is met, or never.
    #[serde(default)]
    stops: Stops,
    /// What it does hangs on what is in a file.
    #[serde(default)]
    unsure: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Stops {
    #[default]
    Never,
    Always,
    When(Vec<Condition>),
}

/// Where a command names an image.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Operand {
    /// The word at this place beside flags.
    at: Option<usize>,
    /// All words from this place on.
    from: Option<usize>,
    /// The values of these flags.
    flags: Vec<String>,
    /// Of a value with commas, the part of this key: `type=image,name=…`.
    part: Option<String>,
    /// It is a file.
    file: bool,
    /// It is what the image is made of, and not where it goes to.
    source: bool,
    /// What it is about lies below.
    above: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Program {
    name: String,
    /// Its flags that take a value.
    takes: Vec<String>,
    /// Its flags that take none.
    plain: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryPoint {
    image: String,
    program: String,
    /// What follows where nothing is said.
    #[serde(default)]
    words: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[cfg_attr(not(test), expect(dead_code, reason = "for a person: when the facts were read"))]
    read: String,
    #[expect(dead_code, reason = "for a person: where the facts are from")]
    sources: Vec<String>,
    entry_points: Vec<EntryPoint>,
    programs: Vec<Program>,
    /// Variables of the environment that are asked for.
    settings: Vec<String>,
    commands: Vec<Row>,
}

static TABLE: LazyLock<Table> =
    LazyLock::new(|| table::shipped("table of pipeline tools", include_str!("../../../profiles/pipeline-tools.yaml")));

/// What a command is found to do.
#[derive(Debug)]
pub(super) struct Found {
    /// Nothing that is put in when it runs decides it.
    pub(super) sure: bool,
    /// The images that it is about.
    pub(super) images: Vec<Reference>,
    /// What they are made of.
    pub(super) sources: Vec<Reference>,
    /// It makes them itself.
    pub(super) builds: bool,
    /// It ends with an error for what it finds.
    pub(super) stops: bool,
}

/// The program that an image starts, wherever it is mirrored, and the words that it gets where it is given none.
pub(super) fn entry_point(image: &str) -> Option<(&'static str, &'static [String])> {
    let image = Image::parse(image).ok()?;
    let found = TABLE.entry_points.iter().find(|known| image.ends_with(&known.image))?;
    Some((found.program.as_str(), found.words.as_slice()))
}

/// Whether what a program does hangs on the word that follows it.
pub(super) fn has_subcommands(program: &str) -> bool {
    TABLE.commands.iter().any(|row| row.words[0] == program && row.words.len() > 1)
}

/// Whether what a program does with a subcommand is known.
pub(super) fn is_known(program: &str, subcommand: &str) -> bool {
    TABLE.commands.iter().any(|row| row.words[0] == program && row.words.get(1).is_some_and(|word| word == subcommand))
}

/// Whether a variable of the environment decides what a program does.
pub(super) fn is_setting(name: &str) -> bool {
    TABLE.settings.iter().any(|known| known == name)
}

/// Whether a program that is not known is given the words of another that publishes something: `retry 3 docker push …`.
pub(super) fn holds_another(words: &[String]) -> bool {
    const SAYS: [&str; 12] = ["echo", "printf", "cat", "git", "grep", "test", "[", "[[", "log", "info", "command", "which"];
    let name = program(&words[0]);
    if SAYS.contains(&name) || TABLE.commands.iter().any(|row| row.words[0] == name) {
        return false;
    }
    let publishes = |row: &&Row| matches!(row.does, Does::Push | Does::Publish) && row.words.len() > 1;
    let mut rows = TABLE.commands.iter().filter(publishes);
    rows.any(|row| words[1..].windows(row.words.len()).any(|some| program(&some[0]) == row.words[0] && some[1..] == row.words[1..]))
}

fn known(program: &str) -> Known {
    let found = TABLE.programs.iter().find(|known| known.name == program);
    found.map_or_else(Known::default, |found| Known { takes: &found.takes, plain: &found.plain })
}

fn program(word: &str) -> &str {
    match word {
        "/kaniko/executor" => "kaniko",
        other => other.rsplit('/').next().unwrap_or_default(),
    }
}

/// What a command does of this, if it does.
pub(super) fn does(line: &Line<'_>, does: Does) -> Option<Found> {
    let (first, rest) = line.words.split_first()?;
    let program = program(first);
    let mut rows = TABLE.commands.iter().filter(|row| row.does == does && row.words[0] == program).peekable();
    rows.peek()?;
    let taken = Taken::read(rest, known(program));
    rows.find_map(|row| fits(row, &taken, line))
}

fn fits(row: &Row, taken: &Taken<'_>, line: &Line<'_>) -> Option<Found> {
    let beside = taken.after(&row.words[1..])?;
    let met = |condition: &Condition| condition.met(taken, &beside, line);
    let parts = [any(&row.when, met), any(&row.also, met), none(&row.unless, met)];
    if parts.contains(&Some(false)) {
        return None;
    }
    let (mut images, mut sources, mut sure) = (Vec::new(), Vec::new(), !row.unsure && parts.iter().all(Option::is_some));
    for operand in &row.image {
        let (named, certain) = operand.find(taken, &beside);
        sure &= certain;
        if operand.source { sources.extend(named) } else { images.extend(named) }
    }
    let stops = match &row.stops {
        Stops::Never => false,
        Stops::Always => true,
        Stops::When(conditions) => any(conditions, met) == Some(true),
    };
    Some(Found { sure, images, sources, builds: row.builds, stops })
}

impl Operand {
    /// The images that it names, and whether these are certain.
    fn find(&self, taken: &Taken<'_>, beside: &[(&str, bool)]) -> (Vec<Reference>, bool) {
        let part = |value: &str| match &self.part {
            None => Some(value.to_owned()),
            Some(key) => value.split(',').find_map(|part| part.strip_prefix(key.as_str())?.strip_prefix('=')).map(str::to_owned),
        };
        let read = |value: &str| Some(Reference { is_above: self.above, ..Reference::read(&part(value)?, self.file)? });
        let by_flag = taken
            .values(&self.flags)
            .flatten()
            .flat_map(|value| if self.part.is_some() { vec![value] } else { value.split(',').collect() });
        let mut found: Vec<Reference> = by_flag.filter_map(read).collect();
        let wanted = self.at.or(self.from);
        let Some(first) = wanted else { return (found, true) };
        let certain: Vec<&str> = beside.iter().filter(|(_, sure)| *sure).map(|(word, _)| *word).collect();
        // where a word may be the value of a flag, it is none of what is wanted if there is enough without it
        let is_certain = certain.len() == beside.len() || self.at.is_some_and(|at| certain.len() == at + 1);
        let words: Vec<&str> = if is_certain { certain } else { beside.iter().map(|(word, _)| *word).collect() };
        let end = if self.at.is_some() { first + 1 } else { words.len() };
        found.extend(words.get(first..end.min(words.len())).unwrap_or_default().iter().filter_map(|word| read(word)));
        (found, is_certain)
    }
}

/// What `docker run IMAGE …` runs: `None` for another command, `Some(None)` where that is not known.
pub(super) fn in_container(words: &[String]) -> Option<Option<Vec<String>>> {
    let (first, rest) = words.split_first()?;
    if !matches!(program(first), "docker" | "podman" | "nerdctl") {
        return None;
    }
    let taken = Taken::read(rest, known(program(first)));
    let is_within = |wanted: &[&str]| taken.after(&wanted.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>()).is_some();
    if is_within(&["exec"]) || is_within(&["container", "exec"]) || is_within(&["compose", "run"]) || is_within(&["start"]) {
        return Some(None);
    }
    let run = match (is_within(&["run"]), is_within(&["container", "run"])) {
        (false, false) => return None,
        _ => rest.iter().position(|word| word == "run")?,
    };
    Some(started(&rest[run + 1..]))
}

/// The program in an image with its words; nothing where a flag or the image is not known.
fn started(words: &[String]) -> Option<Vec<String>> {
    let flags = known("docker run");
    let (mut at, mut entry_point_is) = (0, None);
    while let Some(word) = words.get(at).filter(|word| word.starts_with('-')) {
        let has = |list: &[String], word: &str| list.iter().any(|one| one == word);
        let letters_are_plain = || word[1..].chars().all(|letter| has(flags.plain, &format!("-{letter}")));
        let (flag, value) = word.split_once('=').map_or((word.as_str(), None), |(flag, value)| (flag, Some(value)));
        let takes = value.is_none() && has(flags.takes, flag);
        if value.is_none() && !takes && !has(flags.plain, flag) && !letters_are_plain() {
            return None;
        }
        if flag == "--entrypoint" {
            entry_point_is = value.or_else(|| words.get(at + 1).map(String::as_str));
        }
        at += if takes { 2 } else { 1 };
    }
    let (image, given) = words.get(at..)?.split_first()?;
    let is_shell = || given.first().is_some_and(|first| matches!(first.as_str(), "sh" | "bash"));
    let (program, by_default) = match (entry_point_is, entry_point(image)) {
        (Some(named), _) => (Some(named), &[][..]),
        (None, Some((program, words))) => (Some(program), words),
        (None, None) => (is_shell().then_some(None)?, &[][..]),
    };
    let given = if given.is_empty() { by_default } else { given };
    Some(program.map(str::to_owned).into_iter().chain(given.iter().cloned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_begins_with_a_program() {
        assert!(TABLE.commands.iter().all(|row| !row.words.is_empty()));
        assert!(crate::model::dated::day_in(&TABLE.read).is_some());
        for flag in TABLE.programs.iter().flat_map(|program| program.takes.iter().chain(&program.plain)) {
            assert!(flag.starts_with('-'), "{flag}");
        }
    }

    #[test]
    fn what_runs_in_a_container_is_found() {
        for (text, wanted) in [
            ("docker run --rm -v a:b aquasec/trivy:1 image x", Some(Some("trivy image x"))),
            ("docker run -it --entrypoint grype a/b x", Some(Some("grype x"))),
            ("podman container run --rm a/b x", Some(None)),
            ("docker run --unknown aquasec/trivy image x", Some(None)),
            ("docker push run", None),
            ("trivy image x", None),
        ] {
            let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
            let found = in_container(&words).map(|inner| inner.map(|words| words.join(" ")));
            assert_eq!(found.as_ref().map(Option::as_deref), wanted, "{text}");
        }
    }
}
