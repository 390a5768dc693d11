//! The command line: what clap read becomes requests to the library, results go to standard output.

pub mod args;
mod catalog;
#[cfg(feature = "live")]
mod cluster;
mod diff;
#[cfg(feature = "live")]
mod early;
mod explain;
mod from_config;
#[cfg(feature = "live")]
mod interrupt;
mod list;
mod merge;
mod permissions;
#[cfg(feature = "live")]
mod progress;
#[cfg(feature = "live")]
mod publish;
mod scan;
mod schema;
#[cfg(feature = "live")]
mod snapshot;

use std::io::Write;

use anyhow::{Context, Result};
use clap::CommandFactory;

use args::{Cli, Command, Voice};

use crate::policy::Color;

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
        Command::Explain(args) => explain::run(args, &cli.voice, streams)?,
        Command::List(args) => list::run(args, &cli.voice, streams)?,
        Command::Catalog { action } => catalog::run(action, &cli.voice, streams)?,
        Command::Permissions(args) => permissions::run(args, streams)?,
        Command::Schema { which } => schema::run(*which, streams)?,
        Command::Completions { shell } => clap_complete::generate(*shell, &mut Cli::command(), "cnscan", &mut streams.out),
        Command::Man => clap_mangen::Man::new(Cli::command()).render(&mut streams.out)?,
    }
    Ok(0)
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
    let color = match voice.color.unwrap_or_default() {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
    };
    crate::report::Options { from: String::new(), width: width(terminal, PIPED), color, verbose: voice.verbose }
}

/// Columns to fit: what `COLUMNS` says, else the terminal's, else `piped`.
fn width(terminal: bool, piped: usize) -> usize {
    const WIDEST: usize = 200;
    const NARROWEST: usize = 60;
    let given = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let seen = || terminal.then(terminal_size::terminal_size).flatten().map(|(width, _)| usize::from(width.0));
    given.or_else(seen).unwrap_or(piped).clamp(NARROWEST, WIDEST)
}
