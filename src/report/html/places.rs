//! Where the findings are: by namespace and object, for those who own them.

use maud::{Markup, html};

use super::index::{Counts, Index};
use super::page::Part;
use super::terms::{count, digits, namespace, object};
use crate::assess::Severity;

pub(super) fn part(index: &Index<'_>) -> Option<Part> {
    if index.total == 0 {
        return None;
    }
    let body = html! {
        p { "Each namespace with the objects that findings are on, so that its owners can be shown their own." }
        @for (seat, (name, counts)) in index.namespaces.iter().enumerate() {
            (one(index, seat, name, counts))
        }
    };
    Some(Part::new("namespaces", "By namespace", body).counted(index.namespaces.len()))
}

fn one(index: &Index<'_>, seat: usize, name: &str, counts: &Counts) -> Markup {
    let objects: Vec<_> = index.objects.range((name, "", "")..).take_while(|((space, ..), _)| *space == name).collect();
    let shown: Vec<_> = columns(counts);
    html! {
        details.space {
            summary { h3 { (namespace(name)) } " " span.dim { (words(counts)) " on " (count(objects.len() as u64, "object")) } }
            p.only-script hidden { a href="#findings" data-set="namespace" data-to=(seat) { "Show these findings" } }
            table.numbers {
                thead { tr { th scope="col" { "Object" } @for (word, _) in &shown { th scope="col" { (word) } } } }
                tbody {
                    @for ((_, kind, name), counts) in objects {
                        tr {
                            th scope="row" { (object(kind, name)) }
                            @for (_, number) in &shown { td class=[(number(counts) == 0).then_some("dim")] { (digits(u64::from(number(counts)))) } }
                        }
                    }
                }
            }
        }
    }
}

type Column = (&'static str, fn(&Counts) -> u32);

/// The columns that any object has something in.
fn columns(counts: &Counts) -> Vec<Column> {
    let all: [Column; 7] = [
        (Severity::ALL[0].as_str(), |counts| counts.failures[0]),
        (Severity::ALL[1].as_str(), |counts| counts.failures[1]),
        (Severity::ALL[2].as_str(), |counts| counts.failures[2]),
        (Severity::ALL[3].as_str(), |counts| counts.failures[3]),
        (Severity::ALL[4].as_str(), |counts| counts.failures[4]),
        ("to review", |counts| counts.reviews),
        ("excused or noted", |counts| counts.others),
    ];
    all.into_iter().filter(|(_, number)| number(counts) > 0).collect()
}

fn words(counts: &Counts) -> String {
    let failed = counts.failed();
    let parts = [
        (failed, count(failed, "failure")),
        (counts.reviews, format!("{} to review", digits(u64::from(counts.reviews)))),
        (counts.others, format!("{} excused or noted", digits(u64::from(counts.others)))),
    ];
    parts.into_iter().filter(|(number, _)| *number > 0).map(|(_, words)| words).collect::<Vec<_>>().join(", ")
}
