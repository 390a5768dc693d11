//! Texts of a SARIF log: clean, short, and read by nobody as anything else than text.

use crate::assess::Subject;
use crate::report::text::{self, SENTENCE, clean};

/// The most UTF-16 code units that GitHub takes in a description.
pub(super) const DESCRIPTION: usize = 1024;
/// The most columns of a help text's paragraph.
pub(super) const PARAGRAPH: usize = 4000;

/// One paragraph, harmless, and not read as a link: viewers make one of `[text](target)`, and none knows an escape.
pub(in crate::report) fn paragraph(text: &str, most: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    clean(&line, most).replace("](", "] (")
}

/// A sentence: begins with a capital letter unless its first word is a name, and ends with a full stop.
pub(super) fn sentence(text: &str) -> String {
    let text = paragraph(text, PARAGRAPH);
    let first = text.split(' ').next().unwrap_or_default();
    let is_plain = first.chars().all(|char| char.is_ascii_lowercase() || matches!(char, '-' | ',' | '\''));
    let capital = if is_plain && !first.is_empty() { text[..1].to_ascii_uppercase() + &text[1..] } else { text };
    ended(capital)
}

fn ended(mut text: String) -> String {
    if !text.is_empty() && !text.ends_with(['.', '!', '?', '…']) {
        text.push('.');
    }
    text
}

/// At most so many UTF-16 code units; what was cut off shows as `…`.
pub(super) fn limited(text: &str, most: usize) -> String {
    if text.len() <= most || text.encode_utf16().count() <= most {
        return text.to_owned();
    }
    let mut units = 1;
    let fits = |char: &char| {
        units += char.len_utf16();
        units <= most
    };
    text.chars().take_while(fits).chain(['…']).collect()
}

/// What a finding says, with the object named, and the container where the text does not name it:
/// `Deployment shop/web, container app: runs privileged.`
pub(in crate::report) fn message(subject: &Subject, said: &str) -> String {
    let container = format!("container {}", subject.container);
    let is_named = subject.container.is_empty() || said.contains(&container);
    let container = if is_named { String::new() } else { format!(", {container}") };
    let object = paragraph(&format!("{}{container}", text::object(subject)), SENTENCE);
    ended(format!("{object}: {}", paragraph(said, SENTENCE)))
}

/// `PssPrivilegedContainer`
pub(super) fn pascal(id: &str) -> String {
    let capital = |word: &str| {
        let mut chars = word.chars();
        chars.next().map(|first| first.to_ascii_uppercase().to_string() + chars.as_str()).unwrap_or_default()
    };
    limited(&id.split(|char: char| !char.is_alphanumeric()).map(capital).collect::<String>(), 255)
}

/// A cell of a Markdown table.
pub(super) fn cell(text: &str) -> String {
    paragraph(text, SENTENCE).replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        assert_eq!(paragraph("  a\r\n\tb\u{7} \n", 80), "a b\\u{7}");
        assert_eq!(paragraph("[click](https://example.com)", 80), "[click] (https://example.com)");
        assert_eq!(paragraph("spec.containers[0].image", 80), "spec.containers[0].image");
        assert_eq!(sentence("runs privileged"), "Runs privileged.");
        assert_eq!(sentence("hostPath volume"), "hostPath volume.");
        assert_eq!(sentence("é"), "é.");
        assert_eq!(pascal("pss-host-namespaces/low"), "PssHostNamespacesLow");
        assert_eq!(cell("a|b"), "a\\|b");
    }

    #[test]
    fn limits_count_utf_16() {
        assert_eq!(limited("😀😀😀", 6), "😀😀😀");
        assert_eq!(limited("😀😀😀", 5), "😀😀…");
        assert_eq!(limited("aéb", 3), "aéb");
    }

    #[test]
    fn messages_name_the_object() {
        let subject = Subject {
            surface: "manifest".into(),
            api_version: "v1".into(),
            kind: "Pod".into(),
            namespace: "shop".into(),
            name: "web".into(),
            container: "app".into(),
            pods: 0,
        };
        assert_eq!(message(&subject, "runs privileged"), "Pod shop/web, container app: runs privileged.");
        assert_eq!(message(&subject, "container app runs privileged"), "Pod shop/web: container app runs privileged.");
    }
}
