//! What happens within a build, nobody sees afterwards: the worker is gone.

use crate::checks::{Assurance, Check, Fault, Probe, Severity, Verdict};
use crate::model::sensor::{self, Role, agents};
use crate::model::{Container, GroupKind, Object, Scan, kinds, worker};

pub(super) static CHECK: Check = Check {
    id: "ci-worker-unmonitored",
    title: "build worker is neither watched nor confined",
    topic: "pipeline",
    severity: Severity::Low,
    why: "A dependency that steals the build's secrets, or changes what is built, leaves no trace when nothing watches the worker and any system call is open to it.",
    fix: "Set seccompProfile and appArmorProfile for the pods of workers, or run a sensor such as Falco or Tetragon on their nodes.",
    how: "For tasks and runs of Tekton and for runners of actions-runner-controller: passes where a known sensor runs in the cluster, or where every container, privileged ones aside, has a seccomp profile and one of AppArmor or SELinux. Fails where one has no seccomp profile and all that runs was seen; is for review before, where a run or a ConfigMap of Tekton may still set it, where it has no profile of AppArmor or SELinux, and where a sensor shows by the name of its image alone. Without a task, run or runner nothing is assessed.",
    unread: true,
    everywhere: true,
    blind: "Pipelines of forges are not read yet, nor workers outside of the cluster; `seccompDefault` of the kubelets; whether anybody reads what a sensor sees, and whether it is on the nodes of workers: runtime-detection-missing looks at that.",
    assurance: Assurance::Configuration,
    needs: NEEDS,
    settings: &[&sensor::SENSORS],
    refs: &["https://kubernetes.io/docs/tutorials/security/seccomp/", "https://falco.org/docs/"],
    maps: &[("owasp_cicd", &["CICD-SEC-10"])],
    probe: Probe::Object(worker::KINDS, probe),
    ..Check::BASE
};

const NEEDS: &[GroupKind] = &[kinds::DAEMON_SET, kinds::POD, kinds::CONFIG_MAP];

fn probe(object: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    if !worker::is_worker(object) {
        return Verdict::Unseen;
    }
    let pods: Vec<_> = worker::pods(object, scan).filter(|pod| pod.containers().next().is_some()).collect();
    let runner = worker::runner(object);
    if pods.is_empty() && runner.is_none() {
        return Verdict::Unseen;
    }
    let watchers: Vec<_> = agents(scan, Role::Detection).into_iter().filter(|agent| agent.object().world == object.world).collect();
    if watchers.iter().any(|agent| agent.sure) {
        return Verdict::Pass;
    }
    let perhaps = watchers.first().map(|agent| agent.name);
    let unless_watched = |fault: Fault| match perhaps {
        Some(name) => fault.reworded(|said| format!("{said}; {name} shows by the name of its image alone")).doubt(),
        None => fault.missing(sensor::RUNNING),
    };
    if let Some(runner) = runner {
        let profile = runner.at("securityContext.seccompProfile");
        let is_named = matches!(profile.key("type").text(), Some("RuntimeDefault" | "Localhost"));
        let said = format!("nothing confines or watches the {}", worker::named(object));
        return if is_named { Verdict::Pass } else { unless_watched(profile.fault(said).expected("RuntimeDefault")).into() };
    }
    let of_pod = |pod: &crate::model::Pod<'_>| {
        let held = pod.containers().filter(|container| !container.at("securityContext.privileged").is_true());
        let faults: Vec<_> = held.filter_map(|container| judge(&container, &unless_watched)).collect();
        pod.settle(faults.into(), false)
    };
    let verdicts: Vec<_> = pods.iter().map(of_pod).collect();
    verdicts.into_iter().flat_map(|verdict| if let Verdict::Fail(faults) = verdict { faults } else { Vec::new() }).collect()
}

fn judge(container: &Container<'_>, unless_watched: &dyn Fn(Fault) -> Fault) -> Option<Fault> {
    let name = container.name();
    if !container.has_seccomp_profile() {
        let profile = container.inherited("seccompProfile");
        let fault = profile.fault(format!("nothing watches build container {name}, and any system call is open to it"));
        return Some(container.pod.unless_supplied(unless_watched(fault.expected("RuntimeDefault or Localhost, or a sensor"))));
    }
    let bare = !container.has_access_profile();
    let said = || format!("nothing watches build container {name}, and it has no profile of AppArmor or SELinux: its node may give it one");
    bare.then(|| container.inherited("appArmorProfile").fault(said()).expected("RuntimeDefault or Localhost, or a sensor").doubt())
}
