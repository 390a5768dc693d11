//! The commands of a script as a shell would group them. Whatever the script is, reading it ends.

use crate::model::pipeline::commands::{Chain, Command, Join, List, Pipe};
use crate::model::pipeline::token::{Token, Word, tokens};

/// How deep commands may stand in one another.
const DEEPEST: usize = 120;

/// Reads a script that begins on this line.
pub(super) fn read(text: &str, row: u32) -> List {
    of_tokens(&tokens(text, row))
}

/// Reads what was taken apart.
pub(super) fn of_tokens(tokens: &[Token]) -> List {
    let mut parser = Parser { tokens, at: 0, depth: 0, unread: None };
    let mut list = Vec::new();
    while parser.at < tokens.len() {
        let before = parser.at;
        list.extend(parser.list(&[]));
        // what closes nothing is left out
        if parser.at == before || parser.at < tokens.len() {
            parser.at += 1;
        }
    }
    if let Some(row) = parser.unread {
        let pipe = Pipe { commands: vec![Command::Unread(row)], ..Pipe::default() };
        list.insert(0, Chain { pipes: vec![(Join::First, pipe)], background: false });
    }
    list
}

fn is_document(token: &Token) -> bool {
    matches!(token, Token::Word(word) if word.document.is_some())
}

struct Parser<'t> {
    tokens: &'t [Token],
    at: usize,
    depth: usize,
    /// The line from which on nothing is read.
    unread: Option<u32>,
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

    fn is_next(&self, wanted: &str) -> bool {
        matches!(self.tokens.get(self.at + 1), Some(Token::Word(word)) if word.text == wanted)
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

    /// What stands deeper than anybody writes by hand is left.
    fn give_up(&mut self) {
        let words = self.tokens[..self.at.min(self.tokens.len())].iter().rev();
        let row = words.filter_map(|token| if let Token::Word(word) = token { Some(word.row) } else { None }).next();
        self.unread.get_or_insert(row.unwrap_or_default());
        self.at = self.tokens.len();
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
            self.give_up();
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
        loop {
            match self.word() {
                Some("!") => pipe.negated = !pipe.negated,
                Some("time" | "coproc") if !self.is_next("-f") && !self.is_next("-o") => {
                    self.at += usize::from(self.is_next("-p"));
                }
                _ => break,
            }
            self.at += 1;
        }
        loop {
            pipe.commands.extend(self.command(ends));
            while let Some(Token::Word(word)) = self.peek().filter(|token| is_document(token)) {
                pipe.documents.push(word.clone());
                self.at += 1;
            }
            if !self.take_mark("|") && !self.take_mark("|&") {
                return pipe;
            }
            self.skip_lines();
        }
    }

    fn command(&mut self, ends: &[&str]) -> Option<Command> {
        if self.depth > DEEPEST {
            self.give_up();
            return None;
        }
        self.depth += 1;
        let found = self.one(ends);
        self.depth -= 1;
        found
    }

    fn one(&mut self, ends: &[&str]) -> Option<Command> {
        if self.mark() == Some("((") {
            return self.counts();
        }
        if self.take_mark("(") {
            let list = self.list(&[]);
            self.take_mark(")");
            return Some(Command::Group(list, true));
        }
        match self.word()? {
            "{" => {
                self.at += 1;
                Some(Command::Group(self.braces(), false))
            }
            "if" => {
                self.at += 1;
                Some(self.conditional())
            }
            word @ ("while" | "until") => {
                self.at += 1;
                let condition = self.list(&["do"]);
                Some(Command::While(condition, self.body(), word == "until"))
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
                let is_called = || self.tokens.get(self.at + 1..self.at + 3) == Some(&[Token::Mark("("), Token::Mark(")")]);
                if !word.ends_with('=') && is_called() {
                    self.at += 1;
                    return self.function(word.to_owned());
                }
                let mut words = Vec::new();
                while let Some(Token::Word(word)) = self.peek() {
                    let mut word = word.clone();
                    self.at += 1;
                    // `list=(a b)`
                    if word.text.ends_with('=') && self.take_mark("(") {
                        word.items = Some(self.items());
                    }
                    words.push(word);
                }
                Some(Command::Simple(words))
            }
        }
    }

    /// `((…))` counts, unless its brackets are those of two shells.
    fn counts(&mut self) -> Option<Command> {
        let (mut depth, mut inner) = (0_usize, None);
        for (at, token) in self.tokens.iter().enumerate().skip(self.at) {
            depth = match token {
                Token::Mark("((") => depth + 2,
                Token::Mark("(") => depth + 1,
                Token::Mark(")") => depth.saturating_sub(1),
                _ => depth,
            };
            match (token, depth) {
                (Token::Mark(")"), 1) => inner = Some(at),
                (Token::Mark(")"), 0) if inner == Some(at - 1) => {
                    self.at = at + 1;
                    return None;
                }
                (Token::Mark(")"), 0) => break,
                _ => {}
            }
        }
        self.at += 1;
        let first = self.list(&[]);
        self.take_mark(")");
        let first = Pipe { commands: vec![Command::Group(first, true)], ..Pipe::default() };
        let mut list = vec![Chain { pipes: vec![(Join::First, first)], background: false }];
        list.extend(self.list(&[]));
        self.take_mark(")");
        Some(Command::Group(list, true))
    }

    /// What stands in the brackets of a list.
    fn items(&mut self) -> Vec<Word> {
        let mut items = Vec::new();
        while self.peek().is_some() && !self.take_mark(")") {
            if let Some(Token::Word(word)) = self.peek() {
                items.push(word.clone());
            }
            self.at += 1;
        }
        items
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

    fn braces(&mut self) -> List {
        let list = self.list(&["}"]);
        self.take_word("}");
        list
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
        // `for ((i = 0; …))`
        if self.mark() == Some("((") {
            self.counts();
            self.skip_lines();
            let body = if self.take_word("{") { self.braces() } else { self.body() };
            return Some(Command::While(Vec::new(), body, false));
        }
        let name = self.word()?.to_owned();
        self.at += 1;
        self.skip_lines();
        let mut words = Vec::new();
        let all = Word { text: "$@".to_owned(), expands: true, quoted: true, ..Word::default() };
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
        let (mut bodies, mut whole) = (Vec::new(), false);
        while self.peek().is_some() && !self.take_word("in") {
            self.at += 1;
        }
        loop {
            self.skip_lines();
            if self.peek().is_none() || self.take_word("esac") {
                return Command::Case(bodies, whole);
            }
            // the pattern
            whole |= self.word() == Some("*") && matches!(self.tokens.get(self.at + 1), Some(Token::Mark(")" | "|")));
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
#[path = "syntax_tests.rs"]
mod tests;
