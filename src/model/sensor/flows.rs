//! What records which pod talks to which: Hubble, Calico, NetObserv.

use crate::model::field::Field;
use crate::model::scan::Scan;
use crate::model::{GroupKind, kinds};

/// NetObserv's collector.
pub const FLOW_COLLECTOR: GroupKind = GroupKind::new("flows.netobserv.io", "FlowCollector");
/// Felix, as it is kept by the API server of Calico, and as a custom resource.
pub const FELIX: [GroupKind; 2] =
    [GroupKind::new("projectcalico.org", "FelixConfiguration"), GroupKind::new("crd.projectcalico.org", "FelixConfiguration")];
/// Calico's aggregator of flows, which holds them in memory.
pub const GOLDMANE: GroupKind = GroupKind::new("operator.tigera.io", "Goldmane");
/// Istio's telemetry.
pub const TELEMETRY: GroupKind = GroupKind::new("telemetry.istio.io", "Telemetry");

/// The kinds that are read.
pub const KINDS: &[GroupKind] = &[FLOW_COLLECTOR, FELIX[0], FELIX[1], GOLDMANE, TELEMETRY];

/// What becomes of the flows that a source sees.
#[derive(Debug, Clone, Copy)]
pub enum Flows<'a> {
    /// They are kept.
    Kept,
    /// It is switched off here.
    Off(Field<'a>, &'static str),
    /// They are shown, and kept nowhere.
    Lost(Field<'a>, &'static str),
    /// It is not known.
    Unclear(Field<'a>, &'static str),
}

use Flows::{Kept, Lost, Off, Unclear};

/// Each source that is seen.
#[must_use]
pub fn sources<'a>(scan: &'a Scan<'a>) -> Vec<Flows<'a>> {
    let evidence = scan.evidence;
    let maps = evidence.of_kind(kinds::CONFIG_MAP).filter(|map| map.name == "cilium-config");
    let hubble = maps.map(|map| hubble(map.at("data")));
    let felix = FELIX.into_iter().flat_map(|kind| evidence.of_kind(kind)).filter_map(|object| felix(object.at("spec")));
    let goldmane = evidence.of_kind(GOLDMANE).map(|object| Lost(object.at("metadata.name"), "Goldmane holds flows in memory only"));
    let netobserv = evidence.of_kind(FLOW_COLLECTOR).map(|object| netobserv(object.at("spec")));
    let istio = evidence.of_kind(TELEMETRY).filter_map(|object| istio(object.at("spec.accessLogging")));
    hubble.chain(felix).chain(goldmane).chain(netobserv).chain(istio).collect()
}

/// Hubble is off unless it is switched on, and writes flows down only where it is told to.
fn hubble(data: Field<'_>) -> Flows<'_> {
    let switch = data.key("enable-hubble");
    let exports = ["hubble-export-file-path", "hubble-flowlogs-config-path"].into_iter().any(|key| !data.key(key).is_empty());
    match switch.str() {
        "true" if exports => Kept,
        "true" => Lost(switch, "Hubble shows flows and keeps the last few only: no exporter writes them down"),
        _ => Off(switch, "Hubble is not switched on"),
    }
}

fn felix(spec: Field<'_>) -> Option<Flows<'_>> {
    let (file, server) = (spec.key("flowLogsFileEnabled"), spec.key("flowLogsGoldmaneServer"));
    match file.bool() {
        Some(true) => Some(Kept),
        Some(false) => Some(Off(file, "Calico writes no flow logs")),
        None if !server.is_empty() => Some(Lost(server, "Calico sends flows to Goldmane, which holds them in memory")),
        None => None,
    }
}

/// Loki is switched on where nothing is said.
fn netobserv(spec: Field<'_>) -> Flows<'_> {
    let (loki, exporters) = (spec.at("loki.enable"), spec.key("exporters"));
    if loki.bool() != Some(false) || !exporters.is_empty() {
        return Kept;
    }
    Lost(loki, "NetObserv sends flows neither to Loki nor to an exporter")
}

fn istio(logging: Field<'_>) -> Option<Flows<'_>> {
    let mut on = logging.items().filter(|one| !one.key("disabled").is_true());
    on.next().map(|one| Unclear(one, "access logs of the mesh are written, for what is in it"))
}
