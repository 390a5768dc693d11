//! Checks of the topic `pss`: the Pod Security Standards and nothing else, so that a pod's level follows from them.

use super::Check;

mod pss_host_namespaces;
mod pss_privileged_container;
pub mod standard;

pub(super) static CHECKS: &[&Check] = &[&pss_privileged_container::CHECK, &pss_host_namespaces::CHECK];
