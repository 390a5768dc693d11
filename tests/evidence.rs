//! The evidence bundle: written, verified, replayed; and whatever is done to it is found out, by its own exit code.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;

use assert_cmd::Command;
use cnscan::bundle;
use p256::SecretKey;
use p256::pkcs8::{EncodePrivateKey, EncodePublicKey, LineEnding};
use predicates::prelude::*;
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
fn any_byte_that_is_changed_is_found_out() {
    let folder = folder(&[("web.yaml", POD)]);
    export(folder.path(), "b", &[]);
    let bundle = folder.path().join("b");
    let key = bundle::Public::read(&fs::read_to_string(folder.path().join("ada.pub")).expect("a key")).expect("a key");
    let code = || bundle::verify(&bundle, &bundle::Trust::Key(&key), &bundle::Pins::default()).map_or_else(|error| error.code(), |_| 0);
    assert_eq!(code(), 0);
    for (name, bytes) in files(&bundle) {
        // every byte of what is small, and some of what is not
        let step = (bytes.len() / 60).max(1);
        for at in (0..bytes.len()).step_by(step) {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            fs::write(bundle.join(&name), &changed).expect("a file");
            let expected = if name == "attestation.dsse.json" { 4 } else { 5 };
            let found = code();
            // within the envelope, space and the hint at a key mean nothing
            let harmless = name == "attestation.dsse.json" && found == 0;
            assert!(found == expected || harmless && !matters(&bytes, &changed), "{name} at {at}: {found}");
        }
        fs::write(bundle.join(&name), &bytes).expect("a file");
    }
    assert_eq!(code(), 0);
}

/// Whether two envelopes differ in anything that is signed, or in the signature.
fn matters(one: &[u8], other: &[u8]) -> bool {
    let parts = |bytes: &[u8]| {
        let value: Value = serde_json::from_slice(bytes).unwrap_or_default();
        (value["payload"].clone(), value["payloadType"].clone(), value["signatures"][0]["sig"].clone())
    };
    parts(one) != parts(other)
}

#[test]
fn files_that_come_go_or_lead_elsewhere_are_refused() {
    let folder = folder(&[("web.yaml", POD)]);
    export(folder.path(), "b", &[]);
    let bundle = folder.path().join("b");
    let tampered = |why: &str| verify(folder.path(), "b", &[]).code(5).stderr(contains(why));
    fs::write(bundle.join("inputs/extra.yaml"), "x").expect("a file");
    tampered("inputs/extra.yaml is there, and manifest.json does not list it");
    fs::remove_file(bundle.join("inputs/extra.yaml")).expect("a file");
    let csv = bundle.join("results/results.csv");
    let bytes = fs::read(&csv).expect("a file");
    fs::remove_file(&csv).expect("a file");
    tampered("results/results.csv is not there");
    #[cfg(unix)]
    {
        fs::write(folder.path().join("same.csv"), &bytes).expect("a file");
        std::os::unix::fs::symlink(folder.path().join("same.csv"), &csv).expect("a link");
        tampered("results/results.csv is a link");
        fs::remove_file(&csv).expect("a link");
    }
    fs::write(&csv, &bytes).expect("a file");
    verify(folder.path(), "b", &[]).code(0);
    fs::remove_file(bundle.join("attestation.dsse.json")).expect("a file");
    verify(folder.path(), "b", &[]).code(4);
}

#[test]
fn only_the_key_that_was_asked_for_is_trusted() {
    let folder = folder(&[("web.yaml", POD)]);
    export(folder.path(), "b", &[]);
    cnscan(folder.path()).args(["evidence", "verify", "b", "--key", "eve.pub"]).assert().code(4).stderr(contains("of this key"));
    // the statement, signed anew by somebody else, under the name of the right key
    let envelope = folder.path().join("b/attestation.dsse.json");
    let mut value: Value = serde_json::from_slice(&fs::read(&envelope).expect("a file")).expect("JSON");
    let right = value["signatures"][0].clone();
    value["signatures"] = json!([{"keyid": right["keyid"], "sig": "MEUCIQDx"}]);
    fs::write(&envelope, value.to_string()).expect("a file");
    verify(folder.path(), "b", &[]).code(4);
    value["signatures"] = json!([{"keyid": "0", "sig": "AAAA"}, {"keyid": "other", "sig": right["sig"]}]);
    fs::write(&envelope, value.to_string()).expect("a file");
    verify(folder.path(), "b", &[]).code(0);
    for (key, why) in [("ada.key", "private key"), ("in/web.yaml", "no public key")] {
        cnscan(folder.path()).args(["evidence", "verify", "b", "--key", key]).assert().code(2).stderr(contains(why));
    }
    cnscan(folder.path()).args(["evidence", "verify", "b"]).assert().code(2);
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

/// A whole bundle whose manifest and results were made to say something else, and signed again by the right key.
fn forged(folder: &Path, change: impl FnOnce(&mut Value, &mut BTreeMap<String, Vec<u8>>)) {
    use base64ct::{Base64, Encoding};
    use sha2::{Digest, Sha256};
    let hash = |bytes: &[u8]| Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let bundle = folder.join("b");
    let (mut manifest, mut all) = (manifest(&bundle), files(&bundle));
    change(&mut manifest, &mut all);
    for listed in manifest["files"].as_array_mut().expect("files") {
        if let Some(bytes) = listed["path"].as_str().and_then(|path| all.get(path)) {
            listed["sha256"] = json!(hash(bytes));
            listed["size"] = json!(bytes.len());
        }
    }
    let bytes = serde_json::to_vec(&manifest).expect("JSON");
    let envelope: Value = serde_json::from_slice(&all["attestation.dsse.json"]).expect("JSON");
    let body = Base64::decode_vec(envelope["payload"].as_str().expect("a payload")).expect("base64");
    let mut statement: Value = serde_json::from_slice(&body).expect("JSON");
    statement["subject"][0]["digest"]["sha256"] = json!(hash(&bytes));
    let body = statement.to_string();
    let kind = "application/vnd.in-toto+json";
    let key = bundle::Private::read(&fs::read_to_string(folder.join("ada.key")).expect("a key")).expect("a key");
    let signature = key.sign(format!("DSSEv1 {} {kind} {} {body}", kind.len(), body.len()).as_bytes());
    let sealed = json!({"payloadType": kind, "payload": Base64::encode_string(body.as_bytes()), "signatures": [{"keyid": "", "sig": Base64::encode_string(&signature)}]});
    fs::write(bundle.join("manifest.json"), bytes).expect("a file");
    fs::write(bundle.join("attestation.dsse.json"), sealed.to_string()).expect("a file");
    for (name, bytes) in all.iter().filter(|(name, _)| !matches!(name.as_str(), "manifest.json" | "attestation.dsse.json")) {
        fs::write(bundle.join(name), bytes).expect("a file");
    }
}

#[test]
fn what_a_signer_gets_wrong_is_found_out_as_well() {
    let milder = |_: &mut Value, all: &mut BTreeMap<String, Vec<u8>>| {
        let mut result: Value = serde_json::from_slice(&all["results/results.json"]).expect("JSON");
        result["findings"][0]["verdict"] = json!("note");
        all.insert("results/results.json".to_owned(), result.to_string().into_bytes());
    };
    type Change = Box<dyn FnOnce(&mut Value, &mut BTreeMap<String, Vec<u8>>)>;
    let cases: Vec<(Change, &str)> = vec![
        (Box::new(|_, _| {}), ""),
        (Box::new(|manifest, _| manifest["files"][0]["path"] = json!("../outside")), "is no path within a bundle"),
        (Box::new(|manifest, _| manifest["files"][0]["path"] = json!("/etc/passwd")), "is no path within a bundle"),
        (Box::new(|manifest, _| manifest["files"][0]["path"] = json!("inputs/./x")), "is no path within a bundle"),
        (
            Box::new(|manifest, _| {
                let first = manifest["files"][0].clone();
                manifest["files"].as_array_mut().expect("files").insert(0, first);
            }),
            "twice",
        ),
        (Box::new(|manifest, _| manifest["summary"]["reviews"] = json!(0)), "counts of the manifest"),
        (Box::new(milder), "counts of the result"),
        (Box::new(|manifest, _| manifest["run_id"] = json!("0")), "another run"),
        (Box::new(|manifest, _| manifest["profile"]["sha256"] = json!("0")), "another profile"),
        (Box::new(|manifest, _| manifest["surprise"] = json!(1)), "unknown field"),
        (Box::new(|manifest, _| manifest["schema"] = json!("cnscan/evidence/v9")), "this release reads"),
    ];
    for (change, why) in cases {
        let folder = folder(&[("web.yaml", POD)]);
        export(folder.path(), "b", &[]);
        forged(folder.path(), change);
        let code = if why.is_empty() { 0 } else { 5 };
        verify(folder.path(), "b", &[]).code(code).stderr(contains(why));
    }
}

#[test]
fn inputs_that_are_not_those_of_the_result_do_not_replay() {
    let folder = folder(&[("web.yaml", POD)]);
    export(folder.path(), "b", &[]);
    forged(folder.path(), |_, all| {
        all.insert("inputs/files/in/web.yaml".to_owned(), POD.replace("privileged: true", "privileged: false").into_bytes());
    });
    verify(folder.path(), "b", &[]).code(0);
    replay(folder.path(), "b").code(1).stdout(contains("not the same verdicts")).stdout(contains("pss-privileged-container"));
}

#[test]
fn documents_that_do_not_follow_from_the_result_and_paths_out_of_the_bundle_do_not_replay() {
    let folder = folder(&[("web.yaml", POD)]);
    export(folder.path(), "b", &["--result", "html"]);
    forged(folder.path(), |_, all| {
        let page = String::from_utf8_lossy(&all["results/report.html"]).replace("ailed", "assed");
        all.insert("results/report.html".to_owned(), page.into_bytes());
    });
    verify(folder.path(), "b", &[]).code(0);
    replay(folder.path(), "b").code(1).stdout(contains("results/report.html"));
    for (key, value) in [("baseline", json!("/etc/passwd")), ("profile", json!("../x/p.yaml")), ("snapshot", json!("../../x.gz"))] {
        forged(folder.path(), |_, all| {
            let mut recipe: Value = serde_json::from_slice(&all["recipe.json"]).expect("JSON");
            recipe[key] = value;
            all.insert("recipe.json".to_owned(), recipe.to_string().into_bytes());
        });
        verify(folder.path(), "b", &[]).code(0);
        replay(folder.path(), "b").code(2).stderr(contains("is not in the bundle"));
    }
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

/// One entry of a tar archive, with whatever it is to say.
fn entry(name: &str, kind: u8, size: usize, bytes: &[u8]) -> Vec<u8> {
    let mut header = [0u8; 512];
    header[..name.len()].copy_from_slice(name.as_bytes());
    header[124..136].copy_from_slice(format!("{size:011o}\0").as_bytes());
    header[156] = kind;
    header[257..263].copy_from_slice(b"ustar\0");
    header[148..156].copy_from_slice(b"        ");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut all = header.to_vec();
    all.extend(bytes);
    all.resize(512 + bytes.len().next_multiple_of(512), 0);
    all
}

fn packed(parts: &[Vec<u8>]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    parts.iter().for_each(|part| out.write_all(part).expect("memory"));
    out.finish().expect("memory")
}

#[test]
fn archives_that_mean_harm_are_refused() {
    let folder = folder(&[]);
    let end = vec![0; 1024];
    let bomb = {
        // noughts without end: small when packed
        let mut parts = vec![entry("x", b'0', 300 << 20, b"")];
        parts.extend(std::iter::repeat_n(vec![0; 1 << 20], 40));
        packed(&parts)
    };
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("above", packed(&[entry("../x", b'0', 1, b"a"), end.clone()]), "is no path within a bundle"),
        ("absolute", packed(&[entry("/etc/x", b'0', 1, b"a"), end.clone()]), "is no path within a bundle"),
        ("other-slash", packed(&[entry("a\\..\\x", b'0', 1, b"a"), end.clone()]), "is no path within a bundle"),
        ("link", packed(&[entry("x", b'2', 0, b""), end.clone()]), "is a link"),
        ("hard-link", packed(&[entry("x", b'1', 0, b""), end.clone()]), "is a link"),
        ("device", packed(&[entry("x", b'3', 0, b""), end.clone()]), "no regular file"),
        ("twice", packed(&[entry("x", b'0', 1, b"a"), entry("./x", b'0', 1, b"b"), end.clone()]), "stands twice"),
        ("huge", packed(&[entry("x", b'0', 7 << 30, b""), end.clone()]), "more than a bundle may"),
        ("bomb", bomb, "it ends within x"),
        ("tail", packed(&[entry("x", b'0', 1, b"a"), end.clone(), vec![0; 4 << 20]]), "behind its end"),
        ("behind", packed(&[entry("x", b'0', 1, b"a"), end.clone(), entry("y", b'0', 1, b"b")]), "behind its end"),
        ("cut", packed(&[entry("x", b'0', 1, b"a")]), "cut off"),
        ("no-tar", packed(&[b"hello".to_vec()]), "ends within"),
        ("no-gzip", b"hello".to_vec(), "no bundle"),
        ("empty", packed(std::slice::from_ref(&end)), "attestation.dsse.json is not there"),
    ];
    for (name, bytes, why) in cases {
        let name = format!("{name}.tar.gz");
        fs::write(folder.path().join(&name), bytes).expect("a file");
        let assert = verify(folder.path(), &name, &[]).stderr(contains(why));
        let code = assert.get_output().status.code();
        assert!(matches!(code, Some(4 | 5)), "{name}: {code:?}");
    }
    verify(folder.path(), "nowhere", &[]).code(2);
}

const SECRETS: &str = "apiVersion: v1
kind: Secret
metadata: {name: db, namespace: shop}
stringData:
  password: k9vQ2mZx7pLw4tYs
  user: 'hunter2hunter2'
data:
  key: TTR0WHE3dksyYkw5d1o1cA==
---
apiVersion: v1
kind: ConfigMap
metadata: {name: app, namespace: shop}
data:
  app.properties: |
    db.password=Zr4tQ8nWv2Kx6LpB
    retries=3
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  containers:
  - name: web
    image: registry.example.com/web:1
    args: [\"--api-token=Vd8rTq1yLz6NcWbX\", \"--verbose\"]
    env:
    - {name: DB_PASSWORD, value: k9vQ2mZx7pLw4tYs}
    - {name: OTHER, value: M4tXq7vK2bL9wZ5p}
";
/// What stands in there and nobody may see; the key of the Secret decoded as well.
const VALUES: [&str; 6] =
    ["k9vQ2mZx7pLw4tYs", "hunter2hunter2", "TTR0WHE3dksyYkw5d1o1cA==", "Zr4tQ8nWv2Kx6LpB", "Vd8rTq1yLz6NcWbX", "M4tXq7vK2bL9wZ5p"];

#[test]
fn no_secret_stands_in_a_bundle_and_it_replays_all_the_same() {
    let broken = "apiVersion: v1\nkind: Secret\nmetadata: {name: x\nstringData: {password: Bq7xWz3mKt9vLp2s}\n";
    let half = format!("{POD}---\napiVersion: v1\nkind: Secret\n\tdata: Bq7xWz3mKt9vLp2s\n");
    let folder = folder(&[("secrets.yaml", SECRETS), ("broken.yaml", broken), ("half.yaml", &half), ("web.yaml", POD)]);
    export(folder.path(), "b", &["--include-passes"]);
    let all = files(&folder.path().join("b"));
    for (name, bytes) in &all {
        let text = String::from_utf8_lossy(bytes);
        for value in VALUES.iter().chain(&["Bq7xWz3mKt9vLp2s"]) {
            assert!(!text.contains(value), "{name} has {value}");
        }
    }
    let kept = String::from_utf8_lossy(&all["inputs/files/in/secrets.yaml"]).into_owned();
    assert!(kept.contains("db.password=") && kept.contains("retries=3") && kept.contains("--verbose"), "{kept}");
    // places stay where they are
    assert_eq!(kept.lines().map(str::len).collect::<Vec<_>>(), SECRETS.lines().map(str::len).collect::<Vec<_>>());
    let manifest = manifest(&folder.path().join("b"));
    let redaction = &manifest["redaction"];
    assert!(redaction["values"].as_u64().is_some_and(|values| values >= 6), "{redaction}");
    assert_eq!(redaction["left_out"][0]["uri"], "in/broken.yaml");
    assert_eq!(redaction["not_replayable"], json!([]), "{redaction}");
    verify(folder.path(), "b", &[]).code(0).stdout(contains("left out    in/broken.yaml"));
    replay(folder.path(), "b").code(0).stdout(contains("the same verdicts"));
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
fn a_snapshot_of_a_cluster_replays_without_its_secrets() {
    let folder = folder(&[]);
    let list = json!({"kind": "PodList", "apiVersion": "v1", "items": [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"containers": [{"name": "web", "image": "a:1", "securityContext": {"privileged": true}, "env": [{"name": "DB_PASSWORD", "value": VALUES[0]}]}]}}]});
    let captured = cnscan::discover::Captured {
        cluster: cnscan::discover::Cluster { uid: Some("u-1".into()), version: "v1.36.1".into(), ..Default::default() },
        facts: cnscan::discover::Facts { version: json!({"major": "1", "minor": "36", "gitVersion": "v1.36.1"}), ..Default::default() },
        lists: vec![cnscan::discover::List { uri: "/api/v1/pods".into(), items: 1, text: list.to_string() }],
        listed: cnscan::discover::Listed {
            kinds: vec![cnscan::discover::Reach { group: String::new(), kind: "Pod".into(), namespaced: true, refused: BTreeMap::new() }],
            ..Default::default()
        },
        ..Default::default()
    };
    cnscan::discover::snapshot::write(&captured, "2026-09-21T00:00:00Z", &folder.path().join("s.gz")).expect("a snapshot");
    let mut command = cnscan(folder.path());
    command.args([
        "evidence",
        "export",
        "--bundle",
        "b",
        "--key",
        "ada.key",
        "--snapshot",
        "s.gz",
        "--fail-on",
        "none",
        "--allow-gaps",
        "--no-config",
    ]);
    command.assert().code(0);
    let mut inner = String::new();
    let snapshot = fs::File::open(folder.path().join("b/inputs/snapshot.json.gz")).expect("a file");
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(snapshot), &mut inner).expect("text");
    assert!(inner.contains("DB_PASSWORD") && !inner.contains(VALUES[0]), "{inner}");
    verify(folder.path(), "b", &["--cluster", "u-1"]).code(0);
    replay(folder.path(), "b").code(0).stdout(contains("the same verdicts"));
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
}

#[cfg(unix)]
#[test]
fn a_chart_is_kept_as_it_was_rendered_and_replays_without_its_tool() {
    use std::os::unix::fs::PermissionsExt;
    let template = "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData: {password: {{ .Values.password }}}\n";
    let values = format!("password: {}\n", VALUES[0]);
    let folder = folder(&[
        ("shop/Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.0.0\n"),
        ("shop/templates/db.yaml", template),
        ("shop/values.yaml", &values),
    ]);
    let made = format!(
        "---\n# Source: shop/templates/db.yaml\napiVersion: v1\nkind: Secret\nmetadata: {{name: db, namespace: shop}}\nstringData: {{password: {}}}\n---\n# Source: shop/templates/web.yaml\n{POD}",
        VALUES[0]
    );
    let tools = folder.path().join("tools");
    fs::create_dir(&tools).expect("a folder");
    let script = format!("#!/bin/sh\ncase \"$1\" in version) echo v3.99.0;; *) cat <<'END'\n{made}END\n;; esac\n");
    fs::write(tools.join("helm"), script).expect("a script");
    fs::set_permissions(tools.join("helm"), fs::Permissions::from_mode(0o755)).expect("a mode");
    let mut command = cnscan(folder.path());
    command.env("PATH", format!("{}:/bin:/usr/bin", tools.display()));
    command.args(["evidence", "export", "--bundle", "b", "--key", "ada.key", "--fail-on", "none", "--allow-gaps", "--no-config", "in"]);
    command.assert().code(0);
    let all = files(&folder.path().join("b"));
    assert!(all.iter().all(|(_, bytes)| !String::from_utf8_lossy(bytes).contains(VALUES[0])), "the password stands in the bundle");
    let rendered: Vec<_> = all.keys().filter(|name| name.starts_with("inputs/")).collect();
    assert_eq!(rendered, ["inputs/rendered/in/shop"]);
    fs::remove_dir_all(folder.path().join("in")).expect("a folder");
    let mut command = cnscan(folder.path());
    command.env("PATH", "/nowhere").args(["evidence", "replay", "b", "--key", "ada.pub"]);
    command.assert().code(0).stdout(contains("the same verdicts").and(contains("expected").not()));
}

#[cfg(unix)]
#[test]
fn files_of_a_node_replay_with_their_modes_and_without_what_they_keep_to_themselves() {
    use std::os::unix::fs::PermissionsExt;
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/_model-cluster/node");
    let copied = files(&model);
    let folder = folder(&[]);
    let node = folder.path().join("in");
    for (name, bytes) in copied.iter().filter(|(name, _)| *name != "modes") {
        let path = node.join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        fs::write(&path, bytes).expect("a file");
        fs::set_permissions(&path, fs::Permissions::from_mode(if name.ends_with(".conf") { 0o666 } else { 0o600 })).expect("a mode");
    }
    let config = format!("apiVersion: v1\nkind: Config\nusers:\n- name: mira\n  user: {{token: {}}}\n", VALUES[0]);
    fs::write(node.join("etc/kubernetes/admin.conf"), config).expect("a file");
    let key = node.join("etc/kubernetes/pki/ca.key");
    fs::write(key, format!("-----BEGIN PRIVATE KEY-----\n{}\n", VALUES[3])).expect("a file");
    let mut command = cnscan(folder.path());
    command.args(["evidence", "export", "--bundle", "b", "--key", "ada.key", "--no-config", "-q", "--root", "in"]).assert().code(1);
    let all = files(&folder.path().join("b"));
    for (name, bytes) in &all {
        let text = String::from_utf8_lossy(bytes);
        assert!(!text.contains(VALUES[0]) && !text.contains(VALUES[3]), "{name}");
    }
    assert_eq!(all["inputs/files/in/etc/kubernetes/pki/ca.crt"], copied["etc/kubernetes/pki/ca.crt"]);
    assert!(!all.contains_key("inputs/files/in/etc/kubernetes/pki/ca.key"));
    let found: Value = serde_json::from_slice(&all["results/results.json"]).expect("JSON");
    let of_modes = |finding: &&Value| finding["check"] == "control-plane-file-mode-wide";
    assert!(found["findings"].as_array().into_iter().flatten().filter(of_modes).count() > 3);
    fs::remove_dir_all(node).expect("a folder");
    replay(folder.path(), "b").code(0).stdout(contains("the same verdicts").and(contains("expected").not()));
}
