//! Characters that do not show, or that do something to what is shown.

/// Whether a terminal acts upon a character, or it hides what a text says.
pub(crate) fn is_harmful(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(char, '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// What is wrong with a name that people answer by: what does not show makes two names of one, or one of two.
pub(crate) fn unfit_for_name(name: &str) -> Option<String> {
    let found = name.trim().chars().find(|char| is_harmful(*char) || is_filler(*char))?;
    Some(format!("it holds {}, which does not show as a letter: names that look alike would not be one", code(found)))
}

/// What is wrong with a text of several lines that people answer for.
pub(crate) fn unfit_for_text(text: &str) -> Option<String> {
    let found = text.chars().find(|char| is_harmful(*char) && !matches!(char, '\n' | '\r' | '\t'))?;
    Some(format!("it holds {}, which hides or turns round what it says", code(found)))
}

/// Letters that are blank.
fn is_filler(char: char) -> bool {
    matches!(char, '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{3164}' | '\u{ffa0}')
}

fn code(char: char) -> String {
    format!("the character U+{:04X}", u32::from(char))
}

#[cfg(test)]
mod tests {
    use super::{unfit_for_name, unfit_for_text};

    #[test]
    fn what_does_not_show_is_told_by_its_number() {
        assert_eq!(unfit_for_name("Ada Lovelace <ada@example.com>"), None);
        assert_eq!(unfit_for_name(" محمد رضا‌پور \n"), None, "a joiner belongs to the writing");
        for (name, code) in [("Ada\u{200b}", "U+200B"), ("\u{202e}adA", "U+202E"), ("Ada\u{1b}[31m", "U+001B"), ("A\u{3164}", "U+3164")] {
            assert!(unfit_for_name(name).is_some_and(|why| why.contains(code)), "{name:?}");
        }
        assert_eq!(unfit_for_text("one\n\ttwo"), None);
        assert!(unfit_for_text("one\u{2066}two").is_some_and(|why| why.contains("U+2066")));
    }
}
