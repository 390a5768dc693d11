//! Charts by `helm template`.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};
use std::{fs, io};

use tempfile::TempDir;

use crate::discover::{Build, Gap, Origin, Place, Source, root};
use crate::parse::directive::strays;
use crate::parse::{File, plain};

use super::deployed::release::{Release, Values};
use super::shelf::Shelf;
use super::subchart::{self, CHART, MARK};
use super::tool::{Failure, LONGEST, Tools, short};
use super::{Made, Mode, Outcome, Request};

/// What is said of a chart where nothing is to be rendered.
pub(super) const UNRENDERED: &str = "a Helm chart that is not rendered, so that its templates were not looked at: `helm template CHART | cnscan scan -` does, or a scan with --render auto";

const MISSING: &str =
    "a Helm chart that is not rendered, so that its templates were not looked at: no `helm` is installed here to render it";

pub(super) fn run(build: &Build, request: &Request, tools: &Tools) -> Outcome {
    let gap = |why: String, location: Option<Place>| {
        Outcome::Gap(Gap { surface: "manifest".to_owned(), what: build.uri.clone(), why, location, ..Gap::default() })
    };
    if request.mode == Mode::Never {
        return gap(UNRENDERED.to_owned(), None);
    }
    if let Some(link) = link_out(&build.folder) {
        return gap(format!("a Helm chart that is not rendered: {link} is a link out of its repository"), None);
    }
    match template(build, None, request, tools) {
        Ok(made) => Outcome::Made(made),
        Err(Failure::Missing) => gap(MISSING.to_owned(), None),
        Err(Failure::Failed(why)) if why.contains("library charts are not installable") => {
            Outcome::Notice("a library chart, which makes no object by itself".to_owned())
        }
        Err(Failure::Failed(why)) => {
            let location = blamed(build, &why);
            let why = format!("a Helm chart that cannot be rendered, so that its templates were not looked at: {}", told(build, &why));
            gap(why, location)
        }
    }
}

/// What Helm complains of, as reports may have it.
pub(super) fn told(build: &Build, why: &str) -> String {
    short(&why.replace(&*build.folder.to_string_lossy(), &build.uri), LONGEST)
}

/// Renders a chart: by itself, or as it is released.
pub(super) fn template(build: &Build, release: Option<&Release>, request: &Request, tools: &Tools) -> Result<Made, Failure> {
    if let Some(link) = release.and_then(|_| link_out(&build.folder)) {
        return Err(Failure::Failed(format!("{link} is a link out of its repository")));
    }
    let given = release.map(Given::new).transpose();
    let given = given.map_err(|error| Failure::Failed(format!("no temporary folder can be made: {error}")))?;
    let name = release.map_or_else(|| self::release(&build.folder), |release| release.name.clone());
    let chart = given.as_ref().and_then(|given| given.chart.clone()).unwrap_or_else(|| build.folder.clone());
    let mut arguments: Vec<OsString> = vec!["template".into(), name.into(), chart.into()];
    // what the user says has the last word
    for values in given.iter().flat_map(|given| &given.values).chain(&request.values) {
        arguments.extend(["--values".into(), values.into()]);
    }
    for (flag, set) in release.iter().flat_map(|release| &release.sets) {
        arguments.extend([flag.into(), set.into()]);
    }
    let own = release.map(|release| &release.namespace).filter(|namespace| !namespace.is_empty());
    if let Some(namespace) = own.or(request.namespace.as_ref()) {
        arguments.extend(["--namespace".into(), namespace.into()]);
    }
    if let Some(version) = &request.kubernetes_version {
        arguments.extend(["--kube-version".into(), version.into()]);
    }
    let text = tools.run("helm", &arguments)?;
    let laid = release.map(|release| (release.shown.clone(), release.by));
    Ok(Made { text, by: tools.helm().to_owned(), base: build.folder.clone(), overlay: None, laid })
}

/// What a release gives Helm, as files.
struct Given {
    values: Vec<PathBuf>,
    /// A chart with other values of its own.
    chart: Option<PathBuf>,
    /// They end with it.
    _folder: TempDir,
}

impl Given {
    fn new(release: &Release) -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut values = Vec::new();
        for (number, given) in release.values.iter().enumerate() {
            values.push(match given {
                Values::File(path) => path.clone(),
                Values::Text(text) => {
                    let path = folder.path().join(format!("values-{number}.yaml"));
                    fs::write(&path, text)?;
                    path
                }
            });
        }
        let chart = release.defaults.as_ref().map(|defaults| {
            let chart = folder.path().join("chart");
            copy(&release.build.folder, &chart)?;
            fs::copy(defaults, chart.join("values.yaml"))?;
            io::Result::Ok(chart)
        });
        Ok(Given { values, chart: chart.transpose()?, _folder: folder })
    }
}

/// Copies a folder with all that is in it; links lead nowhere else, as was looked at before.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let mut open = vec![(from.to_owned(), to.to_owned())];
    while let Some((from, to)) = open.pop() {
        fs::create_dir(&to)?;
        for entry in fs::read_dir(&from)? {
            let entry = entry?;
            let (path, target) = (entry.path(), to.join(entry.file_name()));
            if entry.file_type()?.is_dir() {
                open.push((path, target));
            } else if path.is_file() {
                fs::copy(path, target)?;
            }
        }
    }
    Ok(())
}

/// The place in a template that a complaint is about: Helm writes `store/templates/web.yaml:12:30`, by bytes from 0.
fn blamed(build: &Build, why: &str) -> Option<Place> {
    let words = why.split([' ', '(', ')', '"', ',']).filter(|word| word.contains("templates/"));
    let mut places = words.filter_map(|word| {
        let mut parts = word.trim_end_matches(':').split(':');
        let below = parts.next()?.split_once('/')?.1;
        let line: u32 = parts.next()?.parse().ok()?;
        let text = fs::read_to_string(build.folder.join(inside(below)?)).ok()?;
        let written = text.lines().nth(line.checked_sub(1)? as usize)?;
        let byte = parts.next().and_then(|byte| byte.parse().ok()).unwrap_or(0);
        let before = written.get(..byte).unwrap_or_default();
        Some(Place { uri: build.uri_of(below), line, column: before.chars().count() as u32 + 1 })
    });
    // the last one is the innermost, where the first only includes it
    places.next_back()
}

/// A path that stays in the chart.
fn inside(below: &str) -> Option<&Path> {
    Some(Path::new(below)).filter(|path| path.components().all(|part| matches!(part, Component::Normal(_))))
}

/// The name that the release goes by: that of the chart's folder, as far as Helm takes it.
fn release(folder: &Path) -> String {
    let name = folder.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(53).collect();
    let name = name.trim_matches('-');
    if name.is_empty() { "release".to_owned() } else { name.to_owned() }
}

/// A link in a chart that leads out of the repository: Helm follows it, and shows what is there.
fn link_out(folder: &Path) -> Option<String> {
    let inside = root::git_root(folder).unwrap_or_else(|| folder.to_owned());
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).ok()?.flatten() {
            let (path, kind) = (entry.path(), entry.file_type().ok()?);
            if kind.is_dir() {
                open.push(path);
            } else if kind.is_symlink() && path.canonicalize().is_ok_and(|target| !target.starts_with(&inside)) {
                return root::relative(&path, folder);
            }
        }
    }
    None
}

/// For each document the file of its template, by the comment that Helm writes above it. Templates are added to the files.
pub(super) fn sources(build: &Build, made: &File, shelf: &mut Shelf<'_>) -> (Vec<Option<u32>>, Vec<u32>) {
    let text: &str = made.tree.source();
    let mut known: HashMap<&str, Option<u32>> = HashMap::new();
    let mut from = Vec::new();
    for document in &made.documents {
        let start = made.tree.span(document.root).0 as usize;
        let mark = text[..start].rfind(MARK).map(|at| text[at + MARK.len()..].lines().next().unwrap_or_default());
        from.push(mark.and_then(|mark| *known.entry(mark).or_insert_with(|| template_of(build, mark.trim(), shelf))));
    }
    note_strays(build, shelf);
    // where a packed chart's template is in no file, the chart is what can be pointed at
    let chart = from.iter().any(Option::is_none).then(|| read(build, CHART, shelf)).flatten();
    let from: Vec<_> = from.into_iter().map(|file| file.or(chart)).collect();
    let mut parts: Vec<u32> = from.iter().flatten().copied().collect();
    parts.sort_unstable();
    parts.dedup();
    (from, parts)
}

/// Comments for the tool in a chart's values, which no rendering brings to what is judged.
fn note_strays(build: &Build, shelf: &mut Shelf<'_>) {
    const VALUES: &str = "values.yaml";
    if shelf.templates.contains_key(&build.uri_of(VALUES)) {
        return;
    }
    let Some(number) = read(build, VALUES, shelf) else { return };
    let file = &mut shelf.files[number as usize];
    file.directives = strays(file.tree.source());
    if file.directives.is_empty() {
        shelf.files.pop();
        shelf.templates.remove(&build.uri_of(VALUES));
    }
}

/// `CHART/templates/x.yaml`: the chart's name is not the folder's.
fn template_of(build: &Build, mark: &str, shelf: &mut Shelf<'_>) -> Option<u32> {
    let (_, below) = mark.split_once('/')?;
    inside(below)?;
    read(build, &subchart::path(&build.folder, below)?, shelf)
}

fn read(build: &Build, below: &str, shelf: &mut Shelf<'_>) -> Option<u32> {
    inside(below)?;
    let uri = build.uri_of(below);
    if let Some(known) = shelf.templates.get(&uri) {
        return Some(*known);
    }
    let shown = if build.shown == "." { below.to_owned() } else { format!("{}/{below}", build.shown) };
    let source =
        Source { uri: Some(uri.clone()), shown, origin: Origin::File(build.folder.join(below)), named: false, root: build.root.clone() };
    let number = shelf.push(plain::read(source)?);
    shelf.templates.insert(uri, number);
    Some(number)
}
