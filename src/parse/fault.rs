//! What is wrong in a text, before it becomes a gap.

use crate::discover::{Gap, Place};

use super::lines::Lines;

/// How many of a kind are told apart in one file; the rest is only counted.
const SHOWN: usize = 100;

/// Something wrong at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// The byte it is at.
    pub(super) at: usize,
    /// The document, from 1.
    pub(super) document: u32,
    /// What is wrong.
    pub(super) why: String,
    /// Where the key stood first, when it is a duplicate.
    pub(super) also: Option<usize>,
    /// Whether the text is no YAML at all, rather than YAML that is refused.
    pub(super) syntax: bool,
    /// The bytes that were not read because of it; none where the document was.
    pub(super) lost: Option<(usize, usize)>,
}

impl Fault {
    /// A fault that keeps a document from being read; its number and range are filled in by whoever knows them.
    pub(super) fn broken(at: usize, why: impl Into<String>) -> Self {
        Fault { lost: Some((at, at)), ..Fault::noted(at, why) }
    }

    /// A fault that makes the text no YAML.
    pub(super) fn syntax(at: usize, why: impl Into<String>) -> Self {
        Fault { syntax: true, ..Fault::broken(at, why) }
    }

    /// A fault in a document that was read all the same.
    pub(super) fn noted(at: usize, why: impl Into<String>) -> Self {
        Fault { at, document: 0, why: why.into(), also: None, syntax: false, lost: None }
    }
}

/// The gaps that faults make, with lines and columns.
pub(super) fn gaps(text: &str, uri: &str, faults: &[Fault]) -> Vec<Gap> {
    if faults.is_empty() {
        return Vec::new();
    }
    let lines = Lines::new(text);
    let place = |at: usize| {
        let (line, column) = lines.position(at as u32);
        Place { uri: uri.to_owned(), line, column }
    };
    let mut gaps: Vec<Gap> = faults
        .iter()
        .take(SHOWN)
        .map(|fault| {
            let here = place(fault.at);
            let mut why = fault.why.clone();
            if let Some(there) = fault.also.map(place) {
                why.push_str(&format!(
                    " at {}:{}, first at {}:{}; the last value is judged",
                    here.line, here.column, there.line, there.column
                ));
            }
            gap(format!("{uri}, document {}", fault.document), why, Some(here))
        })
        .collect();
    if let Some(next) = faults.get(SHOWN) {
        let why = format!("{} more faults like these in this file", faults.len() - SHOWN);
        gaps.push(gap(uri.to_owned(), why, Some(place(next.at))));
    }
    gaps
}

/// A gap in what was to be read from files.
pub(super) fn gap(what: String, why: String, location: Option<Place>) -> Gap {
    Gap { surface: "manifest".to_owned(), what, why, location, ..Gap::default() }
}
