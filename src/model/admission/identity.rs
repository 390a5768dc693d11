//! The identities that verifiers of any kind take, each with how many signers fit it.

use crate::model::admission::signer::{self, ISSUERS, SUBJECTS};
use crate::model::{Field, Object};

/// How many signers fit an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Breadth {
    /// Few.
    Narrow,
    /// All of an organisation.
    Organisation,
    /// All whose identity it occurs in.
    Unanchored,
    /// Those of a pattern that is not understood.
    Unread,
    /// All.
    Anybody,
}

/// Where a verifier names whom it takes, or does not.
#[must_use]
pub fn of<'a>(object: &Object<'a>) -> Vec<(Field<'a>, Breadth)> {
    let spec = object.at("spec");
    match (object.group, object.kind) {
        ("kyverno.io", _) => {
            let rules = spec.key("rules").items().flat_map(|rule| rule.key("verifyImages").items());
            let sets = rules.flat_map(|rule| {
                let attested = rule.key("attestations").items().flat_map(|one| one.key("attestors").items());
                rule.key("attestors").items().chain(attested)
            });
            let keyless = sets.flat_map(|set| set.key("entries").items()).map(|entry| entry.key("keyless"));
            keyless.filter(|one| one.exists() && one.key("roots").is_empty()).flat_map(identity).collect()
        }
        ("policies.kyverno.io", _) => {
            let keyless = spec.key("attestors").items().map(|one| one.at("cosign.keyless")).filter(|one| one.exists());
            keyless.flat_map(|one| listed(one.key("identities"))).collect()
        }
        ("policy.sigstore.dev", _) => {
            let every = spec.key("images").items().any(|image| image.key("glob").str() == "**");
            spec.key("authorities").items().flat_map(|one| authority(one, every)).collect()
        }
        ("tekton.dev", _) => {
            let patterns = spec.key("resources").items().map(|one| one.key("pattern"));
            patterns.map(|pattern| (pattern, if signer::is_wide(pattern.str()) { Breadth::Anybody } else { Breadth::Narrow })).collect()
        }
        _ => {
            let verify = if object.kind == "HelmRelease" { spec.at("chart.spec.verify") } else { spec.key("verify") };
            let by_key = !verify.key("secretRef").is_empty() || verify.key("provider").str() == "notation";
            if verify.exists() && !by_key { by_patterns(verify.key("matchOIDCIdentity")) } else { Vec::new() }
        }
    }
}

fn authority(authority: Field<'_>, every_image: bool) -> Vec<(Field<'_>, Breadth)> {
    let (fixed, keyless) = (authority.at("static.action"), authority.key("keyless"));
    match () {
        () if fixed.str() == "pass" && every_image => vec![(fixed, Breadth::Anybody)],
        () if keyless.exists() => listed(keyless.key("identities")),
        () => Vec::new(),
    }
}

fn listed(identities: Field<'_>) -> Vec<(Field<'_>, Breadth)> {
    if identities.is_empty() {
        return vec![(identities, Breadth::Anybody)];
    }
    identities.items().flat_map(identity).collect()
}

/// Issuer and subject, each written out or as an expression.
fn identity(one: Field<'_>) -> Vec<(Field<'_>, Breadth)> {
    let part = |plain: &'static str, pattern: &'static str| match [one.key(plain), one.key(pattern)] {
        [own, _] if !own.is_empty() => (own, breadth(own.str(), false, strangers(plain))),
        [_, own] if !own.is_empty() => (own, breadth(own.str(), true, strangers(plain))),
        _ if !one.key("subjectExpression").is_empty() && plain == "subject" => (one.key("subjectExpression"), Breadth::Organisation),
        [own, _] => (own, Breadth::Anybody),
    };
    vec![part("issuer", "issuerRegExp"), part("subject", "subjectRegExp")]
}

/// Those of Flux are expressions, both of them.
fn by_patterns(identities: Field<'_>) -> Vec<(Field<'_>, Breadth)> {
    if identities.is_empty() {
        return vec![(identities, Breadth::Anybody)];
    }
    let parts = identities.items().flat_map(|one| ["issuer", "subject"].map(|key| (one.key(key), strangers(key))));
    parts.map(|(part, strangers)| (part, breadth(part.str(), true, strangers))).collect()
}

fn strangers(part: &str) -> &'static [&'static str] {
    if part == "issuer" { ISSUERS } else { SUBJECTS }
}

fn breadth(text: &str, is_expression: bool, strangers: &[&str]) -> Breadth {
    match signer::fits_anybody(text, is_expression, strangers) {
        Some(true) => return Breadth::Anybody,
        None => return Breadth::Unread,
        Some(false) => {}
    }
    let (start, end) = if is_expression { signer::anchored(text).unwrap_or_default() } else { (true, true) };
    if !start && !text.starts_with(".*") || !end && !text.ends_with(".*") && !text.ends_with(".+") {
        return Breadth::Unanchored;
    }
    // behind the host and the owner, anything
    let plain = text.trim_start_matches('^').trim_end_matches('$');
    let rest = plain.strip_prefix("https://").and_then(|rest| rest.splitn(3, '/').nth(2));
    match rest {
        Some("*" | "**" | ".*" | ".+") => Breadth::Organisation,
        _ => Breadth::Narrow,
    }
}

#[cfg(test)]
mod tests {
    use super::{Breadth, SUBJECTS, breadth};

    #[test]
    fn patterns_are_as_wide_as_they_are() {
        for (text, is_expression, wide) in [
            ("https://github.com/example/web/.github/workflows/release.yaml@refs/heads/main", false, Breadth::Narrow),
            ("^https://github\\.com/example/web/\\.github/workflows/release\\.yaml@refs/tags/v.*$", true, Breadth::Narrow),
            ("https://github.com/example/*", false, Breadth::Organisation),
            ("^https://github.com/example/.*$", true, Breadth::Organisation),
            ("https://github.com/example/web", true, Breadth::Unanchored),
            ("^https://github.com/example/web", true, Breadth::Unanchored),
            (".*", true, Breadth::Anybody),
            ("^https://github.com/.*", true, Breadth::Anybody),
            ("^a@example\\.com|b@example\\.com$", true, Breadth::Unanchored),
            ("^(a|b)@example\\.com$", true, Breadth::Narrow),
            (".*@.*", true, Breadth::Anybody),
            ("^(?=a).*$", true, Breadth::Unread),
        ] {
            assert_eq!(breadth(text, is_expression, SUBJECTS), wide, "{text}");
        }
    }
}
