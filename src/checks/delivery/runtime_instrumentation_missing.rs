//! Without signals of the application itself, attacks and faults leave no trace that anybody reads.

use crate::checks::{Assurance, Check, Probe, Severity, Verdict};
use crate::model::selector::Selector;
use crate::model::{GroupKind, Namespace, Object, Pod, kinds, service};

pub(super) static CHECK: Check = Check {
    id: "runtime-instrumentation-missing",
    title: "application is not instrumented",
    topic: "delivery",
    severity: Severity::Low,
    why: "What an application does not tell of itself, no dashboard and no alarm can show.",
    fix: "Add OpenTelemetry, by its SDK or by its operator's injection, and have metrics scraped.",
    how: "A workload outside of the system's namespaces counts as instrumented when OpenTelemetry's injection is asked for by an annotation of it or its namespace, when a variable of OpenTelemetry or of Datadog's tracer is set, when it is annotated for Prometheus, or when a PodMonitor, or a ServiceMonitor with a Service, selects it. A monitor that selects whatever is there shows nothing. A namespace passes when all of its workloads count. Where some do not, it is for review as soon as all monitors were to be seen, and not assessed before: libraries within an image show nowhere. Never fails. Jobs, runs and tasks of Tekton and workflows of Argo are left out.",
    unread: true,
    blind: "Libraries within images and agents on nodes (eBPF); whether anybody reads the signals; dependencies of repositories, which are not read yet.",
    assurance: Assurance::Observation,
    needs: NEEDS,
    refs: &[
        "https://opentelemetry.io/docs/platforms/kubernetes/operator/automatic/",
        "https://prometheus-operator.dev/docs/developer/getting-started/",
    ],
    probe: Probe::Namespace(probe),
    ..Check::BASE
};

const POD_MONITOR: GroupKind = GroupKind::new("monitoring.coreos.com", "PodMonitor");
const SERVICE_MONITOR: GroupKind = GroupKind::new("monitoring.coreos.com", "ServiceMonitor");
const NEEDS: &[GroupKind] = &[kinds::POD, kinds::NAMESPACE, kinds::SERVICE, POD_MONITOR, SERVICE_MONITOR];

fn probe(namespace: &Namespace<'_>) -> Verdict {
    let scan = namespace.scan();
    if namespace.is_system() {
        return Verdict::Skip("a namespace of the system".into());
    }
    let workloads: Vec<_> = namespace.pods().filter(is_judged).collect();
    if workloads.is_empty() {
        return Verdict::Skip("no application runs".into());
    }
    let by_namespace = namespace.documents().any(|document| is_injected(&|key| asks(document.annotation(key).str())));
    let monitors = Monitors::of(namespace);
    let is_bare = |pod: &&Pod<'_>| !by_namespace && !is_instrumented(pod) && !monitors.select(pod);
    let bare: Vec<_> = workloads.iter().filter(is_bare).map(|pod| pod.object().name).collect();
    let said = match bare.as_slice() {
        [] => return Verdict::Pass,
        [name] => format!("nothing is seen that instruments workload {name}"),
        names => {
            let first = names.iter().min().copied().unwrap_or_default();
            format!("nothing is seen that instruments {} of {} workloads, {first} among them", names.len(), workloads.len())
        }
    };
    scan.review_if_whole(&[POD_MONITOR, SERVICE_MONITOR], said)
}

/// What a controller made is judged as that; a job, of whatever group, is over before anybody reads its signals.
fn is_judged(pod: &Pod<'_>) -> bool {
    let (object, owners) = (pod.object(), pod.scan().evidence.owners());
    let ends = object.kind.ends_with("Job") || object.kind == "JobSet" || pod.ends();
    !ends && owners.of(object.id).is_none()
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

/// The name of an Instrumentation counts as `true` does.
fn asks(annotation: &str) -> bool {
    !matches!(annotation, "" | "false")
}

fn is_instrumented(pod: &Pod<'_>) -> bool {
    let is_variable = |name: &str| name.starts_with("OTEL_") || matches!(name, "DD_AGENT_HOST" | "DD_TRACE_AGENT_URL" | "DD_TRACE_ENABLED");
    let by_variable = || pod.containers().any(|container| container.at("env").items().any(|one| is_variable(one.key("name").str())));
    is_injected(&|key| asks(pod.annotation(key).str())) || pod.annotation("prometheus.io/scrape").str() == "true" || by_variable()
}

/// What the monitors of Prometheus select in a namespace. Those that select whatever nobody named show nothing of it.
struct Monitors<'a> {
    pods: Vec<Selector<'a>>,
    services: Vec<&'a Object<'a>>,
}

impl<'a> Monitors<'a> {
    fn of(namespace: &Namespace<'a>) -> Self {
        let evidence = namespace.scan().evidence;
        let selectors = |kind: GroupKind| -> Vec<Selector<'a>> {
            let reaching = evidence.of_kind_in(namespace.world(), kind).filter(|monitor| reaches(monitor, namespace));
            let selectors = reaching.map(|monitor| Selector::or_all(monitor.at("spec.selector")));
            selectors.filter(|selector| !selector.selects_all() && !selector.only_excludes()).collect()
        };
        let by_service = selectors(SERVICE_MONITOR);
        // where nothing selects Services, none is looked at
        let services = namespace.objects().filter(|object| !by_service.is_empty() && object.is(kinds::SERVICE));
        let is_selected = |service: &&Object<'a>| by_service.iter().any(|selector| selector.matches(|key| service.label(key).text()));
        Monitors { pods: selectors(POD_MONITOR), services: services.filter(is_selected).collect() }
    }

    fn select(&self, pod: &Pod<'a>) -> bool {
        let labels = pod.metadata().key("labels");
        let by_pod = || self.pods.iter().any(|selector| selector.matches(|key| labels.key(key).text()));
        by_pod() || self.services.iter().any(|service| service::selects(service, pod))
    }
}

/// Whether a monitor looks at a namespace: its own, unless it names others or any.
fn reaches(monitor: &Object<'_>, namespace: &Namespace<'_>) -> bool {
    let asked = monitor.at("spec.namespaceSelector");
    let mut named = asked.key("matchNames").items().map(|name| name.str()).peekable();
    let own = monitor.namespace.unwrap_or(namespace.scan().evidence.assumed_namespace());
    match (asked.key("any").is_true(), named.peek()) {
        (true, _) => true,
        (false, None) => own == namespace.name(),
        (false, Some(_)) => named.any(|name| name == namespace.name()),
    }
}
