//! Charts and kustomizations as their own tools render them, and where in their sources each line comes from.
//!
//! Helm and kustomize are the user's own programs. They are run without a network: what would have to be fetched is a gap.

mod align;
mod deployed;
mod helm;
mod json_patch;
mod kustomize;
mod listed;
mod outside;
mod patch;
mod patches;
mod plan;
mod settings;
mod shelf;
mod step;
mod subchart;
mod tool;
mod trace;
mod unbuilt;
mod wanted;

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::discover::{Build, Discovery, Gap, Maker, Origin, Source, few};
use crate::parse::{File, Limits, Role, Status, classify};

use deployed::overlay::Overlay;
use deployed::{Deployed, Tried, is_within};
use plan::{Plan, Reason};
use shelf::Shelf;
use tool::Tools;

pub use trace::{Fit, Look, Tracer, Written};

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
    /// Every chart, the kustomizations that were named, and those that no other one builds on, with what Flux and Argo CD lay over
    /// them.
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
    /// What was laid over the folder.
    overlay: Option<Box<Overlay>>,
}

/// Whether a file has something deployed, so that what is made of it may need any other.
pub(crate) fn deploys(file: &File) -> bool {
    deployed::deploys(file)
}

/// Renders what was found and adds it to the files; what it was made of is not judged beside it.
pub fn all(found: &Discovery, files: &mut Vec<File>, request: &Request, limits: &Limits) -> Said {
    let mut said = Said::default();
    let builds = &found.builds;
    if request.done {
        return said;
    }
    if !request.values.is_empty() && !builds.iter().any(|build| build.maker == Maker::Helm) {
        let names: Vec<_> = request.values.iter().map(|path| path.file_name().unwrap_or(path.as_os_str()).to_string_lossy()).collect();
        said.notices.push(format!("no chart is there to take the values that were given ({}): they changed nothing", names.join(", ")));
    }
    if builds.is_empty() && !files.par_iter().any(|file| listed::may_be_one(file) || deploys(file)) {
        return said;
    }
    let mut shelf = Shelf::new(files, &found.links);
    let tools = Tools::new();
    let (charts, kustomizations) = builds.iter().cloned().partition(|build| build.maker == Maker::Helm);
    let mut rendered = Rendered::default();
    let outcomes: Vec<_> = Vec::into_par_iter(charts).map(|build| (helm::run(&build, request, &tools), build)).collect();
    for (outcome, build) in outcomes {
        match outcome {
            Outcome::Made(made) => {
                rendered.note(&build, &made);
                add(&build, made, &mut shelf, (&found.asked, &[]), limits);
            }
            Outcome::Gap(gap) => said.gaps.push(gap),
            Outcome::Notice(what) => said.notices.push(format!("{}: {what}", build.uri)),
        }
    }
    let deployed = Deployed::find(shelf.files, builds, &found.tops);
    let plain = deployed.plain(&shelf, builds, &found.tops);
    let mut plan = Plan::new(kustomizations, &shelf);
    plan.name(&found.asked);
    plan.ask(&plain);
    // what a folder with a kustomization is deployed from is what that one lists
    let as_is = plain.into_iter().map(|plain| plain.folder).filter(|folder| plan.node(folder).is_none()).collect();
    let mut work = Work { found, as_is, mode: request.mode, limits, tools, rendered, said, tried: Tried::new() };
    if request.mode == Mode::Never {
        plan.never();
    } else {
        let held = deployed.overlays(&shelf, builds, &found.tops);
        plan.hold(&held.iter().flat_map(Overlay::folders).collect::<Vec<_>>());
        work.kustomizations(&mut plan, &mut shelf);
        work.overlays(&mut plan, &mut shelf);
        plan.hold(&[]);
    }
    work.kustomizations(&mut plan, &mut shelf);
    let Work { mut said, rendered, tried, .. } = work;
    unbuilt::tell(plan.left(), &shelf, &mut said);
    deployed::tell(&Deployed::find(shelf.files, builds, &found.tops), (builds, &found.tops), &tried, &shelf, &mut said);
    said.notices.extend(rendered.said());
    for file in files.iter_mut().filter(|file| matches!(file.role, Role::Source(_))) {
        let documents = std::mem::take(&mut file.documents);
        if let (Role::Source(kept), false) = (&mut file.role, documents.is_empty()) {
            *kept = documents;
        }
    }
    said
}

/// What is built, and what came of it.
struct Work<'w> {
    found: &'w Discovery,
    /// The files and folders that are judged as they are, whatever is made of them.
    as_is: Vec<String>,
    mode: Mode,
    limits: &'w Limits,
    tools: Tools,
    rendered: Rendered,
    said: Said,
    tried: Tried,
}

impl Work<'_> {
    /// Builds the kustomizations that are next, until there are none.
    fn kustomizations(&mut self, plan: &mut Plan, shelf: &mut Shelf<'_>) {
        loop {
            let next = plan.next(self.mode);
            if next.is_empty() {
                break;
            }
            let outcomes: Vec<_> =
                next.into_par_iter().map(|number| (build(plan.build(number), None, shelf, &self.tools), number)).collect();
            // what one lists that cannot be built is judged as it is, beside what others make of it
            for number in outcomes.iter().filter(|(outcome, _)| outcome.is_err()).map(|(_, number)| *number) {
                self.as_is.extend(plan.listed(number, shelf));
            }
            for (outcome, number) in outcomes {
                match outcome {
                    Ok(made) => {
                        self.add(plan.build(number), made, shelf);
                        plan.built(number);
                    }
                    Err((reason, gaps)) => {
                        self.said.gaps.extend(gaps);
                        plan.unbuilt(number, reason);
                    }
                }
            }
        }
    }

    /// Builds what Flux and Argo CD lay over folders; what one of them changes of another one comes before that.
    fn overlays(&mut self, plan: &mut Plan, shelf: &mut Shelf<'_>) {
        let (builds, tops) = (&self.found.builds, &self.found.tops);
        loop {
            let mut open = Deployed::find(shelf.files, builds, tops).overlays(shelf, builds, tops);
            let mut keys = HashSet::new();
            open.retain(|overlay| !self.tried.contains_key(&overlay.key()) && keys.insert(overlay.key()));
            let is_inner = |overlay: &Overlay| {
                let name = shelf.file(overlay.by.0).name();
                open.iter().any(|other| other.key() != overlay.key() && is_within(name, other.build.folder_name()))
            };
            let mut next: Vec<_> = open.iter().filter(|overlay| !is_inner(overlay)).cloned().collect();
            if next.is_empty() {
                // those that deploy each other
                next = open;
            }
            if next.is_empty() {
                break;
            }
            let outcomes: Vec<_> =
                next.into_par_iter().map(|overlay| (build(&overlay.build, Some(&overlay), shelf, &self.tools), overlay)).collect();
            for (outcome, overlay) in outcomes {
                let nodes: Vec<_> = overlay.folders().filter_map(|folder| plan.node(folder)).collect();
                if outcome.is_err() {
                    nodes.iter().for_each(|node| plan.ask_for(*node));
                }
                let why = match outcome {
                    Ok(made) => {
                        self.add(&overlay.build, made, shelf);
                        nodes.into_iter().for_each(|node| plan.built_as_deployed(node));
                        None
                    }
                    Err((Reason::Missing, _)) => Some("neither kustomize nor kubectl is installed here to build it".to_owned()),
                    Err((Reason::Failed(why, _), _)) => Some(format!("it cannot be built: {why}")),
                    Err(_) => Some("it cannot be built for what another gap says".to_owned()),
                };
                self.tried.insert(overlay.key(), why);
            }
        }
    }

    fn add(&mut self, build: &Build, made: Made, shelf: &mut Shelf<'_>) {
        self.rendered.note(build, &made);
        add(build, made, shelf, (&self.found.asked, &self.as_is), self.limits);
    }
}

/// Builds a kustomization, unless something would have to be fetched for it.
fn build(build: &Build, overlay: Option<&Overlay>, shelf: &Shelf<'_>, tools: &Tools) -> Result<Made, (Reason, Vec<Gap>)> {
    let others = overlay.iter().flat_map(|overlay| overlay.components.iter().chain(overlay.files.iter().flat_map(|(_, folders)| folders)));
    let outside: Vec<_> = std::iter::once(build.folder_name())
        .chain(others.map(String::as_str))
        .flat_map(|folder| outside::of_build(build, folder, shelf))
        .collect();
    if !outside.is_empty() {
        return Err((Reason::Outside, outside));
    }
    kustomize::run(build, overlay, shelf, tools).map_err(|reason| (reason, Vec::new()))
}

/// What was rendered, by the tool that did it.
#[derive(Default)]
struct Rendered(BTreeMap<String, Vec<String>>);

impl Rendered {
    fn note(&mut self, build: &Build, made: &Made) {
        let name = made.overlay.as_ref().map_or(&build.uri, |overlay| &overlay.name);
        self.0.entry(made.by.clone()).or_default().push(name.clone());
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
fn add(build: &Build, made: Made, shelf: &mut Shelf<'_>, (asked, as_is): (&[String], &[String]), limits: &Limits) {
    let Build { mut uri, mut shown, root, .. } = build.clone();
    if let Some(overlay) = &made.overlay {
        (uri, shown) = (overlay.name.clone(), overlay.name.clone());
    }
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
        Maker::Kustomize => kustomize::sources(build, (&made.base, made.overlay.as_deref()), &file, shelf),
    };
    // of a folder without a kustomization all is taken, what a patch removes as well
    let taken = made.overlay.as_ref().and_then(|overlay| overlay.files.as_ref()).map(|(files, _)| files.as_slice());
    let asked = asked.iter().filter(|asked| taken.is_none() || !is_within(build.folder_name(), asked)).chain(as_is).collect::<Vec<_>>();
    let taken = taken.unwrap_or_default();
    let objects: Vec<u32> = from.iter().flatten().chain(taken).copied().collect();
    let apart = plan::apart(shelf, &asked, &objects, &parts);
    for part in parts.iter().chain(taken).filter(|part| !apart.contains(part)) {
        let part = &mut shelf.files[*part as usize];
        if matches!(part.role, Role::Judged) {
            part.role = Role::Source(Vec::new());
        }
    }
    file.role = Role::Made { from, parts, by: made.overlay.map(|overlay| overlay.by) };
    shelf.push(file);
}
