//! A scan against a baseline: every format says in its own words what is known, and none takes it for passed or for gone.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use predicates::str::contains;
use serde_json::Value;

const POD: &str = "apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  containers:
  - name: app
    image: example.com/app@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
    securityContext: {privileged: true}
";

fn cnscan(folder: &Path) -> Command {
    let mut command = Command::cargo_bin("cnscan").expect("it is built");
    command.current_dir(folder).env("SOURCE_DATE_EPOCH", "1790000000").env_remove("COLUMNS");
    command
}

/// A folder with a pod, and the result of it as `old.json`; then a second pod beside it.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("pod.yaml"), POD).expect("a file");
    let narrow = ["scan", "--check", "pss-privileged-container", "--profile", "all", "--no-config", "-q"];
    cnscan(folder.path()).args(narrow).args(["-o", "json=old.json", "pod.yaml"]).assert().code(1);
    fs::write(folder.path().join("pod.yaml"), format!("{POD}---\n{}", POD.replace("name: web", "name: other"))).expect("a file");
    folder
}

/// What the scan of both pods is in a format, and what is said beside it.
fn written(folder: &Path, format: &str) -> (String, String) {
    let narrow = ["scan", "--check", "pss-privileged-container", "--profile", "all", "--no-config", "--baseline", "old.json", "pod.yaml"];
    let output = cnscan(folder).args(narrow).args(["-f", format]).assert().code(1).get_output().clone();
    (String::from_utf8(output.stdout).expect("UTF-8"), String::from_utf8(output.stderr).expect("UTF-8"))
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

fn times(text: &str, part: &str) -> usize {
    text.matches(part).count()
}

#[test]
fn every_format_tells_what_is_known_from_what_is_new() {
    let folder = folder();
    let of = |format| written(folder.path(), format);
    let result = json(&of("json").0);
    assert_eq!((&result["baseline"]["open"], &result["baseline"]["gone"]), (&1.into(), &0.into()));
    let states: Vec<_> = result["findings"].as_array().expect("a list").iter().map(|finding| &finding["baseline"]).collect();
    assert_eq!(states, ["unchanged", "new"]);

    let (alerts, said) = of("sarif");
    let states: Vec<_> =
        json(&alerts)["runs"][0]["results"].as_array().expect("a list").iter().map(|one| one["baselineState"].clone()).collect();
    assert_eq!(states, ["unchanged", "new"], "what is left out, GitHub closes as fixed");
    assert!(said.contains("1 failure that the baseline has stay"), "{said}");
    let full = json(&of("sarif-full").0);
    assert!(full["runs"][0]["results"].as_array().expect("a list").iter().all(|one| one["baselineState"].is_string()));
    assert_eq!(full["runs"][0]["properties"]["baseline"]["open"], 1);

    let junit = of("junit").0;
    let counts = ["failures=\"1\"", "<failure ", "known from the baseline, still critical: "].map(|part| times(&junit, part));
    assert_eq!(counts, [1, 1, 1], "{junit}");
    let (issues, said) = of("gitlab");
    assert_eq!((times(&issues, "(known from the baseline)"), times(&issues, "(new: not in the baseline)")), (1, 1), "{issues}");
    assert!(said.contains("stay in it, marked as known"), "{said}");
    let rows = of("csv").0;
    assert_eq!((times(&rows, "\"unchanged\""), times(&rows, "\"new\"")), (1, 1), "{rows}");
    let metrics = of("openmetrics").0;
    for line in ["cnscan_failures{severity=\"critical\"} 2", "cnscan_new_failures{severity=\"critical\"} 1", "cnscan_baseline_gone 0"] {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }
    for format in ["policyreport", "openreports", "gemara", "oscal", "oscal-poam"] {
        let text = of(format).0;
        let (known, new) = (times(&text, "known from the baseline"), times(&text, "new: not in the baseline"));
        assert!(known > 0 && known == new, "{format}: {known} known, {new} new");
    }
    for (format, words) in [
        ("table", "1 known from it, 1 new."),
        ("markdown", "Failures that the baseline has: 1 (they are not new, and still fail)"),
        ("html", "Failed, known before"),
    ] {
        let text = of(format).0;
        assert!(text.split_whitespace().collect::<Vec<_>>().join(" ").contains(words), "{format}: {text}");
    }
}

#[test]
fn a_known_failure_never_passes() {
    let folder = folder();
    let junit = written(folder.path(), "junit").0;
    let suite = junit.split("<testsuite ").find(|suite| suite.contains("name=\"pss-privileged-container\"")).expect("the check's suite");
    assert_eq!((times(suite, "<testcase "), times(suite, "<skipped "), times(suite, "<failure ")), (2, 1, 1), "{suite}");
    let report = written(folder.path(), "policyreport").0;
    assert_eq!((times(&report, "result: fail"), times(&report, "result: pass")), (2, 0), "{report}");
    let results = json(&written(folder.path(), "oscal").0);
    let states: Vec<_> = results["assessment-results"]["results"][0]["findings"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| &one["target"]["status"]["state"])
        .collect();
    assert!(!states.is_empty() && states.iter().all(|state| *state == "not-satisfied"), "{states:?}");
}

#[test]
fn a_baseline_of_something_else_is_warned_of() {
    let folder = folder();
    let scan = ["scan", "--profile", "pss-baseline", "--kubernetes-version", "1.33", "--no-config", "--baseline", "old.json", "pod.yaml"];
    let said = "--baseline: it was made with another profile (all ";
    cnscan(folder.path())
        .args(scan)
        .args(["-f", "sarif"])
        .assert()
        .stderr(contains(said))
        .stderr(contains("another Kubernetes version ("))
        .stderr(contains("another selection (some of the checks"));
    let output = cnscan(folder.path()).args(scan).args(["-f", "table"]).output().expect("it runs");
    assert!(!String::from_utf8_lossy(&output.stderr).contains("--baseline"), "the table says it itself");
    assert!(String::from_utf8_lossy(&output.stdout).contains("made with another profile"));
    // an older tool's result
    let old = fs::read_to_string(folder.path().join("old.json")).expect("the result");
    let mut old = json(&old);
    old["tool"]["version"] = "0.0.1".into();
    old["catalog"]["sha256"] = "00".repeat(32).into();
    fs::write(folder.path().join("old.json"), old.to_string()).expect("a file");
    let said = written(folder.path(), "json").1;
    for words in ["another release of the tool (0.0.1, now ", "another catalog ("] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert!(!said.contains("another profile") && !said.contains("another selection"), "{said}");
}

#[test]
fn what_is_not_found_any_more_is_not_said_to_be_fixed() {
    let folder = folder();
    fs::write(folder.path().join("pod.yaml"), POD.replace("privileged: true", "privileged: false")).expect("a file");
    let narrow = ["scan", "--check", "pss-privileged-container", "--profile", "all", "--no-config", "--baseline", "old.json", "pod.yaml"];
    let output = cnscan(folder.path()).args(narrow).args(["-f", "json"]).assert().code(0).get_output().stdout.clone();
    let result = json(&String::from_utf8_lossy(&output));
    assert_eq!((&result["baseline"]["open"], &result["baseline"]["gone"]), (&1.into(), &1.into()));
    assert!(result["notices"].to_string().contains("1 finding of the baseline not found any more: fixed, or not looked at this time"));
}
