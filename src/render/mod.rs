//! Charts and kustomizations as their own tools render them, and where in their sources each line comes from.
//!
//! Helm and kustomize are the user's own programs. They are run without a network: what would have to be fetched is a gap.

mod align;
mod helm;
mod kustomize;
mod patch;
mod shelf;
mod tool;
mod trace;

use std::collections::HashSet;
use std::path::PathBuf;

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::discover::{Build, Gap, Maker, Origin, Source};
use crate::parse::{File, Limits, Role, Status, classify};

use shelf::Shelf;
use tool::Versions;

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
}

/// What to render.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Nothing: charts are gaps, and what kustomizations list is judged as written.
    #[default]
    Never,
    /// Every chart, and the kustomizations that were named.
    Auto,
    /// Every chart, and every kustomization that no other one builds on.
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

/// What came of one build.
enum Outcome {
    Made(Made),
    Gap(String),
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
    let mut shelf = Shelf::new(files);
    let wanted = wanted(builds, &shelf, request.mode);
    let versions = Versions::default();
    let outcomes: Vec<_> = wanted.into_par_iter().map(|build| (run(&build, &shelf, request, &versions), build)).collect();
    for (outcome, build) in outcomes {
        match outcome {
            Outcome::Made(made) => {
                said.notices.push(format!("{}: judged as {} renders it", build.uri, made.by));
                add(&build, made, &mut shelf, limits);
            }
            Outcome::Gap(why) => said.gaps.push(Gap { surface: "manifest".to_owned(), what: build.uri, why, ..Gap::default() }),
            Outcome::Notice(what) => said.notices.push(format!("{}: {what}", build.uri)),
        }
    }
    for file in files.iter_mut().filter(|file| matches!(file.role, Role::Source(_))) {
        let documents = std::mem::take(&mut file.documents);
        if let (Role::Source(kept), false) = (&mut file.role, documents.is_empty()) {
            *kept = documents;
        }
    }
    said
}

fn wanted(builds: Vec<Build>, shelf: &Shelf<'_>, mode: Mode) -> Vec<Build> {
    let used = if mode == Mode::All { kustomize::used_by_others(&builds, shelf) } else { HashSet::new() };
    let is_used = |build: &Build| shelf.kustomization(build).is_some_and(|file| used.contains(&file));
    let is_wanted = |build: &Build| match (build.maker, mode) {
        (Maker::Helm, _) => true,
        (Maker::Kustomize, Mode::Never) => false,
        (Maker::Kustomize, Mode::Auto) => build.named && !kustomize::is_component(build, shelf),
        (Maker::Kustomize, Mode::All) => (build.named || !is_used(build)) && !kustomize::is_component(build, shelf),
    };
    builds.into_iter().filter(is_wanted).collect()
}

fn run(build: &Build, shelf: &Shelf<'_>, request: &Request, versions: &Versions) -> Outcome {
    match (build.maker, request.mode) {
        (Maker::Helm, Mode::Never) => Outcome::Gap(helm::UNRENDERED.to_owned()),
        (Maker::Helm, _) => helm::run(build, request, versions),
        (Maker::Kustomize, _) => kustomize::run(build, shelf, versions),
    }
}

/// Adds what was made, and the files that it was made of where they are not there yet.
fn add(build: &Build, made: Made, shelf: &mut Shelf<'_>, limits: &Limits) {
    let Build { uri, shown, root, .. } = build.clone();
    let source = Source { uri: Some(uri), shown, origin: Origin::Bytes(made.text), named: true, root };
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
