//! Consul: mutual TLS is on unless a configuration entry lets plaintext in.

use crate::model::evidence::Evidence;
use crate::model::mesh::transport::Transport;
use crate::model::mesh::{CONSUL_PROXIES, CONSUL_SERVICE};
use crate::model::namespace::Namespace;
use crate::model::pod::Pod;
use crate::model::service;

pub(super) fn transport<'a>(namespace: &Namespace<'a>, pod: &Pod<'a>) -> Vec<Transport<'a>> {
    let evidence: &'a Evidence<'a> = namespace.scan().evidence;
    let world = namespace.world();
    let names: Vec<_> = namespace.objects().filter(|object| service::selects(object, pod)).map(|object| object.name).collect();
    let of_service = evidence.of_kind_in(world, CONSUL_SERVICE).filter(|entry| names.contains(&entry.name));
    let modes = of_service.chain(evidence.of_kind_in(world, CONSUL_PROXIES)).map(|entry| (entry, entry.at("spec.mutualTLSMode")));
    let set = modes.into_iter().find(|(_, mode)| !mode.is_empty());
    vec![match set {
        Some((entry, mode)) if mode.str() == "permissive" => {
            Transport::Open { at: Some(mode), said: format!("{} {} lets plaintext in (permissive)", entry.kind, entry.name) }
        }
        _ => Transport::Strict,
    }]
}
