//! Checks of the topic `source`.

use super::Check;

mod git_transport_insecure;

pub(super) static CHECKS: &[&Check] = &[&git_transport_insecure::CHECK];
