//! The scalars and one-line flow collections of the fast lane.

use super::lane::{Lane, Stop};
use super::scalar;
use super::tree::{Kind, Style, Tag};

/// Whether a byte needs a look inside a plain scalar.
const STOPS: [bool; 256] = {
    let mut stops = [false; 256];
    let mut index = 0;
    while index < STOP_BYTES.len() {
        stops[STOP_BYTES[index] as usize] = true;
        index += 1;
    }
    stops
};

const STOP_BYTES: &[u8] = b"\n\t:#";

impl Lane<'_, '_> {
    /// A plain scalar from `start` on: its end, without trailing spaces, and what ended it.
    pub(super) fn plain(&self, start: usize) -> Option<(usize, Stop)> {
        match self.byte(start) {
            b',' | b'[' | b']' | b'{' | b'}' | b'#' | b'&' | b'*' | b'!' | b'|' | b'>' | b'\'' | b'"' | b'%' | b'@' | b'`' | b'?' => {
                return None;
            }
            b'-' | b':' if matches!(self.byte(start + 1), b' ' | b'\n' | b'\t') => return None,
            _ => {}
        }
        let mut at = start;
        let stop = loop {
            while self.bytes.get(at).is_some_and(|&byte| !STOPS[byte as usize]) {
                at += 1;
            }
            match self.byte(at) {
                b'\n' => break Stop::Line,
                b':' => match self.byte(at + 1) {
                    b' ' | b'\n' => break Stop::Colon(at),
                    b'\t' => return None,
                    _ => {}
                },
                b'#' if self.bytes[at - 1] == b' ' => break Stop::Line,
                b'#' => {}
                _ => return None,
            }
            at += 1;
        };
        while at > start && self.bytes[at - 1] == b' ' {
            at -= 1;
        }
        (at > start).then_some((at, stop))
    }

    /// A scalar in quotes on one line: its end, and whether its value is not its spelling.
    pub(super) fn quoted(&self, start: usize) -> Option<(usize, bool)> {
        let quote = self.byte(start);
        let mut changed = false;
        let mut at = start + 1;
        loop {
            match *self.bytes.get(at)? {
                b'\n' => return None,
                b'\\' if quote == b'"' => {
                    changed = true;
                    at += 2;
                }
                byte if byte == quote => {
                    if quote == b'"' || self.byte(at + 1) != b'\'' {
                        return Some((at + 1, changed));
                    }
                    changed = true;
                    at += 2;
                }
                _ => at += 1,
            }
        }
    }

    /// Adds the value in quotes from `start` to `end`.
    pub(super) fn push_quoted(&mut self, start: usize, end: usize, changed: bool) -> Option<()> {
        let double = self.byte(start) == b'"';
        let style = if double { Style::DoubleQuoted } else { Style::SingleQuoted };
        let span = (start as u32, end as u32);
        if changed {
            let inner = self.text.get(start + 1..end - 1)?;
            let value = if double { unescape(inner)? } else { inner.replace("''", "'") };
            self.builder.decoded_value(style, span, value);
        } else {
            self.builder.value(style, span);
        }
        self.last = end;
        Some(())
    }

    /// A literal block whose `|` stands at `start`, inside a collection at column `parent`.
    pub(super) fn literal(&mut self, start: usize, parent: usize) -> Option<()> {
        let (chomp, header) = match self.byte(start + 1) {
            byte @ (b'-' | b'+') => (byte, start + 2),
            _ => (b' ', start + 1),
        };
        self.end_line(header)?;
        let mut value = String::new();
        let mut indent: Option<usize> = None;
        // blank lines not yet known to be inside
        let mut blank = 0;
        self.last = header;
        while self.at < self.bytes.len() {
            let text = self.after_spaces(self.at);
            let spaces = text - self.at;
            let end = memchr::memchr(b'\n', &self.bytes[text..]).map(|len| text + len)?;
            if text == end && indent.is_none_or(|indent| spaces <= indent) {
                // in front of the content a blank line must not be indented more than it
                if indent.is_none() && spaces > parent + 1 {
                    return None;
                }
                blank += 1;
                self.at = end + 1;
                continue;
            }
            let indent = *indent.get_or_insert(spaces);
            if spaces < indent || indent <= parent {
                break;
            }
            if self.byte(text) == b'\t' {
                return None;
            }
            value.extend(std::iter::repeat_n('\n', std::mem::take(&mut blank)));
            let line = self.text.get(self.at + indent..end)?;
            value.push_str(line);
            value.push('\n');
            let visible = line.trim_end_matches([' ', '\t']).len();
            if visible > 0 {
                self.last = self.at + indent + visible;
            }
            self.at = end + 1;
        }
        match chomp {
            b'-' => {
                value.pop();
            }
            b'+' => value.extend(std::iter::repeat_n('\n', blank)),
            _ => {}
        }
        if value.trim_matches([' ', '\t', '\n']).is_empty() && !value.is_empty() {
            return None;
        }
        self.builder.decoded_value(Style::Literal, (start as u32, self.last as u32), value);
        Some(())
    }

    /// A flow collection on one line; its end.
    pub(super) fn flow(&mut self, start: usize) -> Option<usize> {
        let outer = self.open();
        if outer == 0 {
            return None;
        }
        let mut open: Vec<(u32, u8)> = Vec::new();
        let mut at = start;
        loop {
            // a value, at `at`
            let opened = match self.byte(at) {
                byte @ (b'[' | b'{') => {
                    if outer + open.len() >= self.depth {
                        return None;
                    }
                    let kind = if byte == b'[' { Kind::Sequence } else { Kind::Mapping };
                    open.push((self.builder.open(kind, Style::Flow, Tag::None, at as u32), byte));
                    at = self.after_spaces(at + 1);
                    true
                }
                b'"' | b'\'' => {
                    let (end, changed) = self.quoted(at)?;
                    self.push_quoted(at, end, changed)?;
                    at = self.after_spaces(end);
                    false
                }
                _ => {
                    let end = self.flow_plain(at)?;
                    if scalar::is_infinite(self.text.get(at..end)?) {
                        return None;
                    }
                    self.builder.value(Style::Plain, (at as u32, end as u32));
                    at = self.after_spaces(end);
                    false
                }
            };
            if opened && !matches!(self.byte(at), b']' | b'}') {
                at = self.flow_key(open.last()?.1, at)?;
                continue;
            }
            loop {
                let &(id, bracket) = open.last()?;
                match (self.byte(at), bracket) {
                    (b',', _) => {
                        at = self.flow_key(bracket, self.after_spaces(at + 1))?;
                        break;
                    }
                    (b']', b'[') | (b'}', b'{') => {
                        at += 1;
                        self.builder.close(id, at as u32);
                        open.pop();
                        if bracket == b'{' {
                            self.check_keys(id)?;
                        }
                        if open.is_empty() {
                            self.last = at;
                            return Some(at);
                        }
                        at = self.after_spaces(at);
                    }
                    _ => return None,
                }
            }
        }
    }

    /// The key and colon in front of a value in braces; where the value starts.
    fn flow_key(&mut self, bracket: u8, at: usize) -> Option<usize> {
        if bracket == b'[' {
            return Some(at);
        }
        let (style, end) = match self.byte(at) {
            quote @ (b'"' | b'\'') => {
                let (end, changed) = self.quoted(at)?;
                if changed {
                    return None;
                }
                (if quote == b'"' { Style::DoubleQuoted } else { Style::SingleQuoted }, end)
            }
            _ => {
                let end = self.flow_plain(at)?;
                let text = self.text.get(at..end)?;
                if scalar::is_special(text) || text == "<<" {
                    return None;
                }
                (Style::Plain, end)
            }
        };
        if self.byte(end) != b':' || self.byte(end + 1) != b' ' {
            return None;
        }
        self.builder.value(style, (at as u32, end as u32));
        Some(self.after_spaces(end + 2))
    }

    /// The end of a plain scalar in a flow collection.
    fn flow_plain(&self, start: usize) -> Option<usize> {
        let mut at = start;
        loop {
            match self.byte(at) {
                b',' | b']' | b'}' => break,
                b':' if at > start && matches!(self.byte(at + 1), b' ') => break,
                // such characters are fine in the middle, or mean something else there: not worth the care
                b':' if at > start && is_word(self.byte(at + 1)) => {}
                b'-' if at > start || is_word(self.byte(at + 1)) => {}
                b' ' if at > start && (is_word(self.byte(at + 1)) || matches!(self.byte(at + 1), b' ' | b',' | b']' | b'}')) => {}
                byte if is_word(byte) || (at > start && matches!(byte, b'*' | b'=' | b'@' | b'%' | b'+')) => {}
                _ => return None,
            }
            at += 1;
        }
        while at > start && self.bytes[at - 1] == b' ' {
            at -= 1;
        }
        (at > start).then_some(at)
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'/' | b'$' | b'(' | b')')
}

/// The value of what stands in double quotes; `None` where an escape is a rare one.
fn unescape(inner: &str) -> Option<String> {
    let mut value = String::with_capacity(inner.len());
    let mut parts = inner.split('\\');
    value.push_str(parts.next()?);
    while let Some(part) = parts.next() {
        let Some(&escape) = part.as_bytes().first() else {
            // two backslashes in a row
            value.push('\\');
            value.push_str(parts.next()?);
            continue;
        };
        value.push(match escape {
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'"' => '"',
            _ => return None,
        });
        value.push_str(part.get(1..)?);
    }
    Some(value)
}
