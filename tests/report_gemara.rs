//! Gemara: logs that name what the exported catalog has, and that pass nothing nobody looked at.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use cnscan::assess::{Assessment, CheckVerdict, Coverage, Status};
use cnscan::policy::Profile;
use cnscan::report::gemara::{self, catalog};
use serde_json::Value;

#[path = "support/hostile.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod hostile;
#[path = "support/sample.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod sample;

use sample::{bound, control, full, whole};

const RESULTS: [&str; 6] = ["Not Run", "Passed", "Failed", "Needs Review", "Not Applicable", "Unknown"];

fn parsed(write: impl FnOnce(&mut Vec<u8>)) -> Value {
    let mut bytes = Vec::new();
    write(&mut bytes);
    serde_saphyr::from_str(std::str::from_utf8(&bytes).expect("UTF-8")).expect("YAML")
}

fn log(assessment: &Assessment) -> Value {
    parsed(|bytes| gemara::write(assessment, bytes).expect("memory takes all"))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// What the schemas ask of a log, and references that lead nowhere, which they do not.
fn valid(log: &Value) {
    let keys = |value: &Value, most: &[&str]| {
        let strange: Vec<_> = value.as_object().expect("an object").keys().filter(|key| !most.contains(&key.as_str())).collect();
        assert!(strange.is_empty(), "{strange:?}");
    };
    let texts = |value: &Value, names: &[&str]| names.iter().for_each(|name| assert!(value[name].is_string(), "{name}: {value}"));
    keys(log, &["metadata", "target", "result", "evaluations"]);
    keys(&log["metadata"], &["id", "type", "gemara-version", "version", "date", "description", "author", "mapping-references"]);
    assert_eq!((log["metadata"]["type"].as_str(), log["metadata"]["gemara-version"].as_str()), (Some("EvaluationLog"), Some("1.3.0")));
    texts(&log["metadata"], &["id", "version", "date", "description"]);
    texts(&log["target"], &["id", "name", "type"]);
    let references: BTreeSet<_> = list(&log["metadata"]["mapping-references"]).iter().map(|one| one["id"].as_str()).collect();
    let mut evidence: BTreeMap<String, Value> = BTreeMap::new();
    assert!(!list(&log["evaluations"]).is_empty());
    for evaluation in list(&log["evaluations"]) {
        texts(evaluation, &["name", "message"]);
        let reference = &evaluation["control"]["reference-id"];
        assert!(references.contains(&reference.as_str()));
        assert!(!list(&evaluation["assessment-logs"]).is_empty());
        for log in list(&evaluation["assessment-logs"]) {
            texts(log, &["description", "message", "start"]);
            assert!(log["start"].as_str().is_some_and(|time| time.ends_with('Z')));
            assert_eq!(&log["requirement"]["reference-id"], reference);
            assert!(!list(&log["applicability"]).is_empty() && !list(&log["steps"]).is_empty());
            assert!(log["result"].as_str().is_some_and(|word| RESULTS.contains(&word)));
            for item in list(&log["evidence"]) {
                keys(item, &["id", "type", "collected-at", "description", "payload"]);
                let id = item["id"].as_str().expect("an id").to_owned();
                assert_eq!(evidence.entry(id).or_insert_with(|| item.clone()), item, "an id names one item");
            }
        }
        // what a reader who adds up by himself gets is no better than what we say
        let order = ["Failed", "Unknown", "Needs Review", "Passed", "Not Applicable", "Not Run"];
        let weight = |value: &Value| order.iter().position(|word| value["result"] == *word).expect("a result");
        let worst = list(&evaluation["assessment-logs"]).iter().map(weight).min();
        assert!(worst.is_some_and(|worst| weight(evaluation) <= worst || evaluation["result"] != "Passed"), "{evaluation:#}");
    }
}

#[test]
fn logs_are_valid_whatever_the_names() {
    for assessment in std::iter::once(whole()).chain(hostile::TEXTS.iter().map(|text| hostile::prefixed(&whole(), text))) {
        valid(&log(&assessment));
    }
    let mut bytes = Vec::new();
    gemara::write(&whole(), &mut bytes).expect("memory takes all");
    fs::write(Path::new(env!("CARGO_TARGET_TMPDIR")).join("sample.gemara.yaml"), bytes).expect("the folder for tests");
}

#[test]
fn what_was_not_looked_at_does_not_pass() {
    let log = log(&whole());
    let result = |control: usize, check: usize| log["evaluations"][control]["assessment-logs"][check]["result"].as_str();
    // there is a gap, so what was not assessed is unknown
    assert_eq!((result(0, 0), result(0, 1), result(0, 2)), (Some("Failed"), Some("Unknown"), Some("Not Run")));
    assert_eq!((result(1, 0), result(1, 1)), (Some("Not Run"), Some("Not Run")));
    assert_eq!((&log["evaluations"][1]["result"], &log["result"]), (&"Not Run".into(), &"Failed".into()));
    let description = log["metadata"]["description"].as_str().unwrap_or_default();
    assert!(description.ends_with("2 parts of the evidence could not be looked at, 1 check broke."), "{description}");
}

#[test]
fn a_control_that_asks_for_more_than_its_checks_show_needs_review() {
    let mut assessment = Assessment { controls: vec![control("CNSC-1", Status::Partial, &[])], ..sample::empty() };
    assessment.controls[0].checks = vec![bound("a", CheckVerdict::Pass)];
    let partial = log(&assessment);
    assert_eq!(partial["evaluations"][0]["result"], "Needs Review");
    assert_eq!(partial["evaluations"][0]["assessment-logs"][1]["requirement"]["entry-id"], "CNSC-1.attest");
    assert_eq!(partial["evaluations"][0]["assessment-logs"][1]["result"], "Needs Review");
    assessment.controls[0].coverage = Coverage::Full;
    assessment.controls[0].status = Status::Pass;
    assert_eq!(log(&assessment)["result"], "Passed");
    assessment.gaps = full().gaps;
    let unsure = log(&assessment);
    assert_eq!((&unsure["result"], &unsure["evaluations"][0]["assessment-logs"][0]["result"]), (&"Unknown".into(), &"Needs Review".into()));
}

#[test]
fn failures_have_their_evidence_and_excuses_their_reason() {
    let log = log(&whole());
    let first = &log["evaluations"][0]["assessment-logs"][0];
    // the sample has five failures, a review and two excuses; a note is no evidence of anything
    assert_eq!(list(&first["evidence"]).len(), 8);
    let payload = &first["evidence"][0]["payload"];
    assert_eq!((payload["path"].as_str(), payload["start-line"].as_u64()), (Some("deploy/web.yaml"), Some(18)));
    assert!(
        first["message"].as_str().is_some_and(|message| message.contains("[excused by config until 2027-01-31: node agent, waiver W-12]"))
    );
}

#[test]
fn the_exported_catalog_has_every_requirement_that_a_log_names() {
    for profile in Profile::embedded() {
        let exported = parsed(|bytes| catalog::write_controls(&profile, bytes).expect("memory takes all"));
        let controls = list(&exported["controls"]);
        assert_eq!(controls.len(), profile.requirements.len());
        let groups: BTreeSet<_> = list(&exported["groups"]).iter().map(|group| group["id"].as_str()).collect();
        let mut ids = BTreeSet::new();
        for control in controls {
            assert!(groups.contains(&control["group"].as_str()));
            assert!(!list(&control["assessment-requirements"]).is_empty(), "{control}");
            ids.extend(list(&control["assessment-requirements"]).iter().filter_map(|one| one["id"].as_str()).map(str::to_owned));
        }
        let mut assessment = sample::empty();
        assessment.controls = profile
            .requirements
            .iter()
            .map(|one| {
                let checks = one.checks.iter().chain(&one.planned).map(|id| bound(id, CheckVerdict::Pass)).collect();
                cnscan::assess::Control { checks, coverage: one.coverage, ..control(&one.id, Status::Partial, &[]) }
            })
            .collect();
        let named = log(&assessment);
        let named = list(&named["evaluations"]).iter().flat_map(|one| list(&one["assessment-logs"]));
        let unknown: Vec<_> = named.filter_map(|one| one["requirement"]["entry-id"].as_str()).filter(|id| !ids.contains(*id)).collect();
        assert!(unknown.is_empty(), "{}: {unknown:?}", profile.name);
    }
}

#[test]
fn mappings_claim_support_and_never_more() {
    for profile in Profile::embedded() {
        for target in [catalog::Target::Cnsc, catalog::Target::Nist] {
            let document = parsed(|bytes| catalog::write_mapping(&profile, target, bytes).expect("memory takes all"));
            let mappings = list(&document["mappings"]);
            assert_eq!(mappings.len(), profile.requirements.len());
            for mapping in mappings {
                let word = mapping["relationship"].as_str().unwrap_or_default();
                assert!(["supports", "relates-to", "no-match"].contains(&word), "{word}");
                assert_eq!(word == "no-match", list(&mapping["targets"]).is_empty());
            }
        }
    }
}
