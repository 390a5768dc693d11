//! What a script runs: its commands with what is known of variables, and on what each of them hangs.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::model::pipeline::commands::{Chain, Command, Join, List, Pipe};
use crate::model::pipeline::hangs::{Ends, Hangs, Ways, within};
use crate::model::pipeline::known::{Leaves, asked, breaks, fixed, fixed_list, leaves, list_leaves, single};
use crate::model::pipeline::syntax::read;
use crate::model::pipeline::token::Word;
use crate::model::pipeline::words::{Values, symbol};

/// A command as a shell would run it.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) words: Vec<String>,
    /// Variables that are set for it.
    pub(super) set: Values,
    pub(super) hangs: Hangs,
    /// The line that it stands on.
    pub(super) row: u32,
}

/// How a shell was started.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Options {
    pub(super) errexit: bool,
    pub(super) pipefail: bool,
}

/// What is known of a script.
#[derive(Debug)]
pub(super) struct Script {
    pub(super) runs: Vec<Run>,
    pub(super) ways: Vec<Ways>,
    /// The line where reading stopped, and why.
    pub(super) stop: Option<(u32, &'static str)>,
}

/// How many commands of a script are followed.
pub(super) const MOST: usize = 5_000;
/// How many words a loop may take to be followed for each.
const LONGEST: usize = 64;

/// How many steps of a script are taken in all.
pub(super) const STEPS: u64 = 50_000;

/// The commands of a script.
pub(super) fn runs(text: &str, options: Options, variables: &[(String, String)], place: &str) -> Script {
    let mut shell = Shell {
        options,
        variables: variables.iter().cloned().collect(),
        exported: variables.iter().map(|(name, _)| name.clone()).collect(),
        place: place.to_owned(),
        ..Shell::default()
    };
    let list = read(text, 0);
    shell.list(&list, Standing { last: true, ends: None });
    let over = shell.is_over().then(|| (shell.found.last().map_or(0, |run| run.row), "it has more commands than are followed"));
    Script { runs: shell.found, ways: shell.ways, stop: shell.stop.or(over) }
}

#[derive(Debug, Default)]
pub(super) struct Shell<'l> {
    pub(super) options: Options,
    pub(super) variables: BTreeMap<String, String>,
    /// The variables that programs get.
    pub(super) exported: BTreeSet<String>,
    pub(super) functions: HashMap<&'l str, &'l List>,
    /// The functions that are being run: the name of the call, and what its failure ends.
    pub(super) calls: Vec<(u64, Ends)>,
    /// How deep calls and scripts stand in one another.
    pub(super) depth: usize,
    /// What variables of nobody knows which value are told apart by.
    pub(super) place: String,
    pub(super) under: Vec<u64>,
    pub(super) found: Vec<Run>,
    pub(super) ways: Vec<Ways>,
    pub(super) stop: Option<(u32, &'static str)>,
    /// For names of what is not known.
    pub(super) count: u64,
    /// What follows is never run.
    pub(super) ended: bool,
    /// The conditions under which a function was left, rather than the script.
    pub(super) left: Vec<u64>,
    /// It is a function that has ended.
    pub(super) returned: bool,
    /// In brackets of its own, where `exit` ends what stands in them alone.
    pub(super) apart: bool,
    /// The command that `$?` is of, and the variables that hold that of one.
    pub(super) status: BTreeMap<String, usize>,
}

/// Where a command stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standing {
    /// The script ends as it does.
    pub(super) last: bool,
    /// What its failure ends, where something around it decides.
    pub(super) ends: Option<Ends>,
}

impl<'l> Shell<'l> {
    pub(super) fn list(&mut self, list: &'l List, standing: Standing) {
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
            let mut or = after.iter().filter(|(join, _)| *join == Join::Or).peekable();
            let outer = standing.ends;
            let or_nothing = |ends: Option<Ends>| ends.or_else(|| within(outer, Some(Ends::Nothing)));
            let ends = match after.first() {
                _ if chain.background => within(outer, Some(Ends::Nothing)),
                Some((Join::Or, other)) => or_nothing(self.leaves(leaves(other), outer)),
                // `a && b || exit 1`
                Some(_) if or.peek().is_some() => or_nothing(or.find_map(|(_, other)| self.leaves(leaves(other), outer))),
                Some(_) if standing.last && outer.is_none() => Some(Ends::All),
                Some(_) => within(outer, Some(Ends::Chain(name))),
                None => outer,
            };
            self.asked_in_chain(pipe, after.first(), outer, name);
            let standing = Standing { last: standing.last && after.is_empty(), ends };
            let was = self.variables.clone();
            if chain.background {
                self.apart(|shell| shell.pipe(pipe, standing));
            } else {
                self.pipe(pipe, standing);
            }
            if *join != Join::First && self.under.len() > depth {
                self.settle(&was);
            }
            // `[ … ] && exit`: what follows hangs on it
            if self.under.len() > depth && std::mem::take(&mut self.ended) {
                self.leave(depth, name);
                if self.leaves(leaves(pipe), None) != Some(Ends::All) {
                    self.left.extend(self.returned.then_some(name));
                    self.under.push(name);
                }
                return;
            }
        }
        self.leave(depth, name);
    }

    /// What a failure ends after which this is run, within what something around decides.
    pub(super) fn leaves(&self, how: Option<Leaves>, outer: Option<Ends>) -> Option<Ends> {
        match (how?, self.calls.last()) {
            (Leaves::Script, _) if !self.apart => Some(Ends::All),
            (Leaves::Function, Some(&(name, fails))) => Some(match fails {
                Ends::All => Ends::All,
                Ends::Chain(other) | Ends::Both(_, other) => Ends::Both(name, other),
                Ends::Nothing => Ends::Chain(name),
            }),
            _ => within(outer, Some(Ends::All)).filter(|_| self.options.errexit),
        }
    }

    fn pipe(&mut self, pipe: &'l Pipe, standing: Standing) {
        let count = pipe.commands.len();
        for word in &pipe.documents {
            word.within.iter().for_each(|tokens| self.within(tokens, false));
        }
        for (at, command) in pipe.commands.iter().enumerate() {
            let is_last = at + 1 == count;
            let lost = !is_last && !self.options.pipefail || pipe.negated && standing.ends.is_none();
            let ends = if lost { Some(Ends::Nothing) } else { standing.ends };
            let standing = Standing { last: standing.last, ends };
            // each of several is run in a shell of its own
            if count > 1 {
                self.apart(|shell| shell.command(command, standing));
            } else {
                self.command(command, standing);
            }
        }
    }

    /// What is run in a shell of its own changes nothing in this one.
    fn apart(&mut self, run: impl FnOnce(&mut Self)) {
        let (was, depth) = ((self.variables.clone(), self.options, self.apart), self.under.len());
        self.apart = true;
        run(self);
        (self.variables, self.options, self.apart) = was;
        // `exit` ends what stands in brackets alone
        self.ended = false;
        self.under.truncate(depth);
    }

    fn command(&mut self, command: &'l Command, standing: Standing) {
        match command {
            Command::Simple(words) => self.simple(words, standing),
            Command::Group(list, true) => self.apart(|shell| shell.list(list, standing)),
            Command::Group(list, false) => self.list(list, standing),
            Command::If(branches, otherwise) => self.conditional(branches, otherwise, standing),
            Command::While(condition, body, until) => {
                // what is waited for ends all where it never comes
                let is_awaited = asked(condition) == Some(*until) && !breaks(body);
                let ends = Some(if is_awaited { Ends::All } else { Ends::Nothing });
                self.list(condition, Standing { last: false, ends: within(standing.ends, ends) });
                self.forget(body);
                let name = self.name();
                self.branch(body, name, standing);
            }
            Command::For(name, words, body) => self.each(name, words, body, standing),
            Command::Case(bodies, whole) => {
                let was = self.variables.clone();
                let (mut after, mut names) = (Vec::new(), Vec::new());
                for body in bodies {
                    self.variables.clone_from(&was);
                    let name = self.name();
                    self.branch(body, name, standing);
                    names.extend((self.leaves(list_leaves(body), None) != Some(Ends::All)).then_some(name));
                    after.push(self.variables.clone());
                }
                if *whole {
                    self.ways.push(Ways { under: self.under.clone(), names });
                }
                self.merge(&was, &after);
            }
            Command::Function(name, body) => {
                self.functions.insert(name, body);
            }
            Command::Unread(row) => self.stop(*row, "what follows stands in more conditions and brackets than are followed"),
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
        if ended && self.leaves(list_leaves(body), None) != Some(Ends::All) {
            self.left.extend(self.returned.then_some(name));
            self.under.push(name);
        }
    }

    fn conditional(&mut self, branches: &'l [(List, List)], otherwise: &'l List, standing: Standing) {
        let (was, last) = (self.variables.clone(), self.name());
        let (mut after, mut names) = (Vec::new(), Vec::new());
        for (condition, body) in branches {
            let (known, name) = (fixed_list(condition), self.name());
            let bodies = || branches.iter().map(|(_, body)| body).chain([otherwise]);
            let (leaves, outer) = (bodies().find_map(|list| self.leaves(list_leaves(list), standing.ends)), standing.ends);
            // what is run where it is met, or `else` where it has to fail, hangs on it
            let hangs = |met: bool| leaves.or(within(outer, Some(Ends::Chain(if met { name } else { last }))));
            let ends = asked(condition).map_or(leaves.or(within(outer, Some(Ends::Nothing))), hangs);
            if let Some((at, met)) = single(condition).and_then(|pipe| self.asked_of(pipe)) {
                self.decide(at, hangs(met));
            }
            self.list(condition, Standing { last: false, ends });
            match known {
                Some(false) => continue,
                Some(true) => return self.list(body, standing),
                None => {}
            }
            let start = self.variables.clone();
            self.branch(body, name, standing);
            names.extend((self.leaves(list_leaves(body), None) != Some(Ends::All)).then_some(name));
            after.push(std::mem::replace(&mut self.variables, start));
        }
        if after.is_empty() {
            return self.list(otherwise, standing);
        }
        self.branch(otherwise, last, standing);
        names.extend((self.leaves(list_leaves(otherwise), None) != Some(Ends::All)).then_some(last));
        self.ways.push(Ways { under: self.under.clone(), names });
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

    pub(super) fn stop(&mut self, row: u32, why: &'static str) {
        self.stop.get_or_insert((row, why));
    }

    /// A condition holds no longer; what an `exit` left open within still does.
    pub(super) fn leave(&mut self, depth: usize, name: u64) {
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
