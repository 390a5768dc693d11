//! What people vouch for in every format: it is told, never as a check's pass, and whatever stands in it does no harm.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use clap::ValueEnum;
use cnscan::assess::{Assessment, Status};
use cnscan::report::{self, Format, Options};
use serde_json::Value;

#[path = "support/hostile.rs"]
mod hostile;
#[path = "support/sample.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod sample;

use sample::{attested, empty, full, whole};

fn written(format: Format, assessment: &Assessment) -> String {
    let mut bytes = Vec::new();
    report::write(format, assessment, &Options { verbose: 1, ..Options::default() }, &mut bytes).expect("memory takes all");
    String::from_utf8(bytes).expect("UTF-8")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn cyclonedx(assessment: &Assessment) -> Value {
    serde_json::from_str(&written(Format::Cyclonedx, assessment)).expect("JSON")
}

#[test]
fn no_text_in_them_does_harm_in_any_format() {
    for text in hostile::TEXTS {
        for assessment in [hostile::made(&attested(), text), hostile::prefixed(&attested(), text)] {
            for format in Format::value_variants() {
                let report = written(*format, &assessment);
                let shown =
                    matches!(format, Format::Table | Format::Html | Format::Markdown | Format::Csv | Format::Openmetrics | Format::Junit);
                assert!(!shown || !report.contains(['\u{1b}', '\u{202e}', '\0']), "{format:?} {text:?}");
                let page = matches!(format, Format::Html | Format::Markdown);
                assert!(!page || !report.contains("<script>alert"), "{format:?} {text:?}");
            }
            let again = report::json::read(&written(Format::Json, &assessment)).expect("our own result");
            assert_eq!(again, assessment);
        }
    }
}

#[test]
fn those_that_do_not_count_are_told_with_their_place() {
    for format in [Format::Table, Format::Markdown, Format::Html, Format::SarifFull, Format::Json] {
        let report = written(format, &attested());
        assert!(report.contains("it expired on 2026-09-20") || report.contains("It expired on 2026-09-20"), "{format:?}");
        assert!(report.contains("governance/a.yaml"), "{format:?}");
    }
}

#[test]
fn oscal_has_the_people_the_days_and_a_finding_where_a_status_rests_on_them() {
    let results: Value = serde_json::from_str(&written(Format::Oscal, &attested())).expect("JSON");
    let results = &results["assessment-results"];
    assert_eq!(list(&results["metadata"]["parties"]).len(), 2);
    let result = &results["results"][0];
    let by_people: Vec<_> = list(&result["observations"]).iter().filter(|one| one["methods"][0] != "TEST").collect();
    let told: Vec<_> =
        by_people.iter().map(|one| (one["methods"][0].as_str(), one["collected"].as_str(), one["expires"].as_str())).collect();
    let days = (Some("2026-09-01T00:00:00Z"), Some("2027-08-31T00:00:00Z"));
    let row = |method| (Some(method), days.0, days.1);
    assert_eq!(told, [row("EXAMINE"), row("EXAMINE"), row("INTERVIEW")]);
    let findings: Vec<_> = list(&result["findings"]).iter().filter(|one| one["target"]["type"] == "statement-id").collect();
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0]["target"]["target-id"], "CNSC-41_smt");
    assert_eq!(list(&findings[0]["related-observations"]).len(), 2);
}

#[test]
fn cyclonedx_claims_what_was_seen_and_its_references_lead_somewhere() {
    let hostile = hostile::TEXTS.iter().flat_map(|text| [hostile::made(&attested(), text), hostile::prefixed(&attested(), text)]);
    for assessment in [empty(), full(), whole(), attested()].into_iter().chain(hostile) {
        let document = cyclonedx(&assessment);
        let (mut given, mut cited) = (Vec::new(), BTreeSet::new());
        walk(&document, "", &mut given, &mut cited);
        let unique: BTreeSet<_> = given.iter().cloned().collect();
        assert_eq!(unique.len(), given.len(), "{given:?}");
        assert!(cited.is_subset(&unique), "{:?}", cited.difference(&unique));
    }
    let document = cyclonedx(&attested());
    let map = list(&document["declarations"]["attestations"][0]["map"]).to_vec();
    let scores: Vec<_> = map.iter().map(|row| row["conformance"]["score"].as_i64()).collect();
    assert_eq!(scores, [Some(0), None, Some(1)]);
    assert!(map[0]["counterClaims"].is_array() && map[0]["claims"].is_array() && map[1]["claims"].is_null());
    let evidence = list(&document["declarations"]["evidence"]);
    let said = evidence.iter().find(|one| one["author"]["name"] == "Ada Lovelace <ada@example.com>").expect("a person's evidence");
    assert_eq!((said["reviewer"]["name"].as_str(), said["expires"].as_str()), (Some("Grace Hopper"), Some("2027-08-31T00:00:00Z")));
    // for .ci/bundle.sh, and to look at
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("sample.cdx.json");
    fs::write(path, document.to_string()).expect("the folder for tests");
}

fn walk(value: &Value, key: &str, given: &mut Vec<String>, cited: &mut BTreeSet<String>) {
    const LINKS: [&str; 8] = ["requirement", "claims", "counterClaims", "target", "evidence", "counterEvidence", "assessor", "parent"];
    match value {
        Value::String(text) if key == "bom-ref" => given.push(text.clone()),
        Value::String(text) if LINKS.contains(&key) => _ = cited.insert(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| walk(item, key, given, cited)),
        Value::Object(map) => map.iter().for_each(|(key, item)| walk(item, key, given, cited)),
        _ => {}
    }
}

#[test]
fn a_status_that_rests_on_them_is_no_pass_of_a_check() {
    let assessment = attested();
    let metrics = written(Format::Openmetrics, &assessment);
    assert!(metrics.contains("cnscan_controls{status=\"attested\"} 1\n"), "{metrics}");
    assert!(assessment.controls.iter().any(|control| control.status == Status::Attested));
    let gemara = written(Format::Gemara, &assessment);
    assert!(gemara.contains("vouched for, which does not settle it") && gemara.contains("attested: "), "{gemara}");
}

#[test]
fn a_self_assessment_is_a_draft_that_names_what_it_rests_on() {
    let draft = |assessment: &Assessment| {
        let mut bytes = Vec::new();
        report::self_assessment::write(assessment, &"ef".repeat(32), &mut bytes).expect("memory takes all");
        String::from_utf8(bytes).expect("UTF-8")
    };
    let text = draft(&attested());
    for part in [
        "Draft, made by cnscan 0.1.0",
        "efef",
        "**Attested**",
        "Ada Lovelace",
        "Known shortcomings",
        "Accepted risks",
        "Not looked at (2)",
        "Nothing is known of",
        "To be written by people",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert!(!text.contains("satisf") && !text.contains("compliant"), "{text}");
    for hostile in hostile::TEXTS {
        let text = draft(&hostile::made(&attested(), hostile));
        assert!(!text.contains("<script>") && !text.contains(['\u{1b}', '\u{202e}', '\0']), "{hostile:?}");
    }
}
