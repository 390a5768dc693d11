//! The fast lane: the subset of block YAML that nearly all manifests are written in, straight into the tree.
//!
//! It knows indented mappings and lists, `- ` on `- `, one-line scalars, literal blocks, one-line flow
//! collections, comments. Whatever else it meets, or is not sure about, makes it give up the document:
//! granit then reads it from the start. So it may refuse anything, and must never read anything otherwise
//! than granit does; the tests hold one against the other.

use super::Limits;
use super::chunks::Chunk;
use super::fault::Fault;
use super::granit::Read;
use super::keys::{self, Duplicates};
use super::scalar;
use super::tree::{Builder, Kind, NodeId, Style, Tag, key_tag};

/// Keys of a mapping that are compared as they come; with more, they are sorted at its end.
const COMPARED: usize = 32;

/// The longest key, in bytes, that is surely within YAML's 1,024 characters.
const LONGEST_KEY: usize = 1000;

/// Parses a chunk; `None` when anything in it is beyond the lane, and the builder is to be rewound.
pub(super) fn read(builder: &mut Builder, chunk: Chunk, limits: &Limits, faults: &mut Vec<Fault>) -> Option<Read> {
    let source = std::sync::Arc::clone(builder.tree().source());
    if memchr::memchr(b'\r', &source.as_bytes()[chunk.start..chunk.end]).is_some() {
        return None;
    }
    let root = builder.here();
    let mut lane = Lane {
        text: &source[..chunk.end],
        bytes: &source.as_bytes()[..chunk.end],
        at: chunk.start,
        line: chunk.start,
        depth: limits.depth,
        builder,
        frames: Vec::with_capacity(16),
        tags: Vec::with_capacity(32),
        waits: Some(chunk.start),
        last: chunk.start,
        duplicates: Duplicates::default(),
        faults,
    };
    while lane.next_line()? {}
    let empty = lane.frames.is_empty();
    lane.finish()?;
    let tainted = lane.duplicates.count > 0;
    lane.faults.extend(lane.duplicates.rest(lane.builder.tree(), root));
    Some(Read { root: (!empty).then_some(root), tainted })
}

/// An open block collection.
struct Frame {
    id: NodeId,
    column: usize,
    mapping: bool,
    /// Where its keys start in `Lane::tags`.
    tags: usize,
    /// Whether two of its keys may be the same.
    suspect: bool,
}

/// How a plain scalar ends.
pub(super) enum Stop {
    /// At a colon that makes it a key.
    Colon(usize),
    /// With the line, or before a comment.
    Line,
}

pub(super) struct Lane<'a, 'b> {
    pub(super) text: &'a str,
    pub(super) bytes: &'a [u8],
    /// The next byte to read.
    pub(super) at: usize,
    /// Where the current line starts.
    line: usize,
    pub(super) depth: usize,
    pub(super) builder: &'b mut Builder,
    frames: Vec<Frame>,
    /// The tags of the keys of all open mappings.
    tags: Vec<u32>,
    /// Set while a key, a `-` or the document waits for its value: where a null would stand.
    waits: Option<usize>,
    /// The end of the last value.
    pub(super) last: usize,
    duplicates: Duplicates,
    faults: &'b mut Vec<Fault>,
}

impl Lane<'_, '_> {
    /// A byte; the end of the text is one more line end.
    #[inline]
    pub(super) fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(b'\n')
    }

    #[inline]
    pub(super) fn after_spaces(&self, mut at: usize) -> usize {
        while self.byte(at) == b' ' {
            at += 1;
        }
        at
    }

    /// How many collections are open around a block node.
    pub(super) fn open(&self) -> usize {
        self.frames.len()
    }

    /// Reads on to the next line with content, and that; `false` at the end.
    fn next_line(&mut self) -> Option<bool> {
        loop {
            if self.at >= self.bytes.len() {
                return Some(false);
            }
            self.line = self.at;
            let at = self.after_spaces(self.at);
            match self.byte(at) {
                b'\n' => self.at = at + 1,
                b'#' => self.skip_line(at),
                b'\t' => return None,
                byte => {
                    self.content(at, byte)?;
                    return Some(true);
                }
            }
        }
    }

    fn skip_line(&mut self, at: usize) {
        self.at = memchr::memchr(b'\n', &self.bytes[at..]).map_or(self.bytes.len(), |len| at + len + 1);
    }

    /// Goes on to the next line if there is nothing but a comment up to it.
    pub(super) fn end_line(&mut self, at: usize) -> Option<()> {
        let rest = self.after_spaces(at);
        match self.byte(rest) {
            b'\n' => self.at = rest + 1,
            b'#' if rest > at => self.skip_line(rest),
            _ => return None,
        }
        Some(())
    }

    fn is_dash(&self, at: usize) -> bool {
        self.byte(at) == b'-' && matches!(self.byte(at + 1), b' ' | b'\n')
    }

    /// A line whose first character stands at `at`.
    fn content(&mut self, at: usize, byte: u8) -> Option<()> {
        let column = at - self.line;
        if column == 0 && (byte == b'%' || self.bytes[at..].starts_with(b"...") || self.bytes[at..].starts_with(b"---")) {
            return None;
        }
        let dash = self.is_dash(at);
        if let Some(null) = self.waits.take() {
            // a list may stand as far left as the key it belongs to
            let fits = self.frames.last().is_none_or(|top| column > top.column || (dash && top.mapping && column == top.column));
            if fits {
                return self.node(at, dash);
            }
            self.null(null);
        }
        while self.frames.last().is_some_and(|top| top.column > column || (top.column == column && !top.mapping && !dash)) {
            self.close()?;
        }
        let top = self.frames.last()?;
        if top.column != column || top.mapping == dash {
            return None;
        }
        if dash { self.item(at) } else { self.entry(at) }
    }

    /// A node that begins at `at`, on a line of its own or behind `- `.
    fn node(&mut self, at: usize, dash: bool) -> Option<()> {
        if dash {
            self.push(Kind::Sequence, at)?;
            return self.item(at);
        }
        match self.byte(at) {
            b'"' | b'\'' => {
                let (end, changed) = self.quoted(at)?;
                let colon = self.after_spaces(end);
                if self.byte(colon) != b':' {
                    return self.scalar_line(at, end, changed);
                }
                self.push(Kind::Mapping, at)?;
                self.quoted_key(at, end, changed, colon)
            }
            b'|' | b'[' | b'{' => self.value(at),
            _ => match self.plain(at)? {
                (end, Stop::Colon(colon)) => {
                    self.push(Kind::Mapping, at)?;
                    self.plain_key(at, end, colon)
                }
                (end, Stop::Line) => self.plain_value(at, end),
            },
        }
    }

    /// The `-` of the innermost list, and what stands behind it.
    fn item(&mut self, dash: usize) -> Option<()> {
        let at = self.after_spaces(dash + 1);
        match self.byte(at) {
            b'\n' | b'#' => {
                self.waits = Some(dash + 1);
                self.end_line(dash + 1)
            }
            b'\t' => None,
            _ => self.node(at, self.is_dash(at)),
        }
    }

    /// A key of the innermost mapping, and its value.
    fn entry(&mut self, at: usize) -> Option<()> {
        if matches!(self.byte(at), b'"' | b'\'') {
            let (end, changed) = self.quoted(at)?;
            let colon = self.after_spaces(end);
            return if self.byte(colon) == b':' { self.quoted_key(at, end, changed, colon) } else { None };
        }
        match self.plain(at)? {
            (end, Stop::Colon(colon)) => self.plain_key(at, end, colon),
            (_, Stop::Line) => None,
        }
    }

    fn quoted_key(&mut self, start: usize, end: usize, changed: bool, colon: usize) -> Option<()> {
        if changed || !matches!(self.byte(colon + 1), b' ' | b'\n') {
            return None;
        }
        let style = if self.byte(start) == b'"' { Style::DoubleQuoted } else { Style::SingleQuoted };
        self.key(style, (start, end), (start + 1, end - 1), colon)
    }

    fn plain_key(&mut self, start: usize, end: usize, colon: usize) -> Option<()> {
        let text = self.text.get(start..end)?;
        // such keys are no strings, or merge: too rare to be worth care here
        if scalar::is_special(text) || text == "<<" {
            return None;
        }
        self.key(Style::Plain, (start, end), (start, end), colon)
    }

    fn key(&mut self, style: Style, span: (usize, usize), text: (usize, usize), colon: usize) -> Option<()> {
        if span.1 - span.0 > LONGEST_KEY {
            return None;
        }
        let tag = key_tag(&self.bytes[text.0..text.1]);
        self.builder.key(style, (span.0 as u32, span.1 as u32), tag);
        let frame = self.frames.last_mut()?;
        let known = &self.tags[frame.tags..];
        frame.suspect |= known.len() >= COMPARED || known.contains(&tag);
        self.tags.push(tag);
        let at = self.after_spaces(colon + 1);
        match self.byte(at) {
            b'\n' | b'#' => {
                self.waits = Some(span.1);
                self.end_line(colon + 1)
            }
            b'"' | b'\'' => {
                let (end, changed) = self.quoted(at)?;
                self.scalar_line(at, end, changed)
            }
            _ => self.value(at),
        }
    }

    /// A value that is not in quotes, and ends its line.
    fn value(&mut self, at: usize) -> Option<()> {
        match self.byte(at) {
            b'[' | b'{' => {
                let end = self.flow(at)?;
                self.end_line(end)
            }
            b'|' => {
                // the content is indented against the innermost collection
                let parent = self.frames.last()?.column;
                self.literal(at, parent)
            }
            _ => match self.plain(at)? {
                (end, Stop::Line) => self.plain_value(at, end),
                (_, Stop::Colon(_)) => None,
            },
        }
    }

    fn plain_value(&mut self, start: usize, end: usize) -> Option<()> {
        // the document is a mapping or list, or nothing for the lane
        self.frames.last()?;
        if scalar::is_infinite(self.text.get(start..end)?) {
            return None;
        }
        self.builder.value(Style::Plain, (start as u32, end as u32));
        self.last = end;
        self.end_line(end)
    }

    fn scalar_line(&mut self, start: usize, end: usize, changed: bool) -> Option<()> {
        self.frames.last()?;
        self.push_quoted(start, end, changed)?;
        self.end_line(end)
    }

    fn null(&mut self, at: usize) {
        if !self.frames.is_empty() {
            self.builder.value(Style::Plain, (at as u32, at as u32));
            self.last = at;
        }
    }

    fn push(&mut self, kind: Kind, at: usize) -> Option<()> {
        if self.frames.len() >= self.depth {
            return None;
        }
        let id = self.builder.open(kind, Style::Block, Tag::None, at as u32);
        let (column, mapping) = (at - self.line, kind == Kind::Mapping);
        self.frames.push(Frame { id, column, mapping, tags: self.tags.len(), suspect: false });
        Some(())
    }

    fn close(&mut self) -> Option<()> {
        let frame = self.frames.pop()?;
        self.builder.close(frame.id, self.last as u32);
        self.tags.truncate(frame.tags);
        if frame.suspect {
            return self.check_keys(frame.id);
        }
        if frame.mapping {
            self.builder.set_tagged(frame.id);
        }
        Some(())
    }

    pub(super) fn check_keys(&mut self, mapping: NodeId) -> Option<()> {
        keys::check(self.builder, mapping, &mut self.duplicates, self.faults).ok()
    }

    fn finish(&mut self) -> Option<()> {
        if let Some(null) = self.waits.take() {
            self.null(null);
        }
        while !self.frames.is_empty() {
            self.close()?;
        }
        Some(())
    }
}
