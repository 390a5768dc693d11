//! The page for a browser: that it says all, that nothing in the input can spoil it, and that a real browser shows it.

use std::collections::{BTreeMap, BTreeSet};

use cnscan::assess::*;
use cnscan::report::html;

#[path = "report_html/browser.rs"]
mod browser;
#[path = "report_html/dom.rs"]
mod dom;
#[path = "report_html/drawn.rs"]
mod drawn;
#[path = "report_html/hostile.rs"]
mod hostile;
#[path = "support/sample.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod sample;

use dom::{Element, elements, text};
use sample::{control, empty, excuse, failure, full};

fn page(assessment: &Assessment) -> String {
    let mut bytes = Vec::new();
    html::write(assessment, &mut bytes).expect("memory takes all");
    String::from_utf8(bytes).expect("UTF-8")
}

/// The sample with its counts, a control of each status, and an attestation.
fn sample() -> Assessment {
    let mut all = full();
    all.controls =
        Status::ALL.iter().enumerate().map(|(number, status)| control(&format!("CNSC-{}", 32 + number), *status, &["CM-7"])).collect();
    all.controls[7].attestation = Some("access review by R. Ivanova".into());
    counted(all)
}

fn counted(mut all: Assessment) -> Assessment {
    all.summary.controls = all.controls.iter().fold(BTreeMap::new(), |mut counts, control| {
        *counts.entry(control.status).or_default() += 1;
        counts
    });
    all.summary.findings = BTreeMap::new();
    for finding in all.findings.iter().filter(|finding| finding.is_open_failure()) {
        *all.summary.findings.entry(finding.severity).or_default() += 1;
    }
    all.summary.subjects = 9;
    all
}

fn classed<'a>(page: &'a [Element], class: &str) -> Vec<&'a Element> {
    page.iter().filter(|element| element.get("class").is_some_and(|own| own.split(' ').any(|word| word == class))).collect()
}

#[test]
fn the_same_result_gives_the_same_bytes_and_nothing_is_fetched() {
    let all = page(&sample());
    assert_eq!(all, page(&sample()));
    let found = elements(&all);
    for element in &found {
        assert!(element.get("src").is_none() && element.get("style").is_none(), "{element:?}");
        assert!(!element.attributes.keys().any(|name| name.starts_with("on")), "{element:?}");
    }
    for name in ["script", "style"] {
        assert_eq!(found.iter().filter(|element| element.tag == name).count(), 1, "{name}");
    }
    assert!(!found.iter().any(|element| ["link", "img", "iframe", "object", "form", "base"].contains(&element.tag.as_str())));
    let policy = found.iter().find(|element| element.get("http-equiv") == Some("Content-Security-Policy")).expect("a policy");
    let policy = policy.get("content").expect("its text");
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-") && policy.contains("; script-src 'sha256-"), "{policy}");
    assert!(!policy.contains("unsafe") && policy.contains("base-uri 'none'"), "{policy}");
}

#[test]
fn links_lead_somewhere_and_headings_step_by_one() {
    for all in [sample(), empty(), full()] {
        let found = elements(&page(&all));
        let ids: Vec<_> = found.iter().filter_map(|element| element.get("id")).collect();
        let unique: BTreeSet<_> = ids.iter().copied().collect();
        assert_eq!(unique.len(), ids.len(), "an id stands twice");
        for element in &found {
            if let Some(anchor) = element.get("href").and_then(|link| link.strip_prefix('#')) {
                assert!(unique.contains(anchor), "#{anchor} leads nowhere");
            }
            for id in element.get("aria-labelledby").into_iter().flat_map(|ids| ids.split(' ')) {
                assert!(unique.contains(id), "{id} labels nothing");
            }
        }
        let levels = found.iter().filter_map(|element| element.tag.strip_prefix('h')?.parse::<u32>().ok());
        let mut before = 0;
        for level in levels {
            assert!(level <= before + 1, "h{level} below h{before}");
            before = level;
        }
        for landmark in ["header", "nav", "main", "footer"] {
            assert_eq!(found.iter().filter(|element| element.tag == landmark).count(), 1, "{landmark}");
        }
    }
}

#[test]
fn everything_of_the_result_is_there() {
    let all = sample();
    let (page, said) = (elements(&page(&all)), text(&page(&all)));
    assert_eq!(page.iter().filter(|element| element.get("data-s").is_some()).count(), all.findings.len());
    assert_eq!(page.iter().filter(|element| element.get("data-status").is_some()).count(), all.controls.len());
    for gap in &all.gaps {
        assert!(said.contains(&gap.what) && said.contains(&gap.why), "{gap:?}");
    }
    let wanted = [
        "index out of bounds",
        "Exception 3 matched nothing",
        "31 January 2027",
        "owner platform",
        "node agent, waiver W-12",
        "access review by R. Ivanova",
        "Supports NIST SP 800-53: CM-7",
        "22 November 2026, 01:50 UTC",
        "assumed",
        "A privileged container has all of the host's devices and capabilities.",
    ];
    for words in wanted {
        assert!(said.contains(words), "{words}");
    }
    for sha256 in [&all.catalog.sha256, &all.profile.sha256] {
        assert!(said.contains(sha256));
    }
    for input in &all.inputs {
        assert!(said.contains(&input.sha256) && said.contains(input.uri.as_deref().expect("a name")));
    }
}

#[test]
fn the_faulty_span_is_marked_in_its_line() {
    let mut all = empty();
    all.findings = vec![Finding {
        snippet: Some("  privileged: true # é".into()),
        location: Some(sample::location("a.yaml", 18, (15, 19))),
        ..failure("", 1, "a")
    }];
    let marked = page(&counted(all));
    assert!(marked.contains("  privileged: <mark>true</mark> # é\n"), "{marked}");
    assert!(text(&marked).contains("a.yaml line 18, column 15"));
    all_of_it_is_marked_where_it_spans_lines();
}

fn all_of_it_is_marked_where_it_spans_lines() {
    let mut all = empty();
    let location = Location { end_line: 30, end_column: 3, ..sample::location("a.yaml", 18, (3, 0)) };
    all.findings = vec![Finding { snippet: Some("- a: 1\n  b:\n    c".into()), location: Some(location), ..failure("", 1, "a") }];
    let marked = page(&counted(all));
    for part in ["- <mark>a: 1</mark>", "  <mark>b:</mark>", "    <mark>c</mark>", "to line 30"] {
        assert!(marked.contains(part), "{part}: {marked}");
    }
}

/// What was not looked at never looks like a pass: neither in the picture nor in a label, nor in a word.
#[test]
fn nothing_is_green_that_did_not_pass() {
    let mut all = empty();
    all.controls =
        Status::ALL.iter().filter(|status| **status != Status::Pass).map(|status| control(status.as_str(), *status, &[])).collect();
    let all = counted(all);
    let page = elements(&page(&all));
    assert!(classed(&page, "fill-pass").is_empty());
    // the one that is left explains the word
    assert_eq!(classed(&page, "st-pass").len(), 1);
    for status in Status::ALL.iter().filter(|status| **status != Status::Pass) {
        assert!(!classed(&page, &format!("fill-{}", status.as_str())).is_empty(), "{status:?}");
    }
    let style = include_str!("../src/report/html/style.css");
    for line in style.lines().filter(|line| line.contains("#2e7d32") || line.contains("#2b742f") || line.contains("#3a8f3f")) {
        assert!(line.contains("pass"), "another green: {line}");
    }
}

#[test]
fn a_status_is_told_in_words_beside_each_picture() {
    let all = sample();
    let page = page(&all);
    for words in ["Failed", "Check broke", "To review", "Not assessed", "Excused", "Partly shown", "Passed", "Attested", "Not applicable"] {
        assert!(page.contains(&format!("1 {}", words.to_lowercase())), "{words} in the text below the bars");
        assert!(page.contains(&format!(">{words}</span>")), "{words} as a label");
    }
}

#[test]
fn an_empty_result_is_not_called_well() {
    let said = text(&page(&empty()));
    assert!(said.contains("Nothing was judged") && said.contains("Nothing is known of 1 of 2 controls."), "{said}");
    let mut clean = counted(empty());
    clean.controls = vec![control("CNSC-1", Status::NotAssessed, &[])];
    let said = text(&page(&clean));
    assert!(said.contains("No failures in what was looked at (nothing is known of 1 of 1 control)"), "{said}");
    let mut nothing = empty();
    (nothing.controls, nothing.checks, nothing.inputs) = (vec![], vec![], vec![]);
    elements(&page(&nothing));
}

/// A gap makes controls doubtful without a finding: then too a person is called.
#[test]
fn a_control_to_review_waits_for_a_person_without_any_finding() {
    let section = |all: &Assessment| {
        let page = page(all);
        let (_, rest) = page.split_once("id=\"h-person\"").expect("the part");
        rest.split_once("</section>").expect("its end").0.to_owned()
    };
    let mut all = empty();
    all.controls = vec![Control { reason: "some of the evidence could not be read".into(), ..control("CNSC-7", Status::Review, &[]) }];
    let said = section(&counted(all.clone()));
    assert!(said.contains("CNSC-7") && said.contains("could not be read") && !said.contains("Nothing in this result"), "{said}");
    all.controls = vec![control("CNSC-7", Status::Pass, &[])];
    assert!(section(&counted(all)).contains("Nothing in this result waits for a person"));
}

#[test]
fn exceptions_are_told_by_when_they_end() {
    let mut all = empty();
    let until = |day: Option<&str>| {
        let mut excuse = excuse("config").expect("one");
        excuse.expires = day.map(str::to_owned);
        Finding { excused: Some(excuse), ..failure("deploy/web.yaml", 3, "a") }
    };
    all.findings = [None, Some("2027-06-30"), Some("2026-12-01"), Some("2026-11-21"), Some("some day")].map(until).into();
    let said = text(&page(&counted(all)));
    for words in ["no end set", "30 June 2027", "1 December 2026ends within 9 days", "21 November 2026over when scanned", "some day"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let order: Vec<_> =
        ["21 November 2026", "1 December 2026", "30 June 2027", "no end set"].iter().map(|words| said.find(words)).collect();
    assert!(order.is_sorted(), "the soonest first");
}

#[test]
fn failures_that_were_known_before_are_told_from_new_ones() {
    let mut all = empty();
    let finding = |baseline| Finding { baseline: Some(baseline), ..failure("deploy/web.yaml", 3, "a") };
    all.findings = vec![finding(Baseline::New), finding(Baseline::Unchanged)];
    let page = elements(&page(&counted(all)));
    assert_eq!(classed(&page, "new").len(), 1);
    assert!(!classed(&page, "is-known").is_empty() && !classed(&page, "is-failed").is_empty());
}
