//! Checks of the topic `dependency`.

use super::Check;

mod sbom_missing;
mod sbom_running_image_missing;

pub(super) static CHECKS: &[&Check] = &[&sbom_running_image_missing::CHECK, &sbom_missing::CHECK];
