//! Checks of the topic `pipeline`.

use super::Check;

mod ci_build_privileged;
mod ci_build_root;
mod ci_runner_not_ephemeral;

pub(super) static CHECKS: &[&Check] = &[&ci_build_root::CHECK, &ci_build_privileged::CHECK, &ci_runner_not_ephemeral::CHECK];
