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
mod work;

use std::collections::HashMap;
use std::path::PathBuf;

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::discover::{Build, Discovery, Gap, Maker, Origin, Source};
use crate::parse::{File, Limits, NodeId, Role, Status, classify};

use deployed::overlay::Overlay;
use deployed::{Deployed, Tried, is_within};
use plan::Plan;
use shelf::Shelf;
use tool::Tools;
use work::{Rendered, Work};

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
    /// What deploys it so: the name that it goes by in reports, and the node that says so.
    laid: Option<(String, (u32, NodeId))>,
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
    let (charts, kustomizations): (Vec<Build>, Vec<Build>) = builds.iter().cloned().partition(|build| build.maker == Maker::Helm);
    let mut work = Work {
        found,
        as_is: Vec::new(),
        request,
        limits,
        tools: Tools::new(),
        rendered: Rendered::default(),
        said,
        tried: Tried::new(),
        by_default: HashMap::new(),
    };
    let released = work.released(&shelf);
    let (held, free): (Vec<_>, Vec<_>) = charts.into_iter().partition(|build| released.contains(&build.uri));
    work.charts(free, &mut shelf);
    let deployed = Deployed::find(shelf.files, builds, &found.tops);
    let plain = deployed.plain(&shelf, builds, &found.tops);
    let mut plan = Plan::new(kustomizations, &shelf);
    plan.name(&found.asked);
    plan.ask(&plain);
    // what a folder with a kustomization is deployed from is what that one lists
    work.as_is = plain.into_iter().map(|plain| plain.folder).filter(|folder| plan.node(folder).is_none()).collect();
    if request.mode == Mode::Never {
        plan.never();
        work.charts(held, &mut shelf);
    } else {
        let over = deployed.overlays(&shelf, builds, &found.tops);
        plan.hold(&over.iter().flat_map(Overlay::folders).collect::<Vec<_>>());
        work.kustomizations(&mut plan, &mut shelf);
        work.deployed(&mut plan, &mut shelf);
        let unreleased: Vec<_> = held.into_iter().filter(|build| work.is_default(build)).collect();
        if !unreleased.is_empty() {
            work.charts(unreleased, &mut shelf);
            work.deployed(&mut plan, &mut shelf);
        }
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

/// Adds what was made, and the files that it was made of where they are not there yet.
fn add(build: &Build, made: Made, shelf: &mut Shelf<'_>, (asked, as_is): (&[String], &[String]), limits: &Limits) {
    let Build { mut uri, mut shown, root, .. } = build.clone();
    if let Some((name, _)) = &made.laid {
        (uri, shown) = (name.clone(), name.clone());
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
    file.role = Role::Made { from, parts, by: made.laid.map(|(_, by)| by) };
    shelf.push(file);
}
