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
        Some(at) => Err(bad(&text[..at], "a NUL character: not a text file, or UTF-16 without a byte order mark")),
        None => Ok(text),
    }
}

/// The text with whatever is wrong in it replaced: to look for words in, not to judge.
#[must_use]
pub fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    let wide = |rest: &[u8], read: fn([u8; 2]) -> u16| {
        let units = rest.chunks_exact(2).map(|pair| read([pair[0], pair[1]]));
        char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect::<String>()
    };
    match bytes {
        [0xFF, 0xFE, rest @ ..] => wide(rest, u16::from_le_bytes).into(),
        [0xFE, 0xFF, rest @ ..] => wide(rest, u16::from_be_bytes).into(),
        _ => String::from_utf8_lossy(bytes),
    }
}

fn utf8(bytes: &[u8]) -> Result<&str, Bad> {
    std::str::from_utf8(bytes).map_err(|error| {
        let (good, rest) = bytes.split_at(error.valid_up_to());
        let byte = rest.first().copied().unwrap_or_default();
        bad(std::str::from_utf8(good).unwrap_or_default(), &format!("not valid UTF-8 (byte 0x{byte:02X})"))
    })
}

fn utf16(bytes: &[u8], read: fn([u8; 2]) -> u16) -> Result<String, Bad> {
    let mut text = String::with_capacity(bytes.len());
    let pairs = bytes.chunks_exact(2);
    let odd = !pairs.remainder().is_empty();
    for unit in char::decode_utf16(pairs.map(|pair| read([pair[0], pair[1]]))) {
        match unit {
            Ok(char) => text.push(char),
            Err(error) => return Err(bad(&text, &format!("not valid UTF-16 (unit 0x{:04X})", error.unpaired_surrogate()))),
        }
    }
    if odd {
        return Err(bad(&text, "not valid UTF-16 (it ends within a unit)"));
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
