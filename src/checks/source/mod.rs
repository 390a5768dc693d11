//! Checks of the topic `source`.

use super::Check;

mod git_transport_insecure;
mod repo_deploy_key_weak;

pub(super) static CHECKS: &[&Check] = &[&git_transport_insecure::CHECK, &repo_deploy_key_weak::CHECK];
