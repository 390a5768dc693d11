//! Workflows of Argo: their templates as they call one another, with what these are given.

use std::collections::HashSet;

use crate::model::GroupKind;
use crate::model::field::Field;
use crate::model::object::Object;
use crate::model::pipeline::line::{self, Place, Stop};
use crate::model::pipeline::tekton::Known;
use crate::model::pipeline::words::{Scope, Values, symbol};
use crate::model::pipeline::{Pipeline, Task};
use crate::model::scan::Scan;

pub(super) const TEMPLATE: GroupKind = GroupKind::new("argoproj.io", "WorkflowTemplate");
pub(super) const CLUSTER_TEMPLATE: GroupKind = GroupKind::new("argoproj.io", "ClusterWorkflowTemplate");

/// The spec of a workflow that an object holds.
fn spec<'a>(object: &Object<'a>) -> Field<'a> {
    object.at(if object.kind == "CronWorkflow" { "spec.workflowSpec" } else { "spec" })
}

/// The templates of other objects that one calls: their names, and whether they are the cluster's.
pub(super) fn called<'a>(object: &Object<'a>) -> Vec<(&'a str, bool)> {
    let spec = spec(object);
    let of = |reference: Field<'a>| reference.key("name").text().map(|name| (name, reference.key("clusterScope").is_true()));
    let hooks = |of: Field<'a>| of.key("hooks").entries().into_iter().map(|(_, hook)| hook).collect::<Vec<_>>();
    let steps = spec.key("templates").items().flat_map(calls).flat_map(|step| [vec![step], hooks(step)].concat());
    let steps = steps.chain(hooks(spec)).filter_map(|step| of(step.key("templateRef")));
    steps.chain(of(spec.key("workflowTemplateRef"))).collect()
}

/// The steps and the tasks of a template.
fn calls<'a>(template: Field<'a>) -> impl Iterator<Item = Field<'a>> {
    template.key("steps").items().flat_map(group).chain(template.at("dag.tasks").items())
}

/// Steps that run at once: a list, or what is written as one alone.
fn group<'a>(steps: Field<'a>) -> Vec<Field<'a>> {
    if steps.kind() == Some(crate::parse::Kind::Sequence) { steps.items().collect() } else { vec![steps] }
}

/// The pipeline of a workflow; `None` for templates that others call.
pub(super) fn read<'a>(object: &Object<'a>, scan: &'a Scan<'a>, known: &'a Known) -> Option<Pipeline<'a>> {
    let own = spec(object);
    let is_template = object.is(TEMPLATE) || object.is(CLUSTER_TEMPLATE);
    if is_template && known.is_called(object.id) {
        return None;
    }
    let reference = own.key("workflowTemplateRef");
    let source = known.template(object, reference.key("name").str(), reference.key("clusterScope").is_true());
    let from = if reference.exists() { source.map(|id| scan.evidence.object(id)) } else { Some(scan.evidence.object(object.id)) };
    let mut reader = Reader { scan, known, pipeline: Pipeline::default(), given: Values::new(), stack: 0, calls: 0 };
    let Some(from) = from else {
        reader.stop(reference, "the template that it is made from is not seen".to_owned());
        return Some(reader.pipeline);
    };
    // only a workflow knows what it is given
    if !is_template {
        reader.given = [own, spec(from)].into_iter().flat_map(|spec| parameters(spec.key("arguments"), "workflow.parameters.")).collect();
    }
    let entry = [own, spec(from)].into_iter().map(|spec| spec.key("entrypoint")).find(|entry| !entry.is_empty());
    match entry {
        Some(entry) => {
            reader.template(from, entry, Values::new(), &Frame::default());
        }
        None => reader.library(from),
    }
    let exit = [own, spec(from)].into_iter().map(|spec| spec.key("onExit")).find(|exit| !exit.is_empty());
    let frame = Frame { last: true, ..Frame::default() };
    if let Some(exit) = exit {
        reader.template(from, exit, Values::new(), &frame);
    }
    let hooks = [own, spec(from)].into_iter().map(|spec| spec.key("hooks")).find(|hooks| hooks.exists());
    if let Some(hooks) = hooks {
        reader.hooks(from, hooks, &Scope { argo: true, ..Scope::default() }, &frame);
    }
    Some(reader.pipeline)
}

/// What arguments say of parameters, by names with something in front.
fn parameters<'a>(arguments: Field<'a>, begin: &'static str) -> impl Iterator<Item = (String, String)> + use<'a> {
    let all = arguments.key("parameters").items();
    all.filter_map(move |one| Some((format!("{begin}{}", one.key("name").text()?), one.key("value").text()?.to_owned())))
}

struct Reader<'a> {
    scan: &'a Scan<'a>,
    known: &'a Known,
    pipeline: Pipeline<'a>,
    /// What the workflow is given.
    given: Values,
    stack: usize,
    calls: usize,
}

/// Where a template is called.
#[derive(Debug, Clone, Default)]
struct Frame {
    after: HashSet<usize>,
    behind: HashSet<usize>,
    when: String,
    ignored: bool,
    last: bool,
    place: String,
}

impl<'a> Reader<'a> {
    fn open(&mut self, said: String) {
        self.pipeline.open.get_or_insert(said);
    }

    /// What is called here is not read.
    fn stop(&mut self, place: Field<'a>, why: String) {
        self.pipeline.open.get_or_insert(why.clone());
        self.pipeline.stop.get_or_insert(Stop { place, row: None, why });
    }

    /// What runs in a template: the numbers of its tasks.
    fn template(&mut self, from: &'a Object<'a>, named: Field<'a>, given: Values, frame: &Frame) -> Vec<usize> {
        let name = named.str();
        let found = spec(from).key("templates").items().find(|template| template.key("name").str() == name);
        match found {
            Some(template) => self.body(from, template, given, frame),
            None => {
                self.stop(named, format!("template {name} is not seen"));
                Vec::new()
            }
        }
    }

    fn body(&mut self, from: &'a Object<'a>, template: Field<'a>, given: Values, frame: &Frame) -> Vec<usize> {
        const DEEPEST: usize = 12;
        const MOST: usize = 500;
        self.calls += 1;
        if self.stack > DEEPEST || self.calls > MOST {
            self.stop(template, "it calls more templates than are followed".to_owned());
            return Vec::new();
        }
        self.stack += 1;
        let name = template.key("name").str();
        let by_default = template.at("inputs.parameters").items().filter_map(|one| {
            let value = ["value", "default"].into_iter().find_map(|key| one.key(key).text())?;
            Some((one.key("name").text()?.to_owned(), value.to_owned()))
        });
        let params = given.into_iter().chain(by_default).chain(self.given.iter().cloned()).collect();
        let scope = Scope { params, place: format!("{}.{name}", frame.place), argo: true };
        let found = match () {
            () if template.key("steps").exists() => self.steps(from, template, &scope, frame),
            () if template.key("dag").exists() => self.dag(from, template, &scope, frame),
            () => self.leaf(template, &scope, frame),
        };
        self.stack -= 1;
        found
    }

    /// Groups of steps, each of which waits for the one before it.
    fn steps(&mut self, from: &'a Object<'a>, template: Field<'a>, scope: &Scope, frame: &Frame) -> Vec<usize> {
        let (mut all, mut frame) = (Vec::new(), frame.clone());
        for group in template.key("steps").items().map(group) {
            let mut own = Vec::new();
            for step in group {
                own.extend(self.call(from, step, scope, &frame));
            }
            frame.after.extend(own.iter().copied());
            all.extend(own);
        }
        all
    }

    fn dag(&mut self, from: &'a Object<'a>, template: Field<'a>, scope: &Scope, frame: &Frame) -> Vec<usize> {
        let mut done: Vec<(&str, Vec<usize>)> = Vec::new();
        let mut todo: Vec<Field<'a>> = template.at("dag.tasks").items().collect();
        if todo.len() > 200 {
            self.stop(template, "it has more tasks than are followed".to_owned());
            return Vec::new();
        }
        while !todo.is_empty() {
            let is_done = |name: &str| done.iter().any(|(known, _)| *known == name);
            let names: HashSet<&str> = todo.iter().map(|task| task.key("name").str()).collect();
            // one that waits for none that is still to come; where all do, they wait for one another
            let next = todo.iter().position(|task| needed(*task).iter().all(|(name, _)| is_done(name) || !names.contains(name)));
            let task = todo.remove(next.unwrap_or_default());
            let mut inner = frame.clone();
            for (name, well) in needed(task) {
                let before = done.iter().filter(|(known, _)| *known == name).flat_map(|(_, tasks)| tasks.iter().copied());
                if well { inner.after.extend(before) } else { inner.behind.extend(before) }
            }
            let own = self.call(from, task, scope, &inner);
            done.push((task.key("name").str(), own));
        }
        done.into_iter().flat_map(|(_, tasks)| tasks).collect()
    }

    /// A step or a task: the template that it calls, with what it gives it.
    fn call(&mut self, from: &'a Object<'a>, step: Field<'a>, scope: &Scope, frame: &Frame) -> Vec<usize> {
        let mut frame = frame.clone();
        let lists = ["withItems", "withParam", "withSequence"].into_iter().flat_map(|key| step.key(key).scalars());
        let list = scope.expand(&lists.map(Field::str).collect::<Vec<_>>().join(" "));
        let mut scope = scope.clone();
        if !list.is_empty() {
            scope.params.insert(0, ("item".to_owned(), symbol(&["item", &list])));
        }
        let when = step.key("when");
        if when.exists() || !step.key("withParam").is_empty() {
            frame.when = format!("{} {} {list}", frame.when, scope.expand(when.str()));
        }
        let goes_on = step.key("continueOn");
        frame.ignored |= ["failed", "error"].into_iter().any(|key| goes_on.key(key).is_true());
        frame.place = format!("{}.{}", scope.place, step.key("name").str());
        let own = self.target(from, step, &scope, &frame);
        // what is called when it ends, however that is
        let behind = Frame { behind: frame.behind.iter().chain(&own).copied().collect(), ..frame.clone() };
        self.hooks(from, step.key("hooks"), &scope, &behind);
        let exit = step.key("onExit");
        if !exit.is_empty() {
            self.template(from, exit, Values::new(), &behind);
        }
        own
    }

    /// What is called when something begins, goes on or ends.
    fn hooks(&mut self, from: &'a Object<'a>, hooks: Field<'a>, scope: &Scope, frame: &Frame) {
        for (name, hook) in hooks.entries() {
            let when = hook.key("expression");
            let place = format!("{}.{name}", scope.place);
            let when = if when.is_empty() { frame.when.clone() } else { format!("{} {}", frame.when, when.str()) };
            self.target(from, hook, scope, &Frame { when, place, ..frame.clone() });
        }
    }

    /// The template that a step, a task or a hook calls.
    fn target(&mut self, from: &'a Object<'a>, step: Field<'a>, scope: &Scope, frame: &Frame) -> Vec<usize> {
        let given: Values = parameters(step.key("arguments"), "").map(|(name, value)| (name, scope.expand(&value))).collect();
        let (inline, reference) = (step.key("inline"), step.key("templateRef"));
        if inline.exists() {
            return self.body(from, inline, given, frame);
        }
        if !reference.exists() {
            return self.template(from, step.key("template"), given, frame);
        }
        match self.known.template(from, reference.key("name").str(), reference.key("clusterScope").is_true()) {
            Some(id) => self.template(self.scan.evidence.object(id), reference.key("template"), given, frame),
            None => {
                self.stop(
                    reference,
                    format!("template {} of {} is not seen", reference.key("template").str(), reference.key("name").str()),
                );
                Vec::new()
            }
        }
    }

    /// The containers of a template, one after the other.
    fn leaf(&mut self, template: Field<'a>, scope: &Scope, frame: &Frame) -> Vec<usize> {
        let main = [template.key("container"), template.key("script")].into_iter().filter(|one| one.exists());
        let first = template.key("initContainers").items();
        let own: Vec<Field<'a>> = first.chain(main).collect();
        let sets: Vec<Field<'a>> = template.at("containerSet.containers").items().collect();
        let made = ["resource", "plugin"].map(|key| template.key(key)).into_iter().find(|one| one.exists());
        if let Some(made) = made {
            self.stop(made, format!("what template {} makes is not read", template.key("name").str()));
        }
        let start = self.pipeline.tasks.len();
        self.task(&own, scope, frame);
        // which of these waits for which is not read
        for one in sets.into_iter().chain(template.key("sidecars").items()) {
            self.task(&[one], scope, frame);
        }
        (start..self.pipeline.tasks.len()).collect()
    }

    fn task(&mut self, containers: &[Field<'a>], scope: &Scope, frame: &Frame) {
        let mut task = Task {
            name: frame.place.clone(),
            after: frame.after.clone(),
            behind: frame.behind.clone(),
            last: frame.last,
            when: frame.when.clone(),
            ignored: frame.ignored,
            ..Task::default()
        };
        for (step, container) in containers.iter().enumerate() {
            let place = Place { scope, step, errexit: false, ignored: false, under: Vec::new() };
            let found = line::of_container(container.key("image"), &|key| container.key(key), &place);
            if let Some(stop) = found.stop {
                self.open(format!("not all that template {} does is seen", scope.place.rsplit('.').next().unwrap_or_default()));
                self.pipeline.stop.get_or_insert(stop);
            }
            task.lines.extend(found.lines);
            task.ways.extend(found.ways.into_iter().map(|ways| (step, ways)));
        }
        self.pipeline.tasks.push(task);
    }

    /// Templates that no workflow is seen to call.
    fn library(&mut self, from: &'a Object<'a>) {
        self.open("no workflow is seen that calls its templates".to_owned());
        for template in spec(from).key("templates").items() {
            if !template.key("steps").exists() && !template.key("dag").exists() {
                let frame = Frame { place: template.key("name").str().to_owned(), ..Frame::default() };
                self.body(from, template, Values::new(), &frame);
            }
        }
    }
}

/// What a task of a graph waits for, and whether that has to end well.
fn needed<'a>(task: Field<'a>) -> Vec<(&'a str, bool)> {
    let named = task.key("dependencies").items().map(|name| (name.str(), true));
    let depends = task.key("depends").str();
    // `A`, `A.Succeeded && B`; anything else may be met by what went wrong
    let is_plain =
        !depends.contains(['|', '!', '(']) && !depends.split("&&").any(|part| part.contains('.') && !part.trim().ends_with(".Succeeded"));
    let names = depends.split(|letter: char| !letter.is_ascii_alphanumeric() && !matches!(letter, '-' | '_' | '.'));
    let names = names.filter(|name| !name.is_empty()).map(move |name| (name.split('.').next().unwrap_or_default(), is_plain));
    named.chain(names).collect()
}
