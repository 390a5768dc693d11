//! Checks of the topic `pss`: the Pod Security Standards and nothing else, so that a pod's level follows from them.

use super::Check;

mod pss_allow_privilege_escalation;
mod pss_apparmor_unconfined;
mod pss_capabilities_added;
mod pss_capabilities_not_dropped;
mod pss_host_namespaces;
mod pss_host_path_volume;
mod pss_host_port;
mod pss_privileged_container;
mod pss_probe_host_set;
mod pss_proc_mount_restricted;
mod pss_proc_mount_unmasked;
mod pss_restricted_volume_types;
mod pss_run_as_non_root;
mod pss_run_as_root_uid;
mod pss_seccomp_missing;
mod pss_seccomp_unconfined;
mod pss_selinux_options;
mod pss_unsafe_sysctl;
mod pss_windows_host_process;
mod setters;
pub mod standard;

pub(super) static CHECKS: &[&Check] = &[
    &pss_privileged_container::CHECK,
    &pss_host_namespaces::CHECK,
    &pss_host_path_volume::CHECK,
    &pss_host_port::CHECK,
    &pss_probe_host_set::CHECK,
    &pss_windows_host_process::CHECK,
    &pss_capabilities_added::CHECK,
    &pss_proc_mount_unmasked::CHECK,
    &pss_seccomp_unconfined::CHECK,
    &pss_selinux_options::CHECK,
    &pss_apparmor_unconfined::CHECK,
    &pss_unsafe_sysctl::CHECK,
    &pss_restricted_volume_types::CHECK,
    &pss_allow_privilege_escalation::CHECK,
    &pss_run_as_non_root::CHECK,
    &pss_run_as_root_uid::CHECK,
    &pss_seccomp_missing::CHECK,
    &pss_capabilities_not_dropped::CHECK,
    &pss_proc_mount_restricted::CHECK,
];
