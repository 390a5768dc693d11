//! JUnit, GitLab Code Quality, CSV and OpenMetrics: valid whatever the names, and none says that what nobody saw passes.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use cnscan::assess::{Assessment, CheckVerdict, FindingVerdict};
use cnscan::report::{self, Format, Options};
use proptest::test_runner::{Config as ProptestConfig, RngSeed};
use quick_xml::events::Event;
use serde_json::Value;

#[path = "support/hostile.rs"]
mod hostile;
#[path = "support/oracle.rs"]
mod oracle;
#[path = "support/sample.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod sample;

use sample::{empty, failure, full};

fn written(format: Format, assessment: &Assessment) -> String {
    let mut bytes = Vec::new();
    report::write(format, assessment, &Options::default(), &mut bytes).expect("memory takes all");
    String::from_utf8(bytes).expect("UTF-8")
}

fn kept(name: &str, text: &str) {
    // for .ci/formats.sh, and to look at
    fs::write(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name), text).expect("the folder for tests");
}

fn open(assessment: &Assessment) -> usize {
    assessment.findings.iter().filter(|finding| finding.is_open_failure()).count()
}

/// Every sample: as it is, empty, and with each hostile text in each place.
fn samples() -> impl Iterator<Item = Assessment> {
    let hostile = hostile::TEXTS.iter().flat_map(|text| [hostile::made(&full(), text), hostile::prefixed(&full(), text)]);
    let long = hostile::made(&full(), &"x]]>\u{1b}".repeat(2_500));
    [empty(), full(), Assessment { controls: vec![], checks: vec![], inputs: vec![], ..full() }, long].into_iter().chain(hostile)
}

/// The tests of a JUnit report: the suite's name, the test's, and what became of it.
fn tests(xml: &str) -> Vec<(String, String, String)> {
    let mut reader = quick_xml::Reader::from_str(xml);
    let (mut suite, mut tests): (String, Vec<(String, String, String)>) = Default::default();
    let mut declared = Vec::new();
    loop {
        let event = reader.read_event().expect("well-formed");
        let (Event::Start(tag) | Event::Empty(tag)) = &event else {
            if event == Event::Eof {
                break;
            }
            continue;
        };
        let attribute = |name: &str| {
            let found = tag.attributes().map(|one| one.expect("an attribute")).find(|one| one.key.as_ref() == name);
            found.map(|one| one.normalized_value(quick_xml::XmlVersion::default()).expect("escaped").into_owned()).unwrap_or_default()
        };
        match tag.name().as_ref() {
            "testsuite" => {
                suite = attribute("name");
                declared.push(["tests", "failures", "errors", "skipped"].map(|name| attribute(name).parse::<usize>().expect(name)));
            }
            "testcase" => tests.push((suite.clone(), attribute("name"), "passed".to_owned())),
            kind @ ("failure" | "error" | "skipped") => {
                tests.last_mut().expect("in a test").2 = kind.to_owned();
            }
            _ => {}
        }
    }
    let said = declared.iter().fold([0; 4], |sum, counts| [0, 1, 2, 3].map(|at| sum[at] + counts[at]));
    let seen = ["failure", "error", "skipped"].map(|kind| tests.iter().filter(|test| test.2 == kind).count());
    assert_eq!(said, [tests.len(), seen[0], seen[1], seen[2]]);
    tests
}

#[test]
fn junit_is_valid_by_both_schemas_whatever_the_names() {
    let schemas = ["junit-windyroad.xsd", "junit-jenkins-10.xsd"].map(oracle::schema);
    for (number, assessment) in samples().enumerate() {
        let xml = written(Format::Junit, &assessment);
        assert_eq!(tests(&xml).iter().filter(|test| test.2 == "failure").count(), open(&assessment));
        let forbidden = |char: char| matches!(char, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
        assert!(!xml.contains(forbidden), "sample {number}");
        for schema in schemas.iter().flatten() {
            let wrong = oracle::refuses("xmllint", &["--noout", "--huge", "--schema", &schema.to_string_lossy(), "-"], xml.as_bytes());
            assert_eq!(wrong, None, "sample {number}: {xml}");
        }
    }
    kept("sample.junit.xml", &written(Format::Junit, &full()));
}

#[test]
fn junit_says_of_what_nobody_saw_that_nobody_saw_it() {
    let said = tests(&written(Format::Junit, &full()));
    let passed: Vec<_> = said.iter().filter(|test| test.2 == "passed").map(|test| test.1.as_str()).collect();
    assert_eq!(passed, ["Deployment shop/api"]);
    let count = |kind: &str| said.iter().filter(|test| test.2 == kind).count();
    // two gaps and a check that broke; a review, two excuses, a check without evidence and what it skips, a control
    assert_eq!((count("failure"), count("error"), count("skipped")), (5, 3, 6));
    let skipped: BTreeSet<_> = said.iter().filter(|test| test.2 == "skipped").map(|test| test.0.as_str()).collect();
    assert_eq!(skipped, BTreeSet::from(["controls", "network-default-deny-missing", "pss-privileged-container"]));
    // without the passes one by one there is one test for all, and none where nothing passed
    let mut brief = Assessment { passes: vec![], ..full() };
    assert!(tests(&written(Format::Junit, &brief)).iter().any(|test| test.1 == "subjects that pass" && test.2 == "passed"));
    brief.checks[0].verdict = CheckVerdict::NotAssessed;
    assert!(tests(&written(Format::Junit, &brief)).iter().all(|test| test.2 != "passed"));
}

#[test]
fn gitlab_gets_open_failures_with_a_file() {
    let validator = oracle::schema("gitlab-code-quality.own.schema.json").map(|path| {
        let schema: Value = serde_json::from_str(&fs::read_to_string(path).expect("a file")).expect("JSON");
        jsonschema::validator_for(&schema).expect("a schema")
    });
    for assessment in samples() {
        let text = written(Format::Gitlab, &assessment);
        let report: Value = serde_json::from_str(&text).expect("JSON");
        let issues = report.as_array().expect("a list");
        let prints: BTreeSet<_> = issues.iter().map(|issue| issue["fingerprint"].as_str()).collect();
        assert_eq!(prints.len(), issues.len(), "equal ones become one");
        let wrong: Vec<_> = validator.iter().flat_map(|schema| schema.iter_errors(&report)).map(|error| error.to_string()).collect();
        assert_eq!(wrong, Vec::<String>::new(), "{text}");
    }
    let report: Value = serde_json::from_str(&written(Format::Gitlab, &full())).expect("JSON");
    assert_eq!(report.as_array().map(Vec::len), Some(2));
    assert_eq!(report[0]["description"], "CNSC-32, CNSC-40: Deployment shop/web, container app: runs privileged.");
    assert_eq!((report[0]["severity"].as_str(), report[1]["severity"].as_str()), (Some("critical"), Some("minor")));
    assert_eq!(
        (report[0]["location"]["path"].as_str(), report[0]["location"]["lines"]["begin"].as_u64()),
        (Some("deploy/web.yaml"), Some(18))
    );
    assert_eq!(
        report::omitted(Format::Gitlab, &full()),
        [
            "left out: 3 failures without a file in the repository, 4 findings of other kinds, 3 parts that could not be looked at (json has them)"
        ]
    );
    assert_eq!(written(Format::Gitlab, &empty()), "[]\n");
    assert!(report::omitted(Format::Gitlab, &empty()).is_empty());
}

#[test]
fn csv_has_no_cell_that_a_spreadsheet_runs() {
    for assessment in samples() {
        let text = written(Format::Csv, &assessment);
        assert!(text.ends_with("\"\r\n") && text.starts_with("\"record\",\"status\",\"severity\","));
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let mut records = Vec::new();
        for record in reader.records() {
            let record = record.expect("rows of one length");
            for cell in &record {
                let first = cell.trim_start().chars().next();
                assert!(!first.is_some_and(|char| "=+-@＝＋－＠".contains(char)), "{cell:?}");
                assert!(!cell.chars().any(char::is_control), "{cell:?}");
                assert!(cell.encode_utf16().count() < 32_767);
            }
            records.push((record[0].to_owned(), record[1].to_owned()));
        }
        let count = |record: &str, status: &str| records.iter().filter(|row| row.0 == record && row.1 == status).count();
        assert_eq!(count("finding", "fail"), open(&assessment));
        assert_eq!(count("pass", "pass"), assessment.passes.len());
        assert_eq!(count("gap", "not-assessed"), assessment.gaps.len());
        assert_eq!(records.iter().filter(|row| row.0 == "control").count(), assessment.controls.len());
    }
    let text = written(Format::Csv, &full());
    kept("sample.csv", &text);
    assert!(text.contains("\"control\",\"not-assessed\",\"\",\"\",\"CNSC-40\""));
}

#[test]
fn openmetrics_is_read_by_prometheus_own_parser() {
    let parse =
        "import sys; from prometheus_client.openmetrics.parser import text_string_to_metric_families as p; list(p(sys.stdin.read()))";
    for assessment in samples() {
        let text = written(Format::Openmetrics, &assessment);
        assert!(text.ends_with("\n# EOF\n"));
        assert_eq!(oracle::refuses("python3", &["-X", "utf8", "-c", parse], text.as_bytes()), None, "{text}");
        let series: Vec<_> =
            text.lines().filter(|line| !line.starts_with('#')).map(|line| line.rsplit_once(' ').expect("a value").0).collect();
        assert_eq!(series.iter().collect::<BTreeSet<_>>().len(), series.len(), "a series stands once");
        let failures = text.lines().filter(|line| line.starts_with("cnscan_failures{"));
        let sum: usize = failures.map(|line| line.rsplit_once(' ').expect("a value").1.parse::<usize>().expect("a number")).sum();
        assert_eq!(sum, open(&assessment));
    }
    let text = written(Format::Openmetrics, &full());
    kept("sample.openmetrics.txt", &text);
    for line in [
        "cnscan_gaps 2",
        "cnscan_check_errors 1",
        "cnscan_failures{severity=\"high\"} 4",
        "cnscan_controls{status=\"pass\"} 0",
        "cnscan_controls{status=\"not-assessed\"} 1",
        "cnscan_control{framework=\"CNSC\",control=\"CNSC-32\",cnscan_control=\"fail\"} 1",
        "cnscan_control{framework=\"CNSC\",control=\"CNSC-32\",cnscan_control=\"pass\"} 0",
        "cnscan_coverage_ratio 0.500",
        "cnscan_scan_finished_timestamp_seconds 1795312202",
    ] {
        assert!(text.lines().any(|other| other == line), "{line}\n{text}");
    }
}

#[test]
fn equal_fingerprints_stay_apart_for_gitlab() {
    let same = || failure("a.yaml", 3, "a9f7b7a4a5df1a0e5d1b6a7a0b7b0f9b");
    let mut note = same();
    note.verdict = FindingVerdict::Note;
    let assessment =
        Assessment { findings: vec![same(), same(), note, failure("a.yaml", 4, "a9f7b7a4a5df1a0e5d1b6a7a0b7b0f9b:2")], ..empty() };
    let report: Value = serde_json::from_str(&written(Format::Gitlab, &assessment)).expect("JSON");
    let prints: BTreeSet<_> = report.as_array().expect("a list").iter().map(|issue| issue["fingerprint"].to_string()).collect();
    assert_eq!(prints.len(), 3);
    assert!(prints.contains("\"a9f7b7a4a5df1a0e5d1b6a7a0b7b0f9b\""));
}

/// The same cases every run.
fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, rng_seed: RngSeed::Fixed(0x00C0_FFEE), cases: 64, ..ProptestConfig::default() }
}

proptest::proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_text_at_all_gives_reports_that_can_be_read(text in "\\PC{0,40}|[\\x00-\\x20<>&\"'=\\]+@,\\\\\u{fffe}\u{202e}😀-]{0,40}") {
        let assessment = hostile::prefixed(&full(), &text);
        proptest::prop_assert_eq!(tests(&written(Format::Junit, &assessment)).iter().filter(|test| test.2 == "failure").count(), 5);
        let report: Value = serde_json::from_str(&written(Format::Gitlab, &assessment)).expect("JSON");
        proptest::prop_assert!(report.is_array());
        let csv = written(Format::Csv, &assessment);
        for record in csv::Reader::from_reader(csv.as_bytes()).records() {
            for cell in &record.expect("rows of one length") {
                proptest::prop_assert!(!cell.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']), "{:?}", cell);
            }
        }
        let metrics = written(Format::Openmetrics, &assessment);
        proptest::prop_assert!(metrics.lines().all(|line| line.starts_with('#') || line.starts_with("cnscan_")));
    }
}
