//! Byte offsets to lines and columns.

use std::cell::OnceCell;

/// Where the lines of a text start. Made only for files that have findings or gaps.
#[derive(Debug)]
pub struct Lines<'a> {
    text: &'a str,
    starts: Vec<u32>,
    /// What stands before each block of the text, counted when a line is longer than one: a whole cluster may stand on
    /// one line, with a finding at every other word.
    before: OnceCell<Vec<Count>>,
}

/// The bytes of a block, and the longest stretch that is counted byte by byte.
const BLOCK: usize = 1024;

/// A number of characters, in Unicode scalar values and in UTF-16 code units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// In Unicode scalar values.
    pub scalars: u32,
    /// In UTF-16 code units.
    pub units: u32,
}

impl Count {
    fn of(bytes: &[u8]) -> Self {
        let scalars = bytes.iter().filter(|&&byte| byte & 0xC0 != 0x80).count();
        let pairs = bytes.iter().filter(|&&byte| byte >= 0xF0).count();
        Count { scalars: scalars as u32, units: (scalars + pairs) as u32 }
    }

    fn plus(self, other: Count) -> Self {
        Count { scalars: self.scalars + other.scalars, units: self.units + other.units }
    }
}

impl<'a> Lines<'a> {
    /// Indexes `text`. A line ends at LF, CRLF or CR, as YAML has it.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        let bytes = text.as_bytes();
        let ends = memchr::memchr2_iter(b'\n', b'\r', bytes).filter(|&at| bytes[at] == b'\n' || bytes.get(at + 1) != Some(&b'\n'));
        let mut starts = Vec::with_capacity(bytes.len() / 20 + 1);
        starts.push(0);
        starts.extend(ends.map(|at| at as u32 + 1));
        Lines { text, starts, before: OnceCell::new() }
    }

    /// The line and column of a byte offset, from 1; columns in Unicode scalar values. Past the end is the end.
    #[must_use]
    pub fn position(&self, offset: u32) -> (u32, u32) {
        let (line, before) = self.place(offset);
        (line, before.scalars + 1)
    }

    /// The line of a byte offset, from 1, and what stands before it on that line.
    #[must_use]
    pub fn place(&self, offset: u32) -> (u32, Count) {
        let offset = (offset as usize).min(self.text.len());
        let line = self.starts.partition_point(|&start| start as usize <= offset);
        let start = self.starts[line - 1] as usize;
        if offset - start <= BLOCK {
            return (line as u32, Count::of(&self.text.as_bytes()[start..offset]));
        }
        let (to, from) = (self.before(offset), self.before(start));
        (line as u32, Count { scalars: to.scalars - from.scalars, units: to.units - from.units })
    }

    /// What stands before an offset, in the whole text.
    fn before(&self, offset: usize) -> Count {
        let bytes = self.text.as_bytes();
        let blocks = self.before.get_or_init(|| {
            let mut sum = Count::default();
            let sums = bytes.chunks(BLOCK).map(|block| {
                let before = sum;
                sum = sum.plus(Count::of(block));
                before
            });
            sums.collect()
        });
        let block = offset / BLOCK;
        // an offset at the very end may lie behind the last block
        let block = block.min(blocks.len().saturating_sub(1));
        blocks.get(block).copied().unwrap_or_default().plus(Count::of(&bytes[block * BLOCK..offset]))
    }

    /// The text of a line (from 1) without its end; empty when there is none.
    #[must_use]
    pub fn line(&self, line: u32) -> &'a str {
        let Some(&start) = self.starts.get((line as usize).wrapping_sub(1)) else { return "" };
        let end = self.starts.get(line as usize).map_or(self.text.len(), |&next| next as usize);
        self.text[start as usize..end].trim_end_matches(['\n', '\r'])
    }

    /// How many lines there are; an empty last one counts.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.starts.len() as u32
    }
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, Count, Lines};

    #[test]
    fn long_lines_are_counted_like_short_ones() {
        let text = format!("{}\n{}", "aé😀".repeat(BLOCK), "ü😀x".repeat(3 * BLOCK));
        let lines = Lines::new(&text);
        for (offset, _) in text.char_indices().step_by(97).chain([(text.len(), ' ')]) {
            let start = text[..offset].rfind('\n').map_or(0, |at| at + 1);
            let before = &text[start..offset];
            let count = Count { scalars: before.chars().count() as u32, units: before.encode_utf16().count() as u32 };
            assert_eq!(lines.place(offset as u32), (1 + u32::from(start > 0), count), "{offset}");
        }
    }

    #[test]
    fn positions_count_scalar_values_and_every_line_end() {
        let lines = Lines::new("a\r\né😀x\rb\n");
        assert_eq!(lines.position(0), (1, 1));
        assert_eq!(lines.position(3), (2, 1));
        assert_eq!(lines.position("a\r\né😀".len() as u32), (2, 3));
        assert_eq!(lines.position("a\r\né😀x\r".len() as u32), (3, 1));
        assert_eq!(lines.position(999), (4, 1));
        assert_eq!(lines.line(2), "é😀x");
        assert_eq!((lines.line(4), lines.line(5), lines.count()), ("", "", 4));
    }
}
