//! Whom a policy for images trusts: keys, certificates, and identities of keyless signing, which may let in anybody.

use crate::model::Field;
use crate::model::admission::signer::{self, ISSUERS, SUBJECTS};

/// What signers a list of attestors or authorities asks for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Trust<'a> {
    /// Somebody in particular.
    Real,
    /// Anybody, as stands here.
    Anybody(Field<'a>),
    /// Nobody: nothing is verified.
    Nothing,
    /// Whoever fits a pattern that is not understood.
    Unread,
}

use Trust::{Anybody, Nothing, Real, Unread};

/// Of several signers any is enough: one that anybody can be makes all of them so.
pub(super) fn any_of<'a>(signers: impl Iterator<Item = Trust<'a>>) -> Trust<'a> {
    signers.fold(Nothing, |so_far, one| match (so_far, one) {
        (Anybody(field), _) | (_, Anybody(field)) => Anybody(field),
        (Unread, _) | (_, Unread) => Unread,
        (Real, _) | (_, Real) => Real,
        (Nothing, Nothing) => Nothing,
    })
}

/// All of several signers are needed: one that is somebody in particular is enough.
fn all_of<'a>(signers: impl Iterator<Item = Trust<'a>>) -> Trust<'a> {
    signers.fold(Nothing, |so_far, one| match (so_far, one) {
        (Real, _) | (_, Real) => Real,
        (Unread, _) | (_, Unread) => Unread,
        (Anybody(field), _) | (_, Anybody(field)) => Anybody(field),
        (Nothing, Nothing) => Nothing,
    })
}

/// Kyverno's sets of attestors: each set is needed, and of a set as many as it counts, or all.
pub(super) fn of_sets(sets: Field<'_>) -> Trust<'_> {
    all_of(sets.items().map(|set| {
        let entries = set.key("entries");
        let count = set.key("count").int().and_then(|count| usize::try_from(count).ok()).filter(|count| *count > 0);
        let each = entries.items().map(of_entry);
        if count.is_none_or(|count| count >= entries.items().count()) { all_of(each) } else { any_of(each) }
    }))
}

fn of_entry(entry: Field<'_>) -> Trust<'_> {
    let (keys, certificates, keyless) = (entry.key("keys"), entry.key("certificates"), entry.key("keyless"));
    let has = |of: Field<'_>, names: &[&'static str]| names.iter().any(|name| !of.key(name).is_empty());
    match () {
        () if has(keys, &["publicKeys", "secret", "kms"]) || has(certificates, &["cert", "certChain"]) => Real,
        () if keyless.exists() => of_identity(keyless),
        () if entry.key("attestor").exists() => {
            let nested = entry.key("attestor").key("entries");
            any_of(nested.items().map(|entry| if entry.key("attestor").exists() { Real } else { of_entry(entry) }))
        }
        () => Nothing,
    }
}

/// Attestors of Kyverno's newer policies.
pub(super) fn of_attestor(attestor: Field<'_>) -> Trust<'_> {
    let (cosign, notary) = (attestor.key("cosign"), attestor.key("notary"));
    let has = |of: Field<'_>, names: &[&'static str]| names.iter().any(|name| !of.key(name).is_empty());
    match () {
        () if !notary.key("certs").is_empty() || has(cosign.key("key"), &["data", "kms", "secretRef", "expression"]) => Real,
        () if has(cosign.key("certificate"), &["cert", "certChain"]) => Real,
        () if cosign.key("keyless").exists() => of_identities(cosign.key("keyless")),
        () => Nothing,
    }
}

/// Authorities of sigstore's policy-controller.
pub(super) fn of_authority(authority: Field<'_>) -> Trust<'_> {
    let fixed = authority.key("static").key("action");
    match () {
        () if fixed.str() == "pass" => Anybody(fixed),
        () if fixed.str() == "fail" || !authority.key("key").is_empty() => Real,
        () if authority.key("keyless").exists() => of_identities(authority.key("keyless")),
        () => Nothing,
    }
}

/// Any of the identities may have signed; where none is named, anybody may.
fn of_identities(keyless: Field<'_>) -> Trust<'_> {
    let identities = keyless.key("identities");
    if identities.is_empty() { Anybody(identities) } else { any_of(identities.items().map(of_identity)) }
}

/// An identity is an issuer and a subject, each in full or as a pattern.
pub(super) fn of_identity(identity: Field<'_>) -> Trust<'_> {
    let part = |(plain, pattern, strangers): (&'static str, &'static str, &[&str])| {
        let (plain, pattern) = (identity.key(plain), identity.key(pattern));
        let (field, is_expression) = if plain.is_empty() && !pattern.is_empty() { (pattern, true) } else { (plain, false) };
        match signer::fits_anybody(field.str(), is_expression, strangers) {
            Some(true) => Anybody(field),
            Some(false) => Real,
            None => Unread,
        }
    };
    any_of([("issuer", "issuerRegExp", ISSUERS), ("subject", "subjectRegExp", SUBJECTS)].into_iter().map(part))
}
