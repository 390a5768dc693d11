//! A text to its documents, as `kubectl apply` would read them.

use std::sync::Arc;

use crate::discover::Gap;

use super::chunks::{Chunk, chunks};
use super::fault::{self, Fault};
use super::tree::{Builder, Tree};
use super::{Document, Limits, granit, json, lane, odd, template};

/// What a text holds.
#[derive(Debug)]
pub struct Parsed {
    /// The nodes of all documents.
    pub tree: Tree,
    /// The documents that could be read, in order; empty ones are left out.
    pub documents: Vec<Document>,
    /// What could not be read, or not be trusted.
    pub gaps: Vec<Gap>,
    /// How many documents took the fast lane, empty ones included: to be measured, nothing else depends on it.
    pub by_lane: u32,
}

/// What a text holds, its faults not yet given lines and columns.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) tree: Tree,
    pub(super) documents: Vec<Document>,
    pub(super) faults: Vec<Fault>,
    by_lane: u32,
}

/// Parses YAML or JSON. Never fails: what is broken becomes a gap with its place, and the other documents are read.
#[must_use]
pub fn parse(text: Arc<str>, uri: &str, limits: &Limits) -> Parsed {
    parsed(read(text, limits, Vec::new()), uri)
}

/// [`parse`] without its fast lane: the result is the same, later. Tests hold one against the other.
#[must_use]
pub fn parse_slowly(text: Arc<str>, uri: &str, limits: &Limits) -> Parsed {
    parsed(read_by(text, limits, Vec::new(), false), uri)
}

fn parsed(read: Read, uri: &str) -> Parsed {
    let gaps = fault::gaps(read.tree.source(), uri, &read.faults);
    Parsed { tree: read.tree, documents: read.documents, gaps, by_lane: read.by_lane }
}

/// See [`parse`]. No document is read that has a place of `bad` in it: where, in ascending order, and what is wrong.
pub(super) fn read(text: Arc<str>, limits: &Limits, bad: Vec<(usize, String)>) -> Read {
    read_by(text, limits, bad, true)
}

fn read_by(text: Arc<str>, limits: &Limits, bad: Vec<(usize, String)>, lane: bool) -> Read {
    let too_long = u32::try_from(text.len()).is_err();
    let text = if too_long { Arc::from("") } else { text };
    let builder = Builder::new(text);
    let mut stream =
        Stream { builder, limits: *limits, bad, lane, by_lane: 0, number: 0, documents: Vec::new(), faults: Vec::new(), json_fault: None };
    if too_long {
        stream.faults.push(Fault { document: 1, ..Fault::broken(0, "larger than 4 GiB") });
    }
    let from = stream.json();
    stream.yaml(from);
    Read { tree: stream.builder.finish(), documents: stream.documents, faults: stream.faults, by_lane: stream.by_lane }
}

struct Stream {
    builder: Builder,
    limits: Limits,
    bad: Vec<(usize, String)>,
    /// Whether the fast lane is tried.
    lane: bool,
    by_lane: u32,
    number: u32,
    documents: Vec<Document>,
    faults: Vec<Fault>,
    /// Why what looked like JSON is none: told if it turns out to be no YAML either.
    json_fault: Option<Fault>,
}

impl Stream {
    fn text(&self) -> Arc<str> {
        Arc::clone(self.builder.tree().source())
    }

    /// Reads JSON values while there are any; what is left, from the offset returned, is YAML.
    fn json(&mut self) -> usize {
        let text = self.text();
        if !text.trim_start().starts_with('{') {
            return 0;
        }
        let mut at = 0;
        let mut values = 0;
        loop {
            let mark = self.builder.mark();
            let noted = self.faults.len();
            let failure = match json::value(&mut self.builder, at, &self.limits, &mut self.faults) {
                Ok(None) => return text.len(),
                Ok(Some(value)) => {
                    values += 1;
                    let start = std::mem::replace(&mut at, value.end);
                    if let Some(fault) = self.bad_in(start, at) {
                        self.builder.rewind(mark);
                        self.faults.truncate(noted);
                        self.number += 1;
                        self.faults.push(Fault { document: self.number, lost: Some((start, at)), ..fault });
                        continue;
                    }
                    if let Some(root) = value.root {
                        self.number += 1;
                        self.documents.push(Document { root, number: self.number, tainted: value.tainted });
                        self.number_faults(noted);
                    }
                    continue;
                }
                Err(failure) => failure,
            };
            self.builder.rewind(mark);
            self.faults.truncate(noted);
            match failure {
                // after more than one value the stream is JSON for good, and ends here; we look on for the next `---`
                json::Failure::Syntax(fault) if values > 1 => return self.skip(fault, at),
                json::Failure::Limit(fault) => return self.skip(fault, at),
                json::Failure::Syntax(fault) => {
                    self.json_fault = Some(fault);
                    return after_space(&text, at);
                }
            }
        }
    }

    /// Notes a broken document and returns where the next separator line starts.
    fn skip(&mut self, mut fault: Fault, from: usize) -> usize {
        let text = self.text();
        let end = memchr::memmem::find(&text.as_bytes()[from..], b"\n---").map_or(text.len(), |at| from + at + 1);
        self.number += 1;
        fault.document = self.number;
        fault.lost = Some((from, end));
        self.faults.push(fault);
        end
    }

    /// The first place in a range that is no text.
    fn bad_in(&self, start: usize, end: usize) -> Option<Fault> {
        let first = self.bad.partition_point(|(at, _)| *at < start);
        self.bad.get(first).filter(|(at, _)| *at < end).map(|(at, why)| Fault::broken(*at, why.clone()))
    }

    fn number_faults(&mut self, from: usize) {
        for fault in &mut self.faults[from..] {
            fault.document = self.number;
        }
    }

    fn yaml(&mut self, from: usize) {
        let text = self.text();
        let plain = odd::is_plain(&text.as_bytes()[from..]);
        for chunk in chunks(&text, from) {
            self.chunk(&text, chunk, plain);
        }
    }

    fn chunk(&mut self, text: &str, mut chunk: Chunk, plain: bool) {
        let mark = self.builder.mark();
        let noted = self.faults.len();
        if text[chunk.start..].starts_with('\u{FEFF}') {
            chunk.start += '\u{FEFF}'.len_utf8();
        }
        match self.document(text, chunk, plain) {
            Ok(granit::Read { root: None, .. }) => {
                self.builder.rewind(mark);
                if self.faults.len() > noted {
                    self.number += 1;
                    self.number_faults(noted);
                }
            }
            Ok(granit::Read { root: Some(root), tainted }) => {
                self.number += 1;
                self.documents.push(Document { root, number: self.number, tainted });
                self.number_faults(noted);
            }
            Err(fault) => {
                self.builder.rewind(mark);
                self.faults.truncate(noted);
                self.number += 1;
                let mut fault = match template::find(&text[chunk.start..chunk.end]) {
                    Some(at) => template::fault(chunk.start + at),
                    None if fault.syntax => self.json_fault.take().unwrap_or(fault),
                    None => fault,
                };
                fault.document = self.number;
                fault.lost = Some((chunk.start, chunk.end));
                self.faults.push(fault);
            }
        }
        self.json_fault = None;
    }

    fn document(&mut self, text: &str, chunk: Chunk, plain: bool) -> Result<granit::Read, Fault> {
        if chunk.refused {
            return Err(Fault::broken(chunk.start, "kubectl refuses a separator line with anything but a comment behind the `---`"));
        }
        if chunk.end - chunk.start > self.limits.document {
            return Err(Fault::broken(chunk.start, format!("larger than {} bytes, the limit for a document", self.limits.document)));
        }
        if let Some(fault) = self.bad_in(chunk.start, chunk.end) {
            return Err(fault);
        }
        let body = &text[chunk.start..chunk.end];
        let breaks = if plain { None } else { self.oddities(body, chunk.start)? };
        let marked = !plain && body.contains('\u{FEFF}');
        if self.lane && breaks.is_none() && !marked {
            let mark = self.builder.mark();
            let noted = self.faults.len();
            if let Some(read) = lane::read(&mut self.builder, chunk, &self.limits, &mut self.faults) {
                self.by_lane += 1;
                return Ok(read);
            }
            self.builder.rewind(mark);
            self.faults.truncate(noted);
        }
        self.slow(body, chunk, breaks)
    }

    /// Characters that YAML does not allow are errors; returns where a line break stands that only YAML 1.1 knows.
    fn oddities(&self, body: &str, start: usize) -> Result<Option<usize>, Fault> {
        if let Some(at) = odd::control(body.as_bytes()) {
            return Err(Fault::syntax(start + at, "a control character, which YAML does not allow"));
        }
        if let Some(at) = odd::mark(body) {
            return Err(Fault::broken(start + at, "a byte order mark inside the document"));
        }
        Ok(odd::line_break(body.as_bytes()))
    }

    fn slow(&mut self, body: &str, chunk: Chunk, breaks: Option<usize>) -> Result<granit::Read, Fault> {
        if let Some(at) = odd::early_end(body) {
            return Err(Fault::broken(chunk.start + at, "a document end `...` with no document before it"));
        }
        let first = self.builder.here();
        let mut replaced = breaks.map(|_| odd::with_line_breaks(body));
        if !body.ends_with('\n') {
            // kubectl ends the last line
            replaced.get_or_insert_with(|| body.to_owned()).push('\n');
        }
        let body = replaced.as_deref().unwrap_or(body);
        let mut read = granit::read(&mut self.builder, body, chunk.start, &self.limits, &mut self.faults)?;
        let (nodes, span) = (first..self.builder.here(), (chunk.start, chunk.end));
        let tree = self.builder.tree();
        if let Some(at) = breaks.and_then(|_| odd::hidden_line_break(tree, nodes.clone(), span)) {
            self.faults.push(Fault::noted(
                at,
                "a Unicode line separator: it ends the line for Kubernetes (YAML 1.1), and not for people and newer readers",
            ));
        }
        if let Some(at) = odd::tab(tree, nodes, span) {
            self.faults.push(Fault::noted(at, "a tab in the indentation: kubectl refuses the document"));
            read.tainted = true;
        }
        Ok(read)
    }
}

/// Skips white space up to and with the first line end, as `kubectl` does where JSON turns into YAML.
fn after_space(text: &str, from: usize) -> usize {
    let mut at = from;
    for char in text[from..].chars().take_while(|char| char.is_whitespace()) {
        at += char.len_utf8();
        if char == '\n' {
            break;
        }
    }
    at
}
