//! Checks of the topic `scan`: what looks for faults before anybody else does.

use super::Check;

mod scan_benchmark_missing;
mod scan_image_missing;

pub(super) static CHECKS: &[&Check] = &[&scan_image_missing::CHECK, &scan_benchmark_missing::CHECK];
