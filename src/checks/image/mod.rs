//! Checks of the topic `image`.

use super::Check;

pub(super) static CHECKS: &[&Check] = &[];
