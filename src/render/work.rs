//! The work of rendering: what is built in which order, and what came of it.

use std::collections::{BTreeMap, HashMap, HashSet};

use rayon::prelude::*;

use crate::discover::{Build, Discovery, Maker, few};
use crate::parse::{Limits, Role, Status};

use super::deployed::overlay::Overlay;
use super::deployed::release::Release;
use super::deployed::{Deployed, Tried, is_within};
use super::plan::{Plan, Reason};
use super::shelf::Shelf;
use super::tool::{Failure, Tools};
use super::{Gap, Made, Mode, Outcome, Request, Said, add, helm, kustomize, outside};

/// What is built, and what came of it.
pub(super) struct Work<'w> {
    pub(super) found: &'w Discovery,
    /// The files and folders that are judged as they are, whatever is made of them.
    pub(super) as_is: Vec<String>,
    pub(super) request: &'w Request,
    pub(super) limits: &'w Limits,
    pub(super) tools: Tools,
    pub(super) rendered: Rendered,
    pub(super) said: Said,
    pub(super) tried: Tried,
    /// The charts by their names: the file that was made of one by itself; none of one that is judged as it is released.
    pub(super) by_default: HashMap<String, Option<usize>>,
}

impl Work<'_> {
    /// Builds the kustomizations that are next, until there are none.
    pub(super) fn kustomizations(&mut self, plan: &mut Plan, shelf: &mut Shelf<'_>) {
        loop {
            let next = plan.next(self.request.mode);
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

    /// Renders charts by themselves.
    pub(super) fn charts(&mut self, charts: Vec<Build>, shelf: &mut Shelf<'_>) {
        let outcomes: Vec<_> = Vec::into_par_iter(charts).map(|build| (helm::run(&build, self.request, &self.tools), build)).collect();
        for (outcome, build) in outcomes {
            match outcome {
                Outcome::Made(made) => {
                    self.add(&build, made, shelf);
                    self.by_default.insert(build.uri, Some(shelf.files.len() - 1));
                }
                Outcome::Gap(gap) => self.said.gaps.push(gap),
                Outcome::Notice(what) => self.said.notices.push(format!("{}: {what}", build.uri)),
            }
        }
    }

    /// The charts that something at hand releases, by their names.
    pub(super) fn released(&self, shelf: &Shelf<'_>) -> HashSet<String> {
        let (builds, tops) = (&self.found.builds, &self.found.tops);
        if self.request.mode == Mode::Never || !builds.iter().any(|build| build.maker == Maker::Helm) {
            return HashSet::new();
        }
        let releases = Deployed::find(shelf.files, builds, tops).releases(shelf, builds);
        releases.into_iter().map(|release| release.build.uri).collect()
    }

    /// Whether no release of a chart was rendered.
    pub(super) fn is_default(&self, build: &Build) -> bool {
        self.by_default.get(&build.uri) != Some(&None)
    }

    /// Renders what is deployed: what comes of it may deploy more.
    pub(super) fn deployed(&mut self, plan: &mut Plan, shelf: &mut Shelf<'_>) {
        loop {
            self.overlays(plan, shelf);
            if !self.releases(shelf) {
                break;
            }
        }
    }

    /// Renders charts as they are released; whether there were any.
    fn releases(&mut self, shelf: &mut Shelf<'_>) -> bool {
        let (builds, tops) = (&self.found.builds, &self.found.tops);
        if !builds.iter().any(|build| build.maker == Maker::Helm) {
            return false;
        }
        let mut next = Deployed::find(shelf.files, builds, tops).releases(shelf, builds);
        let mut keys = HashSet::new();
        next.retain(|release| !self.tried.contains_key(&release.key()) && keys.insert(release.key()));
        let is_any = !next.is_empty();
        let render = |release: Release| (helm::template(&release.build, Some(&release), self.request, &self.tools), release);
        let outcomes: Vec<_> = next.into_par_iter().map(render).collect();
        for (outcome, release) in outcomes {
            let build = &release.build;
            let why = match outcome {
                Ok(made) => {
                    self.add(build, made, shelf);
                    self.forget(build, shelf);
                    None
                }
                Err(Failure::Missing) => Some("no `helm` is installed here to render it".to_owned()),
                Err(Failure::Failed(why)) => Some(format!("it cannot be rendered: {}", helm::told(build, &why))),
            };
            self.tried.insert(release.key(), why);
        }
        is_any
    }

    /// A chart is not judged by itself beside its releases.
    fn forget(&mut self, build: &Build, shelf: &mut Shelf<'_>) {
        if let Some(Some(number)) = self.by_default.insert(build.uri.clone(), None) {
            let file = &mut shelf.files[number];
            (file.role, file.status) = (Role::Source(Vec::new()), Status::Ignored("it is judged as it is released".to_owned()));
            (file.documents, file.gaps, file.directives) = Default::default();
            self.rendered.forget(&build.uri);
        }
        self.said.gaps.retain(|gap| gap.what != build.uri);
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
pub(super) struct Rendered(BTreeMap<String, Vec<String>>);

impl Rendered {
    fn note(&mut self, build: &Build, made: &Made) {
        let name = made.laid.as_ref().map_or(&build.uri, |(name, _)| name);
        self.0.entry(made.by.clone()).or_default().push(name.clone());
    }

    fn forget(&mut self, name: &str) {
        self.0.values_mut().for_each(|folders| folders.retain(|folder| folder != name));
        self.0.retain(|_, folders| !folders.is_empty());
    }

    pub(super) fn said(self) -> impl Iterator<Item = String> {
        self.0.into_iter().map(|(by, mut folders)| {
            folders.sort();
            let them = if folders.len() == 1 { "it" } else { "them" };
            format!("{}: judged as {by} renders {them}", few(&folders))
        })
    }
}
