//! How the controls stand, group by group, as bars that are also numbers and words.

use maud::{Markup, html};

use super::page::Part;
use super::terms::{count, digits, label, meaning, plain, status};
use crate::assess::{Assessment, Control, Status};
use crate::report::text::tally;

/// The share of a bar, in percent, from which on a number fits in.
const ROOM: f64 = 6.0;

pub(super) fn part(assessment: &Assessment) -> Option<Part> {
    let controls: Vec<&Control> = assessment.controls.iter().collect();
    if controls.is_empty() {
        return None;
    }
    let rows = tally::by_group(&controls);
    let all = tally::sum(&rows);
    let body = html! {
        (patterns())
        p { "Each bar is a group of controls, and each part of it the share of them that has a status." }
        ul.legend {
            @for (status_of, number) in shares(&all.1) {
                li { (swatch(status_of)) " " strong { (digits(u64::from(number))) } " " (label(status_of)) " " span.dim { (meaning(status_of)) } }
            }
        }
        ul.bars {
            @if rows.len() > 1 { (row("All controls", &all.1)) }
            @for (group, counts) in &rows { (row(if group.is_empty() { "Requirements" } else { group }, counts)) }
        }
    };
    Some(Part::new("picture", "How the controls stand", body))
}

type Counts = [u32; Status::ALL.len()];

fn shares(counts: &Counts) -> impl Iterator<Item = (Status, u32)> + '_ {
    Status::ALL.into_iter().zip(counts.iter().copied()).filter(|(_, count)| *count > 0)
}

fn row(name: &str, counts: &Counts) -> Markup {
    let all: u32 = counts.iter().sum();
    html! {
        li {
            h3 { (plain(name)) " " span.dim { (count(all, "control")) } }
            (bar(counts, f64::from(all.max(1))))
            p.parts {
                @for (seat, (status_of, number)) in shares(counts).enumerate() {
                    @if seat > 0 { " · " }
                    (digits(u64::from(number))) " " (status(status_of).to_lowercase())
                }
            }
        }
    }
}

/// The words below say the same: the picture itself is not read out.
fn bar(counts: &Counts, all: f64) -> Markup {
    let mut from = 0.0;
    let parts: Vec<_> = shares(counts)
        .map(|(status, number)| {
            let wide = f64::from(number) * 100.0 / all;
            from += wide;
            (status, number, from - wide, wide)
        })
        .collect();
    html! {
        svg.bar width="100%" height="26" aria-hidden="true" focusable="false" {
            @for (status, number, from, wide) in parts {
                rect class={ "fill-" (status.as_str()) } fill=(fill(status)) x=(percent(from)) y="0" width=(percent(wide)) height="100%" {}
                @if wide >= ROOM {
                    text class={ "on-" (status.as_str()) } x=(percent(from + wide / 2.0)) y="18" text-anchor="middle" { (number) }
                }
            }
        }
    }
}

fn percent(share: f64) -> String {
    format!("{share:.2}%")
}

fn swatch(status: Status) -> Markup {
    html! {
        svg.swatch width="18" height="18" aria-hidden="true" focusable="false" {
            rect class={ "fill-" (status.as_str()) } fill=(fill(status)) width="18" height="18" {}
        }
    }
}

/// What is not decided is patterned as well, for eyes and printers without colour.
pub(in crate::report) fn fill(status: Status) -> String {
    match status {
        Status::Error | Status::Review | Status::NotAssessed | Status::Excused => format!("url(#p-{})", status.as_str()),
        _ => "currentColor".to_owned(),
    }
}

pub(in crate::report) fn patterns() -> Markup {
    let strokes = [
        (Status::Error, "M0 0L8 8M8 0L0 8"),
        (Status::Review, "M2 2h2v2h-2zM6 6h2v2h-2z"),
        (Status::NotAssessed, "M-2 2L2 -2M0 8L8 0M6 10L10 6"),
        (Status::Excused, "M0 2h8M0 6h8"),
    ];
    html! {
        svg.patterns width="0" height="0" aria-hidden="true" focusable="false" {
            defs {
                @for (status, path) in strokes {
                    pattern id={ "p-" (status.as_str()) } width="8" height="8" patternUnits="userSpaceOnUse" {
                        rect class={ "fill-" (status.as_str()) } width="8" height="8" fill="currentColor" {}
                        path class="stroke" d=(path) {}
                    }
                }
            }
        }
    }
}
