//! Checks of the topic `admission`.

use super::Check;

mod admission_webhook_fails_open;

pub(super) static CHECKS: &[&Check] = &[&admission_webhook_fails_open::CHECK];
