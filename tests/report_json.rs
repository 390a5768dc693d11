//! The result as JSON, and results compared.

use cnscan::assess::diff::{Diff, compare};
use cnscan::assess::{Assessment, CheckVerdict, Finding, FindingVerdict, Gap, Input, InputStatus, Place, SCHEMA, Severity, Status};
use cnscan::report::{diff, json};
use serde_json::Value;

#[path = "support/sample.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod sample;

use sample::{control, empty, excuse, failure, full, input};

fn written(assessment: &Assessment) -> String {
    let mut bytes = Vec::new();
    json::write(assessment, &mut bytes).expect("memory takes all");
    String::from_utf8(bytes).expect("UTF-8")
}

#[test]
fn what_is_written_is_read_back_equal() {
    for assessment in [empty(), full()] {
        let text = written(&assessment);
        assert!(text.ends_with("}\n"));
        let read = json::read(&text).expect("our own result");
        assert_eq!(read, assessment);
        assert_eq!(written(&read), text);
    }
}

#[test]
fn the_schema_is_one_and_results_are_valid_by_it() {
    let schema = json::schema();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert!(jsonschema::meta::is_valid(&schema));
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    for assessment in [empty(), full()] {
        let value: Value = serde_json::from_str(&written(&assessment)).expect("JSON");
        let wrong: Vec<_> = validator.iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    }
    let mut foreign: Value = serde_json::from_str(&written(&full())).expect("JSON");
    foreign["schema"] = "cnscan/result/v2".into();
    assert!(!validator.is_valid(&foreign));
}

#[test]
fn a_file_that_is_no_result_is_called_what_it_is() {
    let newer = written(&empty()).replace(SCHEMA, "cnscan/result/v2").replace("0.1.0", "9.9.9");
    let rows = [
        ("".to_owned(), "not JSON, or cut off"),
        ("apiVersion: v1\n".to_owned(), "not JSON, or cut off"),
        (written(&empty())[..200].to_owned(), "not JSON, or cut off"),
        ("[1, 2]".to_owned(), "no JSON object"),
        ("{}".to_owned(), "it has no `schema`"),
        ("{\"version\": \"2.1.0\", \"runs\": []}".to_owned(), "it is a SARIF log"),
        ("{\"schema\": \"other/v1\"}".to_owned(), "its schema is `other/v1`"),
        (
            newer,
            "its format is `cnscan/result/v2`, written by cnscan 9.9.9; this cnscan 0.1.0 reads `cnscan/result/v1`: take a newer cnscan",
        ),
        (
            "{\"schema\": \"cnscan/result/v0\"}".to_owned(),
            "written by an unknown release; this cnscan 0.1.0 reads `cnscan/result/v1`: scan again",
        ),
        (format!("{{\"schema\": \"{SCHEMA}\"}}"), "calls itself `cnscan/result/v1` and is no valid one: missing field `tool`"),
    ];
    for (text, expected) in rows {
        let error = json::read(&text).expect_err(expected).to_string();
        assert!(error.contains(expected), "{error}");
    }
    assert!(json::read(&format!("\u{feff}{}", written(&empty()))).is_ok());
}

fn of(findings: Vec<Finding>) -> Assessment {
    Assessment { findings, ..empty() }
}

fn lines(findings: &[Finding]) -> Vec<u32> {
    findings.iter().filter_map(|finding| finding.location.as_ref()).map(|at| at.line).collect()
}

fn shown(diff: &Diff) -> String {
    let mut bytes = Vec::new();
    diff::write(diff, 80, &mut bytes).expect("memory takes all");
    String::from_utf8(bytes).expect("UTF-8")
}

#[test]
fn findings_are_compared_by_fingerprint_as_multisets() {
    let old = of(vec![failure("deploy/web.yaml", 1, "aa"), failure("deploy/web.yaml", 2, "bb"), failure("deploy/web.yaml", 3, "bb:2")]);
    let new = of(vec![failure("deploy/web.yaml", 7, "aa"), failure("deploy/web.yaml", 8, "bb"), failure("deploy/web.yaml", 9, "cc")]);
    let diff = compare(&old, &new);
    assert_eq!((lines(&diff.new), lines(&diff.fixed), diff.unchanged), (vec![9], vec![3], 2));
    assert!(diff.warnings.is_empty() && diff.lost.is_empty() && diff.controls.is_empty());
    let same = compare(&full(), &full());
    assert_eq!((same.new.len(), same.fixed.len(), same.reviews.unchanged), (0, 0, 1));
    assert!(shown(&same).contains("Failures: 0 new, 0 fixed, 5 unchanged."), "{}", shown(&same));
}

#[test]
fn of_equal_findings_the_one_of_the_other_file_goes() {
    let old = of(vec![failure("a/web.yaml", 1, "aa"), failure("b/web.yaml", 2, "aa:2")]);
    let new = of(vec![failure("b/web.yaml", 2, "aa")]);
    assert_eq!(lines(&compare(&old, &new).fixed), [1]);
    assert_eq!(lines(&compare(&new, &old).new), [1]);
}

#[test]
fn what_nobody_looked_at_is_lost_and_not_fixed() {
    let old = of(vec![failure("deploy/web.yaml", 1, "aa")]);
    let why = |change: fn(&mut Assessment)| {
        let mut new = empty();
        change(&mut new);
        let diff = compare(&old, &new);
        assert_eq!(diff.lost.len() + diff.fixed.len(), 1);
        diff.lost.first().map(|lost| lost.why.clone()).unwrap_or_default()
    };
    assert_eq!(why(|_| {}), "");
    assert_eq!(why(|new| new.inputs = vec![input("deploy/web.yaml", InputStatus::Gap)]), "its file is a gap now: a tab indents line 3");
    assert!(why(|new| new.inputs = vec![input("deploy/web.yaml", InputStatus::Ignored)]).starts_with("its file is ignored now"));
    let gap = |new: &mut Assessment| {
        let location = Some(Place { uri: "deploy/web.yaml".into(), line: 3, column: 1 });
        new.gaps =
            vec![Gap { surface: "manifest".into(), what: "document 2".into(), why: "a tab indents".into(), location, ..Gap::default() }];
    };
    assert_eq!(why(gap), "its file has a gap now: a tab indents");
    assert_eq!(why(|new| new.checks.clear()), "its check is not in the profile now");
    assert_eq!(why(|new| new.checks[0].verdict = CheckVerdict::NotSelected), "its check was not selected");
    assert_eq!(why(|new| new.checks[0].verdict = CheckVerdict::NotAssessed), "its check had no evidence");
    assert_eq!(why(|new| new.inputs.clear()), "");
    let mut new = empty();
    new.inputs.clear();
    let diff = compare(&old, &new);
    assert_eq!((diff.inputs_gone[0].now, diff.inputs_gone.len()), ("absent", 1));
    assert_eq!(diff.warnings, ["1 of the fixed failures stood in inputs that are not there any more: deleted, or not given this time"]);
}

/// A folder that is named from elsewhere has the same files.
#[test]
fn a_file_of_the_same_bytes_is_the_same_file() {
    let named = |names: &[(&str, &str)]| {
        let input = |(name, hash): &(&str, &str)| Input { sha256: (*hash).to_owned(), ..input(name, InputStatus::Read) };
        Assessment { inputs: names.iter().map(input).collect(), ..empty() }
    };
    let gone = |old: &[(&str, &str)], new: &[(&str, &str)]| {
        compare(&named(old), &named(new)).inputs_gone.iter().map(|input| input.uri.clone()).collect::<Vec<_>>()
    };
    let old = [("hi/f/a.yaml", "11"), ("hi/f/b.yaml", "11"), ("hi/f/c.yaml", "22")];
    assert_eq!(gone(&old, &[("a.yaml", "11"), ("b.yaml", "11"), ("c.yaml", "22")]), [""; 0]);
    assert_eq!(gone(&old, &[("a.yaml", "11"), ("c.yaml", "33")]), ["hi/f/b.yaml", "hi/f/c.yaml"]);
    // a copy that was there before is no other name of what is gone
    assert_eq!(gone(&old, &[("hi/f/a.yaml", "11"), ("c.yaml", "22")]), ["hi/f/b.yaml"]);
}

#[test]
fn what_is_excused_or_in_doubt_now_is_not_fixed() {
    let old = of(vec![failure("deploy/web.yaml", 1, "aa"), failure("deploy/web.yaml", 2, "bb")]);
    let excused = Finding { excused: excuse("config"), ..failure("deploy/web.yaml", 1, "aa") };
    let doubt = Finding { verdict: FindingVerdict::Review, ..failure("deploy/web.yaml", 2, "bb") };
    let diff = compare(&old, &of(vec![excused, doubt]));
    assert_eq!((lines(&diff.excused), lines(&diff.doubtful), diff.fixed.len()), (vec![1], vec![2], 0));
    assert_eq!(lines(&diff.reviews.new), [2]);
    let back = compare(
        &of(vec![Finding { excused: excuse("config"), ..failure("deploy/web.yaml", 1, "aa") }]),
        &of(vec![failure("deploy/web.yaml", 1, "aa")]),
    );
    assert_eq!(lines(&back.new), [1]);
}

#[test]
fn what_is_worse_than_it_was_is_told() {
    let at = |severity| Finding { severity, ..failure("deploy/web.yaml", 1, "aa") };
    let diff = compare(&of(vec![at(Severity::Low)]), &of(vec![at(Severity::Critical)]));
    let worse: Vec<_> = diff.worse.iter().map(|worse| (worse.was, worse.finding.severity)).collect();
    assert_eq!((worse, diff.new.len(), diff.fixed.len()), (vec![(Severity::Low, Severity::Critical)], 0, 0));
    let text = shown(&diff);
    assert!(text.contains("Worse than they were (1)") && text.contains("it was low") && text.contains("0 fixed, 1 worse."), "{text}");
    let better = compare(&of(vec![at(Severity::Critical)]), &of(vec![at(Severity::Low)]));
    assert!(better.worse.is_empty() && shown(&better).contains("0 fixed, 1 unchanged."), "{}", shown(&better));
    // of two, one of which is gone, nobody knows which it was
    let two = of(vec![at(Severity::Low), at(Severity::Critical)]);
    assert!(compare(&two, &of(vec![at(Severity::Critical)])).worse.is_empty());
}

#[test]
fn statuses_coverage_and_unlike_things_are_told() {
    let mut new = full();
    new.controls[0].status = Status::Partial;
    new.controls[1] = control("CNSC-50", Status::Pass, &[]);
    new.summary.coverage = 47.3;
    new.profile.name = "pss-baseline".into();
    new.kubernetes_version.assumed = false;
    new.scope.complete = true;
    let diff = compare(&full(), &new);
    let moved: Vec<_> = diff.controls.iter().map(|row| (row.id.as_str(), row.old, row.new)).collect();
    assert_eq!(
        moved,
        [
            ("CNSC-32", Some(Status::Fail), Some(Status::Partial)),
            ("CNSC-50", None, Some(Status::Pass)),
            ("CNSC-40", Some(Status::NotAssessed), None)
        ]
    );
    assert!((diff.coverage.delta + 2.7).abs() < 1e-9);
    assert_eq!(diff.warnings.len(), 3, "{:?}", diff.warnings);
    let text = shown(&diff);
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert!(text.contains("CNSC-32 fail → partial") && text.contains("Coverage: 47.3 % (-2.7, from 50.0 %)."), "{text}");
    let mut bytes = Vec::new();
    diff::write_json(&diff, &mut bytes).expect("memory takes all");
    let value: Value = serde_json::from_slice(&bytes).expect("JSON");
    assert_eq!((value["schema"].as_str(), value["controls"][0]["new"].as_str()), (Some("cnscan/diff/v1"), Some("partial")));
}

#[test]
fn a_comparison_reads_well() {
    let mut finding = failure("deploy/\u{1b}[31m.yaml", 3, "cc");
    finding.message = "runs privileged, which gives it the devices of the node and all of its capabilities".into();
    let mut new = of(vec![failure("deploy/web.yaml", 1, "aa"), finding]);
    new.inputs = vec![input("deploy/web.yaml", InputStatus::Read), input("deploy/db.yaml", InputStatus::Gap)];
    let mut old = of(vec![failure("deploy/web.yaml", 1, "aa"), failure("deploy/db.yaml", 2, "bb")]);
    old.inputs.push(input("deploy/db.yaml", InputStatus::Read));
    let expected = "\
New failures (1)

  high      Deployment shop/web, container app: runs privileged, which gives it
            the devices of the node and all of its capabilities.
            deploy/\\u{1b}[31m.yaml:3:13 pss-privileged-container

Lost: not found because nobody looked, they may still be there (1)

  high      Deployment shop/web, container app: runs privileged.
            deploy/db.yaml:2:13 pss-privileged-container
            its file is a gap now: a tab indents line 3

1 input not read any more

  deploy/db.yaml (gap: a tab indents line 3)

Failures: 1 new, 0 fixed, 1 lost from sight, 1 unchanged.
Reviews: 0 new, 0 gone, 0 unchanged.
Coverage: 50.0 % (unchanged).
";
    let diff = compare(&old, &new);
    assert_eq!(shown(&diff), expected);
    for (width, lines) in [(60, 5), (120, 3), (200, 2)] {
        let mut bytes = Vec::new();
        diff::write(&diff, width, &mut bytes).expect("memory takes all");
        let text = String::from_utf8(bytes).expect("UTF-8");
        assert!(text.lines().all(|line| line.chars().count() <= width), "{text}");
        let first = text.lines().skip(2).take_while(|line| !line.is_empty()).count();
        assert_eq!(first, lines, "{width}: {text}");
    }
}
