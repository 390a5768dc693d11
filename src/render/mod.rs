//! Charts and kustomizations as their own tools render them, and where in their sources each line comes from.
//!
//! Helm and kustomize are the user's own programs. They are run without a network: what would have to be fetched is a gap.

mod align;
mod helm;
mod json_patch;
mod kustomize;
mod listed;
mod outside;
mod patch;
mod plan;
mod shelf;
mod subchart;
mod tool;
mod trace;
mod unbuilt;

use std::collections::BTreeMap;
use std::path::PathBuf;

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::discover::{Build, Gap, Maker, Origin, Source, few};
use crate::parse::{File, Limits, Role, Status, classify};

use plan::{Plan, Reason};
use shelf::Shelf;
use tool::Tools;

pub use trace::{Fit, Tracer, Written};

/// What to render, and how.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// What to render.
    pub mode: Mode,
    /// Files of values for charts.
    pub values: Vec<PathBuf>,
    /// The namespace that charts are told.
    pub namespace: Option<String>,
    /// The Kubernetes version that charts are told, such as `1.34`.
    pub kubernetes_version: Option<String>,
    /// What is given was rendered before, and what could not be was said then.
    pub done: bool,
}

/// What to render.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Nothing: charts are gaps, what kustomizations list is judged as written, and what they change is a gap.
    #[default]
    Never,
    /// Every chart, the kustomizations that were named, and those that no other one builds on.
    Auto,
    /// Every chart, and every kustomization, those that others build on too.
    All,
}

/// What rendering has to say besides the files that it made.
#[derive(Debug, Default)]
pub struct Said {
    /// What could not be rendered.
    pub gaps: Vec<Gap>,
    /// What was, with which tool.
    pub notices: Vec<String>,
}

/// What came of a chart.
enum Outcome {
    Made(Made),
    Gap(Gap),
    Notice(String),
}

/// What a tool made of a folder.
struct Made {
    text: Vec<u8>,
    /// Which tool, with its version.
    by: String,
    /// The folder that paths in what it made are relative to.
    base: PathBuf,
}

/// Renders what was found and adds it to the files; what it was made of is not judged beside it.
pub fn all(builds: Vec<Build>, files: &mut Vec<File>, request: &Request, limits: &Limits) -> Said {
    let mut said = Said::default();
    if request.done || builds.is_empty() && !files.iter().any(listed::may_be_one) {
        return said;
    }
    let mut shelf = Shelf::new(files);
    let tools = Tools::new();
    let (charts, kustomizations) = builds.into_iter().partition(|build| build.maker == Maker::Helm);
    let mut rendered = Rendered::default();
    let outcomes: Vec<_> = Vec::into_par_iter(charts).map(|build| (helm::run(&build, request, &tools), build)).collect();
    for (outcome, build) in outcomes {
        match outcome {
            Outcome::Made(made) => {
                rendered.note(&build, &made);
                add(&build, made, &mut shelf, limits);
            }
            Outcome::Gap(gap) => said.gaps.push(gap),
            Outcome::Notice(what) => said.notices.push(format!("{}: {what}", build.uri)),
        }
    }
    let mut plan = Plan::new(kustomizations, &shelf);
    if request.mode == Mode::Never {
        plan.never();
    }
    loop {
        let next = plan.next(request.mode);
        if next.is_empty() {
            break;
        }
        let outcomes: Vec<_> = next.into_par_iter().map(|number| (build(plan.build(number), &shelf, &tools), number)).collect();
        for (outcome, number) in outcomes {
            match outcome {
                Ok(made) => {
                    let build = plan.build(number).clone();
                    rendered.note(&build, &made);
                    add(&build, made, &mut shelf, limits);
                    plan.built(number);
                }
                Err((reason, gaps)) => {
                    said.gaps.extend(gaps);
                    plan.unbuilt(number, reason);
                }
            }
        }
    }
    unbuilt::tell(plan.left(), &shelf, &mut said);
    said.notices.extend(rendered.said());
    for file in files.iter_mut().filter(|file| matches!(file.role, Role::Source(_))) {
        let documents = std::mem::take(&mut file.documents);
        if let (Role::Source(kept), false) = (&mut file.role, documents.is_empty()) {
            *kept = documents;
        }
    }
    said
}

/// Builds a kustomization, unless something would have to be fetched for it.
fn build(build: &Build, shelf: &Shelf<'_>, tools: &Tools) -> Result<Made, (Reason, Vec<Gap>)> {
    let outside = outside::of_build(build, shelf);
    if !outside.is_empty() {
        return Err((Reason::Outside, outside));
    }
    kustomize::run(build, shelf, tools).map_err(|reason| (reason, Vec::new()))
}

/// What was rendered, by the tool that did it.
#[derive(Default)]
struct Rendered(BTreeMap<String, Vec<String>>);

impl Rendered {
    fn note(&mut self, build: &Build, made: &Made) {
        self.0.entry(made.by.clone()).or_default().push(build.uri.clone());
    }

    fn said(self) -> impl Iterator<Item = String> {
        self.0.into_iter().map(|(by, mut folders)| {
            folders.sort();
            let them = if folders.len() == 1 { "it" } else { "them" };
            format!("{}: judged as {by} renders {them}", few(&folders))
        })
    }
}

/// Adds what was made, and the files that it was made of where they are not there yet.
fn add(build: &Build, made: Made, shelf: &mut Shelf<'_>, limits: &Limits) {
    let Build { uri, shown, root, .. } = build.clone();
    let source = Source { uri: Some(uri), shown, origin: Origin::Made(made.text), named: true, root };
    let mut file = classify::read(source, limits);
    for gap in &mut file.gaps {
        // its lines are in no file
        if let Some(place) = gap.location.take() {
            gap.why = format!("line {} of what {} makes of it: {}", place.line, made.by, gap.why);
        }
    }
    if file.documents.is_empty() && file.gaps.is_empty() {
        // rendered to nothing: that is all there is to say of it
        file.status = Status::Ignored(format!("{} makes no object of it", made.by));
    }
    let (from, parts) = match build.maker {
        Maker::Helm => helm::sources(build, &file, shelf),
        Maker::Kustomize => kustomize::sources(build, &made.base, &file, shelf),
    };
    for part in &parts {
        let part = &mut shelf.files[*part as usize];
        if matches!(part.role, Role::Judged) {
            part.role = Role::Source(Vec::new());
        }
    }
    file.role = Role::Made { from, parts };
    shelf.push(file);
}
