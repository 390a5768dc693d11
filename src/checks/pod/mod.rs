//! Checks of the topic `pod`: what the Pod Security Standards leave open.

use super::Check;

pub(in crate::checks) mod data_class;
mod namespace_default_used;
mod namespace_quota_missing;
mod pod_default_service_account;
mod pod_function_isolation_missing;
mod pod_host_path_sensitive;
mod pod_mac_profile_missing;
mod pod_mount_propagation_or_device;
mod pod_resources_unbounded;
mod pod_root_fs_writable;
mod pod_runtime_socket_mounted;
mod pod_sensitive_kernel_shared;
mod pod_template_drift;
mod pod_token_automounted;
mod pod_user_namespace_missing;
mod pod_volume_ownership_shared;

pub(super) static CHECKS: &[&Check] = &[
    &pod_runtime_socket_mounted::CHECK,
    &pod_host_path_sensitive::CHECK,
    &pod_mount_propagation_or_device::CHECK,
    &pod_root_fs_writable::CHECK,
    &pod_resources_unbounded::CHECK,
    &pod_token_automounted::CHECK,
    &pod_default_service_account::CHECK,
    &pod_user_namespace_missing::CHECK,
    &pod_mac_profile_missing::CHECK,
    &pod_volume_ownership_shared::CHECK,
    &pod_sensitive_kernel_shared::CHECK,
    &pod_function_isolation_missing::CHECK,
    &pod_template_drift::CHECK,
    &namespace_quota_missing::CHECK,
    &namespace_default_used::CHECK,
];
