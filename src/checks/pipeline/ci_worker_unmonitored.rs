//! What happens within a build, nobody sees afterwards: the worker is gone.

use crate::checks::{Assurance, Check, Fault, Probe, Severity, Verdict};
use crate::model::sensor::{self, Role, agents};
use crate::model::{Container, Field, GroupKind, Object, Scan, confinement, kinds, worker};

pub(super) static CHECK: Check = Check {
    id: "ci-worker-unmonitored",
    title: "build worker is neither watched nor confined",
    topic: "pipeline",
    severity: Severity::Low,
    why: "A dependency that steals the build's secrets, or changes what is built, leaves no trace when nothing watches the worker and any system call is open to it.",
    fix: "Set seccompProfile and appArmorProfile for the pods of workers, or run a sensor such as Falco or Tetragon on their nodes.",
    how: "For tasks and runs of Tekton and for runners of actions-runner-controller: passes where a known sensor runs in the cluster, or where every container has a seccomp profile and one of AppArmor or SELinux. Fails where one has no seccomp profile, or is privileged, as the Docker daemon is that runners of the older controller get unless it is switched off, and all that runs was seen; is for review before, where a run or a ConfigMap of Tekton may still set it, where it has no profile of AppArmor or SELinux, and where a sensor shows by the name of its image alone. Without a task, run or runner nothing is assessed; runners of GitLab and agents of Jenkins are not read.",
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
        return of_runner(object, runner, &unless_watched);
    }
    let of_pod = |pod: &crate::model::Pod<'_>| {
        let faults: Vec<_> = pod.containers().filter_map(|container| judge(&container, &unless_watched)).collect();
        pod.settle(faults.into(), false)
    };
    let verdicts: Vec<_> = pods.iter().map(of_pod).collect();
    verdicts.into_iter().flat_map(|verdict| if let Verdict::Fail(faults) = verdict { faults } else { Vec::new() }).collect()
}

/// Runners of the older controller: it adds a container of its own.
fn of_runner(worker: &Object<'_>, runner: Field<'_>, unless_watched: &dyn Fn(Fault) -> Fault) -> Verdict {
    let who = worker::named(worker);
    if let Some(daemon) = worker::daemon(worker) {
        let fault = daemon.fault(format!("nothing watches the {who}, and no profile confines their privileged Docker daemon"));
        return unless_watched(fault.expected("dockerEnabled: false, or a sensor")).into();
    }
    let context = runner.key("securityContext");
    let seccomp = context.key("seccompProfile");
    if !matches!(seccomp.key("type").text(), Some("RuntimeDefault" | "Localhost")) {
        return unless_watched(seccomp.fault(format!("nothing confines or watches the {who}")).expected("RuntimeDefault")).into();
    }
    if confinement::is_labelled(context.key("seLinuxOptions")) || confinement::is_profile(context.key("appArmorProfile")) {
        return Verdict::Pass;
    }
    let said = format!("nothing watches the {who}, and they have no profile of AppArmor or SELinux: their node may give them one");
    context.key("appArmorProfile").fault(said).expected("RuntimeDefault or Localhost, or a sensor").doubt().into()
}

fn judge(container: &Container<'_>, unless_watched: &dyn Fn(Fault) -> Fault) -> Option<Fault> {
    let name = container.name();
    let privileged = container.at("securityContext.privileged");
    if privileged.is_true() {
        let fault = privileged.fault(format!("nothing watches build container {name}, and no profile confines it, as it is privileged"));
        return Some(unless_watched(fault.expected("false or absent, or a sensor")));
    }
    if !container.has_seccomp_profile() {
        let profile = container.inherited("seccompProfile");
        let fault = profile.fault(format!("nothing watches build container {name}, and any system call is open to it"));
        return Some(container.pod.unless_supplied(unless_watched(fault.expected("RuntimeDefault or Localhost, or a sensor"))));
    }
    let bare = !container.has_access_profile();
    let said = || format!("nothing watches build container {name}, and it has no profile of AppArmor or SELinux: its node may give it one");
    bare.then(|| container.inherited("appArmorProfile").fault(said()).expected("RuntimeDefault or Localhost, or a sensor").doubt())
}
