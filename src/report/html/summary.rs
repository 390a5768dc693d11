//! What a reader takes away when he reads nothing else.

use maud::{Markup, html};

use super::index::{Group, Index, State};
use super::page::Part;
use super::terms::{count, digits, sentence, severity};
use crate::assess::{self, Assessment, Status};
use crate::report::text::words;

/// How many of the worst faults are named.
const WORST: usize = 5;

pub(super) fn part(assessment: &Assessment, index: &Index<'_>) -> Option<Part> {
    let summary = &assessment.summary;
    let failed: u32 = summary.findings.values().sum();
    let sentences = [threshold(assessment), words::coverage(assessment)];
    let tiles = [
        ("#findings", "fail", u64::from(failed), if failed == 1 { "failure" } else { "failures" }),
        ("#person", "review", u64::from(summary.reviews), if summary.reviews == 1 { "finding to review" } else { "findings to review" }),
        ("#exceptions", "excused", u64::from(summary.excused), if summary.excused == 1 { "excused finding" } else { "excused findings" }),
        (
            "#unseen",
            "gap",
            assessment.gaps.len() as u64,
            if assessment.gaps.len() == 1 { "gap in what was read" } else { "gaps in what was read" },
        ),
    ];
    let body = html! {
        p.verdict { (sentence(&words::verdict(assessment))) "." }
        ul.tiles {
            @for (link, kind, number, words) in tiles {
                li class={ "tile " @if number > 0 { (kind) } } { a href=(link) { strong { (digits(number)) } " " span { (words) } } }
            }
            li.tile { a href="#picture" { strong { (decided(assessment)) } " " span { "of " (count(assessment.controls.len() as u64, "control")) " decided" } } }
        }
        @for text in sentences.iter().flatten() { p { (sentence(text)) } }
        (unseen(assessment))
        (worst(index))
        p.dim { "The " a href="#glossary" { "glossary" } " explains the words of this report." }
    };
    Some(Part::new("summary", "In short", body))
}

/// How many findings are what the scan was told to fail at.
fn threshold(assessment: &Assessment) -> Option<String> {
    let limits = &assessment.thresholds;
    let failing = assessment.findings.iter().filter(|finding| assess::counts(finding, limits)).count();
    let least = limits.fail_on?;
    (failing > 0).then(|| {
        format!("{} of severity {} or worse: the scan was told to fail at these.", count(failing as u64, "finding"), least.as_str())
    })
}

fn decided(assessment: &Assessment) -> String {
    digits(assessment.controls.iter().filter(|control| control.status.is_decided()).count() as u64)
}

/// What nobody looked at is said in the same breath.
fn unseen(assessment: &Assessment) -> Markup {
    let unseen = assessment.controls.iter().filter(|control| control.status == Status::NotAssessed).count();
    html! {
        @if unseen > 0 {
            p.caution {
                strong { "Nothing is known of " (digits(unseen as u64)) " of " (count(assessment.controls.len() as u64, "control")) "." }
                " Nobody looked at them, or only a person can tell. They count as neither passed nor failed: see "
                a href="#unseen" { "what was not looked at" } "."
            }
        }
    }
}

fn worst(index: &Index<'_>) -> Markup {
    let failed: Vec<(usize, &Group<'_>)> =
        index.groups.iter().enumerate().filter(|(_, group)| matches!(group.state, State::Failed | State::Known)).collect();
    html! {
        @if !failed.is_empty() {
            h3 { @if failed.len() > WORST { "Where to begin" } @else { "What failed" } }
            ol.begin {
                @for (number, group) in failed.iter().take(WORST) {
                    li { (severity(group.severity)) " " a href={ "#g" (number) } { (sentence(group.title())) } " " span.dim { (count(group.findings.len() as u64, "place")) } @if group.state == State::Known { " " span.dim { "(known before)" } } }
                }
            }
            @if failed.len() > WORST { p { a href="#findings" { "and " (count((failed.len() - WORST) as u64, "other kind")) " of failure" } } }
        }
    }
}
