//! Checks of the topic `mesh`: how workloads show each other who they are, and what comes of it.

use super::Check;
use crate::discover::few;
use crate::model::{Fault, Field, GroupKind, Namespace, mesh};

mod mesh_authorization_default_allow;
mod mesh_client_tls_disabled;
mod mesh_end_user_token_optional;
mod mesh_mtls_not_strict;
mod mesh_trust_anchor_weak;
mod mesh_workload_identity_missing;
mod mesh_workload_not_meshed;

pub(super) static CHECKS: &[&Check] = &[
    &mesh_mtls_not_strict::CHECK,
    &mesh_client_tls_disabled::CHECK,
    &mesh_authorization_default_allow::CHECK,
    &mesh_workload_not_meshed::CHECK,
    &mesh_end_user_token_optional::CHECK,
    &mesh_workload_identity_missing::CHECK,
    &mesh_trust_anchor_weak::CHECK,
];

/// The kinds that meshes are configured by.
const KINDS: &[GroupKind] = mesh::KINDS;

/// What is to be said of workloads, told once for all of which it is the same.
struct Remarks<'a> {
    all: Vec<Remark<'a>>,
}

struct Remark<'a> {
    at: Option<Field<'a>>,
    said: String,
    doubt: bool,
    names: Vec<&'a str>,
}

impl<'a> Remarks<'a> {
    fn new() -> Self {
        Remarks { all: Vec::new() }
    }

    fn add(&mut self, at: Option<Field<'a>>, said: String, doubt: bool, name: &'a str) {
        let place = |field: Option<Field<'a>>| field.map(Field::place);
        match self.all.iter_mut().find(|remark| remark.said == said && place(remark.at) == place(at)) {
            Some(remark) if remark.names.contains(&name) => {}
            Some(remark) => remark.names.push(name),
            None => self.all.push(Remark { at, said, doubt, names: vec![name] }),
        }
    }

    /// At their places, or at the namespace where nothing says so: then they rest on objects of these kinds not being there.
    fn faults(self, namespace: &Namespace<'a>, expected: &'static str, rests_on: &'static [GroupKind]) -> Vec<Fault> {
        let fault = |remark: Remark<'a>| {
            let said = format!("{}: {}", remark.said, few(&remark.names));
            let fault = match remark.at {
                Some(field) => field.fault(said).of_its_object(),
                None => namespace.field().fault(said).missing(rests_on),
            };
            let fault = fault.expected(expected);
            if remark.doubt { fault.doubt() } else { fault }
        };
        self.all.into_iter().map(fault).collect()
    }
}
