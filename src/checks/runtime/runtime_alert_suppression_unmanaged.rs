//! What was silenced for a day stays silent for years, unless somebody looks.

use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::sensor::alertmanager::{self, Source};
use crate::model::sensor::{SENSORS, falco};
use crate::model::{Scan, kinds};

pub(super) static CHECK: Check = Check {
    id: "runtime-alert-suppression-unmanaged",
    title: "alerts are suppressed for good, or nobody says why",
    topic: "runtime",
    severity: Severity::Low,
    why: "An exception without a reason and an end hides the attack that looks like it.",
    fix: "Mute for a window rather than for good, send critical alerts to somebody, and give each disabled rule a comment with its reason; review them on a schedule.",
    how: "Fails where a route of Alertmanager for critical alerts goes to a receiver with nobody to send to, where a route is muted in an interval that is always, and where a rule of Falco is switched off with no comment at it. Exceptions of Falco's rules are for review, as nothing says when they were last looked at. Passes where a configuration is seen with none of it. Does not apply without Falco and a configuration of Alertmanager.",
    blind: "Silences, which Alertmanager keeps to itself, and the review as it is practised.",
    needs: &[kinds::DAEMON_SET, kinds::POD, kinds::CONFIG_MAP, kinds::SECRET],
    beside: alertmanager::KINDS,
    settings: &[&SENSORS],
    refs: &["https://falco.org/docs/concepts/rules/exceptions/", "https://prometheus.io/docs/alerting/latest/configuration/"],
    maps: &[("owasp_k8s_2022", &["K05"]), ("owasp_k8s_2025", &["K10"])],
    probe: Probe::Scan(probe),
    ..Check::BASE
};

fn probe(scan: &Scan<'_>) -> Verdict {
    let sources: Vec<_> = alertmanager::all(scan).into_iter().filter(|source| !source.routes().is_empty()).collect();
    let falcos: Vec<_> = falco::all(scan).into_iter().filter(|falco| falco.config.is_some() || !falco.rules.is_empty()).collect();
    if sources.is_empty() && falcos.is_empty() {
        return Verdict::Skip("no configuration of alerts is seen".into());
    }
    let mut faults: Vec<Fault> = sources.iter().flat_map(of_routes).collect();
    for falco in &falcos {
        for (inner, at) in falco.disabled().into_iter().filter(|(inner, at)| !inner.is_commented(*at)) {
            let said = "a rule of Falco is switched off, and no comment says why";
            faults.push(inner.fault(at, said.to_owned()).expected("a comment with the reason").of_its_object());
        }
        if let Some((inner, at)) = falco.exception() {
            let said = "a rule of Falco has exceptions: when somebody last looked at them is not said";
            faults.push(inner.fault(at, said.to_owned()).observed("").doubt().of_its_object());
        }
    }
    faults.into()
}

fn of_routes(source: &Source<'_>) -> Vec<Fault> {
    let routes = source.routes();
    let any = routes.iter().any(|route| route.reaches);
    let mut faults = Vec::new();
    for route in &routes {
        if let Some(muted) = route.muted {
            faults.push(source.fault(muted, "a route is muted at all times".to_owned()).expected("an interval with an end"));
        }
        // where no receiver reaches anybody, that is said by runtime-alert-routing-missing
        if any && !route.reaches && route.is_of_critical() {
            let said = "critical alerts go to a receiver with nobody to send to";
            faults.push(source.fault(route.receiver, said.to_owned()).expected("a receiver that reaches people"));
        }
    }
    faults
}
