//! Keys: ECDSA over P-256, in the PEM files that openssl writes and cosign takes.

use p256::SecretKey;
use p256::ecdsa::signature::{Signer as _, Verifier as _};
use p256::ecdsa::{Signature, SigningKey, VerifyingKey};
use p256::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePublicKey};

use crate::discover::sha256;

/// A private key. Its signatures are deterministic (RFC 6979): the same bytes get the same signature.
pub struct Private(SigningKey);

/// A public key.
pub struct Public(VerifyingKey);

impl Private {
    /// Reads `PRIVATE KEY` (PKCS #8) or `EC PRIVATE KEY` (SEC 1).
    ///
    /// # Errors
    /// What is wrong with the text, and what to do.
    pub fn read(pem: &str) -> Result<Self, String> {
        let make = "`openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256` makes one";
        if pem.contains("ENCRYPTED") {
            return Err(
                "the key is encrypted: give it decrypted, from a store that keeps it (`openssl pkcs8 -in KEY` decrypts what openssl wrote)"
                    .to_owned(),
            );
        }
        if pem.contains("BEGIN PUBLIC KEY") {
            return Err("it is a public key: to sign takes the private one".to_owned());
        }
        // openssl puts the curve before the key
        let pem = pem.find("-----BEGIN EC PRIVATE KEY-----").map_or(pem, |at| &pem[at..]);
        let key = SigningKey::from_pkcs8_pem(pem).ok().or_else(|| SecretKey::from_sec1_pem(pem).ok().map(SigningKey::from));
        key.map(Private).ok_or_else(|| format!("it is no private key of the curve P-256 in PEM: {make}"))
    }

    /// Signs bytes: DER, as DSSE and cosign have it.
    #[must_use]
    pub fn sign(&self, bytes: &[u8]) -> Vec<u8> {
        let signature: Signature = self.0.sign(bytes);
        signature.to_der().as_bytes().to_vec()
    }

    /// The key that its signatures are held against.
    #[must_use]
    pub fn public(&self) -> Public {
        Public(VerifyingKey::from(&self.0))
    }
}

impl Public {
    /// Reads `PUBLIC KEY` (SPKI).
    ///
    /// # Errors
    /// What is wrong with the text, and what to do.
    pub fn read(pem: &str) -> Result<Self, String> {
        if pem.contains("PRIVATE KEY") {
            return Err("it is a private key, which is for signing alone: `openssl pkey -in KEY -pubout` gives the public one".to_owned());
        }
        VerifyingKey::from_public_key_pem(pem.trim()).map(Public).map_err(|_| "it is no public key of the curve P-256 in PEM".to_owned())
    }

    /// Whether a signature in DER is that of the bytes.
    #[must_use]
    pub fn verifies(&self, bytes: &[u8], signature: &[u8]) -> bool {
        Signature::from_der(signature).is_ok_and(|signature| self.0.verify(bytes, &signature).is_ok())
    }

    /// The SHA-256 of its SPKI: a hint at which key it is, and no reason to trust it.
    #[must_use]
    pub fn id(&self) -> String {
        self.0.to_public_key_der().map(|der| sha256(der.as_bytes())).unwrap_or_default()
    }
}
