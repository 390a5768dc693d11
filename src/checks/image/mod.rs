//! Checks of the topic `image`.

use super::Check;

mod image_provenance_not_enforced;
mod image_reference_mutable;
mod image_registry_not_restricted;
mod image_signature_not_enforced;

pub(super) static CHECKS: &[&Check] = &[
    &image_reference_mutable::CHECK,
    &image_registry_not_restricted::CHECK,
    &image_signature_not_enforced::CHECK,
    &image_provenance_not_enforced::CHECK,
];
