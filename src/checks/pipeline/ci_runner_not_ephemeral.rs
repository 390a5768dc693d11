//! A worker that goes on to the next job hands it what the last one left.

use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::host_path::{lies_in, normal_path};
use crate::model::{Field, GroupKind, Object, Scan};

pub(super) static CHECK: Check = Check {
    id: "ci-runner-not-ephemeral",
    title: "build worker is used more than once",
    topic: "pipeline",
    severity: Severity::High,
    why: "What one job leaves behind on a worker, a changed tool, a hook, a process, is there when the next job comes with other secrets.",
    fix: "Have runners take one job each (`ephemeral: true`, or a scale set), and give their work folder an emptyDir or a volume of its own.",
    how: "Fails for runners of actions-runner-controller that are told `ephemeral: false`, and where their work folder lies on a claim, or on the claim templates of a RunnerSet, that outlives the job. Runs of Tekton are pods of their own; a workspace on a claim that is named, not made for the run, is for review. Without a runner or a run nothing is assessed.",
    blind: "Repositories and exports are not read yet: labels of jobs, runners that a platform lists. The configuration of GitLab's runners is not read, nor what a custom image does with its work folder.",
    everywhere: true,
    refs: &[
        "https://docs.github.com/en/actions/reference/runners/self-hosted-runners#ephemeral-runners-for-autoscaling",
        "https://github.com/actions/actions-runner-controller/blob/master/docs/deploying-arc-runners.md",
        "https://tekton.dev/docs/pipelines/workspaces/",
    ],
    maps: &[("owasp_cicd", &["CICD-SEC-7"]), ("slsa", &["Build L3"]), ("cwe", &["CWE-653"])],
    probe: Probe::Object(SUBJECTS, probe),
    ..Check::BASE
};

const SUBJECTS: &[GroupKind] = &[
    GroupKind::new("actions.summerwind.dev", "RunnerDeployment"),
    GroupKind::new("actions.summerwind.dev", "RunnerReplicaSet"),
    GroupKind::new("actions.summerwind.dev", "RunnerSet"),
    GroupKind::new("actions.summerwind.dev", "Runner"),
    GroupKind::new("actions.github.com", "AutoscalingRunnerSet"),
    GroupKind::new("tekton.dev", "TaskRun"),
    GroupKind::new("tekton.dev", "PipelineRun"),
];

fn probe(object: &Object<'_>, _: &Scan<'_>) -> Verdict {
    let (spec, template) = (object.at("spec"), object.at("spec.template.spec"));
    match object.kind {
        "TaskRun" | "PipelineRun" => spec.key("workspaces").items().filter_map(workspace).collect(),
        // a scale set makes a runner a job, whatever its template says
        "AutoscalingRunnerSet" => on_claim(object, template, "/home/runner/_work", &[]).into(),
        "RunnerSet" => {
            let claims: Vec<_> = spec.key("volumeClaimTemplates").items().map(|claim| claim.at("metadata.name").str()).collect();
            reused(object, spec).into_iter().chain(on_claim(object, template, work_folder(spec), &claims)).collect()
        }
        "Runner" => reused(object, spec).into_iter().chain(on_claim(object, spec, work_folder(spec), &[])).collect(),
        _ => reused(object, template).into_iter().chain(on_claim(object, template, work_folder(template), &[])).collect(),
    }
}

fn reused(object: &Object<'_>, config: Field<'_>) -> Option<Fault> {
    let field = config.key("ephemeral");
    let fault =
        || field.fault(format!("runners of {} {} take one job after the other", object.kind, object.name)).expected("true or absent");
    (field.bool() == Some(false)).then(fault)
}

fn work_folder(config: Field<'_>) -> &str {
    let own = config.key("workDir").str();
    if own.is_empty() { "/runner/_work" } else { own }
}

/// Where the work folder lies on a volume that is there for the next runner as well.
fn on_claim(object: &Object<'_>, spec: Field<'_>, folder: &str, templates: &[&str]) -> Option<Fault> {
    let folder = normal_path(folder);
    let lists = [spec, spec.key("containers").items().find(|one| one.key("name").str() == "runner").unwrap_or(spec)];
    let mut mounts = lists.into_iter().flat_map(|one| one.key("volumeMounts").items());
    let mount = mounts.find(|mount| {
        let name = mount.key("name").str();
        let mut volumes = spec.key("volumes").items().filter(|volume| volume.key("name").str() == name);
        let outlives = templates.contains(&name) || volumes.any(|volume| volume.key("persistentVolumeClaim").exists());
        let path = normal_path(mount.key("mountPath").str());
        outlives && !mount.key("readOnly").is_true() && (lies_in(&folder, &path) || lies_in(&path, &folder))
    })?;
    let said = format!("the work folder of runners of {} {} is kept for the next job", object.kind, object.name);
    Some(mount.key("mountPath").fault(said).expected("an emptyDir, or an ephemeral volume"))
}

fn workspace(workspace: Field<'_>) -> Option<Fault> {
    let claim = workspace.at("persistentVolumeClaim.claimName");
    let said = || format!("workspace {} is on a claim that other runs may share", workspace.key("name").str());
    claim.exists().then(|| claim.fault(said()).expected("volumeClaimTemplate, or emptyDir").doubt())
}
