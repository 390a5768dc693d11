//! All that is wrong with files of attestations, where a scan stops at the first fault.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;

use super::standing::place;
use super::{Attestations, Error, Fault, File, Refused, Text, Written, found};
use crate::parse::{Limits, Lines, NodeId, Tree, yaml};
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
    if let ([document], true) = (parsed.documents.as_slice(), parsed.gaps.is_empty()) {
        let schema = Attestations::schema();
        let flaws = survey::flaws(&parsed.tree, document.root, &schema);
        let entries = entries(&parsed.tree, document.root);
        for flaw in flaws {
            let entry = entries.iter().find(|(_, span)| (span.0..span.1).contains(&flaw.at));
            let (line, column) = lines.position(flaw.at);
            let control = entry.map(|(control, _)| control.clone()).unwrap_or_default();
            faults.push((control, Fault { line: line.into(), column: column.into(), why: flaw.why }));
            if let Some((_, span)) = entry {
                blank(&mut spared, *span);
            }
        }
    }
    let sifted: Result<Sifted, _> = Text { name: text.name.clone(), body: spared }.parse();
    match sifted {
        Ok(sifted) => {
            for written in sifted.attestations.into_iter().flatten() {
                let own = written.flaws();
                if own.is_empty() {
                    file.take(written);
                } else {
                    let control = written.control.trim().to_owned();
                    faults.extend(own.into_iter().map(|fault| (control.clone(), fault)));
                }
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

/// The entries of a file: the control that each names, and where it stands.
fn entries(tree: &Tree, root: NodeId) -> Vec<(String, (u32, u32))> {
    let list = tree.get(root, "attestations").map(|(_, list)| list);
    let items = list.into_iter().flat_map(|list| tree.items(list));
    let control = |entry: NodeId| tree.get(entry, "control").map(|(_, id)| tree.text(id).trim().to_owned()).unwrap_or_default();
    items.map(|entry| (control(entry), tree.span(entry))).collect()
}

/// Makes a part of a text empty, without moving anything else.
fn blank(text: &mut String, (start, end): (u32, u32)) {
    let (start, end) = (start as usize, (end as usize).min(text.len()));
    let empty: String = text[start..end].chars().map(|char| if matches!(char, '\n' | '\r') { char } else { ' ' }).collect();
    text.replace_range(start..end, &empty);
}
