//! Everything that was looked for, and how often it was found: what a clean page rests on.

use maud::html;

use super::controls::outcome;
use super::index::Index;
use super::page::Part;
use super::terms::{count, digits, plain, rule, sentence, severity};
use crate::assess::{Assessment, CheckVerdict};

pub(super) fn part(assessment: &Assessment, index: &Index<'_>) -> Option<Part> {
    let ran = assessment.checks.iter().filter(|check| check.subjects > 0).count();
    let body = html! {
        p {
            (count(assessment.checks.len() as u64, "fault")) " that this release knows to look for under this profile; "
            (digits(ran as u64)) " had something to look at, " (count(assessment.summary.subjects, "time")) " in all."
            @if !assessment.passes.is_empty() { " The JSON result lists the " (count(assessment.passes.len() as u64, "object")) " that passed one by one." }
        }
        table.rows.checks {
            thead { tr { th scope="col" { "Looked for" } th scope="col" { "Severity" } th scope="col" { "Outcome" } } }
            tbody {
                @for check in &assessment.checks {
                    tr {
                        td {
                            @match index.groups_of(&check.id).next() { Some((number, _)) => a href={ "#g" (number) } { (sentence(&check.title)) }, None => (sentence(&check.title)) }
                            br; code.dim { (plain(&check.id)) }
                            (rule(check))
                        }
                        td { (severity(check.severity)) }
                        td {
                            (sentence(&outcome(check.verdict, check.subjects, check.failed, check.review)))
                            @if check.passed > 0 && check.verdict != CheckVerdict::Pass { ", not found on " (digits(u64::from(check.passed))) }
                            @for (reason, number) in &check.skipped { br; span.dim { "no matter for " (digits(u64::from(*number))) ": " (plain(reason)) } }
                        }
                    }
                }
            }
        }
    };
    (!assessment.checks.is_empty()).then(|| Part::new("checks", "What was looked for", body).counted(assessment.checks.len()))
}
