//! Checks of the topic `network`: who may talk to whom, and where the cluster is open to the outside.

use super::Check;
use crate::model::isolation::{EVERY_POLICY, Effect, named};
use crate::model::network::Direction;
use crate::model::network::decide::{self, Denial};
use crate::model::network::guard::{Stage, Target};
use crate::model::{Fault, GroupKind, Namespace};

mod network_allow_rule_wide;
mod network_cni_not_enforcing;
mod network_default_deny_missing;
mod network_domain_filter_missing;
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
    &network_domain_filter_missing::CHECK,
    &network_ingress_inspection_missing::CHECK,
    &network_exposure_without_tls::CHECK,
    &network_service_external_ips::CHECK,
];

/// The kinds that missing isolation rests on.
pub(super) const POLICIES: &[GroupKind] = EVERY_POLICY;

/// A fault that a policy of a kind not read yet may undo: a doubt, naming it.
pub(super) fn unless_other_policy(fault: Fault, namespace: &Namespace<'_>, effect: Effect) -> Fault {
    match namespace.other_policy(effect) {
        Some(other) => fault.reworded(|said| format!("{said}; {} is not read yet, and may say otherwise", named(other))).doubt(),
        None => fault,
    }
}

/// A fault on what is allowed: none where it is denied before, a doubt where it may be.
pub(super) fn unless_denied<'a>(fault: Fault, namespace: &Namespace<'a>, direction: Direction, allowed: &Allowed<'_, 'a>) -> Option<Fault> {
    match decide::denied(namespace, direction, allowed.target, allowed.port, allowed.before) {
        Denial::Yes(_) => None,
        Denial::Maybe(guard) => Some(fault.reworded(|said| format!("{said}; {}", guard.doubt())).doubt()),
        Denial::No => Some(unless_other_policy(fault, namespace, Effect::Denies)),
    }
}

/// What a rule allows, and when it is asked.
pub(super) struct Allowed<'t, 'a> {
    pub(super) target: Target<'t, 'a>,
    pub(super) port: Option<i64>,
    pub(super) before: Option<&'t Stage<'a>>,
}
