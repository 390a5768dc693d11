//! JSON (RFC 8259, strictly) into the same tree.

use super::Limits;
use super::fault::Fault;
use super::keys::{self, Duplicates};
use super::tree::{Builder, Kind, NodeId, Style, Tag};

/// A value read from a stream.
#[derive(Debug, Clone, Copy)]
pub(super) struct Value {
    /// Its top node; none for `null`.
    pub(super) root: Option<NodeId>,
    /// Where it ends.
    pub(super) end: usize,
    /// Whether a key repeats.
    pub(super) tainted: bool,
}

/// Why a value could not be read.
#[derive(Debug)]
pub(super) enum Failure {
    /// It is no JSON: it may be YAML.
    Syntax(Fault),
    /// It is JSON, and over a limit.
    Limit(Fault),
}

/// Reads the value that starts at or after `at`; `None` at the end of the text.
///
/// # Errors
/// See [`Failure`]; the builder is to be rewound.
pub(super) fn value(builder: &mut Builder, at: usize, limits: &Limits, faults: &mut Vec<Fault>) -> Result<Option<Value>, Failure> {
    let source = std::sync::Arc::clone(builder.tree().source());
    let mut reader = Reader { bytes: source.as_bytes(), text: &source, at, builder, faults, duplicates: Duplicates::default() };
    reader.space();
    if reader.at >= reader.bytes.len() {
        return Ok(None);
    }
    let start = reader.at;
    let root = reader.builder.here();
    reader.document(limits)?;
    let end = reader.at;
    if end - start > limits.document {
        return Err(Failure::Limit(Fault::broken(start, format!("larger than {} bytes, the limit for a document", limits.document))));
    }
    let null = end - start == 4 && source[start..end] == *"null";
    let tainted = reader.duplicates.count > 0;
    reader.faults.extend(reader.duplicates.rest(reader.builder.tree(), root));
    Ok(Some(Value { root: (!null).then_some(root), end, tainted }))
}

struct Reader<'a, 'b> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    builder: &'b mut Builder,
    faults: &'b mut Vec<Fault>,
    duplicates: Duplicates,
}

/// Where the next byte that is no white space stands, and which it is: NUL at the end, with which no token starts.
#[inline]
pub(super) fn token(bytes: &[u8], mut at: usize) -> (usize, u8) {
    while matches!(bytes.get(at), Some(b' ' | b'\n' | b'\r' | b'\t')) {
        at += 1;
    }
    (at, bytes.get(at).copied().unwrap_or(0))
}

impl Reader<'_, '_> {
    fn space(&mut self) {
        self.at = token(self.bytes, self.at).0;
    }

    fn peek(&mut self) -> u8 {
        let (at, byte) = token(self.bytes, self.at);
        self.at = at;
        byte
    }

    fn error(&self, what: &str) -> Failure {
        let why =
            if self.at >= self.bytes.len() { "not valid JSON: it ends too early".to_owned() } else { format!("not valid JSON: {what}") };
        Failure::Syntax(Fault::broken(self.at.min(self.bytes.len()), why))
    }

    /// One value with all it holds, without recursion.
    fn document(&mut self, limits: &Limits) -> Result<(), Failure> {
        let mut open: Vec<(NodeId, Kind)> = Vec::new();
        loop {
            let opened = match self.peek() {
                b'{' => Some(Kind::Mapping),
                b'[' => Some(Kind::Sequence),
                b'"' => {
                    self.string()?;
                    None
                }
                _ => {
                    self.word()?;
                    None
                }
            };
            if let Some(kind) = opened {
                if open.len() >= limits.depth {
                    return Err(Failure::Limit(Fault::broken(self.at, format!("nested deeper than {} levels", limits.depth))));
                }
                open.push((self.builder.open(kind, Style::Flow, Tag::None, self.at as u32), kind));
                self.at += 1;
                if !matches!(self.peek(), b'}' | b']') {
                    self.key(kind)?;
                    continue;
                }
            }
            // what follows a value: a comma, or the ends of collections
            loop {
                let Some(&(id, kind)) = open.last() else { return Ok(()) };
                match (self.peek(), kind) {
                    (b',', _) => {
                        self.at += 1;
                        self.peek();
                        self.key(kind)?;
                        break;
                    }
                    (b'}', Kind::Mapping) | (b']', Kind::Sequence) => {
                        self.at += 1;
                        self.builder.close(id, self.at as u32);
                        open.pop();
                        if kind == Kind::Mapping {
                            keys::check(self.builder, id, &mut self.duplicates, self.faults).map_err(Failure::Limit)?;
                        }
                    }
                    (_, Kind::Mapping) => return Err(self.error("`,` or `}` should stand here")),
                    _ => return Err(self.error("`,` or `]` should stand here")),
                }
            }
        }
    }

    /// The key and colon that stand before a value in a mapping.
    fn key(&mut self, kind: Kind) -> Result<(), Failure> {
        if kind != Kind::Mapping {
            return Ok(());
        }
        if self.peek() != b'"' {
            return Err(self.error("a key in double quotes should stand here"));
        }
        self.string()?;
        if self.peek() != b':' {
            return Err(self.error("`:` should stand here"));
        }
        self.at += 1;
        Ok(())
    }

    fn string(&mut self) -> Result<(), Failure> {
        let start = self.at;
        self.at += 1;
        let mut value: Option<String> = None;
        let mut copied = self.at;
        loop {
            match self.bytes.get(self.at).copied() {
                Some(b'"') => break,
                Some(b'\\') => {
                    let value = value.get_or_insert_default();
                    value.push_str(&self.text[copied..self.at]);
                    let char = self.escape()?;
                    value.push(char);
                    copied = self.at;
                }
                Some(0..0x20) => return Err(self.error("a control character in a string")),
                Some(_) => self.at += 1,
                None => return Err(self.error("")),
            }
        }
        let span = (start as u32, self.at as u32 + 1);
        match value {
            Some(mut value) => {
                value.push_str(&self.text[copied..self.at]);
                self.builder.decoded_scalar(Style::DoubleQuoted, Tag::None, span, &value);
            }
            None => {
                self.builder.scalar(Style::DoubleQuoted, Tag::None, span);
            }
        }
        self.at += 1;
        Ok(())
    }

    fn escape(&mut self) -> Result<char, Failure> {
        let char = match self.bytes.get(self.at + 1) {
            Some(b'n') => '\n',
            Some(b't') => '\t',
            Some(b'r') => '\r',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{C}',
            Some(&byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'u') => return self.unicode(),
            _ => return Err(self.error("an unknown escape")),
        };
        self.at += 2;
        Ok(char)
    }

    fn unicode(&mut self) -> Result<char, Failure> {
        let unit = self.unit(self.at).ok_or_else(|| self.error("four hexadecimal digits should follow `\\u`"))?;
        self.at += 6;
        let high = u32::from(unit);
        if let (0xD800..0xDC00, Some(low @ 0xDC00..0xE000)) = (unit, self.unit(self.at)) {
            self.at += 6;
            return Ok(char::from_u32(0x10000 + ((high - 0xD800) << 10) + (u32::from(low) - 0xDC00)).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        // half a pair becomes a replacement character, as in Go
        Ok(char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    /// The unit of a `\uXXXX` at `at`.
    fn unit(&self, at: usize) -> Option<u16> {
        let digits = self.bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
        digits.iter().try_fold(0_u16, |unit, &digit| Some(unit << 4 | char::from(digit).to_digit(16)? as u16))
    }

    /// A number, or one of the three words.
    fn word(&mut self) -> Result<(), Failure> {
        let rest = &self.bytes[self.at.min(self.bytes.len())..];
        let len = rest
            .iter()
            .position(|byte| !matches!(byte, b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'+' | b'-' | b'.'))
            .unwrap_or(rest.len());
        let word = &rest[..len];
        if !(matches!(word, b"true" | b"false" | b"null") || is_number(word)) {
            return Err(self.error("a value should stand here"));
        }
        self.builder.scalar(Style::Plain, Tag::None, (self.at as u32, (self.at + len) as u32));
        self.at += len;
        Ok(())
    }
}

/// Whether a word is a number of JSON.
pub(super) fn is_number(word: &[u8]) -> bool {
    let digits = |bytes: &[u8]| bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let word = word.strip_prefix(b"-").unwrap_or(word);
    let whole = digits(word);
    if whole == 0 || (whole > 1 && word[0] == b'0') {
        return false;
    }
    let mut rest = &word[whole..];
    if let Some(fraction) = rest.strip_prefix(b".") {
        let count = digits(fraction);
        if count == 0 {
            return false;
        }
        rest = &fraction[count..];
    }
    if let [b'e' | b'E', exponent @ ..] = rest {
        let exponent = exponent.strip_prefix(b"+").or_else(|| exponent.strip_prefix(b"-")).unwrap_or(exponent);
        let count = digits(exponent);
        return count > 0 && count == exponent.len();
    }
    rest.is_empty()
}
