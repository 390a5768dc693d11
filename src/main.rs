//! Reads the command line, calls the library, turns the result into an exit code. The one place that prints errors.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::process::ExitCode;

use clap::Parser;
use cnscan::cli::{self, Margin, Streams, args::Cli};

fn main() -> ExitCode {
    let mut err = Margin::new(io::stderr(), io::stderr().is_terminal());
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        // it repeats what was given
        Err(error) if error.use_stderr() && std::env::args_os().any(|given| !cli::is_harmless(&given)) => {
            _ = write!(err, "{}", error.render());
            return u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from);
        }
        Err(error) => error.exit(),
    };
    let stdout = io::stdout();
    let terminal = stdout.is_terminal();
    let mut out = BufWriter::with_capacity(1 << 16, Pipe { out: stdout.lock(), closed: false });
    let mut streams = Streams { out: &mut out, err: &mut err, terminal };
    let result = cli::run(&cli, &mut streams).and_then(|code| Ok(out.flush().map(|()| code)?));
    match result {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            _ = writeln!(err, "cnscan: {error:#}");
            ExitCode::from(cli::code(&error))
        }
    }
}

/// Standard output that may be closed early: whoever closed it has seen enough, and the exit code still tells the verdict.
struct Pipe<W> {
    out: W,
    closed: bool,
}

impl<W: Write> Pipe<W> {
    fn unless_closed<T>(&mut self, done: T, act: impl FnOnce(&mut W) -> io::Result<T>) -> io::Result<T> {
        if self.closed {
            return Ok(done);
        }
        let result = act(&mut self.out);
        match &result {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(done)
            }
            _ => result,
        }
    }
}

impl<W: Write> Write for Pipe<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.unless_closed(bytes.len(), |out| out.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.unless_closed((), W::flush)
    }
}
