//! What a scan reads: the files named, and those found in the folders named.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use camino::Utf8PathBuf;

use super::root::{self, Base};
use super::walk::{Found, Walk};
use super::{Build, Error, Gap, Maker, Origin, Source, few, host, packed};

/// Where to look.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// What the user named; nothing means the working directory.
    pub targets: Vec<Target>,
    /// Read what ignore files leave out.
    pub all_files: bool,
}

/// Something that the user named.
#[derive(Debug, Clone)]
pub enum Target {
    /// A file or a folder, from the working directory.
    Path(PathBuf),
    /// The root of a node's files: a mounted disk, an unpacked image.
    Root(PathBuf),
    /// Standard input, already read.
    Stdin {
        /// All of it.
        bytes: Vec<u8>,
        /// The path that it is to go by.
        name: Option<String>,
    },
}

/// What there is to read, and what there is that is not read.
#[derive(Debug, Clone, Default)]
pub struct Discovery {
    /// Each file once, by URI.
    pub sources: Vec<Source>,
    /// Folders that other tools make manifests of, by URI.
    pub builds: Vec<Build>,
    /// What was to be read and cannot be.
    pub gaps: Vec<Gap>,
    /// Files and folders left out, by URI, each with its reason.
    pub ignored: Vec<(String, String)>,
    /// What the user named, by URI; empty for the folder that URIs begin at.
    pub asked: Vec<String>,
    /// The folders that URIs begin at.
    pub tops: Vec<PathBuf>,
    /// Links below what was named, and what they lead to, by URI.
    pub links: Vec<(String, String)>,
    /// What a reader should know of what is not read.
    pub notices: Vec<String>,
}

/// Finds what there is to read.
///
/// # Errors
/// When something named is not there, or there is nothing to read.
pub fn all(request: &Request) -> Result<Discovery, Error> {
    let working = working_directory()?;
    all_in(&working, request)
}

/// The same from another working directory.
///
/// # Errors
/// See [`all`].
pub fn all_in(working: &Path, request: &Request) -> Result<Discovery, Error> {
    let working = working.canonicalize().map_err(|error| target(working, &error))?;
    let here = [Target::Path(PathBuf::from("."))];
    let targets = if request.targets.is_empty() { &here[..] } else { &request.targets };
    let mut collected = Collected::default();
    for target in targets {
        match target {
            Target::Path(path) => collected.path(path, &working, request.all_files)?,
            Target::Root(path) => collected.root(path, &working)?,
            Target::Stdin { bytes, name } => collected.stdin(bytes, name.as_deref(), &working),
        }
    }
    let discovery = collected.settle(&working);
    if discovery.sources.is_empty() && discovery.gaps.is_empty() && discovery.builds.is_empty() {
        return Err(Error::Nothing(nothing(&request.targets, &discovery.ignored)));
    }
    Ok(discovery)
}

/// The folder where the search for a configuration file begins: the common ancestor of what was named; the working
/// directory for standard input.
#[must_use]
pub fn start(request: &Request) -> PathBuf {
    let Ok(working) = working_directory() else {
        return PathBuf::from(".");
    };
    start_in(&working, request)
}

/// The same from another working directory.
#[must_use]
pub fn start_in(working: &Path, request: &Request) -> PathBuf {
    let folder = |target: &Target| match target {
        Target::Stdin { .. } => None,
        Target::Path(path) | Target::Root(path) => {
            let path = working.join(path).canonicalize().ok()?;
            if path.is_dir() { Some(path) } else { path.parent().map(Path::to_owned) }
        }
    };
    let common = request.targets.iter().filter_map(folder).reduce(|a, b| {
        let shared = a.ancestors().find(|ancestor| b.starts_with(ancestor));
        shared.map(Path::to_owned).unwrap_or_default()
    });
    common.unwrap_or_else(|| working.to_owned())
}

/// The working directory below the root that all URIs are relative to, such as `deploy/shop`; empty when it is that
/// root, or when there is no one root.
#[must_use]
pub fn working_below_root(request: &Request) -> String {
    let working = working_directory().and_then(|folder| folder.canonicalize().map_err(|error| target(&folder, &error)));
    let Some((working, top)) = working.ok().and_then(|working| root::git_root(&working).map(|top| (working, top))) else {
        return String::new();
    };
    let inside = |target: &Target| match target {
        Target::Stdin { .. } => true,
        Target::Path(path) | Target::Root(path) => {
            working.join(path).canonicalize().is_ok_and(|path| root::git_root(&path).as_ref() == Some(&top))
        }
    };
    if !request.targets.iter().all(inside) {
        return String::new();
    }
    root::relative(&working, &top).filter(|path| path != ".").unwrap_or_default()
}

fn working_directory() -> Result<PathBuf, Error> {
    std::env::current_dir().map_err(|error| target(Path::new("."), &error))
}

fn target(path: &Path, error: &std::io::Error) -> Error {
    let why = match error.kind() {
        std::io::ErrorKind::NotFound => "no such file or folder".to_owned(),
        _ => crate::trouble::said(error),
    };
    Error::Target { path: path.display().to_string(), why }
}

fn nothing(targets: &[Target], ignored: &[(String, String)]) -> String {
    let named = targets.iter().filter_map(|target| match target {
        Target::Path(path) | Target::Root(path) => Some(path.display().to_string()),
        Target::Stdin { .. } => None,
    });
    let named: Vec<_> = named.filter(|name| name != ".").collect();
    let places = if named.is_empty() { String::new() } else { format!(" in {}", few(&named)) };
    let looked_for = format!("no .yaml, .yml or .json file found{places}");
    match ignored {
        [] => looked_for,
        [(uri, reason)] => format!("{looked_for}; {uri} was left out: {reason} (name a file to read it all the same)"),
        [(uri, reason), rest @ ..] => {
            format!("{looked_for}; {uri} was left out: {reason} (and {} more; --all-files reads what ignore files leave out)", rest.len())
        }
    }
}

/// What is said of a packed chart.
const PACKED: &str = "a packed chart, whose templates are not looked at";

/// What to do about it.
const UNPACK: &str = "pipe what `helm template` makes of it into `cnscan scan -`";

/// What tells a repository from others; nothing where there is none.
fn name_of(repository: Option<&Path>, working: &Path) -> Utf8PathBuf {
    repository.map(|folder| root::between(folder, working)).unwrap_or_default().into()
}

/// What the targets gave so far.
#[derive(Debug, Default)]
struct Collected {
    stdin: Vec<Source>,
    /// What the roots of nodes gave.
    nodes: Vec<Source>,
    node_gaps: Vec<Gap>,
    files: Vec<File>,
    builds: Vec<(Maker, File)>,
    bases: Vec<Base>,
    /// Folders that were named from the working directory, as written, with what they are.
    arguments: Vec<(PathBuf, PathBuf)>,
    gaps: Vec<(usize, PathBuf, String)>,
    ignored: Vec<(usize, PathBuf, String)>,
    /// What was named.
    asked: Vec<(usize, PathBuf)>,
    links: Vec<(usize, PathBuf, PathBuf)>,
    /// Packed charts.
    packed: Vec<(usize, PathBuf)>,
}

#[derive(Debug)]
struct File {
    found: Found,
    named: bool,
    /// Index of its base.
    base: usize,
}

impl Collected {
    fn path(&mut self, path: &Path, working: &Path, all_files: bool) -> Result<(), Error> {
        let full = working.join(path);
        let kind = full.metadata().map_err(|error| target(path, &error))?.file_type();
        if !kind.is_dir() && !kind.is_file() {
            let why = "a pipe, socket or device: pipe what it gives into `cnscan scan -`";
            let base = self.base(Base::of(full.parent().unwrap_or(working), working));
            self.gaps.push((base, full, why.to_owned()));
            return Ok(());
        }
        let place = full.canonicalize().map_err(|error| target(path, &error))?;
        if path.is_relative() {
            self.arguments.push((place.clone(), path.to_owned()));
        }
        let folder = if kind.is_dir() { &place } else { place.parent().unwrap_or(&place) };
        let base = self.base(Base::of(folder, working));
        self.asked.push((base, place.clone()));
        if kind.is_file() && packed::is_chart(&place) {
            self.gaps.push((base, place, format!("{PACKED}: {UNPACK}")));
            return Ok(());
        }
        if kind.is_file() {
            let repository = self.bases[base].repository().map(Path::to_owned);
            self.files.push(File { found: Found { path: place, repository }, named: true, base });
            return Ok(());
        }
        let owned = self.bases[base].clone();
        let walk = Walk::run(&owned, &place, all_files)?;
        let folders = walk.builds.into_iter().map(|(maker, found)| (maker, File { named: found.path == place, found, base }));
        self.builds.extend(folders);
        self.files.extend(walk.files.into_iter().map(|found| File { found, named: false, base }));
        self.gaps.extend(walk.gaps.into_iter().map(|(path, why)| (base, path, why)));
        self.links.extend(walk.aliases.into_iter().map(|(link, target)| (base, link, target)));
        self.packed.extend(walk.packed.into_iter().map(|path| (base, path)));
        self.ignored.extend(walk.ignored.into_iter().map(|(path, why)| (base, path, why)));
        Ok(())
    }

    /// The files of a node, which are joined with those of no other.
    fn root(&mut self, path: &Path, working: &Path) -> Result<(), Error> {
        let full = working.join(path).canonicalize().map_err(|error| target(path, &error))?;
        if !full.is_dir() {
            return Err(Error::Target {
                path: path.display().to_string(),
                why: "no folder: --root takes the root of a node's files".to_owned(),
            });
        }
        let base = Base::of(&full, working);
        let found = host::Walk::run(&full);
        if found.files.is_empty() && found.gaps.is_empty() {
            let why = "none of the files that a Kubernetes node has lies below it (etc/kubernetes, var/lib/kubelet, …)";
            return Err(Error::Target { path: path.display().to_string(), why: why.to_owned() });
        }
        let uri = |inner: &str| base.uri(&full.join(inner.trim_start_matches('/')), 0);
        let gaps = found.gaps.into_iter().map(|(path, why)| Gap { surface: "host".to_owned(), what: uri(&path), why, ..Gap::default() });
        self.node_gaps.extend(gaps);
        let name = format!("node:{}", root::between(&full, working));
        self.nodes.extend(found.files.into_iter().map(|file| Source {
            uri: Some(uri(&file.path)),
            shown: root::relative(&full.join(file.path.trim_start_matches('/')), working).unwrap_or_else(|| uri(&file.path)),
            origin: Origin::Host(Box::new(file)),
            named: false,
            root: name.clone().into(),
        }));
        Ok(())
    }

    fn stdin(&mut self, bytes: &[u8], name: Option<&str>, working: &Path) {
        let path = name.map(|name| root::normal(&working.join(name)));
        let base = Base::of(path.as_deref().and_then(Path::parent).unwrap_or(working), working);
        self.stdin.push(Source {
            shown: name.map_or_else(|| "<stdin>".to_owned(), |name| root::joined(Path::new(name))),
            uri: path.map(|path| base.uri(&path, 0)),
            origin: Origin::Bytes(bytes.to_owned()),
            named: true,
            root: name_of(base.repository(), working),
        });
    }

    fn base(&mut self, base: Base) -> usize {
        let known = self.bases.iter().position(|known| *known == base);
        known.unwrap_or_else(|| {
            self.bases.push(base);
            self.bases.len() - 1
        })
    }

    /// Every file once, under a name that no other has, in an order that does not hang on the file system's.
    fn settle(mut self, working: &Path) -> Discovery {
        // of the bases that a file was found from, the outermost names it, and one word is enough to name it
        let depth = |file: &File| self.bases[file.base].folder.components().count();
        // by its letters: to compare paths part by part takes ten times as long
        self.files.sort_unstable_by(|a, b| a.found.path.as_os_str().cmp(b.found.path.as_os_str()).then_with(|| depth(a).cmp(&depth(b))));
        self.files.dedup_by(|next, kept| {
            let same = next.found.path.as_os_str() == kept.found.path.as_os_str();
            kept.named |= same && next.named;
            same
        });
        let parts = self.parts();
        let name = |(base, path, why): &(usize, PathBuf, String)| (self.bases[*base].uri(path, parts), why.clone());
        let gaps = self.gaps.iter().map(name).map(|(what, why)| Gap { surface: "manifest".to_owned(), what, why, ..Gap::default() });
        let mut discovery = Discovery { gaps: gaps.collect(), ignored: self.ignored.iter().map(name).collect(), ..Discovery::default() };
        let asked = self.asked.iter().map(|(base, path)| self.bases[*base].uri(path, parts));
        discovery.asked = asked.map(|uri| if uri == "." { String::new() } else { uri }).collect();
        let uri = |base: usize, path: &Path| self.bases[base].uri(path, parts);
        discovery.links = self.links.iter().map(|(base, link, target)| (uri(*base, link), uri(*base, target))).collect();
        let packed = self.packed.iter().map(|(base, path)| uri(*base, path));
        let packed: BTreeSet<String> = packed.filter(|uri| !discovery.gaps.iter().any(|gap| gap.what == *uri)).collect();
        discovery.notices = packed.into_iter().map(|uri| format!("{uri}: {PACKED}: {UNPACK}")).collect();
        discovery.tops = self.bases.iter().filter_map(|base| base.folder.ancestors().nth(parts)).map(Path::to_owned).collect();
        discovery.builds = self.builds.iter().map(|(maker, folder)| self.build(*maker, folder, parts, working)).collect();
        discovery.sources = self.files.iter().map(|file| self.source(file, parts, working)).collect();
        // standard input without a name comes first
        discovery.sources.extend(self.stdin);
        discovery.sources.extend(self.nodes);
        discovery.gaps.extend(self.node_gaps);
        discovery.sources.sort_by(|a, b| (&a.uri, &a.shown).cmp(&(&b.uri, &b.shown)));
        // named once is named
        discovery.builds.sort_by(|a, b| (&a.uri, a.maker, b.named).cmp(&(&b.uri, b.maker, a.named)));
        discovery.builds.dedup_by(|next, kept| next.folder == kept.folder && next.maker == kept.maker);
        discovery.ignored.sort();
        discovery.ignored.dedup();
        discovery.gaps.sort();
        discovery.gaps.dedup();
        discovery.asked.sort();
        discovery.asked.dedup();
        discovery.tops.sort();
        discovery.tops.dedup();
        discovery
    }

    /// How much of the paths of the roots it takes to tell all files apart: nothing, unless there are several roots
    /// with files of the same name.
    fn parts(&self) -> usize {
        let deepest = self.bases.iter().map(|base| base.folder.components().count()).max().unwrap_or_default();
        let is_enough = |parts: &usize| {
            let mut names = HashSet::new();
            self.files.iter().all(|file| names.insert(self.bases[file.base].uri(&file.found.path, *parts)))
        };
        if self.bases.len() < 2 { 0 } else { (0..=deepest).find(is_enough).unwrap_or_default() }
    }

    fn source(&self, file: &File, parts: usize, working: &Path) -> Source {
        let path = &file.found.path;
        let uri = self.bases[file.base].uri(path, parts);
        Source {
            shown: self.shown(path, working).unwrap_or_else(|| uri.clone()),
            uri: Some(uri),
            named: file.named,
            root: name_of(file.found.repository.as_deref(), working),
            origin: Origin::File(path.clone()),
        }
    }

    fn build(&self, maker: Maker, folder: &File, parts: usize, working: &Path) -> Build {
        let Source { uri, shown, named, root, .. } = self.source(folder, parts, working);
        Build { uri: uri.unwrap_or_default(), maker, folder: folder.found.path.clone(), shown, root, named }
    }

    /// A file from the working directory, where it is below it or was named by way of `..`.
    fn shown(&self, path: &Path, working: &Path) -> Option<String> {
        root::relative(path, working).or_else(|| {
            let (place, written) = self.arguments.iter().find(|(place, _)| path.starts_with(place))?;
            Some(root::joined(&written.join(path.strip_prefix(place).ok()?)))
        })
    }
}
