//! Here-documents of a script: they are taken out before its words are read, as quotes in them are none. Backquotes become
//! `$( … )`.

use std::borrow::Cow;

/// What a command reads that stands in the script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Document {
    pub(super) text: String,
    /// Variables and commands are put in.
    pub(super) expands: bool,
    /// The line on which it begins.
    pub(super) row: u32,
}

/// What stands in a script in place of a document: this, and its number.
pub(super) const MARK: char = '\u{2}';

/// A script without its documents, and these.
pub(super) fn taken_out(text: &str) -> (Cow<'_, str>, Vec<Document>) {
    if !text.contains("<<") && !text.contains('`') {
        return (Cow::Borrowed(text), Vec::new());
    }
    let mut reader = Reader { text, at: 0, out: String::with_capacity(text.len()), within: Vec::new(), due: Vec::new(), found: Vec::new() };
    while reader.at < text.len() {
        reader.next();
    }
    (Cow::Owned(reader.out), reader.found)
}

/// In what the place being read stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    Single,
    Double,
    /// `( … )`, `$( … )`
    Brackets,
    /// The older way to write `$( … )`.
    Ticks,
}

/// A document that begins with the next line.
struct Due {
    mark: String,
    expands: bool,
    /// Tabs in front of its lines are none of it.
    tabs: bool,
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    out: String,
    within: Vec<Within>,
    due: Vec<Due>,
    found: Vec<Document>,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Takes what stands here as it is.
    fn keep(&mut self, letters: usize) {
        let length = self.rest().chars().take(letters).map(char::len_utf8).sum::<usize>();
        self.out.push_str(&self.rest()[..length]);
        self.at += length;
    }

    /// Puts this where one letter stood.
    fn put(&mut self, letter: char) {
        self.out.push(letter);
        self.at += 1;
    }

    fn next(&mut self) {
        let rest = self.rest();
        let Some(letter) = rest.chars().next() else { return self.at = self.text.len() };
        match (self.within.last(), letter) {
            (Some(Within::Single), '\'') | (Some(Within::Double), '"') | (Some(Within::Brackets), ')') => {
                self.within.pop();
                self.keep(1);
            }
            (Some(Within::Single), _) => self.keep(1),
            (Some(Within::Ticks), '`') => {
                self.within.pop();
                self.put(')');
            }
            (_, '`') => {
                self.within.push(Within::Ticks);
                self.out.push('$');
                self.put('(');
            }
            (_, '\\') => self.keep(2),
            (_, '$') if rest.starts_with("$(") => {
                self.within.push(Within::Brackets);
                self.keep(2);
            }
            (Some(Within::Double), _) | (_, ')') => self.keep(1),
            (_, '\'' | '"' | '(') => {
                self.within.push(match letter {
                    '\'' => Within::Single,
                    '"' => Within::Double,
                    _ => Within::Brackets,
                });
                self.keep(1);
            }
            (_, '#') if self.out.chars().next_back().is_none_or(|before| before.is_whitespace() || ";&|(".contains(before)) => {
                self.keep(rest.find('\n').map_or(usize::MAX, |end| rest[..end].chars().count()));
            }
            (_, '<') if rest.starts_with("<<<") => self.keep(3),
            (_, '<') if rest.starts_with("<<") => self.mark(),
            (_, '\n') => {
                self.keep(1);
                for due in std::mem::take(&mut self.due) {
                    self.document(&due);
                }
            }
            _ => self.keep(1),
        }
    }

    /// `<<EOF`, `<<-'E O'`
    fn mark(&mut self) {
        let rest = &self.rest()[2..];
        let tabs = rest.starts_with('-');
        let written = rest[usize::from(tabs)..].trim_start_matches([' ', '\t']);
        let (mut mark, mut quote, mut quoted, mut used) = (String::new(), None, false, 0);
        let mut letters = written.chars();
        while let Some(letter) = letters.next() {
            if quote.is_none() && (letter.is_whitespace() || ";&|()<>".contains(letter)) || letter == '\n' {
                break;
            }
            used += letter.len_utf8();
            match letter {
                '\'' | '"' if quote.is_none() => quote = Some(letter),
                _ if quote == Some(letter) => quote = None,
                '\\' if quote != Some('\'') => {
                    let next = letters.next();
                    used += next.map_or(0, char::len_utf8);
                    mark.extend(next);
                    quoted = true;
                }
                _ => mark.push(letter),
            }
            quoted |= quote.is_some();
        }
        if used == 0 {
            return self.keep(2);
        }
        self.at = self.text.len() - written.len() + used;
        self.out.push_str(&format!(" {MARK}{} ", self.found.len() + self.due.len()));
        self.due.push(Due { mark, expands: !quoted, tabs });
    }

    /// The lines up to the mark; lines that are as many stay in its place.
    fn document(&mut self, due: &Due) {
        let row = self.out.bytes().filter(|byte| *byte == b'\n').count() as u32;
        let mut text = String::new();
        while self.at < self.text.len() {
            let line = self.rest().split_inclusive('\n').next().unwrap_or_default();
            self.at += line.len();
            self.out.extend(line.ends_with('\n').then_some('\n'));
            let line = if due.tabs { line.trim_start_matches('\t') } else { line };
            if line.trim_end_matches(['\n', '\r']) == due.mark {
                break;
            }
            text.push_str(line);
        }
        self.found.push(Document { text, expands: due.expands, row });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_taken_out() {
        for (text, wanted, documents) in [
            ("cat <<EOF >x\ndon't\nEOF\nb", "cat  \u{2}0  >x\n\n\nb", vec!["don't\n"]),
            ("cat <<\"E O\"\na\nE O\nb", "cat  \u{2}0 \n\n\nb", vec!["a\n"]),
            ("a <<X <<-Y\n1\nX\n\t2\n\tY\nb", "a  \u{2}0   \u{2}1 \n\n\n\n\nb", vec!["1\n", "2\n"]),
            ("a \"$(b <<'E'\n\"\nE\n)\"", "a \"$(b  \u{2}0 \n\n\n)\"", vec!["\"\n"]),
            ("x=`a b` '`' \"`c`\"", "x=$(a b) '`' \"$(c)\"", vec![]),
            ("a '<<E' # <<E\nb <<<c <<", "a '<<E' # <<E\nb <<<c <<", vec![]),
        ] {
            let (out, found) = taken_out(text);
            let found: Vec<_> = found.iter().map(|document| document.text.as_str()).collect();
            assert_eq!((&*out, found), (wanted, documents), "{text}");
        }
        for text in ["<<", "<<E", "<<\\", "a <<'", "é<<é\né"] {
            let _ = taken_out(text);
        }
    }
}
