//! The result seen from another framework.

use std::io;

use super::paper::{BOLD, DIM, PLAIN, Paper, Span, status};
use crate::assess::{Crosswalk, Standing, Status};
use crate::report::text::{clean, columns, framework, plural};

/// The longest id shown.
const ID: usize = 24;

/// Writes a line for each control of the framework; those that nothing was decided of with `-v`.
pub(super) fn write(paper: &mut Paper<'_>, seen: &Crosswalk) -> io::Result<()> {
    let told = |standing: Standing| !matches!(standing, Standing::NotAssessed | Standing::NotApplicable);
    let shown: Vec<_> = seen.entries.iter().filter(|entry| paper.verbose || told(entry.standing)).collect();
    let rest = seen.entries.len() - shown.len();
    let note = if rest == 0 {
        plural(shown.len(), "control")
    } else {
        format!("{}; -v shows {rest} not assessed", plural(shown.len(), "control"))
    };
    paper.head(&format!("By {}", framework::title(seen)), &note)?;
    let widest = shown.iter().map(|entry| columns(&clean(&entry.id, ID))).max().unwrap_or(0);
    for entry in shown {
        let id = clean(&entry.id, ID);
        let (word, pad) = (format!("{:<14} ", entry.standing.as_str()), " ".repeat(widest - columns(&id) + 2));
        let text = format!("{}: {}", framework::counts(entry), framework::controls(entry));
        let lead: &[Span<'_>] = &[(PLAIN, "  "), (status(style(entry.standing)), &word), (BOLD, &id), (PLAIN, &pad)];
        paper.flow(lead, 2 + 15 + widest + 2, (PLAIN, &text))?;
    }
    for remark in framework::remarks(seen, paper.verbose) {
        paper.paragraph(0, (DIM, &remark))?;
    }
    Ok(())
}

/// The status whose colour a standing has.
fn style(standing: Standing) -> Status {
    match standing {
        Standing::Against => Status::Fail,
        Standing::Undecided => Status::Review,
        Standing::Excused => Status::Excused,
        Standing::Supports => Status::Partial,
        Standing::NotAssessed => Status::NotAssessed,
        Standing::NotApplicable => Status::NotApplicable,
    }
}
