//! The command line: what clap read becomes requests to the library, results go to standard output.

pub mod args;
mod attest;
mod catalog;
#[cfg(feature = "live")]
mod cluster;
mod diff;
#[cfg(feature = "live")]
mod early;
mod evidence;
mod explain;
mod files;
mod from_config;
mod history;
#[cfg(feature = "live")]
mod interrupt;
mod list;
mod margin;
mod merge;
mod permissions;
#[cfg(feature = "live")]
mod progress;
#[cfg(feature = "live")]
mod publish;
mod report;
mod scan;
mod schema;
#[cfg(feature = "live")]
mod snapshot;

use std::io::Write;

use anyhow::{Context, Result};
use clap::CommandFactory;

use args::{Cli, Command, Voice};

use crate::policy::Color;

pub use margin::Margin;

/// Where commands write: standard output and standard error, or a test's buffers.
pub struct Streams<'a> {
    /// What was asked for, and nothing else.
    pub out: &'a mut dyn Write,
    /// Everything else.
    pub err: &'a mut dyn Write,
    /// Whether a person sees what goes to `out`.
    pub terminal: bool,
}

/// Does what the command line says; the exit code.
///
/// # Errors
/// What could not be done, for a person: exit code 2.
pub fn run(cli: &Cli, streams: &mut Streams<'_>) -> Result<u8> {
    match &cli.command {
        Command::Scan(args) => return scan::run(args, cli.voice, streams),
        #[cfg(feature = "live")]
        Command::Snapshot(args) => return snapshot::run(args, &cli.voice, streams),
        Command::Convert(args) => scan::convert(args, &cli.voice, streams)?,
        Command::Merge(args) => return merge::run(args, &cli.voice, streams),
        Command::Diff(args) => return diff::run(args, streams),
        Command::Attest { action } => return attest::run(action, &cli.voice, streams),
        Command::Evidence { action } => return evidence::run(action, cli.voice, streams),
        Command::History(args) => return history::run(args, streams),
        Command::Report { action } => report::run(action, &cli.voice, streams)?,
        Command::Explain(args) => explain::run(args, &cli.voice, streams)?,
        Command::List(args) => list::run(args, &cli.voice, streams)?,
        Command::Catalog { action } => catalog::run(action, &cli.voice, streams)?,
        Command::Permissions(args) => permissions::run(args, streams)?,
        Command::Schema { which } => schema::run(*which, streams)?,
        Command::Completions { shell } => clap_complete::generate(*shell, &mut Cli::command(), "cnscan", &mut streams.out),
        Command::Man => {
            let mut command = Cli::command();
            command.build();
            manual(&command, streams.out)?;
        }
    }
    Ok(0)
}

/// The pages of a command and of all below it, as one text that `man -l -` shows one after the other.
fn manual(command: &clap::Command, out: &mut dyn Write) -> std::io::Result<()> {
    clap_mangen::Man::new(command.clone()).render(&mut &mut *out)?;
    command.get_subcommands().filter(|below| below.get_name() != "help").try_for_each(|below| manual(below, out))
}

/// The exit code of what went wrong: 130 where somebody interrupted, as shells have it, else 2.
#[must_use]
pub fn code(error: &anyhow::Error) -> u8 {
    #[cfg(feature = "live")]
    if error.is::<interrupt::Interrupted>() {
        return 130;
    }
    _ = error;
    2
}

/// Whether an argument can be repeated as it is: nothing in it steers a terminal.
#[must_use]
pub fn is_harmless(argument: &std::ffi::OsStr) -> bool {
    let text = argument.to_string_lossy();
    crate::report::flow::said(&text, None).strip_suffix('\n') == Some(&*text)
}

/// The time that `SOURCE_DATE_EPOCH` asks for, so that the same input gives the same bytes.
fn fixed_time() -> Result<Option<jiff::Timestamp>> {
    let Ok(text) = std::env::var("SOURCE_DATE_EPOCH") else { return Ok(None) };
    let time = text.parse().ok().and_then(|second| jiff::Timestamp::from_second(second).ok());
    time.map(Some).with_context(|| format!("SOURCE_DATE_EPOCH: `{text}` is no number of seconds"))
}

/// The time that is written into what is made now.
fn now() -> Result<jiff::Timestamp> {
    Ok(fixed_time()?.unwrap_or_else(jiff::Timestamp::now))
}

/// How reports that people read look.
fn options(voice: &Voice, terminal: bool) -> crate::report::Options {
    const PIPED: usize = 120;
    let color = is_colored(voice, terminal);
    crate::report::Options { from: String::new(), width: width(terminal, PIPED), color, verbose: voice.verbose }
}

/// Whether ANSI colours and styles may be used.
fn is_colored(voice: &Voice, terminal: bool) -> bool {
    match voice.color.unwrap_or_default() {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
    }
}

/// Columns to fit: what `COLUMNS` says, else the terminal's, else `piped`.
fn width(terminal: bool, piped: usize) -> usize {
    asked(terminal).unwrap_or(piped)
}

/// Columns to fit, when somebody says how many: `COLUMNS`, or a terminal.
fn asked(terminal: bool) -> Option<usize> {
    let seen = terminal.then(|| terminal_size::terminal_size().map_or(0, |(width, _)| usize::from(width.0)));
    fitting(std::env::var("COLUMNS").ok().as_deref(), seen)
}

/// What `COLUMNS` says, else what the terminal does. One that does not know its width (0) has that of most.
fn fitting(given: Option<&str>, terminal: Option<usize>) -> Option<usize> {
    const WIDEST: usize = 200;
    const USUAL: usize = 80;
    const NARROWEST: usize = crate::report::text::NARROWEST;
    let given = given.and_then(|columns| columns.trim().parse().ok()).filter(|columns| *columns > 0);
    let seen = terminal.map(|columns| if columns == 0 { USUAL } else { columns });
    given.or(seen).map(|columns: usize| columns.clamp(NARROWEST, WIDEST))
}

/// Writes a line, fitted to whoever reads it; what it repeats steers no terminal.
fn say(line: impl AsRef<str>, streams: &mut Streams<'_>) -> Result<()> {
    let fitted = crate::report::flow::said(line.as_ref(), asked(streams.terminal));
    streams.out.write_all(fitted.as_bytes())?;
    Ok(())
}

/// Writes a page of Markdown, fitted to whoever reads it.
fn page(text: &str, voice: &Voice, streams: &mut Streams<'_>) -> Result<()> {
    let fitted = crate::report::flow::fit(text, asked(streams.terminal));
    let shown = if is_colored(voice, streams.terminal) { crate::report::flow::styled(&fitted) } else { fitted };
    streams.out.write_all(shown.as_bytes())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::fitting;

    #[test]
    fn the_width_is_what_somebody_says() {
        for (given, terminal, columns) in [
            (Some("100"), Some(150), Some(100)),
            (None, Some(150), Some(150)),
            (None, Some(0), Some(80)),
            (Some("0"), Some(0), Some(80)),
            (Some("wide"), None, None),
            (Some(""), Some(500), Some(200)),
            (Some("20"), None, Some(40)),
            (Some("45"), Some(80), Some(45)),
            (None, None, None),
        ] {
            assert_eq!(fitting(given, terminal), columns, "{given:?} {terminal:?}");
        }
    }
}
