//! Checks of the topic `signing`.

use super::Check;

mod sign_attestation_store_missing;
mod sign_identity_unconstrained;
mod sign_key_unprotected;
mod sign_provenance_missing;
mod sign_revocation_disabled;
mod sign_update_framework_missing;

pub(super) static CHECKS: &[&Check] = &[
    &sign_update_framework_missing::CHECK,
    &sign_identity_unconstrained::CHECK,
    &sign_revocation_disabled::CHECK,
    &sign_key_unprotected::CHECK,
    &sign_attestation_store_missing::CHECK,
    &sign_provenance_missing::CHECK,
];
