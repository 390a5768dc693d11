//! Results over time: when controls failed and how long until they were mended, pauses, exceptions; never a fix that nobody saw.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use cnscan::assess::{Assessment, FailingEnd, History, Status, history};
use cnscan::report::{self, Format, Options};
use predicates::prelude::*;
use predicates::str::contains;
use tempfile::TempDir;

#[path = "support/hostile.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod hostile;
#[path = "support/sample.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod sample;

use sample::{excuse, failure, full};

/// A result of a day, in which the first control has a status.
fn result(day: &str, status: Status) -> Assessment {
    let mut assessment = full();
    assessment.run.started = format!("{day}T12:00:00Z");
    assessment.run.id = day.to_owned();
    assessment.controls[0].status = status;
    assessment.findings = vec![failure("deploy/web.yaml", 18, "a")];
    assessment
}

fn of(days: &[(&str, Status)]) -> History {
    history(days.iter().map(|(day, status)| (format!("{day}.json"), result(day, *status))).collect())
}

#[test]
fn a_control_fails_until_somebody_looked_and_saw_that_it_does_not() {
    use Status as S;
    let ends = |days: &[(&str, Status)]| -> Vec<_> {
        let line = &of(days).lines[0];
        line.controls[0].failed.iter().map(|period| (period.from[5..10].to_owned(), period.end, period.days)).collect()
    };
    let from = |day: &str, end, days| (day.to_owned(), end, days);
    // in any order of files
    let days = [("2026-10-09", S::Partial), ("2026-10-01", S::Fail), ("2026-10-05", S::Fail)];
    assert_eq!(ends(&days), [from("10-01", FailingEnd::Fixed, 8.0)]);
    assert_eq!(ends(&[("2026-10-01", S::Fail), ("2026-10-03", S::Fail)]), [from("10-01", FailingEnd::Open, 2.0)]);
    for unseen in [S::NotAssessed, S::Review, S::Error] {
        assert_eq!(
            ends(&[("2026-10-01", S::Fail), ("2026-10-02", S::Fail), ("2026-10-03", unseen)]),
            [from("10-01", FailingEnd::Unseen, 1.0)]
        );
        assert_eq!(
            ends(&[("2026-10-01", S::Fail), ("2026-10-02", unseen), ("2026-10-03", S::Fail)]),
            [from("10-01", FailingEnd::Open, 2.0)]
        );
        assert_eq!(
            ends(&[("2026-10-01", S::Fail), ("2026-10-02", unseen), ("2026-10-03", S::Pass)]),
            [from("10-01", FailingEnd::Fixed, 2.0)]
        );
    }
    let twice = [("2026-10-01", S::Fail), ("2026-10-02", S::Pass), ("2026-10-05", S::Fail), ("2026-10-07", S::Excused)];
    assert_eq!(ends(&twice), [from("10-01", FailingEnd::Fixed, 1.0), from("10-05", FailingEnd::Excused, 2.0)]);
    assert_eq!(of(&twice).lines[0].controls[0].days_failed, 3.0);
    assert!(ends(&[("2026-10-01", S::Pass), ("2026-10-02", S::NotAssessed)]).is_empty());
}

#[test]
fn pauses_and_exceptions_have_their_days() {
    let mut results: Vec<_> =
        ["2026-10-01", "2026-10-02", "2026-10-12", "2026-10-13"].iter().map(|day| result(day, Status::Fail)).collect();
    for (run, finding) in [(1, 2), (2, 1)] {
        results[run].findings = (0..finding).map(|_| failure("deploy/web.yaml", 18, "a")).collect();
        results[run].findings.iter_mut().for_each(|finding| finding.excused = excuse("config"));
    }
    let history = history(results.into_iter().enumerate().map(|(number, result)| (format!("{number}.json"), result)).collect());
    let line = &history.lines[0];
    assert_eq!((line.pauses[0].days, &line.pauses[0].from[..10], line.pauses.len()), (10.0, "2026-10-02", 3));
    let exception = &line.exceptions[0];
    assert_eq!((exception.days, exception.findings, exception.in_force), (10.0, 2, false));
    assert_eq!(exception.excuse.owner, "platform");
}

#[test]
fn unlike_results_make_no_line() {
    let mut other = result("2026-10-02", Status::Pass);
    other.profile.name = "pss-baseline".into();
    let mut timeless = result("2026-10-03", Status::Pass);
    timeless.run.started = String::new();
    let same = result("2026-10-01", Status::Fail);
    let all = vec![
        ("a".to_owned(), result("2026-10-01", Status::Fail)),
        ("b".to_owned(), other),
        ("c".to_owned(), timeless),
        ("d".to_owned(), same),
    ];
    let history = history(all);
    assert_eq!(
        history.lines.iter().map(|line| (line.profile.as_str(), line.runs.len())).collect::<Vec<_>>(),
        [("default", 1), ("pss-baseline", 1)]
    );
    assert_eq!(history.lines[0].controls[0].failed[0].end, FailingEnd::Open);
    let left: Vec<_> = history.left_out.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(left, ["c", "d"]);
}

/// A result of files of these names, with a failure of an object.
fn of_files(moment: &str, files: &[&str], object: &str) -> (String, Assessment) {
    let mut assessment = result("2026-10-01", Status::Fail);
    assessment.run.started = moment.to_owned();
    assessment.run.id = format!("{moment} {object}");
    assessment.scope.cluster = None;
    let like = assessment.inputs.iter().find(|input| input.status == cnscan::assess::InputStatus::Read).expect("an input").clone();
    assessment.inputs = files.iter().map(|uri| cnscan::assess::Input { uri: Some((*uri).to_owned()), ..like.clone() }).collect();
    let subject = std::sync::Arc::make_mut(&mut assessment.findings[0].subject);
    subject.name = object.to_owned();
    (format!("{moment}.json"), assessment)
}

#[test]
fn results_of_unrelated_files_make_no_line() {
    let shop = ["shop/web.yaml", "shop/db.yaml", "shop/cache.yaml"];
    let all = vec![
        of_files("2026-10-01T12:00:00Z", &shop, "web"),
        of_files("2026-10-01T12:30:00Z", &["bank/web.yaml"], "ledger"),
        // the same names of something else
        of_files("2026-10-01T13:00:00Z", &shop, "other"),
        // a file more
        of_files("2026-10-01T16:00:00Z", &[&shop[..], &["shop/new.yaml"]].concat(), "web"),
        of_files("2026-10-02T12:30:00Z", &["bank/web.yaml"], "ledger"),
    ];
    let history = history(all);
    let lines: Vec<_> = history.lines.iter().map(|line| (line.target.as_str(), line.runs.len())).collect();
    assert_eq!(lines, [("file bank/web.yaml", 2), ("files of shop", 2), ("files of shop", 1)]);
    let mut table = Vec::new();
    report::history::write(&history, 100, &mut table).expect("memory takes all");
    let table = String::from_utf8(table).expect("UTF-8");
    assert!(table.contains("4 hours: 2026-10-01T12:00:00Z to 2026-10-01T16:00:00Z"), "{table}");
    assert!(table.contains("failed from 2026-10-01, open, 4 hours so far") && table.contains("open, 1.0 days so far"), "{table}");
    assert!(table.contains("5 results in 3 series") && !table.contains("0.0 days"), "{table}");
}

#[test]
fn no_name_does_harm_in_any_form() {
    for text in hostile::TEXTS {
        let results = [("2026-10-01", Status::Fail), ("2026-10-05", Status::Pass)].map(|(day, status)| {
            let mut assessment = result(day, status);
            assessment.findings[0].excused = excuse("config");
            let mut made = hostile::prefixed(&assessment, text);
            made.run = assessment.run;
            (format!("{text}.json"), made)
        });
        let history = history(results.to_vec());
        let written = |write: &dyn Fn(&mut Vec<u8>) -> std::io::Result<()>| {
            let mut bytes = Vec::new();
            write(&mut bytes).expect("memory takes all");
            String::from_utf8(bytes).expect("UTF-8")
        };
        let page = written(&|out| report::history::write_html(&history, out));
        assert!(!page.contains("<script") && page.contains("default-src 'none'"), "{text:?}");
        let table = written(&|out| report::history::write(&history, 80, out));
        for shown in [&page, &table] {
            assert!(!shown.contains(['\u{1b}', '\u{202e}', '\0']), "{text:?}");
        }
        assert!(table.contains("fixed by 2026-10-05 after 4.0 days"), "{table}");
    }
}

fn write(folder: &Path, name: &str, assessment: &Assessment) {
    let mut bytes = Vec::new();
    report::write(Format::Json, assessment, &Options::default(), &mut bytes).expect("memory takes all");
    fs::write(folder.join(name), bytes).expect("a file");
}

#[test]
fn a_folder_of_results_becomes_a_page() {
    let folder = TempDir::new().expect("a folder");
    for (day, status) in [("2026-10-01", Status::Fail), ("2026-10-09", Status::Partial), ("2026-11-20", Status::Fail)] {
        write(folder.path(), &format!("{day}.json"), &result(day, status));
    }
    fs::write(folder.path().join("other.json"), "{}").expect("a file");
    fs::write(folder.path().join("notes.txt"), "").expect("a file");
    let run = |format: &str| {
        let mut command = Command::cargo_bin("cnscan").expect("the program");
        command.current_dir(folder.path()).args(["history", ".", "-f", format]).assert().code(0)
    };
    run("table").stdout(
        contains("fixed by 2026-10-09 after 8.0 days")
            .and(contains("42.0 days: 2026-10-09 to 2026-11-20"))
            .and(contains("other.json: it has no `schema`")),
    );
    run("json").stdout(contains("cnscan/history/v1"));
    let page = run("html").stdout(contains("Security controls over time").and(contains("<script").not()));
    // for .ci/html.sh, and to look at
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("history.html");
    fs::write(path, &page.get_output().stdout).expect("the folder for tests");
    let empty = TempDir::new().expect("a folder");
    let mut command = Command::cargo_bin("cnscan").expect("the program");
    command.arg("history").arg(empty.path()).assert().code(2).stderr(contains("no result and no bundle in it"));
}
