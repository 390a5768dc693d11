//! A history as one page, in the manner of the report: no script at all, nothing from elsewhere.

use std::io::{self, Write};

use jiff::Timestamp;
use maud::{DOCTYPE, Markup, html};

use super::{excused, lasted, told, unvouched};
use crate::assess::{ControlLine, History, Status, Timeline};
use crate::report::html::page::{STYLE, fingerprint, metadata};
use crate::report::html::picture::{fill, patterns};
use crate::report::html::terms::{count, digits, label, moment, plain, sentence, status};

/// What a page of time needs beside the style of the report.
const OWN: &str = "\n.timeline { list-style: none; padding: 0; } .timeline > li { padding: .7rem 0; border-top: 1px solid var(--line); break-inside: avoid; }\n.timeline p { margin: .15rem 0; } .timeline svg.bar { margin: .3rem 0; } .axis { display: flex; justify-content: space-between; color: var(--dim); font-size: .85rem; max-width: none; }\n";

/// Writes the page.
///
/// # Errors
/// What the writer says.
pub fn write(history: &History, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(page(history).into_string().as_bytes())
}

fn page(history: &History) -> Markup {
    let style = format!("{STYLE}{OWN}");
    let policy = format!("default-src 'none'; style-src '{}'; base-uri 'none'; form-action 'none'", fingerprint(&style));
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                (metadata(&policy, &html! { "Security controls over time" }, &style))
            }
            body {
                a.skip href="#main" { "Skip to the report" }
                header.top { div { p.brand { "cnscan" } h1 { "Security controls over time" } p { (count(history.lines.iter().map(|line| line.runs.len() as u64).sum::<u64>(), "result")) } } }
                div.frame {
                    nav.contents aria-label="Contents" {
                        ol { @for (number, line) in history.lines.iter().enumerate() { li { a href={ "#t" (number) } { (plain(&line.target)) ", " (plain(&line.profile)) } } } }
                    }
                    main #main {
                        (patterns())
                        @if let Some(said) = unvouched(history) { p { (sentence(&said)) } }
                        @for (number, line) in history.lines.iter().enumerate() { (timeline(number, line)) }
                        @if !history.left_out.is_empty() {
                            section aria-labelledby="h-left" {
                                h2 #h-left { "Left out" }
                                ul { @for (name, why) in &history.left_out { li { code { (plain(name)) } ": " (sentence(why)) } } }
                            }
                        }
                    }
                }
                footer.end { p { "Made by cnscan " (env!("CARGO_PKG_VERSION")) ". This page is one file: it loads nothing and sends nothing." } }
            }
        }
    }
}

fn timeline(number: usize, line: &Timeline) -> Markup {
    let mut failed: Vec<_> = line.controls.iter().filter(|control| !control.failed.is_empty()).collect();
    failed.sort_by(|a, b| b.days_failed.total_cmp(&a.days_failed));
    let anchor = format!("t{number}");
    html! {
        section #(anchor) aria-labelledby={ "h" (anchor) } {
            h2 id={ "h" (anchor) } { (sentence(&line.target)) ", against the profile " (plain(&line.profile)) }
            h3 { "Results" }
            table.rows {
                thead { tr { th scope="col" { "When" } th scope="col" { "Open failures" } th scope="col" { "Excused" } th scope="col" { "Gaps" } th scope="col" { "Decided" } th scope="col" { "File" } th scope="col" { "Vouched for" } } }
                tbody {
                    @for run in &line.runs {
                        tr {
                            td { (moment(&run.started)) }
                            td data-head="Open failures: " { (digits(run.failures.values().map(|count| u64::from(*count)).sum())) }
                            td data-head="Excused: " { (digits(u64::from(run.excused))) }
                            td data-head="Gaps: " { (digits(run.gaps as u64)) }
                            td data-head="Decided: " { (format!("{:.1} %", run.coverage)) }
                            td data-head="File: " { code { (plain(&run.name)) } }
                            td data-head="Vouched for: " { (run.vouched.as_str()) }
                        }
                    }
                }
            }
            @if let Some(pause) = line.pauses.first() {
                p { "The longest time without a result: " (lasted(pause.days)) ", from " (moment(&pause.from)) " to " (moment(&pause.to)) ". What failed or was mended in between shows only in the next result." }
            }
            h3 { "Controls that failed" }
            @if failed.is_empty() { p { "No control failed in any of these results." } } @else {
                p { "Each bar is the time from the first result to the last, and its parts what each result says until the next." }
                ul.legend { @for of in seen(&failed) { li { (label(of)) } } }
                ul.timeline { @for control in &failed { (row(line, control)) } }
            }
            h3 { "Exceptions" }
            @if line.exceptions.is_empty() { p { "No finding is excused in any of these results." } } @else {
                ul { @for exception in &line.exceptions { li { (plain(&excused(exception))) } } }
            }
        }
    }
}

fn seen(controls: &[&ControlLine]) -> impl Iterator<Item = Status> {
    let all: Vec<Status> = controls.iter().flat_map(|control| control.statuses.iter().flatten().copied()).collect();
    Status::ALL.into_iter().filter(move |status| all.contains(status))
}

fn row(line: &Timeline, control: &ControlLine) -> Markup {
    html! {
        li {
            p { @if let Some(now) = control.now() { (label(now)) " " } code { (plain(&control.id)) } " " strong { (plain(&control.title)) } }
            (bar(line, control))
            @for period in &control.failed { p { (sentence(&told(period))) } }
        }
    }
}

/// The words below say the same: the picture itself is not read out.
fn bar(line: &Timeline, control: &ControlLine) -> Markup {
    let times: Vec<f64> = line.runs.iter().map(|run| run.started.parse::<Timestamp>().unwrap_or_default().as_second() as f64).collect();
    let (first, last) = (times.first().copied().unwrap_or(0.0), times.last().copied().unwrap_or(0.0));
    // the last result is given a share of its own, or nobody could see it
    let span = (last - first).max(1.0) * 1.03;
    let parts = control.statuses.iter().enumerate().filter_map(|(run, status)| {
        let from = (times[run] - first) * 100.0 / span;
        let to = times.get(run + 1).map_or(100.0, |next| (next - first) * 100.0 / span);
        status.map(|status| (status, from, to - from))
    });
    let parts: Vec<_> = parts.collect();
    let end = |moment: Option<&String>| moment.and_then(|moment| moment.get(..10)).unwrap_or_default().to_owned();
    html! {
        svg.bar width="100%" height="18" aria-hidden="true" focusable="false" {
            @for (of, from, wide) in &parts {
                rect class={ "fill-" (of.as_str()) } fill=(fill(*of)) x=(format!("{from:.2}%")) y="0" width=(format!("{wide:.2}%")) height="100%" { title { (status(*of)) } }
            }
        }
        p.axis aria-hidden="true" { span { (end(line.runs.first().map(|run| &run.started))) } span { (end(line.runs.last().map(|run| &run.started))) } }
    }
}
