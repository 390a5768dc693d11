//! Every control of the profile: its status, why, and what was looked for.

use std::collections::HashMap;

use maud::{Markup, html};

use super::index::{Index, State};
use super::page::Part;
use super::terms::{count, digits, label, plain, prose, sentence, status};
use crate::assess::{Assessment, CheckInfo, CheckVerdict, Control, ControlCheck, Status};
use crate::report::text::attested;

/// Up to so many controls all are shown unfolded.
const UNFOLDED: usize = 40;

pub(super) fn part(assessment: &Assessment, index: &Index<'_>) -> Option<Part> {
    if assessment.controls.is_empty() {
        return None;
    }
    let infos: HashMap<&str, &CheckInfo> = assessment.checks.iter().map(|check| (&*check.id, check)).collect();
    let mut groups: Vec<(&str, Vec<(usize, &Control)>)> = Vec::new();
    for (number, control) in assessment.controls.iter().enumerate() {
        match groups.iter_mut().find(|(group, _)| *group == control.group) {
            Some((_, controls)) => controls.push((number, control)),
            None => groups.push((&control.group, vec![(number, control)])),
        }
    }
    let seen = Status::ALL.iter().enumerate().filter(|(_, status)| assessment.summary.controls.contains_key(*status));
    let body = html! {
        search #pick.bar hidden aria-label="Filter the controls" {
            label.wide { "Search " input #words type="search" autocomplete="off" spellcheck="false" placeholder="any word of a control"; }
            label { "Status " select #status { option value="" { "all" } @for (seat, of) in seen { option value=(seat) data-name=(of.as_str()) { (status(*of)) } } } }
            div.buttons { button #controls-clear type="button" { "Clear" } }
        }
        p.count { output #controls-count { (count(assessment.controls.len() as u64, "control")) } }
        @for (group, controls) in &groups {
            details.control-group open[assessment.controls.len() <= UNFOLDED] {
                summary {
                    h3 { @if group.is_empty() { "Requirements" } @else { (plain(group)) } }
                    " " span.dim { (stand(controls)) }
                }
                ul.controls { @for (number, control) in controls { (one(index, &infos, *number, control)) } }
            }
        }
    };
    Some(Part::new("controls", "Controls one by one", body).counted(assessment.controls.len()))
}

/// `3 failed, 8 not assessed`
fn stand(controls: &[(usize, &Control)]) -> String {
    let number = |wanted: Status| controls.iter().filter(|(_, control)| control.status == wanted).count();
    let parts = Status::ALL.into_iter().map(|of| (number(of), of)).filter(|(number, _)| *number > 0);
    parts.map(|(number, of)| format!("{} {}", digits(number as u64), status(of).to_lowercase())).collect::<Vec<_>>().join(", ")
}

fn one(index: &Index<'_>, infos: &HashMap<&str, &CheckInfo>, number: usize, control: &Control) -> Markup {
    let seat = Status::ALL.iter().position(|status| *status == control.status).unwrap_or_default();
    html! {
        li id={ "k" (number) } data-status=(seat) {
            p.on { (label(control.status)) " " code { (plain(&control.id)) } " " strong { (plain(&control.title)) } }
            @if !control.reason.is_empty() { p { (sentence(&control.reason)) "." } }
            @if let Some(attested) = &control.attestation {
                @for statement in &attested.statements { p { strong { @if attested.settles { "Attested: " } @else { "Also vouched for: " } } (prose(&attested::sentence(statement))) "." } }
            }
            @if !control.checks.is_empty() {
                // on paper, a list of what there is not yet helps nobody
                details.screen-only[control.checks.iter().all(|check| check.verdict == CheckVerdict::Planned)] {
                    summary { "What was looked for" }
                    ul { @for check in &control.checks { li { (looked_for(index, infos, check)) } } }
                }
            }
            @if !control.supports.is_empty() { p.dim { "Supports NIST SP 800-53: " (plain(&control.supports.join(", "))) } }
        }
    }
}

/// A check states a fault: it was found, or it was not.
fn looked_for(index: &Index<'_>, infos: &HashMap<&str, &CheckInfo>, check: &ControlCheck) -> Markup {
    let wanted = match check.verdict {
        CheckVerdict::Fail => Some(State::Failed),
        CheckVerdict::Review => Some(State::Review),
        CheckVerdict::Excused => Some(State::Excused),
        _ => None,
    };
    let group = wanted.and_then(|state| {
        let fits = |own: State| own == state || (state == State::Failed && own == State::Known);
        index.groups_of(&check.id).find(|(_, group)| fits(group.state))
    });
    let title = html! { @match infos.get(&*check.id) { Some(info) => (sentence(&info.title)), None => code { (plain(&check.id)) } } };
    html! {
        @match group { Some((number, _)) => a href={ "#g" (number) } { (title) }, None => (title) }
        ": " (outcome(check.verdict, check.subjects, check.failed, check.review))
    }
}

/// What became of the search for a fault.
pub(super) fn outcome(verdict: CheckVerdict, subjects: u32, failed: u32, review: u32) -> String {
    let of = |number: u32| format!("{} of {}", digits(u64::from(number)), digits(u64::from(subjects)));
    match verdict {
        CheckVerdict::Fail => format!("found on {}", of(failed)),
        CheckVerdict::Excused => format!("found on {}, all excused", of(failed)),
        CheckVerdict::Review => format!("undecided on {}", of(review)),
        CheckVerdict::Pass => format!("not found ({} looked at)", digits(u64::from(subjects))),
        CheckVerdict::Error => "the check broke".to_owned(),
        CheckVerdict::Skip => "nothing there that it could be on".to_owned(),
        CheckVerdict::NotAssessed => "not looked for, as no evidence was given".to_owned(),
        CheckVerdict::NotSelected => "not looked for, as it was not selected".to_owned(),
        CheckVerdict::Planned => "not looked for: planned for a later release".to_owned(),
    }
}
