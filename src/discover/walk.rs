//! Finds the candidate files below a folder.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::fs::{self, FileType};
use std::path::{Path, PathBuf};

use super::ignored::{GIT, Has, OWN, Rules};
use super::root::Base;
use super::{Error, Maker, component, packed};

/// A file to read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Found {
    /// Without links in it: by this a file is known to be the same.
    pub(super) path: PathBuf,
    /// The root of the repository that it is in.
    pub(super) repository: Option<PathBuf>,
}

/// A walk below one folder that the user named.
#[derive(Debug)]
pub(super) struct Walk<'w> {
    base: &'w Base,
    all_files: bool,
    /// Folders already listed.
    listed: HashSet<PathBuf>,
    /// What links lead to, to be looked at when the rest is done.
    links: Vec<PathBuf>,
    /// Links, and what they lead to in the same tree.
    pub(super) aliases: Vec<(PathBuf, PathBuf)>,
    /// Packed charts.
    pub(super) packed: Vec<PathBuf>,
    pub(super) files: Vec<Found>,
    /// Charts and kustomizations.
    pub(super) builds: Vec<(Maker, Found)>,
    /// What could not be looked at, and why.
    pub(super) gaps: Vec<(PathBuf, String)>,
    /// What was left out, and why.
    pub(super) ignored: Vec<(PathBuf, String)>,
}

/// Where a folder stands.
#[derive(Debug, Clone)]
struct Context {
    rules: Rules,
    repository: Option<PathBuf>,
}

impl<'w> Walk<'w> {
    /// Goes through a folder, which has no links in its path, and then through what links in it lead to.
    pub(super) fn run(base: &'w Base, folder: &Path, all_files: bool) -> Result<Self, Error> {
        let (listed, links, aliases, packed) = Default::default();
        let (files, builds, gaps, ignored) = Default::default();
        let mut walk = Walk { base, all_files, listed, links, aliases, packed, files, builds, gaps, ignored };
        if let Some(context) = walk.context(folder, true)? {
            walk.folder(folder, &context)?;
        }
        while let Some(target) = walk.links.pop() {
            walk.follow(&target)?;
        }
        Ok(walk)
    }

    /// The rules and the repository of a place, from those of the folders above it; `None` when it is left out or
    /// part of a chart.
    fn context(&mut self, place: &Path, named: bool) -> Result<Option<Context>, Error> {
        let mut context = Context { rules: Rules::default(), repository: self.base.repository().map(Path::to_owned) };
        let Ok(below) = place.strip_prefix(&self.base.folder) else {
            return Ok(Some(context));
        };
        let mut folder = self.base.folder.clone();
        for part in below {
            context = self.enter(&folder, Has::look(&folder), context)?;
            if is_chart(&folder) && is_rendered(part) {
                self.build(Maker::Helm, &folder, &context);
                return Ok(None);
            }
            folder.push(part);
            if !named && let Some(reason) = context.rules.reason(&folder, folder != place || place.is_dir(), &self.base.folder) {
                self.ignored.push((folder, reason));
                return Ok(None);
            }
        }
        Ok(Some(context))
    }

    fn enter(&self, folder: &Path, has: Has, outer: Context) -> Result<Context, Error> {
        let repository = if has.repository { Some(folder.to_owned()) } else { outer.repository };
        let rules = if self.all_files { Rules::default() } else { outer.rules.within(folder, has)? };
        Ok(Context { rules, repository })
    }

    fn folder(&mut self, folder: &Path, outer: &Context) -> Result<(), Error> {
        if !self.listed.insert(folder.to_owned()) {
            return Ok(());
        }
        let entries = self.list(folder);
        // what it holds was scanned where it was copied from; whoever names it wants it all the same
        if self.listed.len() > 1 && is_bundle(&entries) {
            self.ignored.push((folder.to_owned(), "an evidence bundle, which holds copies".to_owned()));
            return Ok(());
        }
        let context = self.enter(folder, has(&entries), outer.clone())?;
        let is_chart = is_chart_listed(folder, &entries);
        if is_chart {
            self.build(Maker::Helm, folder, &context);
        }
        let is_own = |kind: &FileType, name: &OsStr| kind.is_file() || kind.is_symlink() && is_beside(folder, name);
        if entries.iter().any(|(name, kind)| is_kustomization(name) && is_own(kind, name)) {
            self.build(Maker::Kustomize, folder, &context);
        }
        for (name, kind) in entries {
            let is_left = name == ".git" || is_chart && (is_rendered(&name) || is_value(&name));
            if !is_left {
                self.entry(folder, &name, kind, &context)?;
            }
        }
        Ok(())
    }

    fn list(&mut self, folder: &Path) -> Vec<(OsString, FileType)> {
        let listed = fs::read_dir(folder).and_then(|entries| {
            let entries = entries.map(|entry| entry.and_then(|entry| Ok((entry.file_name(), entry.file_type()?))));
            entries.collect::<Result<Vec<_>, _>>()
        });
        listed.unwrap_or_else(|error| {
            self.gaps.push((folder.to_owned(), format!("this folder cannot be listed: {error}")));
            Vec::new()
        })
    }

    fn entry(&mut self, folder: &Path, name: &OsStr, kind: FileType, context: &Context) -> Result<(), Error> {
        let is_wanted = is_candidate(name) || runs_component(folder, name);
        let path = folder.join(name);
        if !kind.is_dir() && !kind.is_symlink() && !is_wanted {
            if kind.is_file() && packed::may_be_chart(name) && context.rules.reason(&path, false, &self.base.folder).is_none() {
                self.packed.extend(Some(path).filter(|path| packed::is_chart(path)));
            }
            return Ok(());
        }
        if let Some(reason) = context.rules.reason(&path, kind.is_dir(), &self.base.folder) {
            if kind.is_dir() || is_wanted {
                self.ignored.push((path, reason));
            }
            return Ok(());
        }
        if kind.is_dir() {
            return self.folder(&path, context);
        }
        if kind.is_symlink() && is_kustomization(name) {
            self.linked_kustomization(path, context);
        } else if kind.is_symlink() {
            self.link(path);
        } else if kind.is_file() {
            self.files.push(Found { path, repository: context.repository.clone() });
        } else {
            self.gaps.push((path, "a pipe, socket or device, which is not read".to_owned()));
        }
        Ok(())
    }

    /// `kustomize` reads one by a link as if it lay there, and takes one that lies in another folder for none.
    fn linked_kustomization(&mut self, link: PathBuf, context: &Context) {
        let (folder, name) = (link.parent().unwrap_or(&link), link.file_name().unwrap_or_default());
        if is_beside(folder, name) {
            self.files.push(Found { path: link, repository: context.repository.clone() });
        } else if link.exists() {
            let why = "a kustomization by a link out of its folder, which `kustomize build` does not follow: nothing is built here";
            self.gaps.push((link, why.to_owned()));
        } else {
            self.gaps.push((link, "a kustomization that is a link to nothing".to_owned()));
        }
    }

    /// Notes what a link leads to, where that is of use.
    fn link(&mut self, link: PathBuf) {
        let named_so = link.file_name().is_some_and(is_candidate);
        let reason = match link.canonicalize() {
            Ok(target) => {
                let is_folder = target.is_dir();
                let is_wanted = is_folder || named_so || target.file_name().is_some_and(is_candidate);
                if !is_wanted {
                    return;
                }
                if target.starts_with(&self.base.folder) && (is_folder || target.is_file()) {
                    self.aliases.push((link, target.clone()));
                    self.links.push(target);
                    return;
                }
                "a link out of the scanned tree: name it to read what it leads to".to_owned()
            }
            Err(_) if !named_so => return,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => "a link to nothing".to_owned(),
            Err(error) => format!("a link that leads nowhere: {error}"),
        };
        self.ignored.push((link, reason));
    }

    /// Looks at what a link leads to, once, and as its own place wants it.
    fn follow(&mut self, target: &Path) -> Result<(), Error> {
        let is_git = target.strip_prefix(&self.base.folder).is_ok_and(|below| below.iter().any(|part| part == ".git"));
        if is_git || self.listed.contains(target) {
            return Ok(());
        }
        let Some(context) = self.context(target, self.all_files)? else {
            return Ok(());
        };
        if target.is_dir() {
            return self.folder(target, &context);
        }
        self.files.push(Found { path: target.to_owned(), repository: context.repository });
        Ok(())
    }

    fn build(&mut self, maker: Maker, folder: &Path, context: &Context) {
        self.builds.push((maker, Found { path: folder.to_owned(), repository: context.repository.clone() }));
    }
}

/// The names by which kustomize knows its files.
pub const KUSTOMIZATIONS: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

fn is_kustomization(name: &OsStr) -> bool {
    KUSTOMIZATIONS.iter().any(|known| name == *known)
}

/// Whether a link in a folder, which has no links in its path, leads to another file of that folder.
fn is_beside(folder: &Path, name: &OsStr) -> bool {
    folder.join(name).canonicalize().is_ok_and(|target| target.is_file() && target.starts_with(folder))
}

/// Whether a file could be something to judge, by its name.
pub(super) fn is_candidate(name: &OsStr) -> bool {
    let end = Path::new(name).extension();
    let known = end.is_some_and(|end| ["yaml", "yml", "json"].iter().any(|known| end.eq_ignore_ascii_case(known)));
    // kustomize takes one name without an end
    known || name == "Kustomization"
}

/// Whether a file is a unit of a component, or the like: these have no end in common.
fn runs_component(folder: &Path, name: &OsStr) -> bool {
    let Some(name) = name.to_str() else { return false };
    component::tells_of(folder.file_name().and_then(OsStr::to_str).unwrap_or_default(), name)
}

fn has(entries: &[(OsString, FileType)]) -> Has {
    // a pipe of that name would never end
    let file = |name: &str| entries.iter().any(|(entry, kind)| entry == name && kind.is_file());
    Has { git: file(GIT), own: file(OWN), repository: entries.iter().any(|(entry, _)| entry == ".git") }
}

/// Whether a folder is an evidence bundle, by what each has.
fn is_bundle(entries: &[(OsString, FileType)]) -> bool {
    let has = |wanted: &str| entries.iter().any(|(name, _)| name == wanted);
    ["manifest.json", "recipe.json", "results", "inputs"].into_iter().all(has)
}

fn is_chart_listed(folder: &Path, entries: &[(OsString, FileType)]) -> bool {
    entries.iter().any(|(name, _)| name == "Chart.yaml") && is_chart(folder)
}

fn is_chart(folder: &Path) -> bool {
    let chart = folder.join("Chart.yaml");
    // a chart of charts has no templates of its own
    let has_parts = || folder.join("templates").is_dir() || folder.join("charts").is_dir();
    chart.is_file() && (has_parts() || depends(&chart))
}

/// Whether a chart has others to bring in, that may be nowhere in the folder.
fn depends(chart: &Path) -> bool {
    let named = [chart.to_owned(), chart.with_file_name("requirements.yaml")].into_iter();
    let texts = named.filter(|path| path.is_file()).filter_map(|path| fs::read_to_string(path).ok());
    texts.into_iter().any(|text| text.lines().any(|line| line.starts_with("dependencies:")))
}

/// What of a chart means nothing before Helm has rendered it.
fn is_rendered(name: &OsStr) -> bool {
    name == "templates" || name == "charts"
}

/// A chart's own files: what it is, what it needs, and the values it is rendered with.
fn is_value(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    matches!(&*name, "Chart.yaml" | "requirements.yaml" | "values.schema.json")
        || name.starts_with("values") && is_candidate(OsStr::new(&*name))
}
