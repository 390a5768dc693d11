//! What is said on standard error: nothing that came from the input steers the terminal, and lines fit it.

use std::io::{self, Write};

use crate::report::flow;

/// Takes texts, and hands on whole lines.
pub struct Margin<W: Write> {
    out: W,
    width: Option<usize>,
    line: Vec<u8>,
}

impl<W: Write> Margin<W> {
    /// For a terminal, or for what reads lines as they are.
    pub fn new(out: W, terminal: bool) -> Self {
        Margin { out, width: super::asked(terminal), line: Vec::new() }
    }

    fn hand_on(&mut self) -> io::Result<()> {
        let line = std::mem::take(&mut self.line);
        let text = String::from_utf8_lossy(&line);
        self.out.write_all(flow::said(&text, self.width).as_bytes())
    }
}

impl<W: Write> Write for Margin<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(piece.strip_suffix(b"\n").unwrap_or(piece));
            if piece.ends_with(b"\n") {
                self.hand_on()?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.line.is_empty() {
            self.hand_on()?;
        }
        self.out.flush()
    }
}

impl<W: Write> Drop for Margin<W> {
    fn drop(&mut self) {
        // a closed stream is nobody's concern
        _ = self.flush();
    }
}
