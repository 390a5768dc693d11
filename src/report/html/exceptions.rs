//! What somebody answers for: exceptions and attestations, with their dates.

use std::collections::BTreeMap;

use jiff::civil::Date;
use maud::{Markup, html};

use super::attestations;
use super::index::{Index, State};
use super::page::Part;
use super::terms::{count, object, plain, prose, sentence};
use crate::assess::{Assessment, Excuse, Finding};

/// An exception that ends within so many days is said to end soon.
const SOON: i32 = 30;

pub(super) fn part(assessment: &Assessment, index: &Index<'_>) -> Option<Part> {
    let mut excuses: BTreeMap<Key<'_>, Vec<&Finding>> = BTreeMap::new();
    for finding in assessment.findings.iter().filter(|finding| finding.excused.is_some()) {
        let excuse = finding.excused.as_deref().map(Key::of).unwrap_or_default();
        excuses.entry(excuse).or_default().push(finding);
    }
    let today = assessment.run.started.get(..10).and_then(|day| day.parse::<Date>().ok());
    let body = html! {
        h3 { "Exceptions" }
        @if excuses.is_empty() {
            p { "No finding is excused." }
        } @else {
            p { "These faults are there, and somebody decided to live with them. They stay in every report." }
            table.rows.exceptions {
                thead { tr { th scope="col" { "Reason" } th scope="col" { "Who" } th scope="col" { "Until" } th scope="col" { "Excuses" } } }
                tbody { @for (key, findings) in &excuses { (row(index, key, findings, today)) } }
            }
        }
        h3 { "Attestations" }
        (attestations::list(assessment, today))
    };
    Some(Part::new("exceptions", "Exceptions and attestations", body).counted(excuses.len() + attestations::count(assessment)))
}

/// Who excuses, why, and until when: the soonest to end first, those without an end last.
#[derive(Default, PartialEq, Eq, PartialOrd, Ord)]
struct Key<'a> {
    endless: bool,
    expires: &'a str,
    reason: &'a str,
    by: &'a str,
    owner: &'a str,
    approver: &'a str,
}

impl<'a> Key<'a> {
    fn of(excuse: &'a Excuse) -> Self {
        Key {
            endless: excuse.expires.is_none(),
            expires: excuse.expires.as_deref().unwrap_or_default(),
            reason: &excuse.reason,
            by: &excuse.by,
            owner: &excuse.owner,
            approver: &excuse.approver,
        }
    }
}

fn row(index: &Index<'_>, key: &Key<'_>, findings: &[&Finding], today: Option<Date>) -> Markup {
    let mut checks: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    findings.iter().for_each(|finding| checks.entry(&finding.check).or_default().push(finding));
    html! {
        tr {
            td { (prose(key.reason)) }
            td data-head="Who: " {
                (by(key.by))
                @if !key.owner.is_empty() { br; "owner " (plain(key.owner)) }
                @if !key.approver.is_empty() { br; "approved by " (plain(key.approver)) }
            }
            td data-head="Until: " { (end(Some(key.expires).filter(|_| !key.endless), today)) }
            td data-head="Excuses: " {
                @for (check, found) in &checks {
                    p {
                        @match index.groups_of(check).find(|(_, group)| group.state == State::Excused) {
                            Some((number, _)) => a href={ "#g" (number) } { (sentence(&found[0].title)) },
                            None => (sentence(&found[0].title)),
                        }
                        " on " (on(found))
                    }
                }
            }
        }
    }
}

fn on(found: &[&Finding]) -> String {
    let first = object(&found[0].subject.kind, &found[0].subject.name);
    if found.len() == 1 { first } else { format!("{first} and {}", count((found.len() - 1) as u64, "other place")) }
}

fn by(word: &str) -> Markup {
    html! {
        @match word {
            "config" => "the configuration file",
            "comment" => "a comment in the file",
            "annotation" => "an annotation of the object",
            "builtin" => "built into the tool",
            other => (plain(other)),
        }
    }
}

/// When something ends, and whether that is soon.
pub(super) fn end(expires: Option<&str>, today: Option<Date>) -> Markup {
    let date = expires.and_then(|day| day.parse::<Date>().ok());
    let left = date.zip(today).and_then(|(date, today)| today.until(date).ok()).map(|span| span.get_days());
    html! {
        @match date {
            _ if expires.is_none() => span.caution { "no end set" },
            Some(date) => time datetime=(date) { (date.strftime("%-d %B %Y")) },
            None => (plain(expires.unwrap_or_default())),
        }
        @if let Some(left) = left {
            @if left < 0 { br; span.caution { "over when scanned" } }
            @else if left <= SOON { br; span.caution { "ends within " (count(left.unsigned_abs().max(1), "day")) } }
        }
    }
}
