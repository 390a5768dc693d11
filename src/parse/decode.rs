//! Bytes to text, as `kubectl` decodes a file: UTF-8, or UTF-16 by its byte order mark.
//!
//! `kubectl` turns bad UTF-8 into replacement characters without a word. Here it is an error with a place:
//! nobody meant to write it, and what is judged should be what was written.

use std::borrow::Cow;

/// Why bytes are no text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bad {
    /// The line of the first bad byte, from 1.
    pub line: u32,
    /// Its column, from 1, in Unicode scalar values.
    pub column: u32,
    /// What is wrong, in words.
    pub why: String,
}

const UTF8_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Decodes `bytes`; a byte order mark is left out.
///
/// # Errors
/// Where the bytes are not valid in their encoding, or have a NUL.
pub fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, Bad> {
    let text = match bytes {
        [0xFF, 0xFE, rest @ ..] => Cow::Owned(utf16(rest, u16::from_le_bytes)?),
        [0xFE, 0xFF, rest @ ..] => Cow::Owned(utf16(rest, u16::from_be_bytes)?),
        _ => Cow::Borrowed(utf8(bytes.strip_prefix(UTF8_MARK).unwrap_or(bytes))?),
    };
    match memchr::memchr(0, text.as_bytes()) {
        Some(at) => Err(bad(&text[..at], NUL)),
        None => Ok(text),
    }
}

/// What could be saved of bytes that are no text.
#[derive(Debug, Default)]
pub struct Salvaged {
    /// With a replacement character for each thing that is wrong.
    pub text: String,
    /// Where these are in the text, and what is wrong there. Whatever document holds one is not to be judged.
    pub bad: Vec<(usize, String)>,
}

/// The most wrong places that are told apart; behind the last of them the text ends.
const MOST: usize = 1000;

/// The text of bytes that [`decode`] refuses, so that the documents without fault in it can be judged.
#[must_use]
pub fn salvage(bytes: &[u8]) -> Salvaged {
    let mut saved = Salvaged::default();
    match bytes {
        [0xFF, 0xFE, rest @ ..] => saved.utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => saved.utf16(rest, u16::from_be_bytes),
        _ => saved.utf8(bytes.strip_prefix(UTF8_MARK).unwrap_or(bytes)),
    }
    saved
}

impl Salvaged {
    fn utf8(&mut self, bytes: &[u8]) {
        for chunk in bytes.utf8_chunks() {
            let good = chunk.valid().chars().all(|char| self.push(char));
            let Some(byte) = chunk.invalid().first() else { continue };
            if !good || !self.replace(bad_utf8(*byte)) {
                return;
            }
        }
    }

    fn utf16(&mut self, bytes: &[u8], read: fn([u8; 2]) -> u16) {
        let pairs = bytes.chunks_exact(2);
        let odd = !pairs.remainder().is_empty();
        for unit in char::decode_utf16(pairs.map(|pair| read([pair[0], pair[1]]))) {
            let good = match unit {
                Ok(char) => self.push(char),
                Err(error) => self.replace(bad_utf16(error.unpaired_surrogate())),
            };
            if !good {
                return;
            }
        }
        if odd {
            self.replace(ODD.to_owned());
        }
    }

    /// Adds a character; whether there is room for more.
    fn push(&mut self, char: char) -> bool {
        if char == '\0' {
            return self.replace(NUL.to_owned());
        }
        self.text.push(char);
        true
    }

    fn replace(&mut self, why: String) -> bool {
        let last = self.bad.len() + 1 == MOST;
        let why = if last { format!("{why}, and many more: from here on nothing was read") } else { why };
        self.bad.push((self.text.len(), why));
        self.text.push(char::REPLACEMENT_CHARACTER);
        !last
    }
}

const NUL: &str = "a NUL character: not a text file, or UTF-16 without a byte order mark";
const ODD: &str = "not valid UTF-16 (it ends within a unit)";

fn bad_utf8(byte: u8) -> String {
    format!("not valid UTF-8 (byte 0x{byte:02X})")
}

fn bad_utf16(unit: u16) -> String {
    format!("not valid UTF-16 (unit 0x{unit:04X})")
}

fn utf8(bytes: &[u8]) -> Result<&str, Bad> {
    std::str::from_utf8(bytes).map_err(|error| {
        let (good, rest) = bytes.split_at(error.valid_up_to());
        let byte = rest.first().copied().unwrap_or_default();
        bad(std::str::from_utf8(good).unwrap_or_default(), &bad_utf8(byte))
    })
}

fn utf16(bytes: &[u8], read: fn([u8; 2]) -> u16) -> Result<String, Bad> {
    let mut text = String::with_capacity(bytes.len());
    let pairs = bytes.chunks_exact(2);
    let odd = !pairs.remainder().is_empty();
    for unit in char::decode_utf16(pairs.map(|pair| read([pair[0], pair[1]]))) {
        match unit {
            Ok(char) => text.push(char),
            Err(error) => return Err(bad(&text, &bad_utf16(error.unpaired_surrogate()))),
        }
    }
    if odd {
        return Err(bad(&text, ODD));
    }
    Ok(text)
}

fn bad(before: &str, why: &str) -> Bad {
    let (line, column) = super::Lines::new(before).position(u32::MAX);
    Bad { line, column, why: why.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::decode;

    fn wide(text: &str, write: fn(u16) -> [u8; 2]) -> Vec<u8> {
        format!("\u{FEFF}{text}").encode_utf16().flat_map(write).collect()
    }

    #[test]
    fn marks_are_heeded_and_left_out() {
        for bytes in
            [b"a: \xC3\xA9".to_vec(), b"\xEF\xBB\xBFa: \xC3\xA9".to_vec(), wide("a: é", u16::to_le_bytes), wide("a: é", u16::to_be_bytes)]
        {
            assert_eq!(decode(&bytes).as_deref(), Ok("a: é"));
        }
        assert_eq!(decode(&wide("😀", u16::to_le_bytes)).as_deref(), Ok("😀"));
    }

    #[test]
    fn bad_bytes_have_a_place() {
        let place = |bytes: &[u8]| decode(bytes).map(|_| ()).map_err(|bad| (bad.line, bad.column, bad.why));
        let utf8 = |line, column| Err((line, column, "not valid UTF-8 (byte 0xFF)".to_owned()));
        assert_eq!(place(b"a: b\n\xC3\xA9c: \xFF"), utf8(2, 5));
        assert_eq!(place(b"\xEF\xBB\xBFa\xFF"), utf8(1, 2));
        assert_eq!(place(b"a\r\n\xED\xA0\x80").map_err(|(line, column, _)| (line, column)), Err((2, 1)));
        assert_eq!(place(b"a\n\0").map_err(|(line, column, _)| (line, column)), Err((2, 1)));
        assert_eq!(place(b"\xFF\xFEa\0\x00\xD8b\0").map_err(|(line, column, _)| (line, column)), Err((1, 2)));
        assert_eq!(place(b"\xFE\xFF\0a\0").map_err(|(line, column, _)| (line, column)), Err((1, 2)));
        assert_eq!(place(b"a\0:\0").map_err(|(line, column, _)| (line, column)), Err((1, 2)));
    }
}
