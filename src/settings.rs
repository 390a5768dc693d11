//! The typed values that checks declare and a configuration file sets.
//!
//! A setting is declared once, as a static with its key, type, default and meaning; the configuration's
//! schema and its page are generated from these declarations. Checks list theirs in `Check::settings`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A declared setting.
#[derive(Debug)]
pub struct Setting {
    /// The key in the configuration file, below `settings:`.
    pub key: &'static str,
    /// What it means, for a person.
    pub help: &'static str,
    /// Its type and what it is when nobody sets it.
    pub default: Default,
}

/// The type and default of a setting.
#[derive(Debug, Clone, Copy)]
pub enum Default {
    /// A list of strings.
    Strings(&'static [&'static str]),
    /// A whole number.
    Int(i64),
    /// Yes or no.
    Bool(bool),
    /// One word of several, the first being the default.
    Choice(&'static [&'static str]),
}

/// A value given by the user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Value {
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A word.
    Text(String),
    /// A list of strings.
    Strings(Vec<String>),
}

/// The values in force.
#[derive(Debug, Clone, std::default::Default, PartialEq)]
pub struct Settings {
    given: BTreeMap<String, Value>,
}

impl Settings {
    /// Takes a user's values, which must fit the declared settings.
    ///
    /// # Errors
    /// The key and what is wrong with it: unknown, or of another type.
    pub fn new(given: BTreeMap<String, Value>, declared: &[&'static Setting]) -> Result<Self, (String, String)> {
        for (key, value) in &given {
            let Some(setting) = declared.iter().find(|setting| setting.key == key) else {
                return Err((key.clone(), "no check has such a setting".to_owned()));
            };
            let problem = match (setting.default, value) {
                (Default::Strings(_), Value::Strings(_)) | (Default::Int(_), Value::Int(_)) | (Default::Bool(_), Value::Bool(_)) => None,
                (Default::Choice(words), Value::Text(word)) if words.contains(&word.as_str()) => None,
                (Default::Choice(words), _) => Some(format!("must be one of {}", words.join(", "))),
                (Default::Strings(_), _) => Some("must be a list of strings".to_owned()),
                (Default::Int(_), _) => Some("must be a whole number".to_owned()),
                (Default::Bool(_), _) => Some("must be true or false".to_owned()),
            };
            if let Some(problem) = problem {
                return Err((key.clone(), problem));
            }
        }
        Ok(Settings { given })
    }

    /// The value of a list setting.
    pub fn strings<'s>(&'s self, setting: &'static Setting) -> Box<dyn Iterator<Item = &'s str> + 's> {
        match (self.given.get(setting.key), setting.default) {
            (Some(Value::Strings(list)), _) => Box::new(list.iter().map(String::as_str)),
            (_, Default::Strings(list)) => Box::new(list.iter().copied()),
            _ => Box::new(std::iter::empty()),
        }
    }

    /// The value of a number setting.
    #[must_use]
    pub fn int(&self, setting: &'static Setting) -> i64 {
        match (self.given.get(setting.key), setting.default) {
            (Some(Value::Int(number)), _) => *number,
            (_, Default::Int(number)) => number,
            _ => 0,
        }
    }

    /// The value of a yes-or-no setting.
    #[must_use]
    pub fn bool(&self, setting: &'static Setting) -> bool {
        match (self.given.get(setting.key), setting.default) {
            (Some(Value::Bool(value)), _) => *value,
            (_, Default::Bool(value)) => value,
            _ => false,
        }
    }

    /// The value of a choice.
    #[must_use]
    pub fn choice(&self, setting: &'static Setting) -> &str {
        match (self.given.get(setting.key), setting.default) {
            (Some(Value::Text(word)), _) => word,
            (_, Default::Choice(words)) => words.first().copied().unwrap_or_default(),
            _ => "",
        }
    }
}

/// Rule N1: namespaces that namespace-level checks spare.
pub static SYSTEM_NAMESPACES: Setting = Setting {
    key: "system_namespaces",
    help: "Namespaces of the cluster itself: checks of whole namespaces skip them, and say so.",
    default: Default::Strings(&["kube-system", "kube-public", "kube-node-lease"]),
};

/// Settings that more than one check, or the engine, reads.
pub static SHARED: &[&Setting] = &[&SYSTEM_NAMESPACES];
