//! Whom a policy for images trusts: keys, certificates, and identities of keyless signing, which may let in anybody.

use crate::model::Field;

/// What signers a list of attestors or authorities asks for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Trust<'a> {
    /// Somebody in particular.
    Real,
    /// Anybody, as stands here.
    Anybody(Field<'a>),
    /// Nobody: nothing is verified.
    Nothing,
}

use Trust::{Anybody, Nothing, Real};

/// Of several signers any is enough: one that anybody can be makes all of them so.
pub(super) fn any_of<'a>(signers: impl Iterator<Item = Trust<'a>>) -> Trust<'a> {
    signers.fold(Nothing, |so_far, one| match (so_far, one) {
        (Anybody(field), _) | (_, Anybody(field)) => Anybody(field),
        (Real, _) | (_, Real) => Real,
        (Nothing, Nothing) => Nothing,
    })
}

/// All of several signers are needed: one that is somebody in particular is enough.
fn all_of<'a>(signers: impl Iterator<Item = Trust<'a>>) -> Trust<'a> {
    signers.fold(Nothing, |so_far, one| match (so_far, one) {
        (Real, _) | (_, Real) => Real,
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
    let given = |plain, pattern| [identity.key(plain), identity.key(pattern)].into_iter().find(|field| !field.is_empty());
    let wide =
        [("issuer", "issuerRegExp"), ("subject", "subjectRegExp")].into_iter().find_map(|(plain, pattern)| match given(plain, pattern) {
            Some(field) => is_wide(field.str()).then_some(field),
            None => Some(identity.key(plain)),
        });
    wide.map_or(Real, Anybody)
}

/// Whether a pattern fits anything, or anything at a host that everybody may have an account with.
pub(super) fn is_wide(pattern: &str) -> bool {
    let any = |text: &str| matches!(text, "" | "*" | "**" | ".*" | ".+" | ".*?" | "(.*)" | "[^/]+" | "[^/]*");
    let plain = pattern.trim_start_matches('^').trim_end_matches('$').replace("\\.", ".");
    if any(&plain) {
        return true;
    }
    let Some(rest) = plain.strip_prefix("https://") else { return false };
    let (host, path) = rest.split_once('/').unwrap_or((rest, "none"));
    any(host) || any(path.split('/').next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::is_wide;

    #[test]
    fn patterns_that_fit_anybody_are_wide() {
        for wide in [
            ".*",
            "*",
            "^.*$",
            "^https://github\\.com/.*$",
            "https://github.com/*",
            "https://.*",
            "https://github.com/*/*/.github/workflows/*",
        ] {
            assert!(is_wide(wide), "{wide}");
        }
        for narrow in
            ["https://github.com/example/.*", "https://token.actions.githubusercontent.com", ".*@example\\.com", "ops@example.com"]
        {
            assert!(!is_wide(narrow), "{narrow}");
        }
    }
}
