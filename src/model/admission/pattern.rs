//! Kyverno's patterns: an overlay that a resource has to fit, with anchors in the keys and operators in the values.

use serde_json::{Map, Value};

use crate::model::admission::value::{ANY, is_open, text};
use crate::model::image::matches;

/// What a pattern says of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    /// It fits.
    Yes,
    /// It does not.
    No,
    /// A condition in the pattern does not hold: nothing is said.
    Skip,
    /// As the author of the pod likes: it fits or it does not.
    Open,
    /// The pattern has something that is not understood, or its condition is the author's to choose.
    Unknown,
}

use Fit::{No, Open, Skip, Unknown, Yes};

/// Whether a resource fits a pattern.
pub(super) fn fits(pattern: &Value, resource: Option<&Value>) -> Fit {
    if resource.is_some_and(is_open) {
        let is_set = resource.is_some_and(|value| value == ANY);
        return match pattern {
            Value::String(pattern) if is_set && matches!(pattern.as_str(), "*" | "?*") => Yes,
            pattern if may_skip(pattern) => Unknown,
            _ => Open,
        };
    }
    match pattern {
        Value::Object(map) => match resource {
            Some(Value::Object(resource)) => mapping(map, resource),
            _ => No,
        },
        Value::Array(patterns) => match resource {
            Some(Value::Array(items)) => list(patterns, items),
            _ => No,
        },
        Value::String(pattern) => textual(pattern, resource),
        Value::Bool(wanted) => is(resource.and_then(Value::as_bool) == Some(*wanted)),
        Value::Number(wanted) => is(resource.and_then(number) == wanted.as_f64()),
        Value::Null => is(resource.is_none_or(is_nothing)),
    }
}

fn is(holds: bool) -> Fit {
    if holds { Yes } else { No }
}

/// What a null in a pattern takes for nothing.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

/// The anchor around a key, and the key.
fn anchor(key: &str) -> (&str, &str) {
    let Some(open) = key.find('(').filter(|_| key.ends_with(')')) else { return ("", key) };
    match &key[..open] {
        kind @ ("" | "=" | "^" | "X" | "+" | "<") => (if kind.is_empty() { "(" } else { kind }, &key[open + 1..key.len() - 1]),
        _ => ("", key),
    }
}

fn mapping(pattern: &Map<String, Value>, resource: &Map<String, Value>) -> Fit {
    // anchors are looked at first: a condition that does not hold leaves the rest unsaid
    let (anchored, plain): (Vec<_>, Vec<_>) = pattern.iter().partition(|(key, _)| !anchor(key).0.is_empty());
    let (mut unsure, mut open) = (false, false);
    let more = resource.contains_key(ANY);
    for (key, wanted) in anchored.into_iter().chain(plain) {
        let (kind, name) = anchor(key);
        let found = found(name, resource);
        let said = match kind {
            "(" | "<" if found.is_empty() && more => Unknown,
            _ if found.is_empty() && more => {
                if may_skip(wanted) {
                    Unknown
                } else {
                    Open
                }
            }
            "X" if found.iter().any(|value| is_open(value) && *value != ANY) => Open,
            "X" => is(found.is_empty()),
            "=" => found.iter().map(|value| fits(wanted, Some(value))).find(|fit| *fit != Yes).unwrap_or(Yes),
            "(" | "<" => match found.first() {
                None => Skip,
                Some(value) => match fits(wanted, Some(value)) {
                    Yes => Yes,
                    Unknown | Open => Unknown,
                    No | Skip => Skip,
                },
            },
            "^" => match (found.first(), wanted) {
                (Some(Value::Array(items)), Value::Array(wanted)) if wanted.len() == 1 => {
                    let said: Vec<_> = items.iter().map(|item| fits(&wanted[0], Some(item))).collect();
                    match () {
                        () if said.contains(&Yes) => Yes,
                        () if said.iter().any(|fit| matches!(fit, Unknown | Open)) => Open,
                        () => No,
                    }
                }
                (None, _) => No,
                _ => Unknown,
            },
            "+" => Unknown,
            _ if found.is_empty() => fits(wanted, None),
            _ => found.iter().map(|value| fits(wanted, Some(value))).find(|fit| *fit != Yes).unwrap_or(Yes),
        };
        match said {
            Yes => {}
            Open => open = true,
            Unknown => unsure = true,
            No if unsure => return Unknown,
            No | Skip => return said,
        }
    }
    match () {
        () if unsure => Unknown,
        () if open => Open,
        () => Yes,
    }
}

/// Whether a pattern has conditions, without which the rest says nothing.
fn may_skip(pattern: &Value) -> bool {
    match pattern {
        Value::Object(map) => map.iter().any(|(key, value)| matches!(anchor(key).0, "(" | "<") || may_skip(value)),
        Value::Array(items) => items.iter().any(may_skip),
        _ => false,
    }
}

/// The values of a key, which may have stars.
fn found<'v>(name: &str, resource: &'v Map<String, Value>) -> Vec<&'v Value> {
    if name.contains(['*', '?']) {
        return resource.iter().filter(|(key, _)| *key != ANY && matches(name, key)).map(|(_, value)| value).collect();
    }
    resource.get(name).into_iter().collect()
}

/// Each item has to fit; one that a condition leaves out counts for nothing.
fn list(patterns: &[Value], items: &[Value]) -> Fit {
    let [pattern] = patterns else { return if patterns.is_empty() { Yes } else { Unknown } };
    // what else the author adds, he chooses such that it fits
    let said: Vec<_> = items.iter().filter(|item| !is_open(item)).map(|item| fits(pattern, Some(item))).collect();
    match () {
        () if said.contains(&No) => No,
        () if said.contains(&Unknown) => Unknown,
        () if said.contains(&Open) => Open,
        () if !said.is_empty() && said.iter().all(|fit| *fit == Skip) => Skip,
        () => Yes,
    }
}

fn textual(pattern: &str, resource: Option<&Value>) -> Fit {
    if pattern.contains("{{") || pattern.contains("$(") {
        return Unknown;
    }
    // a list of scalars has to fit with each of its items
    if let Some(Value::Array(items)) = resource {
        return is(items.iter().all(|item| textual(pattern, Some(item)) == Yes));
    }
    if resource.is_some_and(Value::is_object) {
        return is(pattern == "*");
    }
    let resource = resource.filter(|value| !value.is_null());
    is(pattern.split('|').any(|part| part.split('&').all(|one| term(one.trim(), resource))))
}

fn term(pattern: &str, resource: Option<&Value>) -> bool {
    let Some(value) = resource else { return pattern == "null" };
    for (sign, holds) in [
        (">=", (|own, wanted| own >= wanted) as fn(f64, f64) -> bool),
        ("<=", |own, wanted| own <= wanted),
        (">", |own, wanted| own > wanted),
        ("<", |own, wanted| own < wanted),
    ] {
        if let Some(rest) = pattern.strip_prefix(sign) {
            let wanted = rest.trim().parse::<f64>().ok();
            return number(value).zip(wanted).is_some_and(|(own, wanted)| holds(own, wanted));
        }
    }
    if let Some(rest) = pattern.strip_prefix('!') {
        return !term(rest.trim(), resource);
    }
    if let (Some((low, high)), Some(own)) = (range(pattern), number(value)) {
        return low <= own && own <= high;
    }
    text(value).is_some_and(|own| matches(pattern, &own))
}

/// `1-10`
fn range(pattern: &str) -> Option<(f64, f64)> {
    let (low, high) = pattern.split_once('-')?;
    Some((low.trim().parse().ok()?, high.trim().parse().ok()?))
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Fit, fits};
    use crate::model::admission::value::{ANY, MAYBE};

    /// What the author of a pod chooses leaves open what rests on it, and nothing else.
    #[test]
    fn what_authors_choose_is_open() {
        let pod = json!({"metadata": {"labels": MAYBE}, "spec": {"hostPID": true, "containers": [{"name": ANY, "n": 1}, ANY]}});
        for (pattern, said) in [
            (json!({"metadata": {"=(labels)": {"=(a)": "b"}}, "spec": {"hostPID": false}}), Fit::No),
            (json!({"metadata": {"(labels)": {"a": "b"}}, "spec": {"hostPID": false}}), Fit::Unknown),
            (json!({"metadata": {"labels": {"a": "b"}}}), Fit::Open),
            (json!({"spec": {"containers": [{"name": "a"}]}}), Fit::Open),
            (json!({"spec": {"containers": [{"(name)": "a", "n": 2}]}}), Fit::Unknown),
            (json!({"spec": {"containers": [{"(name)": "*", "n": 2}]}}), Fit::No),
        ] {
            assert_eq!(fits(&pattern, Some(&pod)), said, "{pattern}");
        }
    }

    #[test]
    fn patterns_say_what_kyverno_does() {
        let pod = json!({
            "metadata": {"annotations": {"a.b/main": "localhost/x"}},
            "spec": {"hostPID": false, "containers": [{"name": "a", "n": 8}, {"name": "b", "securityContext": {"privileged": true}}]},
        });
        for (pattern, said) in [
            (json!({"spec": {"=(hostPID)": "false"}}), Fit::Yes),
            (json!({"spec": {"hostIPC": "false"}}), Fit::No),
            (json!({"spec": {"=(hostIPC)": false}}), Fit::Yes),
            (json!({"spec": {"X(hostIPC)": "null"}}), Fit::Yes),
            (json!({"spec": {"X(hostPID)": "null"}}), Fit::No),
            (json!({"spec": {"containers": [{"=(securityContext)": {"=(privileged)": "false"}}]}}), Fit::No),
            (json!({"spec": {"containers": [{"(name)": "a", "n": ">4 & <10"}]}}), Fit::Yes),
            (json!({"spec": {"containers": [{"(name)": "a", "n": "1-4 | 9"}]}}), Fit::No),
            (json!({"spec": {"containers": [{"(name)": "z", "n": 1}]}}), Fit::Skip),
            (json!({"spec": {"^(containers)": [{"name": "b"}]}}), Fit::Yes),
            (json!({"spec": {"(hostPID)": true, "hostIPC": false}}), Fit::Skip),
            (json!({"metadata": {"=(annotations)": {"=(a.b/*)": "runtime/default | localhost/*"}}}), Fit::Yes),
            (json!({"metadata": {"=(annotations)": {"=(a.b/*)": "!localhost/*"}}}), Fit::No),
            (json!({"spec": {"hostPID": "{{ x }}"}}), Fit::Unknown),
            (json!({"spec": {"hostPID": null}}), Fit::Yes),
        ] {
            assert_eq!(fits(&pattern, Some(&pod)), said, "{pattern}");
        }
    }
}
