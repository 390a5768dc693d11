//! Checks of the topic `secret`: credentials that lie open, and how workloads get theirs.

use super::Check;

mod search;
mod secret_in_environment;
mod secret_manager_missing;
mod secret_manifest_plaintext;
mod secret_value_in_spec;

pub(super) static CHECKS: &[&Check] =
    &[&secret_value_in_spec::CHECK, &secret_manifest_plaintext::CHECK, &secret_in_environment::CHECK, &secret_manager_missing::CHECK];
