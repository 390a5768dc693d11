//! X.509 certificates: what a check wants to know of one, and where in its file it stands.

use x509_parser::public_key::PublicKey;

use super::draft::Draft;
use super::unit::span;

/// What is known of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// As text: `CN=kube-apiserver`.
    pub subject: String,
    /// Who signed it.
    pub issuer: String,
    /// Valid from, in seconds since 1970.
    pub from: i64,
    /// Valid until.
    pub until: i64,
    /// Whether it may sign others.
    pub is_authority: bool,
    /// `RSA`, `EC`, `Ed25519`, …
    pub key: &'static str,
    /// The size of an RSA key; 0 for others.
    pub bits: u32,
    /// The hash of its signature where that is broken: `SHA-1`, `MD5`.
    pub weak_hash: Option<&'static str>,
    /// SHA-256 over all of it.
    pub fingerprint: String,
}

/// Reads a certificate in DER; `None` when it is none.
#[must_use]
pub fn read(der: &[u8]) -> Option<Certificate> {
    let (rest, certificate) = x509_parser::parse_x509_certificate(der).ok()?;
    if !rest.is_empty() {
        return None;
    }
    let (key, bits) = match certificate.public_key().parsed() {
        Ok(PublicKey::RSA(rsa)) => ("RSA", rsa.key_size() as u32),
        Ok(PublicKey::EC(_)) => ("EC", 0),
        Ok(PublicKey::DSA(_)) => ("DSA", 0),
        _ => ("another kind", 0),
    };
    let weak_hash = match certificate.signature_algorithm.algorithm.to_id_string().as_str() {
        "1.2.840.113549.1.1.5" | "1.2.840.10045.4.1" | "1.2.840.10040.4.3" => Some("SHA-1"),
        "1.2.840.113549.1.1.4" => Some("MD5"),
        _ => None,
    };
    Some(Certificate {
        subject: certificate.subject().to_string(),
        issuer: certificate.issuer().to_string(),
        from: certificate.validity().not_before.timestamp(),
        until: certificate.validity().not_after.timestamp(),
        is_authority: certificate.is_ca(),
        key,
        bits,
        weak_hash,
        fingerprint: crate::discover::sha256(der),
    })
}

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// Every certificate of a PEM text that can be read, with its byte range.
#[must_use]
pub fn in_pem(text: &str) -> Vec<((usize, usize), Certificate)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find(BEGIN).map(|start| at + start) {
        let body = start + BEGIN.len();
        let Some(end) = text[body..].find(END).map(|end| body + end) else { break };
        at = end + END.len();
        found.extend(super::super::base64::decode(&text[body..end]).and_then(|der| read(&der)).map(|known| ((start, at), known)));
    }
    found
}

/// The certificates of a file as drafts.
pub(super) fn drafts(text: &str, name: &str) -> Result<Vec<Draft>, (usize, String)> {
    if let Some(at) = text.find("PRIVATE KEY-----") {
        return Err((at, "it holds a private key: nothing in it is read".to_owned()));
    }
    let found = in_pem(text);
    match text.find(BEGIN) {
        None => return Err((0, "no certificate in PEM".to_owned())),
        Some(at) if found.is_empty() => return Err((at, "the certificate is broken".to_owned())),
        Some(_) => {}
    }
    let draft = |((start, end), known): ((usize, usize), Certificate)| {
        let place = span(start, (start + BEGIN.len()).min(end));
        let told = |key: &str, value: String| (Draft::key(key), Draft::Told(place, value));
        let mut entries = vec![Draft::metadata(name)];
        entries.extend([
            told("subject", known.subject),
            told("issuer", known.issuer),
            told("notBefore", known.from.to_string()),
            told("notAfter", known.until.to_string()),
            told("authority", known.is_authority.to_string()),
            told("key", known.key.to_owned()),
            told("bits", known.bits.to_string()),
            told("fingerprint", known.fingerprint),
        ]);
        entries.extend(known.weak_hash.map(|hash| told("weakHash", hash.to_owned())));
        Draft::Mapping(span(start, end), entries)
    };
    Ok(found.into_iter().map(draft).collect())
}
