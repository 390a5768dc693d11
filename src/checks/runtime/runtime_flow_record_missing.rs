//! Who moved on from one pod to the next is seen on the network, if anybody wrote it down.

use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::sensor::flows::{Flows, KINDS, sources};
use crate::model::sensor::{Role, agents, anywhere};
use crate::model::{Scan, kinds};

pub(super) static CHECK: Check = Check {
    id: "runtime-flow-record-missing",
    title: "flows between containers are not recorded",
    topic: "runtime",
    severity: Severity::Low,
    why: "After a break-in, which pods were reached from the first one, and where data went, can be told from records of flows alone.",
    fix: "Export flows and keep them: Hubble's exporter (`hubble-export-file-path`), NetObserv with Loki or an exporter, or the flow logs of the provider.",
    how: "Fails where a source of flows is seen and none keeps them: Hubble that is not switched on, or has no exporter, Calico with `flowLogsFileEnabled: false`, Goldmane, which holds flows in memory, NetObserv without Loki and exporters. Passes where one keeps them. For review: no source is seen, as a provider may record flows, or one whose state is not known. Does not apply where nothing runs.",
    blind: "Flow logs of the provider's network, and for how long records are kept.",
    needs: &[kinds::POD, kinds::CONFIG_MAP],
    beside: KINDS,
    refs: &[
        "https://docs.cilium.io/en/stable/observability/hubble/configuration/export/",
        "https://docs.tigera.io/calico/latest/observability/",
        "https://github.com/netobserv/network-observability-operator",
    ],
    maps: &[("owasp_k8s_2022", &["K05"]), ("owasp_k8s_2025", &["K10"]), ("cwe", &["CWE-778"])],
    probe: Probe::Scan(probe),
    ..Check::BASE
};

fn probe(scan: &Scan<'_>) -> Verdict {
    let sources = sources(scan);
    if sources.iter().any(|source| matches!(source, Flows::Kept)) {
        return Verdict::Pass;
    }
    let doubt = sources.iter().any(|source| matches!(source, Flows::Unclear(..)));
    let faults = sources.iter().filter_map(|source| {
        let (field, said, is_clear) = match source {
            Flows::Kept => return None,
            Flows::Off(field, said) | Flows::Lost(field, said) => (field, said, !doubt),
            Flows::Unclear(field, said) => (field, said, false),
        };
        let fault: Fault = field.fault(*said).expected("flows that are exported and kept").of_its_object();
        Some(if is_clear { fault } else { fault.doubt() })
    });
    let faults: Vec<_> = faults.collect();
    if !faults.is_empty() {
        return faults.into();
    }
    match agents(scan, Role::Flows).first() {
        Some(agent) => {
            let said = format!("{} sees flows; whether they are kept is not seen", agent.name);
            agent.container.image().fault(said).expected("flows that are exported and kept").doubt().into()
        }
        None => match anywhere(scan) {
            Some(place) => place.fault("nothing is seen that records flows: does the provider?").observed("").doubt().into(),
            None => Verdict::Skip("nothing runs".into()),
        },
    }
}
