//! As much of a certificate request as tells which organizations, to Kubernetes groups, it names.

use crate::parse::der::{SEQUENCE, element, inside};

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

/// Object identifier 2.5.4.10.
const ORGANIZATION: &[u8] = &[0x55, 0x04, 0x0A];

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
