//! Checks of the topic `network`.

use super::Check;

pub(super) static CHECKS: &[&Check] = &[];
