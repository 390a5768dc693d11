//! Results seen from another framework: what supports what, what maps to nothing, and never "satisfied".

use std::fs;

use assert_cmd::Command;
use cnscan::assess::{Assessment, CheckVerdict, Standing, Status, crosswalk};
use cnscan::policy::{Catalog, Mapping};
use cnscan::report::{self, Format, Options};

#[path = "support/hostile.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod hostile;
#[path = "support/sample.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod sample;

use sample::{control, full};

fn nist() -> Mapping {
    Mapping::load("nist-800-53").expect("the embedded mapping")
}

fn seen() -> Assessment {
    let mut assessment = full();
    assessment.controls.push(control("CNSC-7", Status::Partial, &["AC-10", "AC-3(7)", "AC-2"]));
    assessment.controls.push(control("CNSC-8", Status::Pass, &[]));
    assessment.crosswalk = Some(crosswalk::of(&assessment, &nist()));
    assessment
}

fn text(format: Format, assessment: &Assessment, verbose: u8) -> String {
    let mut bytes = Vec::new();
    report::write(format, assessment, &Options { width: 120, verbose, ..Options::default() }, &mut bytes).expect("memory takes all");
    String::from_utf8(bytes).expect("UTF-8")
}

#[test]
fn a_control_of_the_framework_stands_as_the_worst_that_maps_to_it() {
    let assessment = seen();
    let seen = assessment.crosswalk.expect("a crosswalk");
    let rows: Vec<_> = seen.entries.iter().map(|entry| (entry.id.as_str(), entry.standing, entry.controls.len())).collect();
    let expected = [
        ("AC-2", Standing::Supports, 1),
        ("AC-3(7)", Standing::Supports, 1),
        ("AC-10", Standing::Supports, 1),
        ("CM-2", Standing::NotAssessed, 1),
        ("CM-7", Standing::Against, 2),
        ("SC-7(21)", Standing::Against, 1),
    ];
    assert_eq!(rows, expected);
    // the five failures count once although two of the controls that cite their check map to it
    assert_eq!((seen.entries[4].failures, seen.entries[4].reviews), (5, 1));
    assert_eq!(seen.unmapped, ["CNSC-8"]);
    assert_eq!(seen.framework.sha256, assessment.catalog.sha256);
}

#[test]
fn nothing_that_nobody_looked_at_supports_anything() {
    for status in Status::ALL {
        let mut assessment = Assessment { controls: vec![control("CNSC-1", status, &["AC-2"])], ..sample::empty() };
        assessment.checks[0].verdict = CheckVerdict::NotAssessed;
        let standing = crosswalk::of(&assessment, &nist()).entries[0].standing;
        let supports = matches!(status, Status::Pass | Status::Partial | Status::Attested);
        assert_eq!(standing == Standing::Supports, supports, "{status:?}");
    }
}

#[test]
fn the_table_and_the_comment_say_what_maps_to_nothing_and_claim_no_more_than_support() {
    let assessment = seen();
    for (format, verbose) in [(Format::Table, 0), (Format::Table, 1), (Format::Markdown, 0)] {
        let shown = text(format, &assessment, verbose);
        let flat = shown.split_whitespace().collect::<Vec<_>>().join(" ").replace("<br>", "").replace('\\', "");
        for part in [
            "By NIST SP 800-53 Rev. 5",
            "Mapped to nothing there: 1 control of the profile (CNSC-8).",
            "is shown nowhere",
            "CNSC-32 (relates to, fail)",
        ] {
            assert!(flat.contains(part), "{part}\n{flat}");
        }
        assert_eq!(flat.contains("CM-2:") || flat.contains("not-assessed CM-2"), verbose > 0, "{flat}");
        assert!(!flat.to_lowercase().contains("compliant with"));
    }
    assert!(text(Format::Table, &assessment, 0).contains("-v shows 1 not assessed"));
    let back = report::json::read(&text(Format::Json, &assessment, 0)).expect("our own result");
    assert_eq!(back.crosswalk, assessment.crosswalk);
    let bare = full();
    assert!(!text(Format::Json, &bare, 0).contains("crosswalk") && !text(Format::Markdown, &bare, 0).contains("By NIST"));
}

#[test]
fn hostile_names_stay_text() {
    for hostile in hostile::TEXTS {
        let mut assessment = hostile::prefixed(&seen(), hostile);
        assessment.crosswalk = Some(crosswalk::of(&assessment, &nist()));
        for format in [Format::Table, Format::Markdown] {
            let shown = text(format, &assessment, 1);
            assert!(!shown.contains(['\u{1b}', '\u{202e}', '\0']), "{hostile:?}");
            assert!(format == Format::Table || !shown.contains("<script>"), "{hostile:?}");
        }
    }
}

#[test]
fn every_control_of_the_catalog_maps_or_is_said_not_to() {
    let controls = Catalog::embedded().controls();
    let controls: Vec<_> =
        controls.map(|own| cnscan::assess::Control { supports: own.nist.clone(), ..control(&own.id, Status::NotAssessed, &[]) }).collect();
    let count = controls.len();
    let seen = crosswalk::of(&Assessment { controls, ..sample::empty() }, &nist());
    let mapped: std::collections::BTreeSet<_> = seen.entries.iter().flat_map(|entry| &entry.controls).map(|control| &control.id).collect();
    assert_eq!((mapped.len(), seen.unmapped.len()), (176, 38));
    assert_eq!(mapped.len() + seen.unmapped.len(), count);
}

#[test]
fn a_mapping_of_the_user_s_groups_a_scan_and_a_result() {
    let folder = tempfile::tempdir().expect("a folder");
    let mapping = folder.path().join("own.yaml");
    let body = "title: ours\nmetadata: {mapping-references: [{id: ISO, title: ISO 27001, version: '2022'}]}\ntarget-reference: {reference-id: ISO, entry-type: Control}\nmappings:\n- {id: a, source: CNSC-32, relationship: supports, targets: [{entry-id: A.8.9, strength: 4}]}\n- {id: b, source: NONE-1, relationship: relates-to, targets: [{entry-id: A.1}]}\n";
    fs::write(&mapping, body).expect("a file");
    let cnscan = || Command::new(env!("CARGO_BIN_EXE_cnscan"));
    let json = folder.path().join("now.json");
    let scan = cnscan()
        .args(["scan", "fixtures/_shop", "--no-config", "--fail-on", "none", "--framework"])
        .arg(&mapping)
        .arg("-o")
        .arg(format!("json={}", json.display()))
        .args(["-f", "junit"])
        .output()
        .expect("it runs");
    assert_eq!(
        String::from_utf8_lossy(&scan.stderr).trim(),
        "cnscan: junit: does not show the result by --framework; table, markdown, html, csv, openmetrics, sarif-full and json do"
    );
    let result = report::json::read(&fs::read_to_string(&json).expect("the result")).expect("our own result");
    let seen = result.crosswalk.expect("a crosswalk");
    assert_eq!((seen.entries.len(), seen.entries[0].controls[0].strength, seen.entries[0].standing), (1, Some(4), Standing::Against));
    assert_eq!((seen.absent, seen.unmapped.len()), (vec!["NONE-1".to_owned()], result.controls.len() - 1));
    let shown = cnscan().arg("convert").arg(&json).args(["-f", "table", "--framework", "nist-800-53"]).output().expect("it runs");
    assert!(String::from_utf8_lossy(&shown.stdout).contains("By NIST SP 800-53 Rev. 5"));
    let unknown = cnscan().args(["scan", "fixtures/_shop", "--framework", "nist"]).output().expect("it runs");
    assert_eq!(unknown.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("nist-800-53"));
}

#[test]
fn more_formats_and_the_configuration_file_know_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\nspec:\n  containers: [{name: web, image: 'a:1', securityContext: {privileged: true}}]\n";
    fs::write(folder.path().join("pod.yaml"), pod).expect("a file");
    fs::write(folder.path().join("cnscan.yaml"), "framework: nist-800-53\n").expect("a file");
    let scan = |format: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cnscan"));
        let output =
            command.current_dir(folder.path()).args(["scan", "pod.yaml", "--fail-on", "none", "-f", format]).output().expect("it runs");
        assert!(output.status.success() && output.stderr.is_empty(), "{format}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    };
    let rows = scan("csv");
    let rows: Vec<_> = csv::Reader::from_reader(rows.as_bytes())
        .records()
        .flatten()
        .filter(|row| &row[0] == "framework")
        .map(|row| row[1].to_owned())
        .collect();
    assert!(rows.iter().any(|standing| standing == "against") && rows.iter().any(|standing| standing == "unmapped"), "{rows:?}");
    let page = scan("html");
    assert!(page.contains("By another framework") && page.contains("is shown nowhere") && page.contains("that map to nothing there"));
    let metrics = scan("openmetrics");
    assert!(metrics.contains("cnscan_framework_controls{framework=\"nist-800-53\",standing=\"against\"}"), "{metrics}");
    assert!(metrics.contains("cnscan_framework_unmapped ") && metrics.ends_with("# EOF\n"));
    let sarif: serde_json::Value = serde_json::from_str(&scan("sarif-full")).expect("JSON");
    assert!(sarif["runs"][0]["properties"]["crosswalk"]["entries"].as_array().is_some_and(|entries| !entries.is_empty()));
    fs::write(folder.path().join("cnscan.yaml"), "fail_on: none\nframework: nist\n").expect("a file");
    let wrong = Command::new(env!("CARGO_BIN_EXE_cnscan")).current_dir(folder.path()).args(["scan", "pod.yaml"]).output().expect("it runs");
    assert_eq!(wrong.status.code(), Some(2));
    assert!(
        String::from_utf8_lossy(&wrong.stderr).contains("cnscan.yaml:2:12: there is no framework `nist`"),
        "{}",
        String::from_utf8_lossy(&wrong.stderr)
    );
}
