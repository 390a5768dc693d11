//! The evidence bundle: written, verified, replayed; and whatever is done to it is found out, by its own exit code.

#[path = "evidence/guessing.rs"]
mod guessing;
#[path = "evidence/inputs.rs"]
mod inputs;
#[path = "evidence/tampering.rs"]
mod tampering;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use assert_cmd::Command;
use p256::SecretKey;
use p256::pkcs8::{EncodePrivateKey, EncodePublicKey, LineEnding};
use predicates::str::contains;
use serde_json::{Value, json};
use tempfile::TempDir;

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\nspec:\n  containers:\n  - name: web\n    image: registry.example.com/web:1\n    securityContext: {privileged: true}\n";

fn cnscan(folder: &Path) -> Command {
    let mut command = Command::cargo_bin("cnscan").expect("the program");
    command.current_dir(folder).env("SOURCE_DATE_EPOCH", "1790000000").env_remove("COLUMNS");
    command
}

/// A folder with keys of two people and manifests.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    for (name, seed) in [("ada", 7u8), ("eve", 9)] {
        let key = SecretKey::from_slice(&[seed; 32]).expect("a key");
        let private = key.to_pkcs8_pem(LineEnding::LF).expect("PEM");
        fs::write(folder.path().join(format!("{name}.key")), private.as_bytes()).expect("a file");
        let public = key.public_key().to_public_key_pem(LineEnding::LF).expect("PEM");
        fs::write(folder.path().join(format!("{name}.pub")), public).expect("a file");
    }
    for (name, text) in files {
        let path = folder.path().join("in").join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        fs::write(path, text).expect("a file");
    }
    folder
}

fn export(folder: &Path, bundle: &str, flags: &[&str]) {
    let mut command = cnscan(folder);
    command.args([
        "evidence",
        "export",
        "--bundle",
        bundle,
        "--key",
        "ada.key",
        "--fail-on",
        "none",
        "--allow-gaps",
        "-q",
        "--no-config",
        "--result",
        "csv",
    ]);
    command.args(flags).arg("in").assert().code(0);
}

/// A bundle `b` of what a tool of some name and version makes of the folder, whatever that is.
#[cfg(unix)]
fn export_made(folder: &Path, (tool, version): (&str, &str), made: &str) {
    use std::os::unix::fs::PermissionsExt;
    let tools = folder.join("tools");
    fs::create_dir(&tools).expect("a folder");
    let script = format!("#!/bin/sh\ncase \"$1\" in version) echo {version};; *) cat <<'END'\n{made}END\n;; esac\n");
    fs::write(tools.join(tool), script).expect("a script");
    fs::set_permissions(tools.join(tool), fs::Permissions::from_mode(0o755)).expect("a mode");
    let mut command = cnscan(folder);
    command.env("PATH", format!("{}:/bin", tools.display()));
    command.args(["evidence", "export", "--bundle", "b", "--key", "ada.key", "--fail-on", "none", "--allow-gaps", "--no-config", "in"]);
    command.assert().code(0);
}

fn verify(folder: &Path, bundle: &str, flags: &[&str]) -> assert_cmd::assert::Assert {
    cnscan(folder).args(["evidence", "verify", bundle, "--key", "ada.pub"]).args(flags).assert()
}

fn replay(folder: &Path, bundle: &str) -> assert_cmd::assert::Assert {
    cnscan(folder).args(["evidence", "replay", bundle, "--key", "ada.pub"]).assert()
}

fn manifest(folder: &Path) -> Value {
    serde_json::from_slice(&fs::read(folder.join("manifest.json")).expect("a manifest")).expect("JSON")
}

/// Every file of a folder, by name.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(one) = folders.pop() {
        for path in fs::read_dir(one).expect("a folder").flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).expect("below").to_string_lossy().into_owned();
                all.insert(name, fs::read(path).expect("a file"));
            }
        }
    }
    all
}

#[test]
fn what_was_written_verifies_and_replays() {
    let folder = folder(&[("web.yaml", POD), ("notes.txt", "no manifest")]);
    for bundle in ["b", "b.tar.gz"] {
        export(folder.path(), bundle, &[]);
        verify(folder.path(), bundle, &[]).code(0).stdout(contains("whole: every file"));
        replay(folder.path(), bundle).code(0).stdout(contains("the same verdicts"));
    }
    let all = files(&folder.path().join("b"));
    let names: Vec<_> = all.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "attestation.dsse.json",
            "inputs/files/in/web.yaml",
            "manifest.json",
            "recipe.json",
            "results/results.csv",
            "results/results.json"
        ]
    );
    assert_eq!(all["inputs/files/in/web.yaml"], POD.as_bytes());
    let manifest = manifest(&folder.path().join("b"));
    assert_eq!(manifest["redaction"]["not_replayable"], json!([]));
    assert_eq!(manifest["tool"]["sha256"].as_str().map(str::len), Some(64));
    assert_eq!(manifest["started"], "2026-09-21T14:13:20Z");
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let folder = folder(&[("web.yaml", POD)]);
    let other = TempDir::new().expect("a folder");
    for (at, name) in [(folder.path().join("b"), "one"), (other.path().join("b"), "two")] {
        let mut command = cnscan(folder.path());
        command.args(["evidence", "export", "--key", "ada.key", "--fail-on", "none", "-q", "--no-config", "in", "--bundle"]).arg(&at);
        command.assert().code(0);
        assert!(at.join("results/report.html").is_file(), "{name}");
    }
    assert!(files(&folder.path().join("b")) == files(&other.path().join("b")));
}

#[test]
fn an_unsigned_one_says_so() {
    let folder = folder(&[("web.yaml", POD)]);
    let mut command = cnscan(folder.path());
    command.args(["evidence", "export", "--bundle", "b", "--unsigned", "--fail-on", "none", "--no-config", "in"]);
    command.assert().code(0).stderr(contains("unsigned"));
    verify(folder.path(), "b", &[]).code(4).stderr(contains("nobody signed it"));
    let mut command = cnscan(folder.path());
    command.args(["evidence", "verify", "b", "--allow-unsigned"]).assert().code(0).stderr(contains("anybody could have written this"));
    fs::write(folder.path().join("b/results/results.csv"), "x").expect("a file");
    cnscan(folder.path()).args(["evidence", "verify", "b", "--allow-unsigned"]).assert().code(5);
    cnscan(folder.path()).args(["evidence", "export", "--bundle", "c", "in"]).assert().code(2).stderr(contains("--key"));
}

#[test]
fn pins_hold_a_bundle_to_what_is_expected() {
    let folder = folder(&[("web.yaml", POD)]);
    export(folder.path(), "a", &[]);
    export(folder.path(), "b", &["--previous", "a"]);
    let manifest = manifest(&folder.path().join("b"));
    let catalog = manifest["catalog"]["sha256"].as_str().expect("a hash").to_owned();
    let tool = manifest["tool"]["sha256"].as_str().expect("a hash").to_owned();
    let right: [&[&str]; 6] = [
        &["--catalog", &catalog],
        &["--profile", "default"],
        &["--tool", &tool],
        &["--max-age", "1h"],
        &["--previous", "a"],
        &["-f", "json"],
    ];
    right.iter().for_each(|pin| _ = verify(folder.path(), "b", pin).code(0));
    let wrong: [&[&str]; 5] =
        [&["--catalog", "00"], &["--profile", "cnswp-v1"], &["--tool", &catalog], &["--cluster", "uid"], &["--previous", "b"]];
    wrong.iter().for_each(|pin| _ = verify(folder.path(), "b", pin).code(6).stderr(contains("not what was asked for")));
    let mut late = cnscan(folder.path());
    late.env("SOURCE_DATE_EPOCH", "1790090001").args(["evidence", "verify", "b", "--key", "ada.pub", "--max-age", "1d"]);
    late.assert().code(6);
}

#[test]
fn what_it_was_held_against_goes_with_it() {
    let folder = folder(&[("web.yaml", POD)]);
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        fs::write(path, text).expect("a file");
    };
    write(
        "rules/base/p.yaml",
        "name: base\nrequirements:\n- {id: R-1, title: one, coverage: partial, checks: [pss-privileged-container, pss-host-port]}\n",
    );
    write("rules/own.yaml", "name: own\nextends: base/p.yaml\nrequirements:\n- {id: R-2, title: two, coverage: none}\n");
    write("people/proof/minutes.txt", "abc");
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    write(
        "people/said/a.yaml",
        &format!(
            "attestations:\n- control: R-2\n  statement: It is so.\n  scope: {{}}\n  method: examine\n  assessed_by: Ada\n  approved_by: Grace\n  collected: 2026-09-01\n  expires: 2026-12-31\n  evidence: [{{link: ../proof/minutes.txt, sha256: {abc}}}]\n"
        ),
    );
    write("people/.git/HEAD", "ref: refs/heads/main\n");
    write("old.json", "");
    let first = cnscan(folder.path())
        .args(["scan", "in", "--no-config", "--profile", "rules/own.yaml", "-f", "json", "-q"])
        .output()
        .expect("it runs");
    fs::write(folder.path().join("old.json"), first.stdout).expect("a file");
    write(
        "cnscan.yaml",
        "profile: rules/own.yaml\nattestations: [people/said]\nbaseline: old.json\nexceptions:\n- {check: pss-privileged-container, reason: it must, expires: 2026-12-31}\n",
    );
    let mut command = cnscan(folder.path());
    command.args(["evidence", "export", "--bundle", "b.tgz", "--key", "ada.key", "--config", "cnscan.yaml", "in"]);
    command.assert().code(0);
    verify(folder.path(), "b.tgz", &[]).code(0).stdout(contains("attested    said/a.yaml")).stdout(contains("1 in force"));
    // the bundle needs nothing of what it was made from
    for gone in ["rules", "people", "in"] {
        fs::remove_dir_all(folder.path().join(gone)).expect("a folder");
    }
    for gone in ["cnscan.yaml", "old.json"] {
        fs::remove_file(folder.path().join(gone)).expect("a file");
    }
    // long after, with exceptions and attestations long expired, as of that day
    let mut command = cnscan(folder.path());
    command.env("SOURCE_DATE_EPOCH", "1890000000").args(["evidence", "replay", "b.tgz", "--key", "ada.pub"]);
    command.assert().code(0).stdout(contains("the same verdicts"));
}

#[test]
fn a_bundle_is_written_to_where_nothing_is() {
    let folder = folder(&[("web.yaml", POD)]);
    let again = |bundle: &str| {
        let mut command = cnscan(folder.path());
        command.args(["evidence", "export", "--bundle", bundle, "--key", "ada.key", "--no-config", "in"]).assert()
    };
    again("in/b").code(2).stderr(contains("in/b lies in in, which is scanned"));
    export(folder.path(), "b.tar.gz", &[]);
    again("b.tar.gz").code(2).stderr(contains("something is there already"));
    again("in/b.tgz").code(2).stderr(contains("in/b.tgz lies in in, which is scanned"));
    for name in ["b.zip", "b.tar", "B.TAR.XZ"] {
        again(name).code(2).stderr(contains("archive: name a folder, or a file that ends in .tar.gz or .tgz"));
        assert!(!folder.path().join(name).exists(), "{name}");
    }
    assert!(folder.path().join("b.tar.gz").is_file());
    again("c").code(1);
    // before anything is scanned: nothing is there to scan
    for (bundle, why) in [
        ("c", "c: something is there already"),
        ("none/b.tgz", "none/b.tgz: there is no folder none: make it first"),
        ("ada.key", "ada.key: a file is there: a bundle is a folder"),
    ] {
        let mut command = cnscan(folder.path());
        command.args(["evidence", "export", "--bundle", bundle, "--key", "ada.key", "--no-config", "nowhere"]);
        command.assert().code(2).stderr(contains(why));
    }
}

/// A history tells what vouches for each result, and leaves out a bundle that is not what it was.
#[test]
fn a_history_takes_no_bundle_that_was_tampered_with() {
    let folder = folder(&[("web.yaml", POD)]);
    fs::create_dir(folder.path().join("h")).expect("a folder");
    let at = |time: &str, bundle: &str, flags: &[&str]| {
        let mut command = cnscan(folder.path());
        command.env("SOURCE_DATE_EPOCH", time).args(["evidence", "export", "--bundle", bundle, "-q", "--no-config", "--result", "csv"]);
        command.args(flags).arg("in").assert().code(1);
    };
    at("1790000000", "h/ada", &["--key", "ada.key"]);
    at("1790100000", "h/eve.tgz", &["--key", "eve.key"]);
    at("1790200000", "h/nobody", &["--unsigned"]);
    at("1790300000", "h/changed", &["--key", "ada.key"]);
    fs::copy(folder.path().join("h/ada/results/results.json"), folder.path().join("h/bare.json")).expect("a file");
    let result = folder.path().join("h/changed/results/results.json");
    fs::write(&result, fs::read_to_string(&result).expect("text").replace("critical", "low")).expect("a file");
    let history = |flags: &[&str]| -> Value {
        let output = cnscan(folder.path()).args(["history", "h", "-f", "json"]).args(flags).assert().code(5).get_output().stdout.clone();
        serde_json::from_slice(&output).expect("JSON")
    };
    let runs = |history: &Value| -> Vec<(String, String)> {
        let runs = history["lines"].as_array().expect("a list").iter().flat_map(|line| line["runs"].as_array().expect("a list").clone());
        let word = |value: &Value| value.as_str().expect("text").to_owned();
        runs.map(|run| (word(&run["name"]), word(&run["vouched"]))).collect()
    };
    let pair = |name: &str, by: &str| (name.to_owned(), by.to_owned());
    let all = history(&[]);
    assert_eq!(runs(&all), [pair("ada", "whole"), pair("eve.tgz", "whole"), pair("nobody", "whole")]);
    let left = all["left_out"].to_string();
    assert!(left.contains("tampered with: results/results.json is not what it was"), "{left}");
    let signed = history(&["--key", "ada.pub"]);
    assert_eq!(runs(&signed), [pair("ada", "signed")]);
    let left = signed["left_out"].to_string();
    for why in ["no signature in it is of this key", "nobody signed it", "a result by itself: nobody signed it, and --key asks for that"] {
        assert!(left.contains(why), "{why}: {left}");
    }
    fs::remove_dir_all(folder.path().join("h/ada")).expect("a folder");
    fs::remove_dir_all(folder.path().join("h/changed")).expect("a folder");
    let mut command = cnscan(folder.path());
    command.args(["history", "h", "--key", "eve.pub"]).assert().code(4);
    let table = cnscan(folder.path()).args(["history", "h"]).assert().code(0).get_output().stdout.clone();
    let table = String::from_utf8_lossy(&table).split_whitespace().collect::<Vec<_>>().join(" ");
    for said in [
        "(bare.json, not verified)",
        "(eve.tgz, whole, signature not asked for)",
        "1 result not verified: anybody could have",
        "2 bundles whole, but whose signature",
    ] {
        assert!(table.contains(said), "{said}: {table}");
    }
}
