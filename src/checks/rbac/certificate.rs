//! As much of a certificate request as tells which organizations, to Kubernetes groups, it names.

/// The organizations in the subject of a request: PEM in base64, as `spec.request` has it. `None` when it is no such thing.
pub(super) fn organizations(request: &str) -> Option<Vec<String>> {
    let pem = String::from_utf8(base64(request)?).ok()?;
    let body = pem.split_once("-----BEGIN CERTIFICATE REQUEST-----")?.1.split_once("-----END")?.0;
    let der = base64(body)?;
    // request { info { version, subject, … }, … }
    let info = inside(inside(&der, SEQUENCE)?, SEQUENCE)?;
    let (_, after_version) = element(info)?;
    let subject = inside(after_version, SEQUENCE)?;
    let mut found = Vec::new();
    let mut sets = subject;
    while let Some((set, rest)) = element(sets) {
        let mut attributes = set.content;
        while let Some((attribute, rest)) = element(attributes) {
            let (kind, value) = element(attribute.content)?;
            if kind.content == ORGANIZATION {
                found.push(String::from_utf8_lossy(element(value)?.0.content).into_owned());
            }
            attributes = rest;
        }
        sets = rest;
    }
    Some(found)
}

const SEQUENCE: u8 = 0x30;
/// Object identifier 2.5.4.10.
const ORGANIZATION: &[u8] = &[0x55, 0x04, 0x0A];

struct Element<'d> {
    tag: u8,
    content: &'d [u8],
}

/// The first element of DER, and what follows it.
fn element(der: &[u8]) -> Option<(Element<'_>, &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7F)).filter(|(bytes, _)| bytes.len() <= 4)?;
        (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((Element { tag, content }, rest))
}

fn inside(der: &[u8], tag: u8) -> Option<&[u8]> {
    element(der).filter(|(element, _)| element.tag == tag).map(|(element, _)| element.content)
}

/// Decodes base64, white space left out.
fn base64(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut bits, mut held) = (Vec::with_capacity(text.len() / 4 * 3), 0u32, 0);
    for byte in text.bytes().filter(|byte| !byte.is_ascii_whitespace() && *byte != b'=') {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(digit);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    Some(bytes)
}
