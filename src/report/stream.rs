//! Documents whose long lists are made while they are written: a big result never stands in memory a second time.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;

/// A part of a document. What is null or an empty list is left out, as the formats refuse both.
pub(super) enum Part<'a> {
    /// Short, and made.
    Made(Value),
    /// By key.
    Object(Vec<(&'static str, Part<'a>)>),
    /// Of objects.
    Objects(Vec<Part<'a>>),
    /// Made one by one.
    List(Box<dyn Fn() -> Items<'a> + 'a>),
}

/// What a list is made of.
pub(super) type Items<'a> = Box<dyn Iterator<Item = Value> + 'a>;

impl<'a> Part<'a> {
    /// A list of what the iterators give.
    pub(super) fn list<I: Iterator<Item = Value> + 'a>(items: impl Fn() -> I + 'a) -> Self {
        Part::List(Box::new(move || Box::new(items())))
    }

    fn is_nothing(&self) -> bool {
        match self {
            Part::Made(value) => is_nothing(value),
            Part::Object(_) => false,
            Part::Objects(parts) => parts.is_empty(),
            Part::List(items) => items().next().is_none(),
        }
    }
}

impl From<Value> for Part<'_> {
    fn from(value: Value) -> Self {
        Part::Made(without_nothing(value))
    }
}

impl Serialize for Part<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Part::Made(value) => value.serialize(serializer),
            Part::Objects(parts) => serializer.collect_seq(parts),
            Part::List(items) => serializer.collect_seq(items().map(without_nothing)),
            Part::Object(parts) => {
                let mut map = serializer.serialize_map(None)?;
                for (key, part) in parts.iter().filter(|(_, part)| !part.is_nothing()) {
                    map.serialize_entry(key, part)?;
                }
                map.end()
            }
        }
    }
}

fn is_nothing(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

fn without_nothing(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let map = map.into_iter().map(|(key, value)| (key, without_nothing(value)));
            Value::Object(map.filter(|(_, value)| !is_nothing(value)).collect())
        }
        Value::Array(list) => Value::Array(list.into_iter().map(without_nothing).collect()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_are_written_as_they_are_made_and_nothing_is_left_out() {
        let numbers = [1, 2];
        let part = Part::Object(vec![
            ("a", json!({"x": [], "y": null, "z": [{"d": []}]}).into()),
            ("b", Part::list(|| numbers.iter().map(|number| json!(number)))),
            ("c", Part::list(std::iter::empty)),
            ("d", Part::Objects(vec![Part::Object(vec![("e", json!(1).into())])])),
            ("f", Value::Null.into()),
        ]);
        assert_eq!(serde_json::to_value(&part).expect("JSON"), json!({"a": {"z": [{}]}, "b": [1, 2], "d": [{"e": 1}]}));
    }
}
