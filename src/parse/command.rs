//! Command lines into words, each with its place: as systemd reads them in a unit, and as a shell does.

/// Whose rules hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// `ExecStart=` and `Environment=`: quotes, C escapes, a line that ends in `\` goes on.
    Systemd,
    /// `sh`: quotes, `\`, comments, operators.
    Shell,
}

/// A word of a command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// Where it is written, quotes included.
    pub span: (usize, usize),
    /// What it is.
    pub text: String,
    /// It ends a command (`;`, `|`, a line's end in a script), or leads its output elsewhere: no argument.
    pub operator: bool,
    /// The shell puts something in it that is not known here.
    pub expands: bool,
}

/// The words of `text` between two offsets, in order. Whatever the text is, this ends and never panics.
#[must_use]
pub fn words(text: &str, (from, to): (usize, usize), dialect: Dialect) -> Vec<Word> {
    let mut reader = Reader { text, at: from, end: to.min(text.len()), dialect, words: Vec::new() };
    while reader.at < reader.end {
        reader.next();
    }
    reader.words
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    end: usize,
    dialect: Dialect,
    words: Vec<Word>,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at..self.end)?.chars().next()
    }

    fn take(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    fn is_shell(&self) -> bool {
        self.dialect == Dialect::Shell
    }

    /// The next word, operator, or what stands between words.
    fn next(&mut self) {
        let start = self.at;
        match self.peek() {
            Some('\n') if self.is_shell() => {
                self.at += 1;
                self.operator(start);
            }
            Some(space) if space.is_whitespace() => {
                self.at += space.len_utf8();
            }
            Some('\\') if self.continues() => {
                self.skip_line();
                // a remark between the lines of a command
                while !self.is_shell() && self.is_remark() {
                    self.skip_line();
                }
            }
            Some('#') if self.is_shell() => {
                let end = self.text.as_bytes()[self.at..self.end].iter().position(|byte| *byte == b'\n');
                self.at = end.map_or(self.end, |end| self.at + end);
            }
            Some(';' | '&' | '|' | '(' | ')' | '<' | '>') if self.is_shell() => {
                while matches!(self.peek(), Some(';' | '&' | '|' | '(' | ')' | '<' | '>')) {
                    self.at += 1;
                }
                self.operator(start);
            }
            Some(_) => self.word(start),
            None => self.at = self.end,
        }
    }

    fn operator(&mut self, start: usize) {
        let span = (start, self.at);
        self.words.push(Word { span, text: self.text[start..self.at].to_owned(), operator: true, expands: false });
    }

    /// Whether the `\` here stands at the end of its line.
    fn continues(&self) -> bool {
        let rest = self.text.get(self.at + 1..self.end).unwrap_or_default();
        rest.is_empty() || rest.starts_with('\n') || rest.starts_with("\r\n")
    }

    fn is_remark(&self) -> bool {
        self.text.get(self.at..self.end).is_some_and(|rest| rest.trim_start_matches([' ', '\t']).starts_with(['#', ';']))
    }

    fn skip_line(&mut self) {
        while let Some(next) = self.take() {
            if next == '\n' {
                return;
            }
        }
    }

    fn word(&mut self, start: usize) {
        let mut word = Word { span: (start, start), text: String::new(), operator: false, expands: false };
        let mut quote = None;
        while let Some(next) = self.peek() {
            let closes = quote == Some(next);
            match next {
                '\'' | '"' if quote.is_none() || closes => {
                    quote = if closes { None } else { Some(next) };
                    self.at += 1;
                }
                '\\' if quote != Some('\'') || !self.is_shell() => {
                    if self.continues() {
                        if quote.is_none() && !self.is_shell() {
                            break;
                        }
                        self.skip_line();
                    } else {
                        self.escape(quote, &mut word.text);
                    }
                }
                _ if quote.is_none() && (next.is_whitespace() || self.is_shell() && ";&|()<>".contains(next)) => break,
                _ => {
                    word.expands |= self.is_shell() && quote != Some('\'') && matches!(next, '$' | '`');
                    word.text.push(next);
                    self.at += next.len_utf8();
                }
            }
        }
        word.span.1 = self.at;
        // `2>` is one operator with its number
        if self.is_shell() && self.peek() == Some('>') && word.text.bytes().all(|byte| byte.is_ascii_digit()) {
            word.operator = true;
        }
        self.words.push(word);
    }

    fn escape(&mut self, quote: Option<char>, text: &mut String) {
        self.at += 1;
        let Some(next) = self.take() else { return text.push('\\') };
        match (self.dialect, next) {
            (Dialect::Systemd, 'n') => text.push('\n'),
            (Dialect::Systemd, 't') => text.push('\t'),
            (Dialect::Systemd, 's') => text.push(' '),
            (Dialect::Shell, other) if quote == Some('"') && !"$`\"\\".contains(other) => text.extend(['\\', other]),
            (_, other) => text.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str, dialect: Dialect) -> Vec<String> {
        words(text, (0, text.len()), dialect).into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn systemd_reads_quotes_and_lines_that_go_on() {
        let text = "/usr/bin/kubelet \\\n  --a='x y' \\\n# a remark\n  \"--b=\\\"z\\\"\" $ARGS\\\n --c";
        assert_eq!(texts(text, Dialect::Systemd), ["/usr/bin/kubelet", "--a=x y", "--b=\"z\"", "$ARGS", "--c"]);
    }

    #[test]
    fn a_shell_reads_operators_and_comments() {
        let found = words("exec etcd --x=$Y 2>&1 # no\nnext 'a;b'", (0, 37), Dialect::Shell);
        let shown: Vec<_> = found.iter().map(|word| (word.text.as_str(), word.operator, word.expands)).collect();
        let plain = |text| (text, false, false);
        let operator = |text| (text, true, false);
        assert_eq!(
            shown,
            [
                plain("exec"),
                plain("etcd"),
                ("--x=$Y", false, true),
                operator("2"),
                operator(">&"),
                plain("1"),
                operator("\n"),
                plain("next"),
                plain("a;b")
            ]
        );
    }

    #[test]
    fn places_are_those_of_the_text() {
        let text = "x --a=é --b";
        let spans: Vec<_> = words(text, (0, text.len()), Dialect::Shell).into_iter().map(|word| &text[word.span.0..word.span.1]).collect();
        assert_eq!(spans, ["x", "--a=é", "--b"]);
    }
}
