//! What a script's commands tell without being run: what they set, and how they end.

use crate::model::pipeline::commands::{Command, List, Pipe};

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
            Command::While(condition, body, _) => {
                assignments(condition, names);
                assignments(body, names);
            }
            Command::For(name, _, body) => {
                names.push(name);
                assignments(body, names);
            }
            Command::Unread(_) => {}
            Command::Case(bodies, _) => bodies.iter().for_each(|body| assignments(body, names)),
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
    fixed(single(list)?)
}

/// How commands end what they stand in as failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leaves {
    /// The script: `exit 1`.
    Script,
    /// The function: `return 1`.
    Function,
    /// What only fails: `false`, or an `exit` in brackets of its own. The script ends where every failure ends it.
    Fails,
}

/// How a pipe does so, if it does: `{ echo no; exit 1; }`.
pub(super) fn leaves(pipe: &Pipe) -> Option<Leaves> {
    match pipe.commands.as_slice() {
        [Command::Simple(words)] => {
            let fails = || words.get(1).is_none_or(|code| code.text != "0");
            match words.first().map(|word| word.text.as_str()) {
                Some("exit") => fails().then_some(Leaves::Script),
                Some("return") => fails().then_some(Leaves::Function),
                Some("false") => Some(Leaves::Fails),
                _ => None,
            }
        }
        [Command::Group(list, own)] => list_leaves(list).map(|leaves| if *own { Leaves::Fails } else { leaves }),
        _ => None,
    }
}

/// How a list does so, whatever else is met in it.
pub(super) fn list_leaves(list: &List) -> Option<Leaves> {
    let always = list.iter().filter(|chain| !chain.background).filter_map(|chain| chain.pipes.first());
    always.into_iter().find_map(|(_, pipe)| leaves(pipe))
}

/// Whether a loop may be left from within before its condition says so.
pub(super) fn breaks(list: &List) -> bool {
    let all = list.iter().flat_map(|chain| &chain.pipes).flat_map(|(_, pipe)| &pipe.commands);
    all.into_iter().any(|command| match command {
        Command::Simple(words) => match words.first().map(|word| word.text.as_str()) {
            Some("break" | "return") => true,
            Some("exit") => words.get(1).is_some_and(|code| code.text == "0"),
            _ => false,
        },
        Command::Group(list, _) | Command::For(_, _, list) | Command::While(_, list, _) => breaks(list),
        Command::If(branches, otherwise) => branches.iter().any(|(_, body)| breaks(body)) || breaks(otherwise),
        Command::Case(bodies, _) => bodies.iter().any(breaks),
        Command::Function(..) | Command::Unread(_) => false,
    })
}

/// `[ $? -eq 0 ]`: the variable that is asked for, and whether it is met where that is no error.
pub(super) fn asks(pipe: &Pipe) -> Option<(&str, bool)> {
    let [Command::Simple(words)] = pipe.commands.as_slice() else { return None };
    let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    let (name, operator) = match texts.as_slice() {
        ["[", name, operator, "0", "]"] | ["[[", name, operator, "0", "]]"] | ["test", name, operator, "0"] => (name, operator),
        _ => return None,
    };
    let name = name.strip_prefix('$')?;
    let name = name.strip_prefix('{').and_then(|name| name.strip_suffix('}')).unwrap_or(name);
    let met = match *operator {
        "-eq" | "=" | "==" => true,
        "-ne" | "!=" | "-gt" => false,
        _ => return None,
    };
    Some((name, met != pipe.negated))
}

/// The only pipe of a list.
pub(super) fn single(list: &List) -> Option<&Pipe> {
    let [chain] = list.as_slice() else { return None };
    let [(_, pipe)] = chain.pipes.as_slice() else { return None };
    Some(pipe)
}

/// Whether a condition that is one command is met where that ends well.
pub(super) fn asked(list: &List) -> Option<bool> {
    let pipe = single(list)?;
    (pipe.commands.len() == 1).then_some(!pipe.negated)
}
