//! SARIF, in both profiles, held against its schema, the specification and GitHub's rules.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use cnscan::assess::{Assessment, Baseline, Finding, Severity, Status};
use cnscan::report::sarif;
use serde_json::{Value, json};

#[path = "support/sample.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod sample;
#[path = "support/sarif.rs"]
mod support;

use sample::{control, failure, full, location, subject};
use support::{by_github, by_schema, by_specification, list};

fn github(assessment: &Assessment) -> Value {
    let mut bytes = Vec::new();
    sarif::write(assessment, &mut bytes).expect("memory takes all");
    serde_json::from_slice(&bytes).expect("JSON")
}

fn everything(assessment: &Assessment) -> Value {
    let mut bytes = Vec::new();
    sarif::write_full(assessment, &mut bytes).expect("memory takes all");
    serde_json::from_slice(&bytes).expect("JSON")
}

/// Holds both profiles against all rules and returns them.
fn valid(assessment: &Assessment) -> (Value, Value) {
    let (alerts, all) = (github(assessment), everything(assessment));
    let none = Vec::<String>::new();
    for log in [&alerts, &all] {
        assert_eq!(by_schema(log).unwrap_or_default(), none);
        assert_eq!(by_specification(log), none);
    }
    assert_eq!(by_github(&alerts), none);
    (alerts, all)
}

fn of(findings: Vec<Finding>) -> Assessment {
    Assessment { findings, ..sample::empty() }
}

fn results(log: &Value) -> &[Value] {
    list(&log["runs"][0]["results"])
}

fn region(result: &Value) -> [u64; 4] {
    let region = &result["locations"][0]["physicalLocation"]["region"];
    ["startLine", "startColumn", "endLine", "endColumn"].map(|number| region[number].as_u64().unwrap_or(0))
}

fn kept(name: &str, log: &Value) {
    // for .ci/sarif.sh, and to look at
    fs::write(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name), format!("{log:#}\n")).expect("the folder for tests");
}

#[test]
fn one_of_everything_is_valid_in_both_profiles() {
    let (alerts, all) = valid(&full());
    kept("sample.sarif", &alerts);
    kept("sample-full.sarif", &all);
}

#[test]
fn nothing_found_is_valid_too() {
    let (alerts, all) = valid(&sample::empty());
    assert!(results(&alerts).is_empty() && results(&all).is_empty());
    let (_, bare) = valid(&Assessment { controls: vec![], checks: vec![], inputs: vec![], ..sample::empty() });
    assert_eq!(bare["runs"][0]["taxonomies"], json!([]));
}

#[test]
fn github_gets_open_failures_with_a_file_and_the_rest_is_counted() {
    let alerts = github(&full());
    assert_eq!(
        results(&alerts).iter().map(|result| result["ruleId"].as_str()).collect::<Vec<_>>(),
        [Some("pss-privileged-container"), Some("pss-privileged-container/low")]
    );
    let run = &alerts["runs"][0];
    let omitted = json!({"reviews": 1, "notes": 1, "excused": 2, "withoutFile": 2, "outsideRepository": 1, "overLimit": 0});
    assert_eq!(run["properties"]["omitted"], omitted);
    assert_eq!(run["automationDetails"]["id"], "cnscan/manifest/");
    assert_eq!(run["taxonomies"], Value::Null);
    let said = sarif::omitted(&full());
    assert_eq!(
        said[0],
        "left out: 1 review, 1 note, 2 findings under an exception, 2 failures without a file, 1 failure outside the repository (sarif-full has them)"
    );
    assert!(said[1].starts_with("3 parts of the input were not looked at"), "{said:?}");
    assert!(sarif::omitted(&of(vec![failure("a.yaml", 1, "aa")])).is_empty());
}

#[test]
fn a_rule_stands_for_a_check_and_a_severity() {
    let severities =
        [(Severity::Critical, "error", 9.0, 10.0), (Severity::High, "error", 7.0, 8.9), (Severity::Medium, "warning", 4.0, 6.9)];
    let low = [(Severity::Low, "note", 0.1, 3.9), (Severity::Info, "note", 0.1, 3.9)];
    for (severity, level, least, most) in severities.into_iter().chain(low) {
        let (alerts, _) = valid(&of(vec![Finding { severity, ..failure("a.yaml", 1, "aa") }]));
        let rule = &alerts["runs"][0]["tool"]["driver"]["rules"][0];
        let id = if severity == Severity::High {
            "pss-privileged-container".to_owned()
        } else {
            format!("pss-privileged-container/{}", severity.as_str())
        };
        assert_eq!((rule["id"].as_str(), rule["defaultConfiguration"]["level"].as_str()), (Some(id.as_str()), Some(level)));
        let score: f64 = rule["properties"]["security-severity"].as_str().and_then(|score| score.parse().ok()).expect("a number");
        assert!((least..=most).contains(&score) && (severity != Severity::Critical || score > 9.0), "{severity:?} {score}");
    }
    let tags = github(&full())["runs"][0]["tool"]["driver"]["rules"][0]["properties"]["tags"].clone();
    let expected =
        ["security", "pss", "external/cwe/cwe-250", "CNSC-32", "CNSC-40", "NIST-800-53/CM-7", "NIST-800-53/SC-7(21)", "NIST-800-53/CM-2"];
    assert_eq!(tags, json!(expected));
}

#[test]
fn a_check_with_many_controls_and_long_texts_keeps_within_the_limits() {
    let mut assessment = of(vec![Finding { message: "x\n".repeat(9000).into(), ..failure("a.yaml", 1, "aa") }]);
    let controls: Vec<Arc<str>> = (1..40).map(|number| format!("CNSC-{number}").into()).collect();
    assessment.controls = controls.iter().map(|id| control(id, Status::Fail, &["CM-1", "CM-2", "CM-3", "CM-4"])).collect();
    assessment.checks[0].controls = controls.into();
    assessment.checks[0].title = "😀".repeat(900).into();
    assessment.checks[0].why = "é 😀 why ".repeat(500);
    valid(&assessment);
}

#[test]
fn columns_are_utf_16_code_units() {
    let at = |snippet: &str, columns| {
        let finding =
            Finding { snippet: Some(snippet.into()), location: Some(location("a.yaml", 7, columns)), ..failure("a.yaml", 7, "aa") };
        let (alerts, all) = valid(&of(vec![finding]));
        let text = all["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["snippet"]["text"].clone();
        assert_eq!(region(&results(&alerts)[0]), region(&results(&all)[0]));
        (region(&results(&alerts)[0]), text)
    };
    // name: é, name: 😀: the value from its first to past its last character
    assert_eq!(at("name: é # x", (7, 8)), ([7, 7, 7, 8], json!("é")));
    assert_eq!(at("name: 😀 # x", (7, 8)), ([7, 7, 7, 9], json!("😀")));
    assert_eq!(at("\"😀é\": yes", (7, 10)), ([7, 8, 7, 11], json!("yes")));
    // masked: the characters are gone, their number is not
    assert_eq!(at("key: ***", (6, 9)), ([7, 6, 7, 9], json!("***")));
    let without = Finding { snippet: None, ..failure("a.yaml", 7, "aa") };
    let (alerts, _) = valid(&of(vec![without]));
    assert_eq!(region(&results(&alerts)[0]), [7, 13, 7, 29]);
}

#[test]
fn names_that_mean_harm_are_text() {
    let hostile = [
        "[a](https://example.com)",
        "\u{1b}[31mred",
        "a\r\nb",
        "\u{202e}gnp",
        "{0} {{ .Values.x }}",
        "<script>alert(1)</script>",
        "\u{0}\u{ffff}",
        "| a | b |",
    ];
    for name in hostile {
        let mut finding = failure(&format!("a/{name}/x.yaml"), 1, "aa");
        finding.subject = subject(name, name, name, name);
        finding.message = name.into();
        finding.path = name.into();
        finding.snippet = Some(name.into());
        let mut assessment = of(vec![finding]);
        assessment.controls[0].title = name.into();
        assessment.notices = vec![name.into()];
        assessment.gaps = vec![cnscan::assess::Gap { surface: name.into(), what: name.into(), why: name.into(), ..Default::default() }];
        let (alerts, _) = valid(&assessment);
        assert_eq!(results(&alerts).len(), 1, "{name:?}");
    }
}

#[test]
fn a_check_that_the_result_does_not_describe_still_has_a_rule() {
    let unknown = Finding { check: "gone".into(), ..failure("a.yaml", 1, "aa") };
    let worse = Finding { severity: Severity::Critical, ..unknown.clone() };
    let mut assessment = of(vec![unknown, worse]);
    assessment.passes = vec![cnscan::assess::Pass { check: "gone".into(), subject: subject("Pod", "", "x", "") }];
    let (alerts, _) = valid(&assessment);
    assert_eq!(results(&alerts)[0]["ruleId"], "gone/critical");
}

#[test]
fn the_full_profile_has_every_kind_with_its_level() {
    let (_, all) = valid(&full());
    let mut kinds: Vec<_> = results(&all).iter().map(|result| (result["kind"].as_str(), result["level"].as_str())).collect();
    kinds.sort();
    kinds.dedup();
    let expected = [
        ("fail", "error"),
        ("fail", "note"),
        ("informational", "none"),
        ("notApplicable", "none"),
        ("open", "none"),
        ("pass", "none"),
        ("review", "none"),
    ];
    assert_eq!(kinds, expected.map(|(kind, level)| (Some(kind), Some(level))));
    let run = &all["runs"][0];
    let suppressed: Vec<_> =
        results(&all).iter().flat_map(|result| list(&result["suppressions"])).map(|one| one["kind"].as_str()).collect();
    assert_eq!(suppressed, [Some("external"), Some("inSource")]);
    assert_eq!(list(&run["properties"]["controls"]).len(), 2);
    assert_eq!(run["properties"]["notRun"], json!({"notSelected": 0, "planned": 1}));
    assert_eq!(
        list(&run["taxonomies"][1]["taxa"]).iter().map(|taxon| taxon["id"].as_str()).collect::<Vec<_>>(),
        [Some("CM-2"), Some("CM-7"), Some("SC-7(21)")]
    );
    let logical = &results(&all)[0]["locations"][0]["logicalLocations"][0]["fullyQualifiedName"];
    assert_eq!(logical, "apps/v1/Deployment/shop/web#spec.template.spec.containers[0].securityContext.privileged");
}

#[test]
fn gaps_are_notifications_with_their_place() {
    let (alerts, _) = valid(&full());
    let said = list(&alerts["runs"][0]["invocations"][0]["toolExecutionNotifications"]);
    assert_eq!(said.len(), 3);
    let place = &said[0]["locations"][0]["physicalLocation"];
    assert_eq!(
        (place["artifactLocation"]["uri"].as_str(), place["region"]["startLine"].as_u64()),
        (Some("deploy/bad%20%C3%A9.yaml"), Some(3))
    );
    assert_eq!(said[1]["message"]["text"], "DaemonSet: forbidden.");
}

#[test]
fn a_baseline_stands_on_all_results_or_on_none() {
    let mut assessment = full();
    assessment.findings[0].baseline = Some(Baseline::New);
    assessment.findings[1].baseline = Some(Baseline::Unchanged);
    let (alerts, all) = valid(&assessment);
    let states = |log: &Value, state: &str| results(log).iter().filter(|result| result["baselineState"] == state).count();
    assert_eq!((states(&all, "new"), states(&all, "unchanged")), (1, results(&all).len() - 1));
    // GitHub compares by itself, and closes what an upload does not have
    assert_eq!((results(&alerts).len(), states(&alerts, "new"), states(&alerts, "unchanged")), (2, 1, 1));
    assert!(sarif::omitted(&assessment).iter().any(|line| line.starts_with("1 failure that the baseline has stay")));
    // what was less is neither new nor the same
    assessment.findings[0].was = Some("for review".into());
    let (alerts, all) = valid(&assessment);
    assert_eq!((states(&alerts, "updated"), states(&all, "updated"), states(&all, "new")), (1, 1, 0));
    let (_, all) = valid(&full());
    assert!(results(&all).iter().all(|result| result.get("baselineState").is_none()));
}

#[test]
fn a_run_keeps_the_worst_within_github_s_limits() {
    let many = |number: u32| {
        let severity = if number % 10 == 9 { Severity::Critical } else { Severity::Low };
        Finding { severity, ..failure(&format!("deploy/{}.yaml", number / 100), number % 100 + 1, &format!("{number:032x}")) }
    };
    let assessment = of((0..26_000).map(many).collect());
    let alerts = github(&assessment);
    assert_eq!(by_github(&alerts), Vec::<String>::new());
    let worst = results(&alerts).iter().filter(|result| result["level"] == "error").count();
    assert_eq!((results(&alerts).len(), worst), (25_000, 2_600));
    assert_eq!(alerts["runs"][0]["properties"]["omitted"]["overLimit"], 1_000);
    assert_eq!(
        sarif::omitted(&assessment),
        [
            "left out: the 1000 least severe of 26000 failures, as GitHub refuses larger files",
            "GitHub shows the 5000 most severe of 25000 alerts",
        ]
    );
    kept("many.sarif", &alerts);
}

#[test]
fn texts_that_do_not_pack_do_not_make_the_file_too_large() {
    // what cannot be packed: the text of each finding is drawn by a generator of its own
    let mut state = 1u64;
    let mut word = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        format!("{state:016x}")
    };
    let mut noise = || -> Arc<str> { (0..30).map(|_| word()).collect::<String>().into() };
    let finding = |number: u32| Finding { message: noise(), ..failure("a.yaml", number + 1, &format!("{number:032x}")) };
    let assessment = of((0..15_000).map(finding).collect());
    let alerts = github(&assessment);
    assert!(results(&alerts).len() < 15_000 && results(&alerts).len() > 10_000, "{}", results(&alerts).len());
    kept("noise.sarif", &alerts);
}

#[test]
fn the_same_assessment_gives_the_same_bytes() {
    let bytes = |assessment: &Assessment| [github(assessment).to_string(), everything(assessment).to_string()];
    assert_eq!(bytes(&full()), bytes(&full()));
    let mut turned = full();
    turned.findings.reverse();
    assert_eq!(github(&full()), github(&turned));
}
