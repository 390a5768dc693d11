//! What people vouch for: it counts when it may, settles what is open, and never outweighs what failed or was not read.

#[path = "attest/lint.rs"]
mod lint;

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;
use tempfile::TempDir;

/// 2026-09-21 by `SOURCE_DATE_EPOCH`.
fn cnscan(folder: &Path) -> Command {
    let mut command = Command::cargo_bin("cnscan").expect("the program");
    command.current_dir(folder).env("SOURCE_DATE_EPOCH", "1790000000").env_remove("COLUMNS");
    command
}

const PROFILE: &str = "name: own
requirements:
- {id: R-fail, title: it fails, coverage: partial, checks: [pss-privileged-container]}
- {id: R-pass, title: it passes, coverage: partial, checks: [pss-host-port]}
- {id: R-full, title: it is proven, coverage: full, checks: [pss-host-namespaces]}
- {id: R-none, title: only people know, coverage: none, attest: Who is told of it?}
- {id: R-later, title: checks come later, coverage: full, planned: [some-later-check], leaves: All of it.}
- {id: R-review, title: doubtful, coverage: full, checks: [network-default-deny-missing]}
";

const PODS: &str = "apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  containers: [{name: web, image: 'a:1', securityContext: {privileged: true}}]
---
apiVersion: v1
kind: Pod
metadata: {name: pay, namespace: pay}
spec:
  containers: [{name: pay, image: 'a:1'}]
";

/// An attestation in force; `change` replaces lines of it, by their key.
fn attestation(control: &str, change: &[&str]) -> String {
    let mut lines = vec![
        format!("control: {control}"),
        "statement: The duty roster names who is told, and drills are held.".to_owned(),
        "scope: {}".to_owned(),
        "method: interview".to_owned(),
        "assessed_by: Ada Lovelace <ada@example.com>".to_owned(),
        "approved_by: Grace Hopper <grace@example.com>".to_owned(),
        "collected: 2026-09-01".to_owned(),
        "expires: 2027-08-31".to_owned(),
    ];
    for new in change {
        let key = new.split(':').next().unwrap_or_default();
        match lines.iter_mut().find(|line| line.starts_with(&format!("{key}:"))) {
            Some(line) => *line = (*new).to_owned(),
            None => lines.push((*new).to_owned()),
        }
    }
    format!("- {}\n", lines.join("\n  "))
}

fn folder(attestations: &[String]) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("a file");
    write("p.yaml", PROFILE);
    write("pods.yaml", PODS);
    let list = if attestations.is_empty() { "attestations: []\n".to_owned() } else { format!("attestations:\n{}", attestations.concat()) };
    write("a.yaml", &list);
    folder
}

fn scan(folder: &Path, flags: &[&str]) -> Value {
    let mut command = cnscan(folder);
    command.args(["scan", "pods.yaml", "--no-config", "--profile", "p.yaml", "--attestations", "a.yaml", "-f", "json", "-q"]).args(flags);
    let output = command.output().expect("it runs");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}

fn status(result: &Value, id: &str) -> String {
    let control = result["controls"].as_array().expect("controls").iter().find(|control| control["id"] == id).expect(id);
    control["status"].as_str().expect("a status").to_owned()
}

const ALL: [&str; 6] = ["R-fail", "R-pass", "R-full", "R-none", "R-later", "R-review"];

#[test]
fn it_settles_what_is_open_and_nothing_that_is_decided() {
    let folder = folder(&ALL.map(|id| attestation(id, &[])));
    let result = scan(folder.path(), &[]);
    let statuses = ALL.map(|id| status(&result, id));
    assert_eq!(statuses, ["fail", "attested", "pass", "attested", "attested", "attested"]);
    let attested = &result["controls"][3]["attestation"];
    assert_eq!(attested["settles"], true);
    assert_eq!(attested["statements"][0]["location"], serde_json::json!({"uri": "a.yaml", "line": 26, "column": 12}));
    assert_eq!(result["controls"][0]["attestation"]["settles"], false);
    assert_eq!(result["attestations"]["counted"], 6);
    // the failure itself is as it was
    let failures = result["findings"].as_array().expect("findings").iter().filter(|finding| finding["verdict"] == "fail").count();
    assert!(failures > 0);
    cnscan(folder.path())
        .args(["scan", "pods.yaml", "--no-config", "--profile", "p.yaml", "--attestations", "a.yaml", "-q"])
        .assert()
        .code(1);
}

#[test]
fn without_any_nothing_is_attested() {
    let folder = folder(&[]);
    let result = scan(folder.path(), &[]);
    assert_eq!(ALL.map(|id| status(&result, id)), ["fail", "partial", "pass", "not-assessed", "not-assessed", "review"]);
}

#[test]
fn a_scope_is_kept_to() {
    let of = |scopes: &[&str]| {
        let list: Vec<_> = scopes.iter().flat_map(|scope| ["R-review", "R-pass", "R-none"].map(|id| attestation(id, &[scope]))).collect();
        let folder = folder(&list);
        let result = scan(folder.path(), &[]);
        (["R-review", "R-pass", "R-none"].map(|id| status(&result, id)), result["attestations"]["elsewhere"].as_u64())
    };
    let (shop, pay) = ("scope: {namespaces: [shop]}", "scope: {namespaces: ['pa*']}");
    assert_eq!(of(&[shop]).0, ["review", "partial", "not-assessed"]);
    assert_eq!(of(&[shop, pay]).0, ["attested", "attested", "attested"]);
    assert_eq!(of(&["scope: {namespaces: ['*']}"]).0, ["attested", "attested", "attested"]);
    assert_eq!(of(&["scope: {checks: [network-default-deny-missing]}"]).0, ["attested", "partial", "not-assessed"]);
    assert_eq!(of(&["scope: {checks: [pss-host-port]}"]).0, ["review", "partial", "not-assessed"]);
    // files are no cluster
    assert_eq!(of(&["scope: {clusters: ['*']}"]), (["review", "partial", "not-assessed"].map(str::to_owned), Some(3)));
    assert_eq!(of(&["scope: {namespaces: [bank]}"]), (["review", "partial", "not-assessed"].map(str::to_owned), Some(3)));
}

#[test]
fn a_gap_in_the_evidence_is_settled_by_nobody() {
    let folder = folder(&ALL.map(|id| attestation(id, &[])));
    fs::write(folder.path().join("bad.yaml"), "apiVersion: v1\nkind: Pod\nmetadata: {name: x\n").expect("a file");
    let result = scan(folder.path(), &["bad.yaml"]);
    assert_eq!(status(&result, "R-pass"), "review");
    assert_eq!(status(&result, "R-none"), "attested");
}

#[test]
fn what_was_deselected_is_settled_by_nobody() {
    let folder = folder(&[attestation("R-pass", &[]), attestation("R-both", &[])]);
    let both = "- {id: R-both, title: two checks, coverage: partial, checks: [pss-host-port, pss-privileged-container]}\n";
    fs::write(folder.path().join("p.yaml"), format!("{PROFILE}{both}")).expect("a file");
    let result = scan(folder.path(), &["--check", "pss-host-port"]);
    assert_eq!((status(&result, "R-pass"), status(&result, "R-both")), ("attested".to_owned(), "partial".to_owned()));
}

#[test]
fn what_does_not_count_is_shown_with_its_place() {
    let hash = |digit: &str| format!("evidence: [{{link: roster.txt, sha256: '{}'}}]", digit.repeat(64));
    let cases: &[(&[&str], u64, &str)] = &[
        (&["expires: 2026-09-20"], 8, "expired on 2026-09-20"),
        (&["collected: 2026-09-22"], 7, "still to come"),
        (&["approved_by: ada  lovelace"], 6, "second person"),
        (&["approved_by: A. L. <ADA@example.com>"], 6, "second person"),
        (&["expires: 2028-09-01"], 8, "366 are allowed"),
        (&["collected: 2026-09-10", "expires: 2026-09-05"], 8, "before the day"),
        (&["method: examine"], 1, "names nothing that was examined"),
        (&["control: CNSC-9999"], 1, "there is no control `CNSC-9999`"),
        (&["scope: {checks: [pss-host-prt]}"], 1, "did you mean `pss-host-port`"),
        (&[&hash("0")], 9, "is not what was attested"),
        (&["evidence: [{link: gone.txt, sha256: '0000000000000000000000000000000000000000000000000000000000000000'}]"], 9, "is not there"),
        (
            &["evidence: [{link: /etc/passwd, sha256: '0000000000000000000000000000000000000000000000000000000000000000'}]"],
            9,
            "absolute path",
        ),
        (
            &["evidence: [{link: ../p.yaml, sha256: '0000000000000000000000000000000000000000000000000000000000000000'}]"],
            9,
            "outside of the repository",
        ),
    ];
    for (change, line, why) in cases {
        let folder = folder(&[]);
        let below = folder.path().join("below");
        fs::create_dir(&below).expect("a folder");
        fs::write(below.join("roster.txt"), "Ada, Grace\n").expect("a file");
        fs::write(below.join("a.yaml"), format!("attestations:\n{}", attestation("R-none", change))).expect("a file");
        let result = scan(folder.path(), &["--attestations", "below"]);
        assert_eq!(status(&result, "R-none"), "not-assessed", "{change:?}");
        let all = result["attestations"]["refused"].as_array().expect("what does not count");
        let refused = all.iter().find(|one| one["why"].as_str().is_some_and(|told| told.contains(why)));
        let refused = refused.unwrap_or_else(|| panic!("{why}: {all:?}"));
        assert_eq!(refused["location"]["line"], line + 1, "{change:?} {refused}");
        let at = format!("below/a.yaml:{}:", line + 1);
        for format in ["table", "markdown", "html"] {
            let mut command = cnscan(folder.path());
            command.args([
                "scan",
                "pods.yaml",
                "--no-config",
                "--profile",
                "p.yaml",
                "--attestations",
                "below",
                "--fail-on",
                "none",
                "-f",
                format,
            ]);
            command.assert().stdout(contains(&at).or(contains(at.trim_end_matches(':'))));
        }
        cnscan(folder.path()).args(["attest", "lint", "--profile", "p.yaml", "below"]).assert().code(1).stdout(contains(&at));
    }
}

#[test]
fn evidence_that_is_what_it_was_counts() {
    let folder = folder(&[]);
    fs::create_dir(folder.path().join("e")).expect("a folder");
    fs::write(folder.path().join("e/roster.txt"), "abc").expect("a file");
    let abc = "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD";
    let evidence =
        format!("evidence: [{{link: e/roster.txt, sha256: {abc}}}, {{link: 'https://example.com/x', sha256: '{}'}}]", "0".repeat(64));
    let text = format!("attestations:\n{}", attestation("R-none", &["method: examine", &evidence]));
    fs::write(folder.path().join("a.yaml"), text).expect("a file");
    let result = scan(folder.path(), &[]);
    assert_eq!(status(&result, "R-none"), "attested");
    let evidence = &result["controls"][3]["attestation"]["statements"][0]["evidence"];
    assert_eq!((&evidence[0]["checked"], &evidence[1]["checked"]), (&Value::Bool(true), &Value::Bool(false)));
    cnscan(folder.path())
        .args(["attest", "lint", "--profile", "p.yaml", "a.yaml"])
        .assert()
        .code(0)
        .stdout(contains("1 in force on 2026-09-21"));
}

#[test]
fn what_is_no_attestation_stops_the_scan_at_its_place() {
    for (change, place) in [
        ("statement: ''", "a.yaml:3:14: `statement` is empty"),
        ("expires: soon", "a.yaml:9:12: `soon` is no day"),
        ("method: guess", "a.yaml:5:11"),
        ("scop: {}", "a.yaml:10:3"),
        ("evidence: [{link: x, sha256: abc}]", "a.yaml:10:32: `sha256` is no hash"),
        ("scope: {namespaces: ['[']}", "a.yaml:2:12: `[` in its scope"),
    ] {
        let folder = folder(&[attestation("R-none", &[change])]);
        let mut command = cnscan(folder.path());
        command.args(["scan", "pods.yaml", "--no-config", "--profile", "p.yaml", "--attestations", "a.yaml"]);
        command.assert().code(2).stderr(contains(place));
    }
}

#[test]
fn a_configuration_file_names_them_and_sets_the_limit() {
    let folder = folder(&[attestation("R-none", &[])]);
    let scan = |config: &str| {
        fs::write(folder.path().join("cnscan.yaml"), config).expect("a file");
        let mut command = cnscan(folder.path());
        command.args(["scan", "pods.yaml", "-f", "json", "-q", "--fail-on", "none"]);
        command.output().expect("it runs")
    };
    let status_under = |config: &str| status(&serde_json::from_slice(&scan(config).stdout).expect("a result"), "R-none");
    assert_eq!(status_under("profile: p.yaml\nattestations: [a.yaml]\n"), "attested");
    assert_eq!(status_under("profile: p.yaml\nattestations: [a.yaml]\nattestation_days: 90\n"), "not-assessed");
    let missing = scan("profile: p.yaml\nattestations: [b.yaml]\n");
    assert_eq!(missing.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&missing.stderr).contains("cnscan.yaml:2:16: there is no file or folder `b.yaml`"));
}

#[test]
fn the_interview_asks_what_is_open() {
    let folder = folder(&[attestation("R-none", &[])]);
    let todo = |arguments: &[&str]| {
        let mut command = cnscan(folder.path());
        command.args(["attest", "todo", "-f", "json"]).args(arguments);
        let output = command.output().expect("it runs");
        let todo: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
        let ids = todo["questions"].as_array().expect("questions").iter().map(|one| one["control"].as_str().unwrap_or_default().to_owned());
        (ids.collect::<Vec<_>>(), todo)
    };
    let (asked, whole) = todo(&["--profile", "p.yaml"]);
    assert_eq!(asked, ["R-fail", "R-pass", "R-none", "R-later"]);
    assert_eq!(whole["questions"][2]["ask"], "Who is told of it?");
    fs::write(folder.path().join("r.json"), scan(folder.path(), &[]).to_string()).expect("a file");
    let (asked, left) = todo(&["r.json", "--profile", "p.yaml"]);
    assert_eq!(asked, ["R-pass", "R-later", "R-review"]);
    assert_eq!(left["questions"][2]["reviews"][0]["count"], 4);
    assert_eq!(left["questions"][2].get("passed"), None);
    let closed: Vec<_> = left["closed"].as_array().expect("closed").iter().map(|one| one["control"].as_str()).collect();
    assert_eq!(closed, [Some("R-fail"), Some("R-full"), Some("R-none")]);
    let text = cnscan(folder.path()).args(["attest", "todo", "r.json", "--profile", "p.yaml"]).output().expect("it runs").stdout;
    let text = String::from_utf8_lossy(&text);
    assert!(text.contains("- [ ] **R-review**"));
    // what no check showed is not told as shown
    let shop = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/_shop");
    let output = cnscan(folder.path()).args(["scan", "--no-config", "-f", "json", shop]).output().expect("it runs").stdout;
    fs::write(folder.path().join("shop.json"), &output).expect("a file");
    let text = cnscan(folder.path()).args(["attest", "todo", "shop.json"]).output().expect("it runs").stdout;
    let text = String::from_utf8_lossy(&text);
    let (_, whole) = todo(&["shop.json"]);
    let (mut shown, mut open) = (0, 0);
    for question in whole["questions"].as_array().expect("questions") {
        let Some(said) = question["shown"].as_str() else { continue };
        let id = format!("**{}**", question["control"].as_str().expect("an id"));
        let part = text.split("- [ ] ").find(|part| part.starts_with(&id)).expect("its part");
        assert!(!said.is_empty() && part.contains("hecks show"), "{part}");
        if question["passed"].is_null() || !question["unchecked"].is_null() || !question["reviews"].is_null() {
            assert!(part.contains("Once all of them pass, its checks show") && part.contains("- Passed: "), "{part}");
            open += 1;
        } else {
            assert!(part.contains("  - Checks show: "), "{part}");
            shown += 1;
        }
    }
    assert!(open > 0, "{shown} {open}");
    // the default profile has its texts from the catalog
    cnscan(folder.path()).args(["attest", "todo"]).assert().code(0).stdout(contains("- [ ] **CNSC-"));
}

#[test]
fn the_schema_takes_what_the_program_takes() {
    let folder = folder(&[]);
    let schema = cnscan(folder.path()).args(["schema", "attestation"]).output().expect("it runs").stdout;
    let schema = jsonschema::validator_for(&serde_json::from_slice(&schema).expect("JSON")).expect("a schema");
    let one = serde_json::json!({"control": "CNSC-1", "statement": "x", "scope": {"namespaces": ["a"]}, "method": "interview", "assessed_by": "a",
        "approved_by": "b", "collected": "2026-01-01", "expires": "2026-02-01"});
    assert!(schema.is_valid(&serde_json::json!({"attestations": [one]})));
    for wrong in [("method", "test"), ("extra", "x")] {
        let mut other = one.clone();
        other[wrong.0] = wrong.1.into();
        assert!(!schema.is_valid(&serde_json::json!({"attestations": [other]})), "{wrong:?}");
    }
    assert!(!schema.is_valid(&serde_json::json!({"attestations": [{"control": "CNSC-1"}]})));
}

#[test]
fn every_format_of_people_and_tools_tells_who_vouches() {
    let folder = folder(&[attestation("R-none", &[])]);
    for format in ["table", "markdown", "html", "gemara", "sarif-full", "oscal", "json"] {
        let mut command = cnscan(folder.path());
        command.args([
            "scan",
            "pods.yaml",
            "--no-config",
            "--profile",
            "p.yaml",
            "--attestations",
            "a.yaml",
            "--fail-on",
            "none",
            "-v",
            "-f",
            format,
        ]);
        command.assert().code(0).stdout(contains("Ada Lovelace")).stdout(contains("Grace Hopper")).stdout(contains("2027-08-31"));
    }
}

#[test]
fn shards_come_to_the_same() {
    let folder = folder(&ALL.map(|id| attestation(id, &[])));
    let whole = scan(folder.path(), &[]);
    let parts: Vec<_> = (0..2)
        .map(|index| {
            let name = format!("part{index}.json");
            let mut command = cnscan(folder.path());
            command.args(["scan", "pods.yaml", "--no-config", "--profile", "p.yaml", "--attestations", "a.yaml", "-q", "--shard"]);
            command.arg(format!("{index}/2")).arg("-o").arg(format!("json={name}")).assert().code(0);
            name
        })
        .collect();
    let merged = cnscan(folder.path()).arg("merge").args(&parts).args(["-f", "json", "-q"]).output().expect("it runs").stdout;
    let merged: Value = serde_json::from_slice(&merged).expect("a result");
    assert_eq!(merged["controls"], whole["controls"]);
    assert_eq!(merged["attestations"], whole["attestations"]);
}
