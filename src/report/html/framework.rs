//! The result seen from another framework.

use maud::{Markup, html};

use super::index::Index;
use super::page::Part;
use super::terms::{count, label, plain, sentence};
use crate::assess::{Assessment, Crosswalk, CrosswalkEntry, Standing};
use crate::report::text::framework;

pub(super) fn part(assessment: &Assessment, index: &Index<'_>) -> Option<Part> {
    let seen = assessment.crosswalk.as_ref()?;
    let told = |entry: &&CrosswalkEntry| !matches!(entry.standing, Standing::NotAssessed | Standing::NotApplicable);
    let (shown, rest): (Vec<_>, Vec<_>) = seen.entries.iter().partition(told);
    let body = html! {
        @for remark in framework::remarks(seen, false) { p { (sentence(&remark)) } }
        (table(index, &shown))
        @if !rest.is_empty() {
            details { summary { (count(rest.len() as u64, "control")) " of it not assessed, or not applicable" } (table(index, &rest)) }
        }
        (unmapped(seen))
    };
    Some(Part::new("framework", "By another framework", body).counted(seen.entries.len()))
}

fn table(index: &Index<'_>, entries: &[&CrosswalkEntry]) -> Markup {
    html! {
        @if !entries.is_empty() {
            table.rows {
                thead { tr { th scope="col" { "Control" } th scope="col" { "Stands" } th scope="col" { "What was found" } th scope="col" { "By" } } }
                tbody { @for entry in entries { (row(index, entry)) } }
            }
        }
    }
}

fn row(index: &Index<'_>, entry: &CrosswalkEntry) -> Markup {
    html! {
        tr {
            td { code { (plain(&entry.id)) } }
            td data-head="Stands: " { (plain(entry.standing.as_str())) }
            td data-head="Found: " { (plain(&framework::counts(entry))) }
            td data-head="By: " {
                @for control in &entry.controls {
                    p {
                        @match index.control(&control.id) { Some(number) => a href={ "#k" (number) } { (plain(&control.id)) }, None => (plain(&control.id)) }
                        " " (plain(&control.relationship.replace('-', " ")))
                        @if let Some(strength) = control.strength { " " (strength) "/10" }
                        " " (label(control.status))
                    }
                }
            }
        }
    }
}

fn unmapped(seen: &Crosswalk) -> Markup {
    html! {
        @if !seen.unmapped.is_empty() {
            details {
                summary { (count(seen.unmapped.len() as u64, "control")) " of the profile that map to nothing there" }
                ul.ids { @for id in &seen.unmapped { li { code { (plain(id)) } } } }
            }
        }
    }
}
