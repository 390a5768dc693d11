//! Conditions of the table of programs on the words of a command.

use serde::Deserialize;

use crate::model::pipeline::Line;
use crate::model::pipeline::flags::{Taken, is_off};
use crate::model::pipeline::words::is_open;

/// A condition on flags, on a word at a place, on a variable, or on all words.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Condition {
    /// One of these flags.
    flags: Vec<String>,
    /// The word at this place beside flags.
    at: Option<usize>,
    /// A variable of the environment.
    set: Option<String>,
    /// The value is one of these.
    is: Vec<String>,
    /// A part of the value, between commas, is one of these.
    holds: Vec<String>,
    /// No part of the value is.
    lacks: Vec<String>,
    /// The value begins so.
    begins: Vec<String>,
    /// The value does not.
    begins_not: Vec<String>,
    /// One of these stands in the value.
    contains: Vec<String>,
    /// The switch is there, and off.
    off: bool,
    /// There is a value other than these.
    is_not: Vec<String>,
    /// What is put in at the place decides; else it is taken for the name of an image.
    asks: bool,
}

impl Condition {
    /// Whether it is met; `None` where what is put in decides.
    pub(super) fn met(&self, taken: &Taken<'_>, beside: &[(&str, bool)], line: &Line<'_>) -> Option<bool> {
        let set;
        let values: Vec<Option<&str>> = if !self.flags.is_empty() {
            taken.values(&self.flags).collect()
        } else if let Some(at) = self.at {
            // where a word may be the value of a flag, another may stand here
            let certain = beside.iter().all(|(_, sure)| *sure);
            let value = beside.get(at).map(|(word, _)| Some(*word));
            return if certain {
                value.map_or(Some(false), |value| self.one(value))
            } else {
                value.and_then(|value| self.one(value)).filter(|met| !met)
            };
        } else if let Some(name) = &self.set {
            set = line.set.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
            return set.as_deref().map_or(Some(false), |value| self.one(Some(value)));
        } else {
            line.words.iter().map(|word| Some(word.as_str())).collect()
        };
        let met: Vec<Option<bool>> = values.into_iter().map(|value| self.one(value)).collect();
        match () {
            () if met.contains(&Some(true)) => Some(true),
            () if met.contains(&None) || taken.open && !self.flags.is_empty() => None,
            () => Some(false),
        }
    }

    fn one(&self, value: Option<&str>) -> Option<bool> {
        let is_plain = [&self.is, &self.holds, &self.lacks, &self.begins, &self.begins_not, &self.contains, &self.is_not];
        if self.off {
            return is_off(value);
        }
        if is_plain.iter().all(|list| list.is_empty()) {
            return is_off(value).map(|off| !off);
        }
        let text = value.unwrap_or_default();
        let is = |list: &[String], part: &str| list.iter().any(|one| one == part);
        let parts = || text.split(',').map(str::trim);
        let found = is(&self.is, text)
            || parts().any(|part| is(&self.holds, part))
            || self.contains.iter().any(|part| text.contains(part.as_str()))
            || self.begins.iter().any(|begin| text.starts_with(begin.as_str()));
        if found {
            return Some(true);
        }
        if is_open(text) {
            return (self.at.is_some() && !self.asks).then_some(false);
        }
        let lacks = !self.lacks.is_empty() && !parts().any(|part| is(&self.lacks, part));
        let begins_not = !self.begins_not.is_empty() && !self.begins_not.iter().any(|begin| text.starts_with(begin.as_str()));
        let is_not = !self.is_not.is_empty() && value.is_some() && !is(&self.is_not, text);
        Some(lacks || begins_not || is_not)
    }
}

/// Whether one of some conditions is met, where there is any.
pub(super) fn any(conditions: &[Condition], met: impl Fn(&Condition) -> Option<bool>) -> Option<bool> {
    if conditions.is_empty() {
        return Some(true);
    }
    let all: Vec<Option<bool>> = conditions.iter().map(met).collect();
    if all.contains(&Some(true)) { Some(true) } else { all.into_iter().try_fold(false, |_, met| met) }
}

/// Whether none is.
pub(super) fn none(conditions: &[Condition], met: impl Fn(&Condition) -> Option<bool>) -> Option<bool> {
    if conditions.is_empty() { Some(true) } else { any(conditions, met).map(|met| !met) }
}
