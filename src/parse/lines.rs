//! Byte offsets to lines and columns.

/// Where the lines of a text start. Made only for files that have findings or gaps.
#[derive(Debug)]
pub struct Lines<'a> {
    text: &'a str,
    starts: Vec<u32>,
}

impl<'a> Lines<'a> {
    /// Indexes `text`. A line ends at LF, CRLF or CR, as YAML has it.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        let bytes = text.as_bytes();
        let ends = memchr::memchr2_iter(b'\n', b'\r', bytes).filter(|&at| bytes[at] == b'\n' || bytes.get(at + 1) != Some(&b'\n'));
        let starts = std::iter::once(0).chain(ends.map(|at| at as u32 + 1)).collect();
        Lines { text, starts }
    }

    /// The line and column of a byte offset, from 1; columns in Unicode scalar values. Past the end is the end.
    #[must_use]
    pub fn position(&self, offset: u32) -> (u32, u32) {
        let offset = (offset as usize).min(self.text.len());
        let line = self.starts.partition_point(|&start| start as usize <= offset);
        let start = self.starts[line - 1] as usize;
        (line as u32, scalars(&self.text.as_bytes()[start..offset]) + 1)
    }

    /// The positions of many offsets, in their order: each stretch of a line is counted once, however long it is.
    #[must_use]
    pub fn positions(&self, offsets: impl Iterator<Item = u32>) -> Vec<(u32, u32)> {
        let mut sorted: Vec<(u32, usize)> = offsets.enumerate().map(|(at, offset)| (offset, at)).collect();
        sorted.sort_unstable();
        let mut positions = vec![(1, 1); sorted.len()];
        let (mut line, mut column, mut counted) = (1, 1, 0);
        for (offset, at) in sorted {
            let offset = (offset as usize).min(self.text.len());
            let own = self.starts.partition_point(|&start| start as usize <= offset);
            if own != line {
                (line, column, counted) = (own, 1, self.starts[own - 1] as usize);
            }
            column += scalars(&self.text.as_bytes()[counted..offset]);
            counted = offset;
            positions[at] = (line as u32, column);
        }
        positions
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

/// How many scalar values begin in some bytes.
fn scalars(bytes: &[u8]) -> u32 {
    bytes.iter().filter(|&&byte| byte & 0xC0 != 0x80).count() as u32
}

#[cfg(test)]
mod tests {
    use super::Lines;

    #[test]
    fn positions_count_scalar_values_and_every_line_end() {
        let lines = Lines::new("a\r\né😀x\rb\n");
        assert_eq!(lines.position(0), (1, 1));
        assert_eq!(lines.position(3), (2, 1));
        assert_eq!(lines.position("a\r\né😀".len() as u32), (2, 3));
        assert_eq!(lines.position("a\r\né😀x\r".len() as u32), (3, 1));
        assert_eq!(lines.position(999), (4, 1));
        assert_eq!(lines.line(2), "é😀x");
        let offsets = [9, 0, 3, 999, 5, 3, 11];
        let each: Vec<_> = offsets.iter().map(|&offset| lines.position(offset)).collect();
        assert_eq!(lines.positions(offsets.into_iter()), each, "many at once");
        assert_eq!((lines.line(4), lines.line(5), lines.count()), ("", "", 4));
    }
}
