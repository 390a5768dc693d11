//! Checks of the topic `admission`.

use super::Check;

mod admission_exception_unbounded;
mod admission_pod_security_not_enforced;
mod admission_policy_audit_only;
mod admission_report_violations;
mod admission_webhook_fails_open;
mod exceptions;
mod level;

pub(super) static CHECKS: &[&Check] = &[
    &admission_pod_security_not_enforced::CHECK,
    &admission_policy_audit_only::CHECK,
    &admission_webhook_fails_open::CHECK,
    &admission_exception_unbounded::CHECK,
    &admission_report_violations::CHECK,
];
