//! Forms to fill in, and all that is wrong with what was filled in.

use std::fs;

use predicates::str::contains;
use serde_json::Value;

use crate::{attestation, cnscan, folder};

#[test]
fn forms_are_to_be_filled_in() {
    let folder = folder(&[]);
    let form = cnscan(folder.path()).args(["attest", "new", "CNSC-23", "cnsc-24"]).output().expect("it runs").stdout;
    let form = String::from_utf8(form).expect("text");
    fs::write(folder.path().join("new.yaml"), &form).expect("a file");
    let empty = ["statement", "assessed_by", "approved_by"].map(|key| format!("CNSC-23: `{key}` is empty"));
    let lint = cnscan(folder.path()).args(["attest", "lint", "new.yaml"]).assert().code(1);
    empty.iter().fold(lint, |lint, said| lint.stdout(contains(said))).stdout(contains("0 in force on 2026-09-21, 6 faults"));
    let filled = form
        .replace("statement: \"\"", "statement: Owners set the labels.")
        .replace("assessed_by: \"\"", "assessed_by: Ada")
        .replace("approved_by: \"\"", "approved_by: Grace");
    fs::write(folder.path().join("new.yaml"), filled).expect("a file");
    cnscan(folder.path()).args(["attest", "lint", "new.yaml"]).assert().code(0).stdout(contains("2 in force on 2026-09-21, 0 faults"));
    cnscan(folder.path()).args(["attest", "new", "CNSC-9999"]).assert().code(2).stderr(contains("there is no control"));
}

/// Two names that look alike are one person, and a text that is turned round is not what was signed.
#[test]
fn letters_that_do_not_show_are_refused() {
    let folder = folder(&[]);
    for (key, why) in [
        ("approved_by: \"Ada\u{200b}\"", "`approved_by`: it holds the character U+200B"),
        ("assessed_by: \"\u{202e}adA\"", "`assessed_by`: it holds the character U+202E"),
        ("statement: \"not \u{2066}so\"", "`statement`: it holds the character U+2066"),
    ] {
        fs::write(folder.path().join("a.yaml"), format!("attestations:\n{}", attestation("R-pass", &[key]))).expect("a file");
        cnscan(folder.path()).args(["attest", "lint", "--profile", "p.yaml", "a.yaml"]).assert().code(1).stdout(contains(why));
        let scan = ["scan", ".", "--no-config", "--profile", "p.yaml", "--attestations", "a.yaml"];
        cnscan(folder.path()).args(scan).assert().code(2).stderr(contains(why));
    }
    for key in ["owner", "approver"] {
        let config = format!("exceptions:\n- {{check: pss-host-port, reason: known, {key}: \"ops\u{200b}\"}}\n");
        fs::write(folder.path().join("c.yaml"), config).expect("a file");
        let said = format!("c.yaml:2:{}: `{key}`: it holds the character U+200B", if key == "owner" { 48 } else { 51 });
        cnscan(folder.path()).args(["scan", ".", "--config", "c.yaml"]).assert().code(2).stderr(contains(said));
    }
}

#[test]
fn files_without_attestations_are_counted_where_they_are_many() {
    let folder = folder(&[]);
    fs::create_dir(folder.path().join("all")).expect("a folder");
    fs::write(folder.path().join("all/a.yaml"), format!("attestations:\n{}", attestation("R-pass", &[]))).expect("a file");
    (0..9).for_each(|number| fs::write(folder.path().join(format!("all/b{number}.yaml")), "a: b\n").expect("a file"));
    let lint = cnscan(folder.path()).args(["attest", "lint", "--profile", "p.yaml", "all"]).assert().code(0);
    let said = String::from_utf8_lossy(&lint.get_output().stdout).into_owned();
    assert_eq!(said.matches("holds no attestations").count(), 3, "{said}");
    assert!(said.contains("\nand 6 more YAML files\n"), "{said}");
}

/// A fault that only shows once others are mended costs a round each.
#[test]
fn lint_tells_all_faults_of_an_entry_in_one_round() {
    let folder = folder(&[]);
    let text = "attestations:\n- control: R-none\n  statment: It is so.\n  scope: {checks: [no-such-check], namespaces: ['a**b']}\n  method: examine\n  assessed_by: Ada\n  approved_by: ada\n  collected: 2026-09-01\n  expires: 2026-09-02\n- control: CNSC-9999\n  statement: ''\n  scope: {}\n  method: interview\n  assessed_by: Ada\n  approved_by: Grace\n  collected: 2027-09-01\n  expires: soon\n";
    fs::write(folder.path().join("a.yaml"), text).expect("a file");
    let lint = cnscan(folder.path()).args(["attest", "lint", "--profile", "p.yaml", "a.yaml"]).assert().code(1).stderr("");
    let said = String::from_utf8_lossy(&lint.get_output().stdout).into_owned();
    for fault in [
        "a.yaml:2:3: R-none: `statement` is missing",
        "a.yaml:3:3: R-none: there is no key `statment`",
        "a.yaml:2:12: R-none: its scope: there is no check `no-such-check`",
        "a.yaml:2:12: R-none: its method is `examine`, and it names nothing that was examined",
        "a.yaml:7:16: R-none: whoever assessed it approved it",
        "a.yaml:9:12: R-none: it expired on 2026-09-02",
        "a.yaml:10:12: CNSC-9999: there is no control `CNSC-9999`",
        "a.yaml:11:14: CNSC-9999: `statement` is empty",
        "a.yaml:16:14: CNSC-9999: it does not hold yet",
        "a.yaml:17:12: CNSC-9999: `soon` is no day",
        "0 in force on 2026-09-21",
    ] {
        assert!(said.contains(fault), "{fault}: {said}");
    }
    assert!(!said.contains("0000") && said.lines().count() == 11, "{said}");
}

/// Whoever mends a file wants to know all that is wrong with it, each at its place.
#[test]
fn lint_tells_every_fault_of_every_entry() {
    let folder = folder(&[]);
    let text = [
        "attestations:\n- control: R-none\n  statment: It is so.\n  scope: {namespace: [shop]}\n  method: guess\n  assessed_by: Ada\n  collected: 2026-09-01\n  expires: 2027-08-31\n",
        &attestation("R-pass", &["expires: soon", "statement: ''", "evidence: [{link: '', sha256: abc}]"]),
        &attestation("R-full", &["expires: 2026-09-20"]),
        "- {control: R-later, method: interview}\n- just a text\n",
        &attestation("R-review", &[]),
    ];
    fs::write(folder.path().join("a.yaml"), text.concat()).expect("a file");
    let lint = cnscan(folder.path()).args(["attest", "lint", "--profile", "p.yaml", "a.yaml"]).assert().code(1).stderr("");
    let said = String::from_utf8_lossy(&lint.get_output().stdout).into_owned();
    let expected = "a.yaml:2:3: R-none: `approved_by` is missing
a.yaml:2:3: R-none: `statement` is missing
a.yaml:3:3: R-none: there is no key `statment`; did you mean `statement`?
a.yaml:4:11: R-none: there is no key `namespace`; did you mean `namespaces`?
a.yaml:5:11: R-none: `method` is to be examine or interview, not `guess`
a.yaml:10:14: R-pass: `statement` is empty: say how the control is met
a.yaml:16:12: R-pass: `soon` is no day: write YYYY-MM-DD
a.yaml:17:21: R-pass: `link` is empty: name a file or a URL
a.yaml:17:33: R-pass: `sha256` is no hash: it has 64 hexadecimal digits
a.yaml:25:12: R-full: it expired on 2026-09-20: ask again
";
    assert!(said.starts_with(expected), "{said}");
    for missing in ["approved_by", "assessed_by", "collected", "expires", "scope", "statement"] {
        assert!(said.contains(&format!("a.yaml:26:3: R-later: `{missing}` is missing")), "{said}");
    }
    assert!(
        said.contains("a.yaml:27:3: `attestations` is to be a mapping, not `just a text`")
            && said.contains("1 in force on 2026-09-21, 17 faults, in 1 file"),
        "{said}"
    );
    // as data as well
    let lint = cnscan(folder.path()).args(["attest", "lint", "--profile", "p.yaml", "-f", "json", "a.yaml"]).assert().code(1);
    let data: Value = serde_json::from_slice(&lint.get_output().stdout).expect("JSON");
    assert_eq!((data["refused"].as_array().map(Vec::len), data["in_force"][0]["control"].as_str()), (Some(17), Some("R-review")));
    // a scan takes no file of which a part is not understood
    cnscan(folder.path())
        .args(["scan", "pods.yaml", "--no-config", "--profile", "p.yaml", "--attestations", "a.yaml"])
        .assert()
        .code(2)
        .stderr(contains("a.yaml:"));
    for (text, said) in [
        ("attestation: []\n", "a.yaml:1:1: `attestations` is missing"),
        ("attestations: [\n", "a.yaml:"),
        ("attestations: {a: b}\n", "a.yaml:1:15: `attestations` is to be a list"),
    ] {
        fs::write(folder.path().join("a.yaml"), text).expect("a file");
        cnscan(folder.path()).args(["attest", "lint", "a.yaml"]).assert().code(1).stdout(contains(said));
    }
    fs::create_dir(folder.path().join("empty")).expect("a folder");
    cnscan(folder.path()).args(["attest", "lint", "empty"]).assert().code(2).stdout("").stderr(contains("empty: no attestations in it"));
}
