//! Base64, both alphabets, with or without padding and line breaks.

/// The bytes of a base64 text; `None` when it is none.
#[must_use]
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut held) = (0u32, 0);
    for byte in text.trim_end().trim_end_matches('=').bytes().filter(|byte| !byte.is_ascii_whitespace()) {
        bits = bits << 6 | u32::from(digit(byte)?);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
        }
    }
    // a single digit over is no byte
    (held < 6).then_some(bytes)
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn base64_is_read_as_the_api_server_takes_it() {
        let text = |encoded| decode(encoded).and_then(|bytes| String::from_utf8(bytes).ok());
        assert_eq!(text("aGVsbG8gd29ybGQ=").as_deref(), Some("hello world"));
        assert_eq!(text("aGVsbG8g\n  d29ybGQ=\n").as_deref(), Some("hello world"));
        assert_eq!(text("dG9vcg==").as_deref(), Some("toor"));
        assert_eq!(text("").as_deref(), Some(""));
        assert_eq!(decode("_-8"), decode("/+8="));
        assert_eq!(decode("not base64!"), None);
        assert_eq!(decode("A"), None);
    }
}
