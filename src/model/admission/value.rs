//! Parts of policies as plain values, which pods are compared with.

use serde_json::{Map, Value};

use crate::model::field::Field;
use crate::parse::Kind;
use crate::parse::scalar;

/// How many values a rule may hold: more than any that a person wrote.
const MOST: usize = 20_000;

/// What stands at a field; `None` when that is more than any policy has, as aliases of aliases make it.
pub(super) fn of(field: Field<'_>) -> Option<Value> {
    let mut left = MOST;
    read(field, &mut left)
}

fn read(field: Field<'_>, left: &mut usize) -> Option<Value> {
    *left = left.checked_sub(1)?;
    Some(match field.kind() {
        None | Some(Kind::Alias) => Value::Null,
        Some(Kind::Sequence) => Value::Array(field.items().map(|item| read(item, left)).collect::<Option<_>>()?),
        Some(Kind::Mapping) => {
            let mut map = Map::new();
            for (key, value) in field.entries() {
                map.insert(key.to_owned(), read(value, left)?);
            }
            Value::Object(map)
        }
        Some(Kind::Scalar) => match field.value() {
            Some(scalar::Value::Bool(value)) => value.into(),
            Some(scalar::Value::Int(number)) => number.into(),
            Some(scalar::Value::Float(number)) => number.into(),
            Some(scalar::Value::Str(text)) => text.into_owned().into(),
            Some(scalar::Value::Null | scalar::Value::Invalid) | None => Value::Null,
        },
    })
}

/// Changes a value as a JSON merge patch says: mappings key by key, null takes a key away.
pub(super) fn patch(target: &mut Value, change: &Value) {
    let Value::Object(changes) = change else {
        *target = change.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(map) = target else { return };
    for (key, change) in changes {
        if change.is_null() {
            map.shift_remove(key);
        } else {
            patch(map.entry(key.clone()).or_insert(Value::Null), change);
        }
    }
}

/// What the author of a pod sets to whatever he likes: it is there, and may be anything. As a key of a mapping, and as an
/// item of a list: there may be more.
pub(super) const ANY: &str = "\0";
/// What he may set, or leave out.
pub(super) const MAYBE: &str = "\0?";

/// Whether a value is the author's to choose.
pub(super) fn is_open(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.starts_with(ANY))
}

/// Whether something in a value is.
pub(super) fn has_open(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(has_open),
        Value::Object(map) => map.contains_key(ANY) || map.values().any(has_open),
        other => is_open(other),
    }
}

/// A value whose lists have no more than what stands there: that, too, is the author's to choose.
pub(super) fn closed(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().filter(|item| !is_open(item)).map(closed).collect(),
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), closed(value))).collect::<Map<_, _>>().into(),
        other => other.clone(),
    }
}

/// How many items a list has: of one that may have more, at least so many.
pub(super) fn count(items: &[Value]) -> Value {
    let certain = items.iter().filter(|item| !is_open(item)).count();
    if certain == items.len() { certain.into() } else { format!("{ANY}{certain}").into() }
}

/// How a count of which only the least is known compares with a number; `None`: either may be.
pub(super) fn compare(least: &Value, sign: &str, number: &Value) -> Option<bool> {
    let (least, number) = (least.as_str()?.strip_prefix(ANY)?.parse::<f64>().ok()?, number.as_f64()?);
    match sign {
        "==" | "<=" if least > number => Some(false),
        "<" if least >= number => Some(false),
        "!=" | ">" if least > number => Some(true),
        ">=" if least >= number => Some(true),
        _ => None,
    }
}

/// A scalar as text.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
