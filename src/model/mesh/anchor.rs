//! What the identities of a mesh rest on: its root certificates, and where their keys are kept.

use crate::model::credential;
use crate::model::evidence::Evidence;
use crate::model::field::Field;
use crate::model::kinds;
use crate::model::mesh::clock;
use crate::model::object::Object;

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
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    let bodies = text.split(BEGIN).skip(1).filter_map(|rest| rest.split("-----END").next());
    bodies.filter_map(|body| not_after(&credential::decode(body)?)).min()
}

/// The end of the validity of a certificate in DER: the fourth or fifth part of its first part.
fn not_after(der: &[u8]) -> Option<i64> {
    let (_, certificate, _) = part(der)?;
    let (_, mut rest, _) = part(certificate)?;
    // the version is tagged, and may be left out
    let (tag, _, after) = part(rest)?;
    if tag == 0xa0 {
        rest = after;
    }
    for _ in 0..3 {
        rest = part(rest)?.2;
    }
    let (_, validity, _) = part(rest)?;
    let (_, _, after) = part(validity)?;
    let (tag, time, _) = part(after)?;
    read_time(tag, std::str::from_utf8(time).ok()?)
}

/// One element: its tag, what is in it, what comes after it.
fn part(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let count = usize::from(first & 0x7f);
        let (bytes, rest) = rest.split_at_checked(count).filter(|_| (1..=4).contains(&count))?;
        (bytes.iter().fold(0usize, |length, byte| length << 8 | usize::from(*byte)), rest)
    };
    let (inner, after) = rest.split_at_checked(length)?;
    Some((tag, inner, after))
}

/// `YYMMDDhhmmssZ`, or with four digits for the year.
fn read_time(tag: u8, text: &str) -> Option<i64> {
    let digits = text.strip_suffix('Z')?;
    let (year, rest) = if tag == 0x17 { (digits.get(..2)?, digits.get(2..)?) } else { (digits.get(..4)?, digits.get(4..)?) };
    let number = |text: Option<&str>| text?.parse::<i64>().ok();
    let year = number(Some(year))?;
    let year = if tag != 0x17 { year } else { year + if year < 50 { 2000 } else { 1900 } };
    let [month, day, hour, minute, second] = [0, 2, 4, 6, 8].map(|at| number(rest.get(at..at + 2)));
    Some(clock::seconds(year, month?, day?, hour? * 3600 + minute? * 60 + second?))
}
