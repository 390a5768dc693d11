//! Single commands of a script: functions, what a shell does itself, what it starts.

use crate::model::pipeline::commands::{Join, List, Pipe};
use crate::model::pipeline::hangs::{CALL, Ends, Hangs, within};
use crate::model::pipeline::here::Document;
use crate::model::pipeline::known::{asks, assigned, leaves};
use crate::model::pipeline::line::is_shell;
use crate::model::pipeline::shell::{Run, Shell, Standing};
use crate::model::pipeline::syntax::{of_tokens, read};
use crate::model::pipeline::token::{Token, Word};
use crate::model::pipeline::tool;
use crate::model::pipeline::words::{Values, bare, joined, split};

/// How deep functions and scripts may call one another.
const DEEPEST: usize = 32;

const TOO_DEEP: &str = "what is called here stands in more functions than are followed";

/// What may stand between a command and the line that asks how it ended.
const HARMLESS: [&str; 25] = [
    "echo", "printf", "cat", "rm", "mkdir", "ls", "tee", "grep", "jq", "test", "[", "[[", "date", "sleep", "cp", "mv", "sed", "awk",
    "head", "tail", "cut", "true", ":", "cd", "exit",
];

impl<'l> Shell<'l> {
    pub(super) fn simple(&mut self, words: &'l [Word], standing: Standing) {
        let before = self.found.len();
        self.run(words, standing);
        if self.found.len() > before {
            self.status.insert("?".to_owned(), self.found.len() - 1);
        }
        let holds = |word: &&Word| assigned(&word.text).is_some_and(|(_, value)| value == "$?");
        if let [word] = words
            && let Some((name, _)) = assigned(&word.text).filter(|_| holds(&word))
            && let Some(at) = self.status.get("?").copied()
        {
            self.status.insert(name.to_owned(), at);
        }
    }

    fn run(&mut self, words: &'l [Word], standing: Standing) {
        let document = words.iter().find_map(|word| word.document.as_deref());
        for word in words.iter().filter(|word| word.document.is_some()) {
            word.within.iter().for_each(|tokens| self.within(tokens, false));
        }
        let words: Vec<&'l Word> = words.iter().filter(|word| word.document.is_none()).collect();
        let row = words.first().map_or(0, |word| word.row);
        let assigns = words.iter().all(|word| assigned(&word.text).is_some());
        let tells = assigns && (self.options.errexit || standing.last) && standing.ends.is_none();
        for word in &words {
            word.within.iter().for_each(|tokens| self.within(tokens, tells));
            word.items.iter().flatten().flat_map(|item| &item.within).for_each(|tokens| self.within(tokens, false));
        }
        let mut set = Values::new();
        let mut rest = words.as_slice();
        while let Some((first, after)) = rest.split_first() {
            let Some((name, value)) = assigned(&first.text) else { break };
            self.status.remove(name);
            match &first.items {
                Some(items) => self.assign_list(name, items),
                None => set.push((name.to_owned(), self.value(value, first, name))),
            }
            rest = after;
        }
        let Some(first) = rest.first() else {
            set.into_iter().for_each(|(name, value)| self.assign(&name, value));
            return;
        };
        if self.builtin(first, &rest[1..]) {
            return;
        }
        let words: Vec<String> = rest.iter().flat_map(|word| self.expand(word)).collect();
        let Some(program) = words.first() else { return };
        if let Some(body) = self.functions.get(program.as_str()).copied() {
            return self.call(body, &words[1..], standing, row);
        }
        match program.as_str() {
            "eval" => return self.again(&words[1..].join(" "), row, standing),
            "trap" if words.len() > 2 && words[1] != "-" => {
                self.again(&words[1], row, Standing { last: false, ends: Some(Ends::Nothing) });
                self.ended = false;
            }
            "exit" | "return" => {
                let code = words.get(1).and_then(|_| rest.get(1)).and_then(|word| word.text.strip_prefix('$'));
                if let Some(at) = code.and_then(|name| self.status.get(name)).copied().filter(|_| standing.ends.is_none()) {
                    self.decide(at, Some(Ends::All));
                }
                self.ended = true;
                self.returned = program == "return" && !self.calls.is_empty();
            }
            _ => {}
        }
        let Some(words) = bare(words.into_iter()) else { return };
        let ends = match standing.ends {
            Some(ends) => ends,
            None if self.options.errexit || standing.last => Ends::All,
            None => Ends::Nothing,
        };
        let exported = self.exported.iter().filter(|name| tool::is_setting(name));
        set.extend(exported.filter_map(|name| Some((name.clone(), self.variables.get(name)?.clone()))));
        for (words, ends, sure) in started(self.with_document(words, document), ends) {
            let mut under = self.under.clone();
            if !sure {
                under.push(self.name());
            }
            self.found.push(Run { words, set: set.clone(), hangs: Hangs { under, ends }, row });
        }
    }

    /// What a shell does itself, with words that it reads in its own way.
    fn builtin(&mut self, first: &Word, rest: &[&'l Word]) -> bool {
        match first.text.as_str() {
            "export" | "local" | "declare" | "typeset" | "readonly" => {
                let exports = first.text == "export" || rest.iter().any(|word| word.text.starts_with('-') && word.text.contains('x'));
                for word in rest {
                    let name = match (assigned(&word.text), &word.items) {
                        (Some((name, _)), Some(items)) => {
                            self.assign_list(name, items);
                            name
                        }
                        (Some((name, value)), None) => {
                            let value = self.value(value, word, name);
                            self.assign(name, value);
                            name
                        }
                        (None, _) => word.text.as_str(),
                    };
                    if exports {
                        self.exported.insert(name.to_owned());
                    }
                }
            }
            "read" | "unset" | "mapfile" | "readarray" | "getopts" => {
                for word in rest {
                    let unknown = self.unknown(&word.text);
                    self.variables.insert(word.text.clone(), unknown);
                    self.variables.remove(&format!("{}[@]", word.text));
                }
            }
            "set" => self.set(rest),
            "shift" => self.shift(rest.first().map_or("1", |word| word.text.as_str())),
            _ => return false,
        }
        true
    }

    /// `sh <<EOF`: what it reads is its script.
    fn with_document(&self, mut words: Vec<String>, document: Option<&Document>) -> Vec<String> {
        let takes_script = words[1..].iter().all(|word| word.starts_with('-') && !word.ends_with('c'));
        if let Some(document) = document.filter(|_| takes_script && is_shell(&words[0])) {
            let text = if document.expands { self.put_in(&document.text) } else { document.text.clone() };
            words.retain(|word| word != "-" && word != "-s");
            words.extend(["-c".to_owned(), text]);
        }
        words
    }

    /// `$(…)`: whether its failure is one of what takes it hangs on that.
    pub(super) fn within(&mut self, tokens: &[Token], tells: bool) {
        let list = of_tokens(tokens);
        let standing = Standing { last: true, ends: (!tells).then_some(Ends::Nothing) };
        let (variables, options, apart) = (self.variables.clone(), self.options, self.apart);
        self.options.errexit = false;
        self.apart = true;
        self.inner(&list, standing, 0);
        (self.variables, self.options, self.apart, self.ended) = (variables, options, apart, false);
    }

    /// A text that is run as a part of the script.
    fn again(&mut self, text: &str, row: u32, standing: Standing) {
        self.inner(&read(text, row), standing, row);
    }

    /// Commands that stand nowhere in the script itself.
    fn inner(&mut self, list: &List, standing: Standing, row: u32) {
        if self.depth >= DEEPEST {
            return self.stop(row, TOO_DEEP);
        }
        let depth = self.under.len();
        let functions = self.functions.clone();
        let mut inner = Shell { functions: functions.clone(), depth: self.depth + 1, ..std::mem::take(self) };
        inner.list(list, standing);
        let Shell {
            options,
            variables,
            exported,
            calls,
            place,
            found,
            ways,
            stop,
            count,
            ended,
            left,
            returned,
            apart,
            status,
            mut under,
            ..
        } = inner;
        under.truncate(depth);
        let depth = inner.depth - 1;
        *self = Shell {
            options,
            variables,
            exported,
            functions,
            calls,
            depth,
            place,
            under,
            found,
            ways,
            stop,
            count,
            ended,
            left,
            returned,
            apart,
            status,
        };
    }

    fn call(&mut self, body: &'l List, given: &[String], standing: Standing, row: u32) {
        if self.depth >= DEEPEST {
            return self.stop(row, TOO_DEEP);
        }
        let numbered: Vec<String> = self.variables.keys().filter(|name| is_given(name)).cloned().collect();
        let outer: Values = numbered.into_iter().filter_map(|name| self.variables.remove_entry(&name)).collect();
        self.give(given);
        let (fails, name) =
            (standing.ends.unwrap_or(if self.options.errexit || standing.last { Ends::All } else { Ends::Nothing }), self.name());
        let (depth, name) = (self.under.len(), CALL + name);
        let before = self.left.len();
        self.calls.push((name, fails));
        self.under.push(name);
        self.depth += 1;
        self.list(body, standing);
        self.depth -= 1;
        self.calls.pop();
        self.ended = false;
        self.leave(depth, name);
        let left = self.left.split_off(before);
        self.under.retain(|name| !left.contains(name));
        self.variables.retain(|name, _| !is_given(name));
        self.variables.extend(outer);
    }

    /// What a function, or the script, is given.
    fn give(&mut self, given: &[String]) {
        self.variables.retain(|name, _| !is_given(name));
        self.variables.extend(given.iter().enumerate().map(|(at, word)| ((at + 1).to_string(), word.clone())));
        self.variables.insert("@".to_owned(), joined(given));
        self.variables.insert("*".to_owned(), given.join(" "));
        self.variables.insert("#".to_owned(), given.len().to_string());
    }

    fn shift(&mut self, by: &str) {
        let Some((given, by)) = self.variables.get("@").map(|all| split(all)).zip(by.parse::<usize>().ok()) else {
            return self.variables.retain(|name, _| !is_given(name));
        };
        self.give(given.get(by..).unwrap_or_default());
    }

    fn set(&mut self, given: &[&'l Word]) {
        let mut words = given.iter().enumerate().map(|(at, word)| (at, word.text.as_str()));
        while let Some((at, word)) = words.next() {
            let Some(flags) = word.strip_prefix(['-', '+']).filter(|_| word != "--") else {
                let rest = &given[at + usize::from(word == "--")..];
                let given: Vec<String> = rest.iter().flat_map(|word| self.expand(word)).collect();
                return self.give(&given);
            };
            let on = word.starts_with('-');
            self.options.errexit = if flags.contains('e') { on } else { self.options.errexit };
            if flags.ends_with('o') {
                match words.next() {
                    Some((_, "errexit")) => self.options.errexit = on,
                    Some((_, "pipefail")) => self.options.pipefail = on,
                    _ => {}
                }
            }
        }
    }

    /// `list=(a b)`, `list+=(c)`
    fn assign_list(&mut self, name: &str, items: &[Word]) {
        let plain = name.trim_end_matches('+');
        let key = format!("{plain}[@]");
        let before = if plain == name { Vec::new() } else { self.variables.get(&key).map(|all| split(all)).unwrap_or_default() };
        let all: Vec<String> = before.into_iter().chain(items.iter().flat_map(|item| self.expand(item))).collect();
        self.variables.insert(plain.to_owned(), all.first().cloned().unwrap_or_default());
        self.variables.insert(key, joined(&all));
    }

    /// The command that a pipe asks for how it ended, and whether that is met where it ended well.
    pub(super) fn asked_of(&self, pipe: &Pipe) -> Option<(usize, bool)> {
        let (name, met) = asks(pipe)?;
        Some((*self.status.get(name)?, met))
    }

    /// `[ $? -eq 0 ] || exit 1`, `[ $? -ne 0 ] && exit 1`
    pub(super) fn asked_in_chain(&mut self, pipe: &Pipe, next: Option<&(Join, Pipe)>, outer: Option<Ends>, name: u64) {
        let Some(((at, met), (join, other))) = self.asked_of(pipe).zip(next) else { return };
        let ends = match (join, met) {
            (Join::Or, true) | (Join::And, false) => self.leaves(leaves(other), outer),
            (Join::And, true) => within(outer, Some(Ends::Chain(name))),
            _ => None,
        };
        self.decide(at, ends);
    }

    /// What the failure of a command ends is decided after it, as long as nothing was run that should have been held back.
    pub(super) fn decide(&mut self, at: usize, ends: Option<Ends>) {
        let since = self.found.get(at + 1..).unwrap_or_default();
        let is_harmless = since.iter().all(|run| HARMLESS.contains(&run.words[0].as_str()));
        if let (true, Some(run), Some(ends)) = (is_harmless, self.found.get_mut(at), ends)
            && run.hangs.ends == Ends::Nothing
        {
            run.hangs.ends = ends;
        }
    }
}

/// Whether a name is of what a function is given.
fn is_given(name: &str) -> bool {
    matches!(name, "@" | "*" | "#") || name.bytes().all(|byte| byte.is_ascii_digit())
}

/// What a command starts: itself, or what `find` does; and whether that is certain to be run.
fn started(words: Vec<String>, ends: Ends) -> Vec<(Vec<String>, Ends, bool)> {
    if words[0].rsplit('/').next() != Some("find") {
        return vec![(words, ends, true)];
    }
    let mut found = Vec::new();
    let mut rest = words.as_slice();
    while let Some(at) = rest.iter().position(|word| matches!(word.as_str(), "-exec" | "-execdir" | "-ok" | "-okdir")) {
        rest = &rest[at + 1..];
        let end = rest.iter().position(|word| matches!(word.as_str(), ";" | "+")).unwrap_or(rest.len());
        // what `;` ends fails in silence
        let ends = if rest.get(end).is_some_and(|word| word == "+") { ends } else { Ends::Nothing };
        found.extend(bare(rest[..end].iter().cloned()).map(|words| (words, ends, false)));
        rest = &rest[end..];
    }
    found
}
