//! Pipelines that run in a cluster, of Tekton and Argo Workflows: their tasks, and the commands of their steps.

mod line;
mod reference;
mod tool;

use std::collections::{HashMap, HashSet};

use crate::model::evidence::Evidence;
use crate::model::field::{Field, unnoticed};
use crate::model::object::Object;
use crate::model::pod::{Container, Pod};
use crate::model::scan::Scan;
use crate::model::{GroupKind, Map, Verdict};

pub use line::Line;
pub use reference::Likeness;
pub use tool::Does;

const TASK: GroupKind = GroupKind::new("tekton.dev", "Task");
const CLUSTER_TASK: GroupKind = GroupKind::new("tekton.dev", "ClusterTask");
const PIPELINE: GroupKind = GroupKind::new("tekton.dev", "Pipeline");
const PIPELINE_RUN: GroupKind = GroupKind::new("tekton.dev", "PipelineRun");

/// The kinds that hold pipelines, and what these are made of.
pub const PIPELINES: &[GroupKind] = &[
    PIPELINE,
    PIPELINE_RUN,
    TASK,
    CLUSTER_TASK,
    GroupKind::new("tekton.dev", "TaskRun"),
    GroupKind::new("argoproj.io", "Workflow"),
    GroupKind::new("argoproj.io", "CronWorkflow"),
    GroupKind::new("argoproj.io", "WorkflowTemplate"),
    GroupKind::new("argoproj.io", "ClusterWorkflowTemplate"),
];

/// A pipeline.
#[derive(Debug)]
pub struct Pipeline<'a> {
    tasks: Vec<Task<'a>>,
    /// What it hands on.
    pub results: Vec<&'a str>,
    /// In which order its commands run is not read.
    pub unordered: bool,
    /// Why what it does not do is not certain, where anything leaves that open.
    pub open: Option<String>,
}

/// A task with what it waits for.
#[derive(Debug, Default)]
struct Task<'a> {
    name: &'a str,
    after: HashSet<&'a str>,
    /// It is run at the end, whatever became of the others.
    last: bool,
    results: Vec<&'a str>,
    lines: Vec<Line<'a>>,
}

/// Where a command stands in a pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct At {
    task: usize,
    line: usize,
}

/// The tasks of a scan by their names, and those that a pipeline is made of.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// `None` where several have one name.
    tasks: Map<(u16, String, String), Option<u32>>,
    used: HashSet<u32>,
}

impl Known {
    fn read(evidence: &Evidence<'_>) -> Self {
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
        known
    }

    /// The task that a reference in an object names.
    fn task(&self, object: &Object<'_>, reference: Field<'_>) -> Option<u32> {
        let is_task = matches!(reference.key("kind").str(), "" | "Task" | "ClusterTask");
        if !is_task || reference.key("resolver").exists() || reference.key("bundle").exists() {
            return None;
        }
        let namespace = if reference.key("kind").str() == CLUSTER_TASK.kind { "" } else { object.namespace_or_empty() };
        *self.tasks.get(&(object.world, namespace.to_owned(), reference.key("name").str().to_owned()))?
    }
}

/// The commands of a container that stands in no task.
fn lines<'a>(container: &Container<'a>) -> Vec<Line<'a>> {
    line::of_container(container.image(), &|key| container.at(key), &[]).lines
}

/// Whether a container runs a command that does something.
#[must_use]
pub fn runs(container: &Container<'_>, does: Does) -> bool {
    lines(container).iter().any(|line| tool::does(line, does))
}

/// The tasks of a pipeline's spec, and whether each is run at the end.
fn listed<'a>(spec: Field<'a>) -> impl Iterator<Item = (Field<'a>, bool)> {
    let of = move |list: &'static str| spec.key(list).items().map(move |task| (task, list == "finally"));
    of("tasks").chain(of("finally"))
}

impl<'a> Pipeline<'a> {
    /// The pipeline that an object holds, with its commands that do one of some things: of a task one for each image.
    ///
    /// # Errors
    /// What is to be said where there is nothing to judge, or more than is followed.
    pub fn that(object: &Object<'a>, scan: &'a Scan<'a>, does: &[Does]) -> Result<(Self, Vec<At>), Verdict> {
        let pipeline = Self::of(object, scan).ok_or(Verdict::Unseen)?;
        if pipeline.is_too_large() {
            return Err(Verdict::Review("it has more tasks or commands than are followed".into()));
        }
        let found = pipeline.first_of_tasks(does);
        if found.is_empty() { Err(Verdict::Unseen) } else { Ok((pipeline, found)) }
    }

    /// The pipeline that an object holds; `None` where it holds none of its own, or is a part of others that are seen.
    fn of(object: &Object<'a>, scan: &'a Scan<'a>) -> Option<Self> {
        let made = object.at("metadata.ownerReferences").items().any(|owner| {
            let kind = owner.key("kind").str();
            matches!(kind, "PipelineRun" | "CronWorkflow" | "Workflow")
        });
        if made {
            return None;
        }
        let known = scan.evidence.lazy.pipelines.get_or_init(|| unnoticed(|| Known::read(scan.evidence)));
        match object.kind {
            "Pipeline" => Some(Self::tekton(object, object.at("spec"), scan, known)),
            "PipelineRun" => {
                let spec = object.at("spec.pipelineSpec");
                spec.exists().then(|| Self::tekton(object, spec, scan, known))
            }
            "TaskRun" => {
                let (spec, given) = (object.at("spec.taskSpec"), object.at("spec.params"));
                spec.exists().then(|| Self::alone(spec, given, None))
            }
            "Task" | "ClusterTask" => {
                let open = format!("no pipeline is seen that {} {} is a part of", object.kind, object.name);
                (!known.used.contains(&object.id)).then(|| Self::alone(object.at("spec"), object.at("spec.none"), Some(open)))
            }
            _ => Some(Self::argo(object, scan)),
        }
    }

    fn alone(spec: Field<'a>, given: Field<'a>, open: Option<String>) -> Self {
        let mut pipeline = Pipeline { tasks: Vec::new(), results: Vec::new(), unordered: false, open };
        let mut task = Task::default();
        pipeline.open = pipeline.open.or(task.fill(spec, given).then(|| "not all that its steps do is seen".to_owned()));
        pipeline.tasks.push(task);
        pipeline
    }

    fn tekton(object: &Object<'a>, spec: Field<'a>, scan: &'a Scan<'a>, known: &Known) -> Self {
        let mut pipeline = Pipeline { tasks: Vec::new(), results: names(spec.key("results")), unordered: false, open: None };
        for (field, last) in listed(spec) {
            let mut task = Task { name: field.key("name").str(), last, ..Task::default() };
            task.after = field.key("runAfter").items().map(Field::str).collect();
            let told = [field.key("params"), field.key("when"), field.key("matrix")].into_iter().flat_map(Field::scalars);
            task.after.extend(told.flat_map(|text| named_tasks(text.str())));
            let inline = field.key("taskSpec");
            let found = if inline.exists() { None } else { known.task(object, field.key("taskRef")).map(|id| scan.evidence.object(id)) };
            let unseen = match found {
                Some(object) => task.fill(object.at("spec"), field.key("params")),
                None if inline.exists() => task.fill(inline, field.key("params")),
                None => true,
            };
            if unseen {
                let open = || format!("not all that task {} does is seen", task.name);
                pipeline.open = pipeline.open.or_else(|| Some(open()));
            }
            pipeline.tasks.push(task);
        }
        pipeline
    }

    /// The containers of a workflow: in which order they run is not read.
    fn argo(object: &Object<'a>, scan: &'a Scan<'a>) -> Self {
        let mut task = Task::default();
        for record in scan.evidence.pods_in(object) {
            let containers = Pod { scan, record }.containers();
            task.lines.extend(containers.flat_map(|container| lines(&container)));
        }
        Pipeline { tasks: vec![task], results: Vec::new(), unordered: true, open: Some("of a workflow not everything is read".to_owned()) }
    }

    /// Whether it has more tasks, or commands, than anybody follows.
    fn is_too_large(&self) -> bool {
        const TASKS: usize = 200;
        const COMMANDS: usize = 5_000;
        self.tasks.len() > TASKS || self.tasks.iter().map(|task| task.lines.len()).sum::<usize>() > COMMANDS
    }

    /// The commands that do something, in the order of the tasks.
    pub fn find(&self, does: Does) -> impl Iterator<Item = At> {
        let lines = self.tasks.iter().enumerate().flat_map(|(task, one)| (0..one.lines.len()).map(move |line| At { task, line }));
        lines.filter(move |at| tool::does(self.line(*at), does))
    }

    /// A command.
    #[must_use]
    pub fn line(&self, at: At) -> &Line<'a> {
        &self.tasks[at.task].lines[at.line]
    }

    /// Whether a command is about the image that another one makes, as far as their words tell.
    #[must_use]
    pub fn compare(&self, made: At, other: At) -> Likeness {
        if made == other {
            return Likeness::Same;
        }
        reference::compare(self.line(made), self.line(other), self.tasks[made.task].name)
    }

    /// The commands that do one of some things, in the order of the tasks: of a task one for each image.
    fn first_of_tasks(&self, does: &[Does]) -> Vec<At> {
        let mut found: Vec<At> = does.iter().flat_map(|one| self.find(*one)).collect();
        found.sort_by_key(|at| (at.task, at.line));
        found.dedup_by(|next, kept| next.task == kept.task && (next == kept || self.compare(*kept, *next) == Likeness::Same));
        found
    }

    /// Whether one command has ended before another begins, or may have.
    #[must_use]
    pub fn is_before(&self, one: At, other: At) -> bool {
        if self.unordered {
            return true;
        }
        if one.task == other.task { one.line < other.line } else { self.waits(other.task, one.task) }
    }

    /// Whether another task, run only when all went well, waits for that of a command.
    #[must_use]
    pub fn is_waited_for(&self, at: At) -> bool {
        (0..self.tasks.len()).any(|task| !self.tasks[task].last && self.waits(task, at.task))
    }

    /// The results that the task of a command hands on.
    #[must_use]
    pub fn results(&self, at: At) -> &[&'a str] {
        &self.tasks[at.task].results
    }

    fn waits(&self, task: usize, other: usize) -> bool {
        if task == other {
            return false;
        }
        if self.tasks[task].last {
            return !self.tasks[other].last;
        }
        let by_name: HashMap<&str, usize> = self.tasks.iter().enumerate().map(|(at, task)| (task.name, at)).collect();
        let (mut todo, mut seen) = (vec![task], HashSet::from([task]));
        while let Some(next) = todo.pop() {
            for before in self.tasks[next].after.iter().filter_map(|name| by_name.get(name)).copied() {
                if before == other {
                    return true;
                }
                if seen.insert(before) {
                    todo.push(before);
                }
            }
        }
        false
    }
}

impl<'a> Task<'a> {
    /// Takes the steps of a task; `true` where what one of them does is not seen.
    fn fill(&mut self, spec: Field<'a>, given: Field<'a>) -> bool {
        let params = line::params(spec.key("params"), given);
        self.results = names(spec.key("results"));
        let template = spec.key("stepTemplate");
        let mut unseen = false;
        for step in spec.key("steps").items() {
            unseen |= step.key("ref").exists();
            let at = |key: &'a str| if step.key(key).exists() { step.key(key) } else { template.key_if_mapping(key) };
            let found = line::of_container(at("image"), &at, &params);
            unseen |= found.hidden;
            self.lines.extend(found.lines);
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
