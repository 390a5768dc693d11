//! Components that systemd runs: the unit with its drop-ins and the files of variables that it takes in.

use std::collections::BTreeMap;

use crate::model::component::line::{Flag, Word, program};
use crate::model::component::rancher::Command;
use crate::model::component::{ComponentRecord, Role, files};
use crate::model::field::Field;
use crate::model::object::Object;
use crate::model::{Evidence, GroupKind};
use crate::parse::command::{Dialect, words};
use crate::parse::host::{GROUP, base};

const UNIT: GroupKind = GroupKind::new(GROUP, "Unit");
const ENVIRONMENT: GroupKind = GroupKind::new(GROUP, "Environment");

/// Every component that a unit runs.
pub(super) fn all<'a>(evidence: &Evidence<'a>, commands: &mut Vec<Command<'a>>) -> Vec<ComponentRecord<'a>> {
    let mut units: BTreeMap<(u16, &str), Vec<&Object<'a>>> = BTreeMap::new();
    for object in evidence.of_kind(UNIT) {
        units.entry((object.world, object.name)).or_default().push(object);
    }
    units.into_values().filter_map(|parts| read(evidence, parts, commands)).collect()
}

fn read<'a>(evidence: &Evidence<'a>, mut parts: Vec<&Object<'a>>, commands: &mut Vec<Command<'a>>) -> Option<ComponentRecord<'a>> {
    let name = |part: &Object<'a>| evidence.files()[part.file() as usize].name();
    let is_drop_in = |part: &Object<'a>| !name(part).ends_with(".service");
    // the unit, then its drop-ins by name
    parts.sort_by_key(|part| (is_drop_in(part), base(name(part))));
    let values = |key: &'static str| {
        let mut kept: Vec<Field<'a>> = Vec::new();
        for value in parts.iter().flat_map(|part| part.at("Service").key(key).items().collect::<Vec<_>>()) {
            if value.text() == Some("") {
                kept.clear();
            } else {
                kept.push(value);
            }
        }
        kept
    };
    let start = values("ExecStart").pop()?;
    let mut known: BTreeMap<String, Vec<Word<'a>>> = BTreeMap::new();
    for word in values("Environment").into_iter().flat_map(|line| line.items().collect::<Vec<_>>()) {
        if let Some((name, value)) = word.str().split_once('=') {
            known.insert(name.to_owned(), parts_of(word, value));
        }
    }
    let mut unseen = None;
    let is_whole = evidence.files()[parts[0].file() as usize].host;
    for file in values("EnvironmentFile") {
        let path = with_name(file.str().trim_start_matches('-'), parts[0].name);
        match files::at_path(evidence, parts[0], &path, &[ENVIRONMENT]) {
            Some(found) => {
                for (name, value) in
                    found.field().entries().into_iter().filter(|(name, _)| !matches!(*name, "apiVersion" | "kind" | "metadata"))
                {
                    known.insert(name.to_owned(), value.items().map(Word::of).collect());
                }
            }
            // of a whole node, what is not there is not there
            None if is_whole => {}
            None => unseen = Some(path),
        }
    }
    let line: Vec<Word<'a>> = start.items().flat_map(|word| expanded(word, &known)).collect();
    let (name, rest) = program(&line)?;
    let Some(role) = Role::of(name) else {
        commands.extend(Command::read(parts[0], name, start, rest).map(|command| command.with_variables(&known, is_whole)));
        return None;
    };
    let mut record = ComponentRecord::new(role, evidence.object(parts[parts.len() - 1].id), start).with_line(rest);
    record.object = evidence.object_at(start.root().file, start.root().node).map_or(parts[0].id, |object| object.id);
    let is_open = |word: Field<'a>| {
        word.str().starts_with('$') && !known.contains_key(word.str().trim_start_matches(['$', '{']).trim_end_matches('}'))
    };
    if role == Role::Etcd {
        variables(&known, &mut record.flags);
    }
    // etcd reads variables that no word of its command names
    record.unseen = unseen.filter(|_| role == Role::Etcd || start.items().any(is_open));
    Some(record)
}

/// A path with the name of its unit in it: `%n` is all of that, `%N` and `%p` are what stands before its kind.
fn with_name(path: &str, unit: &str) -> String {
    let stem = unit.strip_suffix(".service").unwrap_or(unit);
    path.replace("%n", unit).replace("%N", stem).replace("%p", stem)
}

/// What etcd takes from its environment; a flag is stronger.
fn variables<'a>(known: &BTreeMap<String, Vec<Word<'a>>>, flags: &mut Vec<Flag<'a>>) {
    let flag = |(name, words): (&String, &Vec<Word<'a>>)| {
        let (name, first) = (name.strip_prefix("ETCD_")?, words.first()?);
        let value = words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
        Some(Flag { name: name.to_ascii_lowercase().replace('_', "-").into(), value: value.into(), field: first.field, span: first.span })
    };
    flags.splice(0..0, known.iter().filter_map(flag));
}

/// A word of the command, with what a variable puts in its place: `$NAME` stands for words, `${NAME}` for a part of one.
fn expanded<'a>(word: Field<'a>, known: &BTreeMap<String, Vec<Word<'a>>>) -> Vec<Word<'a>> {
    let text = word.str();
    let plain = text.strip_prefix('$').filter(|name| !name.starts_with('{'));
    if let Some(name) = plain {
        return known.get(name).cloned().unwrap_or_default();
    }
    if let Some(name) = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) {
        return known.get(name).cloned().unwrap_or_default();
    }
    let mut value = text.to_owned();
    for (name, words) in known.iter().filter(|(name, _)| text.contains(name.as_str())) {
        let joined = words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
        value = value.replace(&format!("${{{name}}}"), &joined);
    }
    vec![Word { text: value, field: word, span: None }]
}

/// The words of a variable's value, which stands in a word of its own.
fn parts_of<'a>(field: Field<'a>, value: &str) -> Vec<Word<'a>> {
    words(value, (0, value.len()), Dialect::Systemd)
        .into_iter()
        .map(|word| Word::within(field, word.text.clone(), &value[word.span.0..word.span.1]))
        .collect()
}
