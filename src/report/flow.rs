//! Markdown for a terminal: its lines fitted to the width, what is code or a table left as it is.

use std::borrow::Cow;
use std::io::{self, Write};

use anstyle::Style;

use super::text::{columns, push_clean, wrap};

const BOLD: Style = Style::new().bold();

/// A page in lines of at most `width` columns; `None`: its lines as they are, for whatever reads on. What a terminal would
/// act upon is written out either way.
#[must_use]
pub fn fit(page: &str, width: Option<usize>) -> String {
    let mut out = String::with_capacity(page.len() + page.len() / 16);
    let mut code = false;
    for line in page.lines() {
        let mut clean = String::with_capacity(line.len());
        let line = if code || width.is_none() { Cow::Borrowed(line) } else { plain(line) };
        line.chars().for_each(|char| if char == '\t' { clean.push(char) } else { push_clean(&mut clean, char) });
        let fence = clean.trim_start().starts_with("```");
        code ^= fence;
        match width {
            Some(width) if !(code || fence || clean.starts_with('|')) => flow(&clean, width, &mut out),
            _ => out.push_str(&clean),
        }
        out.push('\n');
    }
    out
}

/// A line as a person reads it: what keeps it from being markup on a page for a browser does nothing here.
fn plain(line: &str) -> Cow<'_, str> {
    const INVISIBLE: u32 = 0x200b;
    if !line.contains(['<', '&']) {
        return Cow::Borrowed(line);
    }
    let line = line.replace("<code>", "`").replace("</code>", "`");
    let mut parts = line.split("&#");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let entity = part.split_once(';').and_then(|(number, rest)| Some((number.parse::<u32>().ok()?, rest)));
        match entity.and_then(|(number, rest)| Some((char::from_u32(number)?, rest))) {
            Some((char, rest)) => {
                out.extend(Some(char).filter(|char| u32::from(*char) != INVISIBLE));
                out.push_str(rest);
            }
            None => out.extend(["&#", part]),
        }
    }
    Cow::Owned(out)
}

/// A fitted page with headings and what is between `**` in bold, in place of the marks.
#[must_use]
pub fn styled(page: &str) -> String {
    let (on, off) = (BOLD.render().to_string(), BOLD.render_reset().to_string());
    let mut out = String::with_capacity(page.len() + page.len() / 8);
    let (mut code, mut bold) = (false, false);
    for line in page.lines() {
        let fence = line.trim_start().starts_with("```");
        code ^= fence;
        let title = line.trim_start_matches('#');
        if fence {
            continue;
        }
        if code {
            out.push_str(line);
        } else if title.len() < line.len() && title.starts_with(' ') {
            out.extend([&on, title.trim_start(), &off]);
        } else {
            // what is bold may go on in the next line, and is begun anew there
            out.push_str(if bold { &on } else { "" });
            for (number, part) in line.split("**").enumerate() {
                if number > 0 {
                    bold = !bold;
                    out.push_str(if bold { &on } else { &off });
                }
                out.push_str(part);
            }
            out.push_str(if bold { &off } else { "" });
        }
        out.push('\n');
    }
    out
}

/// Writes a text behind a lead, further lines under where it begins; `None`: in one line.
///
/// # Errors
/// What the writer says.
pub fn row(lead: &str, text: &str, width: Option<usize>, out: &mut dyn Write) -> io::Result<()> {
    let hang = columns(lead);
    let mut clean = String::with_capacity(text.len());
    text.chars().for_each(|char| push_clean(&mut clean, char));
    let Some(width) = width else { return writeln!(out, "{lead}{clean}") };
    for (number, line) in wrap(&clean, width - hang, width - hang).iter().enumerate() {
        let before = if number == 0 { lead.to_owned() } else { " ".repeat(hang) };
        writeln!(out, "{before}{line}")?;
    }
    Ok(())
}

/// A line of what is said beside a report, ended: in lines of at most `width` columns, the further ones indented, words whole;
/// what a terminal would act upon is written out.
#[must_use]
pub fn said(line: &str, width: Option<usize>) -> String {
    const INDENT: &str = "  ";
    let mut clean = String::with_capacity(line.len() + 1);
    line.chars().for_each(|char| if char == '\t' { clean.push(char) } else { push_clean(&mut clean, char) });
    let Some(width) = width.filter(|width| columns(&clean) > *width) else { return clean + "\n" };
    let lead = clean.len() - clean.trim_start_matches(' ').len();
    let mut out = clean[..lead].to_owned();
    let (mut used, mut empty) = (lead, true);
    for word in clean[lead..].split(' ').filter(|word| !word.is_empty()) {
        let wide = columns(word);
        if !empty && used + 1 + wide > width {
            out.extend(["\n", &clean[..lead], INDENT]);
            (used, empty) = (lead + INDENT.len(), true);
        }
        out.extend([if empty { "" } else { " " }, word]);
        (used, empty) = (used + wide + usize::from(!empty), false);
    }
    out + "\n"
}

/// Breaks a line at its spaces, further lines under where its text begins; words stay whole.
fn flow(line: &str, width: usize, out: &mut String) {
    let indent = line.len() - line.trim_start().len();
    let text = &line[indent..];
    let marker = ["- [ ] ", "- ", "> "].into_iter().find(|marker| text.starts_with(marker)).unwrap_or_default();
    let hang = indent + marker.len();
    out.push_str(&line[..hang]);
    let (mut used, mut empty) = (hang, true);
    for word in text[marker.len()..].split(' ').filter(|word| !word.is_empty()) {
        let wide = columns(word);
        // at the start of a line these would begin something else
        let opens = matches!(word, "-" | "+" | "*" | "#" | ">" | "|");
        if !empty && used + 1 + wide > width && !opens {
            out.push('\n');
            let again = if marker == "> " { &line[..hang] } else { "" };
            out.push_str(again);
            out.push_str(&" ".repeat(hang - again.len()));
            (used, empty) = (hang, true);
        }
        if !empty {
            out.push(' ');
            used += 1;
        }
        out.push_str(word);
        (used, empty) = (used + wide, false);
    }
}

#[cfg(test)]
mod tests {
    use super::{fit, said, styled};

    #[test]
    fn what_is_said_fits_and_steers_nothing() {
        assert_eq!(said("cnscan: one two three", Some(14)), "cnscan: one\n  two three\n");
        assert_eq!(said("  one two three", Some(9)), "  one two\n    three\n");
        assert_eq!(said("cnscan: /a/path/that/is/long: no", Some(12)), "cnscan:\n  /a/path/that/is/long:\n  no\n");
        assert_eq!(said("cnscan: one two three", None), "cnscan: one two three\n");
        assert_eq!(said("a\u{1b}[31mb\u{202e}c\r", None), "a\\u{1b}[31mb\\u{202e}c\\r\n");
    }

    #[test]
    fn lines_are_broken_under_where_their_text_begins() {
        let page = "# A title that is long\n\n- one two three four\n  - five six seven eight\n\nnine ten eleven - twelve\n";
        let fitted = fit(page, Some(16));
        assert_eq!(
            fitted,
            "# A title that\nis long\n\n- one two three\n  four\n  - five six\n    seven eight\n\nnine ten eleven -\ntwelve\n"
        );
        assert_eq!(fit(page, None), page);
    }

    #[test]
    fn what_is_escaped_for_browsers_is_read_as_it_was_written() {
        let page = "- <code>secret&#95;key</code> of &#64;&#8203;ada, &#x; & &#12\n";
        assert_eq!(fit(page, Some(80)), "- `secret_key` of @ada, &#x; & &#12\n");
        assert_eq!(fit(page, None), page);
        assert_eq!(fit("a&#27;[31m\n", Some(80)), "a\\u{1b}[31m\n", "and harmless all the same");
    }

    #[test]
    fn marks_become_styles() {
        let page = "# Title\n\n**Why** so, **and\nwhy** not\n\n```yaml\n# a comment **here**\n```\n";
        let said = styled(page).replace("\u{1b}[1m", "<").replace("\u{1b}[0m", ">");
        assert_eq!(said, "<Title>\n\n<Why> so, <and>\n<why> not\n\n# a comment **here**\n");
    }

    #[test]
    fn code_and_tables_stay_and_what_steers_a_terminal_is_written_out() {
        let page = "```yaml\nname: a value that is too long for the width\n```\n| a | table that is too long for the width |\n";
        assert_eq!(fit(page, Some(20)), page);
        assert_eq!(fit("a\u{1b}[31mb\n", None), "a\\u{1b}[31mb\n");
        assert_eq!(fit("> one two three\n", Some(10)), "> one two\n> three\n");
        assert_eq!(fit("- `https://example.com/a/path/that/is/long`\n", Some(10)), "- `https://example.com/a/path/that/is/long`\n");
    }
}
