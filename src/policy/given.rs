//! Settings as a user gives them, with their places, until they are held against what checks declare.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserializer;
use serde::de::{MapAccess, Visitor};
use serde_json::{Value as Json, json};

use super::text::Located;
use super::{Error, error};
use crate::checks;
use crate::settings::{self, Default, Setting, Settings, Value};

/// A key and its value, as written.
pub(crate) type Pair = (Located<String>, Located<Value>);

/// A value that a file gives.
#[derive(Debug, Clone)]
pub(crate) struct Given {
    file: String,
    key: Located<String>,
    value: Value,
}

impl Given {
    /// The settings of one file.
    pub(crate) fn all<'p>(file: &'p str, pairs: &'p [Pair]) -> impl Iterator<Item = Given> + 'p {
        pairs.iter().map(|(key, value)| Given { file: file.to_owned(), key: key.clone(), value: value.value.clone() })
    }
}

/// The values in force: later ones override earlier ones.
pub(crate) fn settle(given: impl IntoIterator<Item = Given>) -> Result<Settings, Error> {
    let declared = declared();
    let mut values = BTreeMap::new();
    for Given { file, key, value } in given {
        // one at a time, so that an error has its place
        let alone = BTreeMap::from([(key.value.clone(), value.clone())]);
        if let Err((name, why)) = Settings::new(alone, &declared) {
            return Err(key.mistake(&file, explain(&name, &why, &declared)));
        }
        values.insert(key.value, value);
    }
    Settings::new(values, &declared).map_err(|(key, why)| Error::Unknown(format!("setting `{key}`: {why}")))
}

fn explain(name: &str, why: &str, declared: &[&'static Setting]) -> String {
    if declared.iter().any(|setting| setting.key == name) {
        return format!("`{name}` {why}");
    }
    error::unknown("setting", name, declared.iter().map(|setting| setting.key))
}

/// Every setting that a check or the engine declares, once, by key.
pub(crate) fn declared() -> Vec<&'static Setting> {
    let own = checks::all().flat_map(|check| check.settings);
    let mut all: Vec<_> = own.chain(settings::SHARED).copied().collect();
    all.sort_by_key(|setting| setting.key);
    all.dedup_by_key(|setting| setting.key);
    all
}

/// The JSON Schema of `settings:`, from the declarations.
pub(crate) fn schema() -> Json {
    let properties: serde_json::Map<_, _> = declared().into_iter().map(|setting| (setting.key.to_owned(), property(setting))).collect();
    json!({
        "description": "Settings of checks.",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    })
}

fn property(setting: &Setting) -> Json {
    let mut schema = match setting.default {
        Default::Strings(list) => {
            json!({"type": "array", "items": {"type": "string"}, "default": list})
        }
        Default::Int(number) => json!({"type": "integer", "default": number}),
        Default::Bool(value) => json!({"type": "boolean", "default": value}),
        Default::Choice(words) => json!({"enum": words, "default": words.first()}),
    };
    schema["description"] = setting.help.into();
    schema
}

/// Reads a mapping with the places of its keys.
pub(crate) fn pairs<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Pair>, D::Error> {
    struct Pairs;

    impl<'de> Visitor<'de> for Pairs {
        type Value = Vec<Pair>;

        fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
            out.write_str("a mapping of settings")
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Vec::new())
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut pairs = Vec::new();
            while let Some(pair) = map.next_entry()? {
                pairs.push(pair);
            }
            Ok(pairs)
        }
    }

    from.deserialize_map(Pairs)
}
