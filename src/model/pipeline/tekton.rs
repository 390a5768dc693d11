//! Pipelines of Tekton.

use std::collections::{HashMap, HashSet};

use crate::model::evidence::Evidence;
use crate::model::field::Field;
use crate::model::object::Object;
use crate::model::pipeline::line::{self, Place, Stop};
use crate::model::pipeline::words::Scope;
use crate::model::pipeline::{PIPELINES, Pipeline, Task, argo};
use crate::model::scan::Scan;
use crate::model::{GroupKind, Map};

pub(super) const TASK: GroupKind = GroupKind::new("tekton.dev", "Task");
pub(super) const CLUSTER_TASK: GroupKind = GroupKind::new("tekton.dev", "ClusterTask");
pub(super) const PIPELINE: GroupKind = GroupKind::new("tekton.dev", "Pipeline");
pub(super) const PIPELINE_RUN: GroupKind = GroupKind::new("tekton.dev", "PipelineRun");

/// The tasks of a scan by their names, and those that a pipeline is made of.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// `None` where several have one name.
    tasks: Map<(u16, String, String), Option<u32>>,
    /// Those of Argo.
    templates: Map<(u16, String, String), Option<u32>>,
    used: HashSet<u32>,
}

impl Known {
    pub(super) fn read(evidence: &Evidence<'_>) -> Self {
        let mut known = Known::default();
        for task in [TASK, CLUSTER_TASK].into_iter().flat_map(|kind| evidence.of_kind(kind)) {
            let one = known.tasks.entry((task.world, task.namespace_or_empty().to_owned(), task.name.to_owned()));
            one.and_modify(|known| *known = None).or_insert(Some(task.id));
        }
        let users = [(PIPELINE, "spec"), (PIPELINE_RUN, "spec.pipelineSpec")];
        for (kind, path) in users {
            for object in evidence.of_kind(kind) {
                let used = listed(object.at(path)).filter_map(|(task, _)| known.task(object, task.key("taskRef")));
                let used: Vec<_> = used.collect();
                known.used.extend(used);
            }
        }
        for template in [argo::TEMPLATE, argo::CLUSTER_TEMPLATE].into_iter().flat_map(|kind| evidence.of_kind(kind)) {
            let one = known.templates.entry((template.world, template.namespace_or_empty().to_owned(), template.name.to_owned()));
            one.and_modify(|known| *known = None).or_insert(Some(template.id));
        }
        let callers = PIPELINES.iter().filter(|kind| kind.group == argo::TEMPLATE.group).flat_map(|kind| evidence.of_kind(*kind));
        for caller in callers {
            let called = argo::called(caller).into_iter().filter_map(|(name, of_cluster)| known.template(caller, name, of_cluster));
            let called: Vec<_> = called.filter(|id| *id != caller.id).collect();
            known.used.extend(called);
        }
        known
    }

    /// The template of Argo that an object refers to by its name.
    pub(super) fn template(&self, object: &Object<'_>, name: &str, of_cluster: bool) -> Option<u32> {
        let namespace = if of_cluster { "" } else { object.namespace_or_empty() };
        *self.templates.get(&(object.world, namespace.to_owned(), name.to_owned()))?
    }

    /// Whether another object calls the templates of one.
    pub(super) fn is_called(&self, id: u32) -> bool {
        self.used.contains(&id)
    }

    /// The task that a reference in an object names.
    pub(super) fn task(&self, object: &Object<'_>, reference: Field<'_>) -> Option<u32> {
        let is_task = matches!(reference.key("kind").str(), "" | "Task" | "ClusterTask");
        if !is_task || reference.key("resolver").exists() || reference.key("bundle").exists() {
            return None;
        }
        let namespace = if reference.key("kind").str() == CLUSTER_TASK.kind { "" } else { object.namespace_or_empty() };
        *self.tasks.get(&(object.world, namespace.to_owned(), reference.key("name").str().to_owned()))?
    }
}

/// The pipeline of an object; `None` where it holds none of its own.
pub(super) fn read<'a>(object: &Object<'a>, scan: &'a Scan<'a>, known: &Known) -> Option<Pipeline<'a>> {
    let nothing = object.at("spec.none");
    match object.kind {
        "Pipeline" => Some(pipeline(object, object.at("spec"), nothing, scan, known)),
        "PipelineRun" => {
            let spec = object.at("spec.pipelineSpec");
            spec.exists().then(|| pipeline(object, spec, object.at("spec.params"), scan, known))
        }
        "TaskRun" => {
            let (spec, given) = (object.at("spec.taskSpec"), object.at("spec.params"));
            spec.exists().then(|| alone(spec, given, None))
        }
        _ => {
            let open = format!("no pipeline is seen that {} {} is a part of", object.kind, object.name);
            (!known.used.contains(&object.id)).then(|| alone(object.at("spec"), nothing, Some(open)))
        }
    }
}

/// The tasks of a pipeline's spec, and whether each is run at the end.
fn listed<'a>(spec: Field<'a>) -> impl Iterator<Item = (Field<'a>, bool)> {
    let of = move |list: &'static str| spec.key(list).items().map(move |task| (task, list == "finally"));
    of("tasks").chain(of("finally"))
}

fn alone<'a>(spec: Field<'a>, given: Field<'a>, open: Option<String>) -> Pipeline<'a> {
    let mut task = Task::default();
    let unseen = task.fill(spec, given, &Scope::default());
    let open = open.or(unseen.is_some().then(|| "not all that its steps do is seen".to_owned()));
    Pipeline { tasks: vec![task], open, stop: unseen, ..Pipeline::default() }
}

fn pipeline<'a>(object: &Object<'a>, spec: Field<'a>, given: Field<'a>, scan: &'a Scan<'a>, known: &Known) -> Pipeline<'a> {
    let mut pipeline = Pipeline { results: names(spec.key("results")), ..Pipeline::default() };
    // only a run knows what a pipeline is given
    let is_run = object.is(PIPELINE_RUN);
    let params = if is_run { line::params(spec.key("params"), given, &Scope::default()) } else { Vec::new() };
    let outer = Scope { params, place: "pipeline".to_owned(), argo: false };
    let all: Vec<_> = listed(spec).collect();
    let numbers: HashMap<&str, usize> = all.iter().enumerate().map(|(at, (task, _))| (task.key("name").str(), at)).collect();
    for (field, last) in all {
        let mut task = Task { name: field.key("name").str().to_owned(), last, ..Task::default() };
        let texts = |key: &'static str| field.key(key).scalars().map(Field::str).collect::<Vec<_>>();
        let told: Vec<&str> = [texts("params"), texts("when"), texts("matrix")].concat();
        let before = field.key("runAfter").items().map(Field::str).chain(told.iter().flat_map(|text| named_tasks(text)));
        task.after = before.filter_map(|name| numbers.get(name).copied()).collect();
        task.when = texts("when").join(" ");
        task.ignored = field.key("onError").str() == "continue";
        let inline = field.key("taskSpec");
        let found = if inline.exists() { None } else { known.task(object, field.key("taskRef")).map(|id| scan.evidence.object(id)) };
        let unseen = match found {
            Some(object) => task.fill(object.at("spec"), field.key("params"), &outer),
            None if inline.exists() => task.fill(inline, field.key("params"), &outer),
            None => {
                let reference =
                    [field.key("taskRef"), field.key("pipelineRef"), field].into_iter().find(|one| one.exists()).unwrap_or(field);
                Some(Stop { place: reference, row: None, why: format!("task {} is made from one that is not seen", task.name) })
            }
        };
        if let Some(unseen) = unseen {
            pipeline.stop.get_or_insert(unseen);
            let open = || format!("not all that task {} does is seen", task.name);
            pipeline.open = pipeline.open.or_else(|| Some(open()));
        }
        pipeline.tasks.push(task);
    }
    pipeline
}

impl<'a> Task<'a> {
    /// Takes the steps of a task; where what one of them does is not seen.
    fn fill(&mut self, spec: Field<'a>, given: Field<'a>, outer: &Scope) -> Option<Stop<'a>> {
        let params = line::params(spec.key("params"), given, outer);
        let scope = Scope { params, place: format!("task.{}", self.name), argo: false };
        self.results = names(spec.key("results"));
        let template = spec.key("stepTemplate");
        let mut unseen = None;
        for (number, step) in spec.key("steps").items().enumerate() {
            let reference = step.key("ref");
            if reference.exists() {
                unseen.get_or_insert(Stop { place: reference, row: None, why: "a step is made from one that is not read".to_owned() });
                continue;
            }
            let at = |key: &'a str| if step.key(key).exists() { step.key(key) } else { template.key_if_mapping(key) };
            let under = if step.key("when").exists() { vec![u64::MAX - number as u64] } else { Vec::new() };
            let place = Place { scope: &scope, step: number, errexit: true, ignored: step.key("onError").str() == "continue", under };
            let found = line::of_container(at("image"), &at, &place);
            unseen = unseen.or(found.stop);
            self.lines.extend(found.lines);
            self.ways.extend(found.ways.into_iter().map(|ways| (number, ways)));
        }
        unseen
    }
}

fn names(list: Field<'_>) -> Vec<&str> {
    list.items().map(|one| one.key("name").str()).collect()
}

/// The tasks that a text takes results of: `$(tasks.build.results.digest)`.
fn named_tasks(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("$(tasks.").filter_map(|(at, mark)| text[at + mark.len()..].split('.').next())
}
