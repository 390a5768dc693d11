//! Whether two commands are about the same image.

use std::collections::BTreeSet;

use crate::model::pipeline::Line;

/// What the words of two commands tell of whether they are about the same image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Likeness {
    /// They are.
    Same,
    /// They are not.
    Other,
    /// What is put in when they run decides it, or one of them names none.
    Open,
}

/// Compares two commands; what the task of this name hands on is what the first of them made.
pub(super) fn compare(made: &Line<'_>, other: &Line<'_>, task: &str) -> Likeness {
    let is_one_archive = || archives(made).any(|own| archives(other).any(|other| own == other));
    if is_one_archive() {
        return Likeness::Same;
    }
    let (made, other) = (names(made), names(other));
    let handed_on = format!("{{tasks.{task}.results.");
    let is_handed_on = || !task.is_empty() && other.iter().any(|name| name.contains(&handed_on));
    if !made.is_disjoint(&other) || is_handed_on() {
        return Likeness::Same;
    }
    if made.is_empty() || other.is_empty() {
        return Likeness::Open;
    }
    let mut all = made.iter().chain(&other);
    if all.any(|name| name.contains(['$', '{'])) { Likeness::Open } else { Likeness::Other }
}

/// The files of a command that hold an image.
fn archives<'l>(line: &'l Line<'_>) -> impl Iterator<Item = &'l str> {
    let parts = line.words.iter().skip(1).flat_map(|word| word.split(['=', ',', ':']));
    parts.filter(|part| [".tar", ".tar.gz", ".tgz"].iter().any(|end| part.ends_with(end)))
}

/// What in the words of a command may name an image, without tag and digest.
fn names(line: &Line<'_>) -> BTreeSet<String> {
    let parts = line.words.iter().skip(1).flat_map(|word| word.split(['=', ',']));
    let plain = parts.map(|part| part.rsplit_once("://").map_or(part, |(_, rest)| rest)).filter(|part| is_name(part));
    plain.map(untagged).collect()
}

fn is_name(part: &str) -> bool {
    let is_path = part.starts_with(['/', '.', '-']);
    let is_file = [".git", ".tar", ".json", ".yaml", ".toml"].iter().any(|end| part.ends_with(end)) || part.contains("#refs/");
    let is_variable = part.starts_with(['$', '{']);
    !is_path && !is_file && (is_variable || part.contains('/')) && !part.contains("{workspaces.")
}

/// Without what follows the name: `@sha256:…`, `:1.2`.
fn untagged(name: &str) -> String {
    let name = name.split('@').next().unwrap_or_default();
    let slash = name.rfind('/').map_or(0, |slash| slash + 1);
    let end = name[slash..].find(':').map_or(name.len(), |colon| slash + colon);
    name[..end].to_owned()
}

#[cfg(test)]
mod tests {
    use super::{is_name, untagged};

    #[test]
    fn names_are_told_from_other_words() {
        for (word, is) in [
            ("r.example.com/a:1", true),
            ("{params.IMAGE}", true),
            ("$IMAGE", true),
            ("image", false),
            ("./Dockerfile", false),
            ("/workspace/source", false),
            ("{workspaces.source.path}/x", false),
            ("git.example.com/a.git", false),
            ("--exit-code", false),
        ] {
            assert_eq!(is_name(word), is, "{word}");
        }
        assert_eq!(untagged("r.example.com:5000/a:1@sha256:0"), "r.example.com:5000/a");
        assert_eq!(untagged("{params.IMAGE}:latest"), "{params.IMAGE}");
    }
}
