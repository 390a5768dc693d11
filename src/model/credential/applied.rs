//! Credentials in what `kubectl apply` keeps of an object: its JSON, in an annotation.

use serde_json::Value;

use super::text::{Held, in_text};
use super::{Judgement, decode, judge};

/// The annotation.
pub const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// The name of the first value that is a credential; what `known` knows is the name of something.
#[must_use]
pub fn in_applied(json: &str, known: &dyn Fn(&str) -> bool) -> Option<String> {
    let object: Value = serde_json::from_str(json).ok()?;
    search(&object, "", known)
}

/// The keys and values of a Secret's data.
#[must_use]
pub fn applied_data(json: &str) -> Vec<(String, Vec<u8>)> {
    let Ok(Value::Object(mut object)) = serde_json::from_str(json) else { return Vec::new() };
    let mut take = |list: &str| match object.shift_remove(list) {
        Some(Value::Object(entries)) => entries.into_iter().collect(),
        _ => Vec::new(),
    };
    let encoded = take("data").into_iter().filter_map(|(key, value)| Some((key, decode(value.as_str()?)?)));
    let plain = take("stringData").into_iter().filter_map(|(key, value)| Some((key, value.as_str()?.as_bytes().to_vec())));
    encoded.collect::<Vec<_>>().into_iter().chain(plain).collect()
}

/// Values under their own names; of `name` and `value` side by side, under the name.
fn search(place: &Value, name: &str, known: &dyn Fn(&str) -> bool) -> Option<String> {
    match place {
        Value::String(text) if judge(name, text) == Judgement::Secret && !known(text) => Some(name.to_owned()),
        Value::String(text) => match in_text(text, known)? {
            Held::Named(inner) => Some(inner),
            Held::Placed(found) => found.doubt.is_none().then(|| name.to_owned()),
        },
        Value::Array(items) => items.iter().find_map(|item| search(item, name, known)),
        Value::Object(entries) => {
            let pair = entries.get("name").and_then(Value::as_str);
            entries.iter().find_map(|(key, value)| search(value, pair.filter(|_| key == "value").unwrap_or(key), known))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{applied_data, in_applied};

    #[test]
    fn values_are_found_under_their_own_names() {
        let name = |json: &str| in_applied(json, &|value| value == "shop-db-7c9f4d2b8x");
        let env = r#"{"spec":{"containers":[{"env":[{"name":"A","value":"b"},{"name":"DB_PASSWORD","value":"k9vQ2mZx7pLw4tYb"}]}]}}"#;
        assert_eq!(name(env).as_deref(), Some("DB_PASSWORD"));
        assert_eq!(name(r#"{"data":{"app.ini":"[db]\npassword = k9vQ2mZx7pLw4tYb\n"}}"#).as_deref(), Some("password"));
        for nothing in [
            r#"{"env":[{"name":"DB_PASSWORD","valueFrom":{"secretKeyRef":{"name":"db","key":"k9vQ2mZx7pLw4tYb"}}}]}"#,
            r#"{"volumes":[{"secret":{"secretName":"k9vQ2mZx7pLw4tYb"}}],"token":"shop-db-7c9f4d2b8x"}"#,
            r#"{"env":[{"name":"DB_PASSWORD","value":"$(FROM_VAULT)"}]}"#,
            "{",
            "",
        ] {
            assert_eq!(name(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn the_data_of_a_secret_is_taken_apart() {
        let data = applied_data(r#"{"kind":"Secret","data":{"a":"aGVsbG8=","b":1},"stringData":{"c":"d"}}"#);
        assert_eq!(data, [("a".to_owned(), b"hello".to_vec()), ("c".to_owned(), b"d".to_vec())]);
        assert_eq!(applied_data("[]"), []);
    }
}
