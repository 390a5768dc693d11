//! What a script's commands tell without being run: what they set, and how they end.

use crate::model::pipeline::syntax::{Command, List, Pipe};

/// The variables that commands set.
pub(super) fn assignments<'l>(list: &'l List, names: &mut Vec<&'l str>) {
    for command in list.iter().flat_map(|chain| &chain.pipes).flat_map(|(_, pipe)| &pipe.commands) {
        match command {
            Command::Simple(words) => names.extend(words.iter().filter_map(|word| Some(assigned(&word.text)?.0.trim_end_matches('+')))),
            Command::Group(list, _) | Command::Function(_, list) => assignments(list, names),
            Command::If(branches, otherwise) => {
                branches.iter().for_each(|(condition, body)| {
                    assignments(condition, names);
                    assignments(body, names);
                });
                assignments(otherwise, names);
            }
            Command::While(condition, body) => {
                assignments(condition, names);
                assignments(body, names);
            }
            Command::For(name, _, body) => {
                names.push(name);
                assignments(body, names);
            }
            Command::Case(bodies) => bodies.iter().for_each(|body| assignments(body, names)),
        }
    }
}

/// `NAME=value`, `NAME+=value`
pub(super) fn assigned(text: &str) -> Option<(&str, &str)> {
    let (name, value) = text.split_once('=')?;
    let plain = name.strip_suffix('+').unwrap_or(name);
    let is_name = plain.bytes().enumerate().all(|(at, byte)| byte == b'_' || byte.is_ascii_alphabetic() || at > 0 && byte.is_ascii_digit());
    (is_name && !plain.is_empty()).then_some((name, value))
}

/// Whether a pipe is `true` or `false`.
pub(super) fn fixed(pipe: &Pipe) -> Option<bool> {
    let [Command::Simple(words)] = pipe.commands.as_slice() else { return None };
    let [word] = words.as_slice() else { return None };
    let is = match word.text.as_str() {
        "true" | ":" => true,
        "false" => false,
        _ => return None,
    };
    Some(is != pipe.negated)
}

pub(super) fn fixed_list(list: &List) -> Option<bool> {
    let [chain] = list.as_slice() else { return None };
    let [(_, pipe)] = chain.pipes.as_slice() else { return None };
    fixed(pipe)
}

/// Whether a pipe ends the script as failed: `exit 1`, `{ echo no; exit 1; }`. Where every failure does (`errexit`), so does
/// what only fails: `false`, `return 1`, or an `exit` in brackets of its own.
pub(super) fn gives_up(pipe: &Pipe, errexit: bool) -> bool {
    match pipe.commands.as_slice() {
        [Command::Simple(words)] => match words.first().map(|word| word.text.as_str()) {
            Some(word @ ("exit" | "return")) => (errexit || word == "exit") && words.get(1).is_none_or(|code| code.text != "0"),
            Some("false") => errexit,
            _ => false,
        },
        [Command::Group(list, own)] => (errexit || !own) && ends_badly(list, errexit),
        _ => false,
    }
}

/// Whether a list does so, whatever else is met in it.
pub(super) fn ends_badly(list: &List, errexit: bool) -> bool {
    let always = list.iter().filter(|chain| !chain.background).filter_map(|chain| chain.pipes.first());
    always.into_iter().any(|(_, pipe)| gives_up(pipe, errexit))
}

/// Whether a condition that is one command is met where that ends well.
pub(super) fn asked(list: &List) -> Option<bool> {
    let [chain] = list.as_slice() else { return None };
    let [(_, pipe)] = chain.pipes.as_slice() else { return None };
    (pipe.commands.len() == 1).then_some(!pipe.negated)
}
