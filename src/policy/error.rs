//! What a user can get wrong in a profile, a configuration file or a selection, and in what words he is told.

use std::path::Path;

/// A mistake in what to hold the evidence against: the scan does not start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file that cannot be read.
    #[error("{path}: {why}")]
    Read {
        /// As the user knows it.
        path: String,
        /// What the system said.
        why: String,
    },
    /// Something wrong at a place in a file.
    #[error("{file}:{line}:{column}: {what}")]
    Mistake {
        /// As the user knows it.
        file: String,
        /// From 1.
        line: u64,
        /// From 1.
        column: u64,
        /// What is wrong, and what to do.
        what: String,
    },
    /// Several things wrong in a file, a line each.
    #[error("{}", .0.join("\n"))]
    Mistakes(Vec<String>),
    /// A name that nothing has.
    #[error("{0}")]
    Unknown(String),
    /// The selection leaves nothing to check.
    #[error("{0}")]
    Nothing(String),
}

impl Error {
    /// A file that the system does not give.
    pub(crate) fn read(path: &Path, error: &std::io::Error) -> Self {
        Error::Read { path: path.display().to_string(), why: crate::trouble::said(error) }
    }
}

/// What is said of a name that nothing has, with the nearest one that something has.
#[must_use]
pub fn unknown<'k>(kind: &str, name: &str, known: impl IntoIterator<Item = &'k str>) -> String {
    match nearest(name, known) {
        Some(near) => format!("there is no {kind} `{name}`; did you mean `{near}`?"),
        None => format!("there is no {kind} `{name}`"),
    }
}

/// The known name that takes the fewest edits, when these are few for its length; else the shortest that begins so.
pub(super) fn nearest<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    /// Fewer letters begin too many names.
    const BEGINNING: usize = 5;
    let name = name.to_lowercase();
    let enough = (name.chars().count() / 3).max(1);
    let known: Vec<_> = known.into_iter().collect();
    let scored = known.iter().map(|word| (distance(&name, &word.to_lowercase()), *word));
    let close = scored.filter(|(edits, _)| *edits <= enough).min().map(|(_, word)| word);
    let longer = || known.iter().copied().filter(|word| word.to_lowercase().starts_with(&name)).min_by_key(|word| word.len());
    close.or_else(|| if name.len() >= BEGINNING { longer() } else { None })
}

/// The Levenshtein distance.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in to.iter().enumerate() {
            let edits = (diagonal + usize::from(a != *b)).min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = row[j + 1];
            row[j + 1] = edits;
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (from, to, edits) in [("", "", 0), ("abc", "abc", 0), ("kitten", "sitting", 3), ("", "ab", 2), ("flaw", "lawn", 2)] {
            assert_eq!(distance(from, to), edits, "{from} {to}");
        }
    }

    #[test]
    fn suggestions() {
        let known = ["pss-host-port", "pss-host-path-volume"];
        assert_eq!(unknown("check", "pss-host-ports", known), "there is no check `pss-host-ports`; did you mean `pss-host-port`?");
        assert_eq!(unknown("check", "entirely-else", known), "there is no check `entirely-else`");
        assert_eq!(unknown("control", "CNSC-999", ["CNSC-99", "CNSC-1"]), "there is no control `CNSC-999`; did you mean `CNSC-99`?");
    }
}
