//! Checks of the topic `image`.

use super::Check;

mod image_encryption_missing;
mod image_freshness_unproved;
mod image_provenance_not_enforced;
mod image_reference_mutable;
mod image_registry_not_restricted;
mod image_rescan_stale;
mod image_signature_not_enforced;
mod image_vulnerability_overdue;
mod registry_client_cert_missing;
mod registry_oci_unsupported;
mod registry_policy_disabled;
mod registry_tls_disabled;

pub(super) static CHECKS: &[&Check] = &[
    &image_reference_mutable::CHECK,
    &image_registry_not_restricted::CHECK,
    &image_signature_not_enforced::CHECK,
    &image_provenance_not_enforced::CHECK,
    &image_freshness_unproved::CHECK,
    &image_rescan_stale::CHECK,
    &image_vulnerability_overdue::CHECK,
    &registry_policy_disabled::CHECK,
    &registry_tls_disabled::CHECK,
    &registry_client_cert_missing::CHECK,
    &registry_oci_unsupported::CHECK,
    &image_encryption_missing::CHECK,
];
