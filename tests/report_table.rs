//! The reports for people: what they look like, and that nothing in the input can spoil them.

use std::sync::Arc;

use cnscan::assess::*;
use cnscan::report::{Options, markdown, table};
use unicode_width::UnicodeWidthStr;

#[path = "report_table/build.rs"]
mod build;
#[path = "support/sample.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod sample;
#[path = "report_table/shop.rs"]
mod shop;

use build::{at, control, done};
use sample::{failure, fault, nothing, subject};
use shop::shop;

fn show(assessment: &Assessment, width: usize, verbose: u8) -> String {
    let mut out = Vec::new();
    table::write(assessment, &Options { width, verbose, ..Options::default() }, &mut out).expect("a vector takes all");
    String::from_utf8(out).expect("UTF-8")
}

fn comment(assessment: &Assessment) -> String {
    let mut out = Vec::new();
    markdown::write(assessment, &Options::default(), &mut out).expect("a vector takes all");
    String::from_utf8(out).expect("UTF-8")
}

fn with(findings: Vec<Finding>) -> Assessment {
    let mut assessment = Assessment { findings, ..nothing() };
    (assessment.summary.objects, assessment.summary.files) = (1, 1);
    done(assessment)
}

/// The line below the one that contains `line`.
fn below<'a>(text: &'a str, line: &str) -> &'a str {
    text.lines().skip_while(|text| !text.contains(line)).nth(1).expect(line)
}

fn assert_fits(assessment: &Assessment) {
    for width in [40, 60, 80, 132, 200] {
        for verbose in 0..3 {
            let text = show(assessment, width, verbose);
            let wide = text.lines().find(|line| line.width() > width);
            assert_eq!(wide, None, "at {width} columns, verbosity {verbose}");
            let blank = text.lines().find(|line| line.ends_with(' '));
            assert_eq!(blank, None, "a space at the end of a line, at {width} columns");
        }
    }
}

/// A result whose every text is as bad as it can be.
fn hostile() -> Assessment {
    let texts = [
        "\u{1b}[31mred\u{1b}]0;title\u{7}".to_owned(),
        "two\nlines\r\t\u{202e}back\u{200b}\u{feff}".to_owned(),
        "x".repeat(10_000),
        "日本語 🚀 👩‍👩‍👧 ❤️ e\u{301} ".repeat(500),
        "<script>`a` | **b** @team #1 [c](d) https://e.f www.g.h \\|".to_owned(),
    ];
    let finding = |text: &String| {
        let mut finding = fault(Severity::High, text, text);
        finding.subject = subject(text, text, text, text);
        (finding.observed, finding.expected, finding.fix, finding.path) =
            (text.as_str().into(), text.as_str().into(), text.as_str().into(), text.as_str().into());
        finding.controls = Arc::from([text.as_str().into()]);
        finding.title = text.as_str().into();
        finding
    };
    let place = |finding: Finding, text: &String, quality| {
        let location = Location {
            uri: text.as_str().into(),
            line: u32::MAX - 9,
            column: 4_000,
            end_line: u32::MAX,
            end_column: 9_000,
            utf16_columns: None,
            quality,
        };
        Finding { location: Some(location), snippet: Some(text.as_str().into()), ..finding }
    };
    let mut assessment = nothing();
    for text in &texts {
        let review = Finding { verdict: FindingVerdict::Review, ..finding(text) };
        let excuse =
            Excuse { by: text.clone(), reason: text.clone(), owner: text.clone(), approver: text.clone(), expires: Some(text.clone()) };
        let excused = Finding { excused: Some(Box::new(excuse)), ..finding(text) };
        let placed = [Quality::Value, Quality::Parent, Quality::File].map(|quality| place(finding(text), text, quality));
        assessment.findings.extend([finding(text), review, excused]);
        assessment.findings.extend(placed);
        let location = Some(Place { uri: text.clone(), line: 1, column: 1 });
        assessment.gaps.push(Gap { surface: text.clone(), what: text.clone(), why: text.clone(), location, ..Gap::default() });
        assessment.errors.push(CheckError { check: text.as_str().into(), subject: subject(text, text, text, text), message: text.clone() });
        assessment.notices.push(text.clone());
        let status = Status::Fail;
        assessment.controls.push(Control {
            id: text.clone(),
            title: text.clone(),
            group: text.clone(),
            reason: text.clone(),
            ..control(1, "", status)
        });
        assessment.controls.push(Control { id: text.clone(), title: text.clone(), reason: text.clone(), ..control(1, "", status) });
        assessment.inputs.push(Input { reason: Some(text.clone()), ..build::ignored(text) });
        (assessment.profile.name, assessment.catalog.title) = (text.clone(), text.clone());
    }
    done(assessment)
}

#[test]
fn a_first_scan() {
    insta::assert_snapshot!("shop_80", show(&shop(), 80, 0));
    insta::assert_snapshot!("shop_200", show(&shop(), 200, 0));
    insta::assert_snapshot!("shop_verbose", show(&shop(), 100, 1));
    insta::assert_snapshot!("shop_markdown", comment(&shop()));
}

#[test]
fn nothing_scanned_and_nothing_found_are_not_called_well() {
    let mut clean = with(vec![]);
    clean.controls =
        vec![control(1, "Access", Status::Pass), control(2, "Access", Status::NotAssessed), control(5, "Deploy", Status::NotAssessed)];
    let clean = done(clean);
    insta::assert_snapshot!("empty", show(&nothing(), 80, 0));
    insta::assert_snapshot!("clean", show(&clean, 80, 0));
    insta::assert_snapshot!("clean_markdown", comment(&clean));
}

#[test]
fn every_status_has_a_column_that_fits() {
    let statuses = Status::ALL.iter().enumerate();
    let controls = statuses.map(|(number, status)| control(number, "Securing Build Pipelines", *status)).collect();
    let all = done(Assessment { controls, ..nothing() });
    insta::assert_snapshot!("statuses_80", show(&all, 80, 0));
    insta::assert_snapshot!("statuses_60", show(&all, 60, 0));
    assert_fits(&all);
}

#[test]
fn a_profile_of_requirements_lists_them() {
    let requirement = |id: &str, title: &str, status, reason: &str| Control {
        id: id.into(),
        framework: "pss".into(),
        title: title.into(),
        reason: reason.into(),
        ..control(1, "", status)
    };
    let controls = vec![
        requirement("baseline/privileged", "Privileged containers", Status::Fail, "1 check failed on 3 subjects"),
        requirement("baseline/host-namespaces", "Host namespaces", Status::Pass, "1 check passed and proves it all"),
        requirement(
            "baseline/host-process",
            "HostProcess: Windows pods offer the ability to run HostProcess containers",
            Status::NotAssessed,
            "1 check planned for a later release",
        ),
    ];
    insta::assert_snapshot!("requirements", show(&done(Assessment { controls, ..nothing() }), 80, 0));
}

#[test]
fn findings_without_a_location_or_a_snippet_are_shown() {
    let placed = at(fault(Severity::Medium, "pod-x", "a file without its text"), "a.yaml", "k: v", "k", "v");
    let stdin = at(fault(Severity::Low, "pod-y", "no name"), "", "k: v", "k", "v");
    let whole = at(fault(Severity::Low, "pod-z", "the whole file"), "a.yaml", "k: v", "k", "k");
    let quality = |finding: Finding| finding.location.map(|at| Location { quality: Quality::File, ..at });
    let mut live = fault(Severity::High, "node-x", "a node runs an old kernel");
    live.subject = Arc::new(Subject { surface: "cluster".into(), ..(*subject("Node", "", "n1", "")).clone() });
    (live.observed, live.expected) = ("5.4".into(), "5.10 or later".into());
    let whole = Finding { location: quality(whole.clone()), ..whole };
    let findings = vec![live, fault(Severity::High, "pod-x", "nowhere"), Finding { snippet: None, ..placed }, whole, stdin];
    insta::assert_snapshot!("without_place", show(&with(findings), 80, 0));
}

#[test]
fn the_underline_stands_right_in_the_report() {
    let rows = [
        ("  clé: true", "true", "       ^^^^"),
        ("a:\ttrue", "true", "    ^^^^"),
        ("x: 🚀🚀 # wide", "🚀🚀", "   ^^^^"),
        ("名: 値", "値", "    ^^"),
    ];
    for (line, needle, under) in rows {
        let text = show(&with(vec![at(fault(Severity::High, "x", "y"), "a.yaml", line, line, needle)]), 80, 0);
        assert_eq!(below(&text, "   1 | "), format!("     | {under}"), "{text}");
    }
}

#[test]
fn nothing_in_the_input_reaches_the_terminal_as_more_than_text() {
    let hostile = hostile();
    assert_fits(&hostile);
    assert_fits(&shop());
    for text in [show(&hostile, 80, 2), comment(&hostile)] {
        let bad = text.chars().find(|char| char.is_control() && *char != '\n' || matches!(char, '\u{202e}' | '\u{200b}' | '\u{feff}'));
        assert_eq!(bad, None);
        assert!(text.contains("\\u&#123;1b&#125;") || text.contains("\\u{1b}[31mred") || text.contains("&#92;u"), "{text}");
        assert!(!text.contains(&"x".repeat(1_000)) && text.contains('…'));
    }
    let text = comment(&hostile);
    for bad in ["<script", "@team", "#1 ", "[c]", "https://e", "www.g"] {
        assert!(!text.contains(bad), "{bad} in {text}");
    }
}

#[test]
fn a_comment_keeps_the_limit_and_says_what_it_cuts() {
    let severities = Severity::ALL.iter().cycle();
    let many = severities.take(5_000).enumerate().map(|(number, severity)| {
        let finding = fault(*severity, &format!("check-{}", number % 300), &format!("fault {number} 🚀"));
        at(finding, &format!("deploy/{}/web.yaml", number % 90), "k: v", "k", "v")
    });
    let mut large = shop();
    large.findings.extend(many);
    large.gaps = large.gaps.iter().cycle().take(2_000).cloned().collect();
    large.notices = vec!["said".repeat(50); 500];
    for large in [done(large), hostile()] {
        let text = comment(&large);
        let length: usize = text.chars().map(char::len_utf16).sum();
        assert!(length <= 65_000, "{length}");
        assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
    }
    let mut large = shop();
    large.findings.extend((0..2_000).map(|number| fault(Severity::Low, "pod-x", &format!("fault {number}"))));
    let text = comment(&done(large));
    assert!(text.contains("cut to fit a comment") && text.contains("more failures"), "{text}");
    assert_eq!(text.matches("| **critical** |").count(), 7, "the worst are kept");
}

#[test]
fn colour_changes_nothing_but_colour() {
    let mut colored = Vec::new();
    table::write(&shop(), &Options { color: true, verbose: 1, ..Options::default() }, &mut colored).expect("a vector takes all");
    let colored = String::from_utf8(colored).expect("UTF-8");
    let mut parts = colored.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    let plain = first + &parts.map(|part| part.split_once('m').expect("a colour").1).collect::<String>();
    assert!(colored.contains("\u{1b}["));
    assert_eq!(plain, show(&shop(), 80, 1));
}

#[test]
fn with_a_baseline_what_is_new_comes_first() {
    let old = Finding { baseline: Some(Baseline::Unchanged), ..fault(Severity::High, "pod-old", "known since long") };
    let new = Finding { baseline: Some(Baseline::New), ..fault(Severity::High, "pod-new", "just came") };
    let assessment = with(vec![old, new]);
    let text = show(&assessment, 80, 0);
    assert!(text.contains("high[pod-new]: just came") && !text.contains("known since long"), "{text}");
    assert!(text.contains("2 failures (2 high), 1 of them new; 1 at or over the threshold (high)."), "{text}");
    assert!(show(&assessment, 80, 1).contains("known since long"));
    let told = comment(&assessment);
    let (failures, folded) = told.split_once("Failures that the baseline has: 1 (").expect("a part that folds away");
    assert!(failures.contains("just came") && !failures.contains("known since long") && folded.contains("known since long"), "{told}");
}

#[test]
fn paths_are_shown_from_the_working_directory() {
    let mut out = Vec::new();
    table::write(&shop(), &Options { from: "deploy/shop".to_owned(), ..Options::default() }, &mut out).expect("a vector takes all");
    let text = String::from_utf8(out).expect("UTF-8");
    assert!(text.contains("--> staging/web.yaml:14:25") && text.contains("--> ../rbac.yaml:7:10"), "{text}");
}

/// A long name of a file takes nothing from what is said of it.
#[test]
fn counts_stand_below_a_heading_that_has_no_room_for_them() {
    let long = format!("deploy/{}/web.yaml", "e".repeat(52));
    let text = show(&with(vec![failure(&long, 3, "a")]), 80, 0);
    assert_eq!(below(&text, &format!("── {long}")).trim(), "1 high", "{text}");
}
