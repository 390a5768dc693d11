//! Checks of the topic `control_plane`: what runs the cluster, and who may reach it.

use super::Check;

mod apiserver_admission_plugins_weak;
mod apiserver_anonymous_auth;
mod apiserver_authorization_mode_weak;
mod apiserver_decision_cache_long;
mod apiserver_federation_missing;
mod apiserver_kubelet_link_unverified;
mod apiserver_static_credentials;
mod apiserver_tls_weak;
mod apiserver_token_lifetime_long;
mod audit_log_disabled;
mod audit_log_retention_short;
mod audit_policy_gaps;
mod audit_policy_leaks_secrets;
mod audited;
mod cert_control_plane_lifetime;
mod control_plane_endpoint_public;
mod control_plane_file_mode_wide;
mod control_plane_verbosity_high;
mod controller_manager_scheduler_weak;
mod etcd_ca_shared;
mod etcd_encryption_key_old;
mod etcd_encryption_missing;
mod etcd_encryption_not_kms;
mod etcd_mutual_tls_missing;
mod file_aspects;
mod kubernetes_version_unsupported;

pub(in crate::checks) use apiserver_tls_weak::ciphers;

pub(super) static CHECKS: &[&Check] = &[
    &control_plane_endpoint_public::CHECK,
    &apiserver_anonymous_auth::CHECK,
    &apiserver_static_credentials::CHECK,
    &apiserver_federation_missing::CHECK,
    &apiserver_authorization_mode_weak::CHECK,
    &apiserver_decision_cache_long::CHECK,
    &apiserver_admission_plugins_weak::CHECK,
    &apiserver_tls_weak::CHECK,
    &apiserver_kubelet_link_unverified::CHECK,
    &apiserver_token_lifetime_long::CHECK,
    &controller_manager_scheduler_weak::CHECK,
    &etcd_mutual_tls_missing::CHECK,
    &etcd_ca_shared::CHECK,
    &etcd_encryption_missing::CHECK,
    &etcd_encryption_not_kms::CHECK,
    &etcd_encryption_key_old::CHECK,
    &audit_log_disabled::CHECK,
    &audit_policy_gaps::CHECK,
    &audit_policy_leaks_secrets::CHECK,
    &audit_log_retention_short::CHECK,
    &control_plane_verbosity_high::CHECK,
    &control_plane_file_mode_wide::CHECK,
    &cert_control_plane_lifetime::CHECK,
    &kubernetes_version_unsupported::CHECK,
];
