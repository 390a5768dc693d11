//! Without signals of the application itself, attacks and faults leave no trace that anybody reads.

use std::collections::HashMap;

use crate::checks::{Assurance, Check, Probe, Severity, Verdict};
use crate::model::selector::Selector;
use crate::model::{GroupKind, Namespace, Object, Pod, Scan, kinds, service};

pub(super) static CHECK: Check = Check {
    id: "runtime-instrumentation-missing",
    title: "application is not instrumented",
    topic: "delivery",
    severity: Severity::Low,
    why: "What an application does not tell of itself, no dashboard and no alarm can show.",
    fix: "Add OpenTelemetry, by its SDK or by its operator's injection, and have metrics scraped.",
    how: "A workload outside of the system's namespaces counts as instrumented when OpenTelemetry's injection is asked for by an annotation of it or its namespace, when a variable of OpenTelemetry or of Datadog's tracer is set, when it is annotated for Prometheus, or when a PodMonitor, or a ServiceMonitor with a Service, selects it. Passes when all are. Where some are not, it is for review, said once, as soon as all monitors were to be seen, and not assessed before: libraries within an image show nowhere. Never fails. Jobs are left out.",
    unread: true,
    blind: "Libraries within images and agents on nodes (eBPF); whether anybody reads the signals; dependencies of repositories, which are not read yet.",
    assurance: Assurance::Observation,
    needs: NEEDS,
    refs: &[
        "https://opentelemetry.io/docs/platforms/kubernetes/operator/automatic/",
        "https://prometheus-operator.dev/docs/developer/getting-started/",
    ],
    probe: Probe::Scan(probe),
    ..Check::BASE
};

const POD_MONITOR: GroupKind = GroupKind::new("monitoring.coreos.com", "PodMonitor");
const SERVICE_MONITOR: GroupKind = GroupKind::new("monitoring.coreos.com", "ServiceMonitor");
const NEEDS: &[GroupKind] = &[kinds::POD, kinds::NAMESPACE, kinds::SERVICE, POD_MONITOR, SERVICE_MONITOR];

fn probe(scan: &Scan<'_>) -> Verdict {
    let evidence = scan.evidence;
    let monitors = Monitors::of(scan);
    let (mut all, mut bare) = (0_u32, Vec::new());
    for namespace in evidence.namespaces().iter().map(|record| Namespace { scan, record }).filter(|namespace| !namespace.is_system()) {
        let by_namespace = namespace.documents().any(|document| is_injected(&|key| document.annotation(key).str() == "true"));
        for pod in namespace.pods().filter(is_judged) {
            all += 1;
            if !by_namespace && !is_instrumented(&pod) && !monitors.select(&pod) {
                bare.push(pod.object().name);
            }
        }
    }
    let said = match (all, bare.as_slice()) {
        (0, _) => return Verdict::Skip("no application runs".into()),
        (_, []) => return Verdict::Pass,
        (_, [name]) => format!("of workload {name} nothing is seen that instruments it"),
        (_, names) => {
            let first = names.iter().min().copied().unwrap_or_default();
            format!("of {} of {all} workloads, {first} among them, nothing is seen that instruments them", names.len())
        }
    };
    let is_whole = [POD_MONITOR, SERVICE_MONITOR].into_iter().all(|kind| scan.is_whole(kind, None));
    if is_whole { Verdict::Review(said.into()) } else { Verdict::Skip(said.into()) }
}

/// What a controller made is judged as that; a Job is over before anybody reads its signals.
fn is_judged(pod: &Pod<'_>) -> bool {
    let (object, owners) = (pod.object(), pod.scan().evidence.owners());
    !object.is(kinds::JOB) && !object.is(kinds::CRON_JOB) && owners.of(object.id).is_none()
}

const INJECTED: [&str; 8] = [
    "instrumentation.opentelemetry.io/inject-java",
    "instrumentation.opentelemetry.io/inject-nodejs",
    "instrumentation.opentelemetry.io/inject-python",
    "instrumentation.opentelemetry.io/inject-dotnet",
    "instrumentation.opentelemetry.io/inject-go",
    "instrumentation.opentelemetry.io/inject-apache-httpd",
    "instrumentation.opentelemetry.io/inject-nginx",
    "instrumentation.opentelemetry.io/inject-sdk",
];

fn is_injected(has: &dyn Fn(&'static str) -> bool) -> bool {
    INJECTED.into_iter().any(has)
}

fn is_instrumented(pod: &Pod<'_>) -> bool {
    // the name of an Instrumentation counts as `true` does
    let asks = |key| !matches!(pod.annotation(key).str(), "" | "false");
    let is_variable = |name: &str| name.starts_with("OTEL_") || matches!(name, "DD_AGENT_HOST" | "DD_TRACE_AGENT_URL" | "DD_TRACE_ENABLED");
    let by_variable = || pod.containers().any(|container| container.at("env").items().any(|one| is_variable(one.key("name").str())));
    is_injected(&asks) || pod.annotation("prometheus.io/scrape").str() == "true" || by_variable()
}

/// The monitors of Prometheus, with the Services that they select.
struct Monitors<'a> {
    pods: Vec<(Reach<'a>, Selector<'a>)>,
    /// By world and namespace.
    services: HashMap<(u16, &'a str), Vec<&'a Object<'a>>>,
}

/// The world of a monitor, and the namespaces that it looks at; all where there is none.
type Reach<'a> = (u16, Option<Vec<&'a str>>);

impl<'a> Monitors<'a> {
    fn of(scan: &'a Scan<'a>) -> Self {
        let evidence = scan.evidence;
        let selected = |kind: GroupKind| {
            evidence.of_kind(kind).map(|monitor| {
                let asked = monitor.at("spec.namespaceSelector");
                let named: Vec<_> = asked.key("matchNames").items().map(|name| name.str()).collect();
                let own = || vec![monitor.namespace.unwrap_or(evidence.assumed_namespace())];
                let namespaces = match (asked.key("any").is_true(), named.is_empty()) {
                    (true, _) => None,
                    (false, true) => Some(own()),
                    (false, false) => Some(named),
                };
                ((monitor.world, namespaces), Selector::or_all(monitor.at("spec.selector")))
            })
        };
        let by_service: Vec<_> = selected(SERVICE_MONITOR).collect();
        let mut services: HashMap<_, Vec<_>> = HashMap::new();
        // where nothing selects Services, none is looked at
        for service in evidence.of_kind(kinds::SERVICE).filter(|_| !by_service.is_empty()) {
            let place = (service.world, service.namespace.unwrap_or(evidence.assumed_namespace()));
            let is_selected = |(reach, selector): &(Reach<'a>, Selector<'a>)| {
                reaches(reach, place.0, place.1) && selector.matches(|key| service.label(key).text())
            };
            if by_service.iter().any(is_selected) {
                services.entry(place).or_default().push(service);
            }
        }
        Monitors { pods: selected(POD_MONITOR).collect(), services }
    }

    fn select(&self, pod: &Pod<'a>) -> bool {
        let (world, namespace) = (pod.object().world, pod.namespace());
        let labels = pod.metadata().key("labels");
        let by_pod = || {
            let selects = |(reach, selector): &(Reach<'a>, Selector<'a>)| {
                reaches(reach, world, namespace) && selector.matches(|key| labels.key(key).text())
            };
            self.pods.iter().any(selects)
        };
        let by_service = || self.services.get(&(world, namespace)).into_iter().flatten().any(|object| service::selects(object, pod));
        by_pod() || by_service()
    }
}

fn reaches((own, namespaces): &Reach<'_>, world: u16, namespace: &str) -> bool {
    *own == world && namespaces.as_ref().is_none_or(|names| names.contains(&namespace))
}
