//! `catalog`

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

/// `catalog`
#[derive(Debug, Subcommand)]
pub enum Catalog {
    /// Its groups, and how far each is covered.
    Show,
    /// What an upstream Gemara file or folder adds, drops, renames or maps differently.
    Diff {
        /// A guidance catalog, its mapping document, or a folder of both.
        path: PathBuf,
    },
    /// Write the controls of a profile in a format of others, with what cnscan assesses of each.
    Export {
        /// The document to write.
        document: Export,
        /// The profile: a name (see `list profiles`) or a file.
        #[arg(long, value_name = "NAME|FILE", default_value = "all")]
        profile: String,
    },
}

/// What `catalog export` writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Export {
    /// A Gemara ControlCatalog: the controls, and a requirement for each check
    GemaraControls,
    /// A Gemara MappingDocument from them to the guidelines of the Cloud Native Security Controls catalog
    GemaraMapping,
    /// A Gemara MappingDocument from them to NIST SP 800-53
    GemaraNist,
    /// An OSCAL catalog
    OscalCatalog,
    /// An OSCAL profile that imports it, with an objective for each check
    OscalProfile,
    /// An OSCAL component definition: the scanner, and the checks that speak to each control
    OscalComponents,
}
