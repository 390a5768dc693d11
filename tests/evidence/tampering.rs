//! Whatever is done to a bundle is found out, by its own exit code.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;

use cnscan::bundle;
use predicates::str::contains;
use serde_json::{Value, json};

use crate::{POD, cnscan, export, files, folder, manifest, replay, verify};

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

/// Whoever names the wrong folder or file did not find a forgery.
#[test]
fn what_is_no_bundle_is_a_mistake_of_whoever_names_it() {
    let folder = folder(&[("web.yaml", POD)]);
    export(folder.path(), "b", &[]);
    for (path, said) in [
        (
            "in",
            "cnscan: in: no evidence bundle: neither manifest.json nor attestation.dsse.json is in it; a bundle is a folder, or a .tar.gz of one",
        ),
        ("in/web.yaml", "cnscan: in/web.yaml: no evidence bundle: it is no archive"),
        ("b/results/results.json", "no evidence bundle"),
        ("nowhere", "cnscan: nowhere: no such file"),
    ] {
        verify(folder.path(), path, &[]).code(2).stdout("").stderr(contains(said));
        cnscan(folder.path()).args(["evidence", "replay", path, "--allow-unsigned"]).assert().code(2).stderr(contains(said));
    }
    // what is left of a bundle is one that was tampered with
    fs::remove_file(folder.path().join("b/manifest.json")).expect("a file");
    verify(folder.path(), "b", &[]).code(5);
    fs::remove_file(folder.path().join("b/attestation.dsse.json")).expect("a file");
    verify(folder.path(), "b", &[]).code(4);
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
    let whole = packed(&[entry("x", b'0', 1, b"a"), end.clone()]);
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("text-behind", [whole.clone(), b"more".to_vec()].concat(), "behind the end of the packed archive"),
        ("nought-behind", [whole.clone(), vec![0]].concat(), "behind the end of the packed archive"),
        ("another-behind", [whole.clone(), whole.clone()].concat(), "behind the end of the packed archive"),
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
        ("no-tar", packed(&[b"hello".to_vec()]), "no evidence bundle: it is no archive"),
        ("no-gzip", b"hello".to_vec(), "no evidence bundle: it is no archive"),
        ("half-a-header", packed(&[entry("x", b'0', 1, b"a")[..300].to_vec()]), "no evidence bundle"),
        (
            "broken-header",
            packed(&[entry("x", b'0', 1, b"a").iter().map(|byte| byte ^ u8::from(*byte == b'x')).collect()]),
            "its checksum is another",
        ),
        ("empty", packed(std::slice::from_ref(&end)), "no evidence bundle: neither manifest.json nor attestation.dsse.json is in it"),
    ];
    for (name, bytes, why) in cases {
        let name = format!("{name}.tar.gz");
        fs::write(folder.path().join(&name), bytes).expect("a file");
        let assert = verify(folder.path(), &name, &[]).stderr(contains(why));
        let code = assert.get_output().status.code();
        let expected = if why.starts_with("no evidence bundle") { 2 } else { 5 };
        assert_eq!(code, Some(expected), "{name}");
    }
    verify(folder.path(), "nowhere", &[]).code(2).stderr("cnscan: nowhere: no such file\n");
}
