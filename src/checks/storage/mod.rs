//! Checks of the topic `storage`.

use super::Check;

pub(super) static CHECKS: &[&Check] = &[];
