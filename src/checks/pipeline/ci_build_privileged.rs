//! A build that may become root on its worker owns every later build there.

use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::host_path::is_runtime_socket;
use crate::model::{Container, Field, GroupKind, HostPath, Object, Pod, Scan, kinds};
use crate::settings::{Default, Setting};

pub(super) static CHECK: Check = Check {
    id: "ci-build-privileged",
    title: "build needs privileges on its worker",
    topic: "pipeline",
    severity: Severity::High,
    why: "Jobs run code that nobody has reviewed yet: with a privileged container or the runtime's socket it takes the node, and with it every later build.",
    fix: "Build without privileges (rootless BuildKit, Buildah, ko, jib), with `dockerEnabled: false` on runners, or move such builds to single-use workers kept for them.",
    how: "For tasks and runs of Tekton and for runners of actions-runner-controller: fails for a container that is privileged, adds SYS_ADMIN or ALL, or mounts a container runtime's socket, for a pod with `hostPID`, and for a runner with a Docker daemon of its own, which is privileged and there unless `dockerEnabled: false` or `containerMode: kubernetes` says otherwise. Passes for runners with a label of `privileged_build_labels`. Without a task, run or runner nothing is assessed.",
    blind: "Repositories are not read yet: pipelines, options of their containers, Dockerfiles. The configuration of GitLab's runners is not read, nor whether workers with those labels are used for nothing else.",
    everywhere: true,
    needs: &[kinds::PERSISTENT_VOLUME, kinds::PERSISTENT_VOLUME_CLAIM],
    settings: &[&LABELS],
    refs: &[
        "https://tekton.dev/docs/pipelines/tasks/#specifying-a-securitycontext",
        "https://github.com/actions/actions-runner-controller/blob/master/docs/deploying-alternative-runners.md",
        "https://docs.github.com/en/actions/tutorials/use-actions-runner-controller/deploy-runner-scale-sets",
    ],
    maps: &[("cwe", &["CWE-250"]), ("owasp_cicd", &["CICD-SEC-7"]), ("mitre", &["T1611"]), ("cis_docker", &["5.4"])],
    probe: Probe::Object(SUBJECTS, probe),
    ..Check::BASE
};

static LABELS: Setting = Setting {
    key: "privileged_build_labels",
    help: "Labels of runners, or names of scale sets, that are kept for builds which need privileges.",
    default: Default::Strings(&[]),
};

const SUBJECTS: &[GroupKind] = &[
    GroupKind::new("actions.summerwind.dev", "RunnerDeployment"),
    GroupKind::new("actions.summerwind.dev", "RunnerReplicaSet"),
    GroupKind::new("actions.summerwind.dev", "RunnerSet"),
    GroupKind::new("actions.summerwind.dev", "Runner"),
    GroupKind::new("actions.github.com", "AutoscalingRunnerSet"),
    GroupKind::new("tekton.dev", "Task"),
    GroupKind::new("tekton.dev", "ClusterTask"),
    GroupKind::new("tekton.dev", "TaskRun"),
    GroupKind::new("tekton.dev", "Pipeline"),
    GroupKind::new("tekton.dev", "PipelineRun"),
];

fn probe(object: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    // where the fields of a runner stand: the pod's for a deployment, its own for a set
    let runner = match object.kind {
        "RunnerDeployment" | "RunnerReplicaSet" => object.at("spec.template.spec"),
        _ => object.at("spec"),
    };
    let scale_set = object.at("spec.runnerScaleSetName").text().unwrap_or(object.name);
    let is_kept = |label: &str| match object.group {
        "actions.summerwind.dev" => runner.key("labels").items().any(|own| own.str() == label),
        "actions.github.com" => scale_set == label,
        _ => false,
    };
    if scan.settings.strings(&LABELS).any(is_kept) {
        return Verdict::Pass;
    }
    let daemon = (object.group == "actions.summerwind.dev").then(|| daemon(object, runner)).flatten();
    let pods: Vec<_> = scan.evidence.pods_in(object).iter().map(|record| Pod { scan, record }).collect();
    // a pipeline or run that only refers to tasks says nothing of what they do
    if pods.is_empty() && object.group == "tekton.dev" {
        return Verdict::Unseen;
    }
    daemon.into_iter().chain(pods.iter().flat_map(in_pod)).collect()
}

/// The Docker daemon that the controller puts into or beside a runner.
fn daemon(object: &Object<'_>, runner: Field<'_>) -> Option<Fault> {
    if runner.key("containerMode").str() == "kubernetes" {
        return None;
    }
    let (within, beside) = (runner.key("dockerdWithinRunnerContainer"), runner.key("dockerEnabled"));
    let who = format!("runners of {} {}", object.kind, object.name);
    if within.is_true() {
        return Some(within.fault(format!("{who} run a Docker daemon in a privileged container")).expected("false or absent"));
    }
    let said = || format!("{who} get a privileged container with a Docker daemon");
    (beside.bool() != Some(false)).then(|| beside.fault(said()).expected("false, or containerMode: kubernetes"))
}

fn in_pod(pod: &Pod<'_>) -> Vec<Fault> {
    let host = pod.at("hostPID");
    let shared = host.is_true().then(|| host.fault("a build sees the processes of its node").expected("false or absent"));
    shared.into_iter().chain(pod.containers().flat_map(|container| in_container(&container))).collect()
}

fn in_container(container: &Container<'_>) -> Vec<Fault> {
    let name = container.name();
    let privileged = container.at("securityContext.privileged");
    let whole = privileged.is_true().then(|| privileged.fault(format!("build container {name} is privileged")).expected("false or absent"));
    let added = container
        .at("securityContext.capabilities.add")
        .items()
        .filter(|capability| matches!(capability.str().to_ascii_uppercase().trim_start_matches("CAP_"), "SYS_ADMIN" | "ALL"));
    let added = added.map(|capability| {
        capability
            .fault(format!("build container {name} adds {}, which is root on the node", capability.str()))
            .expected("no such capability")
    });
    let mounted = container.mounts().flat_map(|mount| {
        let sockets = mount.host_paths().into_iter().filter(|host| is_runtime_socket(&host.path));
        HostPath::one_if_perhaps(sockets.map(|host| {
            let said = format!("build container {name} reaches the node's container runtime at {}", host.path);
            (host.perhaps, host.fault(said).expected("no mount of it"))
        }))
    });
    whole.into_iter().chain(added).chain(mounted).collect()
}
