//! Any YAML at all, through the granit-parser crate: slower than the lane, and complete.

use std::collections::HashMap;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, Span, StructureStyle};

use super::fault::Fault;
use super::keys::{self, Duplicates};
use super::tree::{Builder, Kind, NodeId, Style, Tag};
use super::{Limits, aliases, scalar};

/// What became of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Read {
    /// The top node; none when there is nothing but comments, or null.
    pub(super) root: Option<NodeId>,
    /// Whether a key repeats, or Kubernetes reads something otherwise.
    pub(super) tainted: bool,
}

/// Parses the first document of a chunk, `text` at `base`: all that `kubectl` reads of it. More behind it is noted in `faults`.
///
/// # Errors
/// What keeps Kubernetes from reading the document; the builder is to be rewound.
pub(super) fn read(builder: &mut Builder, text: &str, base: usize, limits: &Limits, faults: &mut Vec<Fault>) -> Result<Read, Fault> {
    let mut options = granit_parser::options! { block_nesting_limit: limits.depth + 1, flow_nesting_limit: limits.depth + 1 };
    options.set_emit_comments(false);
    let mut parser = Parser::new_from_str_with_options(text, options);
    let mut reader = Reader {
        builder,
        text,
        base,
        depth: limits.depth,
        open: Vec::new(),
        anchors: HashMap::new(),
        last: 0,
        root: None,
        aliased: false,
        misread: false,
        duplicates: Duplicates::default(),
        faults,
    };
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| reader.scan_error(&error))?;
        if matches!(event, Event::DocumentEnd | Event::StreamEnd) {
            break;
        }
        reader.event(event, &span)?;
    }
    let read = reader.finish()?;
    // the text may be longer than the source by the line end that it lacks
    let end = (base + text.len()).min(builder.tree().source().len());
    rest(&mut parser, base, end, faults);
    Ok(read)
}

/// Notes what stands behind the first document of a chunk, where `kubectl` does not look.
fn rest<'a>(parser: &mut Parser<'a, granit_parser::StrInput<'a>>, base: usize, end: usize, faults: &mut Vec<Fault>) {
    let at = loop {
        match parser.next_event() {
            None | Some(Ok((Event::StreamEnd, _))) => return,
            Some(Ok((Event::DocumentStart(..), span))) => break span.start.byte_offset(),
            Some(Err(error)) => break error.marker().byte_offset(),
            Some(Ok(_)) => {}
        }
    };
    let why = "kubectl reads only the first document up to the next `---` line: what stands here is not applied, and was not judged";
    let mut fault = Fault::noted(base + at.unwrap_or(0), why);
    fault.lost = Some((fault.at, end));
    faults.push(fault);
}

/// What a node is to its parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Key,
    Value,
    /// The value of a merge key, which may be a list; or an item of that list.
    Merged {
        list: bool,
    },
}

struct Open {
    id: NodeId,
    kind: Kind,
    block: bool,
    children: usize,
    /// Whether its next child, or each one of a sequence, is merged into a mapping.
    merges: bool,
}

struct Reader<'a, 'b> {
    builder: &'b mut Builder,
    text: &'a str,
    base: usize,
    depth: usize,
    open: Vec<Open>,
    anchors: HashMap<usize, NodeId>,
    /// The end of the last node, in `text`.
    last: usize,
    root: Option<NodeId>,
    aliased: bool,
    /// Whether something means another thing to Kubernetes than it does here.
    misread: bool,
    duplicates: Duplicates,
    faults: &'b mut Vec<Fault>,
}

impl Reader<'_, '_> {
    fn event(&mut self, event: Event<'_>, span: &Span) -> Result<(), Fault> {
        let start = span.start.byte_offset().unwrap_or(self.last).max(self.last);
        let end = span.end.byte_offset().unwrap_or(start).max(start);
        match event {
            Event::Scalar(value, style, anchor, tag) => self.scalar(&value, style, anchor, tag_of(tag.as_deref()), (start, end)),
            Event::SequenceStart(style, anchor, _) => self.collection(Kind::Sequence, style, anchor, start),
            Event::MappingStart(style, anchor, _) => self.collection(Kind::Mapping, style, anchor, start),
            Event::SequenceEnd | Event::MappingEnd => self.close(end),
            Event::Alias(target) => self.alias(target, (start, end)),
            _ => Ok(()),
        }
    }

    /// The offset in the source, which has a longer character where `text` may have a line break in its stead.
    fn place(&self, at: usize) -> u32 {
        self.builder.tree().source().floor_char_boundary(self.base + at) as u32
    }

    /// Counts a node as a child of the innermost collection.
    fn role(&mut self) -> Role {
        let Some(parent) = self.open.last_mut() else { return Role::Value };
        parent.children += 1;
        match parent.kind {
            Kind::Mapping if parent.children % 2 == 1 => Role::Key,
            Kind::Mapping if std::mem::take(&mut parent.merges) => Role::Merged { list: true },
            Kind::Sequence if parent.merges => Role::Merged { list: false },
            _ => Role::Value,
        }
    }

    fn in_mapping(&self) -> bool {
        self.open.last().is_some_and(|open| open.kind == Kind::Mapping)
    }

    fn added(&mut self, id: NodeId, anchor: usize, end: usize) {
        self.root.get_or_insert(id);
        if anchor != 0 {
            self.builder.set_anchored(id);
            self.anchors.insert(anchor, id);
        }
        self.last = end;
    }

    fn scalar(&mut self, value: &str, style: ScalarStyle, anchor: usize, tag: Tag, (start, end): (usize, usize)) -> Result<(), Fault> {
        let (style, (start, end)) = match style {
            ScalarStyle::Plain => (Style::Plain, (start, end)),
            ScalarStyle::SingleQuoted => (Style::SingleQuoted, (start, end)),
            ScalarStyle::DoubleQuoted => (Style::DoubleQuoted, (start, end)),
            ScalarStyle::Literal => (Style::Literal, self.block_span(value, end)),
            ScalarStyle::Folded => (Style::Folded, self.block_span(value, end)),
        };
        // Kubernetes reads the bytes that it stands for, in keys as well
        let bytes = (tag == Tag::Binary).then(|| scalar::binary(value)).flatten();
        let (value, tag) = bytes.as_deref().map_or((value, tag), |bytes| (bytes, Tag::Str));
        let role = self.role();
        let (start, end) = if start == end && style == Style::Plain { self.null_span(start) } else { (start, end) };
        if start == end && role == Role::Value {
            self.check_colon();
        }
        let written = &self.text[start..end];
        let span = (self.place(start), self.place(end));
        // nothing at all comes as `~` with an empty span
        let is_written = match style {
            _ if bytes.is_some() => false,
            Style::Plain => written == value || written.is_empty(),
            Style::SingleQuoted | Style::DoubleQuoted => {
                written.len() == value.len() + 2 && written.get(1..written.len() - 1) == Some(value)
            }
            _ => false,
        };
        let id = if is_written { self.builder.scalar(style, tag, span) } else { self.builder.decoded_scalar(style, tag, span, value) };
        self.added(id, anchor, end);
        let tree = self.builder.tree();
        match role {
            Role::Key if keys::is_merge(tree, id) => self.merge_key(),
            Role::Key => {}
            Role::Merged { .. } => return Err(not_merged(span.0)),
            Role::Value if scalar::resolve(tree, id) == scalar::Value::Invalid => {
                let why = match tag {
                    Tag::None => "Kubernetes reads this as a number that JSON cannot say; quote it if it is text",
                    _ => "the value does not fit its tag",
                };
                return Err(Fault::broken(span.0 as usize, why));
            }
            Role::Value => {}
        }
        Ok(())
    }

    fn merge_key(&mut self) {
        if let Some(parent) = self.open.last_mut() {
            parent.merges = true;
            self.builder.set_merges(parent.id);
        }
    }

    fn collection(&mut self, kind: Kind, style: StructureStyle, anchor: usize, start: usize) -> Result<(), Fault> {
        if self.open.len() >= self.depth {
            return Err(self.too_deep(start));
        }
        let role = self.role();
        let block = style == StructureStyle::Block;
        // a list that is not indented is said to start at its first item, not at the `-`
        let start =
            if block && kind == Kind::Sequence && role != Role::Key && self.in_mapping() { self.seek(b"-").min(start) } else { start };
        let id = self.builder.open(kind, if block { Style::Block } else { Style::Flow }, Tag::None, self.place(start));
        self.added(id, anchor, self.last.max(start));
        let merges = match (role, kind) {
            (Role::Merged { list: true }, Kind::Sequence) => true,
            (Role::Merged { list: false }, Kind::Sequence) => return Err(not_merged(self.place(start))),
            _ => false,
        };
        self.open.push(Open { id, kind, block, children: 0, merges });
        Ok(())
    }

    fn close(&mut self, end: usize) -> Result<(), Fault> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        // a block collection ends with its last value; what the scanner calls its end is the next token
        let end = if open.block { self.last } else { end };
        self.last = end;
        let end = self.place(end);
        self.builder.close(open.id, end);
        if open.kind == Kind::Mapping {
            keys::check(self.builder, open.id, &mut self.duplicates, self.faults)?;
        }
        Ok(())
    }

    fn alias(&mut self, target: usize, (start, end): (usize, usize)) -> Result<(), Fault> {
        let span = (self.place(start), self.place(end));
        let Some(&target) = self.anchors.get(&target) else {
            return Err(Fault::broken(span.0 as usize, "an alias without an anchor"));
        };
        if self.open.iter().any(|open| open.id == target) {
            return Err(Fault::broken(span.0 as usize, "an alias to what contains it"));
        }
        self.aliased = true;
        let role = self.role();
        let kind = self.builder.tree().kind(target);
        if matches!(role, Role::Merged { .. }) && kind != Kind::Mapping {
            return Err(not_merged(span.0));
        }
        // a key is looked up by its text, so it gets that of its anchor
        let id = if role == Role::Key && kind == Kind::Scalar {
            self.builder.repeat_scalar(target, span)
        } else {
            self.builder.alias(target, span)
        };
        self.added(id, 0, end);
        Ok(())
    }

    /// Nothing stands where its key ends, or behind its `-`: what the scanner says may be lines below.
    fn null_span(&self, start: usize) -> (usize, usize) {
        let at = match self.open.last() {
            Some(parent) if parent.kind == Kind::Mapping => self.last,
            Some(parent) if parent.block => self.seek(b"-") + 1,
            _ => start,
        };
        (at.min(start), at.min(start))
    }

    /// In `{a:}` Kubernetes' reader takes the colon for text; YAML 1.2 does not.
    fn check_colon(&mut self) {
        let flow = self.open.last().is_some_and(|open| open.kind == Kind::Mapping && !open.block);
        let key = self.builder.here().saturating_sub(1);
        let colon = self.text[self.last..].trim_start_matches(' ').as_bytes();
        if flow && self.builder.tree().style(key) == Style::Plain && matches!(colon, [b':', b',' | b']' | b'}', ..]) {
            self.misread = true;
            let why = "Kubernetes reads this colon as text, for want of a space behind it";
            self.faults.push(Fault::noted(self.base + self.last, why));
        }
    }

    /// From the `|` or `>` to the end of the content, which ends at `end` or before.
    fn block_span(&self, value: &str, end: usize) -> (usize, usize) {
        let bytes = self.text.as_bytes();
        let header = self.seek(b"|>");
        let content = value.trim_matches(BLANK);
        let end = if content.is_empty() {
            let indicators = bytes[header..].iter().skip(1).take_while(|byte| matches!(byte, b'+' | b'-' | b'0'..=b'9')).count();
            (header + 1 + indicators).min(bytes.len())
        } else {
            self.text[..end.max(header)].trim_end_matches(BLANK).len()
        };
        (header, end.max(header))
    }

    /// The first of `wanted` behind the last node, over indicators, properties and comments.
    fn seek(&self, wanted: &[u8]) -> usize {
        let bytes = self.text.as_bytes();
        let mut at = self.last;
        while let Some(&byte) = bytes.get(at).filter(|byte| !wanted.contains(byte)) {
            let skip = match byte {
                b'#' => memchr::memchr(b'\n', &bytes[at..]),
                b'&' | b'!' => bytes[at..].iter().position(u8::is_ascii_whitespace),
                _ => Some(1),
            };
            at += skip.unwrap_or(bytes.len() - at);
        }
        at.min(bytes.len())
    }

    fn too_deep(&self, at: usize) -> Fault {
        Fault::broken(self.base + at, format!("nested deeper than {} levels", self.depth))
    }

    fn scan_error(&self, error: &ScanError) -> Fault {
        let at = error.marker().byte_offset().unwrap_or(0).min(self.text.len());
        match error.kind() {
            ErrorKind::RecursionLimitExceeded => self.too_deep(at),
            _ => Fault::syntax(self.base + at, format!("not valid YAML: {}", error.info())),
        }
    }

    fn finish(self) -> Result<Read, Fault> {
        let tree = self.builder.tree();
        let Some(root) = self.root.filter(|&root| tree.kind(root) != Kind::Scalar || scalar::resolve(tree, root) != scalar::Value::Null)
        else {
            return Ok(Read { root: None, tainted: false });
        };
        if self.aliased && aliases::excessive(tree, root) {
            return Err(Fault::broken(tree.span(root).0 as usize, "excessive aliasing: Kubernetes refuses what its aliases expand to"));
        }
        self.faults.extend(self.duplicates.rest(tree, root));
        Ok(Read { root: Some(root), tainted: self.misread || self.duplicates.count > 0 })
    }
}

fn not_merged(at: u32) -> Fault {
    Fault::broken(at as usize, "a merge key takes a mapping or a list of mappings")
}

const BLANK: [char; 4] = [' ', '\t', '\n', '\r'];

fn tag_of(tag: Option<&granit_parser::Tag>) -> Tag {
    let Some(tag) = tag else { return Tag::None };
    let Some(suffix) = tag.suffix_in_namespace("tag:yaml.org,2002:") else {
        return if tag.handle().is_empty() && tag.suffix() == "!" { Tag::Str } else { Tag::Other };
    };
    match suffix.as_ref() {
        "str" => Tag::Str,
        "int" => Tag::Int,
        "float" => Tag::Float,
        "bool" => Tag::Bool,
        "null" => Tag::Null,
        "binary" => Tag::Binary,
        "merge" => Tag::Merge,
        _ => Tag::Other,
    }
}
