//! A worker runs what anybody has pushed: what is beside it is within reach of that.

use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::kinds::joined;
use crate::model::{Field, GroupKind, Namespace, Object, kinds, worker};
use crate::settings::SYSTEM_NAMESPACES;

pub(super) static CHECK: Check = Check {
    id: "ci-runner-group-shared",
    title: "worker of a sensitive project is shared",
    topic: "pipeline",
    severity: Severity::Medium,
    why: "A job of a project that nobody guards runs on the node, or with the accounts and Secrets of the namespace, that something precious uses too.",
    fix: "Give workers a namespace and nodes of their own, with a taint that only they tolerate, and a runner group for each level of sensitivity.",
    how: "For namespaces with tasks or runs of Tekton or runners of actions-runner-controller: fails where an application (a Deployment, StatefulSet and the like that serves no builds) lies in the same namespace, and where runners, or runs of Tekton, ask for no nodes by a label of the owner's while applications run in the cluster. Is for review where they ask for nodes but tolerate no taint, as applications may come there too, and where a ConfigMap of Tekton may ask for them. System namespaces are left out, and namespaces without a worker; runners of GitLab and agents of Jenkins are not read.",
    unread: true,
    blind: "Groups of runners, the projects that may use them, and workers outside of the cluster: exports of forges and repositories are not read yet. The configuration of GitLab's runners; taints of nodes.",
    needs: NEEDS,
    settings: &[&SYSTEM_NAMESPACES],
    refs: &[
        "https://docs.github.com/en/actions/concepts/runners/runner-groups",
        "https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/",
    ],
    maps: &[("owasp_cicd", &["CICD-SEC-7", "CICD-SEC-5"]), ("cwe", &["CWE-653"])],
    probe: Probe::Namespace(probe),
    ..Check::BASE
};

const NEEDS: &[GroupKind] = &joined::<{ worker::KINDS.len() + 2 }>(worker::KINDS, &[kinds::CONFIG_MAP, kinds::POD]);

/// What any node, or any of a sort, has.
const GENERAL: &[&str] = &["kubernetes.io/os", "kubernetes.io/arch", "beta.kubernetes.io/os", "beta.kubernetes.io/arch"];

fn probe(namespace: &Namespace<'_>) -> Verdict {
    if namespace.is_system() {
        return Verdict::Skip("a system namespace".into());
    }
    let workers = worker::of(namespace);
    let Some(first) = workers.first() else { return Verdict::Skip("no build worker in it".into()) };
    let beside = namespace.pods().filter(worker::is_application).map(|pod| pod.object()).min_by_key(|object| object.name);
    let beside = beside.map(|application| {
        let said = format!("{} lie in one namespace with {} {}", worker::named(first), application.kind, application.name);
        first.at("metadata.name").fault(said).observed("").expected("a namespace of their own").of_its_object()
    });
    let application = worker::application(namespace.scan(), namespace.world());
    let on_nodes = application.map(|application| unplaced(namespace, &workers, application)).unwrap_or_default();
    beside.into_iter().chain(on_nodes).collect()
}

/// Workers that may be on the nodes of applications: of the runs of Tekton the first.
fn unplaced(namespace: &Namespace<'_>, workers: &[&Object<'_>], application: &Object<'_>) -> Vec<Fault> {
    let (mut faults, mut told) = (Vec::new(), false);
    for worker in workers {
        let is_run = worker.group == "tekton.dev";
        if is_run && told {
            continue;
        }
        let fault = match worker::runner(worker) {
            Some(spec) => judge(worker, &|path| spec.at(path), application),
            None => {
                let Some(pod) = worker::pods(worker, namespace.scan()).find(|pod| !pod.is_open()) else { continue };
                let fault = judge(worker, &|path| pod.at(path), application).into_iter().collect();
                if let Verdict::Fail(settled) = pod.settle(fault, false) { settled.into_iter().next() } else { None }
            }
        };
        told |= is_run && fault.is_some();
        faults.extend(fault);
    }
    faults
}

fn judge<'a>(worker: &Object<'_>, at: &dyn Fn(&'static str) -> Field<'a>, application: &Object<'_>) -> Option<Fault> {
    let (selector, required) = (at("nodeSelector"), at("affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution"));
    let selects = required.exists() || selector.entries().iter().any(|(key, _)| !GENERAL.contains(key));
    let tolerates = at("tolerations").items().any(|one| !one.key("key").str().starts_with("node.kubernetes.io/"));
    let who = worker::named(worker);
    if !selects {
        let said = format!("{who} may run on any node, with applications such as {} {}", application.kind, application.name);
        return Some(selector.fault(said).expected("nodes of their own"));
    }
    let said = || format!("{who} tolerate no taint: applications may come to the nodes that they ask for");
    (!tolerates).then(|| at("tolerations").fault(said()).expected("a taint that keeps others off").doubt())
}
