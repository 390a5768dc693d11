//! What is this file? Bytes to a [`File`], whatever they are: this never fails and never blocks.

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use memchr::memmem;
use sha2::{Digest as _, Sha256};

use crate::discover::{Gap, Origin, Place, Source};

use super::fault::{self, Fault};
use super::tree::{Kind, NodeId, Tree};
use super::{Document, File, Limits, Status, decode, directive, keys, scalar, template, yaml};

/// The largest file that is read at all: what may hold documents of the largest size, and fits memory.
const LARGEST: u64 = 1 << 30;

/// Reads one source and finds the Kubernetes objects in it.
#[must_use]
pub fn read(source: Source, limits: &Limits) -> File {
    let mut file = File {
        uri: source.uri.clone(),
        shown: source.shown.clone(),
        root: source.root.to_string(),
        bytes: 0,
        sha256: [0; 32],
        tree: Tree::new(Arc::from("")),
        documents: Vec::new(),
        gaps: Vec::new(),
        directives: Vec::new(),
        status: Status::Gap,
    };
    if !is_candidate(&source) {
        return file.ignored("neither YAML nor JSON by its name");
    }
    let bytes = match bytes(&source.origin) {
        Ok(bytes) => bytes,
        Err(why) => return file.gap(why),
    };
    file.bytes = bytes.len() as u64;
    file.sha256 = Sha256::digest(&bytes).into();
    file.fill(&bytes, &source, limits);
    file
}

impl File {
    fn ignored(mut self, why: &str) -> Self {
        self.status = Status::Ignored(why.to_owned());
        self
    }

    fn gap(mut self, why: String) -> Self {
        self.add_gap(why, None);
        self.status = Status::Gap;
        self
    }

    fn add_gap(&mut self, why: String, place: Option<(u32, u32)>) {
        let (why, location) = match (&self.uri, place) {
            (Some(uri), Some((line, column))) => (why, Some(Place { uri: uri.clone(), line, column })),
            (Some(uri), None) => (why, Some(Place { uri: uri.clone(), line: 1, column: 1 })),
            // without a file there is no place to point at
            (None, Some((line, column))) => (format!("line {line}, column {column}: {why}"), None),
            (None, None) => (why, None),
        };
        self.gaps.push(fault::gap(self.shown.clone(), why, location));
    }

    fn fill(&mut self, bytes: &[u8], source: &Source, limits: &Limits) {
        let text: Arc<str> = match decode::decode(bytes) {
            Ok(text) => text.into(),
            Err(bad) if source.named || shows_object(&decode::lossy(bytes)) => {
                return self.add_gap(bad.why, Some((bad.line, bad.column)));
            }
            Err(bad) => {
                self.status = Status::Ignored(format!("{} at {}:{}", bad.why, bad.line, bad.column));
                return;
            }
        };
        if let Some(at) = memmem::find(text.as_bytes(), b"{{").filter(|_| in_chart(&source.origin)) {
            return self.add_gap(template::fault(at).why, Some(super::Lines::new(&text).position(at as u32)));
        }
        if !may_hold_object(text.as_bytes()) && !source.named {
            self.status = Status::Ignored(NO_OBJECT.to_owned());
            return;
        }
        let yaml::Read { tree, documents, mut faults } = yaml::read(text, limits);
        let looks = documents.iter().any(|document| looks_like_object(&tree, document.root));
        if !looks && !self.keeps(&tree, &faults, source) {
            return;
        }
        for document in documents {
            match refusal(&tree, document.root) {
                None => self.documents.push(document),
                Some(why) if looks => faults.push(refused(&tree, document, why)),
                Some(_) => {}
            }
        }
        faults.sort_by_key(|fault| fault.at);
        self.take_faults(&tree, &faults);
        if !self.documents.is_empty() {
            self.status = Status::Read;
            self.directives = directive::find(&tree, &self.documents);
            self.tree = tree;
        }
    }

    /// Whether a file without an object is a gap rather than ignored; says in the status why it is ignored.
    fn keeps(&mut self, tree: &Tree, faults: &[Fault], source: &Source) -> bool {
        let text = tree.source();
        let Some(first) = faults.iter().find(|fault| fault.lost.is_some()) else {
            self.status = Status::Ignored(NO_OBJECT.to_owned());
            return false;
        };
        if source.named || faults.iter().filter_map(|fault| fault.lost).any(|(start, end)| shows_object(&text[start..end])) {
            return true;
        }
        let (line, column) = super::Lines::new(text).position(first.at as u32);
        self.status = Status::Ignored(format!("{} at {line}:{column}", first.why));
        false
    }

    fn take_faults(&mut self, tree: &Tree, faults: &[Fault]) {
        let name = self.uri.as_deref().unwrap_or(&self.shown);
        let mut gaps = fault::gaps(tree.source(), name, faults);
        if self.uri.is_none() {
            gaps.iter_mut().for_each(unplace);
        }
        self.gaps.append(&mut gaps);
    }
}

const NO_OBJECT: &str = "no Kubernetes object in it";

fn unplace(gap: &mut Gap) {
    if let Some(place) = gap.location.take() {
        gap.why = format!("line {}, column {}: {}", place.line, place.column, gap.why);
    }
}

fn is_candidate(source: &Source) -> bool {
    let Origin::File(path) = &source.origin else { return true };
    source.named || path.extension().and_then(|extension| extension.to_str()).is_some_and(|extension| matches!(extension, "yaml" | "yml" | "json"))
}

/// The bytes of a source, or why there are none.
fn bytes(origin: &Origin) -> Result<Vec<u8>, String> {
    let path = match origin {
        Origin::Bytes(bytes) => return Ok(bytes.clone()),
        Origin::File(path) => path,
    };
    let failed = |error: std::io::Error| format!("it cannot be read: {}", reason(&error));
    // asked before opening: opening a FIFO waits for its other end
    let meta = fs::metadata(path).map_err(failed)?;
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
fn in_chart(origin: &Origin) -> bool {
    let Origin::File(path) = origin else { return false };
    path.ancestors()
        .skip(1)
        .filter(|folder| folder.file_name().is_some_and(|name| name == "templates"))
        .any(|folder| folder.parent().is_some_and(|chart| chart_file(chart).is_file()))
}

fn chart_file(chart: &Path) -> std::path::PathBuf {
    chart.join("Chart.yaml")
}

/// Whether parsing could find an object at all. A lock file of many megabytes is not worth parsing.
fn may_hold_object(bytes: &[u8]) -> bool {
    let has = |needle: &str| memmem::find(bytes, needle.as_bytes()).is_some();
    // the words may also be spelled with escapes, or in base64
    let hidden = || memchr::memchr_iter(b'\\', bytes).any(|at| matches!(bytes.get(at + 1), Some(b'u' | b'U' | b'x' | b'\n' | b'\r')));
    (has("apiVersion") && has("kind")) || has("!binary") || has(":binary") || hidden()
}

/// Whether a text that does not parse shows a top-level `apiVersion` and `kind`.
fn shows_object(text: &str) -> bool {
    let flow = text.trim_start().starts_with(['{', '[']);
    let shows = |key: &str| {
        memmem::find_iter(text.as_bytes(), key).any(|at| {
            let before = text[..at].trim_end_matches(['"', '\'']);
            let after = text[at + key.len()..].trim_start_matches(['"', '\'', ' ', '\t']);
            after.starts_with(':') && (flow || before.is_empty() || before.ends_with(['\n', '\r', '\u{FEFF}']))
        })
    };
    shows("apiVersion") && shows("kind")
}

/// The value of a key of a document's mapping, merge keys followed one step.
fn find<'a>(tree: &'a Tree, root: NodeId, key: &str) -> Option<NodeId> {
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

fn refused(tree: &Tree, document: Document, why: String) -> Fault {
    Fault { document: document.number, ..Fault::broken(tree.span(document.root).0 as usize, why) }
}
