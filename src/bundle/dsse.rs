//! The signed statement: in-toto in a DSSE envelope, about the manifest.

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use serde_json::{Value, json};

use super::key::{Private, Public};
use super::strict;
use crate::assess::{Assessment, Status};

/// What the payload is.
const PAYLOAD: &str = "application/vnd.in-toto+json";
/// What the statement is.
const STATEMENT: &str = "https://in-toto.io/Statement/v1";
/// What it says.
pub(super) const PREDICATE: &str = "https://in-toto.io/attestation/test-result/v0.1";
/// More signatures are no envelope of ours or anybody's.
const SIGNATURES: usize = 16;

/// What is signed: the type and the body, with their lengths, so that neither can pass for the other.
pub(super) fn pae(kind: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("DSSEv1 {} {kind} {} ", kind.len(), body.len()).into_bytes();
    bytes.extend(body);
    bytes
}

/// The envelope around a statement; without a key, nobody signs it.
pub(super) fn seal(statement: &Value, key: Option<&Private>) -> Value {
    let body = statement.to_string().into_bytes();
    let signature = |key: &Private| json!({"keyid": key.public().id(), "sig": Base64::encode_string(&key.sign(&pae(PAYLOAD, &body)))});
    json!({
        "payloadType": PAYLOAD,
        "payload": Base64::encode_string(&body),
        "signatures": key.into_iter().map(signature).collect::<Vec<_>>(),
    })
}

/// What is said of a manifest by a result.
pub(super) fn statement(manifest_sha256: &str, configuration: &[(String, String)], assessment: &Assessment) -> Value {
    let named = |wanted: &[Status]| -> Vec<&str> {
        let controls = assessment.controls.iter().filter(|control| wanted.contains(&control.status));
        controls.map(|control| control.id.as_str()).collect()
    };
    let pins: Vec<_> = configuration.iter().map(|(name, sha256)| json!({"name": name, "digest": {"sha256": sha256}})).collect();
    json!({
        "_type": STATEMENT,
        "subject": [{"name": super::MANIFEST, "digest": {"sha256": manifest_sha256}}],
        "predicateType": PREDICATE,
        "predicate": {
            "result": verdict(assessment),
            "configuration": pins,
            "passedTests": named(&[Status::Pass, Status::Attested]),
            "warnedTests": named(&[Status::Review, Status::Partial, Status::Excused, Status::Error]),
            "failedTests": named(&[Status::Fail]),
        },
    })
}

/// In the words of the predicate. What was not looked at keeps it from passing.
pub(super) fn verdict(assessment: &Assessment) -> &'static str {
    let any = |wanted: &[Status]| assessment.controls.iter().any(|control| wanted.contains(&control.status));
    if any(&[Status::Fail]) {
        "FAILED"
    } else if any(&[Status::Pass, Status::Attested])
        && !any(&[Status::Error, Status::Review, Status::NotAssessed, Status::Excused, Status::Partial])
        && assessment.gaps.is_empty()
    {
        "PASSED"
    } else {
        "WARNED"
    }
}

/// An envelope, taken apart; nothing in it is to be believed yet.
#[derive(Debug)]
pub(super) struct Envelope {
    kind: String,
    body: Vec<u8>,
    signatures: Vec<Vec<u8>>,
}

impl Envelope {
    /// Takes an envelope apart.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, String> {
        let value = strict::json(bytes)?;
        let text = |value: &Value, key: &str| value[key].as_str().map(str::to_owned).ok_or_else(|| format!("it has no `{key}`"));
        let signatures = value["signatures"].as_array().ok_or("it has no `signatures`")?;
        if signatures.len() > SIGNATURES {
            return Err(format!("it has {} signatures; at most {SIGNATURES} are read", signatures.len()));
        }
        let signatures: Result<_, String> = signatures.iter().map(|one| base64(&text(one, "sig")?)).collect();
        Ok(Envelope { kind: text(&value, "payloadType")?, body: base64(&text(&value, "payload")?)?, signatures: signatures? })
    }

    /// Whether nobody signed it.
    pub(super) fn is_unsigned(&self) -> bool {
        self.signatures.is_empty()
    }

    /// Whether any of its signatures is of this key, over the body as it stands.
    pub(super) fn is_signed_by(&self, key: &Public) -> bool {
        let signed = pae(&self.kind, &self.body);
        self.signatures.iter().any(|signature| key.verifies(&signed, signature))
    }

    /// The statement, which is parsed only now: the digest of the manifest, and the predicate.
    pub(super) fn statement(&self) -> Result<Statement, String> {
        if self.kind != PAYLOAD {
            return Err(format!("its payload is `{}`, and not `{PAYLOAD}`", self.kind));
        }
        let value = strict::json(&self.body).map_err(|why| format!("its statement is broken: {why}"))?;
        for (key, expected) in [("_type", STATEMENT), ("predicateType", PREDICATE)] {
            if value[key] != expected {
                return Err(format!("its `{key}` is {}, and not `{expected}`", value[key]));
            }
        }
        let subjects = value["subject"].as_array().map(Vec::as_slice).unwrap_or_default();
        let [subject] = subjects else { return Err(format!("it speaks of {} subjects, and not of the one manifest", subjects.len())) };
        let digest = subject["digest"]["sha256"].as_str().ok_or("its subject has no sha256")?;
        Ok(Statement { manifest: digest.to_owned(), predicate: value["predicate"].clone() })
    }
}

/// What a verified envelope says.
#[derive(Debug)]
pub(super) struct Statement {
    /// The SHA-256 of the manifest.
    pub(super) manifest: String,
    pub(super) predicate: Value,
}

/// Standard or URL-safe, with or without padding, as the specification asks of readers.
fn base64(text: &str) -> Result<Vec<u8>, String> {
    let plain: String = text.trim_end_matches('=').replace('+', "-").replace('/', "_");
    Base64UrlUnpadded::decode_vec(&plain).map_err(|_| "it holds what is no base64".to_owned())
}

#[cfg(test)]
mod tests {
    use super::{base64, pae};

    #[test]
    fn the_encoding_is_that_of_the_specification() {
        assert_eq!(pae("http://example.com/HelloWorld", b"hello world"), b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
    }

    #[test]
    fn both_alphabets_are_read() {
        for text in ["+/8=", "-_8=", "-_8"] {
            assert_eq!(base64(text), Ok(vec![0xfb, 0xff]), "{text}");
        }
        assert!(base64("a b").is_err() && base64("\n").is_err());
    }
}
