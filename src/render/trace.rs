//! From a place in what was rendered to the place in the files that it was made of.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::rc::Rc;

use crate::parse::{File, NodeId, Role, Tree};

use super::align::{self, Found};
use super::listed::{field, items};
use super::patch::{self, Sources};
use super::patches::{self, Patch};
use super::subchart;
use super::wanted::Wanted;

/// Where somebody wrote what a tool rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// The number of the file.
    pub file: u32,
    /// The byte range in it.
    pub span: (u32, u32),
    /// The byte range of all of what is shown there.
    pub whole: (u32, u32),
    /// How well it fits.
    pub fit: Fit,
}

/// How well a place in a source fits one in what was made of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// It is the same thing.
    Same,
    /// It is the same thing, of which something within was changed.
    Changed,
    /// What stands there makes it, or would hold it.
    Near,
    /// Only the file is known.
    File,
}

/// What is looked for at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look<'p> {
    /// What stands there.
    Value,
    /// Something that is not there, by its path: the place is of what lacks it.
    Absent(&'p str),
}

/// Finds where things were written.
#[derive(Debug)]
pub struct Tracer<'f> {
    files: &'f [File],
    /// For a document of a file: how its lines and its template's lie side by side.
    aligned: HashMap<(u32, usize), Rc<Aligned>>,
    /// Files that have a part in more than one build.
    shared: HashSet<u32>,
    /// For a file that kustomize made: the patches that have a part in it.
    patches: HashMap<u32, Rc<Vec<Patch>>>,
}

#[derive(Debug)]
struct Aligned {
    made: Vec<Range<usize>>,
    template: Vec<Range<usize>>,
    found: Vec<Option<Found>>,
}

impl<'f> Tracer<'f> {
    /// For these files; `None` when none of them was rendered.
    #[must_use]
    pub fn new(files: &'f [File]) -> Option<Self> {
        let parts = |file: &'f File| if let Role::Made { parts, .. } = &file.role { Some(parts) } else { None };
        if !files.iter().any(|file| parts(file).is_some()) {
            return None;
        }
        let mut seen = HashSet::new();
        let shared = files.iter().filter_map(parts).flatten().copied().filter(|part| !seen.insert(*part)).collect();
        Some(Tracer { files, aligned: HashMap::new(), shared, patches: HashMap::new() })
    }

    /// Whether a file has a part in more than one build.
    #[must_use]
    pub fn is_shared(&self, file: u32) -> bool {
        self.shared.contains(&file)
    }

    /// Where a place in a rendered file was written; `None` in all others.
    pub fn trace(&mut self, file: u32, span: (u32, u32), look: Look<'_>) -> Option<Written> {
        let made = &self.files[file as usize];
        let Role::Made { from, parts, by } = &made.role else { return None };
        let number = document(made, span.0)?;
        let root = made.documents[number].root;
        let source = from.get(number).copied().flatten().or_else(|| parts.first().copied())?;
        let is_template = self.files[source as usize].tree.is_empty();
        let is_chart = is_template && self.files[source as usize].name().rsplit('/').next() == Some(subchart::CHART);
        let found = if is_chart {
            subchart::declared(made, made.tree.span(root).0, &self.files[source as usize], source)
        } else if is_template {
            self.template(file, number, source, span)
        } else {
            let patches = self.patches.entry(file).or_insert_with(|| Rc::new(patches::all(self.files, from, parts, *by)));
            let wanted = Wanted::new(&made.tree, root, span, look);
            patch::trace(self.files, &wanted, source, Sources { parts, by: *by, patches })
        };
        // what sets it may have been made itself
        let found = found.map(|written| match self.files[written.file as usize].role {
            Role::Made { .. } if written.file != file => {
                let deeper = self.trace(written.file, written.span, look);
                deeper.map_or(written, |deeper| if written.fit == Fit::Near { Written { fit: Fit::Near, ..deeper } } else { deeper })
            }
            _ => written,
        });
        let first = first(&self.files[source as usize].tree);
        found.or(Some(Written { file: source, span: first, whole: first, fit: Fit::File }))
    }

    fn template(&mut self, file: u32, number: usize, source: u32, span: (u32, u32)) -> Option<Written> {
        let (made, template) = (&self.files[file as usize], &self.files[source as usize]);
        let (text, written): (&str, &str) = (made.tree.source(), template.tree.source());
        let aligned = self.aligned.entry((file, number)).or_insert_with(|| Rc::new(align(made, number, written))).clone();
        let line_at = |offset: u32| aligned.made.partition_point(|line| line.start <= offset as usize).checked_sub(1);
        let line = line_at(span.0)?;
        let found = aligned.found.get(line).copied().flatten()?;
        let (at, fit) = match found {
            Found::Text(at) | Found::Mixed(at) => (at, Fit::Same),
            Found::Near(at) => (at, Fit::Near),
        };
        let target = aligned.template[at].clone();
        let shown = trimmed(written, &target);
        let span = match found {
            Found::Text(_) => {
                // the two lines differ by their indentation alone
                let source = trimmed(text, &aligned.made[line]);
                let start = shown.0 + (span.0 as usize).saturating_sub(source.0).min(shown.1 - shown.0);
                let ends_here = (span.1 as usize) <= source.1;
                let end = if ends_here { shown.0 + (span.1 as usize).saturating_sub(source.0) } else { shown.1 };
                (start, end.max(start))
            }
            Found::Mixed(_) => {
                // as far as the first action the two lines are the same
                let plain = written[shown.0..shown.1].find("{{").unwrap_or_default();
                let source = trimmed(text, &aligned.made[line]);
                let (start, end) = ((span.0 as usize).saturating_sub(source.0), (span.1 as usize).saturating_sub(source.0));
                let is_plain = start < plain && (span.1 as usize) <= source.1;
                if is_plain { (shown.0 + start, if end <= plain { shown.0 + end } else { shown.1 }) } else { value(written, shown) }
            }
            Found::Near(_) => shown,
        };
        let span = (span.0 as u32, span.1 as u32);
        Some(Written { file: source, span, whole: span, fit })
    }
}

/// The document that a place lies in.
fn document(file: &File, offset: u32) -> Option<usize> {
    let after = file.documents.partition_point(|document| file.tree.span(document.root).0 <= offset);
    // what lies before the first document belongs to it
    (!file.documents.is_empty()).then(|| after.saturating_sub(1))
}

fn align(made: &File, number: usize, written: &str) -> Aligned {
    let text: &str = made.tree.source();
    let start = |number: usize| made.documents.get(number).map(|document| made.tree.span(document.root).0 as usize);
    let from = start(number).unwrap_or_default();
    let from = text[..from].rfind('\n').map_or(0, |at| at + 1);
    let ranges = align::ranges(text, from..start(number + 1).unwrap_or(text.len()));
    let template = align::ranges(written, 0..written.len());
    let of_made: Vec<_> = ranges.iter().map(|range| &text[range.clone()]).collect();
    let of_template: Vec<_> = template.iter().map(|range| &written[range.clone()]).collect();
    let found = align::lines(&of_made, &of_template);
    Aligned { made: ranges, template, found }
}

/// A line without the white space around it.
fn trimmed(text: &str, line: &Range<usize>) -> (usize, usize) {
    let whole = &text[line.clone()];
    let start = line.start + (whole.len() - whole.trim_start().len());
    (start, start.max(line.start + whole.trim_end().len()))
}

/// What stands behind the key of a line, or all of it.
fn value(text: &str, (start, end): (usize, usize)) -> (usize, usize) {
    let line = &text[start..end];
    let key_end = line.find(": ").filter(|at| !line[..*at].contains("{{"));
    key_end.map_or((start, end), |at| (start + at + 2, end))
}

/// The first thing in a file.
fn first(tree: &Tree) -> (u32, u32) {
    let text: &str = tree.source();
    let line = text.lines().next().unwrap_or_default();
    (0, line.len() as u32)
}

/// The root of each object that can be pointed at: a document, or an item of a list.
pub(super) fn documents(file: &File) -> impl Iterator<Item = NodeId> {
    let kept = match &file.role {
        // before all is built they are still in their place
        Role::Source(documents) if !documents.is_empty() => documents.as_slice(),
        _ => file.documents.as_slice(),
    };
    kept.iter().flat_map(|document| objects(&file.tree, document.root))
}

/// The objects of a document: its items where it is a list, as kustomize takes it.
pub(super) fn objects(tree: &Tree, root: NodeId) -> Vec<NodeId> {
    let listed: Vec<_> = if field(tree, root, "kind").ends_with("List") { items(tree, root, "items").collect() } else { Vec::new() };
    if listed.is_empty() { vec![root] } else { listed }
}
