//! Checks of the topic `secret`.

use super::Check;

pub(super) static CHECKS: &[&Check] = &[];
