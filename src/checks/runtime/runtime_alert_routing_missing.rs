//! An alert that reaches nobody is a line in a log.

use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::sensor::alertmanager::{self, Source};
use crate::model::sensor::{COLLECTORS, Role, SENSORS, agents, collectors, falco, relay};
use crate::model::{GroupKind, Scan, kinds};

pub(super) static CHECK: Check = Check {
    id: "runtime-alert-routing-missing",
    title: "security alerts are routed to nobody",
    topic: "runtime",
    severity: Severity::Medium,
    why: "A sensor that writes to its own log, or an Alertmanager whose receivers are empty, leaves each alert for nobody to see.",
    fix: "Send Falco's alerts on (Falcosidekick, `http_output`, a collector of logs), give Alertmanager a receiver that pages somebody, and route by severity.",
    how: "Fails where Alertmanager's configuration has no receiver with anybody to send to on any of its routes, where Falcosidekick has no output, and where Falco writes to its own log or file alone and neither Falcosidekick nor a collector of logs is seen. Passes where alerts leave for a receiver, by severity where Alertmanager routes them. For review: receivers that stand in a Secret that is not read, routes that do not tell severities apart, sensors that report to their own console. Not assessed where neither a sensor nor an Alertmanager is seen.",
    blind: "Whether an alert arrives, and who reacts; Grafana's contact points.",
    needs: &[kinds::DAEMON_SET, kinds::POD, kinds::CONFIG_MAP, kinds::SECRET],
    beside: alertmanager::KINDS,
    settings: &[&SENSORS, &COLLECTORS],
    refs: &["https://prometheus.io/docs/alerting/latest/configuration/", "https://falco.org/docs/concepts/outputs/channels/"],
    maps: &[("owasp_k8s_2022", &["K05"]), ("owasp_k8s_2025", &["K10"]), ("cwe", &["CWE-778"])],
    probe: Probe::Scan(probe),
    ..Check::BASE
};

const AGENTS: &[GroupKind] = &[kinds::DAEMON_SET, kinds::DEPLOYMENT, kinds::POD];
const EXPECTED: &str = "a receiver that reaches people";

fn probe(scan: &Scan<'_>) -> Verdict {
    let sources = alertmanager::all(scan);
    let sensors = agents(scan, Role::Detection);
    let managers = agents(scan, Role::Alerts);
    let operated = scan.evidence.of_kind(alertmanager::ALERTMANAGER).next();
    if sources.is_empty() && sensors.is_empty() && managers.is_empty() && operated.is_none() {
        return Verdict::Unseen;
    }
    let mut faults: Vec<Fault> = of_managers(&sources);
    if sources.is_empty() {
        let place = managers.first().map(|agent| agent.container.image()).or(operated.map(|object| object.at("metadata.name")));
        faults
            .extend(place.map(|place| place.fault("where Alertmanager sends alerts is not seen").observed("").expected(EXPECTED).doubt()));
    }
    faults.extend(of_falco(scan));
    let console = sensors.iter().find(|agent| agent.name != "Falco");
    let is_collected = !collectors(scan).is_empty();
    if let Some(agent) = console.filter(|_| !is_collected) {
        let said = format!("where {} reports is not seen", agent.name);
        faults.push(agent.container.image().fault(said).expected(EXPECTED).doubt());
    }
    faults.into()
}

/// What is wrong with the routes of the Alertmanagers: one that reaches somebody is enough for the objects of its operator.
fn of_managers(sources: &[Source<'_>]) -> Vec<Fault> {
    let reaches = |source: &Source<'_>| source.routes().iter().any(|route| route.reaches);
    let any = sources.iter().any(reaches);
    let mut faults = Vec::new();
    for source in sources {
        let routes = source.routes();
        let fault = match (source, routes.first()) {
            (Source::Unread(object) | Source::Text(object, _), None) => {
                let said = format!("where alerts go stands in {} {}, which is not read, or has no route", object.kind, object.name);
                (!any).then(|| object.at("metadata.name").fault(said).observed("").expected(EXPECTED).doubt().of_its_object())
            }
            // an object of the operator may hold intervals alone
            (Source::Own(_), None) => None,
            (_, Some(root)) if !any => {
                let said = "no receiver of Alertmanager has anybody to send to";
                let fault = source.fault(root.receiver, said.to_owned()).expected(EXPECTED);
                let is_alone = !sources.iter().any(|other| matches!(other, Source::Unread(_)));
                Some(if is_alone { fault } else { fault.doubt() })
            }
            (_, Some(root)) => {
                let by_severity = routes.iter().any(|route| route.reaches && route.is_by_severity());
                let said = "alerts of every severity go the same way";
                (reaches(source) && !by_severity)
                    .then(|| source.fault(root.receiver, said.to_owned()).expected("routes by severity").doubt())
            }
        };
        faults.extend(fault);
    }
    faults
}

fn of_falco(scan: &Scan<'_>) -> Vec<Fault> {
    let relays = relay::all(scan);
    let is_collected = !collectors(scan).is_empty();
    let mut faults: Vec<Fault> = relays.iter().filter_map(relay::Relay::fault).collect();
    for one in falco::all(scan) {
        if one.sends() || !relays.is_empty() || is_collected {
            continue;
        }
        let said = "Falco writes its alerts to its own log alone, and nothing is seen that takes them on";
        let fault = match &one.config {
            Some(config) => config.fault(config.at("http_output"), said.to_owned()).of_its_object(),
            None => one.agent.container.image().fault(said),
        };
        faults.push(fault.observed("").expected("an output that leaves the node").missing(AGENTS));
    }
    faults
}
