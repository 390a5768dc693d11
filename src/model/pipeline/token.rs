//! A script as a shell takes it apart: words and what ends commands, without comments, redirections and here-documents.

use std::borrow::Cow;

use crate::model::pipeline::here::{self, Document};
use crate::parse::command::{Dialect, Word as Raw, words};

/// A word of a command, or what stands between commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    Word(Word),
    /// `;`, `&&`, `(`, a line's end.
    Mark(&'static str),
}

/// A word as it is written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    /// Variables are put in.
    pub(super) expands: bool,
    /// What is put in is one word whatever it holds.
    pub(super) quoted: bool,
    /// The commands whose output is put in.
    pub(super) within: Vec<Vec<Token>>,
    /// `list=(a b)`
    pub(super) items: Option<Vec<Word>>,
    /// It is no word: the command reads this.
    pub(super) document: Option<Box<Document>>,
    /// The line of the script that it stands on.
    pub(super) row: u32,
}

/// In front of what `<<<` makes a document of.
const TEXT: char = '\u{3}';

/// What may stand between commands; the longer ones first.
const MARKS: [&str; 11] = [";;&", ";;", ";&", "&&", "||", "|&", "((", ";", "&", "|", "("];

/// How deep commands may stand in words of one another.
const DEEPEST: usize = 12;

/// Takes a script apart that begins on this line.
pub(super) fn tokens(text: &str, row: u32) -> Vec<Token> {
    let text = without_shifts(text);
    let (text, documents) = here::taken_out(&text);
    below(&text, &documents, row, 0)
}

fn below(text: &str, documents: &[Document], row: u32, depth: usize) -> Vec<Token> {
    let mut reader = Reader { text, raw: plain(text), documents, at: 0, depth, read: 0, row };
    let mut found = Vec::new();
    while let Some(token) = reader.next() {
        found.push(token);
    }
    found
}

struct Reader<'t> {
    text: &'t str,
    raw: Vec<Raw>,
    documents: &'t [Document],
    at: usize,
    depth: usize,
    /// Up to where lines are counted, and how many there were.
    read: usize,
    row: u32,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<Token> {
        let raw = self.raw.get(self.at)?.clone();
        self.at += 1;
        if raw.operator { Some(Token::Mark(mark(&raw.text))) } else { Some(Token::Word(self.word(raw))) }
    }

    /// The line on which a word begins; words come in their order.
    fn row_of(&mut self, at: usize) -> u32 {
        let lines = self.text.get(self.read..at).unwrap_or_default().bytes().filter(|byte| *byte == b'\n').count();
        self.read = self.read.max(at);
        self.row += lines as u32;
        self.row
    }

    /// What a command reads: a here-document, or the word after `<<<`.
    fn document(&self, raw: &Raw, row: u32) -> Option<Document> {
        if let Some(text) = raw.text.strip_prefix(TEXT) {
            return Some(Document { text: text.to_owned(), expands: raw.expands, row });
        }
        self.documents.get(raw.text.strip_prefix(here::MARK)?.parse::<usize>().ok()?).cloned()
    }

    /// A word with the `$(…)` in it, and what follows that without a space.
    fn word(&mut self, first: Raw) -> Word {
        let row = self.row_of(first.span.0);
        if let Some(document) = self.document(&first, row) {
            let commands = if document.expands && self.depth < DEEPEST { substituted(&document.text) } else { Vec::new() };
            let within = commands.into_iter().map(|text| below(text, &[], document.row, self.depth + 1)).collect();
            return Word { within, document: Some(Box::new(document)), row, ..Word::default() };
        }
        let quoted = self.text.get(first.span.0..first.span.1).is_some_and(|written| written.contains('"'));
        let mut word = Word { text: first.text, expands: first.expands, quoted, row, ..Word::default() };
        let mut end = first.span.1;
        while self.depth < DEEPEST
            && word.text.ends_with('$')
            && self.raw.get(self.at).is_some_and(|next| next.operator && matches!(next.text.as_str(), "(" | "((") && next.span.0 == end)
        {
            // `$((…))` counts
            let mut depth = self.raw[self.at].text.len();
            self.at += 1;
            let mut inner = Vec::new();
            if depth == 2 {
                inner.push(Token::Mark("("));
            }
            self.depth += 1;
            while let Some(token) = self.next() {
                depth = match token {
                    Token::Mark("((") => depth + 2,
                    Token::Mark("(") => depth + 1,
                    Token::Mark(")") => depth - 1,
                    _ => depth,
                };
                if depth == 0 {
                    break;
                }
                inner.push(token);
            }
            self.depth -= 1;
            word.text.push_str(&format!("({})", shown(&inner)));
            if inner.first() != Some(&Token::Mark("(")) {
                word.within.push(inner);
            }
            end = self.raw[..self.at].last().map_or(end, |last| last.span.1);
            let next = self.raw.get(self.at).filter(|next| !next.operator && next.span.0 == end);
            if let Some(more) = next.cloned() {
                self.at += 1;
                word.text.push_str(&more.text);
                end = more.span.1;
            }
        }
        // `"$(…)"`, which is one word already
        if word.expands && word.within.is_empty() && self.depth < DEEPEST {
            word.within = substituted(&word.text).into_iter().map(|text| below(text, self.documents, row, self.depth + 1)).collect();
        }
        word
    }
}

/// What stands in `$(…)` within a text; what stands within that is a part of it.
fn substituted(text: &str) -> Vec<&str> {
    let (mut found, mut rest) = (Vec::new(), text);
    while let Some(at) = rest.find("$(") {
        rest = &rest[at + 2..];
        let mut depth = 1_usize;
        let end = rest.bytes().position(|byte| {
            depth = match byte {
                b'(' => depth + 1,
                b')' => depth - 1,
                _ => depth,
            };
            depth == 0
        });
        let Some(end) = end else { break };
        // `$((…))` counts
        if !rest.starts_with('(') {
            found.push(&rest[..end]);
        }
        rest = &rest[end..];
    }
    found
}

/// A text that is the same for the same commands.
fn shown(tokens: &[Token]) -> String {
    let texts = tokens.iter().map(|token| match token {
        Token::Word(word) => word.text.as_str(),
        Token::Mark(mark) => mark,
    });
    texts.collect::<Vec<_>>().join(" ")
}

fn mark(text: &str) -> &'static str {
    match text {
        "\n" => "\n",
        ")" => ")",
        _ => MARKS.iter().find(|known| **known == text).copied().unwrap_or(";"),
    }
}

/// The words and marks without what leads input and output elsewhere.
fn plain(text: &str) -> Vec<Raw> {
    let mut found = Vec::new();
    let (mut to_file, mut is_text) = (false, false);
    for mut raw in words(text, (0, text.len()), Dialect::Shell) {
        let ends = raw.operator && raw.text == "\n";
        if !raw.operator && std::mem::take(&mut to_file) {
            // `<<<` makes a document of it
            if std::mem::take(&mut is_text) {
                raw.text.insert(0, TEXT);
                found.push(raw);
            }
        } else if raw.operator && raw.text.contains(['<', '>']) {
            is_text = raw.text.ends_with("<<<");
            // `<(command)` puts the name of a file in
            to_file = !raw.text.ends_with(['(', ')', ';']);
            if let Some(at) = raw.text.find(['(', ')', ';']) {
                split(&raw, at, &mut found);
            }
        } else if raw.operator && !ends {
            // the number of a file before `>` is one as well
            if !raw.text.bytes().all(|byte| byte.is_ascii_digit()) {
                split(&raw, 0, &mut found);
            }
        } else {
            found.push(raw);
        }
    }
    found
}

/// In arithmetic `<<` begins no here-document: other bytes stand in its place.
fn without_shifts(text: &str) -> Cow<'_, str> {
    let mut plain = Cow::Borrowed(text);
    for (open, close) in [("((", "))"), ("$[", "]")] {
        let mut from = 0;
        while let Some(start) = text[from..].find(open).map(|at| from + at) {
            let Some(end) = text[start..].find(close).map(|at| start + at) else { break };
            if text[start..end].contains("<<") {
                plain.to_mut().replace_range(start..end, &text[start..end].replace('<', "_"));
            }
            from = end;
        }
    }
    plain
}

/// `&&(` are two marks.
fn split(raw: &Raw, from: usize, found: &mut Vec<Raw>) {
    let mut at = from;
    while at < raw.text.len() {
        let rest = &raw.text[at..];
        let length = MARKS.iter().find(|known| rest.starts_with(**known)).map_or(1, |known| known.len());
        let span = (raw.span.0 + at, raw.span.0 + at + length);
        found.push(Raw { span, text: rest[..length].to_owned(), operator: true, expands: false });
        at += length;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        let plain = |token| match token {
            Token::Word(word) => word.text,
            Token::Mark("\n") => "NL".to_owned(),
            Token::Mark(mark) => format!("[{mark}]"),
        };
        tokens(text, 0).into_iter().map(plain).collect()
    }

    #[test]
    fn words_and_marks_are_told_apart() {
        for (text, wanted) in [
            ("a 2>&1 >x && (b|c); d", "a [&&] [(] b [|] c [)] [;] d"),
            ("cat <<EOF > x\na b\nEOF\nc", "cat  NL NL NL c"),
            ("cat <<-'E'\n  a\nE\nc", "cat  NL NL NL c"),
            ("x=$(a b)/c d", "x=$(a b)/c d"),
            ("case a in b) c ;; esac", "case a in b [)] c [;;] esac"),
            ("diff <(a) <(b)", "diff [(] a [)] [(] b [)]"),
        ] {
            assert_eq!(read(text).join(" "), wanted, "{text}");
        }
    }

    #[test]
    fn commands_within_words_are_read() {
        for text in ["x=$(a b)", "x=\"$(a b)\"", "echo \"y $(a b) z\""] {
            let within = tokens(text, 0).into_iter().find_map(|token| match token {
                Token::Word(word) if !word.within.is_empty() => Some(word.within),
                _ => None,
            });
            let first = within.and_then(|within| within.into_iter().next()).unwrap_or_default();
            assert_eq!(shown(&first), "a b", "{text}");
        }
        assert!(tokens("echo '$(a b)'", 0).iter().all(|token| matches!(token, Token::Word(word) if word.within.is_empty())));
        assert!(tokens("$($($(", 0).len() <= 3);
        let _ = tokens(&"$(".repeat(20_000), 0);
        let _ = tokens(&format!("\"{}a{}\"", "$(".repeat(2_000), ")".repeat(2_000)), 0);
    }
}
