//! The flags of a command line, each with its value and its place.

use crate::model::component::data;
use crate::model::field::Field;
use crate::parse::command::{Dialect, words};
use crate::parse::host::{PROGRAMS, base};

/// A word of a command line: in a list, in a text that a shell reads, or put in from a variable.
#[derive(Debug, Clone)]
pub(super) struct Word<'a> {
    pub(super) text: String,
    pub(super) field: Field<'a>,
    /// Where in the field it is, when it is a part of it that can be found.
    pub(super) span: Option<(u32, u32)>,
}

/// A flag as it is set.
#[derive(Debug, Clone)]
pub struct Flag<'a> {
    pub(super) name: Box<str>,
    pub(super) value: Box<str>,
    pub(super) field: Field<'a>,
    pub(super) span: Option<(u32, u32)>,
}

impl<'a> Word<'a> {
    /// An item of a list, as it stands.
    pub(super) fn of(field: Field<'a>) -> Self {
        Word { text: field.str().to_owned(), field, span: None }
    }

    /// A part of a field's text.
    pub(super) fn within(field: Field<'a>, text: String, written: &str) -> Self {
        Word { span: locate(field, written), text, field }
    }
}

/// Where a text stands in what is written at a field, when it stands there once.
pub(super) fn locate(field: Field<'_>, text: &str) -> Option<(u32, u32)> {
    let (start, end) = field.whole_span();
    let source = field.root().tree.source().get(start as usize..end as usize)?;
    let mut found = source.match_indices(text).filter(|(at, _)| {
        // `--v` is no part of `--vmodule`
        source[at + text.len()..]
            .chars()
            .next()
            .is_none_or(|next| next.is_whitespace() || matches!(next, '"' | '\'' | ';' | '\\' | ',' | ')'))
    });
    let at = found.next().filter(|_| found.next().is_none())?.0 as u32;
    Some((start + at, start + at + text.len() as u32))
}

/// The program among some words, with its arguments: a component's name may stand behind a wrapper.
pub(super) fn program<'w, 'a>(words: &'w [Word<'a>]) -> Option<(&'static str, &'w [Word<'a>])> {
    /// What a wrapper may put before it.
    const FURTHEST: usize = 8;
    let named = |word: &Word<'_>| {
        let plain = word.text.trim_start_matches(['@', '-', ':', '+', '!']);
        (!word.text.starts_with("--")).then(|| PROGRAMS.into_iter().find(|program| base(plain) == *program)).flatten()
    };
    words.iter().take(FURTHEST).enumerate().find_map(|(at, word)| Some((named(word)?, &words[at + 1..])))
}

/// The words of the command in a shell's script that runs a component.
pub(super) fn scripted(field: Field<'_>) -> Vec<Word<'_>> {
    let script = field.str();
    let all = words(script, (0, script.len()), Dialect::Shell);
    let is_component = |command: &&[crate::parse::command::Word]| command.iter().take(8).any(|word| PROGRAMS.contains(&base(&word.text)));
    // a redirection ends the arguments
    let command = all.split(|word| word.operator).find(is_component).unwrap_or_default();
    command.iter().map(|word| Word::within(field, word.text.clone(), &script[word.span.0..word.span.1])).collect()
}

/// Whether a program is a shell that reads its command from a text.
pub(super) fn is_shell(program: &str) -> bool {
    matches!(base(program), "sh" | "bash" | "ash" | "dash")
}

/// The flags among the arguments of a program.
pub(super) fn flags<'a>(program: &str, words: &[Word<'a>]) -> Vec<Flag<'a>> {
    let mut flags = Vec::new();
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        if word.text == "--" {
            break;
        }
        let Some(body) = stripped(program, &word.text) else { continue };
        let (name, given) = match body.strip_prefix('v').filter(|level| !word.text.starts_with("--") && is_number(level)) {
            Some(level) => ("v", Some(level)),
            None => body.split_once('=').map_or((body, None), |(name, value)| (name, Some(value))),
        };
        let name = name.replace('_', "-");
        let value = match given {
            Some(value) => value.to_owned(),
            None if data::is_bool(&name) => "true".to_owned(),
            None => match rest.clone().next().filter(|next| stripped(program, &next.text).is_none()) {
                Some(next) => {
                    rest.next();
                    next.text.clone()
                }
                None => "true".to_owned(),
            },
        };
        flags.push(Flag { name: name.into(), value: unquoted(&value).into(), field: word.field, span: word.span });
    }
    flags
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A word without the dashes of a flag. Only etcd takes long flags with one dash; `-v`, `-v=8` and `-v8` are klog's own.
fn stripped<'w>(program: &str, word: &'w str) -> Option<&'w str> {
    if let Some(body) = word.strip_prefix("--") {
        return Some(body);
    }
    let body = word.strip_prefix('-').filter(|body| !body.is_empty())?;
    let is_level = body.strip_prefix('v').is_some_and(|level| level.is_empty() || level.starts_with('=') || is_number(level));
    (program == "etcd" || is_level).then_some(body)
}

/// A value without the quotes that people write around it where no shell takes them away.
fn unquoted(value: &str) -> &str {
    let inner = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
    inner.unwrap_or(value)
}
