//! The interview, as a checklist in Markdown and as JSON.

use std::io::{self, Write};

use super::json::pretty;
use super::markdown::escape::{code, sentence};
use super::text::{NAME, clean, plural};
use crate::assess::{Question, Todo};

/// Writes the checklist, group by group.
///
/// # Errors
/// What the writer says.
pub fn write(todo: &Todo, out: &mut dyn Write) -> io::Result<()> {
    let name = if todo.profile.title.is_empty() { &todo.profile.name } else { &todo.profile.title };
    writeln!(out, "# Interview: {}\n", sentence(name))?;
    let from = todo.run.as_ref().map(|run| format!(", from the result {}", code(&clean(run, NAME)))).unwrap_or_default();
    writeln!(out, "{} for people to answer{from}.", plural(todo.questions.len(), "control"))?;
    writeln!(out, "Write answers as attestations: `cnscan attest new CONTROL` gives the form, `cnscan attest lint` reads it over.\n")?;
    let mut group = None;
    for question in &todo.questions {
        if group != Some(&question.group) {
            let title = if question.group.is_empty() { "Requirements".to_owned() } else { sentence(&question.group) };
            writeln!(out, "## {title}\n")?;
            group = Some(&question.group);
        }
        asked(question, out)?;
    }
    if !todo.closed.is_empty() {
        writeln!(out, "## Not to be asked\n")?;
        let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
        for closed in &todo.closed {
            match reasons.iter_mut().find(|(why, _)| *why == closed.why) {
                Some((_, controls)) => controls.push(&closed.control),
                None => reasons.push((closed.why, vec![&closed.control])),
            }
        }
        for (why, controls) in reasons {
            let named: Vec<_> = controls.iter().map(|id| code(&clean(id, NAME))).collect();
            writeln!(out, "- {}, as {why}: {}", plural(controls.len(), "control"), named.join(", "))?;
        }
    }
    Ok(())
}

fn asked(question: &Question, out: &mut dyn Write) -> io::Result<()> {
    let status = question.status.map(|status| format!(" ({}: {})", status.as_str(), sentence(&question.reason))).unwrap_or_default();
    writeln!(out, "- [ ] **{}** {}{status}", sentence(&question.control), sentence(&question.title))?;
    writeln!(out, "  - Ask: {}", sentence(&question.ask))?;
    let (show, leave) = if question.is_shown() {
        ("Checks show", "They leave open")
    } else {
        ("Once all of them pass, its checks show", "Even then they leave open")
    };
    let told = [("The control asks", &question.summary), (show, &question.shown), (leave, &question.leaves)];
    for (word, said) in told.iter().filter(|(_, said)| !said.is_empty()) {
        writeln!(out, "  - {word}: {}", sentence(said))?;
    }
    let open = question.status.is_some() && !question.shown.is_empty() && question.passed.is_empty();
    if open {
        writeln!(out, "  - Passed: none of its checks")?;
    }
    for (word, ids) in [("Passed", &question.passed), ("Not checked", &question.unchecked)].iter().filter(|(_, ids)| !ids.is_empty()) {
        let ids: Vec<_> = ids.iter().map(|id| code(&clean(id, NAME))).collect();
        writeln!(out, "  - {word}: {}", ids.join(", "))?;
    }
    for review in &question.reviews {
        writeln!(out, "  - To settle, {} of {}:", plural(review.count, "review"), code(&clean(&review.check, NAME)))?;
        for place in &review.places {
            writeln!(out, "    - {}", sentence(place))?;
        }
        if review.count > review.places.len() {
            writeln!(out, "    - and {} more", review.count - review.places.len())?;
        }
    }
    writeln!(out, "  - Answer:\n  - Asked whom, by whom, when:\n  - Evidence:\n")
}

/// Writes the checklist as JSON.
///
/// # Errors
/// What the writer says.
pub fn write_json(todo: &Todo, out: &mut dyn Write) -> io::Result<()> {
    pretty(todo, out)
}
