//! The words of the page: statuses and severities as people say them, and texts from the input made harmless.

use std::borrow::Cow;

use jiff::Timestamp;
use maud::{Markup, html};

use crate::assess::{CheckInfo, Severity, Status};
use crate::report::text;

/// The longest text shown, in columns; names of objects end at 253.
pub(super) const LONGEST: usize = 1200;

/// A text from the input, harmless and of a length that a page bears. The template escapes it.
pub(super) fn plain(text: &str) -> Cow<'_, str> {
    text::clean(text, LONGEST)
}

/// A sentence; what stands between backticks becomes code.
pub(super) fn prose(text: &str) -> Markup {
    let text = plain(text);
    let parts: Vec<_> = text.split('`').collect();
    let closed = parts.len() % 2 == 1;
    html! {
        @for (number, part) in parts.iter().enumerate() {
            @match number % 2 {
                // a last backtick without a partner is only itself
                1 if !closed && number + 1 == parts.len() => { "`" (part) },
                1 if part.is_empty() => {},
                1 => code { (part) },
                _ => (part),
            }
        }
    }
}

/// A sentence with a capital letter, as titles and messages have none.
pub(super) fn sentence(text: &str) -> Markup {
    let first = text.chars().next().unwrap_or_default();
    let word = text.split(' ').next().unwrap_or_default();
    // an identifier such as `runAsNonRoot` stays as it is
    if !first.is_lowercase() || word.chars().any(|char| !char.is_lowercase() && char != '-') {
        return prose(text);
    }
    prose(&(first.to_uppercase().collect::<String>() + &text[first.len_utf8()..]))
}

/// A namespace for a person.
pub(super) fn namespace(name: &str) -> Cow<'_, str> {
    match name {
        "" => Cow::Borrowed("outside of namespaces"),
        "(unset)" => Cow::Borrowed("no namespace written"),
        name => plain(name),
    }
}

/// `1 file`, `1,204 files`
pub(super) fn count(number: impl TryInto<u64>, word: &str) -> String {
    let number = number.try_into().unwrap_or(u64::MAX);
    format!("{} {word}{}", digits(number), if number == 1 { "" } else { "s" })
}

/// `1,204`
pub(super) fn digits(number: u64) -> String {
    let plain = number.to_string();
    let mut grouped = String::new();
    for (seat, digit) in plain.chars().enumerate() {
        if seat > 0 && (plain.len() - seat).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A moment as people write it; what is no moment, as it stands.
pub(super) fn moment(text: &str) -> Markup {
    match text.parse::<Timestamp>() {
        Ok(time) => html! { time datetime=(time.strftime("%Y-%m-%dT%H:%M:%SZ")) { (time.strftime("%-d %B %Y, %H:%M UTC")) } },
        Err(_) if text.is_empty() => html! { "not recorded" },
        Err(_) => html! { (plain(text)) },
    }
}

/// The word of a status.
pub(super) fn status(status: Status) -> &'static str {
    match status {
        Status::Fail => "Failed",
        Status::Error => "Check broke",
        Status::Review => "To review",
        Status::NotAssessed => "Not assessed",
        Status::Excused => "Excused",
        Status::Partial => "Partly shown",
        Status::Pass => "Passed",
        Status::Attested => "Attested",
        Status::NotApplicable => "Not applicable",
    }
}

/// What a status means.
pub(super) fn meaning(status: Status) -> &'static str {
    match status {
        Status::Fail => "a check found a fault that nobody has excused",
        Status::Error => "a check of the tool itself failed to finish, so nothing is known",
        Status::Review => "it cannot be decided from what was given: a person, or more evidence, has to",
        Status::NotAssessed => "nobody looked, so nothing is known; this is no pass",
        Status::Excused => "faults were found, and each is under an exception in force",
        Status::Partial => "all that could be checked passed, but the control asks more than the checks can show",
        Status::Pass => "all checks passed, and together they show all that the control asks",
        Status::Attested => "a named person vouches for what checks cannot show, and nothing contradicts it",
        Status::NotApplicable => "nothing in the input is of the sort that the control speaks of",
    }
}

/// A status as a label: the word says it, the colour only repeats it.
pub(super) fn label(of: Status) -> Markup {
    html! { span class={ "label st-" (of.as_str()) } { (status(of)) } }
}

/// The rule of a check, for who wants to know it.
pub(super) fn rule(check: &CheckInfo) -> Markup {
    html! { @if !check.how.is_empty() { details.screen-only { summary { "How it is decided" } p { (prose(&check.how)) } } } }
}

/// A severity as a label.
pub(super) fn severity(of: Severity) -> Markup {
    html! { span class={ "label sev-" (of.as_str()) } { (of.as_str()) } }
}

/// `Deployment web` without its namespace.
pub(super) fn object(kind: &str, name: &str) -> String {
    let words = [plain(kind), plain(name)];
    let words: Vec<_> = words.iter().filter(|word| !word.is_empty()).map(AsRef::as_ref).collect();
    if words.is_empty() { "(unnamed)".to_owned() } else { words.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(count(1_u32, "file"), "1 file");
        assert_eq!((digits(999), digits(1_000), digits(1_234_567)), ("999".into(), "1,000".into(), "1,234,567".into()));
    }

    #[test]
    fn code_is_told_from_words_and_nothing_is_markup() {
        assert_eq!(prose("set `a<b` & go").into_string(), "set <code>a&lt;b</code> &amp; go");
        assert_eq!(prose("a ` b").into_string(), "a ` b");
        assert_eq!(prose("a\u{202e}b").into_string(), "a\\u{202e}b");
    }

    #[test]
    fn sentences_begin_with_a_capital_but_identifiers_do_not() {
        assert_eq!(sentence("container runs privileged").into_string(), "Container runs privileged");
        assert_eq!(sentence("runAsUser is 0").into_string(), "runAsUser is 0");
        assert_eq!(sentence("").into_string(), "");
    }
}
