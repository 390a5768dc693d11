//! Drafts the parts of a CNCF security self-assessment that a result can support; everything is marked as a draft, with what it
//! rests on. What a result cannot say is left for people, by name.

use std::collections::HashMap;
use std::io::{self, Write};

use super::markdown::escape::{code, sentence};
use super::text::words::Unseen;
use super::text::{NAME, attested, clean, framework, plural, tally, words};
use crate::assess::{Assessment, CheckInfo, CheckVerdict, Control, Finding, FindingVerdict, Standing, Status};

/// The groups of the catalog that speak of how software is made.
const DEVELOPMENT: [&str; 7] =
    ["Develop", "Distribute", "Securing the Source Code", "Securing Materials", "Securing Build Pipelines", "Securing Artefacts", "Deploy"];
/// Findings of one check that are named.
const NAMED: usize = 3;

/// Writes the draft, in Markdown. `sha256` is that of the result it is made from.
///
/// # Errors
/// What the writer says.
pub fn write(assessment: &Assessment, sha256: &str, out: &mut dyn Write) -> io::Result<()> {
    let mut draft = Draft { assessment, checks: assessment.checks.iter().map(|check| (&*check.id, check)).collect(), out };
    draft.head(sha256)?;
    let (making, running): (Vec<_>, Vec<_>) =
        assessment.controls.iter().partition(|control| DEVELOPMENT.iter().any(|group| *group == control.group));
    draft.part("Secure development practices", "How the software is made and delivered.", &making)?;
    draft.part("Security functions and features: configuration", "How it is configured to run.", &running)?;
    draft.compliance()?;
    draft.limits()?;
    draft.rest()
}

struct Draft<'a> {
    assessment: &'a Assessment,
    checks: HashMap<&'a str, &'a CheckInfo>,
    out: &'a mut dyn Write,
}

fn id(name: &str) -> String {
    code(&clean(name, NAME))
}

impl Draft<'_> {
    fn head(&mut self, sha256: &str) -> io::Result<()> {
        let all = self.assessment;
        writeln!(self.out, "# Security self-assessment (draft)\n")?;
        let made = format!("{} {}", all.tool.name, all.tool.version);
        writeln!(
            self.out,
            "> **Draft, made by {} from one result. Nothing here was read over by a person.** Each statement marked *Draft* names what it rests on; \
             a control that is only partly shown is not met by that. Take out the mark when somebody of the project has confirmed the statement.\n",
            sentence(&made)
        )?;
        let commit = all.config.as_ref().map_or("none".to_owned(), |pin| format!("{} (sha256 {})", id(&pin.name), id(&pin.sha256)));
        let rows = [
            ("Result", format!("{} of {}, sha256 {}", id(&all.run.id), sentence(&all.run.started), id(sha256))),
            ("Assessed", sentence(&words::scanned(all))),
            ("Profile", format!("{} (sha256 {})", id(&all.profile.name), id(&all.profile.sha256))),
            ("Catalog", format!("{} {} (sha256 {})", sentence(&all.catalog.id), sentence(&all.catalog.version), id(&all.catalog.sha256))),
            ("Configuration", commit),
        ];
        writeln!(self.out, "## Metadata\n\n| | |\n|---|---|")?;
        for (word, value) in rows {
            writeln!(self.out, "| {word} | {value} |")?;
        }
        writeln!(self.out)
    }

    /// What can be said of a set of controls: what holds, as far as anybody looked; the rest is under the limits.
    fn part(&mut self, title: &str, about: &str, controls: &[&Control]) -> io::Result<()> {
        writeln!(self.out, "## {title}\n\n{about}\n")?;
        let holds = |control: &&&Control| matches!(control.status, Status::Pass | Status::Partial | Status::Attested);
        let shown: Vec<_> = controls.iter().filter(holds).collect();
        if shown.is_empty() {
            return writeln!(self.out, "*Draft.* The result supports no statement here: see the limitations.\n");
        }
        let mut group = None;
        for control in shown {
            if group != Some(&control.group) {
                let apart = if group.is_some() { "\n" } else { "" };
                writeln!(
                    self.out,
                    "{apart}### {}\n",
                    if control.group.is_empty() { "Requirements".to_owned() } else { sentence(&control.group) }
                )?;
                group = Some(&control.group);
            }
            self.statement(control)?;
        }
        let rest = controls.iter().filter(|control| !holds(control)).count();
        writeln!(
            self.out,
            "\nOf {} here, {rest} support no statement: they failed, are open, or nobody looked.\n",
            plural(controls.len(), "control")
        )
    }

    fn statement(&mut self, control: &Control) -> io::Result<()> {
        let word = match control.status {
            Status::Pass => "Shown",
            Status::Attested => "Attested",
            _ => "Partly shown",
        };
        writeln!(
            self.out,
            "- *Draft.* **{word}**: {} ({}). {}.",
            sentence(&control.title),
            id(&control.id),
            sentence(&capital(&control.reason))
        )?;
        for check in control.checks.iter().filter(|check| check.verdict == CheckVerdict::Pass) {
            let title = self.checks.get(&*check.id).map_or(&*check.id, |info| &*info.title);
            let looked = match check.subjects {
                1 => "the one subject that was looked at is free of".to_owned(),
                count => format!("all of {} that were looked at are free of", plural(count as usize, "subject")),
            };
            writeln!(self.out, "  - Evidence: {looked} “{}” ({})", sentence(title), id(&check.id))?;
        }
        for statement in control.attestation.iter().flat_map(|attested| &attested.statements) {
            writeln!(self.out, "  - Evidence: {}", sentence(&attested::sentence(statement)))?;
        }
        Ok(())
    }

    fn compliance(&mut self) -> io::Result<()> {
        let all = self.assessment;
        writeln!(self.out, "## Project compliance\n")?;
        writeln!(
            self.out,
            "*Draft.* How the controls of the profile stand. No certification is claimed, and none follows from this table.\n"
        )?;
        let controls: Vec<_> = all.controls.iter().collect();
        let mut rows = tally::by_group(&controls);
        let seen = tally::seen(&rows);
        rows.push(tally::sum(&rows));
        let names: Vec<_> = seen.iter().map(|column| Status::ALL[*column].as_str()).collect();
        writeln!(self.out, "| group | {} |\n|---|{}", names.join(" | "), "--:|".repeat(names.len()))?;
        for (group, counts) in rows {
            let numbers: Vec<_> = seen.iter().map(|column| counts[*column].to_string()).collect();
            writeln!(self.out, "| {} | {} |", sentence(if group.is_empty() { "Requirements" } else { group }), numbers.join(" | "))?;
        }
        writeln!(self.out)?;
        if let Some(coverage) = words::coverage(all) {
            writeln!(self.out, "{}\n", sentence(&coverage))?;
        }
        let Some(seen) = &all.crosswalk else { return Ok(()) };
        writeln!(self.out, "### {}\n", sentence(&framework::title(seen)))?;
        for remark in framework::remarks(seen, false) {
            writeln!(self.out, "{}\n", sentence(&remark))?;
        }
        let told = seen.entries.iter().filter(|entry| !matches!(entry.standing, Standing::NotAssessed | Standing::NotApplicable));
        for entry in told {
            writeln!(self.out, "- {} {}: {}", id(&entry.id), entry.standing.as_str(), sentence(&framework::controls(entry)))?;
        }
        writeln!(self.out)
    }

    fn limits(&mut self) -> io::Result<()> {
        let all = self.assessment;
        writeln!(self.out, "## Limitations and open questions\n")?;
        if let Some(narrowed) = words::narrowed(all) {
            writeln!(self.out, "- *Draft.* {}", sentence(&narrowed))?;
        }
        if let Some(world) = words::world(all) {
            writeln!(self.out, "- *Draft.* {}", sentence(world))?;
        }
        self.findings("Known shortcomings", "are open", |finding| finding.is_open_failure())?;
        self.findings("Undecided", "need a person or more evidence", |finding| {
            finding.verdict == FindingVerdict::Review && finding.excused.is_none()
        })?;
        self.excused()?;
        if !all.gaps.is_empty() {
            writeln!(self.out, "\n### Not looked at ({})\n", all.gaps.len())?;
            for gap in &all.gaps {
                writeln!(self.out, "- {}: {}", sentence(&gap.what), sentence(&gap.why))?;
            }
        }
        let mut unseen: Vec<(Unseen, Vec<&str>)> = Vec::new();
        for control in all.controls.iter().filter(|control| control.status == Status::NotAssessed) {
            let why = Unseen::of(control);
            match unseen.iter_mut().find(|(reason, _)| *reason == why) {
                Some((_, ids)) => ids.push(&control.id),
                None => unseen.push((why, vec![&control.id])),
            }
        }
        unseen.sort_by_key(|(why, _)| *why);
        if !unseen.is_empty() {
            writeln!(self.out, "\n### Nothing is known of\n")?;
        }
        for (why, ids) in unseen {
            let named: Vec<_> = ids.iter().map(|name| id(name)).collect();
            writeln!(self.out, "- {} ({}): {}", plural(ids.len(), "control"), why.words(), named.join(", "))?;
        }
        writeln!(self.out, "\n`cnscan attest todo RESULT.json` makes the interview for what only people can tell.\n")
    }

    fn findings(&mut self, title: &str, are: &str, wanted: fn(&Finding) -> bool) -> io::Result<()> {
        let found: Vec<_> = self.assessment.findings.iter().filter(|finding| wanted(finding)).collect();
        if found.is_empty() {
            return Ok(());
        }
        writeln!(self.out, "\n### {title} ({})\n\n*Draft.* These findings {are}.\n", found.len())?;
        let mut checks: Vec<(&str, Vec<&Finding>)> = Vec::new();
        for finding in found {
            match checks.iter_mut().find(|(check, _)| *check == &*finding.check) {
                Some((_, own)) => own.push(finding),
                None => checks.push((&finding.check, vec![finding])),
            }
        }
        checks.sort_by_key(|(check, own)| (own.iter().map(|finding| finding.severity).min(), *check));
        for (check, own) in checks {
            let severity = own.iter().map(|finding| finding.severity.as_str()).next().unwrap_or_default();
            let mut places: Vec<_> = own.iter().take(NAMED).map(|finding| place(finding)).collect();
            if own.len() > NAMED {
                places.push(format!("{} more", own.len() - NAMED));
            }
            writeln!(
                self.out,
                "- {severity}: {} ({}), {}: {}",
                sentence(&own[0].title),
                id(check),
                plural(own.len(), "place"),
                places.join(", ")
            )?;
        }
        Ok(())
    }

    fn excused(&mut self) -> io::Result<()> {
        let mut excuses: Vec<(String, usize)> = Vec::new();
        for finding in &self.assessment.findings {
            let Some(excuse) = finding.excused.as_deref() else { continue };
            let until = excuse.expires.as_deref().map_or("without an end".to_owned(), |day| format!("until {}", sentence(day)));
            let owner = if excuse.owner.is_empty() { String::new() } else { format!(", owner {}", sentence(&excuse.owner)) };
            let told = format!("{}: {} (by {}{owner}, {until})", id(&finding.check), sentence(&excuse.reason), sentence(&excuse.by));
            match excuses.iter_mut().find(|(known, _)| *known == told) {
                Some((_, count)) => *count += 1,
                None => excuses.push((told, 1)),
            }
        }
        if excuses.is_empty() {
            return Ok(());
        }
        writeln!(
            self.out,
            "\n### Accepted risks ({})\n\n*Draft.* These faults are there, and somebody decided to live with them.\n",
            excuses.iter().map(|(_, count)| count).sum::<usize>()
        )?;
        for (told, count) in excuses {
            writeln!(self.out, "- {told}, {}", plural(count, "finding"))?;
        }
        Ok(())
    }

    /// The sections of the template that no result can fill.
    fn rest(&mut self) -> io::Result<()> {
        const SECTIONS: [&str; 7] = [
            "Security links",
            "Overview: background, actors, actions, goals, non-goals",
            "Self-assessment use",
            "Security functions and features: what they are, which of them are critical",
            "Secure development practices: communication channels, ecosystem",
            "Security issue resolution: disclosure, incident response",
            "Appendix: known issues over time, best practices badge, case studies, related projects",
        ];
        writeln!(self.out, "## To be written by people\n")?;
        SECTIONS.iter().try_for_each(|section| writeln!(self.out, "- [ ] {section}"))
    }
}

fn place(finding: &Finding) -> String {
    let subject = &finding.subject;
    let name = [subject.namespace.as_str(), &subject.name].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/");
    let at = finding.location.as_ref().filter(|at| !at.uri.is_empty()).map(|at| format!(" ({}:{})", at.uri, at.line)).unwrap_or_default();
    id(&format!("{} {name}{at}", subject.kind))
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| first.to_uppercase().chain(chars).collect())
}
