//! What only a person can settle: reviews, controls beyond any check, checks that broke.

use maud::{Markup, html};

use super::index::{Index, State};
use super::page::Part;
use super::terms::{count, namespace, object, plain, prose, sentence, severity};
use super::unseen;
use crate::assess::{Assessment, Control, Status};
use crate::report::text::words::Unseen;

pub(super) fn part(assessment: &Assessment, index: &Index<'_>) -> Option<Part> {
    let alone: Vec<&Control> = assessment
        .controls
        .iter()
        .filter(|control| control.status == Status::NotAssessed && Unseen::of(control) == Unseen::Person)
        .collect();
    let rest: Vec<&Control> = assessment.controls.iter().filter(|control| control.status == Status::Partial).collect();
    let open: Vec<&Control> = assessment.controls.iter().filter(|control| control.status == Status::Review).collect();
    let reviews = index.groups.iter().any(|group| group.state == State::Review);
    let nothing = !reviews && open.is_empty() && alone.is_empty() && rest.is_empty() && assessment.errors.is_empty();
    let body = html! {
        @if nothing { p { "Nothing in this result waits for a person." } }
        @if reviews { (undecided(index)) }
        @if !open.is_empty() {
            h3 { "Controls to review" }
            p { "What was seen does not decide them: findings to review stand against them, or a part of the evidence could not be read." }
            details { summary { (count(open.len() as u64, "control")) } ul { @for control in &open { (doubtful(index, control)) } } }
        }
        @if !assessment.errors.is_empty() { (broken(assessment)) }
        @if !rest.is_empty() {
            h3 { "Controls that ask more than checks can show" }
            p { "All that could be checked passed. Somebody still has to say how the rest is done." }
            details { summary { (count(rest.len() as u64, "control")) } (unseen::list(&rest)) }
        }
        @if !alone.is_empty() {
            h3 { "Controls that only a person can tell" }
            p { "They speak of people, processes or places that no file shows. A signed statement (an attestation) settles them." }
            details { summary { (count(alone.len() as u64, "control")) } (unseen::list(&alone)) }
        }
    };
    Some(Part::new("person", "What needs a person", body))
}

fn doubtful(index: &Index<'_>, control: &Control) -> Markup {
    let number = index.control(&control.id).unwrap_or_default();
    html! { li { a.id href={ "#k" (number) } { (plain(&control.id)) } " " (plain(&control.title)) ": " (prose(&control.reason)) } }
}

fn undecided(index: &Index<'_>) -> Markup {
    html! {
        h3 { "Findings to review" }
        p { "The evidence does not decide these. Each says what is doubtful; look at the place, or give the scan more to see." }
        ul.begin {
            @for (number, group) in index.groups.iter().enumerate().filter(|(_, group)| group.state == State::Review) {
                li { (severity(group.severity)) " " a href={ "#g" (number) } { (sentence(group.title())) } " " span.dim { (count(group.findings.len() as u64, "place")) } }
            }
        }
    }
}

fn broken(assessment: &Assessment) -> Markup {
    html! {
        h3 { "Checks that broke" }
        p { "A fault of the tool, not of what it looked at. What these would have said is not known; please report them." }
        ul {
            @for error in &assessment.errors {
                li {
                    code { (plain(&error.check)) } " on " (object(&error.subject.kind, &error.subject.name))
                    " (" (namespace(&error.subject.namespace)) "): " (prose(&error.message))
                }
            }
        }
    }
}
