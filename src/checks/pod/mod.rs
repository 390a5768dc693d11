//! Checks of the topic `pod`: what the Pod Security Standards leave open.

use super::Check;

mod namespace_default_used;
mod namespace_quota_missing;

pub(super) static CHECKS: &[&Check] = &[&namespace_quota_missing::CHECK, &namespace_default_used::CHECK];
