//! Checks of the topic `pipeline`.

use super::Check;

pub(super) static CHECKS: &[&Check] = &[];
