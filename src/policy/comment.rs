//! Excuses that stand beside what they excuse: comments and annotations.

use jiff::civil::Date;

use super::profile::unknown_check;
use crate::checks;

/// The key of an annotation that excuses, in front of a check's id.
pub const ANNOTATION: &str = "cnscan/excuse.";

/// What the keys of our annotations begin with.
pub(crate) const PREFIX: &str = "cnscan/";

/// What is wrong with an annotation of ours that is no [`ANNOTATION`], for a person.
#[must_use]
pub(crate) fn stray(key: &str) -> String {
    let rest = key.strip_prefix(PREFIX).unwrap_or(key);
    let check = rest.split_once(['.', '/']).map_or(rest, |(_, check)| check);
    let known = checks::find(check).map(|check| check.id).or_else(|| super::error::nearest(check, checks::all().map(|check| check.id)));
    match known {
        Some(known) => format!("it means nothing here; did you mean `{ANNOTATION}{known}`?"),
        None => format!("it means nothing here; there is only `{ANNOTATION}<check-id>`"),
    }
}

/// What a comment or annotation says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// The check that it excuses.
    pub check: String,
    /// The last day it holds.
    pub until: Option<Date>,
    /// Why.
    pub reason: String,
}

impl Words {
    /// Reads what stands behind `# cnscan:` in a comment: `excuse <check-id> until=DATE reason`, with or without a day.
    ///
    /// # Errors
    /// What is wrong with it, for a person.
    pub fn comment(text: &str) -> Result<Self, String> {
        let form = "write `cnscan: excuse <check-id> until=YYYY-MM-DD reason`, without `until=` if it is for good";
        let (verb, rest) = first(text);
        match verb {
            "excuse" => {}
            "" => return Err(format!("says nothing: {form}")),
            other => return Err(format!("`{other}` means nothing here: {form}")),
        }
        match first(rest) {
            ("", _) => Err(format!("names no check: {form}")),
            (check, rest) => Self::annotation(check, rest),
        }
    }

    /// Reads the value of an annotation `cnscan/excuse.<check-id>`: `until=DATE reason`, with or without a day.
    ///
    /// # Errors
    /// What is wrong with it, for a person.
    pub fn annotation(check: &str, value: &str) -> Result<Self, String> {
        if checks::find(check).is_none() {
            return Err(unknown_check(check));
        }
        let (word, rest) = first(value);
        let (until, reason) = match word.strip_prefix("until=") {
            Some(day) => (Some(date(day)?), rest),
            None => (None, value.trim()),
        };
        // a day that is not understood must not turn into a reason, and the excuse into one for good
        if let Some(stray) = stray_day(reason, until.is_some()) {
            return Err(format!("`{stray}` says no last day: write `until=YYYY-MM-DD reason`, without brackets and before the reason"));
        }
        if reason.is_empty() {
            return Err(format!("gives no reason why `{check}` is excused: add one"));
        }
        if let Some(option) = unknown_option(reason) {
            return Err(format!("`{option}=` means nothing here: there is only `until=YYYY-MM-DD`, before the reason"));
        }
        Ok(Words { check: check.to_owned(), until, reason: reason.to_owned() })
    }
}

/// A day as people write it in every format here.
pub(crate) fn date(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| format!("`{text}` is no day: write YYYY-MM-DD"))
}

/// The first word, and what stands behind it.
fn first(text: &str) -> (&str, &str) {
    let text = text.trim();
    text.split_once(char::is_whitespace).map_or((text, ""), |(word, rest)| (word, rest.trim_start()))
}

/// A last day in another form, or in another place, than the one that counts: `[until=2027-01-31]`, `Until: 2027-01-31`.
/// Where a day is given already, a sentence may name another.
fn stray_day(reason: &str, is_given: bool) -> Option<&str> {
    let marks = |mark: char| !mark.is_alphanumeric();
    let mut words = reason.split_whitespace().peekable();
    while let Some(word) = words.next() {
        let bare = word.trim_start_matches(marks);
        let says = bare.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("until"));
        let after = bare.get(5..).unwrap_or_default().trim_start();
        // `until = DATE`, `until DATE`; in a sentence other words follow
        let next = words.peek().map(|next| next.trim_start_matches(marks));
        let dated = next.is_some_and(|next| next.get(..10).is_some_and(|day| date(day).is_ok()));
        if says && (after.starts_with(['=', ':']) || dated && !is_given || words.peek().is_some_and(|next| next.starts_with('='))) {
            return Some(word);
        }
    }
    None
}

/// The name of something like `expires=…` at the start: a misspelled option must not turn into a reason.
fn unknown_option(reason: &str) -> Option<&str> {
    let (name, _) = first(reason).0.trim_start_matches(['[', '(', '<', '{']).split_once('=')?;
    let is_name = !name.is_empty() && name.chars().all(|char| char.is_ascii_alphabetic() || char == '_' || char == '-');
    is_name.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::Words;

    #[test]
    fn a_day_that_does_not_count_is_told() {
        let read = |value: &str| Words::annotation("pss-host-port", value);
        for value in [
            "[until=2026-11-25] yesterday",
            "[until=2026-11-25 ] yesterday",
            "(until=2026-11-25) yesterday",
            "[ until=2026-11-25 ] yesterday",
            "<until=2026-11-25> yesterday",
            "Until=2026-11-25 yesterday",
            "until: 2026-11-25 yesterday",
            "until = 2026-11-25 yesterday",
            "until 2026-11-25 it is needed",
            "it is needed until=2026-11-25",
            "it is needed until 2026-11-25",
            "until=2026-11-25 needed, [until=2026-11-26]",
        ] {
            let said = read(value).expect_err(value);
            assert!(said.contains("write `until=YYYY-MM-DD reason`, without brackets"), "{value}: {said}");
        }
        assert!(read("[expires=2026-11-25] yesterday").is_err_and(|said| said.contains("`expires=` means nothing")));
        let dated = read("until=2026-11-25 not before then").map(|words| (words.until.map(|day| day.to_string()), words.reason));
        assert_eq!(dated, Ok((Some("2026-11-25".to_owned()), "not before then".to_owned())));
        for reason in ["needed until the move is over", "[W-12] the agent needs it", "the node's agent, until then"] {
            assert_eq!(read(reason).map(|words| (words.until, words.reason)), Ok((None, reason.to_owned())));
        }
    }
}
