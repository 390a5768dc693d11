//! The pods of runs and workflows: which places make each of them.

use crate::model::field::Field;
use crate::model::layers::{Layers, Layout, Supplier};
use crate::model::object::Object;
use crate::model::templates::{Embedded, expand};
use crate::parse::Kind;

/// A run of one task: its steps when it writes them out, and what its `podTemplate` says in any case.
pub(crate) fn task_run<'a>(object: &Object<'a>) -> Option<Embedded<'a>> {
    let spec = object.at("spec");
    let pod = tekton(object, spec.key("taskSpec"), vec![spec, spec.key("podTemplate")]);
    (pod.has_containers() || spec.key("podTemplate").exists()).then_some(pod)
}

/// A run of a pipeline: a pod for each task that it writes out, and one for each `podTemplate` of a task that it does not.
pub(crate) fn pipeline_run<'a>(object: &Object<'a>) -> Vec<Embedded<'a>> {
    let spec = object.at("spec");
    // v1 keeps what all tasks share in a mapping of its own
    let shared = if object.api_version.ends_with("/v1") { spec.key("taskRunTemplate") } else { spec };
    let common = [shared, shared.key("podTemplate")];
    let of_task = |own: Field<'a>| [own, own.key("podTemplate"), own.key("taskPodTemplate")];
    let named = || spec.key("taskRunSpecs").items();
    let tasks = ["tasks", "finally"].into_iter().flat_map(|list| spec.key("pipelineSpec").key(list).items());
    let tasks: Vec<_> = tasks.filter(|task| task.key("taskSpec").exists()).collect();
    let mut pods: Vec<_> = tasks
        .iter()
        .map(|task| {
            let own = named().find(|own| own.key("pipelineTaskName").str() == task.key("name").str());
            let outer = own.into_iter().flat_map(of_task).chain(common).collect();
            tekton(object, task.key("taskSpec"), outer)
        })
        .filter(Embedded::has_containers)
        .collect();
    let elsewhere = named().filter(|own| !tasks.iter().any(|task| task.key("name").str() == own.key("pipelineTaskName").str()));
    let set = elsewhere.filter(|own| own.key("podTemplate").exists() || own.key("taskPodTemplate").exists());
    pods.extend(set.map(|own| tekton(object, own.key("taskSpec"), of_task(own).into_iter().chain(common).collect())));
    if pods.is_empty() && common[1].exists() {
        pods.push(tekton(object, spec.key("taskSpec"), common.to_vec()));
    }
    pods
}

fn tekton<'a>(object: &Object<'a>, spec: Field<'a>, outer: Vec<Field<'a>>) -> Embedded<'a> {
    // labels and annotations of a run are those of its pods
    Embedded { metadata: object.at("metadata"), spec, layers: Some(Layers { layout: Layout::Tekton, outer, supplier: Supplier::Nobody }) }
}

/// Where templates stand in the spec of a workflow.
const TEMPLATES: [&str; 3] = ["templates.*", "templates.*.steps.*.*.inline", "templates.*.dag.tasks.*.inline"];

/// What a workflow's spec may say of its pods that checks read.
const POD_FIELDS: [&str; 4] = ["securityContext", "hostNetwork", "automountServiceAccountToken", "podSpecPatch"];

/// A workflow: a pod for each template that runs containers; one for what the spec says of the pods of others, when
/// all templates stand elsewhere.
pub(crate) fn workflow<'a>(spec: Field<'a>, shared: bool) -> Vec<Embedded<'a>> {
    let supplier = if shared { Supplier::Workflow } else { Supplier::Nobody };
    let layers = |supplier| Some(Layers { layout: Layout::Argo, outer: vec![spec.key("templateDefaults"), spec], supplier });
    let pod = |template: Field<'a>, supplier| {
        let own = template.key_if_mapping("metadata");
        let metadata = if own.exists() { own } else { spec.key("podMetadata") };
        Embedded { metadata, spec: template, layers: layers(supplier) }
    };
    let templates = TEMPLATES.into_iter().flat_map(|path| expand(spec, path)).filter(|place| place.kind() == Some(Kind::Mapping));
    let pods: Vec<_> = templates.map(|template| pod(template, supplier)).filter(Embedded::has_containers).collect();
    if pods.is_empty() && POD_FIELDS.iter().any(|field| spec.key_if_mapping(field).exists()) {
        return vec![pod(spec.key_if_mapping("template"), Supplier::Workflow)];
    }
    pods
}

/// What a workflow makes beside its pods: objects that stand in it as texts.
pub(crate) fn manifests<'a>(object: &Object<'a>, path: &'static str) -> Vec<Field<'a>> {
    let templates = TEMPLATES.into_iter().flat_map(|places| expand(object.at(path), places));
    let resources = templates.map(|template| template.key_if_mapping("resource").key_if_mapping("manifest"));
    resources.filter(|manifest| !manifest.is_empty()).collect()
}
