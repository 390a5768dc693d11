//! What the identities of a mesh rest on: its root certificates, and where their keys are kept.

use crate::model::credential;
use crate::model::evidence::Evidence;
use crate::model::field::Field;
use crate::model::kinds;
use crate::model::object::Object;
use crate::parse::host::certificate;

/// Where meshes keep their certificates for all to read: kind, name, key.
const PUBLIC: &[(&str, &str)] =
    &[("linkerd-identity-trust-roots", "ca-bundle.crt"), ("istio-ca-root-cert", "root-cert.pem"), ("istio-ca-crl", "")];

/// Secrets with the key of a mesh's authority, and the certificates beside it.
const KEYS: &[(&str, &[&str])] = &[
    ("cacerts", &["root-cert.pem", "ca-cert.pem"]),
    ("istio-ca-secret", &["ca-cert.pem"]),
    ("linkerd-identity-issuer", &["ca.crt", "tls.crt", "crt.pem"]),
    ("linkerd-trust-anchor", &["tls.crt"]),
];

/// The namespaces of control planes.
const PLANES: &[&str] = &["istio-system", "linkerd", "cert-manager"];

/// A root certificate.
#[derive(Debug, Clone, Copy)]
pub struct Anchor<'a> {
    /// Where it stands.
    pub field: Field<'a>,
    /// When it ends, in seconds since 1970; of several in one bundle the first to end.
    pub ends: i64,
}

/// The root certificates that show in a world. One that stands in many namespaces is told once.
#[must_use]
pub fn anchors<'a>(evidence: &'a Evidence<'a>) -> Vec<Anchor<'a>> {
    let mut found: Vec<Anchor<'a>> = Vec::new();
    let mut seen: Vec<(u16, &str, i64)> = Vec::new();
    let of_maps = evidence.of_kind(kinds::CONFIG_MAP).filter_map(|map| {
        let (_, key) = PUBLIC.iter().find(|(name, _)| *name == map.name)?;
        let field = map.at("data").key(key);
        Some((map, field, ends(field.str())?))
    });
    let of_secrets = secrets(evidence).flat_map(|(secret, keys)| {
        let decoded = move |key: &&'static str| {
            let field = secret.at("data").key(key);
            let text = String::from_utf8(credential::decode(field.text()?)?).ok()?;
            Some((secret, field, ends(&text)?))
        };
        keys.iter().filter_map(decoded)
    });
    for (object, field, ends) in of_maps.chain(of_secrets) {
        if !seen.contains(&(object.world, object.name, ends)) {
            seen.push((object.world, object.name, ends));
            found.push(Anchor { field, ends });
        }
    }
    found
}

/// The Secrets that hold the key of a mesh's authority, with the keys of the certificates beside it.
pub fn secrets<'a>(evidence: &'a Evidence<'a>) -> impl Iterator<Item = (&'a Object<'a>, &'static [&'static str])> {
    evidence.of_kind(kinds::SECRET).filter_map(|secret| {
        let in_plane = PLANES.contains(&secret.namespace_or_empty());
        let (_, keys) = KEYS.iter().find(|(name, _)| *name == secret.name).filter(|_| in_plane)?;
        Some((secret, *keys))
    })
}

/// When the first certificate of a PEM text ends.
fn ends(text: &str) -> Option<i64> {
    certificate::in_pem(text).into_iter().map(|(_, known)| known.until).min()
}
