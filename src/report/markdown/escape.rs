//! Text from the input in Markdown, where it must not become markup, a mention, a link or a row of a table.

use crate::report::text::{SENTENCE, clean};

/// Characters that Markdown, HTML or GitHub give a meaning to anywhere in a line.
fn is_markup(char: char) -> bool {
    matches!(char, '&' | '<' | '>' | '|' | '`' | '*' | '_' | '[' | ']' | '\\' | '~' | '#' | '@' | '$' | '!' | '^' | '{' | '}' | '"')
}

/// A name as code: nothing in it means anything. An HTML element, as a pipe ends a code span within a table.
pub(in crate::report) fn code(text: &str) -> String {
    let mut escaped = "<code>".to_owned();
    push(&mut escaped, text, true);
    escaped + "</code>"
}

/// A sentence; what stands between backticks becomes code.
pub(in crate::report) fn prose(text: &str) -> String {
    let parts: Vec<_> = text.split('`').collect();
    let closed = parts.len() % 2 == 1;
    let mut escaped = String::new();
    for (number, part) in parts.iter().enumerate() {
        // a last backtick without a partner is only itself
        let alone = !closed && number + 1 == parts.len();
        match number % 2 {
            1 if !alone && !part.is_empty() => escaped += &code(part),
            1 if alone => push(&mut escaped, &format!("`{part}"), false),
            _ => push(&mut escaped, part, false),
        }
    }
    escaped
}

/// A sentence from the input, as far as one is shown.
pub(in crate::report) fn sentence(said: &str) -> String {
    prose(&clean(said, SENTENCE))
}

/// Adds a text without markup. Addresses become no links; outside of code GitHub also reads mentions and references,
/// even after markup is gone: an invisible space within them keeps people from being called.
fn push(escaped: &mut String, text: &str, in_code: bool) {
    let mut before = String::new();
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        let next = chars.peek().copied().unwrap_or(' ');
        let address = char == ':' && next == '/' || char == '.' && before == "www";
        let reference = next.is_ascii_digit() && (char == '#' || char == '-' && before == "gh");
        match char {
            '\n' | '\r' => escaped.push(' '),
            char if address || is_markup(char) => escaped.push_str(&format!("&#{};", u32::from(char))),
            char => escaped.push(char),
        }
        if !in_code && (char == '@' || reference) {
            escaped.push_str("&#8203;");
        }
        // the word so far, of which only short ones matter
        if !char.is_alphanumeric() {
            before.clear();
        } else if before.len() < 4 {
            before.push(char.to_ascii_lowercase());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_the_input_is_markup() {
        assert_eq!(prose("a | b <b> *c*"), "a &#124; b &#60;b&#62; &#42;c&#42;");
        assert_eq!(prose("set `a|b` now"), "set <code>a&#124;b</code> now");
        assert_eq!(prose("a ` b"), "a &#96; b");
        assert_eq!(code("a`<`\nb"), "<code>a&#96;&#60;&#96; b</code>");
    }

    #[test]
    fn nobody_is_called_and_nothing_referred_to() {
        assert_eq!(prose("@team"), "&#64;&#8203;team");
        assert_eq!(prose("see #12, gh-12, high-12"), "see &#35;&#8203;12, gh-&#8203;12, high-12");
        assert_eq!(prose("https://a www.b"), "https&#58;//a www&#46;b");
        assert_eq!(code("@team"), "<code>&#64;team</code>");
    }
}
