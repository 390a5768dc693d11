//! The log of a container goes with it: what was not collected by then is lost.

use super::unsure;
use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::sensor::{COLLECTORS, Role, agents, anywhere, asked, config, is_agent, spread};
use crate::model::{Field, GroupKind, Namespace, Scan, kinds, sensor};
use crate::settings::SYSTEM_NAMESPACES;

pub(super) static CHECK: Check = Check {
    id: "runtime-log-collection-missing",
    title: "logs of applications are not collected",
    topic: "runtime",
    severity: Severity::Medium,
    why: "The node keeps the last megabytes of a container's log, and none once the pod is gone: nobody can tell afterwards what it did.",
    fix: "Run a collector such as Fluent Bit, Vector or the OpenTelemetry Collector on every node, with an output outside the cluster and no namespace of applications left out.",
    how: "Fails where all that runs was seen and no known collector is there, where its pods are not ready on a Linux node that is up and open, where in files a node's taint or label keeps it off, or where annotations or labels take every pod of a namespace of applications out of the collection. For review: no collector in a part of the manifests, one that shows by the name of its image alone or whose operator is seen rather than its agents, one whose output is not seen, and single pods that are taken out. Does not apply where nothing runs.",
    blind: "What the logs say: whether sign-ins, denials and failures are among it. What a provider's agents collect out of sight.",
    needs: &[kinds::DAEMON_SET, kinds::POD, kinds::NODE, kinds::CONFIG_MAP, kinds::NAMESPACE],
    beside: OPERATORS,
    settings: &[&COLLECTORS, &SYSTEM_NAMESPACES],
    refs: &[
        "https://kubernetes.io/docs/concepts/cluster-administration/logging/",
        "https://docs.fluentbit.io/manual/data-pipeline/filters/kubernetes",
    ],
    maps: &[("owasp_k8s_2022", &["K05"]), ("owasp_k8s_2025", &["K10"]), ("nsa_cisa", &["logging"]), ("cwe", &["CWE-778"])],
    probe: Probe::Scan(probe),
    ..Check::BASE
};

const OPERATORS: &[GroupKind] = sensor::LOG_OPERATORS;

fn probe(scan: &Scan<'_>) -> Verdict {
    if scan.evidence.pods().is_empty() {
        return Verdict::Skip("nothing runs".into());
    }
    let all = agents(scan, Role::Logs);
    let collectors: Vec<_> = all.iter().filter(|agent| agent.is_of_nodes()).copied().collect();
    if collectors.is_empty() {
        return match (asked(scan, OPERATORS), anywhere(scan)) {
            (Some(object), _) => {
                let said =
                    format!("{} {} asks for a collector; whether it is on every node shows in the cluster", object.kind, object.name);
                object.at("metadata.name").fault(said).observed("").doubt().into()
            }
            (None, Some(place)) => {
                let said = "no known agent is seen that collects the logs of containers";
                place.fault(said).observed("").expected("a collector on every node").missing(sensor::RUNNING).into()
            }
            (None, None) => Verdict::Skip("nothing runs".into()),
        };
    }
    let doubt = unsure(&collectors, "collects logs");
    let output = if doubt.is_some() { None } else { unsent(&collectors) };
    doubt.into_iter().chain(output).chain(spread::faults(scan, &collectors, "the collection")).chain(left_out(scan)).collect()
}

/// Where the logs go, when that is not seen.
fn unsent(collectors: &[sensor::Agent<'_>]) -> Option<Fault> {
    let is_sent = |agent: &sensor::Agent<'_>| {
        let lines = config::texts(&agent.container).into_iter().flat_map(|text| text.str().lines());
        lines.map(str::trim_start).filter(|line| !line.starts_with('#')).any(is_output)
    };
    let first = collectors.first()?;
    let said = format!("where {} sends the logs is not seen", first.name);
    (!collectors.iter().any(is_sent)).then(|| first.container.image().fault(said).expected("an output outside the cluster").doubt())
}

/// Whether a line of a collector's configuration names a place to send to.
fn is_output(line: &str) -> bool {
    const REMOTE: &[&str] = &[
        "es",
        "opensearch",
        "loki",
        "splunk",
        "kafka",
        "forward",
        "http",
        "s3",
        "cloudwatch_logs",
        "cloudwatch",
        "stackdriver",
        "azure",
        "datadog",
        "gelf",
        "syslog",
        "opentelemetry",
        "nrlogs",
        "kinesis_firehose",
        "kinesis_streams",
    ];
    let mut words = line.split_whitespace();
    let named = match (words.next(), words.next()) {
        (Some(key), Some(value)) => key.eq_ignore_ascii_case("name") && REMOTE.contains(&value.to_ascii_lowercase().as_str()),
        _ => false,
    };
    let elsewhere = line.contains("://") && !["localhost", "127.0.0.1", "kubernetes.default"].iter().any(|near| line.contains(near));
    named || elsewhere
}

/// Pods that are taken out of the collection, once a namespace.
fn left_out(scan: &Scan<'_>) -> Vec<Fault> {
    let records = scan.evidence.namespaces().iter();
    let places = records.map(|record| Namespace { scan, record }).filter(|place| !place.is_system());
    places.filter_map(|place| out_of(&place)).collect()
}

fn out_of(namespace: &Namespace<'_>) -> Option<Fault> {
    let pods: Vec<_> = namespace.pods().filter(|pod| !is_agent(pod)).collect();
    let out: Vec<(Field<'_>, &str)> = pods
        .iter()
        .filter_map(|pod| {
            let (excluded, label) = (pod.annotation("fluentbit.io/exclude"), pod.metadata().key("labels").key("vector.dev/exclude"));
            let field = [excluded, label].into_iter().find(|field| field.str() == "true")?;
            Some((field, pod.object().name))
        })
        .collect();
    let (field, first) = *out.iter().min_by_key(|(_, name)| *name)?;
    if out.len() == pods.len() {
        let said = format!("no log{} is collected: every pod is taken out", namespace.after("of"));
        return Some(field.fault(said).expected("false").of_its_object());
    }
    let more = if out.len() > 1 { format!(" and {} more", out.len() - 1) } else { String::new() };
    Some(field.fault(format!("the logs of {first}{more} are not collected")).expected("false").doubt().of_its_object())
}
