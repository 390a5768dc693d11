//! Numbers as Go's YAML reader knows them.

use super::scalar::Value;

/// A number before JSON.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Number {
    /// Fits an `int64`.
    Int(i64),
    /// Fits a `uint64` only.
    Uint(u64),
    /// Written as, or only fit for, floating point; finite.
    Float(f64),
}

impl Number {
    pub(super) fn is_integer(self) -> bool {
        !matches!(self, Number::Float(_))
    }

    /// What becomes of it after JSON: `1e3` is spelled 1000 there, and read as an integer.
    pub(super) fn value(self) -> Value<'static> {
        match self {
            Number::Int(value) => Value::Int(value),
            Number::Uint(value) => Value::Float(value as f64),
            Number::Float(value) if value.fract() == 0.0 && value.abs() < 1e21 => {
                // the shortest spelling, not the exact value, is what JSON has
                format!("{value}").parse().map_or(Value::Float(value), Value::Int)
            }
            Number::Float(value) => Value::Float(value),
        }
    }

    /// What becomes of it as a key; `None` where the reader refuses it.
    pub(super) fn key(self) -> Option<String> {
        match self {
            Number::Int(value) => Some(value.to_string()),
            Number::Uint(_) => None,
            Number::Float(value) => Some(format_g32(value)),
        }
    }
}

/// Reads a scalar that starts with a digit, a sign or a point.
pub(super) fn parse(text: &str) -> Option<Number> {
    // behind a point Go has underscores only between digits, elsewhere it drops them all first
    if text.starts_with('.') && !separates(text) {
        return None;
    }
    let stripped;
    let plain = if text.contains('_') {
        stripped = text.replace('_', "");
        stripped.as_str()
    } else {
        text
    };
    if plain.starts_with('.') {
        return float(plain);
    }
    integer(plain).or_else(|| float(plain)).or_else(|| {
        // Go's second look at binary numbers lets a sign stand behind the prefix
        let digits = plain.strip_prefix("0b")?;
        let (negative, digits) = sign(digits);
        signed(negative, magnitude(digits, 2)?).filter(|_| digits.len() < plain.len() - 2)
    })
}

fn separates(text: &str) -> bool {
    let digit = |index: usize| text.as_bytes().get(index).is_some_and(u8::is_ascii_digit);
    text.match_indices('_').all(|(at, _)| digit(at - 1) && digit(at + 1))
}

fn sign(text: &str) -> (bool, &str) {
    match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    }
}

/// `strconv.ParseInt(text, 0, 64)`, then `strconv.ParseUint`.
fn integer(text: &str) -> Option<Number> {
    let (negative, digits) = sign(text);
    let (base, digits) = match digits.as_bytes() {
        [] => return None,
        [b'0'] => return Some(Number::Int(0)),
        [b'0', b'b' | b'B', _, ..] => (2, &digits[2..]),
        [b'0', b'o' | b'O', _, ..] => (8, &digits[2..]),
        [b'0', b'x' | b'X', _, ..] => (16, &digits[2..]),
        [b'0', ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    let value = magnitude(digits, base)?;
    // ParseUint knows no sign
    signed(negative, value).or_else(|| (digits.len() == text.len() || !text.starts_with(['+', '-'])).then_some(Number::Uint(value)))
}

fn signed(negative: bool, value: u64) -> Option<Number> {
    let value = i128::from(value);
    i64::try_from(if negative { -value } else { value }).ok().map(Number::Int)
}

fn magnitude(digits: &str, base: u32) -> Option<u64> {
    let all = !digits.is_empty() && digits.bytes().all(|byte| char::from(byte).is_digit(base));
    all.then(|| u64::from_str_radix(digits, base).ok()).flatten()
}

/// `^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`, and finite.
fn float(text: &str) -> Option<Number> {
    let (_, rest) = sign(text);
    let (mantissa, exponent) = rest.split_once(['e', 'E']).map_or((rest, None), |(mantissa, exponent)| (mantissa, Some(exponent)));
    let (whole, fraction) = mantissa.split_once('.').map_or((mantissa, None), |(whole, fraction)| (whole, Some(fraction)));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa =
        digits(whole) && fraction.is_none_or(digits) && (!whole.is_empty() || fraction.is_some_and(|fraction| !fraction.is_empty()));
    let exponent = exponent.map(|exponent| sign(exponent).1).is_none_or(|exponent| !exponent.is_empty() && digits(exponent));
    if !(mantissa && exponent) {
        return None;
    }
    text.parse::<f64>().ok().filter(|value| value.is_finite()).map(Number::Float)
}

/// `strconv.FormatFloat(value, 'g', -1, 32)`, which is how a key is spelled.
fn format_g32(value: f64) -> String {
    let value = value as f32;
    if value.is_infinite() {
        return if value > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let shortest = format!("{value:e}");
    let exponent: i32 = shortest.split_once('e').and_then(|(_, exponent)| exponent.parse().ok()).unwrap_or(0);
    // Go's shortest form decides as if the precision were 6
    if (-4..6).contains(&exponent) {
        return format!("{value}");
    }
    let mantissa = shortest.split_once('e').map_or(shortest.as_str(), |(mantissa, _)| mantissa);
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}
