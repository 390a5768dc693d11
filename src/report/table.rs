//! The assessment for a person at a terminal: what failed, what could not be decided, what was not looked at, how it stands.

use std::io::{self, Write};

use crate::assess::Assessment;
use crate::report::text::Options;

mod attested;
mod findings;
mod framework;
mod paper;
mod parts;
mod snippet;
mod summary;

use paper::Paper;
use parts::Sorted;

/// From so many failures on, they are listed by check as well.
const MANY: usize = 10;

/// Writes the table.
///
/// # Errors
/// What the writer says.
pub fn write(assessment: &Assessment, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let mut paper = Paper::new(options, out);
    let paper = &mut paper;
    let sorted = Sorted::new(assessment);
    parts::failures(paper, &sorted.failures)?;
    parts::aside(paper, "Failures that the baseline has", "They are not new.", &sorted.known)?;
    parts::aside(paper, "To review", "Not decided: a person, or more evidence, has to.", &sorted.reviews)?;
    parts::aside(paper, "Notes", "They change no verdict.", &sorted.notes)?;
    parts::excused(paper, &sorted.excused)?;
    attested::write(paper, assessment)?;
    parts::gaps(paper, &assessment.gaps)?;
    parts::errors(paper, assessment)?;
    parts::notices(paper, &assessment.notices)?;
    parts::ignored(paper, &assessment.inputs)?;
    if sorted.failures.len() >= MANY {
        findings::by_check(paper, &sorted.failures)?;
    }
    if let Some(seen) = &assessment.crosswalk {
        framework::write(paper, seen)?;
    }
    summary::write(paper, assessment)
}
