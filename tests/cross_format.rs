//! One result in every format: as many failures in each as in the result, the same bytes every time, no secret in any.

use std::fs;
use std::path::Path;
use std::process::Command;

use clap::ValueEnum;
use cnscan::report::{self, Format};
use serde_json::Value;

/// The bundled shop in every format, in the order of the formats.
fn shop(folder: &Path) -> Vec<(Format, String)> {
    let formats = Format::value_variants();
    let file = |format: &Format| folder.join(format.describe().0);
    let mut command = Command::new(env!("CARGO_BIN_EXE_cnscan"));
    command
        .args(["scan", "fixtures/_shop", "--no-config", "--fail-on", "none", "--quiet", "--include-passes"])
        .env("SOURCE_DATE_EPOCH", "1795312202");
    command.args(formats.iter().flat_map(|format| ["-o".to_owned(), format!("{}={}", format.describe().0, file(format).display())]));
    let output = command.output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    formats.iter().map(|format| (*format, fs::read_to_string(file(format)).expect("a report"))).collect()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

/// How many open failures a report has; `None` where the format does not count them one by one.
fn failures(format: Format, text: &str) -> Option<usize> {
    let count =
        |list: &Value, holds: &dyn Fn(&Value) -> bool| list.as_array().map_or(0, |list| list.iter().filter(|one| holds(one)).count());
    Some(match format {
        Format::Json => count(&json(text)["findings"], &|one| one["verdict"] == "fail" && one["excused"].is_null()),
        Format::Sarif => count(&json(text)["runs"][0]["results"], &|_| true),
        Format::SarifFull => count(&json(text)["runs"][0]["results"], &|one| {
            one["kind"] == "fail" && one["suppressions"].as_array().is_none_or(Vec::is_empty)
        }),
        Format::Junit => text.matches("<failure ").count(),
        Format::Gitlab => count(&json(text), &|_| true),
        Format::Csv => {
            csv::Reader::from_reader(text.as_bytes()).records().flatten().filter(|row| &row[0] == "finding" && &row[1] == "fail").count()
        }
        Format::Openmetrics => {
            let lines = text.lines().filter(|line| line.starts_with("cnscan_failures{"));
            lines.filter_map(|line| line.rsplit_once(' ')?.1.parse::<usize>().ok()).sum()
        }
        Format::Policyreport | Format::Openreports => text.lines().filter(|line| line.trim() == "result: fail").count(),
        Format::Oscal => count(&json(text)["assessment-results"]["results"][0]["risks"], &|one| one["status"] == "open"),
        Format::OscalPoam => count(&json(text)["plan-of-action-and-milestones"]["risks"], &|one| one["status"] == "open"),
        // for people, or by control
        Format::Table | Format::Html | Format::Markdown | Format::Gemara | Format::OscalPlan | Format::Cyclonedx => return None,
    })
}

#[test]
fn every_format_has_as_many_failures_as_the_result() {
    let folder = tempfile::tempdir().expect("a folder");
    let reports = shop(folder.path());
    let result = reports.iter().find(|(format, _)| *format == Format::Json).expect("the result");
    let assessment = report::json::read(&result.1).expect("our own result");
    let expected = assessment.findings.iter().filter(|finding| finding.is_open_failure()).count();
    assert!(expected > 20 && assessment.findings.iter().any(|finding| finding.excused.is_some()));
    for (format, text) in &reports {
        if let Some(count) = failures(*format, text) {
            assert_eq!(count, expected, "{format:?}");
        }
    }
    let failed =
        |word: &str| reports.iter().find(|(format, _)| *format == Format::Gemara).map_or(0, |(_, text)| text.matches(word).count());
    let controls = assessment.controls.iter().filter(|control| matches!(control.status.as_str(), "fail" | "excused")).count();
    assert_eq!(failed("\n  result: Failed\n"), controls);
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let (one, two) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let without = |reports: Vec<(Format, String)>, folder: &Path| -> Vec<_> {
        // the command line, which two of the formats hold, names the files
        let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        reports.into_iter().map(|(format, text)| (format, text.replace(&name, "folder"))).collect()
    };
    for (one, two) in without(shop(one.path()), one.path()).into_iter().zip(without(shop(two.path()), two.path())) {
        assert!(one == two, "{:?}", one.0);
    }
}

#[test]
fn no_format_shows_a_secret_s_value_or_a_folder_of_this_machine() {
    let folder = tempfile::tempdir().expect("a folder");
    let manifest = folder.path().join("secret.yaml");
    // in pieces, so that no scanner takes this file for a leak
    let value = ["AKIA", "IOSFODNN7", "EXAMPLQ"].concat();
    let body = format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: keys, namespace: shop}}\nstringData:\n  password: {value}\n");
    fs::write(&manifest, body + &format!("---\napiVersion: v1\nkind: Pod\nmetadata: {{name: web, namespace: shop}}\nspec:\n  containers:\n  - name: app\n    image: a:1\n    env:\n    - {{name: AWS_ACCESS_KEY_ID, value: {value}}}\n")).expect("a file");
    for format in Format::value_variants() {
        let name = format.describe().0;
        let mut command = Command::new(env!("CARGO_BIN_EXE_cnscan"));
        command.args(["scan", "--no-config", "--fail-on", "none", "--quiet", "-v", "-f", &name]).arg(&manifest);
        let output = command.output().expect("it runs");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(!text.is_empty() && !text.contains(&value), "{name}");
        assert!(!text.contains(&*folder.path().to_string_lossy()), "{name}");
    }
}
