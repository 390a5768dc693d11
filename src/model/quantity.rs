//! Quantities such as `500m`, `1.5Gi` or `1e3`, read as the API server reads them.

use crate::model::field::Field;
use crate::parse::scalar::Value;

/// Whether there is a quantity, and it is more than nothing; `None` where the API server would refuse what is written.
pub(super) fn is_positive(field: Field<'_>) -> Option<bool> {
    if is_plain(field.str()) {
        return Some(true);
    }
    match field.value() {
        None if field.exists() => None,
        None => Some(false),
        Some(Value::Int(number)) => (number >= 0).then_some(number > 0),
        Some(Value::Float(number)) => (number >= 0.0).then_some(number > 0.0),
        Some(Value::Str(text)) => read(&text),
        Some(_) => None,
    }
}

/// Whether a text is what nearly all quantities are, an integer above 0 with a suffix or without, quoted or not.
fn is_plain(text: &str) -> bool {
    let end = text.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    text.starts_with(|first| matches!(first, '1'..='9')) && is_suffix(&text[end..])
}

/// Whether a text is a quantity above 0; `None` when it is none that a resource may have.
fn read(text: &str) -> Option<bool> {
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let end = rest.bytes().position(|byte| !byte.is_ascii_digit() && byte != b'.').unwrap_or(rest.len());
    let (number, suffix) = rest.split_at(end);
    let exponent = suffix.strip_prefix(['e', 'E']).map(|power| power.strip_prefix(['+', '-']).unwrap_or(power));
    let is_power = |power: &str| !power.is_empty() && power.bytes().all(|byte| byte.is_ascii_digit());
    if text.is_empty() || number.bytes().filter(|byte| *byte == b'.').count() > 1 || !(is_suffix(suffix) || exponent.is_some_and(is_power))
    {
        return None;
    }
    let above = number.bytes().any(|byte| matches!(byte, b'1'..=b'9'));
    if negative && above { None } else { Some(above) }
}

/// The suffixes that a number may have; an exponent is one as well.
fn is_suffix(text: &str) -> bool {
    matches!(text, "" | "n" | "u" | "m" | "k" | "M" | "G" | "T" | "P" | "E" | "Ki" | "Mi" | "Gi" | "Ti" | "Pi" | "Ei")
}

#[cfg(test)]
mod tests {
    use super::{is_plain, read};

    #[test]
    fn quantities_are_those_of_the_api_server() {
        for text in ["1", "500m", "1.5Gi", "+1.5Gi", "1.", ".5", "1e3", "1E3", "1e-3", "1E", "1k", "128974848", "0.1"] {
            assert_eq!(read(text), Some(true), "{text}");
        }
        for text in ["0", "0m", "0.0", "-0", ".", "Gi", "e3"] {
            assert_eq!(read(text), Some(false), "{text}");
            assert!(!is_plain(text), "{text}");
        }
        for text in ["", "1GB", "1 Gi", "1K", "1kb", "1mi", "1e3Mi", "1.2.3", "-1", "true", "1e", "½"] {
            assert_eq!(read(text), None, "{text}");
            assert!(!is_plain(text), "{text}");
        }
        assert!(["1", "500m", "20Gi", "128974848", "1E"].into_iter().all(is_plain));
    }
}
