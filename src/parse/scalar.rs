//! What a scalar is to Kubernetes: YAML 1.1 as Go's `sigs.k8s.io/yaml` reads it, after its way through JSON.
//!
//! Each rule was run with Go and recorded in the tests below. Numbers come out as the API machinery
//! has them: an integer wherever the JSON spelling of the number is one, so `1e3` is 1000.

use std::borrow::Cow;

use super::number::{self, Number};
use super::tree::{Kind, NodeId, Style, Tag, Tree};

/// What a scalar is.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// `null`, `~`, or nothing at all.
    Null,
    /// `true`, `yes`, `on`, `y`, and their opposites.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number, and whole ones too large for [`Value::Int`].
    Float(f64),
    /// Text.
    Str(Cow<'a, str>),
    /// Something the reader refuses, and with it the document: infinity, a tag that does not fit. Also what is no scalar.
    Invalid,
}

/// What `resolve` finds before JSON rounds it off: keys are made of this.
enum Raw {
    Null,
    Bool(bool),
    Number(Number),
    Infinite(&'static str),
    Text,
}

/// Resolves the scalar `id`; an alias is [`Value::Invalid`], its target is to be asked.
#[must_use]
pub fn resolve(tree: &Tree, id: NodeId) -> Value<'_> {
    if tree.kind(id) != Kind::Scalar {
        return Value::Invalid;
    }
    let text = tree.text(id);
    match tree.tag(id) {
        Tag::None if tree.style(id) == Style::Plain => plain(text),
        Tag::None | Tag::Str | Tag::Merge | Tag::Other => Value::Str(text.into()),
        tag => tagged(tag, text),
    }
}

/// Whether the scalar `id` resolves to null. Cheaper than [`resolve`], and asked most of all.
#[must_use]
pub(crate) fn is_null(tree: &Tree, id: NodeId) -> bool {
    match tree.tag(id) {
        Tag::None => tree.style(id) == Style::Plain && matches!(tree.text(id), "" | "~" | "null" | "Null" | "NULL"),
        Tag::Null => resolve(tree, id) == Value::Null,
        _ => false,
    }
}

/// Resolves an untagged plain scalar.
#[must_use]
pub fn plain(text: &str) -> Value<'_> {
    match raw(text) {
        Raw::Null => Value::Null,
        Raw::Bool(value) => Value::Bool(value),
        Raw::Number(number) => number.value(),
        Raw::Infinite(_) => Value::Invalid,
        Raw::Text => Value::Str(text.into()),
    }
}

/// Whether an untagged plain scalar is something other than its own text. Cheap for most words.
#[must_use]
pub(crate) fn is_special(text: &str) -> bool {
    !matches!(raw(text), Raw::Text)
}

/// Whether an untagged plain scalar is infinite or no number: JSON cannot say it, and Kubernetes refuses the document.
#[must_use]
pub(super) fn is_infinite(text: &str) -> bool {
    matches!(text.as_bytes().first(), Some(b'.' | b'+' | b'-')) && matches!(raw(text), Raw::Infinite(_))
}

/// The key that the scalar `id` becomes in JSON: a plain `on` is `true`, `0x10` is `16`. `None` where the reader refuses it.
#[must_use]
pub(super) fn json_key(tree: &Tree, id: NodeId) -> Option<Cow<'_, str>> {
    if tree.kind(id) != Kind::Scalar {
        return None;
    }
    let text = tree.text(id);
    match tree.tag(id) {
        Tag::None if tree.style(id) == Style::Plain => {}
        Tag::Int | Tag::Float | Tag::Bool | Tag::Null if tagged(tree.tag(id), text) != Value::Invalid => {}
        _ => match resolve(tree, id) {
            Value::Str(text) => return Some(text),
            _ => return None,
        },
    }
    match raw(text) {
        Raw::Null => None,
        Raw::Bool(value) => Some(if value { "true" } else { "false" }.into()),
        Raw::Number(number) => number.key().map(Cow::Owned),
        Raw::Infinite(key) => Some(key.into()),
        Raw::Text => Some(text.into()),
    }
}

/// The text of a key as Kubernetes has it; as written where the reader would refuse it.
#[must_use]
pub fn key_text(tree: &Tree, id: NodeId) -> Cow<'_, str> {
    json_key(tree, id).unwrap_or_else(|| tree.text(id).into())
}

fn tagged(tag: Tag, text: &str) -> Value<'_> {
    match (tag, raw(text)) {
        (Tag::Null, Raw::Null) => Value::Null,
        (Tag::Bool, Raw::Bool(value)) => Value::Bool(value),
        (Tag::Int, Raw::Number(number)) if number.is_integer() => number.value(),
        (Tag::Float, Raw::Number(number)) => number.value(),
        _ => Value::Invalid,
    }
}

fn raw(text: &str) -> Raw {
    let Some(&first) = text.as_bytes().first() else { return Raw::Null };
    match first {
        b'y' | b'Y' | b't' | b'T' if matches!(text, "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE") => Raw::Bool(true),
        b'f' | b'F' if matches!(text, "false" | "False" | "FALSE") => Raw::Bool(false),
        b'n' | b'N' => match text {
            "n" | "N" | "no" | "No" | "NO" => Raw::Bool(false),
            "null" | "Null" | "NULL" => Raw::Null,
            _ => Raw::Text,
        },
        b'o' | b'O' => match text {
            "on" | "On" | "ON" => Raw::Bool(true),
            "off" | "Off" | "OFF" => Raw::Bool(false),
            _ => Raw::Text,
        },
        b'~' if text.len() == 1 => Raw::Null,
        b'.' | b'+' | b'-' | b'0'..=b'9' => match text {
            ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Raw::Infinite(".inf"),
            "-.inf" | "-.Inf" | "-.INF" => Raw::Infinite("-.inf"),
            ".nan" | ".NaN" | ".NAN" => Raw::Infinite(".nan"),
            _ => number::parse(text).map_or(Raw::Text, Raw::Number),
        },
        _ => Raw::Text,
    }
}

/// What a scalar tagged `!!binary` says; `None` where it is no base64.
#[must_use]
pub(super) fn binary(text: &str) -> Option<String> {
    base64(text).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// Go's `base64.StdEncoding`: padded, line breaks skipped.
fn base64(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let mut digits = text.bytes().filter(|byte| !matches!(byte, b'\n' | b'\r')).peekable();
    while digits.peek().is_some() {
        let mut bits = 0_u32;
        let mut pads = 0;
        for place in 0..4 {
            let digit = match digits.next()? {
                byte @ b'A'..=b'Z' => byte - b'A',
                byte @ b'a'..=b'z' => byte - b'a' + 26,
                byte @ b'0'..=b'9' => byte - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                b'=' if place >= 2 => {
                    pads += 1;
                    0
                }
                _ => return None,
            };
            if pads > 0 && place == 3 && pads == 1 && digit != 0 {
                return None;
            }
            bits = bits << 6 | u32::from(digit);
        }
        let [_, bytes @ ..] = bits.to_be_bytes();
        out.extend_from_slice(&bytes[..3 - pads]);
        if pads > 0 {
            return digits.next().is_none().then_some(out);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests;
