//! Reads the command line, calls the library, turns the result into an exit code. The one place that prints errors.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::process::ExitCode;

use clap::Parser;
use cnscan::cli::{self, Streams, args::Cli};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let stdout = io::stdout();
    let terminal = stdout.is_terminal();
    let mut out = BufWriter::with_capacity(1 << 16, stdout.lock());
    let mut streams = Streams { out: &mut out, err: &mut io::stderr(), terminal };
    let result = cli::run(&cli, &mut streams).and_then(|code| Ok(out.flush().map(|()| code)?));
    match result {
        Ok(code) => ExitCode::from(code),
        // whoever closed the pipe has seen enough
        Err(error) if cli::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            _ = writeln!(io::stderr(), "cnscan: {error:#}");
            ExitCode::from(2)
        }
    }
}
