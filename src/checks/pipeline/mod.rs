//! Checks of the topic `pipeline`.

use super::Check;

mod ci_build_privileged;
mod ci_build_root;
mod ci_credential_manager_missing;
mod ci_egress_unrestricted;
mod ci_runner_group_shared;
mod ci_runner_not_ephemeral;
mod ci_worker_unmonitored;

pub(super) static CHECKS: &[&Check] = &[
    &ci_build_root::CHECK,
    &ci_build_privileged::CHECK,
    &ci_runner_not_ephemeral::CHECK,
    &ci_runner_group_shared::CHECK,
    &ci_worker_unmonitored::CHECK,
    &ci_egress_unrestricted::CHECK,
    &ci_credential_manager_missing::CHECK,
];
