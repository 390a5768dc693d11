//! Checks of the topic `storage`.

use super::Check;

mod backup_missing_or_weak;
mod encryption;
mod storage_cache_unencrypted;
mod storage_checksums_disabled;
mod storage_class_unencrypted;
mod storage_control_plane_tls_missing;
mod storage_csi_node_role_wide;
mod storage_replication_missing;
mod storage_volume_cross_namespace;

pub(super) static CHECKS: &[&Check] = &[
    &storage_class_unencrypted::CHECK,
    &storage_volume_cross_namespace::CHECK,
    &storage_csi_node_role_wide::CHECK,
    &storage_control_plane_tls_missing::CHECK,
    &storage_replication_missing::CHECK,
    &storage_checksums_disabled::CHECK,
    &backup_missing_or_weak::CHECK,
    &storage_cache_unencrypted::CHECK,
];
