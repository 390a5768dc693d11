//! Checks of the topic `node`: the kubelet and the machine below it.

use super::Check;

mod kubelet_api_open;
mod kubelet_certificate_unrotated;
mod kubelet_containment_weak;
mod node_boot_integrity_unproved;
mod node_cgroup_v1;
mod node_os_general_purpose;

pub(super) static CHECKS: &[&Check] = &[
    &kubelet_api_open::CHECK,
    &kubelet_certificate_unrotated::CHECK,
    &kubelet_containment_weak::CHECK,
    &node_cgroup_v1::CHECK,
    &node_os_general_purpose::CHECK,
    &node_boot_integrity_unproved::CHECK,
];
