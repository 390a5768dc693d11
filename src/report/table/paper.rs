//! What the table is written on: lines of styled spans that never grow over the width.

use std::borrow::Cow;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use rayon::prelude::*;

use crate::assess::{FindingVerdict, Severity, Status};
use crate::report::text::{NARROWEST, Options, clean, columns, cut, wrap};

/// No style.
pub(super) const PLAIN: Style = Style::new();
/// What a reader looks for first.
pub(super) const BOLD: Style = Style::new().bold();
/// What is there for those who look closer.
pub(super) const DIM: Style = Style::new().dimmed();

/// A text in a style.
pub(super) type Span<'a> = (Style, &'a str);

/// The output, with what it may look like.
pub(super) struct Paper<'a> {
    out: &'a mut dyn Write,
    /// The columns of a line.
    pub(super) width: usize,
    /// Everything one by one.
    pub(super) verbose: bool,
    /// Even what says little.
    pub(super) everything: bool,
    /// See [`Options::from`].
    pub(super) from: &'a str,
    color: bool,
    options: &'a Options,
}

impl<'a> Paper<'a> {
    pub(super) fn new(options: &'a Options, out: &'a mut dyn Write) -> Self {
        let width = options.width.clamp(NARROWEST, 200);
        let (verbose, everything) = (options.verbose > 0, options.verbose > 1);
        Paper { out, width, verbose, everything, from: &options.from, color: options.color, options }
    }

    /// Writes one part an item, in their order, on several threads; only so many at a time, as it may be much.
    pub(super) fn parts<T: Sync>(&mut self, items: &[T], write: impl Fn(&mut Paper<'_>, &T) -> io::Result<()> + Sync) -> io::Result<()> {
        const AT_ONCE: usize = 512;
        let options = self.options;
        let part = |item: &T| {
            let mut out = Vec::new();
            write(&mut Paper::new(options, &mut out), item).map(|()| out)
        };
        for items in items.chunks(AT_ONCE) {
            for written in items.par_iter().map(part).collect::<io::Result<Vec<_>>>()? {
                self.out.write_all(&written)?;
            }
        }
        Ok(())
    }

    /// An empty line.
    pub(super) fn blank(&mut self) -> io::Result<()> {
        self.out.write_all(b"\n")
    }

    /// A line. Its makers see to the width; what is too long all the same is cut, and spaces at its end are left out.
    pub(super) fn line(&mut self, spans: &[Span<'_>]) -> io::Result<()> {
        let told = spans.iter().rposition(|(_, text)| !text.trim_end().is_empty()).map_or(0, |last| last + 1);
        let mut left = self.width;
        for (number, (style, text)) in spans[..told].iter().enumerate() {
            let text = if number + 1 == told { text.trim_end() } else { text };
            let wide = columns(text);
            let text = if wide > left { Cow::Owned(cut(text, left)) } else { Cow::Borrowed(text) };
            left -= if wide > left { columns(&text) } else { wide };
            if self.color && *style != PLAIN && !text.is_empty() {
                write!(self.out, "{style}{text}{style:#}")?;
            } else {
                self.out.write_all(text.as_bytes())?;
            }
        }
        self.blank()
    }

    /// A text broken into lines behind a lead; the further ones start at column `hang`.
    pub(super) fn flow(&mut self, lead: &[Span<'_>], hang: usize, (style, text): Span<'_>) -> io::Result<()> {
        let used: usize = lead.iter().map(|(_, text)| columns(text)).sum();
        let indent = " ".repeat(hang);
        let lines = wrap(text, self.width.saturating_sub(used), self.width.saturating_sub(hang));
        for (number, line) in lines.iter().enumerate() {
            if number == 0 {
                let first: Vec<_> = lead.iter().copied().chain([(style, line.as_str())]).collect();
                self.line(&first)?;
            } else {
                self.line(&[(PLAIN, &indent), (style, line)])?;
            }
        }
        Ok(())
    }

    /// A paragraph at column `indent`.
    pub(super) fn paragraph(&mut self, indent: usize, span: Span<'_>) -> io::Result<()> {
        let space = " ".repeat(indent);
        self.flow(&[(PLAIN, &space)], indent, span)
    }

    /// The head of a part: `══ title ══════════ note ══`, after an empty line.
    pub(super) fn head(&mut self, title: &str, note: &str) -> io::Result<()> {
        self.rule("═", title, note)
    }

    /// The head of a file: `── title ────────── note ──`, after an empty line.
    pub(super) fn subhead(&mut self, title: &str, note: &str) -> io::Result<()> {
        self.rule("─", title, note)
    }

    fn rule(&mut self, bar: &str, title: &str, note: &str) -> io::Result<()> {
        self.blank()?;
        let bars = |count: usize| bar.repeat(count);
        let title = clean(title, self.width - 8);
        let aside = if note.is_empty() { String::new() } else { format!(" {note} ") };
        let room = (self.width - 6).saturating_sub(columns(&title));
        // a note that does not fit stands below
        let fits = columns(&aside) <= room;
        let beside = if fits { aside.as_str() } else { "" };
        let (lead, fill, tail) = (bars(2) + " ", " ".to_owned() + &bars(room - columns(beside)), bars(2));
        self.line(&[(DIM, &lead), (BOLD, &title), (DIM, &fill), (PLAIN, beside), (DIM, &tail)])?;
        if fits { Ok(()) } else { self.paragraph(3, (PLAIN, note)) }
    }
}

/// The colour of a severity.
pub(super) fn severity(severity: Severity) -> Style {
    let color = match severity {
        Severity::Critical => AnsiColor::BrightRed,
        Severity::High => AnsiColor::Red,
        Severity::Medium => AnsiColor::Yellow,
        Severity::Low => AnsiColor::Cyan,
        Severity::Info => return DIM,
    };
    let style = color.on_default();
    if severity <= Severity::High { style.bold() } else { style }
}

/// The colour of a finding.
pub(super) fn verdict(verdict: FindingVerdict, of: Severity) -> Style {
    match verdict {
        FindingVerdict::Fail => severity(of),
        FindingVerdict::Review => AnsiColor::Magenta.on_default(),
        FindingVerdict::Note => DIM,
    }
}

/// The colour of a status.
pub(super) fn status(status: Status) -> Style {
    match status {
        Status::Fail | Status::Error => AnsiColor::Red.on_default().bold(),
        Status::Review => AnsiColor::Magenta.on_default(),
        Status::NotAssessed | Status::Excused => AnsiColor::Yellow.on_default(),
        Status::Pass | Status::Attested => AnsiColor::Green.on_default(),
        Status::Partial | Status::NotApplicable => PLAIN,
    }
}
