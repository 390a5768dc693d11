//! The assessment as one page that a browser opens by itself: no other file, no network, for a reader who has never seen
//! a terminal. Everything is there without the script, which only filters and arranges.

use std::io::{self, Write};

use crate::assess::Assessment;

mod attestations;
mod checks;
mod code;
mod controls;
mod exceptions;
mod facts;
mod findings;
mod framework;
mod glossary;
mod index;
pub(super) mod page;
mod person;
pub(super) mod picture;
mod places;
mod summary;
pub(super) mod terms;
mod unseen;

use index::Index;
use page::Part;

/// Writes the page. It follows from the assessment alone: no option changes it.
///
/// # Errors
/// What the writer says.
pub fn write(assessment: &Assessment, out: &mut dyn Write) -> io::Result<()> {
    let index = Index::new(assessment);
    let parts = [
        summary::part(assessment, &index),
        facts::scope(assessment),
        picture::part(assessment),
        unseen::part(assessment),
        person::part(assessment, &index),
        places::part(&index),
        findings::part(&index),
        controls::part(assessment, &index),
        framework::part(assessment, &index),
        exceptions::part(assessment, &index),
        checks::part(assessment, &index),
        facts::notices(assessment),
        glossary::part(assessment),
        facts::hashes(assessment),
    ];
    let parts: Vec<Part> = parts.into_iter().flatten().collect();
    out.write_all(page::head(assessment, &parts).into_string().as_bytes())?;
    for part in &parts {
        out.write_all(page::section(part).into_string().as_bytes())?;
    }
    out.write_all(page::foot(assessment).into_string().as_bytes())
}
