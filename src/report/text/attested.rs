//! Attestations in words: who vouches for what, since when and until when.

use super::{NAME, SENTENCE, clean, plural};
use crate::assess::{Assessment, Attestation, Attested, Control, Method, Vouched};

/// `asked by Ada <ada@example.com>, approved by Grace, collected 2026-10-01, until 2027-04-01`
pub(in crate::report) fn who(attestation: &Attestation) -> String {
    let verb = match attestation.method {
        Method::Examine => "examined",
        Method::Interview => "asked",
    };
    let name = |text: &str| clean(text, NAME).into_owned();
    let mut text = format!(
        "{verb} by {}, approved by {}, collected {}, until {}",
        name(&attestation.assessed_by),
        name(&attestation.approved_by),
        name(&attestation.collected),
        name(&attestation.expires)
    );
    let scope = &attestation.scope;
    for (word, names) in [("clusters", &scope.clusters), ("namespaces", &scope.namespaces), ("only reviews of", &scope.checks)]
        .iter()
        .filter(|(_, names)| !names.is_empty())
    {
        text += &format!(", {word} {}", clean(&names.join(", "), NAME));
    }
    text
}

/// The statement, with whose it is.
pub(in crate::report) fn sentence(attestation: &Attestation) -> String {
    format!("{} ({})", clean(&attestation.statement, SENTENCE).trim_end_matches('.'), who(attestation))
}

/// All that is vouched for of a control, in one line.
pub(in crate::report) fn all(attested: &Attested) -> String {
    attested.statements.iter().map(sentence).collect::<Vec<_>>().join("; ")
}

/// The controls that anybody vouches for.
pub(in crate::report) fn controls(assessment: &Assessment) -> impl Iterator<Item = (&Control, &Attested)> {
    assessment.controls.iter().filter_map(|control| Some((control, control.attestation.as_ref()?)))
}

/// `12 attestations in force, 3 do not count, 2 speak of other systems`
pub(in crate::report) fn counts(vouched: &Vouched) -> String {
    let counted = format!("{} in force", plural(vouched.counted as usize, "attestation"));
    let mut places: Vec<_> = vouched.refused.iter().map(|one| (&one.location.uri, &one.control)).collect();
    places.dedup();
    let others = [(places.len(), "in doubt"), (vouched.elsewhere as usize, "of other systems or controls")];
    let others = others.iter().filter(|(count, _)| *count > 0).map(|(count, words)| format!("{count} {words}"));
    std::iter::once(counted).chain(others).collect::<Vec<_>>().join(", ")
}
