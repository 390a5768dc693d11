//! Values that stand in for others of their sort: of one shape for each sort, made of nothing that was there, numbered as they come.
//! Of a token that is known by its form, its form and what it begins with stay.

use std::collections::BTreeMap;

use crate::model::credential::{Value, classify, decode, find, is_reference, is_whole_reference, speaks_of_credential};
use base64ct::{Base64, Encoding};

/// How many are tried.
const ROWS: u64 = 40;
/// What stands between the words of a text.
const BETWEEN: &str = "\"'`=,:;&{}[]()<>|@/\\";
/// Values that are looked for elsewhere as well are at least so long: shorter ones are words of other texts.
const TELLING: usize = 8;

/// What stands in for what, the same for the same wherever it stands.
#[derive(Default)]
pub(super) struct Substitutes {
    made: BTreeMap<String, String>,
    /// Values of Secrets are replaced whole.
    strict: bool,
}

impl Substitutes {
    /// Another value for what stands in a file, with its quotes or the head of its block. Of a Secret's, nothing stays but names in
    /// front of their values.
    pub(super) fn written(&mut self, raw: &str, of_secret: bool) -> String {
        self.strict = of_secret;
        for quote in ['"', '\''] {
            if let Some(inner) = raw.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
                return format!("{quote}{}{quote}", self.text(inner));
            }
        }
        match raw.split_once('\n') {
            Some((head, body)) if head.starts_with(['|', '>']) => format!("{head}\n{}", self.text(body)),
            _ => self.text(raw),
        }
    }

    /// The values that are replaced wherever else they stand, with what stands in for them; in base64 as well.
    pub(super) fn telling(&self) -> Vec<(String, String)> {
        let telling = self.made.iter().filter(|(raw, other)| raw != other && tells(raw));
        let encoded = |text: &str, end: &str| Base64::encode_string(format!("{text}{end}").as_bytes());
        telling
            .flat_map(|(raw, other)| {
                // `echo` ends what it says with a line end
                let ends = ["", "\n"].map(|end| (encoded(raw, end), encoded(other, end)));
                std::iter::once((raw.clone(), other.clone())).chain(ends)
            })
            .collect()
    }

    fn text(&mut self, inner: &str) -> String {
        let several = inner.contains(char::is_whitespace) || inner.contains('\\') || inner.contains("-----BEGIN");
        if !(several || assigns(inner) || inner.contains("://")) {
            return self.single(inner);
        }
        let phrase = inner.trim();
        let other = match inner.split_once(phrase) {
            Some((lead, trail)) if self.strict && !phrase.is_empty() && !phrase.contains(['\n', '=', ':', '{', '\\', '"', '\'']) => {
                return format!("{lead}{}{trail}", self.single(phrase));
            }
            _ => self.words(inner),
        };
        if !phrase.contains(['\n', '\\']) && phrase != other.trim() {
            self.made.insert(phrase.to_owned(), other.trim().to_owned());
        }
        other
    }

    fn single(&mut self, value: &str) -> String {
        if let Some(other) = self.made.get(value) {
            return other.clone();
        }
        let other = self.make(value);
        self.made.insert(value.to_owned(), other.clone());
        other
    }

    fn make(&mut self, value: &str) -> String {
        if let Some(inner) = decoded(value) {
            let other = Base64::encode_string(self.text(&inner).as_bytes());
            if other != value {
                return other;
            }
        }
        let number = self.made.len() as u64;
        let wanted = sort(value);
        let mut rows = number..number + ROWS;
        let fits = |other: &String| other != value && sort(other) == wanted;
        let made = match wanted.1 {
            None => rows.find_map(|row| Some(made(value, wanted.0, row)).filter(&fits)),
            Some(_) => rows.find_map(|row| token(value, row).into_iter().find(&fits)),
        };
        // no check judges it alike: a replay says so
        made.unwrap_or_else(|| format!("changeme{number}"))
    }

    /// The words of a text, one by one: names and flags stay, what may be a value does not.
    fn words(&mut self, text: &str) -> String {
        let is_between = |char: char| char.is_whitespace() || BETWEEN.contains(char);
        let mut out = String::with_capacity(text.len());
        let (mut name, mut gap, mut rest) = ("", String::new(), text);
        let (mut private, mut edge) = (false, false);
        while let Some(char) = rest.chars().next() {
            if is_between(char) {
                // what is escaped stays with what escapes it
                let taken = rest.char_indices().nth(if char == '\\' { 2 } else { 1 }).map_or(rest.len(), |(at, _)| at);
                gap.push_str(&rest[..taken]);
                out.push_str(&rest[..taken]);
                rest = &rest[taken..];
                continue;
            }
            let assigned = gap.contains(['=', ':', '\'', '"']) || name.starts_with('-');
            let told = assigned && !gap.contains('\n') && (speaks_of_credential(name) || name.eq_ignore_ascii_case("by"));
            // a password may hold what stands between words elsewhere
            let is_end = |char: char| if told { char.is_whitespace() || "\"'`,<\\".contains(char) } else { is_between(char) };
            let end = rest.find(is_end).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            // the lines around a key say what it is
            let opens = word.starts_with("-----BEGIN");
            let boundary = edge || word.starts_with("-----");
            edge = boundary && !(word.len() > 5 && word.ends_with("-----"));
            private = if opens { true } else { private && !word.starts_with("-----END") };
            // user and password of a URL
            let login = after.starts_with('@') && (gap.ends_with(':') || gap.ends_with("//"));
            let names = after.trim_start_matches(['"', '\'', ' ']).starts_with(['=', ':']) && !after.starts_with("://");
            let plain = if self.strict { names } else { is_plain(word) };
            let stays = boundary || !self.strict && is_reference(word) || !private && !told && !login && plain;
            if stays {
                out.push_str(word);
            } else {
                let other = self.single(word);
                out.push_str(&other);
            }
            (name, rest) = (word, after);
            gap.clear();
        }
        out
    }
}

/// `name=value`, `--name=value`, `name: value`, in one word.
fn assigns(word: &str) -> bool {
    word.split_once(['=', ':']).is_some_and(|(name, value)| {
        let names = name.bytes().all(|byte| byte.is_ascii_alphabetic() || b"-_.".contains(&byte));
        !name.is_empty() && names && !value.trim_matches('=').is_empty()
    })
}

/// A word that is no value of any worth: letters alone, or a short number.
fn is_plain(word: &str) -> bool {
    let letters = word.len() <= 40 && word.bytes().all(|byte| byte.is_ascii_alphabetic() || b"-_.$%#!*+".contains(&byte));
    let number = word.len() <= 5 && word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    number || letters && classify(word) != Value::Strong
}

/// What checks tell of a value.
fn sort(value: &str) -> (Value, Option<&'static str>, bool) {
    let text = decoded(value);
    (classify(value), find(value).map(|found| found.rule), text.is_some())
}

/// The text that a value holds in base64.
fn decoded(value: &str) -> Option<String> {
    let long = value.len() >= 4 && value.len().is_multiple_of(4);
    let text = decode(value).filter(|_| long).and_then(|bytes| String::from_utf8(bytes).ok())?;
    text.chars().all(|char| !char.is_control() || char.is_whitespace()).then_some(text)
}

/// Whether a value that stands elsewhere can be nothing but itself: neither short, nor a plain word, name, number or path.
fn tells(value: &str) -> bool {
    let plain = value.bytes().all(|byte| byte.is_ascii_alphabetic() || b"-_.: ".contains(&byte));
    value.len() >= TELLING
        && match classify(value) {
            Value::Strong | Value::Weak => !value.contains(char::is_whitespace) || !plain,
            Value::Placeholder | Value::Hash | Value::Identifier => !plain,
            Value::Words | Value::Harmless => false,
        }
}

/// A value of a sort, as everybody could write it.
fn made(value: &str, sort: Value, row: u64) -> String {
    let digits = value.bytes().all(|byte| byte.is_ascii_digit());
    match sort {
        Value::Harmless if digits => (row % 9 + 1).to_string(),
        Value::Harmless if is_whole_reference(value) => format!("$(VALUE_{row})"),
        Value::Harmless if is_reference(value) => format!("value-$(VALUE_{row})"),
        Value::Harmless if value.contains('/') || value.contains('.') => format!("path/to-{row}"),
        Value::Harmless => if row.is_multiple_of(2) { "enabled" } else { "required" }.to_owned(),
        Value::Placeholder if digits => format!("12345{row}"),
        Value::Placeholder => format!("changeme{row}"),
        Value::Words => format!("word-text-{}", letters(row)),
        Value::Weak if digits => (700_000 + row * 7919 % 200_000).to_string(),
        Value::Weak => format!("aB{}!", row % 10_000),
        Value::Identifier => format!("00000000-0000-4000-8000-{:012x}", 0xab00_0000 + row),
        Value::Hash => format!("$2y$10${}", random(53, &[LOWER, UPPER, DIGITS], row)),
        // what is random and long is a key, whose length tells nothing
        Value::Strong => match decode(value).filter(|bytes| bytes.len() >= 16) {
            Some(bytes) => Base64::encode_string(
                random(bytes.len(), &[LOWER, UPPER, DIGITS], row).as_bytes().iter().map(|byte| byte ^ 0x80).collect::<Vec<_>>().as_slice(),
            ),
            None => random(16, &[LOWER, UPPER, DIGITS], row),
        },
    }
}

const LOWER: &[u8] = b"abcdefghijklmnopqrstuvwxyz";
const UPPER: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS: &[u8] = b"0123456789";

fn letters(mut row: u64) -> String {
    let mut out = String::new();
    loop {
        out.push(char::from(LOWER[(row % 26) as usize]));
        row /= 26;
        if row == 0 {
            return out;
        }
    }
}

/// A row of numbers that is always the same.
fn numbers(row: u64) -> impl FnMut(usize) -> usize {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64.wrapping_add(row.wrapping_mul(0xd1b5_4a32_d192_ed03));
    move |count| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) % count as u64) as usize
    }
}

fn random(length: usize, kinds: &[&[u8]], row: u64) -> String {
    let all: Vec<u8> = kinds.concat();
    let mut next = numbers(row);
    (0..length).map(|_| char::from(all[next(all.len())])).collect()
}

/// How a text is made anew, by numbers below a count.
type Form<'a> = &'a dyn Fn(&str, &mut dyn FnMut(usize) -> usize) -> String;

/// Tokens of the same form: what they begin with tells what they are for, and nothing of them.
fn token(value: &str, row: u64) -> Vec<String> {
    let has = |kind: &[u8]| value.bytes().any(|byte| kind.contains(&byte));
    // of a hash, and of what has the form of one, it stays one
    let hex = value.bytes().all(|byte| !byte.is_ascii_alphabetic() || byte.is_ascii_hexdigit());
    let cut = |kind: &'static [u8]| if hex && kind.len() == 26 { &kind[..6] } else { kind };
    let kinds: Vec<&[u8]> = [LOWER, UPPER, DIGITS].into_iter().filter(|kind| has(kind)).map(cut).collect();
    let mixed = |text: &str, next: &mut dyn FnMut(usize) -> usize| -> String {
        let all = kinds.concat();
        text.chars().map(|char| if char.is_ascii_alphanumeric() { char::from(all[next(all.len())]) } else { char }).collect()
    };
    let sorted = |text: &str, next: &mut dyn FnMut(usize) -> usize| -> String {
        let swap = |char: char| [LOWER, UPPER, DIGITS].into_iter().find(|kind| kind.contains(&(char as u8)));
        text.chars().map(|char| swap(char).map(cut).map_or(char, |kind| char::from(kind[next(kind.len())]))).collect()
    };
    let prefixes = std::iter::once(0).chain(3..=12).filter(|length| *length + 4 < value.len() && value.is_char_boundary(*length));
    let prefixes: Vec<_> = prefixes.collect();
    let of = |form: Form<'_>| -> Vec<String> {
        let one = |length: &usize| format!("{}{}", &value[..*length], form(&value[*length..], &mut numbers(row)));
        prefixes.iter().map(one).collect()
    };
    [of(&mixed), of(&sorted)].concat()
}

#[cfg(test)]
#[path = "substitute/tests.rs"]
mod tests;
