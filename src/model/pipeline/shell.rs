//! What a script runs: its commands with what is known of variables, and on what each of them hangs.

use std::collections::{BTreeMap, HashMap};

use crate::model::pipeline::hangs::{Ends, Hangs, within};
use crate::model::pipeline::known::{asked, assigned, ends_badly, fixed, fixed_list, gives_up};
use crate::model::pipeline::syntax::{Chain, Command, Join, List, Pipe, of_tokens, read};
use crate::model::pipeline::token::{Token, Word};
use crate::model::pipeline::words::{Values, bare, symbol};

/// A command as a shell would run it.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) words: Vec<String>,
    /// Variables that are set for it.
    pub(super) set: Values,
    pub(super) hangs: Hangs,
}

/// How a shell was started.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Options {
    pub(super) errexit: bool,
    pub(super) pipefail: bool,
}

/// How many commands of a script are followed.
pub(super) const MOST: usize = 5_000;
/// How many words a loop may take to be followed for each.
const LONGEST: usize = 64;
/// How deep functions may call one another.
const DEEPEST: usize = 8;

/// How many steps of a script are taken in all.
pub(super) const STEPS: u64 = 50_000;
/// The commands of a script; `false` where there are more of them than are followed.
pub(super) fn runs(text: &str, options: Options, variables: &[(String, String)], place: &str) -> (Vec<Run>, bool) {
    let mut shell = Shell {
        options,
        variables: variables.iter().cloned().collect(),
        functions: HashMap::new(),
        place: place.to_owned(),
        under: Vec::new(),
        found: Vec::new(),
        count: 0,
        calls: 0,
        ended: false,
        apart: false,
    };
    let list = read(text);
    shell.list(&list, Standing { last: true, ends: None });
    let all = !shell.is_over();
    (shell.found, all)
}

pub(super) struct Shell<'l> {
    options: Options,
    pub(super) variables: BTreeMap<String, String>,
    functions: HashMap<&'l str, &'l List>,
    /// What variables of nobody knows which value are told apart by.
    pub(super) place: String,
    under: Vec<u64>,
    pub(super) found: Vec<Run>,
    /// For names of what is not known.
    pub(super) count: u64,
    calls: usize,
    /// What follows is never run.
    ended: bool,
    /// In brackets of its own, where `exit` ends what stands in them alone.
    apart: bool,
}

/// Where a command stands.
#[derive(Debug, Clone, Copy)]
struct Standing {
    /// The script ends as it does.
    last: bool,
    /// What its failure ends, where something around it decides.
    ends: Option<Ends>,
}

impl<'l> Shell<'l> {
    fn list(&mut self, list: &'l List, standing: Standing) {
        for (at, chain) in list.iter().enumerate() {
            if self.ended || self.is_over() {
                return;
            }
            let is_last = at + 1 == list.len();
            // where something asks how the whole ends, what stands before the last ends nothing
            let ends = if is_last { standing.ends } else { standing.ends.map(|_| Ends::Nothing) };
            self.chain(chain, Standing { last: standing.last && is_last, ends });
        }
    }

    fn chain(&mut self, chain: &'l Chain, standing: Standing) {
        let depth = self.under.len();
        let name = self.name();
        for (at, (join, pipe)) in chain.pipes.iter().enumerate() {
            if *join != Join::First {
                // whether it is run hangs on what stands before it; `true` and `false` are known
                let before = chain.pipes[..at].last().and_then(|(_, pipe)| fixed(pipe));
                match (join, before) {
                    (Join::And, Some(true)) | (Join::Or, Some(false)) => {}
                    (Join::And, Some(false)) | (Join::Or, Some(true)) => break,
                    _ => self.under.push(name),
                }
            }
            let after = &chain.pipes[at + 1..];
            let ends = match after.first() {
                _ if chain.background => Some(Ends::Nothing),
                Some((Join::Or, other)) => Some(if self.gives_up(other) { Ends::All } else { Ends::Nothing }),
                // `a && b || exit 1`
                Some(_) if after.iter().any(|(join, other)| *join == Join::Or && self.gives_up(other)) => Some(Ends::All),
                Some(_) if after.iter().any(|(join, _)| *join == Join::Or) => Some(Ends::Nothing),
                Some(_) if standing.last && standing.ends.is_none() => Some(Ends::All),
                Some(_) => Some(Ends::Chain(name)),
                None => None,
            };
            let standing = Standing { last: standing.last && after.is_empty(), ends: within(standing.ends, ends) };
            let was = self.variables.clone();
            self.pipe(pipe, standing);
            if *join != Join::First && self.under.len() > depth {
                self.settle(&was);
            }
            // `[ … ] && exit`: what follows hangs on it
            if self.under.len() > depth && std::mem::take(&mut self.ended) {
                self.leave(depth, name);
                if !self.gives_up(pipe) {
                    self.under.push(name);
                }
                return;
            }
        }
        self.leave(depth, name);
    }

    fn gives_up(&self, pipe: &Pipe) -> bool {
        (self.options.errexit || !self.apart) && gives_up(pipe, self.options.errexit)
    }

    fn ends_badly(&self, list: &List) -> bool {
        (self.options.errexit || !self.apart) && ends_badly(list, self.options.errexit)
    }

    fn pipe(&mut self, pipe: &'l Pipe, standing: Standing) {
        let count = pipe.commands.len();
        for (at, command) in pipe.commands.iter().enumerate() {
            let is_last = at + 1 == count;
            let lost = !is_last && !self.options.pipefail || pipe.negated && standing.ends.is_none();
            let ends = if lost { Some(Ends::Nothing) } else { standing.ends };
            self.command(command, Standing { last: standing.last, ends });
        }
    }

    fn command(&mut self, command: &'l Command, standing: Standing) {
        let depth = self.under.len();
        match command {
            Command::Simple(words) => self.simple(words, standing),
            Command::Group(list, own) => {
                let was = (self.variables.clone(), self.options, self.apart);
                self.apart |= *own;
                self.list(list, standing);
                if *own {
                    (self.variables, self.options, self.apart) = was;
                    // `exit` ends what stands in brackets alone
                    self.ended = false;
                    self.under.truncate(depth);
                }
            }
            Command::If(branches, otherwise) => self.conditional(branches, otherwise, standing),
            Command::While(condition, body) => {
                self.list(condition, Standing { last: false, ends: Some(Ends::Nothing) });
                self.forget(body);
                let name = self.name();
                self.branch(body, name, standing);
            }
            Command::For(name, words, body) => self.each(name, words, body, standing),
            Command::Case(bodies) => {
                let was = self.variables.clone();
                let after: Vec<_> = bodies
                    .iter()
                    .map(|body| {
                        self.variables.clone_from(&was);
                        let name = self.name();
                        self.branch(body, name, standing);
                        self.variables.clone()
                    })
                    .collect();
                self.merge(&was, &after);
            }
            Command::Function(name, body) => {
                self.functions.insert(name, body);
            }
        }
    }

    /// Commands that are run or not; an `exit` among them leaves open what follows.
    fn branch(&mut self, body: &'l List, name: u64, standing: Standing) {
        let depth = self.under.len();
        self.under.push(name);
        self.list(body, standing);
        let ended = std::mem::take(&mut self.ended);
        self.leave(depth, name);
        // one that fails ends all, which is as good as a failure of its own
        if ended && !self.ends_badly(body) {
            self.under.push(name);
        }
    }

    fn conditional(&mut self, branches: &'l [(List, List)], otherwise: &'l List, standing: Standing) {
        let (was, last) = (self.variables.clone(), self.name());
        let mut after = Vec::new();
        for (condition, body) in branches {
            let (known, name) = (fixed_list(condition), self.name());
            let gives_up = branches.iter().map(|(_, body)| body).chain([otherwise]).any(|list| self.ends_badly(list));
            // what is run where it is met, or `else` where it has to fail, hangs on it
            let ends = match asked(condition) {
                _ if gives_up => Ends::All,
                Some(met) => Ends::Chain(if met { name } else { last }),
                None => Ends::Nothing,
            };
            let ends = Some(ends);
            self.list(condition, Standing { last: false, ends: within(standing.ends, ends) });
            match known {
                Some(false) => continue,
                Some(true) => return self.list(body, standing),
                None => {}
            }
            let start = self.variables.clone();
            self.branch(body, name, standing);
            after.push(std::mem::replace(&mut self.variables, start));
        }
        if after.is_empty() {
            return self.list(otherwise, standing);
        }
        self.branch(otherwise, last, standing);
        after.push(self.variables.clone());
        self.merge(&was, &after);
    }

    fn each(&mut self, name: &'l str, words: &'l [Word], body: &'l List, standing: Standing) {
        let mut taken = Vec::new();
        for word in words {
            taken.extend(self.expand(word));
        }
        let is_open = |word: &String| word.contains(['$', '{', '*', '?']);
        if taken.len() <= LONGEST && !taken.iter().any(is_open) {
            for word in taken {
                if self.is_over() {
                    return;
                }
                self.variables.insert(name.to_owned(), word);
                self.list(body, Standing { last: false, ..standing });
            }
            return;
        }
        // loops over the same words are the same condition, and take the same
        let text = taken.join(" ");
        self.forget(body);
        self.variables.insert(name.to_owned(), symbol(&["each", &text]));
        let (depth, name) = (self.under.len(), hash(&text));
        self.under.push(name);
        self.list(body, Standing { last: false, ..standing });
        self.ended = false;
        self.leave(depth, name);
        self.forget(body);
    }

    fn simple(&mut self, words: &'l [Word], standing: Standing) {
        let assigns = words.iter().all(|word| assigned(&word.text).is_some());
        for within in words.iter().flat_map(|word| &word.within) {
            self.within(within, assigns && (self.options.errexit || standing.last) && standing.ends.is_none());
        }
        let mut set = Values::new();
        let mut rest = words;
        while let Some((first, after)) = rest.split_first() {
            let Some((name, value)) = assigned(&first.text) else { break };
            let value = self.value(value, first, name);
            set.push((name.to_owned(), value));
            rest = after;
        }
        let Some(first) = rest.first() else {
            set.into_iter().for_each(|(name, value)| self.assign(&name, value));
            return;
        };
        if let Some(body) = self.functions.get(first.text.as_str()).copied() {
            return self.call(body, &rest[1..], standing);
        }
        match first.text.as_str() {
            "export" | "local" | "declare" | "typeset" | "readonly" => {
                for word in &rest[1..] {
                    if let Some((name, value)) = assigned(&word.text) {
                        let value = self.value(value, word, name);
                        self.assign(name, value);
                    }
                }
                return;
            }
            "read" | "unset" | "mapfile" | "getopts" => {
                for word in &rest[1..] {
                    let unknown = self.unknown(&word.text);
                    self.variables.insert(word.text.clone(), unknown);
                }
                return;
            }
            "set" => self.set(&rest[1..]),
            "exit" | "return" => self.ended = true,
            "shift" => self.variables.retain(|name, _| !name.bytes().all(|byte| byte.is_ascii_digit())),
            _ => {}
        }
        let words: Vec<String> = rest.iter().flat_map(|word| self.expand(word)).collect();
        let Some(words) = bare(words.into_iter()) else { return };
        let ends = match standing.ends {
            Some(ends) => ends,
            None if self.options.errexit || standing.last => Ends::All,
            None => Ends::Nothing,
        };
        self.found.push(Run { words, set, hangs: Hangs { under: self.under.clone(), ends } });
    }

    /// `$(…)`: whether its failure is one of what takes it hangs on that.
    fn within(&mut self, tokens: &[Token], tells: bool) {
        let list = of_tokens(tokens);
        let mut inner = Shell {
            options: Options { errexit: false, ..self.options },
            variables: self.variables.clone(),
            functions: HashMap::new(),
            place: self.place.clone(),
            under: self.under.clone(),
            found: Vec::new(),
            count: self.count + 100,
            calls: self.calls + 1,
            ended: false,
            apart: true,
        };
        if inner.calls <= DEEPEST {
            inner.list(&list, Standing { last: true, ends: (!tells).then_some(Ends::Nothing) });
        }
        self.count = inner.count;
        self.found.extend(inner.found);
    }

    fn call(&mut self, body: &'l List, given: &'l [Word], standing: Standing) {
        if self.calls >= DEEPEST {
            return;
        }
        let given: Vec<String> = given.iter().flat_map(|word| self.expand(word)).collect();
        let numbered = given.iter().enumerate().map(|(at, word)| ((at + 1).to_string(), word.clone()));
        let all = [("@".to_owned(), given.join(" ")), ("*".to_owned(), given.join(" "))];
        let own: Vec<_> = numbered.chain(all).collect();
        let outer: Vec<_> = own.iter().map(|(name, _)| (name.clone(), self.variables.get(name).cloned())).collect();
        self.variables.extend(own);
        self.calls += 1;
        self.list(body, standing);
        self.calls -= 1;
        self.ended = false;
        for (name, value) in outer {
            match value {
                Some(value) => self.variables.insert(name, value),
                None => self.variables.remove(&name),
            };
        }
    }

    fn set(&mut self, words: &[Word]) {
        let mut words = words.iter().map(|word| word.text.as_str());
        while let Some(word) = words.next() {
            let Some(flags) = word.strip_prefix(['-', '+']) else { return };
            let on = word.starts_with('-');
            self.options.errexit = if flags.contains('e') { on } else { self.options.errexit };
            if flags.ends_with('o') {
                match words.next() {
                    Some("errexit") => self.options.errexit = on,
                    Some("pipefail") => self.options.pipefail = on,
                    _ => {}
                }
            }
        }
    }

    /// A condition holds no longer; what an `exit` left open within still does.
    fn leave(&mut self, depth: usize, name: u64) {
        let inner = self.under.split_off(depth);
        self.under.extend(inner.into_iter().filter(|one| *one != name));
    }
}

fn hash(text: &str) -> u64 {
    // far from the numbers of other conditions
    text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)) | 1 << 63
}

#[cfg(test)]
#[path = "shell_tests.rs"]
mod tests;
