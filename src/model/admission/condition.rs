//! Kyverno's conditions: keys, operators and values, of which any or all have to hold.

use serde_json::{Map, Value};

use crate::model::admission::query;
use crate::model::admission::value::{compare, has_open, is_open, text};
use crate::model::image::matches;

/// Whether conditions hold; `None`: they ask for something that is not understood.
pub(super) fn hold(conditions: &Value, context: &Map<String, Value>) -> Option<bool> {
    match conditions {
        Value::Null => Some(true),
        // as they were written before `any` and `all`
        Value::Array(list) if list.iter().any(|item| item.get("any").is_some() || item.get("all").is_some()) => {
            settled(list.iter().map(|item| hold(item, context)), false)
        }
        Value::Array(list) => settled(list.iter().map(|item| one(item, context)), false),
        Value::Object(map) => {
            let list = |key: &str| map.get(key).and_then(Value::as_array).filter(|list| !list.is_empty());
            let any = list("any").map_or(Some(true), |list| settled(list.iter().map(|item| one(item, context)), true));
            let all = list("all").map_or(Some(true), |list| settled(list.iter().map(|item| one(item, context)), false));
            settled([any, all].into_iter(), false)
        }
        _ => None,
    }
}

/// Several answers as one: `word` as soon as one of them is it, unknown before the other.
fn settled(answers: impl Iterator<Item = Option<bool>>, word: bool) -> Option<bool> {
    let mut unsure = false;
    for answer in answers {
        match answer {
            Some(answer) if answer == word => return Some(word),
            Some(_) => {}
            None => unsure = true,
        }
    }
    if unsure { None } else { Some(!word) }
}

fn one(condition: &Value, context: &Map<String, Value>) -> Option<bool> {
    let side = |name: &str| filled(condition.get(name)?, context);
    let (key, value) = (side("key")?, side("value")?);
    // Kyverno refuses to go on with what is not there
    if key.is_null() {
        return None;
    }
    let operator = condition.get("operator")?.as_str()?.to_ascii_lowercase();
    // the old operators say of a list what neither `any` nor `all` says
    if matches!(operator.as_str(), "in" | "notin") && key.is_array() {
        return None;
    }
    match operator.as_str() {
        // the author chooses, as far as it is not the number of what is there
        _ if has_open(&value) => None,
        known if is_open(&key) => {
            let signs = [
                ("equals", "=="),
                ("notequals", "!="),
                ("greaterthan", ">"),
                ("greaterthanorequals", ">="),
                ("lessthan", "<"),
                ("lessthanorequals", "<="),
            ];
            signs.iter().find(|(name, _)| *name == known).and_then(|(_, sign)| compare(&key, sign, &value))
        }
        "equals" | "equal" => same(&key, &value),
        "notequals" | "notequal" => same(&key, &value).map(|same| !same),
        "anyin" | "in" => settled(each(&key, &value)?, true),
        "allin" => settled(each(&key, &value)?, false),
        "anynotin" => settled(each(&key, &value)?.map(|within| within.map(|within| !within)), true),
        "allnotin" | "notin" => settled(each(&key, &value)?.map(|within| within.map(|within| !within)), false),
        "greaterthan" => Some(key.as_f64()? > value.as_f64()?),
        "greaterthanorequals" => Some(key.as_f64()? >= value.as_f64()?),
        "lessthan" => Some(key.as_f64()? < value.as_f64()?),
        "lessthanorequals" => Some(key.as_f64()? <= value.as_f64()?),
        _ => None,
    }
}

fn filled(value: &Value, context: &Map<String, Value>) -> Option<Value> {
    match value {
        Value::String(text) => query::fill(text, context),
        Value::Array(items) => items.iter().map(|item| filled(item, context)).collect(),
        Value::Object(_) => None,
        other => Some(other.clone()),
    }
}

fn same(key: &Value, value: &Value) -> Option<bool> {
    match (key, value) {
        _ if has_open(key) => None,
        (Value::Array(_) | Value::Object(_), _) | (_, Value::Array(_) | Value::Object(_)) => Some(key == value),
        _ => {
            let (key, value) = (text(key)?, text(value)?);
            Some(matches(&value, &key) || matches(&key, &value))
        }
    }
}

/// Of each item to look for, whether it is there; a single one stands for itself.
fn each(key: &Value, value: &Value) -> Option<impl Iterator<Item = Option<bool>>> {
    let items = match key {
        Value::Array(items) => items.as_slice(),
        other => std::slice::from_ref(other),
    };
    let one = |item: &Value| Some(if is_open(item) { None } else { Some(within(&text(item)?, value)) });
    Some(items.iter().map(one).collect::<Option<Vec<_>>>()?.into_iter())
}

fn within(item: &str, value: &Value) -> bool {
    let fits = |one: &Value| text(one).is_some_and(|one| matches(&one, item) || matches(item, &one));
    match value {
        Value::Array(items) => items.iter().any(fits),
        other => fits(other),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::hold;

    #[test]
    fn conditions_hold_as_kyverno_says() {
        let context = json!({"request": {"operation": "CREATE", "names": ["a", "b"], "none": []}});
        let context = context.as_object().expect("a mapping");
        let one =
            |key: &str, operator: &str, value: serde_json::Value| json!({"all": [{"key": key, "operator": operator, "value": value}]});
        for (condition, said) in [
            (one("{{ request.operation }}", "NotEquals", json!("DELETE")), Some(true)),
            (one("{{ request.operation }}", "AnyIn", json!(["CREATE", "UPDATE"])), Some(true)),
            (one("{{ request.names }}", "AnyNotIn", json!(["a"])), Some(true)),
            (one("{{ request.names }}", "AllNotIn", json!(["a"])), Some(false)),
            (one("{{ request.names }}", "AnyNotIn", json!(["?"])), Some(false)),
            (one("{{ request.none }}", "AnyNotIn", json!(["a"])), Some(false)),
            (one("ALL", "AnyNotIn", json!("")), Some(true)),
            (one("{{ request.missing }}", "Equals", json!("x")), None),
            (one("{{ time_now() }}", "Equals", json!("x")), None),
            (
                json!({"any": [{"key": "a", "operator": "Equals", "value": "a"}, {"key": "{{ f() }}", "operator": "Equals", "value": 1}]}),
                Some(true),
            ),
            (json!([{"key": "a", "operator": "Equals", "value": "b"}]), Some(false)),
            (json!(null), Some(true)),
        ] {
            assert_eq!(hold(&condition, context), said, "{condition}");
        }
    }
}
