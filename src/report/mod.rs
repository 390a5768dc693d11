//! An assessment as a table, JSON, SARIF, Markdown, HTML: one module a format. Nothing here knows the evidence.

use std::io::{self, Write};

use clap::ValueEnum;

use crate::assess::Assessment;

pub mod diff;
pub mod html;
pub mod json;
pub mod markdown;
pub mod sarif;
pub mod table;
pub mod text;

pub use text::Options;

/// The formats of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For a person at a terminal
    Table,
    /// The stable machine format, which every other is made from
    Json,
    /// For GitHub code scanning: open failures that stand in a file
    Sarif,
    /// Everything that SARIF can say: reviews, passes, suppressions, taxonomies
    SarifFull,
    /// A comment on a pull request
    Markdown,
    /// One page for a browser, for people who use no terminal
    Html,
}

impl Format {
    /// Its name on the command line, and what it is for.
    #[must_use]
    pub fn describe(self) -> (String, String) {
        let value = self.to_possible_value();
        let name = value.as_ref().map(|value| value.get_name().to_owned()).unwrap_or_default();
        let help = value.and_then(|value| value.get_help().map(ToString::to_string)).unwrap_or_default();
        (name, help)
    }
}

/// Writes an assessment in a format.
///
/// # Errors
/// What the writer says.
pub fn write(format: Format, assessment: &Assessment, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Table => table::write(assessment, options, out),
        Format::Json => json::write(assessment, out),
        Format::Sarif => sarif::write(assessment, out),
        Format::SarifFull => sarif::write_full(assessment, out),
        Format::Markdown => markdown::write(assessment, options, out),
        Format::Html => html::write(assessment, out),
    }
}
