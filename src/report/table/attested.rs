//! What people vouch for, and what of it does not count.

use std::io;

use anstyle::AnsiColor;

use super::paper::{BOLD, DIM, PLAIN, Paper, Span, status};
use crate::assess::{Assessment, Refused};
use crate::report::text::{NAME, SENTENCE, attested, clean, point};

/// Writes the counts, with `-v` each statement in force, and always what does not count.
pub(super) fn write(paper: &mut Paper<'_>, assessment: &Assessment) -> io::Result<()> {
    let Some(vouched) = &assessment.attestations else { return Ok(()) };
    let shown = attested::controls(assessment).count();
    paper.head(&format!("Attestations: {} in force", vouched.counted), if paper.verbose || shown == 0 { "" } else { "-v shows each" })?;
    if paper.verbose {
        for (control, attested) in attested::controls(assessment) {
            for statement in &attested.statements {
                let (word, id) = (format!("{:<14} ", control.status.as_str()), clean(&control.id, NAME));
                let lead: &[Span<'_>] = &[(PLAIN, "  "), (status(control.status), &word), (BOLD, &id), (PLAIN, "  ")];
                paper.flow(lead, 17, (PLAIN, &attested::sentence(statement)))?;
            }
        }
    } else if shown > 0 {
        let settled = attested::controls(assessment).filter(|(_, attested)| attested.settles).count();
        paper
            .paragraph(2, (PLAIN, &format!("{settled} of {shown} controls that people vouch for rest on it; checks decide the others.")))?;
    }
    if vouched.elsewhere > 0 {
        let speak = if vouched.elsewhere == 1 { "speaks" } else { "speak" };
        let told =
            format!("{} more {speak} of other clusters or namespaces, or of controls that the profile does not have.", vouched.elsewhere);
        paper.paragraph(2, (DIM, &told))?;
    }
    refused(paper, &vouched.refused)
}

fn refused(paper: &mut Paper<'_>, refused: &[Refused]) -> io::Result<()> {
    if refused.is_empty() {
        return Ok(());
    }
    paper.paragraph(2, (AnsiColor::Yellow.on_default().bold(), "These do not count:"))?;
    for one in refused {
        let lead = format!("  {} ", point(&one.location, paper.from, paper.width - 10));
        paper.flow(&[(PLAIN, &lead)], 6, (PLAIN, &format!("{}: {}", clean(&one.control, NAME), clean(&one.why, SENTENCE))))?;
    }
    Ok(())
}
