//! The selectors of Calico: `app == 'web' && !has(legacy) || tier in {'a', 'b'}`.

use crate::model::network::fit::{Fit, Label};

/// A selector as parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expression {
    /// `all()`, or nothing.
    All,
    /// `global()`: what belongs to no namespace.
    Global,
    /// `has(key)`
    Has(Box<str>),
    /// `key == 'value'`, `key in {…}`
    In(Box<str>, Vec<Box<str>>),
    /// `key != 'value'`, `key not in {…}`: what lacks the label too.
    NotIn(Box<str>, Vec<Box<str>>),
    /// `key contains 'part'`
    Contains(Box<str>, Box<str>),
    /// `key starts with 'part'`
    Starts(Box<str>, Box<str>),
    /// `key ends with 'part'`
    Ends(Box<str>, Box<str>),
    /// `!x`
    Not(Box<Expression>),
    /// `x && y`
    And(Vec<Expression>),
    /// `x || y`
    Or(Vec<Expression>),
}

/// How deep expressions may nest; nobody writes as deep.
const DEEPEST: usize = 32;

impl Expression {
    /// Reads one; `None` when Calico would refuse it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.trim().is_empty() {
            return Some(Expression::All);
        }
        let mut parser = Parser { rest: text, depth: 0 };
        let expression = parser.or()?;
        parser.rest.trim().is_empty().then_some(expression)
    }

    /// What it says of something with these labels.
    pub fn judge<'a, 's: 'a>(&'s self, label: &dyn Fn(&'a str) -> Label<'a>) -> Fit {
        let test = |key: &'s str, holds: &dyn Fn(Option<&str>) -> bool| label(key).test(holds);
        let listed = |values: &[Box<str>], value: Option<&str>| value.is_some_and(|value| values.iter().any(|own| **own == *value));
        match self {
            Expression::All => Fit::Yes,
            Expression::Global => Fit::No,
            Expression::Has(key) => test(key, &|value| value.is_some()),
            Expression::In(key, values) => test(key, &|value| listed(values, value)),
            Expression::NotIn(key, values) => test(key, &|value| !listed(values, value)),
            Expression::Contains(key, part) => test(key, &|value| value.is_some_and(|value| value.contains(&**part))),
            Expression::Starts(key, part) => test(key, &|value| value.is_some_and(|value| value.starts_with(&**part))),
            Expression::Ends(key, part) => test(key, &|value| value.is_some_and(|value| value.ends_with(&**part))),
            Expression::Not(inner) => inner.judge(label).negated(),
            Expression::And(all) => all.iter().fold(Fit::Yes, |fit, one| fit.and(one.judge(label))),
            Expression::Or(all) => all.iter().fold(Fit::No, |fit, one| fit.or(one.judge(label))),
        }
    }

    /// The keys it asks for.
    #[must_use]
    pub fn keys(&self) -> Vec<&str> {
        match self {
            Expression::All | Expression::Global => Vec::new(),
            Expression::Has(key) | Expression::In(key, _) | Expression::NotIn(key, _) => vec![key],
            Expression::Contains(key, _) | Expression::Starts(key, _) | Expression::Ends(key, _) => vec![key],
            Expression::Not(inner) => inner.keys(),
            Expression::And(all) | Expression::Or(all) => all.iter().flat_map(Expression::keys).collect(),
        }
    }
}

struct Parser<'t> {
    rest: &'t str,
    depth: usize,
}

impl<'t> Parser<'t> {
    fn or(&mut self) -> Option<Expression> {
        let mut all = vec![self.and()?];
        while self.takes("||") {
            all.push(self.and()?);
        }
        Some(if all.len() == 1 { all.remove(0) } else { Expression::Or(all) })
    }

    fn and(&mut self) -> Option<Expression> {
        let mut all = vec![self.one()?];
        while self.takes("&&") {
            all.push(self.one()?);
        }
        Some(if all.len() == 1 { all.remove(0) } else { Expression::And(all) })
    }

    fn one(&mut self) -> Option<Expression> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let expression = if self.takes("!") {
            Expression::Not(Box::new(self.one()?))
        } else if self.takes("(") {
            let inner = self.or()?;
            self.takes(")").then_some(inner)?
        } else {
            self.operation()?
        };
        self.depth -= 1;
        Some(expression)
    }

    fn operation(&mut self) -> Option<Expression> {
        let key = self.word()?;
        if self.takes("(") {
            let inner = if key == "has" { Some(self.word()?) } else { None };
            self.takes(")").then_some(())?;
            return match (key, inner) {
                ("has", Some(key)) => Some(Expression::Has(key.into())),
                ("all", None) => Some(Expression::All),
                ("global", None) => Some(Expression::Global),
                _ => None,
            };
        }
        let key: Box<str> = key.into();
        if self.takes("==") {
            return Some(Expression::In(key, vec![self.string()?]));
        }
        if self.takes("!=") {
            return Some(Expression::NotIn(key, vec![self.string()?]));
        }
        match self.word()? {
            "in" => Some(Expression::In(key, self.set()?)),
            "not" if self.word()? == "in" => Some(Expression::NotIn(key, self.set()?)),
            "contains" => Some(Expression::Contains(key, self.string()?)),
            "starts" if self.word()? == "with" => Some(Expression::Starts(key, self.string()?)),
            "ends" if self.word()? == "with" => Some(Expression::Ends(key, self.string()?)),
            _ => None,
        }
    }

    fn set(&mut self) -> Option<Vec<Box<str>>> {
        self.takes("{").then_some(())?;
        let mut values = Vec::new();
        while !self.takes("}") {
            values.push(self.string()?);
            if !self.takes(",") {
                self.takes("}").then_some(())?;
                break;
            }
        }
        Some(values)
    }

    fn string(&mut self) -> Option<Box<str>> {
        let text = self.rest.trim_start();
        let quote = text.chars().next().filter(|quote| matches!(quote, '\'' | '"'))?;
        let (value, rest) = text[1..].split_once(quote)?;
        self.rest = rest;
        Some(value.into())
    }

    fn word(&mut self) -> Option<&'t str> {
        let text = self.rest.trim_start();
        let is_part = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.' | '/');
        let end = text.find(|letter| !is_part(letter)).unwrap_or(text.len());
        self.rest = &text[end..];
        (end > 0).then_some(&text[..end])
    }

    fn takes(&mut self, token: &str) -> bool {
        let text = self.rest.trim_start();
        // `!` is also the beginning of `!=`
        let found = text.strip_prefix(token).filter(|rest| token != "!" || !rest.starts_with('='));
        if let Some(rest) = found {
            self.rest = rest;
        }
        found.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::Expression;
    use crate::model::network::fit::{Fit, Label};

    /// What a selector says of `app=web tier=front`, and of a pod of which nothing is known.
    #[test]
    fn the_table_of_calico() {
        let table = [
            ("", Fit::Yes, Fit::Yes),
            ("all()", Fit::Yes, Fit::Yes),
            ("app == 'web'", Fit::Yes, Fit::Some),
            ("app == \"db\"", Fit::No, Fit::Some),
            ("app != 'web'", Fit::No, Fit::Some),
            ("zone != 'a'", Fit::Yes, Fit::Some),
            ("zone not in {'a', 'b'}", Fit::Yes, Fit::Some),
            ("app in {'db','web'}", Fit::Yes, Fit::Some),
            ("app in {}", Fit::No, Fit::Some),
            ("has(app) && !has(zone)", Fit::Yes, Fit::Some),
            ("!has(app) || tier == 'front'", Fit::Yes, Fit::Some),
            ("!(app == 'web' && tier == 'front')", Fit::No, Fit::Some),
            ("app starts with 'we' && app ends with 'b' && tier contains 'ron'", Fit::Yes, Fit::Some),
            ("app == 'web' && all() || global()", Fit::Yes, Fit::Some),
            ("global()", Fit::No, Fit::No),
            ("projectcalico.org/namespace == 'shop'", Fit::No, Fit::Some),
        ];
        for (text, labelled, any) in table {
            let expression = Expression::parse(text).unwrap_or_else(|| panic!("{text}"));
            let labels = |key: &str| match key {
                "app" => Label::Is("web"),
                "tier" => Label::Is("front"),
                _ => Label::Absent,
            };
            assert_eq!(expression.judge(&labels), labelled, "{text}");
            assert_eq!(expression.judge(&|_| Label::Any), any, "{text}");
        }
    }

    #[test]
    fn what_calico_refuses_is_not_read() {
        for text in ["app", "app = 'web'", "app == web", "has(app", "app == 'web' &&", "(all()", "app in 'web'", "all() all()", "é == 'x'"]
        {
            assert_eq!(Expression::parse(text), None, "{text}");
        }
        assert_eq!(Expression::parse(&format!("{}all(){}", "(".repeat(100), ")".repeat(100))), None, "as deep as nobody writes");
    }
}
