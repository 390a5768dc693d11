//! Checks of the topic `pipeline`.

use super::Check;

mod ci_build_privileged;
mod ci_build_root;

pub(super) static CHECKS: &[&Check] = &[&ci_build_root::CHECK, &ci_build_privileged::CHECK];
