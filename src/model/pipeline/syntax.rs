//! The commands of a script as a shell would group them. Whatever the script is, reading it ends.

use crate::model::pipeline::token::{Token, Word, tokens};

/// Commands one after the other.
pub(super) type List = Vec<Chain>;

/// Pipes that hang on one another: `a && b || c`.
#[derive(Debug, Default)]
pub(super) struct Chain {
    /// Each with what stands before it: `&&`, `||`, or nothing.
    pub(super) pipes: Vec<(Join, Pipe)>,
    /// Nobody waits for it.
    pub(super) background: bool,
}

/// What joins a pipe to the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Join {
    First,
    And,
    Or,
}

/// Commands of which each reads what the one before it writes.
#[derive(Debug, Default)]
pub(super) struct Pipe {
    /// `!`
    pub(super) negated: bool,
    pub(super) commands: Vec<Command>,
}

#[derive(Debug)]
pub(super) enum Command {
    Simple(Vec<Word>),
    /// `{ … }` and `( … )`, the latter with variables of its own.
    Group(List, bool),
    /// Conditions with what hangs on them; the last without one is `else`.
    If(Vec<(List, List)>, List),
    /// `while` and `until`.
    While(List, List),
    /// A variable, the words that it takes, and what is done for each.
    For(String, Vec<Word>, List),
    Case(Vec<List>),
    Function(String, List),
}

/// How deep commands may stand in one another.
const DEEPEST: usize = 60;

/// Reads a script.
pub(super) fn read(text: &str) -> List {
    of_tokens(&tokens(text))
}

/// Reads what was taken apart.
pub(super) fn of_tokens(tokens: &[Token]) -> List {
    let mut parser = Parser { tokens, at: 0, depth: 0 };
    let mut list = Vec::new();
    while parser.at < tokens.len() {
        let before = parser.at;
        list.extend(parser.list(&[]));
        // what closes nothing is left out
        if parser.at == before || parser.at < tokens.len() {
            parser.at += 1;
        }
    }
    list
}

struct Parser<'t> {
    tokens: &'t [Token],
    at: usize,
    depth: usize,
}

impl<'t> Parser<'t> {
    fn peek(&self) -> Option<&'t Token> {
        self.tokens.get(self.at)
    }

    /// The word that stands here, where it may be one of the shell's own.
    fn word(&self) -> Option<&'t str> {
        match self.peek()? {
            Token::Word(word) => Some(word.text.as_str()),
            Token::Mark(_) => None,
        }
    }

    fn mark(&self) -> Option<&'static str> {
        match self.peek()? {
            Token::Mark(mark) => Some(mark),
            Token::Word(_) => None,
        }
    }

    fn take_word(&mut self, wanted: &str) -> bool {
        let is = self.word() == Some(wanted);
        self.at += usize::from(is);
        is
    }

    fn take_mark(&mut self, wanted: &str) -> bool {
        let is = self.mark() == Some(wanted);
        self.at += usize::from(is);
        is
    }

    fn skip_lines(&mut self) {
        while matches!(self.mark(), Some("\n" | ";")) {
            self.at += 1;
        }
    }

    /// Commands up to one of some words, a bracket, or the end of a case.
    fn list(&mut self, ends: &[&str]) -> List {
        let mut list = Vec::new();
        if self.depth > DEEPEST {
            self.at = self.tokens.len();
            return list;
        }
        self.depth += 1;
        loop {
            self.skip_lines();
            let closes = self.word().is_some_and(|word| ends.contains(&word)) || matches!(self.mark(), Some(")" | ";;" | ";&" | ";;&"));
            if closes || self.peek().is_none() {
                break;
            }
            let before = self.at;
            list.push(self.chain(ends));
            if self.at == before {
                self.at += 1;
            }
        }
        self.depth -= 1;
        list
    }

    fn chain(&mut self, ends: &[&str]) -> Chain {
        let mut chain = Chain::default();
        let mut join = Join::First;
        loop {
            let pipe = self.pipe(ends);
            chain.pipes.push((join, pipe));
            join = match self.mark() {
                Some("&&") => Join::And,
                Some("||") => Join::Or,
                Some("&") => {
                    chain.background = true;
                    self.at += 1;
                    return chain;
                }
                _ => return chain,
            };
            self.at += 1;
            self.skip_lines();
        }
    }

    fn pipe(&mut self, ends: &[&str]) -> Pipe {
        let mut pipe = Pipe::default();
        while self.take_word("!") {
            pipe.negated = !pipe.negated;
        }
        loop {
            pipe.commands.extend(self.command(ends));
            if !self.take_mark("|") && !self.take_mark("|&") {
                return pipe;
            }
            self.skip_lines();
        }
    }

    fn command(&mut self, ends: &[&str]) -> Option<Command> {
        if self.depth > DEEPEST {
            self.at = self.tokens.len();
            return None;
        }
        self.depth += 1;
        let found = self.one(ends);
        self.depth -= 1;
        found
    }

    fn one(&mut self, ends: &[&str]) -> Option<Command> {
        if self.take_mark("(") {
            // `((…))` counts
            let counts = self.take_mark("(");
            let list = self.list(&[]);
            self.take_mark(")");
            if counts {
                self.take_mark(")");
            }
            return (!counts).then_some(Command::Group(list, true));
        }
        match self.word()? {
            "{" => {
                self.at += 1;
                let list = self.list(&["}"]);
                self.take_word("}");
                Some(Command::Group(list, false))
            }
            "if" => {
                self.at += 1;
                Some(self.conditional())
            }
            "while" | "until" => {
                self.at += 1;
                let condition = self.list(&["do"]);
                Some(Command::While(condition, self.body()))
            }
            "for" | "select" => {
                self.at += 1;
                self.each()
            }
            "case" => {
                self.at += 1;
                Some(self.case())
            }
            "function" => {
                self.at += 1;
                let name = self.word()?.to_owned();
                self.at += 1;
                self.function(name)
            }
            word if ends.contains(&word) => None,
            word => {
                if self.tokens.get(self.at + 1..self.at + 3) == Some(&[Token::Mark("("), Token::Mark(")")]) {
                    self.at += 1;
                    return self.function(word.to_owned());
                }
                let mut words = Vec::new();
                while let Some(Token::Word(word)) = self.peek() {
                    words.push(word.clone());
                    self.at += 1;
                }
                // `list=(a b)`
                if self.mark() == Some("(") && words.last().is_some_and(|word| word.text.ends_with('=')) {
                    self.at += 1;
                    while self.peek().is_some() && !self.take_mark(")") {
                        self.at += 1;
                    }
                }
                Some(Command::Simple(words))
            }
        }
    }

    fn function(&mut self, name: String) -> Option<Command> {
        self.take_mark("(");
        self.take_mark(")");
        self.skip_lines();
        match self.command(&[])? {
            Command::Group(body, _) => Some(Command::Function(name, body)),
            _ => None,
        }
    }

    fn conditional(&mut self) -> Command {
        let mut branches = Vec::new();
        loop {
            let condition = self.list(&["then", "fi"]);
            self.take_word("then");
            let body = self.list(&["elif", "else", "fi"]);
            branches.push((condition, body));
            if !self.take_word("elif") {
                break;
            }
        }
        let otherwise = if self.take_word("else") { self.list(&["fi"]) } else { Vec::new() };
        self.take_word("fi");
        Command::If(branches, otherwise)
    }

    fn body(&mut self) -> List {
        self.take_word("do");
        let body = self.list(&["done"]);
        self.take_word("done");
        body
    }

    fn each(&mut self) -> Option<Command> {
        let name = self.word()?.to_owned();
        self.at += 1;
        self.skip_lines();
        let mut words = Vec::new();
        let all = Word { text: "$@".to_owned(), expands: true, quoted: true, within: Vec::new() };
        if self.take_word("in") {
            while let Some(Token::Word(word)) = self.peek() {
                words.push(word.clone());
                self.at += 1;
            }
        } else {
            words.push(all);
        }
        self.skip_lines();
        Some(Command::For(name, words, self.body()))
    }

    fn case(&mut self) -> Command {
        let mut bodies = Vec::new();
        while self.peek().is_some() && !self.take_word("in") {
            self.at += 1;
        }
        loop {
            self.skip_lines();
            if self.peek().is_none() || self.take_word("esac") {
                return Command::Case(bodies);
            }
            // the pattern
            while self.peek().is_some() && !self.take_mark(")") {
                self.at += 1;
            }
            bodies.push(self.list(&["esac"]));
            while matches!(self.mark(), Some(";;" | ";&" | ";;&")) {
                self.at += 1;
            }
            // a bracket that closes nothing
            while self.take_mark(")") {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn depth(list: &List) -> usize {
        let of = |command: &Command| match command {
            Command::Simple(_) => 0,
            Command::Group(list, _) | Command::For(_, _, list) | Command::Function(_, list) => 1 + depth(list),
            Command::If(branches, otherwise) => {
                1 + branches.iter().map(|(_, body)| depth(body)).max().unwrap_or_default().max(depth(otherwise))
            }
            Command::While(_, body) => 1 + depth(body),
            Command::Case(bodies) => 1 + bodies.iter().map(depth).max().unwrap_or_default(),
        };
        list.iter().flat_map(|chain| &chain.pipes).flat_map(|(_, pipe)| &pipe.commands).map(of).max().unwrap_or_default()
    }

    #[test]
    fn commands_are_grouped() {
        for (text, chains, deep) in [
            ("a; b\nc", 3, 0),
            ("a && b || c | d", 1, 0),
            ("if a; then b; elif c; then d; else e; fi; f", 2, 1),
            ("f() {\n a\n}\nf", 2, 1),
            ("function f { a; }; f", 2, 1),
            ("for i in a b; do if x; then c $i; fi; done", 1, 2),
            ("case $1 in a|b) c ;; *) d;; esac; e", 2, 1),
            ("while read x; do a; done < f", 1, 1),
            ("( a; b ) && c", 1, 1),
            ("x=(a b)\nc", 2, 0),
        ] {
            let list = read(text);
            assert_eq!((list.len(), depth(&list)), (chains, deep), "{text}: {list:?}");
        }
    }

    #[test]
    fn reading_what_is_none_ends() {
        for text in ["if", "case x in", ") ) fi done", "for", "f() g", "{", "((((", "a && && b", "case a in b", "! ! !", "if ; then fi )"] {
            let _ = read(text);
        }
        let _ = read(&"(".repeat(10_000));
        let _ = read(&"if a; then ".repeat(10_000));
        let _ = read(&"f() ".repeat(10_000));
    }
}
