//! Checks of the topic `rbac`: who may do what.

use super::Check;

mod certificate;
mod danger;
mod owners;
mod power;
mod rbac_anonymous_binding;
mod rbac_audit_evidence_delete;
mod rbac_cluster_admin_binding;
mod rbac_csr_approval;
mod rbac_default_service_account_binding;
mod rbac_duties_mixed;
mod rbac_escalate_bind;
mod rbac_impersonate;
mod rbac_individual_user_binding;
mod rbac_nodes_proxy;
mod rbac_pod_exec;
mod rbac_secrets_read;
mod rbac_security_policy_write;
mod rbac_storage_node_write;
mod rbac_system_masters_subject;
mod rbac_token_create;
mod rbac_wildcard_rule;
mod rbac_workload_create;
mod words;

pub(super) static CHECKS: &[&Check] = &[
    &rbac_cluster_admin_binding::CHECK,
    &rbac_system_masters_subject::CHECK,
    &rbac_wildcard_rule::CHECK,
    &rbac_escalate_bind::CHECK,
    &rbac_impersonate::CHECK,
    &rbac_secrets_read::CHECK,
    &rbac_workload_create::CHECK,
    &rbac_pod_exec::CHECK,
    &rbac_nodes_proxy::CHECK,
    &rbac_csr_approval::CHECK,
    &rbac_token_create::CHECK,
    &rbac_security_policy_write::CHECK,
    &rbac_audit_evidence_delete::CHECK,
    &rbac_anonymous_binding::CHECK,
    &rbac_default_service_account_binding::CHECK,
    &rbac_storage_node_write::CHECK,
    &rbac_individual_user_binding::CHECK,
    &rbac_duties_mixed::CHECK,
];
