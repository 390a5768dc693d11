//! Checks of the topic `secret`: credentials that lie open, how workloads get theirs, and how long they last.

use super::Check;

mod cert_lifetime_long;
mod issued;
mod search;
mod secret_age_over_limit;
mod secret_in_environment;
mod secret_manager_missing;
mod secret_manager_not_ha;
mod secret_manifest_plaintext;
mod secret_refresh_disabled;
mod secret_root_key_not_hsm;
mod secret_store_connection_weak;
mod secret_value_in_spec;
mod store;

pub(super) static CHECKS: &[&Check] = &[
    &secret_value_in_spec::CHECK,
    &secret_manifest_plaintext::CHECK,
    &secret_in_environment::CHECK,
    &secret_manager_missing::CHECK,
    &secret_refresh_disabled::CHECK,
    &secret_age_over_limit::CHECK,
    &secret_store_connection_weak::CHECK,
    &secret_manager_not_ha::CHECK,
    &secret_root_key_not_hsm::CHECK,
    &cert_lifetime_long::CHECK,
];
