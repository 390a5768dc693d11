//! A sensor sees what its rules tell it to look for, and nothing else.

use std::collections::BTreeSet;

use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::sensor::falco::Falco;
use crate::model::sensor::watch::{NAMESPACED_TRACING_POLICY, RULES, TRACING_POLICY, Watched, by_armor, by_tracing};
use crate::model::sensor::{Role, SENSORS, agents, falco};
use crate::model::{GroupKind, Scan, kinds};

pub(super) static CHECK: Check = Check {
    id: "runtime-rules-inadequate",
    title: "rules of the sensor leave out files, mounts, processes or the network",
    topic: "runtime",
    severity: Severity::Medium,
    why: "Attackers write to /etc, mount the node, run what they dropped and call home: a sensor that watches none of it reports nothing.",
    fix: "Load Falco's stable rules and, beside them, rules for writes to critical files and for mounts (as those of its sandbox set); with Tetragon, add tracing policies for files, mounts and connections.",
    how: "Falco fails where its `priority` is above notice, which leaves out rules that come with it, and where those are not loaded or all switched off while no rule of its ConfigMaps watches writes, mounts, new binaries and connections. Tetragon fails without any tracing policy, as it then sees starts of processes alone. Passes where rules that are seen watch all five: writes to critical files, mounts, new binaries, unexpected processes, unexpected connections. For review: what no rule seen watches (the stable rules of Falco leave out writes and mounts), rules that are fetched at run time, and sensors whose rules stand elsewhere. Does not apply without a sensor.",
    blind: "Arguments of Falco's command line, what lists and conditions let through, and rules in the console of a vendor.",
    needs: &[kinds::DAEMON_SET, kinds::POD, kinds::CONFIG_MAP],
    beside: RULES,
    settings: &[&SENSORS],
    refs: &[
        "https://falco.org/docs/reference/rules/default-rules/",
        "https://falco.org/docs/concepts/rules/controlling-rules/",
        "https://tetragon.io/docs/policy-library/",
    ],
    maps: &[("owasp_k8s_2022", &["K05"]), ("owasp_k8s_2025", &["K10"]), ("mitre", &["T1554", "T1565"])],
    probe: Probe::Scan(probe),
    ..Check::BASE
};

const TRACING: &[GroupKind] = &[TRACING_POLICY, NAMESPACED_TRACING_POLICY];
const EXPECTED: &str = "rules for files, mounts, new binaries, processes and connections";

fn probe(scan: &Scan<'_>) -> Verdict {
    let sensors = agents(scan, Role::Detection);
    let Some(first) = sensors.first() else {
        return Verdict::Skip("no sensor is seen".into());
    };
    let falcos = falco::all(scan);
    let traced = by_tracing(scan);
    let mut watched: BTreeSet<Watched> = falcos.iter().flat_map(Falco::watched).collect();
    watched.extend(traced.iter().flatten());
    watched.extend(by_armor(scan).into_iter().flatten());
    let mut faults: Vec<Fault> = falcos.iter().filter_map(|falco| judge(falco, &watched)).collect();
    let is_tracing = |name: &str| name == "Tetragon";
    if let Some(agent) = sensors.iter().find(|agent| is_tracing(agent.name)).filter(|_| traced.is_none() && falcos.is_empty()) {
        let said = "Tetragon has no tracing policy: it sees processes start, and nothing of files, mounts and connections";
        faults.push(agent.container.image().fault(said).expected(EXPECTED).missing(TRACING));
    }
    if !faults.is_empty() {
        return faults.into();
    }
    let missing: Vec<_> = Watched::ALL.into_iter().filter(|one| !watched.contains(one)).map(Watched::name).collect();
    if missing.is_empty() {
        return Verdict::Pass;
    }
    let elsewhere = sensors.iter().find(|agent| !matches!(agent.name, "Falco" | "Tetragon"));
    let fetched: Vec<_> = falcos.iter().flat_map(|falco| &falco.fetched).map(String::as_str).collect();
    let why = match (elsewhere, fetched.as_slice()) {
        (Some(agent), _) => format!("; what {} looks for stands elsewhere", agent.name),
        (None, []) => String::new(),
        (None, fetched) => format!("; what is fetched at run time is not seen: {}", fetched.join(", ")),
    };
    let agent = elsewhere.unwrap_or(first);
    agent.container.image().fault(format!("no rule that is seen watches {}{why}", missing.join(", "))).expected(EXPECTED).doubt().into()
}

/// What is wrong with the configuration of a Falco.
fn judge(falco: &Falco<'_>, watched: &BTreeSet<Watched>) -> Option<Fault> {
    if let Some(text) = falco.broken {
        return Some(text.fault("a file of Falco's is no sound YAML: what it loads is not known").observed("").doubt());
    }
    let config = falco.config.as_ref()?;
    if let Some(priority) = falco.high_priority() {
        let said = format!("Falco loads no rule below {}: most of those that come with it are left out", priority.str());
        return Some(config.fault(priority, said).expected("notice, or lower").of_its_object());
    }
    let without = falco.without_default()?;
    let own = [Watched::Files, Watched::Mounts, Watched::NewBinaries, Watched::Network];
    if own.iter().any(|one| watched.contains(one)) {
        return None;
    }
    let said = "Falco loads none of the rules that come with it, and no other watches files, mounts, new binaries or connections";
    let fault = config.fault(without, said.to_owned()).expected(EXPECTED).of_its_object();
    Some(if falco.fetched.is_empty() { fault.missing(MAPS) } else { fault.doubt() })
}

const MAPS: &[GroupKind] = &[kinds::CONFIG_MAP];
