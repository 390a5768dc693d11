//! What is this file? Bytes to a [`File`], whatever they are: this never fails and never blocks.

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use memchr::memmem;
use sha2::{Digest as _, Sha256};

use crate::discover::{Gap, Origin, Place, Source};

use super::fault::{self, Fault};
use super::tree::{Kind, NodeId, Quick, Tree};
use super::{File, Limits, Role, Status, decode, directive, host, keys, scalar, template, written, yaml};

/// The largest file that is read at all: what may hold documents of the largest size, and fits memory.
const LARGEST: u64 = 1 << 30;

/// Reads one source and finds the Kubernetes objects in it.
///
/// A file that by its name is neither YAML nor JSON is not even opened, unless it was named: its size and hash are nought.
#[must_use]
pub fn read(source: Source, limits: &Limits) -> File {
    let Source { uri, shown, origin, named, root } = source;
    let mut file = File {
        uri,
        shown,
        root: root.into_string(),
        bytes: 0,
        sha256: [0; 32],
        tree: Tree::new(Arc::from("")),
        documents: Vec::new(),
        gaps: Vec::new(),
        directives: Vec::new(),
        status: Status::Gap,
        live: false,
        host: false,
        slim: None,
        role: Role::Judged,
    };
    let (origin, stat) = match origin {
        Origin::Host(node) => {
            file.host = true;
            (node.content, Some((node.path, node.stat)))
        }
        origin => (Some(origin), None),
    };
    if matches!(origin, Some(Origin::Made(_))) {
        file.role = Role::Made { from: Vec::new(), parts: Vec::new(), by: None };
    }
    if let Some(origin) = origin {
        read_content(&mut file, origin, named, limits);
    }
    if let Some((path, stat)) = stat {
        host::append_stat(&mut file, &path, &stat);
    }
    file
}

fn read_content(file: &mut File, origin: Origin, named: bool, limits: &Limits) {
    let path = match &origin {
        Origin::File(path) | Origin::Copy(path, _) => Some(path.clone()),
        Origin::Bytes(_) | Origin::Made(_) | Origin::Host(_) => None,
    };
    if !file.host && !named && !path.as_deref().is_none_or(is_candidate) {
        file.status = Status::Ignored("neither YAML nor JSON by its name".to_owned());
        return;
    }
    match bytes(origin) {
        Ok(bytes) => {
            file.bytes = bytes.len() as u64;
            file.sha256 = Sha256::digest(&bytes).into();
            // what a person gave, stdin included, is not ignored for being broken
            let named = named || path.is_none() && !file.host;
            Reader { file, named, path: path.as_deref() }.read(bytes, limits);
        }
        Err(why) => file.gaps.push(Gap { surface: surface(file).to_owned(), ..fault::gap(file.name().to_owned(), why, None) }),
    }
}

/// The kind of evidence that a file belongs to.
fn surface(file: &File) -> &'static str {
    if file.host { "host" } else { "manifest" }
}

struct Reader<'a> {
    file: &'a mut File,
    named: bool,
    path: Option<&'a Path>,
}

impl Reader<'_> {
    fn ignore(&mut self, why: String) {
        self.file.status = Status::Ignored(why);
    }

    /// Comments for the tool in what is not judged, with the text by which they have a place.
    fn note_strays(&mut self, text: &Arc<str>) {
        self.file.directives = directive::strays(text);
        if !self.file.directives.is_empty() {
            self.file.tree = Tree::new(Arc::clone(text));
        }
    }

    fn gap(&mut self, why: String, line: u32, column: u32) {
        let place = Place { uri: self.file.name().to_owned(), line, column };
        let mut gap = Gap { surface: surface(self.file).to_owned(), ..fault::gap(self.file.name().to_owned(), why, Some(place)) };
        self.place(&mut gap);
        self.file.gaps.push(gap);
    }

    /// Without a file there is no place to point at; the words have to say it.
    fn place(&self, gap: &mut Gap) {
        if self.file.uri.is_none()
            && let Some(place) = gap.location.take()
        {
            gap.why = format!("line {}, column {}: {}", place.line, place.column, gap.why);
        }
    }

    fn read(&mut self, bytes: Vec<u8>, limits: &Limits) {
        let (text, bad): (Arc<str>, _) = match decode::decode(&bytes) {
            Ok(text) => (text.into(), Vec::new()),
            Err(first) => {
                let saved = decode::salvage(&bytes);
                if !self.named && self.file.implied().1.is_empty() && !shows_object(&saved.text) {
                    return self.ignore(format!("{} at {}:{}", first.why, first.line, first.column));
                }
                (saved.text.into(), saved.bad)
            }
        };
        drop(bytes);
        if self.read_host(&text, bad.is_empty()) {
            return;
        }
        if let Some(at) = memmem::find(text.as_bytes(), b"{{").filter(|_| self.path.is_some_and(in_chart)) {
            let (line, column) = super::Lines::new(&text).position(at as u32);
            return self.gap(template::fault(at).why, line, column);
        }
        // what a file is known to be by its name need not say so itself
        let kustomization = !self.file.implied().1.is_empty();
        if !kustomization && let Some((whose, at)) = host::foreign(&text).filter(|_| !shows_object(&text)) {
            let (line, column) = super::Lines::new(&text).position(at as u32);
            return self.gap(format!("it looks like configuration of a control plane ({whose}), which is not read"), line, column);
        }
        if !self.named && !kustomization && !may_hold_object(text.as_bytes()) {
            self.ignore(NO_OBJECT.to_owned());
            return self.note_strays(&text);
        }
        if !self.named && is_own_result(&text) {
            return self.ignore("a result of cnscan".to_owned());
        }
        let yaml::Read { tree, documents, mut faults, .. } = yaml::read(text, limits, bad);
        if !self.named && !documents.is_empty() && documents.iter().all(|document| is_own_report(&tree, document.root)) {
            return self.ignore("reports that cnscan wrote".to_owned());
        }
        let looks = documents.iter().any(|document| looks_like_object(&tree, document.root));
        // what is broken of it may be what counts
        let kustomization =
            kustomization && (!faults.is_empty() || documents.iter().any(|document| tree.kind(document.root) == Kind::Mapping));
        if !looks
            && !kustomization
            && let Some(why) = self.reason_to_ignore(&tree, &faults)
        {
            self.ignore(why);
            return self.note_strays(tree.source());
        }
        for document in documents {
            match refusal(&tree, document.root).filter(|_| !kustomization || tree.kind(document.root) != Kind::Mapping) {
                None => self.file.documents.push(document),
                Some(why) if looks => {
                    faults.push(Fault { document: document.number, ..Fault::broken(tree.span(document.root).0 as usize, why) });
                }
                Some(_) => {}
            }
        }
        faults.sort_by_key(|fault| fault.at);
        let mut gaps = fault::gaps(tree.source(), self.file.name(), &faults);
        gaps.iter_mut().for_each(|gap| self.place(gap));
        self.file.gaps = gaps;
        if !self.file.documents.is_empty() {
            self.file.status = Status::Read;
            self.file.directives = directive::find(&tree, &self.file.documents);
            self.file.tree = tree;
            written::append(self.file, limits);
        }
    }

    /// Reads a file of a node that is neither YAML nor JSON; whether it is one.
    fn read_host(&mut self, text: &Arc<str>, is_text: bool) -> bool {
        let piped = || (self.named && is_text && host::is_command_line(text)).then_some(host::Format::CommandLine);
        let Some(format) = host::format(self.file.name()).or_else(piped).filter(|_| is_text) else { return false };
        match host::read(format, Arc::clone(text), self.file.name()) {
            Ok((_, documents)) if documents.is_empty() => self.ignore("no command line of a component in it".to_owned()),
            Ok((tree, documents)) => {
                self.file.tree = tree;
                self.file.documents = documents;
                self.file.status = Status::Read;
            }
            Err((at, why)) => {
                let (line, column) = super::Lines::new(text).position(at as u32);
                self.gap(why, line, column);
            }
        }
        true
    }

    /// Why a file without an object is ignored; `None` where something broken in it may have been one.
    fn reason_to_ignore(&self, tree: &Tree, faults: &[Fault]) -> Option<String> {
        let text = tree.source();
        let Some(first) = faults.iter().find(|fault| fault.lost.is_some()) else { return Some(NO_OBJECT.to_owned()) };
        if self.named || faults.iter().filter_map(|fault| fault.lost).any(|(start, end)| may_show_object(&text[start..end])) {
            return None;
        }
        let (line, column) = super::Lines::new(text).position(first.at as u32);
        Some(format!("{} at {line}:{column}", first.why))
    }
}

const NO_OBJECT: &str = "no Kubernetes object in it";

fn is_candidate(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    let known = extension.is_some_and(|extension| ["yaml", "yml", "json"].iter().any(|known| extension.eq_ignore_ascii_case(known)));
    known || path.file_name().is_some_and(|name| name == "Kustomization") || path.to_str().is_some_and(host::is_candidate)
}

/// The bytes of a source, or why there are none.
pub(crate) fn bytes(origin: Origin) -> Result<Vec<u8>, String> {
    let path = match origin {
        Origin::Bytes(bytes) | Origin::Made(bytes) | Origin::Copy(_, bytes) => return Ok(bytes),
        Origin::File(path) => path,
        Origin::Host(node) => return node.content.map_or_else(|| Err("it is never opened".to_owned()), bytes),
    };
    let failed = |error: std::io::Error| format!("it cannot be read: {}", reason(&error));
    // asked before opening: opening a FIFO waits for its other end
    let meta = fs::metadata(&path).map_err(failed)?;
    if meta.is_dir() {
        return Err("it is a folder".to_owned());
    }
    if !meta.is_file() {
        return Err("it is no regular file (a pipe, socket or device)".to_owned());
    }
    if meta.len() > LARGEST {
        return Err(too_large());
    }
    let mut bytes = Vec::with_capacity(meta.len() as usize);
    fs::File::open(path).map_err(failed)?.take(LARGEST + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > LARGEST {
        return Err(too_large());
    }
    Ok(bytes)
}

fn too_large() -> String {
    format!("larger than {LARGEST} bytes, the limit for a file")
}

/// The reason without the number that the system gives it.
fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    let end = text.find(" (os error").unwrap_or(text.len());
    text[..end].to_lowercase()
}

/// Whether the file lies in the `templates` folder of a Helm chart.
fn in_chart(path: &Path) -> bool {
    path.ancestors()
        .skip(1)
        .filter(|folder| folder.file_name().is_some_and(|name| name == "templates"))
        .any(|folder| folder.parent().is_some_and(|chart| chart.join("Chart.yaml").is_file()))
}

/// Whether parsing could find an object at all. A lock file of many megabytes is not worth parsing.
fn may_hold_object(bytes: &[u8]) -> bool {
    let has = |needle: &str| memmem::find(bytes, needle.as_bytes()).is_some();
    // the words may also be spelled with escapes, or in base64
    (has("apiVersion") && has("kind")) || has("!binary") || has(":binary") || has_spelled(bytes)
}

/// Whether any letter may be spelled with an escape, or a word go on in the next line: then it is found by parsing alone.
pub(crate) fn has_spelled(bytes: &[u8]) -> bool {
    memchr::memchr_iter(b'\\', bytes).any(|at| matches!(bytes.get(at + 1), Some(b'u' | b'U' | b'x' | b'\n' | b'\r')))
}

/// Whether a text is a result as this program writes it: its first key says so. What it quotes is not there.
fn is_own_result(text: &str) -> bool {
    let rest = text.strip_prefix('{').and_then(|rest| rest.trim_start().strip_prefix(r#""schema""#));
    rest.and_then(|rest| rest.trim_start().strip_prefix(':')).is_some_and(|rest| rest.trim_start().starts_with(r#""cnscan/"#))
}

/// Whether a document is a report for a cluster that this program wrote.
fn is_own_report(tree: &Tree, root: NodeId) -> bool {
    let text = |at: Option<NodeId>| at.map(|id| tree.text(id)).unwrap_or_default();
    let is_report = ["wgpolicyk8s.io/", "openreports.io/"].iter().any(|group| text(find(tree, root, "apiVersion")).starts_with(group));
    let labels = || find(tree, find(tree, root, "metadata")?, "labels");
    is_report && labels().is_some_and(|labels| text(find(tree, labels, "app.kubernetes.io/managed-by")) == "cnscan")
}

/// Whether a text that does not parse shows a top-level `apiVersion` and `kind`.
fn shows_object(text: &str) -> bool {
    let flow = text.trim_start().starts_with(['{', '[']);
    let at_top = |before: &str| flow || before.is_empty() || before.ends_with(['\n', '\r', '\u{FEFF}']);
    shows_key(text, "apiVersion", at_top) && shows_key(text, "kind", at_top)
}

/// The same of what is broken, where nobody can tell what is top-level.
fn may_show_object(text: &str) -> bool {
    let is_key = |before: &str| before.is_empty() || before.ends_with(['\n', '\r', '\u{FEFF}', ' ', '\t', '{', ',']);
    shows_key(text, "apiVersion", is_key) && shows_key(text, "kind", is_key)
}

/// Whether a word stands somewhere as a key, behind what is asked for.
fn shows_key(text: &str, key: &str, is_behind: impl Fn(&str) -> bool) -> bool {
    memmem::find_iter(text.as_bytes(), key).any(|at| {
        let before = text[..at].trim_end_matches(['"', '\'']);
        let after = text[at + key.len()..].trim_start_matches(['"', '\'', ' ', '\t']);
        after.starts_with(':') && is_behind(before)
    })
}

/// The value of a key of a document's mapping, merge keys followed one step.
fn find(tree: &Tree, root: NodeId, key: &str) -> Option<NodeId> {
    match tree.quick_get(root, key) {
        Quick::Found(value) => return Some(value),
        Quick::Absent => return None,
        Quick::Unsure => {}
    }
    let target = |id: NodeId| tree.target(id).unwrap_or(id);
    let mut found = None;
    for (name, value) in tree.entries(root) {
        if keys::is_merge(tree, name) {
            let value = target(value);
            let merged = match tree.kind(value) {
                Kind::Sequence => tree.items(value).find_map(|item| tree.get(target(item), key)),
                _ => tree.get(value, key),
            };
            found = merged.map(|(_, value)| target(value)).or(found);
        } else if tree.kind(name) == Kind::Scalar && tree.text(name) == key {
            found = Some(target(value));
        }
    }
    found
}

fn looks_like_object(tree: &Tree, root: NodeId) -> bool {
    find(tree, root, "apiVersion").is_some() && find(tree, root, "kind").is_some()
}

/// Why `kubectl` would take a document for no object.
fn refusal(tree: &Tree, root: NodeId) -> Option<String> {
    if tree.kind(root) != Kind::Mapping {
        return Some("not a mapping, so no Kubernetes object: kubectl refuses the file".to_owned());
    }
    for key in ["kind", "apiVersion"] {
        let value = find(tree, root, key).map(|id| scalar::resolve(tree, id));
        match value {
            Some(scalar::Value::Str(text)) if !text.is_empty() => {}
            None | Some(scalar::Value::Null | scalar::Value::Str(_)) => return Some(format!("no `{key}`: kubectl refuses the document")),
            Some(_) => return Some(format!("`{key}` is not text: kubectl refuses the document")),
        }
    }
    None
}
