//! As much of a certificate request as tells which organizations, to Kubernetes groups, it names.

use base64ct::{Base64Unpadded, Encoding};

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

/// Decodes base64, white space and what fills it up left out.
fn base64(text: &str) -> Option<Vec<u8>> {
    let plain: String = text.chars().filter(|letter| !letter.is_ascii_whitespace() && *letter != '=').collect();
    Base64Unpadded::decode_vec(&plain).ok()
}
