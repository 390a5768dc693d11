//! The part of JMESPath that policies of Kyverno ask about pods with: fields, lists, flattening, `keys`, `length`, `||`.

use serde_json::{Map, Value};

use crate::model::admission::value::{self, ANY, has_open, is_open};

/// What a query finds; `None`: it has something that is not understood here.
pub(super) fn find(query: &str, context: &Map<String, Value>) -> Option<Value> {
    let mut parser = Parser { rest: query.trim_start() };
    let root = Value::Object(context.clone());
    let value = parser.either(&root)?;
    parser.rest.is_empty().then_some(value)
}

/// A text with `{{ }}` in it: the value itself where there is nothing else.
pub(super) fn fill(text: &str, context: &Map<String, Value>) -> Option<Value> {
    let Some(inner) = text.trim().strip_prefix("{{") else {
        return (!text.contains("{{")).then(|| text.into());
    };
    let inner = inner.strip_suffix("}}").filter(|inner| !inner.contains("{{"))?;
    find(inner, context)
}

struct Parser<'t> {
    rest: &'t str,
}

/// A value, or several that what follows is applied to one by one.
enum Found {
    One(Value),
    Each(Vec<Value>),
}

impl<'t> Parser<'t> {
    fn eat(&mut self, token: &str) -> bool {
        let Some(rest) = self.rest.strip_prefix(token) else { return false };
        self.rest = rest.trim_start();
        true
    }

    fn either(&mut self, at: &Value) -> Option<Value> {
        let mut value = self.chain(at)?;
        while self.eat("||") {
            let other = self.chain(at)?;
            if may_be_empty(&value) {
                return None;
            }
            if is_empty(&value) {
                value = other;
            }
        }
        Some(value)
    }

    fn chain(&mut self, at: &Value) -> Option<Value> {
        let mut found = Found::One(self.first(at)?);
        loop {
            if self.eat("[]") {
                found = flatten(found);
            } else if self.eat("[*]") {
                found = match found {
                    Found::One(Value::Array(items)) => Found::Each(items),
                    Found::One(open) if is_open(&open) => Found::Each(vec![open]),
                    Found::One(_) => Found::One(Value::Null),
                    Found::Each(_) => return None,
                };
            } else if self.eat(".") {
                let start = self.rest;
                found = match found {
                    Found::One(value) => Found::One(self.step(&value)?),
                    Found::Each(values) => {
                        let mut kept = Vec::new();
                        let mut end = None;
                        for value in &values {
                            self.rest = start;
                            kept.push(self.step(value)?);
                            end = Some(self.rest);
                        }
                        if end.is_none() {
                            self.rest = start;
                            self.step(&Value::Null)?;
                        }
                        kept.retain(|value| !value.is_null());
                        Found::Each(kept)
                    }
                };
            } else {
                return Some(match found {
                    Found::One(value) => value,
                    Found::Each(values) => Value::Array(values),
                });
            }
        }
    }

    fn first(&mut self, at: &Value) -> Option<Value> {
        for (quote, is_json) in [('\'', false), ('`', true)] {
            if let Some(rest) = self.rest.strip_prefix(quote) {
                let (text, rest) = rest.split_once(quote)?;
                self.rest = rest.trim_start();
                return if is_json { serde_json::from_str(text).ok() } else { Some(text.into()) };
            }
        }
        self.step(at)
    }

    /// A field, a list of fields, or a function of what is here.
    fn step(&mut self, at: &Value) -> Option<Value> {
        if self.rest.starts_with('[') && !self.rest.starts_with("[]") {
            self.eat("[");
            let mut values = Vec::new();
            loop {
                values.push(self.either(at)?);
                if self.eat("]") {
                    return Some(if at.is_null() { Value::Null } else { Value::Array(values) });
                }
                if !self.eat(",") {
                    return None;
                }
            }
        }
        if self.eat("@") {
            return Some(at.clone());
        }
        let name = self.name()?;
        if self.eat("(") {
            let argument = self.either(at)?;
            return if self.eat(")") { function(name, &argument) } else { None };
        }
        Some(match at {
            open if is_open(open) => open.clone(),
            Value::Object(map) if map.contains_key(ANY) => map.get(name).cloned().unwrap_or_else(|| value::MAYBE.into()),
            at => at.get(name).cloned().unwrap_or(Value::Null),
        })
    }

    fn name(&mut self) -> Option<&'t str> {
        let rest = self.rest;
        let (name, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => rest.split_at(rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())),
        };
        self.rest = after.trim_start();
        (!name.is_empty()).then_some(name)
    }
}

fn flatten(found: Found) -> Found {
    let items = match found {
        Found::One(Value::Array(items)) | Found::Each(items) => items,
        Found::One(open) if is_open(&open) => vec![open],
        Found::One(_) => return Found::One(Value::Null),
    };
    let flat = items.into_iter().flat_map(|item| match item {
        Value::Array(items) => items,
        other => vec![other],
    });
    // a projection leaves out what is nothing
    Found::Each(flat.filter(|item| !item.is_null()).collect())
}

fn function(name: &str, argument: &Value) -> Option<Value> {
    match (name, argument) {
        ("keys" | "length", Value::Object(map)) if map.values().any(|value| is_open(value) && value != ANY) => None,
        ("keys", open) if is_open(open) => Some(open.clone()),
        (_, open) if is_open(open) => None,
        ("keys", Value::Object(map)) => Some(map.keys().map(|key| Value::from(key.as_str())).collect()),
        ("keys", Value::Null) => Some(Value::Null),
        ("length", Value::Array(items)) => Some(value::count(items)),
        ("length", Value::Object(map)) => Some(map.len().into()),
        ("length", Value::String(text)) => Some(text.chars().count().into()),
        ("to_string", Value::String(text)) => Some(text.as_str().into()),
        _ => None,
    }
}

/// Whether it is the author's choice what `||` makes of it.
fn may_be_empty(value: &Value) -> bool {
    match value {
        Value::Array(items) => !items.is_empty() && items.iter().all(has_open),
        other => is_open(other),
    }
}

/// What `||` takes for false.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{fill, find};

    #[test]
    fn queries_find_what_jmespath_does() {
        let context = json!({"request": {"operation": "CREATE", "object": {"spec": {
            "containers": [{"name": "a", "c": {"add": ["X", "Y"]}}, {"name": "b"}],
            "volumes": [{"name": "v", "nfs": {}}],
        }}}});
        let context = context.as_object().expect("a mapping");
        for (query, found) in [
            ("request.operation", json!("CREATE")),
            ("request.operation || 'BACKGROUND'", json!("CREATE")),
            ("request.mode || 'x'", json!("x")),
            ("request.object.spec.[initContainers, containers][].c.add[]", json!(["X", "Y"])),
            ("request.object.spec.[initContainers, containers][].name", json!(["a", "b"])),
            ("request.object.spec.initContainers[].name || `[]`", json!([])),
            ("request.object.spec.volumes[].keys(@)[] || ''", json!(["name", "nfs"])),
            ("length(request.object.spec.containers)", json!(2)),
            ("request.object.spec.containers[*].name", json!(["a", "b"])),
        ] {
            assert_eq!(find(query, context), Some(found), "{query}");
        }
        for strange in ["request.object.spec.containers[?name=='a']", "to_number('1')", "a | b", "request.operation ||"] {
            assert_eq!(find(strange, context), None, "{strange}");
        }
        assert_eq!(fill("{{ request.operation }}", context), Some(Value::from("CREATE")));
        assert_eq!(fill("plain", context), Some(Value::from("plain")));
        assert_eq!(fill("a {{ request.operation }}", context), None);
    }
}
