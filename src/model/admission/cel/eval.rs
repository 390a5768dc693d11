//! Expressions into values.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::{Map, Value};

use super::parse::Expr;
use crate::model::admission::value::{self, ANY, has_open, is_open};

/// Why there is no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Stop {
    /// The expression fails, as the API server would find: a field that is not there, a wrong type.
    Error,
    /// It has something that is not understood here.
    Unknown,
}

/// What names stand for.
pub(in super::super) struct Scope<'s> {
    roots: BTreeMap<&'s str, &'s Value>,
    variables: &'s [(String, Expr)],
    /// How many variables may be read before this one: each sees only those before it.
    seen: usize,
    locals: Vec<(String, Value)>,
    functions: Option<&'s Functions<'s>>,
    /// How many steps are left: expressions may be made to take for ever.
    steps: Rc<Cell<u32>>,
}

/// What functions that verify say of their arguments; `None`: that is not known.
pub(in super::super) type Functions<'s> = dyn Fn(&str, &[Value]) -> Option<Value> + 's;

const MOST_STEPS: u32 = 100_000;

impl<'s> Scope<'s> {
    /// The names that are known, and the policy's variables in their order.
    pub(in super::super) fn new(roots: &[(&'s str, &'s Value)], variables: &'s [(String, Expr)]) -> Self {
        let roots = roots.iter().copied().collect();
        let steps = Rc::new(Cell::new(MOST_STEPS));
        Scope { roots, variables, seen: variables.len(), locals: Vec::new(), functions: None, steps }
    }

    /// The same with functions that verify.
    pub(in super::super) fn answering(self, functions: &'s Functions<'s>) -> Self {
        Scope { functions: Some(functions), ..self }
    }

    fn with(&self, name: &str, value: Value) -> Scope<'s> {
        let locals = self.locals.iter().cloned().chain([(name.to_owned(), value)]).collect();
        Scope { roots: self.roots.clone(), locals, steps: Rc::clone(&self.steps), ..*self }
    }
}

/// A value, or one that may be absent.
enum Val {
    Plain(Value),
    Optional(Option<Value>),
}

use Val::{Optional, Plain};

type Result<T> = std::result::Result<T, Stop>;

/// The value of an expression.
pub(in super::super) fn evaluate(expression: &Expr, scope: &Scope<'_>) -> Result<Value> {
    plain(eval(expression, scope)?)
}

fn plain(value: Val) -> Result<Value> {
    match value {
        Plain(value) => Ok(value),
        Optional(_) => Err(Stop::Unknown),
    }
}

fn eval(expression: &Expr, scope: &Scope<'_>) -> Result<Val> {
    let left = scope.steps.get().checked_sub(1).ok_or(Stop::Unknown)?;
    scope.steps.set(left);
    Ok(Plain(match expression {
        Expr::Literal(value) => value.clone(),
        Expr::Name(name) => named(name, scope)?,
        Expr::List(items) => items.iter().map(|item| evaluate(item, scope)).collect::<Result<Value>>()?,
        Expr::Map(entries) => {
            let mut map = Map::new();
            for (key, value) in entries {
                let key = evaluate(key, scope)?;
                map.insert(key.as_str().ok_or(Stop::Unknown)?.to_owned(), evaluate(value, scope)?);
            }
            map.into()
        }
        Expr::Field(of, name, optional) => return field(of, name, *optional, scope),
        Expr::Index(of, index, optional) => return indexed(eval(of, scope)?, &evaluate(index, scope)?, *optional),
        Expr::Call(of, name, arguments) => return call(of.as_deref(), name, arguments, scope),
        Expr::Not(inner) => (!truth(inner, scope)?).into(),
        Expr::Minus(inner) => {
            let value = evaluate(inner, scope)?;
            value.as_i64().and_then(i64::checked_neg).map(Value::from).ok_or(Stop::Error)?
        }
        Expr::Binary("&&", a, b) => connected(truth(a, scope), || truth(b, scope), false)?.into(),
        Expr::Binary("||", a, b) => connected(truth(a, scope), || truth(b, scope), true)?.into(),
        Expr::Binary(sign, a, b) => binary(sign, &evaluate(a, scope)?, &evaluate(b, scope)?)?,
        Expr::Choice(asked, yes, no) => return eval(if truth(asked, scope)? { yes } else { no }, scope),
    }))
}

fn truth(expression: &Expr, scope: &Scope<'_>) -> Result<bool> {
    evaluate(expression, scope)?.as_bool().ok_or(Stop::Error)
}

/// Either side may settle it, whatever becomes of the other.
fn connected(a: Result<bool>, b: impl FnOnce() -> Result<bool>, settles: bool) -> Result<bool> {
    if a == Ok(settles) {
        return Ok(settles);
    }
    match (a, b()) {
        (_, Ok(b)) if b == settles => Ok(settles),
        (Ok(_), other) => other,
        (Err(Stop::Error), Err(Stop::Unknown)) => Err(Stop::Unknown),
        (Err(stop), _) => Err(stop),
    }
}

fn named(name: &str, scope: &Scope<'_>) -> Result<Value> {
    let local = scope.locals.iter().rev().find(|(own, _)| own == name).map(|(_, value)| value);
    local.or_else(|| scope.roots.get(name).copied()).filter(|value| !is_open(value)).cloned().ok_or(Stop::Unknown)
}

fn field(of: &Expr, name: &str, optional: bool, scope: &Scope<'_>) -> Result<Val> {
    if matches!(of, Expr::Name(root) if root == "variables") {
        let at = scope.variables[..scope.seen].iter().position(|(own, _)| own == name).ok_or(Stop::Unknown)?;
        let (roots, steps) = (scope.roots.clone(), Rc::clone(&scope.steps));
        let inner = Scope { roots, seen: at, locals: Vec::new(), steps, ..*scope };
        return eval(&scope.variables[at].1, &inner);
    }
    let found = indexed(eval(of, scope)?, &name.into(), optional);
    // of the request only a part is known
    let is_request = matches!(of, Expr::Name(root) if root == "request");
    if is_request && !matches!(found, Ok(Plain(_))) { Err(Stop::Unknown) } else { found }
}

/// An element by its key or number; what follows something optional is optional.
fn indexed(of: Val, index: &Value, optional: bool) -> Result<Val> {
    let get = |of: &Value| match (of, index) {
        (Value::Object(map), Value::String(key)) => known(map, key).map(Option::<&Value>::cloned),
        // of a list that may have more, any may stand there
        (Value::Array(items), Value::Number(_)) if items.iter().any(is_open) => Err(Stop::Unknown),
        (Value::Array(items), Value::Number(at)) => Ok(at.as_u64().and_then(|at| items.get(usize::try_from(at).ok()?)).cloned()),
        _ => Err(Stop::Error),
    };
    match of {
        Plain(of) if optional => Ok(Optional(get(&of)?)),
        Plain(of) => get(&of)?.map(Plain).ok_or(Stop::Error),
        Optional(None) => Ok(Optional(None)),
        Optional(Some(of)) => Ok(Optional(get(&of)?)),
    }
}

/// What a mapping has under a key, unless that is the author's to choose.
fn known<'v>(map: &'v Map<String, Value>, key: &str) -> Result<Option<&'v Value>> {
    match map.get(key) {
        Some(value) if is_open(value) => Err(Stop::Unknown),
        None if map.contains_key(ANY) => Err(Stop::Unknown),
        found => Ok(found),
    }
}

/// Whether a mapping has a key.
fn has_key(map: &Map<String, Value>, key: &str) -> Result<bool> {
    if map.get(key).is_some_and(|value| value == ANY) { Ok(true) } else { known(map, key).map(|found| found.is_some()) }
}

fn binary(sign: &str, a: &Value, b: &Value) -> Result<Value> {
    if is_open(a) {
        return value::compare(a, sign, b).map(Value::from).ok_or(Stop::Unknown);
    }
    if is_open(b) {
        let turned = sign.replace(['<', '>'], if sign.starts_with('<') { ">" } else { "<" });
        return value::compare(b, &turned, a).map(Value::from).ok_or(Stop::Unknown);
    }
    if matches!(sign, "==" | "!=") && (has_open(a) || has_open(b)) {
        return Err(Stop::Unknown);
    }
    let numbers = || a.as_f64().zip(b.as_f64());
    let ordered = || match (a, b) {
        (Value::String(a), Value::String(b)) => Ok(a.cmp(b)),
        _ => numbers().and_then(|(a, b)| a.partial_cmp(&b)).ok_or(Stop::Error),
    };
    Ok(match sign {
        "==" => equal(a, b).into(),
        "!=" => (!equal(a, b)).into(),
        "<" => ordered()?.is_lt().into(),
        "<=" => ordered()?.is_le().into(),
        ">" => ordered()?.is_gt().into(),
        ">=" => ordered()?.is_ge().into(),
        "in" => match b {
            Value::Array(items) if items.iter().any(|item| equal(item, a)) => true.into(),
            Value::Array(items) if items.iter().any(has_open) || has_open(a) => return Err(Stop::Unknown),
            Value::Array(_) => false.into(),
            Value::Object(map) => match a.as_str() {
                Some(key) => has_key(map, key)?.into(),
                None => false.into(),
            },
            _ => return Err(Stop::Error),
        },
        "+" => match (a, b) {
            (Value::Array(a), Value::Array(b)) => a.iter().chain(b).cloned().collect(),
            (Value::String(a), Value::String(b)) => format!("{a}{b}").into(),
            _ => whole(a, b, i64::checked_add)?,
        },
        "-" => whole(a, b, i64::checked_sub)?,
        "*" => whole(a, b, i64::checked_mul)?,
        "/" => whole(a, b, i64::checked_div)?,
        "%" => whole(a, b, i64::checked_rem)?,
        _ => return Err(Stop::Unknown),
    })
}

fn equal(a: &Value, b: &Value) -> bool {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => a == b,
        _ => a == b,
    }
}

fn whole(a: &Value, b: &Value, of: fn(i64, i64) -> Option<i64>) -> Result<Value> {
    let (a, b) = a.as_i64().zip(b.as_i64()).ok_or(Stop::Unknown)?;
    of(a, b).map(Value::from).ok_or(Stop::Error)
}

fn call(of: Option<&Expr>, name: &str, arguments: &[Expr], scope: &Scope<'_>) -> Result<Val> {
    let Some(of) = of else {
        if let Some(functions) = scope.functions.filter(|_| name.starts_with("verify")) {
            let values = arguments.iter().map(|argument| evaluate(argument, scope)).collect::<Result<Vec<_>>>()?;
            return functions(name, &values).map(Plain).ok_or(Stop::Unknown);
        }
        let [argument] = arguments else { return Err(Stop::Unknown) };
        return Ok(Plain(match (name, argument) {
            ("has", Expr::Field(of, name, false)) => match eval(of, scope)? {
                Plain(Value::Object(map)) | Optional(Some(Value::Object(map))) => has_key(&map, name)?.into(),
                Optional(_) => false.into(),
                Plain(_) => return Err(Stop::Error),
            },
            ("dyn", _) => return eval(argument, scope),
            ("size", _) => size(&evaluate(argument, scope)?)?,
            ("string", _) => value::text(&evaluate(argument, scope)?).ok_or(Stop::Error)?.into(),
            _ => return Err(Stop::Unknown),
        }));
    };
    if let [Expr::Name(local), body] = arguments {
        let items = match evaluate(of, scope)? {
            Value::Array(items) => items,
            Value::Object(map) => map.keys().map(|key| Value::from(key.as_str())).collect(),
            _ => return Err(Stop::Error),
        };
        return looped(name, items, |item| evaluate(body, &scope.with(local, item))).map(Plain);
    }
    match (eval(of, scope)?, name, arguments) {
        (Optional(of), "orValue", [other]) => of.map_or_else(|| eval(other, scope), |of| Ok(Plain(of))),
        (Optional(of), "hasValue", []) => Ok(Plain(of.is_some().into())),
        (Optional(of), "value", []) => of.map(Plain).ok_or(Stop::Error),
        (Plain(of), "size", []) => size(&of).map(Plain),
        (Plain(Value::String(of)), "startsWith" | "endsWith" | "contains", [argument]) => {
            let argument = evaluate(argument, scope)?;
            let text = argument.as_str().ok_or(Stop::Error)?;
            let holds = match name {
                "startsWith" => of.starts_with(text),
                "endsWith" => of.ends_with(text),
                _ => of.contains(text),
            };
            Ok(Plain(holds.into()))
        }
        _ => Err(Stop::Unknown),
    }
}

fn size(value: &Value) -> Result<Value> {
    Ok(match value {
        Value::String(text) => text.chars().count(),
        Value::Array(items) => return Ok(value::count(items)),
        Value::Object(map) if map.values().any(is_open) => return Err(Stop::Unknown),
        Value::Object(map) => map.len(),
        _ => return Err(Stop::Error),
    }
    .into())
}

/// The macros over lists.
fn looped(name: &str, items: Vec<Value>, body: impl Fn(Value) -> Result<Value>) -> Result<Value> {
    let holds = |item: &Value| body(item.clone())?.as_bool().ok_or(Stop::Error);
    Ok(match name {
        "all" => settled(&items, holds, false)?.into(),
        "exists" => settled(&items, holds, true)?.into(),
        "exists_one" => {
            let found = items.iter().map(holds).collect::<Result<Vec<_>>>()?;
            (found.into_iter().filter(|holds| *holds).count() == 1).into()
        }
        // where there may be more items, there may be more of what they come to
        "map" => items.into_iter().map(|item| if is_open(&item) { Ok(item) } else { body(item) }).collect::<Result<Value>>()?,
        "filter" => {
            let keep = |item: Value| if is_open(&item) { Ok(Some(item)) } else { Ok(holds(&item)?.then_some(item)) };
            let kept = items.into_iter().map(keep).collect::<Result<Vec<_>>>()?;
            kept.into_iter().flatten().collect()
        }
        _ => return Err(Stop::Unknown),
    })
}

/// One item that settles it is enough, whatever becomes of the others.
fn settled(items: &[Value], holds: impl Fn(&Value) -> Result<bool>, settles: bool) -> Result<bool> {
    let mut so_far = Ok(!settles);
    let (open, certain): (Vec<_>, Vec<_>) = items.iter().partition(|item| is_open(item));
    for item in certain.into_iter().chain(open) {
        // where one of all fails, what there may be besides does not help
        if !settles && is_open(item) && so_far == Err(Stop::Error) {
            break;
        }
        so_far = connected(so_far, || holds(item), settles);
    }
    so_far
}
