//! What was assessed, by what and when; what is worth knowing; the hashes that pin all of it.

use maud::{Markup, html};

use super::page::{self, Part};
use super::terms::{count, digits, moment, namespace, plain, prose, sentence};
use crate::assess::{Assessment, InputStatus, Pin};
use crate::report::text::words;

pub(super) fn scope(assessment: &Assessment) -> Option<Part> {
    let (summary, scope, version) = (&assessment.summary, &assessment.scope, &assessment.kubernetes_version);
    let limits = &assessment.thresholds;
    let body = html! {
        dl.facts {
            dt { "What" }
            dd {
                @match scope.kind.as_str() {
                    "files" => (count(summary.files, "file")),
                    "cluster" => "a running cluster",
                    "snapshot" => "a snapshot of a cluster",
                    other => (plain(other)),
                }
                " with " (count(summary.objects, "object"))
                @if summary.ignored > 0 { "; " (count(summary.ignored, "other file")) " held nothing to look at" }
            }
            dt { "Taken as" }
            dd { @if scope.complete { "all that there is" } @else { "a part of a system: more may stand elsewhere" } }
            @if !scope.namespaces.is_empty() {
                dt { "Namespaces" }
                dd { @for (seat, name) in scope.namespaces.iter().enumerate() { @if seat > 0 { ", " } (namespace(name)) } }
            }
            dt { "Against" }
            dd { @if page::of_catalog(assessment) { (page::catalog(assessment)) "; " } "profile “" (pin(&assessment.profile)) "”" }
            dt { "Kubernetes version" }
            dd { (plain(&version.version)) @if version.assumed { " (assumed, as nothing named one)" } }
            dt { "When" }
            dd { (moment(&assessment.run.started)) }
            @if let Some(compared) = words::compared(assessment) { dt { "Compared" } dd { (prose(&compared)) } }
            dt { "By" }
            dd {
                (plain(&assessment.tool.name)) " " (plain(&assessment.tool.version))
                @if let Some(commit) = &assessment.tool.commit { ", built from " code { (plain(commit)) } }
            }
            @if let Some(config) = &assessment.config { dt { "Configuration" } dd { code { (plain(&config.name)) } } }
            dt { "Called as" }
            dd { code { (plain(&assessment.tool.name)) @for argument in &assessment.run.arguments { " " (plain(argument)) } } }
            dt { "Fails the scan" }
            dd {
                @match limits.fail_on { Some(least) => { "findings of severity " (least.as_str()) " or worse" }, None => "no finding" }
                @if limits.fail_on_review { ", also those to review" }
                @if let Some(least) = limits.min_coverage { ", or fewer than " (least) " % of controls decided" }
            }
        }
    };
    Some(Part::new("scope", "What was assessed", body))
}

fn pin(pin: &Pin) -> Markup {
    html! {
        @if pin.title.is_empty() { (plain(&pin.name)) } @else { (plain(&pin.title)) }
        @if !pin.version.is_empty() { " " (plain(&pin.version)) }
    }
}

pub(super) fn notices(assessment: &Assessment) -> Option<Part> {
    let list = html! { ul { @for notice in &assessment.notices { li { (sentence(notice)) } } } };
    let body = html! {
        @if assessment.notices.len() > 20 { details { summary { (count(assessment.notices.len() as u64, "remark")) } (list) } } @else { (list) }
    };
    (!assessment.notices.is_empty()).then(|| Part::new("notices", "Worth knowing", body).counted(assessment.notices.len()))
}

pub(super) fn hashes(assessment: &Assessment) -> Option<Part> {
    let catalog = &assessment.catalog;
    let pins = [("Profile", Some(&assessment.profile)), ("Configuration", assessment.config.as_ref())];
    let pins = pins.into_iter().filter_map(|(word, pin)| pin.map(|pin| (word, [&pin.name, &pin.version, &pin.sha256])));
    let pins = std::iter::once(("Catalog", [&catalog.id, &catalog.version, &catalog.sha256])).chain(pins);
    let read: Vec<_> = assessment.inputs.iter().filter(|input| input.status != InputStatus::Ignored).collect();
    let body = html! {
        p { "A hash (SHA-256) is a fingerprint of a file's bytes: if it is the same, the file is the same. It shows which rules and which files this report speaks of." }
        table.rows.hashes {
            thead { tr { th scope="col" { "Held against" } th scope="col" { "SHA-256" } } }
            tbody {
                @for (word, [name, version, sha256]) in pins {
                    tr { td { (word) " " (plain(name)) " " (plain(version)) } td { code { (plain(sha256)) } } }
                }
            }
        }
        @if !read.is_empty() {
            details {
                summary { (count(read.len() as u64, "input")) }
                table.rows.hashes {
                    thead { tr { th scope="col" { "Input" } th scope="col" { "SHA-256" } } }
                    tbody {
                        @for input in read {
                            tr {
                                td {
                                    code { (plain(input.uri.as_deref().unwrap_or("(standard input)"))) }
                                    br; span.dim { (digits(input.bytes)) " bytes, " (count(input.documents, "document")) }
                                    @if input.status == InputStatus::Gap { " " span.label.st-not-assessed { "not read" } " " (prose(input.reason.as_deref().unwrap_or_default())) }
                                }
                                td { code { (plain(&input.sha256)) } }
                            }
                        }
                    }
                }
            }
        }
    };
    Some(Part::new("hashes", "Inputs and hashes", body))
}
