//! All that is wrong with files of attestations, where a scan stops at the first fault.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;

use super::standing::place;
use super::{Attestations, Error, EvidenceWritten, Fault, File, Located, Method, Refused, Scope, Text, Written, found, is_hash};
use crate::parse::{Kind, Limits, Lines, NodeId, Tree, yaml};
use crate::policy::comment::date;
use crate::policy::survey;

/// The entries of a file, of which those that are no attestations were made empty.
#[derive(Deserialize)]
struct Sifted {
    #[serde(default)]
    attestations: Vec<Option<Written>>,
}

impl Attestations {
    /// Reads files, and the YAML files of folders: what can be understood, and what is wrong with the rest.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn lint(paths: &[PathBuf], limit: u32) -> Result<(Self, Vec<Refused>), Error> {
        let (texts, others) = found(paths)?;
        let mut all = Attestations { limit, others, ..Attestations::default() };
        let mut refused = Vec::new();
        for (path, text) in &texts {
            let (file, mut faults) = sift(path, text);
            faults.sort_by_key(|(_, fault)| (fault.line, fault.column));
            refused.extend(faults.into_iter().map(|(control, fault)| Refused {
                location: place(&file, fault.line, fault.column),
                control,
                why: fault.why,
            }));
            all.files.push(file);
        }
        all.settle();
        refused.sort();
        refused.dedup();
        Ok((all, refused))
    }
}

/// A file with the entries that are attestations, and what is wrong with the others, each with the control that it names.
fn sift(path: &Path, text: &Text) -> (File, Vec<(String, Fault)>) {
    let mut file =
        File { name: text.name.clone(), path: path.to_owned(), sha256: text.sha256(), evidence: Vec::new(), entries: Vec::new() };
    let source: Arc<str> = text.body.as_str().into();
    let parsed = yaml::parse(Arc::clone(&source), &text.name, &Limits::default());
    let lines = Lines::new(&source);
    let mut faults: Vec<(String, Fault)> = Vec::new();
    let mut spared = text.body.clone();
    let mut broken = BTreeSet::new();
    if let ([document], true) = (parsed.documents.as_slice(), parsed.gaps.is_empty()) {
        let schema = Attestations::schema();
        let flaws = survey::flaws(&parsed.tree, document.root, &schema);
        let entries = entries(&parsed.tree, document.root);
        for flaw in flaws {
            let entry = entries.iter().find(|entry| (entry.span.0..entry.span.1).contains(&flaw.at));
            let (line, column) = lines.position(flaw.at);
            let control = entry.map(|entry| entry.control.clone()).unwrap_or_default();
            faults.push((control, Fault { line: line.into(), column: column.into(), why: flaw.why }));
            if let Some(entry) = entry {
                blank(&mut spared, entry.span);
                broken.insert(entry.node);
            }
        }
    }
    // what else is wrong with them is told in the same round
    for entry in broken.into_iter().filter(|entry| parsed.tree.kind(*entry) == Kind::Mapping) {
        part(&mut file, Reader { tree: &parsed.tree, lines: &lines }.entry(entry), &mut faults);
    }
    let sifted: Result<Sifted, _> = Text { name: text.name.clone(), body: spared }.parse();
    match sifted {
        Ok(sifted) => {
            for written in sifted.attestations.into_iter().flatten() {
                if written.flaws().is_empty() { file.take(written, false) } else { part(&mut file, written, &mut faults) }
            }
        }
        // what was said of it above says it better
        Err(_) if !faults.is_empty() => {}
        Err(Error::Mistake { line, column, what, .. }) => faults.push((String::new(), Fault { line, column, why: what })),
        Err(error) => faults.push((String::new(), Fault { line: 1, column: 1, why: error.to_string() })),
    }
    file.settle();
    (file, faults)
}

/// Takes an entry of which not all is right: what is wrong with it, now and on a day.
fn part(file: &mut File, mut written: Written, faults: &mut Vec<(String, Fault)>) {
    let control = written.control.trim().to_owned();
    // what stands nowhere has been told
    let own = written.flaws().into_iter().filter(|flaw| flaw.line > 0);
    faults.extend(own.map(|fault| (control.clone(), fault)));
    for day in [&mut written.collected, &mut written.expires] {
        if date(day).is_err() {
            day.line = 0;
        }
    }
    let is_whole = |evidence: &EvidenceWritten| !evidence.link.trim().is_empty() && is_hash(&evidence.sha256);
    written.evidence.retain(is_whole);
    file.take(written, true);
}

/// An entry as far as it can be understood: what is not there, or is something else, stands nowhere.
struct Reader<'a> {
    tree: &'a Tree,
    lines: &'a Lines<'a>,
}

impl Reader<'_> {
    fn entry(&self, entry: NodeId) -> Written {
        let method = self.text(entry, "method").value;
        let evidence = self.value(entry, "evidence").into_iter().flat_map(|list| self.tree.items(list));
        let evidence =
            evidence.map(|one| EvidenceWritten { link: self.text(one, "link"), sha256: self.text(one, "sha256"), title: String::new() });
        let scope = self.value(entry, "scope");
        let list = |key: &str| {
            let items = scope.and_then(|scope| self.value(scope, key)).into_iter().flat_map(|list| self.tree.items(list));
            items.filter(|item| self.tree.kind(*item) == Kind::Scalar).map(|item| self.tree.text(item).to_owned()).collect()
        };
        let mut evidence: Vec<_> = evidence.collect();
        // there is some, whatever it is
        let examined = method == "examine" && self.value(entry, "evidence").is_none();
        evidence.retain(|one: &EvidenceWritten| one.link.line > 0 && one.sha256.line > 0);
        Written {
            control: self.text(entry, "control"),
            statement: self.text(entry, "statement"),
            scope: Scope { clusters: list("clusters"), namespaces: list("namespaces"), checks: list("checks") },
            method: if examined { Method::Examine } else { Method::Interview },
            assessed_by: self.text(entry, "assessed_by"),
            approved_by: self.text(entry, "approved_by"),
            collected: self.text(entry, "collected"),
            expires: self.text(entry, "expires"),
            evidence,
        }
    }

    fn value(&self, entry: NodeId, key: &str) -> Option<NodeId> {
        let value = self.tree.get(entry, key)?.1;
        Some(self.tree.target(value).unwrap_or(value))
    }

    fn text(&self, entry: NodeId, key: &str) -> Located<String> {
        let Some(value) = self.value(entry, key).filter(|value| self.tree.kind(*value) == Kind::Scalar) else {
            return Located { value: String::new(), line: 0, column: 0 };
        };
        let (line, column) = self.lines.position(self.tree.span(value).0);
        Located { value: self.tree.text(value).to_owned(), line: line.into(), column: column.into() }
    }
}

/// An entry of a file.
struct Place {
    /// That it names.
    control: String,
    node: NodeId,
    span: (u32, u32),
}

/// The entries of a file, and where each stands.
fn entries(tree: &Tree, root: NodeId) -> Vec<Place> {
    let list = tree.get(root, "attestations").map(|(_, list)| list);
    let items = list.into_iter().flat_map(|list| tree.items(list));
    let control = |entry: NodeId| tree.get(entry, "control").map(|(_, id)| tree.text(id).trim().to_owned()).unwrap_or_default();
    items.map(|node| Place { control: control(node), node, span: tree.span(node) }).collect()
}

/// Makes a part of a text empty, without moving anything else.
fn blank(text: &mut String, (start, end): (u32, u32)) {
    let (start, end) = (start as usize, (end as usize).min(text.len()));
    let empty: String = text[start..end].chars().map(|char| if matches!(char, '\n' | '\r') { char } else { ' ' }).collect();
    text.replace_range(start..end, &empty);
}
