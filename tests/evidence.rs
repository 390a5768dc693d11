//! The evidence bundle: written, verified, replayed; and whatever is done to it is found out, by its own exit code.

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
    again("in/b.tgz").code(1);
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
