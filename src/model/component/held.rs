//! The value that a setting has in force, with what sets it.

use std::borrow::Cow;

use crate::model::fault::{Fault, Verdict};
use crate::model::field::Field;

/// What decides a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum State {
    /// It is written.
    Set,
    /// Nobody sets it: the component's own default, or the distribution's.
    Default,
    /// It may be set where nobody looked.
    Unknown(String),
}

/// See the module's page.
#[derive(Debug, Clone)]
pub struct Held<'a> {
    /// The value in force; `None` where there is none.
    pub value: Option<&'a str>,
    pub(super) state: State,
    /// Where it stands, or where it is missing.
    pub(super) field: Field<'a>,
    pub(super) span: Option<(u32, u32)>,
    /// What tells it from its neighbours in a fingerprint, for an item of a list.
    pub(super) stable: Option<String>,
    /// As a person writes it: `--profiling`, `authentication.anonymous.enabled`.
    pub name: Cow<'static, str>,
    /// What faults are about that it has: the name of the flag, or the path where it is the kubelet's.
    pub(super) about: &'static str,
}

impl<'a> Held<'a> {
    /// Whether it is written anywhere.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.state == State::Set
    }

    /// Why it is not known.
    #[must_use]
    pub fn unknown(&self) -> Option<&str> {
        match &self.state {
            State::Unknown(why) => Some(why),
            _ => None,
        }
    }

    /// The text, "" where there is none.
    #[must_use]
    pub fn str(&self) -> &'a str {
        self.value.unwrap_or_default()
    }

    /// Whether there is no value, or an empty one.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.str().is_empty()
    }

    /// A boolean as Go reads it.
    #[must_use]
    pub fn bool(&self) -> Option<bool> {
        match self.value? {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
            _ => None,
        }
    }

    /// A whole number.
    #[must_use]
    pub fn int(&self) -> Option<i64> {
        self.value?.trim().parse().ok()
    }

    /// A duration as Go writes it, in seconds.
    #[must_use]
    pub fn seconds(&self) -> Option<f64> {
        seconds(self.value?)
    }

    /// A fault on what sets it, or on its absence.
    #[must_use]
    pub fn fault(&self, message: impl Into<Cow<'static, str>>) -> Fault {
        let mut fault = self.field.fault(message);
        // what was not seen may hold any setting: that is about all of them
        if self.unknown().is_none() {
            fault = fault.about(&[self.about]);
        }
        if let Some(span) = self.span {
            fault.place.span = span;
            fault.place.whole = span;
            let source = self.field.root().tree.source();
            fault.observed = source.get(span.0 as usize..span.1 as usize).unwrap_or_default().to_owned().into();
        }
        if let Some(stable) = &self.stable {
            fault.place.stable = stable.as_str().into();
        }
        match &self.state {
            State::Unknown(why) => fault.doubt().reworded(|said| format!("{said}, unless it is set in {why}")),
            State::Default if self.value.is_some_and(|value| !value.is_empty()) => fault.observed(format!("absent, so {}", self.str())),
            _ => fault,
        }
    }

    /// A fault where it is bad; a doubt where it may be set out of sight.
    #[must_use]
    pub fn fault_if<M: Into<Cow<'static, str>>>(&self, is_bad: bool, message: impl FnOnce() -> M) -> Option<Fault> {
        if is_bad {
            return Some(self.fault(message()));
        }
        let why = self.unknown()?;
        Some(self.field.fault(format!("what {} is cannot be known from here: it may be set in {why}", self.name)).doubt())
    }

    /// A review of what cannot be known from here.
    #[must_use]
    pub fn doubt(&self, message: impl Into<Cow<'static, str>>) -> Verdict {
        self.fault(message).doubt().into()
    }
}

/// A duration such as `1h30m`, `500ms`, `2m0s`, in seconds.
#[must_use]
pub fn seconds(text: &str) -> Option<f64> {
    const UNITS: [(&str, f64); 7] = [("ns", 1e-9), ("us", 1e-6), ("µs", 1e-6), ("ms", 1e-3), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];
    if text == "0" {
        return Some(0.0);
    }
    let (mut rest, mut sum) = (Some(text.trim()).filter(|text| !text.is_empty())?, 0.0);
    while !rest.is_empty() {
        let end = rest.find(|byte: char| !byte.is_ascii_digit() && byte != '.')?;
        let number: f64 = rest[..end].parse().ok()?;
        let unit = rest[end..].find(|byte: char| byte.is_ascii_digit()).map_or(&rest[end..], |next| &rest[end..end + next]);
        sum += number * UNITS.iter().find(|(name, _)| *name == unit)?.1;
        rest = &rest[end + unit.len()..];
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn durations_are_read_as_go_writes_them() {
        let cases = [("5m", 300.0), ("1h30m", 5400.0), ("500ms", 0.5), ("2m0s", 120.0), ("0", 0.0), ("1.5h", 5400.0)];
        for (text, value) in cases {
            assert_eq!(seconds(text), Some(value), "{text}");
        }
        for text in ["", "5", "m", "5x", "-", "5m5"] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
