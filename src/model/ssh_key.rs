//! Keys of SSH: of which kind they are, and how long.
//!
//! Of a private key only what is public of it is read, and nothing of it is kept.

use crate::parse::base64;
use crate::parse::der::{SEQUENCE, element, inside};

/// What is known of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SshKey {
    /// DSA, which no server takes any more.
    Dsa,
    /// RSA, with the bits of its modulus.
    Rsa(usize),
    /// Another kind; those there are have one length that is enough.
    Other,
}

/// Reads a key: a private one in PEM, OpenSSH's or the older form, or a public one on its line. `None` for what is none,
/// or hides what it is.
#[must_use]
pub fn read(text: &str) -> Option<SshKey> {
    let text = text.trim();
    if let Some(line) = text.strip_prefix("ssh-").or_else(|| text.strip_prefix("ecdsa-")) {
        return blob(&base64::decode(line.split_ascii_whitespace().nth(1)?)?);
    }
    let (label, rest) = text.strip_prefix("-----BEGIN ")?.split_once("-----")?;
    let body = rest.split_once("-----END").map(|(body, _)| body)?;
    match label {
        "DSA PRIVATE KEY" => Some(SshKey::Dsa),
        "EC PRIVATE KEY" => Some(SshKey::Other),
        // one with a password has headers in front, and is not read
        "RSA PRIVATE KEY" => rsa(&base64::decode(body.trim())?),
        "OPENSSH PRIVATE KEY" => {
            let bytes = base64::decode(body.trim())?;
            let mut rest = bytes.strip_prefix(b"openssh-key-v1\0")?;
            // the cipher, how its key is made, and with what
            for _ in 0..3 {
                string(&mut rest)?;
            }
            rest = rest.get(4..)?;
            blob(string(&mut rest)?)
        }
        _ => None,
    }
}

/// What SSH sends of a public key.
fn blob(bytes: &[u8]) -> Option<SshKey> {
    let mut rest = bytes;
    match string(&mut rest)? {
        b"ssh-dss" => Some(SshKey::Dsa),
        b"ssh-rsa" => {
            string(&mut rest)?;
            Some(SshKey::Rsa(bits(string(&mut rest)?)))
        }
        _ => Some(SshKey::Other),
    }
}

/// Four bytes of length, and what follows.
fn string<'b>(rest: &mut &'b [u8]) -> Option<&'b [u8]> {
    let (length, after) = rest.split_first_chunk::<4>()?;
    let (own, others) = after.split_at_checked(u32::from_be_bytes(*length) as usize)?;
    *rest = others;
    Some(own)
}

/// PKCS #1: a sequence of a version, the modulus, and what is secret.
fn rsa(bytes: &[u8]) -> Option<SshKey> {
    const INTEGER: u8 = 0x02;
    let (version, rest) = element(inside(bytes, SEQUENCE)?)?;
    let modulus = inside(rest, INTEGER)?;
    (version.tag == INTEGER).then(|| SshKey::Rsa(bits(modulus)))
}

fn bits(number: &[u8]) -> usize {
    let digits = number.iter().position(|byte| *byte != 0).map_or(&number[..0], |first| &number[first..]);
    digits.first().map_or(0, |first| digits.len() * 8 - first.leading_zeros() as usize)
}

#[cfg(test)]
mod tests {
    use base64ct::{Base64Unpadded, Encoding};

    use super::*;

    fn encoded(bytes: &[u8]) -> String {
        Base64Unpadded::encode_string(bytes)
    }

    fn part(bytes: &[u8]) -> Vec<u8> {
        (bytes.len() as u32).to_be_bytes().iter().chain(bytes).copied().collect()
    }

    fn public(kind: &str, bits: usize) -> Vec<u8> {
        let mut modulus = vec![0, 0x80];
        modulus.resize(1 + bits / 8, 1);
        [part(kind.as_bytes()), part(&[1, 0, 1]), part(&modulus)].concat()
    }

    #[test]
    fn keys_are_read() {
        let line = |kind: &str, bits: usize| format!("{kind} {} me@example.com", encoded(&public(kind, bits)));
        assert_eq!(read(&line("ssh-rsa", 2048)), Some(SshKey::Rsa(2048)));
        assert_eq!(read(&line("ssh-dss", 1024)), Some(SshKey::Dsa));
        assert_eq!(read(&line("ssh-ed25519", 256)), Some(SshKey::Other));
        let inner =
            [b"openssh-key-v1\0".to_vec(), part(b"none"), part(b"none"), part(b""), vec![0, 0, 0, 1], part(&public("ssh-rsa", 4096))];
        let pem = |label: &str, bytes: &[u8]| format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", encoded(bytes));
        assert_eq!(read(&pem("OPENSSH PRIVATE KEY", &inner.concat())), Some(SshKey::Rsa(4096)));
        let modulus: Vec<u8> = [0x02, 0x81, 0x81, 0x00, 0x80].into_iter().chain([1; 127]).collect();
        let sequence: Vec<u8> = [0x30, 0x81, 3 + modulus.len() as u8, 0x02, 0x01, 0x00].into_iter().chain(modulus).collect();
        assert_eq!(read(&pem("RSA PRIVATE KEY", &sequence)), Some(SshKey::Rsa(1024)));
        for none in [
            "",
            "ssh-rsa",
            "ssh-rsa AAAA",
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n-----END RSA PRIVATE KEY-----",
            "password",
        ] {
            assert_eq!(read(none), None, "{none}");
        }
    }
}
