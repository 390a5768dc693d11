//! What nobody looked at: gaps in the evidence, controls without a verdict, files that were left out.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::page::Part;
use super::terms::{count, digits, plain, prose};
use crate::assess::{Assessment, Control, Gap, InputStatus, Status};
use crate::report::text::words::Unseen;

pub(super) fn part(assessment: &Assessment) -> Option<Part> {
    let body = html! {
        p { "A report can only speak of what it saw. Whatever is listed here " strong { "counts as neither passed nor failed" } "." }
        h3 { "Gaps in what was read" }
        (gaps(&assessment.gaps, assessment.inputs.iter().filter(|input| input.status == InputStatus::Read).count()))
        (partial(assessment))
        (controls(assessment))
        (ignored(assessment))
    };
    Some(Part::new("unseen", "What was not looked at", body))
}

fn gaps(gaps: &[Gap], read: usize) -> Markup {
    html! {
        @if gaps.is_empty() {
            @if read > 0 { p { "None: each file or list that was taken for an input could be read." } } @else { p { "Nothing was read." } }
        } @else {
            p { "These were to be looked at and could not be. A control whose evidence has a gap does not pass." }
            table.rows {
                thead { tr { th scope="col" { "What" } th scope="col" { "Why not, and what to do" } } }
                tbody {
                    @for gap in gaps {
                        tr {
                            td {
                                @match &gap.location {
                                    Some(place) => {
                                        code { (plain(&place.uri)) } " line " (place.line)
                                        @let rest = gap.what.strip_prefix(place.uri.as_str()).unwrap_or(&gap.what).trim_start_matches([',', ' ']);
                                        @if !rest.is_empty() { br; (plain(rest)) }
                                    },
                                    None => code { (plain(&gap.what)) },
                                }
                                br; span.dim { "evidence: " (plain(&gap.surface)) }
                            }
                            td { (prose(&gap.why)) }
                        }
                    }
                }
            }
        }
    }
}

/// What the input was taken for.
fn partial(assessment: &Assessment) -> Markup {
    html! {
        @if assessment.scope.kind == "files" && !assessment.scope.complete {
            p {
                "The files were taken as a part of a system. What is missing from them may stand elsewhere: "
                "where a verdict rests on something missing, it is for review, not failed."
            }
        }
    }
}

fn controls(assessment: &Assessment) -> Markup {
    let mut reasons: BTreeMap<Unseen, Vec<&Control>> = BTreeMap::new();
    for control in assessment.controls.iter().filter(|control| control.status == Status::NotAssessed) {
        reasons.entry(Unseen::of(control)).or_default().push(control);
    }
    let all: usize = reasons.values().map(Vec::len).sum();
    html! {
        @if all > 0 {
            h3 { "Controls that nobody looked at: " (digits(all as u64)) " of " (digits(assessment.controls.len() as u64)) }
            @for (reason, controls) in &reasons {
                details {
                    summary { (count(controls.len() as u64, "control")) ": " (reason.words()) }
                    (list(controls))
                }
            }
        }
    }
}

/// Controls by id and title.
pub(super) fn list(controls: &[&Control]) -> Markup {
    html! {
        ul.ids { @for control in controls { li { code { (plain(&control.id)) } " " (plain(&control.title)) } } }
    }
}

fn ignored(assessment: &Assessment) -> Markup {
    let ignored: Vec<_> = assessment.inputs.iter().filter(|input| input.status == InputStatus::Ignored).collect();
    html! {
        @if !ignored.is_empty() {
            h3 { "Files left out" }
            details {
                summary { (count(ignored.len() as u64, "file")) " without anything that the tool knows" }
                table.rows {
                    thead { tr { th scope="col" { "File" } th scope="col" { "Why" } } }
                    tbody {
                        @for input in ignored {
                            tr { td { code { (plain(input.uri.as_deref().unwrap_or("(standard input)"))) } } td { (prose(input.reason.as_deref().unwrap_or_default())) } }
                        }
                    }
                }
            }
        }
    }
}
