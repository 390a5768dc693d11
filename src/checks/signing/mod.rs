//! Checks of the topic `signing`.

use super::Check;

mod sign_update_framework_missing;

pub(super) static CHECKS: &[&Check] = &[&sign_update_framework_missing::CHECK];
