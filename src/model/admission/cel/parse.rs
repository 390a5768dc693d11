//! Texts into expressions.

use serde_json::Value;

/// An expression.
#[derive(Debug, Clone)]
pub(in super::super) enum Expr {
    Literal(Value),
    Name(String),
    List(Vec<Expr>),
    Map(Vec<(Expr, Expr)>),
    /// A field; an optional one where the flag is set.
    Field(Box<Expr>, String, bool),
    Index(Box<Expr>, Box<Expr>, bool),
    /// A function, of a receiver where there is one.
    Call(Option<Box<Expr>>, String, Vec<Expr>),
    Not(Box<Expr>),
    Minus(Box<Expr>),
    Binary(&'static str, Box<Expr>, Box<Expr>),
    Choice(Box<Expr>, Box<Expr>, Box<Expr>),
}

/// How deep expressions may be nested.
const DEPTH: u32 = 64;

/// The longest expression that is read.
const LONGEST: usize = 64 * 1024;

/// The expression that a text is; `None`: it is not understood.
pub(in super::super) fn parse(text: &str) -> Option<Expr> {
    if text.len() > LONGEST {
        return None;
    }
    let mut parser = Parser { tokens: tokens(text)?, at: 0, depth: 0 };
    let expression = parser.choice()?;
    (parser.at == parser.tokens.len()).then_some(expression)
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Name(String),
    Literal(Value),
    Sign(&'static str),
}

const SIGNS: &[&str] = &[
    "&&", "||", "==", "!=", "<=", ">=", "[?", ".?", "<", ">", "!", "?", ":", "(", ")", "[", "]", "{", "}", ",", ".", "+", "-", "*", "/",
    "%",
];

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        if let Some(comment) = rest.strip_prefix("//") {
            rest = comment.split_once('\n').map_or("", |(_, after)| after).trim_start();
            continue;
        }
        let raw = rest.strip_prefix('r').filter(|after| after.starts_with(['\'', '"']));
        let (token, after) = if let Some(quoted) = raw.or_else(|| rest.starts_with(['\'', '"']).then_some(rest)) {
            quoted_text(quoted, raw.is_some())?
        } else if first.is_ascii_digit() {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '.').unwrap_or(rest.len());
            (Token::Literal(number(&rest[..end])?), &rest[end..])
        } else if first.is_alphabetic() || first == '_' {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            let token = match &rest[..end] {
                "true" => Token::Literal(true.into()),
                "false" => Token::Literal(false.into()),
                "null" => Token::Literal(Value::Null),
                name => Token::Name(name.to_owned()),
            };
            (token, &rest[end..])
        } else {
            let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign))?;
            (Token::Sign(sign), &rest[sign.len()..])
        };
        tokens.push(token);
        rest = after.trim_start();
    }
    Some(tokens)
}

fn number(text: &str) -> Option<Value> {
    let text = text.strip_suffix('u').unwrap_or(text);
    text.parse::<i64>().map(Value::from).ok().or_else(|| text.parse::<f64>().map(Value::from).ok())
}

fn quoted_text(text: &str, raw: bool) -> Option<(Token, &str)> {
    let quote = if text.starts_with("'''") || text.starts_with("\"\"\"") { &text[..3] } else { &text[..1] };
    let body = &text[quote.len()..];
    let mut said = String::new();
    let mut chars = body.char_indices();
    while let Some((at, c)) = chars.next() {
        if body[at..].starts_with(quote) {
            return Some((Token::Literal(said.into()), &body[at + quote.len()..]));
        }
        if c != '\\' || raw {
            said.push(c);
            continue;
        }
        said.push(match chars.next()?.1 {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            plain @ ('\\' | '\'' | '"' | '`' | '?') => plain,
            _ => return None,
        });
    }
    None
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: u32,
}

impl Parser {
    fn eat(&mut self, sign: &str) -> bool {
        let is = matches!(self.tokens.get(self.at), Some(Token::Sign(own)) if *own == sign);
        self.at += usize::from(is);
        is
    }

    fn need(&mut self, sign: &str) -> Option<()> {
        self.eat(sign).then_some(())
    }

    fn name(&mut self) -> Option<String> {
        let Some(Token::Name(name)) = self.tokens.get(self.at) else { return None };
        self.at += 1;
        Some(name.clone())
    }

    /// Every way in goes through here, so that nesting is bounded.
    fn choice(&mut self) -> Option<Expr> {
        self.depth += 1;
        if self.depth > DEPTH {
            return None;
        }
        let asked = self.binary(0)?;
        let whole = if self.eat("?") {
            let yes = self.choice()?;
            self.need(":")?;
            Expr::Choice(Box::new(asked), Box::new(yes), Box::new(self.choice()?))
        } else {
            asked
        };
        self.depth -= 1;
        Some(whole)
    }

    fn binary(&mut self, level: usize) -> Option<Expr> {
        const LEVELS: [&[&str]; 5] = [&["||"], &["&&"], &["==", "!=", "<=", ">=", "<", ">"], &["+", "-"], &["*", "/", "%"]];
        let Some(signs) = LEVELS.get(level) else { return self.unary() };
        let mut left = self.binary(level + 1)?;
        let mut length = 0;
        loop {
            let sign = match self.tokens.get(self.at) {
                Some(Token::Sign(sign)) if signs.contains(sign) => sign,
                Some(Token::Name(name)) if level == 2 && name == "in" => "in",
                _ => return Some(left),
            };
            self.at += 1;
            length += 1;
            if length > DEPTH {
                return None;
            }
            left = Expr::Binary(sign, Box::new(left), Box::new(self.binary(level + 1)?));
        }
    }

    fn unary(&mut self) -> Option<Expr> {
        let (mut signs, mut count) = (Vec::new(), 0);
        loop {
            match (self.eat("!"), self.eat("-")) {
                (true, false) => signs.push(true),
                (false, true) => signs.push(false),
                (true, true) => signs.extend([true, false]),
                (false, false) => break,
            }
            count += 1;
            if count > DEPTH {
                return None;
            }
        }
        let inner = self.member()?;
        let wrap = |inner, is_not| if is_not { Expr::Not(Box::new(inner)) } else { Expr::Minus(Box::new(inner)) };
        Some(signs.into_iter().rev().fold(inner, wrap))
    }

    fn member(&mut self) -> Option<Expr> {
        let mut expression = self.primary()?;
        for _ in 0..DEPTH {
            let of = Box::new(expression);
            expression = if self.eat(".") {
                let name = self.name()?;
                if self.eat("(") { Expr::Call(Some(of), name, self.list(")")?) } else { Expr::Field(of, name, false) }
            } else if self.eat(".?") {
                Expr::Field(of, self.name()?, true)
            } else if self.eat("[") {
                let index = self.choice()?;
                self.need("]")?;
                Expr::Index(of, Box::new(index), false)
            } else if self.eat("[?") {
                let index = self.choice()?;
                self.need("]")?;
                Expr::Index(of, Box::new(index), true)
            } else {
                return Some(*of);
            };
        }
        None
    }

    fn primary(&mut self) -> Option<Expr> {
        if self.eat("(") {
            let inner = self.choice()?;
            self.need(")")?;
            return Some(inner);
        }
        if self.eat("[") {
            return Some(Expr::List(self.list("]")?));
        }
        if self.eat("{") {
            let mut entries = Vec::new();
            while !self.eat("}") {
                let key = self.choice()?;
                self.need(":")?;
                entries.push((key, self.choice()?));
                if !self.eat(",") {
                    self.need("}")?;
                    break;
                }
            }
            return Some(Expr::Map(entries));
        }
        if let Some(Token::Literal(value)) = self.tokens.get(self.at).cloned() {
            self.at += 1;
            return Some(Expr::Literal(value));
        }
        let name = self.name()?;
        Some(if self.eat("(") { Expr::Call(None, name, self.list(")")?) } else { Expr::Name(name) })
    }

    fn list(&mut self, end: &str) -> Option<Vec<Expr>> {
        let mut items = Vec::new();
        while !self.eat(end) {
            items.push(self.choice()?);
            if !self.eat(",") {
                self.need(end)?;
                break;
            }
        }
        Some(items)
    }
}
