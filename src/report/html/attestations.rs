//! What people vouch for: the statement, who looked and who answers for it, its dates and evidence; and what does not count.

use jiff::civil::Date;
use maud::{Markup, html};

use super::exceptions::end;
use super::terms::{label, plain, prose, sentence};
use crate::assess::{Assessment, Attestation, Control, Method};
use crate::report::text::attested;

/// How many there are, those that do not count as well.
pub(super) fn count(assessment: &Assessment) -> usize {
    let counted: usize = attested::controls(assessment).map(|(_, attested)| attested.statements.len()).sum();
    counted + assessment.attestations.as_ref().map_or(0, |vouched| vouched.refused.len())
}

pub(super) fn list(assessment: &Assessment, today: Option<Date>) -> Markup {
    let rows: Vec<_> =
        attested::controls(assessment).flat_map(|(control, all)| all.statements.iter().map(move |one| (control, one))).collect();
    html! {
        @if rows.is_empty() {
            p { "Nobody vouches for a control in this result." }
        } @else {
            p { "Two people answer for each: one who looked or asked, and one who approved. No statement outweighs a failed check." }
            table.rows.exceptions {
                thead { tr { th scope="col" { "Statement" } th scope="col" { "Who" } th scope="col" { "Until" } th scope="col" { "Control" } } }
                tbody { @for (control, one) in &rows { (row(control, one, today)) } }
            }
        }
        @if let Some(vouched) = &assessment.attestations {
            @if vouched.elsewhere > 0 { p.dim { (super::terms::count(vouched.elsewhere, "other attestation")) " given speak of other systems, or of controls outside of this profile." } }
            @if !vouched.refused.is_empty() {
                p.caution { strong { (super::terms::count(vouched.refused.len() as u64, "fault")) " of attestations that do not count:" } }
                ul {
                    @for one in &vouched.refused {
                        li { code { (plain(&one.location.uri)) ":" (one.location.line) ":" (one.location.column) } " " (plain(&one.control)) ": " (sentence(&one.why)) }
                    }
                }
            }
        }
    }
}

fn row(control: &Control, one: &Attestation, today: Option<Date>) -> Markup {
    let scope = &one.scope;
    let limits = [("clusters ", &scope.clusters), ("namespaces ", &scope.namespaces), ("only reviews of ", &scope.checks)];
    html! {
        tr {
            td {
                (prose(&one.statement))
                @for (word, names) in limits.iter().filter(|(_, names)| !names.is_empty()) { br; span.dim { (word) (plain(&names.join(", "))) } }
                @for link in &one.evidence {
                    br; span.dim {
                        "evidence: " (plain(if link.title.is_empty() { &link.link } else { &link.title }))
                        " (" code { (plain(&link.link)) } ", sha256 " code { (plain(&link.sha256)) } @if !link.checked { ", not fetched" } ")"
                    }
                }
            }
            td data-head="Who: " {
                @match one.method { Method::Examine => "examined by ", Method::Interview => "asked by " }
                (plain(&one.assessed_by)) br; "approved by " (plain(&one.approved_by)) br; span.dim { "collected " (plain(&one.collected)) }
            }
            td data-head="Until: " { (end(Some(&one.expires), today)) }
            td data-head="Control: " { (label(control.status)) " " code { (plain(&control.id)) } " " (plain(&control.title)) }
        }
    }
}
