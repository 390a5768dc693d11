//! Pipelines that run in a cluster, of Tekton and Argo Workflows: their tasks, and the commands of their steps.

mod argo;
mod calls;
mod commands;
mod condition;
mod flags;
mod hangs;
mod here;
mod known;
mod line;
mod order;
mod reference;
mod shell;
mod syntax;
mod tekton;
mod token;
mod tool;
mod variables;
mod words;

use std::cell::OnceCell;
use std::collections::HashSet;

use crate::model::field::{Field, unnoticed};
use crate::model::object::Object;
use crate::model::pod::Container;
use crate::model::scan::Scan;
use crate::model::{GroupKind, Severity, Verdict};

pub use line::Line;
pub use reference::Likeness;
pub(crate) use tekton::Known;
pub use tool::Does;

use words::Scope;

/// The kinds that hold pipelines, and what these are made of.
pub const PIPELINES: &[GroupKind] = &[
    tekton::PIPELINE,
    tekton::PIPELINE_RUN,
    tekton::TASK,
    tekton::CLUSTER_TASK,
    GroupKind::new("tekton.dev", "TaskRun"),
    GroupKind::new("argoproj.io", "Workflow"),
    GroupKind::new("argoproj.io", "CronWorkflow"),
    argo::TEMPLATE,
    argo::CLUSTER_TEMPLATE,
];

/// A pipeline.
#[derive(Debug, Default)]
pub struct Pipeline<'a> {
    tasks: Vec<Task<'a>>,
    /// What it hands on.
    pub results: Vec<&'a str>,
    /// Why what it does not do is not certain, where anything leaves that open.
    pub open: Option<String>,
    /// Where reading what it does stopped first.
    stop: Option<line::Stop<'a>>,
    /// The commands that build images.
    built: OnceCell<Vec<At>>,
}

/// A task with what it waits for.
#[derive(Debug, Default)]
struct Task<'a> {
    name: String,
    /// The tasks that have to end well before it.
    after: HashSet<usize>,
    /// Those that have to end, however that is.
    behind: HashSet<usize>,
    /// It is run at the end, whatever became of the others.
    last: bool,
    /// What decides whether it is run.
    when: String,
    /// The others go on when it fails.
    ignored: bool,
    results: Vec<&'a str>,
    lines: Vec<Line<'a>>,
    /// The ways that conditions in its containers go.
    ways: Vec<(usize, hangs::Ways)>,
}

/// Where a command stands in a pipeline, and what of it is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct At {
    task: usize,
    line: usize,
    does: Does,
}

/// Whether a container runs a command that is certain to do something.
#[must_use]
pub fn runs(container: &Container<'_>, does: Does) -> bool {
    let place = line::Place { scope: &Scope::default(), step: 0, errexit: false, ignored: false, under: Vec::new() };
    let found = line::of_container(container.image(), &|key| container.at(key), &place);
    found.lines.iter().any(|line| tool::does(line, does).is_some_and(|found| found.sure))
}

/// How many things that a pipeline publishes are followed, and how many commands that build images.
const IMAGES: usize = 50;
const BUILDS: usize = 200;

fn known<'a>(scan: &'a Scan<'a>) -> &'a Known {
    scan.evidence.lazy.pipelines.get_or_init(|| unnoticed(|| Known::read(scan.evidence)))
}

/// The task of Tekton that a reference in an object names, where it is seen and is the only one of that name.
#[must_use]
pub fn task<'a>(object: &Object<'_>, reference: Field<'_>, scan: &'a Scan<'a>) -> Option<&'a Object<'a>> {
    known(scan).task(object, reference).map(|id| scan.evidence.object(id))
}

impl<'a> Pipeline<'a> {
    /// The pipeline that an object holds, with its commands that do one of some things: of a task one for each image.
    ///
    /// # Errors
    /// What is to be said where there is nothing to judge, or more than is followed.
    pub fn that(object: &Object<'a>, scan: &'a Scan<'a>, does: &[Does]) -> Result<(Self, Vec<At>), Verdict> {
        let mut pipeline = Self::of(object, scan).ok_or(Verdict::Unseen)?;
        if pipeline.is_too_large() {
            return Err(Verdict::Review("it has more tasks or commands than are followed".into()));
        }
        let found = pipeline.first_of_tasks(does);
        if found.is_empty() {
            let said = |stop: &line::Stop<'_>| {
                let said = format!("whether {} {} pushes an image does not show: {}", object.kind, object.name, stop.why);
                stop.fault(said).severity(Severity::Low).doubt()
            };
            // one check asks for it: the others have seen nothing either
            let asks = !does.contains(&Does::Publish);
            return Err(pipeline.stop.as_ref().filter(|_| asks).map_or(Verdict::Unseen, |stop| said(stop).into()));
        }
        if found.len() > IMAGES {
            return Err(Verdict::Review("it publishes more than is followed".into()));
        }
        if pipeline.open.is_none() && !found.iter().any(|at| pipeline.is_certain(*at)) {
            pipeline.open = Some("whether it does so is decided when it runs".to_owned());
        }
        Ok((pipeline, found))
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
        let known = known(scan);
        match object.group {
            "argoproj.io" => argo::read(object, scan, known),
            _ => tekton::read(object, scan, known),
        }
    }

    /// Whether it has more tasks, or commands, than anybody follows.
    fn is_too_large(&self) -> bool {
        const TASKS: usize = 200;
        const COMMANDS: usize = 2_000;
        self.tasks.len() > TASKS || self.tasks.iter().map(|task| task.lines.len()).sum::<usize>() > COMMANDS
    }

    /// The commands that do something, in the order of the tasks.
    pub fn find(&self, does: Does) -> impl Iterator<Item = At> {
        let lines =
            self.tasks.iter().enumerate().flat_map(move |(task, one)| (0..one.lines.len()).map(move |line| At { task, line, does }));
        lines.filter(move |at| tool::does(self.line(*at), does).is_some())
    }

    /// A command.
    #[must_use]
    pub fn line(&self, at: At) -> &Line<'a> {
        &self.tasks[at.task].lines[at.line]
    }

    /// Whether nothing that is put in when it runs decides whether a command does what it is looked at for.
    #[must_use]
    pub fn is_certain(&self, at: At) -> bool {
        self.found(at).is_some_and(|found| found.sure)
    }

    fn found(&self, at: At) -> Option<tool::Found> {
        tool::does(self.line(at), at.does)
    }

    /// Whether a command is about the image that another one makes, as far as their words tell.
    #[must_use]
    pub fn compare(&self, made: At, other: At) -> Likeness {
        let (Some(own), Some(about)) = (self.found(made), self.found(other)) else { return Likeness::Open };
        let weakest = if about.sure && own.sure { Likeness::Same } else { Likeness::Open };
        if (made.task, made.line) == (other.task, other.line) {
            return weakest;
        }
        let task = &self.tasks[made.task];
        let is_handed_on = |reference: &reference::Reference| !task.name.is_empty() && reference.is_handed_on(&task.name);
        if about.images.iter().any(is_handed_on) {
            // of several images nobody knows which one the task hands on
            let pushes = self.find(made.does).filter(|at| at.task == made.task && at.line != made.line);
            let is_one = pushes.filter_map(|at| self.found(at)).all(|other| other.images == own.images);
            return weakest.min(if is_one { Likeness::Same } else { Likeness::Open });
        }
        let named = self.names_of(&own, made, other);
        let alike = named.iter().flat_map(|one| about.images.iter().map(|other| one.compare(other)));
        let is_nameless = named.is_empty() || about.images.is_empty();
        weakest.min(alike.max().unwrap_or(Likeness::Other).max(if is_nameless { Likeness::Open } else { Likeness::Other }))
    }

    /// Under which names what a command makes is known where another one runs: for scanners what it is made of counts as well.
    fn names_of(&self, own: &tool::Found, made: At, other: At) -> Vec<reference::Reference> {
        let mut named = own.images.clone();
        if !matches!(other.does, Does::Scan | Does::Build) {
            return named;
        }
        named.extend(own.sources.iter().cloned());
        // `docker build -t A -t B`, `docker tag A B`
        for at in self.builds().filter(|at| self.precedes(*at, made)) {
            let Some(found) = self.found(at).filter(|found| found.sure) else { continue };
            let all = || found.images.iter().chain(&found.sources);
            if all().any(|one| named.iter().any(|known| known.compare(one) == Likeness::Same)) {
                let new: Vec<_> = all().filter(|one| !named.contains(one)).cloned().collect();
                named.extend(new);
            }
        }
        named
    }

    /// The commands that build images, or give them other names.
    fn builds(&self) -> impl Iterator<Item = At> {
        self.built.get_or_init(|| self.find(Does::Build).take(BUILDS).collect()).iter().copied()
    }

    /// The commands that do one of some things, in the order of the tasks: of a task one for each image.
    fn first_of_tasks(&self, does: &[Does]) -> Vec<At> {
        let mut found: Vec<At> = does.iter().flat_map(|one| self.find(*one)).collect();
        found.sort_by_key(|at| (at.task, at.line));
        found.dedup_by(|next, kept| next.task == kept.task && (next.line == kept.line || self.compare(*kept, *next) == Likeness::Same));
        found
    }

    /// The results that the task of a command hands on.
    #[must_use]
    pub fn results(&self, at: At) -> &[&'a str] {
        &self.tasks[at.task].results
    }
}
