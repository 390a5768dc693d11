//! Checks of the topic `network`: who may talk to whom, and where the cluster is open to the outside.

use super::Check;
use crate::model::isolation::{Effect, named};
use crate::model::network::Direction;
use crate::model::{Fault, GroupKind, Namespace, kinds};

mod network_allow_rule_wide;
mod network_cni_not_enforcing;
mod network_default_deny_missing;
mod network_egress_internet_open;
mod network_exposure_without_tls;
mod network_ingress_inspection_missing;
mod network_metadata_api_reachable;
mod network_pair_unsanctioned;
mod network_pod_not_isolated;
mod network_service_external_ips;

pub(super) static CHECKS: &[&Check] = &[
    &network_default_deny_missing::CHECK,
    &network_pod_not_isolated::CHECK,
    &network_allow_rule_wide::CHECK,
    &network_pair_unsanctioned::CHECK,
    &network_cni_not_enforcing::CHECK,
    &network_egress_internet_open::CHECK,
    &network_metadata_api_reachable::CHECK,
    &network_ingress_inspection_missing::CHECK,
    &network_exposure_without_tls::CHECK,
    &network_service_external_ips::CHECK,
];

/// The kind that missing isolation rests on.
const POLICIES: &[GroupKind] = &[kinds::NETWORK_POLICY];

/// A fault that a policy of a kind not read yet may undo: a doubt, naming it.
fn unless_other_policy(fault: Fault, namespace: &Namespace<'_>, effect: Effect, direction: Direction) -> Fault {
    match namespace.other_policy(effect, direction) {
        Some(other) => fault.reworded(|said| format!("{said}; {} is not read yet, and may say otherwise", named(other))).doubt(),
        None => fault,
    }
}
