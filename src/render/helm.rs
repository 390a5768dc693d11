//! Charts by `helm template`.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Component, Path};

use crate::discover::{Build, Gap, Origin, Place, Source, root};
use crate::parse::directive::strays;
use crate::parse::{File, plain};

use super::shelf::Shelf;
use super::subchart::{self, CHART, MARK};
use super::tool::{Failure, LONGEST, Tools, short};
use super::{Made, Mode, Outcome, Request};

/// What is said of a chart where nothing is to be rendered.
pub(super) const UNRENDERED: &str = "a Helm chart that is not rendered, so that its templates were not looked at: `helm template CHART | cnscan scan -` does, or a scan with --render auto";

const MISSING: &str =
    "a Helm chart that is not rendered, so that its templates were not looked at: no `helm` is installed here to render it";

pub(super) fn run(build: &Build, request: &Request, tools: &Tools) -> Outcome {
    let gap = |why: String| Outcome::Gap(Gap { surface: "manifest".to_owned(), what: build.uri.clone(), why, ..Gap::default() });
    if request.mode == Mode::Never {
        return gap(UNRENDERED.to_owned());
    }
    if let Some(link) = link_out(&build.folder) {
        return gap(format!("a Helm chart that is not rendered: {link} is a link out of its repository"));
    }
    let mut arguments: Vec<OsString> = vec!["template".into(), release(&build.folder).into(), build.folder.clone().into()];
    for values in &request.values {
        arguments.extend(["--values".into(), values.clone().into()]);
    }
    if let Some(namespace) = &request.namespace {
        arguments.extend(["--namespace".into(), namespace.into()]);
    }
    if let Some(version) = &request.kubernetes_version {
        arguments.extend(["--kube-version".into(), version.into()]);
    }
    match tools.run("helm", &arguments) {
        Ok(text) => Outcome::Made(Made { text, by: tools.helm().to_owned(), base: build.folder.clone(), overlay: None }),
        Err(Failure::Missing) => gap(MISSING.to_owned()),
        Err(Failure::Failed(why)) if why.contains("library charts are not installable") => {
            Outcome::Notice("a library chart, which makes no object by itself".to_owned())
        }
        Err(Failure::Failed(why)) => {
            let location = blamed(build, &why);
            let why = short(&why.replace(&*build.folder.to_string_lossy(), &build.uri), LONGEST);
            let why = format!("a Helm chart that cannot be rendered, so that its templates were not looked at: {why}");
            Outcome::Gap(Gap { surface: "manifest".to_owned(), what: build.uri.clone(), why, location, ..Gap::default() })
        }
    }
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
        from.push(mark.and_then(|mark| *known.entry(mark).or_insert_with(|| template(build, mark.trim(), shelf))));
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
    let Some(number) = read(build, "values.yaml", shelf) else { return };
    let file = &mut shelf.files[number as usize];
    file.directives = strays(file.tree.source());
    if file.directives.is_empty() {
        shelf.files.pop();
    }
}

/// `CHART/templates/x.yaml`: the chart's name is not the folder's.
fn template(build: &Build, mark: &str, shelf: &mut Shelf<'_>) -> Option<u32> {
    let (_, below) = mark.split_once('/')?;
    inside(below)?;
    read(build, &subchart::path(&build.folder, below)?, shelf)
}

fn read(build: &Build, below: &str, shelf: &mut Shelf<'_>) -> Option<u32> {
    inside(below)?;
    let shown = if build.shown == "." { below.to_owned() } else { format!("{}/{below}", build.shown) };
    let source = Source {
        uri: Some(build.uri_of(below)),
        shown,
        origin: Origin::File(build.folder.join(below)),
        named: false,
        root: build.root.clone(),
    };
    Some(shelf.push(plain::read(source)?))
}
