//! Checks of the topic `rbac`.

use super::Check;

pub(super) static CHECKS: &[&Check] = &[];
