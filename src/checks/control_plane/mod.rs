//! Checks of the topic `control_plane`: what runs the cluster, and who may reach it.

use super::Check;

mod control_plane_endpoint_public;

pub(super) static CHECKS: &[&Check] = &[&control_plane_endpoint_public::CHECK];
