//! Characters that YAML 1.1 forbids, or reads otherwise than YAML 1.2 does.

use std::ops::Range;

use memchr::{memchr3_iter, memmem};

use super::tree::{Kind, NodeId, Style, Tree};

/// Whether there are none of them, as far as a quick look tells.
pub(super) fn is_plain(bytes: &[u8]) -> bool {
    bytes.chunks(4096).all(|chunk| {
        // without a branch inside, so that it is done many bytes at a time
        let control = chunk
            .iter()
            .fold(false, |found, &byte| found | (byte < 0x20 && byte != b'\n' && byte != b'\t' && byte != b'\r') | (byte == 0x7F));
        let suspect = chunk.iter().fold(false, |found, &byte| found | (byte == 0xC2) | (byte == 0xE2) | (byte == 0xEF));
        !control && !suspect
    })
}

/// The first character that YAML allows nowhere.
pub(super) fn control(bytes: &[u8]) -> Option<usize> {
    let ascii = bytes.iter().position(|&byte| (byte < 0x20 && !matches!(byte, b'\n' | b'\t' | b'\r')) || byte == 0x7F);
    let wide = memchr3_iter(0xC2, 0xEF, 0xEF, bytes).find(|&at| match bytes[at..] {
        [0xC2, next @ 0x80..=0x9F, ..] => next != 0x85,
        [0xEF, 0xBF, 0xBE | 0xBF, ..] => true,
        _ => false,
    });
    ascii.into_iter().chain(wide).min()
}

/// The first line break that only YAML 1.1 knows: NEL, LS, PS.
pub(super) fn line_break(bytes: &[u8]) -> Option<usize> {
    BREAKS.iter().filter_map(|(needle, _)| memmem::find(bytes, needle.as_bytes())).min()
}

/// The text with such line breaks made plain ones, every byte offset kept.
///
/// Kubernetes sees a new line there, so that `# text<LS>privileged: true` is no mere comment to it.
pub(super) fn with_line_breaks(text: &str) -> String {
    BREAKS.iter().fold(text.to_owned(), |text, (needle, line)| text.replace(needle, line))
}

const BREAKS: [(&str, &str); 3] = [("\u{85}", "\r\n"), ("\u{2028}", " \r\n"), ("\u{2029}", " \r\n")];

/// The first such line break outside quotes and block scalars, where people would not take it for one.
pub(super) fn hidden_line_break(tree: &Tree, nodes: Range<NodeId>, (start, end): (usize, usize)) -> Option<usize> {
    let text = &tree.source()[start..end];
    let mut node = nodes.start;
    let mut covered = start;
    let mut breaks: Vec<usize> =
        BREAKS.iter().flat_map(|(needle, _)| memmem::find_iter(text.as_bytes(), needle.as_bytes())).map(|at| start + at).collect();
    breaks.sort_unstable();
    breaks.into_iter().find(|&at| {
        while node < nodes.end && (tree.span(node).0 as usize) <= at {
            if tree.kind(node) == Kind::Scalar && tree.style(node) != Style::Plain {
                covered = covered.max(tree.span(node).1 as usize);
            }
            node += 1;
        }
        at >= covered
    })
}

/// A byte order mark where a line starts.
pub(super) fn mark(text: &str) -> Option<usize> {
    memmem::find_iter(text.as_bytes(), "\u{FEFF}").find(|&at| at == 0 || matches!(text.as_bytes()[at - 1], b'\n' | b'\r'))
}

/// A `...` before any content, where libyaml takes none.
pub(super) fn early_end(text: &str) -> Option<usize> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let body = line.trim();
        if !body.is_empty() && !body.starts_with('#') {
            return (line.starts_with("...") && line[3..].starts_with([' ', '\t', '\r', '\n']) || line == "...").then_some(at);
        }
        at += line.len();
    }
    None
}

/// A tab where libyaml takes only spaces: in what indents a line, or behind a `-` or `?`.
///
/// `nodes` are those of the document, in order.
pub(super) fn tab(tree: &Tree, nodes: Range<NodeId>, (start, end): (usize, usize)) -> Option<usize> {
    let bytes = tree.source().as_bytes();
    let mut node = nodes.start;
    // how far scalars and flow collections reach, in which a tab is one more space
    let mut covered = start;
    // the last tab, and the last byte before it that is no blank
    let mut passed = (start, None);
    let mut comment = Comment { at: start, found: false };
    memchr::memchr_iter(b'\t', &bytes[start..end]).map(|at| start + at).find(|&at| {
        while node < nodes.end && (tree.span(node).0 as usize) <= at {
            if !matches!(tree.kind(node), Kind::Mapping | Kind::Sequence) || tree.style(node) != Style::Block {
                covered = covered.max(tree.span(node).1 as usize);
            }
            node += 1;
        }
        let (from, lead) = passed;
        let lead = bytes[from..at].iter().rposition(|byte| !matches!(byte, b' ' | b'\t')).map_or(lead, |index| Some(from + index));
        passed = (at, lead);
        if at < covered {
            return false;
        }
        match lead.map(|index| (index, bytes[index])) {
            None | Some((_, b'\n' | b'\r')) => true,
            Some((index, b'-' | b'?')) => index >= covered && !comment.before(bytes, index),
            _ => false,
        }
    })
}

/// Whether there is a `#` in a line so far, asked from left to right.
struct Comment {
    at: usize,
    found: bool,
}

impl Comment {
    fn before(&mut self, bytes: &[u8], index: usize) -> bool {
        for &byte in bytes.get(self.at..index).unwrap_or_default() {
            self.found = byte == b'#' || (self.found && !matches!(byte, b'\n' | b'\r'));
        }
        self.at = self.at.max(index);
        self.found
    }
}
