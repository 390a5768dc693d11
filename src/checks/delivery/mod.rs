//! Checks of the topic `delivery`.

use super::Check;

mod deploy_check_missing;
mod deploy_progressive_missing;
mod env_boundary_shared;
mod env_production_missing;
mod env_test_missing;
mod gitops_drift_not_corrected;
mod gitops_project_unrestricted;
mod gitops_source_unverified;
mod gitops_tool_outdated;
mod runtime_instrumentation_missing;

pub(super) static CHECKS: &[&Check] = &[
    &gitops_project_unrestricted::CHECK,
    &gitops_drift_not_corrected::CHECK,
    &gitops_source_unverified::CHECK,
    &gitops_tool_outdated::CHECK,
    &env_boundary_shared::CHECK,
    &env_production_missing::CHECK,
    &env_test_missing::CHECK,
    &deploy_progressive_missing::CHECK,
    &deploy_check_missing::CHECK,
    &runtime_instrumentation_missing::CHECK,
];
