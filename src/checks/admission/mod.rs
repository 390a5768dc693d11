//! Checks of the topic `admission`.

use super::Check;

pub(super) static CHECKS: &[&Check] = &[];
