//! Checks of the topic `delivery`.

use super::Check;

mod gitops_drift_not_corrected;
mod gitops_project_unrestricted;
mod gitops_source_unverified;

pub(super) static CHECKS: &[&Check] =
    &[&gitops_project_unrestricted::CHECK, &gitops_drift_not_corrected::CHECK, &gitops_source_unverified::CHECK];
