//! Checks of the topic `image`.

use super::Check;

mod image_reference_mutable;

pub(super) static CHECKS: &[&Check] = &[&image_reference_mutable::CHECK];
