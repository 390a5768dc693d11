//! Checks of the topic `image`.

use super::Check;

mod image_reference_mutable;
mod image_registry_not_restricted;
mod registries;

pub(super) static CHECKS: &[&Check] = &[&image_reference_mutable::CHECK, &image_registry_not_restricted::CHECK];
