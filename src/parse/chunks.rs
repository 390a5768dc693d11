//! Where documents begin and end: as `kubectl` splits a stream before any YAML reader sees it.
//!
//! A line that starts with `---` separates, wherever it stands, even within a block scalar or quotes.
//! Only white space and a comment may follow it on its line; anything else (`--- {a: b}`, `---text`)
//! makes `kubectl` refuse the file. Lines end with LF alone.

use memchr::memmem;

/// A part of the text between separators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chunk {
    /// Its first byte.
    pub(super) start: usize,
    /// Its end, exclusive.
    pub(super) end: usize,
    /// Whether it begins with a separator line that `kubectl` refuses.
    pub(super) refused: bool,
}

/// The chunks of `text` from `from` on, which must be where a line starts.
pub(super) fn chunks(text: &str, from: usize) -> impl Iterator<Item = Chunk> {
    let bytes = text.as_bytes();
    let mut separators = memmem::find_iter(&bytes[from..], "\n---").map(move |at| from + at + 1);
    let first = bytes[from..].starts_with(b"---").then_some(from);
    let mut next = first.or_else(|| separators.next());
    let mut start = Some(from);
    let mut refused = false;
    std::iter::from_fn(move || {
        let from = start?;
        let chunk = Chunk { start: from, end: next.unwrap_or(bytes.len()), refused };
        start = next.map(|separator| {
            let line_end = memchr::memchr(b'\n', &bytes[separator..]).map_or(bytes.len(), |at| separator + at + 1);
            let rest = text[separator + 3..line_end].trim();
            refused = !rest.is_empty() && !rest.starts_with('#');
            if refused { separator } else { line_end }
        });
        next = separators.next();
        Some(chunk)
    })
    .filter(|chunk| chunk.start < chunk.end)
}

#[cfg(test)]
mod tests {
    use super::{Chunk, chunks};

    fn split(text: &str) -> Vec<(&str, bool)> {
        chunks(text, 0).map(|Chunk { start, end, refused }| (&text[start..end], refused)).collect()
    }

    #[test]
    fn as_kubectl_splits() {
        assert_eq!(split("a\n---\nb"), [("a\n", false), ("b", false)]);
        assert_eq!(split("---\na\n--- # x\nb\n---"), [("a\n", false), ("b\n", false)]);
        assert_eq!(split("---\n---\n---"), []);
        assert_eq!(split("a: |\n---\r\nb"), [("a: |\n", false), ("b", false)]);
        assert_eq!(split("a\n --- \nb"), [("a\n --- \nb", false)]);
        assert_eq!(split("a\n--- {b: c}\nd\n---\ne"), [("a\n", false), ("--- {b: c}\nd\n", true), ("e", false)]);
        assert_eq!(split("---x"), [("---x", true)]);
        assert_eq!(split("a\r---\rb"), [("a\r---\rb", false)]);
        assert_eq!(split("a\n---\u{A0}\nb"), [("a\n", false), ("b", false)]);
        assert_eq!(split(""), []);
    }
}
