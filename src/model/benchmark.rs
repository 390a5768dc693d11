//! Tools that measure a cluster against a benchmark, as pods run them.

use crate::model::field::Field;
use crate::model::pipeline::{Does, runs};
use crate::model::pod::Pod;
use crate::model::{kinds, schedule};

/// How often a tool measures.
#[derive(Debug)]
pub enum Measured<'a> {
    /// Again and again.
    Again,
    /// Not at all, as this schedule has a time that never comes.
    Never(Field<'a>),
    /// Not now, as this says.
    Suspended(Field<'a>),
    /// Once, with this image.
    Once(Field<'a>),
}

/// How often a pod measures a cluster; `None` for one that does not, or that another object makes which is seen.
#[must_use]
pub fn measured<'a>(pod: &Pod<'a>) -> Option<Measured<'a>> {
    // what is run again or once; most pods are of neither
    let object = pod.object();
    if !matches!(object.kind, "CronJob" | "Job" | "CronWorkflow" | "Workflow" | "WorkflowTemplate" | "ClusterWorkflowTemplate") {
        return None;
    }
    let container = pod.containers().find(|container| {
        let is_scheduler = object.is(kinds::CRON_JOB) && object.label("app").str() == "kubescape-scheduler";
        is_scheduler || may_measure(container.field) && runs(container, Does::Measure)
    })?;
    if !object.is(kinds::CRON_JOB) && object.kind != "CronWorkflow" {
        let is_made = pod.controller().is_some_and(|(owner, _)| owner.kind == "Job" || owner.kind == "CronJob");
        return (!is_made).then(|| Measured::Once(container.image()));
    }
    let suspend = object.at("spec.suspend");
    if suspend.is_true() {
        return Some(Measured::Suspended(suspend));
    }
    let all: Vec<_> = [object.at("spec.schedule")].into_iter().chain(object.at("spec.schedules").items()).collect();
    let all: Vec<_> = all.into_iter().filter(|one| !one.is_empty()).collect();
    let never = all.iter().all(|one| schedule::never_comes(one.str()));
    Some(all.first().filter(|_| never).map_or(Measured::Again, |first| Measured::Never(*first)))
}

/// Most containers are of no such tool: their words are looked at where one of its name is among them.
fn may_measure(container: Field<'_>) -> bool {
    const WORDS: [&str; 8] = ["kube-bench", "kubescape", "trivy", "oscap", "inspec", "cinc-auditor", "lynis", "prowler"];
    let lists = ["command", "args"].into_iter().flat_map(|key| container.key(key).scalars());
    let mut texts = lists.chain([container.key("image"), container.key("script"), container.key("source")]).map(Field::str);
    texts.any(|text| WORDS.iter().any(|word| text.contains(word)))
}
