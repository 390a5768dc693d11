//! What the program says when something is wrong, and how its pages fit.

use std::fs;

use predicates::prelude::*;
use predicates::str::contains;

use crate::{PRIVILEGED, cnscan, folder};

/// The longest line, in characters.
fn widest(text: &[u8]) -> usize {
    String::from_utf8_lossy(text).lines().map(|line| line.chars().count()).max().unwrap_or_default()
}

/// Nothing that is named makes the program wait for ever.
#[test]
fn pipes_and_devices_are_refused_with_words() {
    let folder = folder(&[("pod.yaml", PRIVILEGED)]);
    assert!(std::process::Command::new("mkfifo").current_dir(folder.path()).arg("pipe").status().expect("mkfifo").success());
    let cases: [&[&str]; 15] = [
        &["attest", "lint", "pipe"],
        &["attest", "new", "--profile", "./pipe", "CNSC-1"],
        &["attest", "todo", "pipe"],
        &["scan", "pod.yaml", "--config", "pipe"],
        &["scan", "pod.yaml", "--baseline", "pipe"],
        &["scan", "pod.yaml", "--attestations", "pipe"],
        &["scan", "pod.yaml", "--profile", "./pipe"],
        &["scan", "pod.yaml", "--framework", "./pipe"],
        &["merge", "pipe"],
        &["diff", "pipe", "pipe"],
        &["convert", "pipe", "-f", "csv"],
        &["report", "self-assessment", "pipe"],
        &["catalog", "diff", "pipe"],
        &["evidence", "export", "--bundle", "out", "--key", "pipe", "pod.yaml"],
        &["evidence", "verify", "--key", "pipe", "out"],
    ];
    std::thread::scope(|scope| {
        for arguments in cases {
            let folder = folder.path();
            scope.spawn(move || {
                let mut command = cnscan(folder);
                command.args(arguments).timeout(std::time::Duration::from_secs(60));
                command.assert().code(2).stdout("").stderr(contains("pipe: a pipe that nothing writes to"));
            });
        }
    });
    let told = |arguments: &[&str], said: &str| _ = cnscan(folder.path()).args(arguments).assert().code(2).stderr(contains(said));
    told(&["scan", "--snapshot", "pipe"], "pipe: a pipe, socket or device, not a file");
    told(&["scan", "pod.yaml", "--values", "pipe"], "--values pipe: it is no regular file");
    told(&["attest", "lint", "/dev/zero"], "/dev/zero: a device or a socket, not a file");
    told(&["merge", "/dev/zero"], "/dev/zero: a device or a socket, not a file");
}

#[test]
fn what_is_repeated_steers_no_terminal_and_fits_it() {
    let folder = folder(&[("pod.yaml", PRIVILEGED)]);
    for arguments in [
        &["explain", "\u{1b}[31mx"][..],
        &["explain", "--x\u{202e}"],
        &["scan", "no\u{1b}]0;title\u{7}.yaml"],
        &["scan", "pod.yaml", "--profile", "\u{202e}x"],
        &["diff", "\u{1b}c", "\u{200b}"],
    ] {
        let assert = cnscan(folder.path()).args(arguments).assert().code(2).stdout("");
        let said = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
        assert!(!said.contains(['\u{1b}', '\u{7}', '\u{202e}', '\u{200b}']) && said.contains("\\u{"), "{arguments:?}: {said}");
    }
    let long = "a/folder/that/is/not/there/result.json";
    let assert = cnscan(folder.path()).args(["diff", long, long]).env("COLUMNS", "80").assert().code(2);
    let said = assert.get_output().stderr.clone();
    assert!(widest(&said) <= 80 && String::from_utf8_lossy(&said).lines().count() > 1, "{}", String::from_utf8_lossy(&said));
    let assert = cnscan(folder.path()).args(["diff", long, long]).assert().code(2);
    assert_eq!(String::from_utf8_lossy(&assert.get_output().stderr).lines().count(), 1, "for whatever reads on it is one line");
}

#[test]
fn files_that_cannot_be_used_are_named_with_what_they_were_to_be() {
    let folder = folder(&[("pod.yaml", PRIVILEGED), ("a/b.yaml", PRIVILEGED), ("bad.json", "{}"), ("cut.json", "{\"schema\": ")]);
    cnscan(folder.path()).args(["scan", "pod.yaml", "-o", "json=now.json"]).assert().code(1);
    let fails = |arguments: &[&str], said: &[&str]| {
        let assert = cnscan(folder.path()).args(arguments).assert().code(2).stdout("").stderr(contains("os error").not());
        let text = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
        for said in said {
            assert_eq!(text.matches(said).count(), 1, "{arguments:?}: `{said}` once in {text}");
        }
    };
    fails(&["diff", "none.json", "now.json"], &["none.json: no such file; the earlier result is what `cnscan scan -o json=FILE` writes"]);
    fails(&["diff", "now.json", "a"], &["a: a folder, not a file; the later result is"]);
    fails(&["diff", "cut.json", "now.json"], &["cut.json: not JSON, or cut off: EOF"]);
    fails(&["diff", "bad.json", "now.json"], &["bad.json: it has no `schema`; a result is what"]);
    fails(&["merge", "none.json"], &["none.json: no such file; a part is what `cnscan scan --shard I/N -o json=FILE` writes"]);
    fails(&["convert", "none.json", "-f", "sarif"], &["none.json: no such file; a result is what"]);
    fails(&["convert", "now.json", "-f", "sarif", "-o", "none/x"], &["none/x: cannot be written: there is no folder none: make it first"]);
    fails(&["report", "self-assessment", "none.json"], &["none.json: no such file; a result is what"]);
    fails(&["report", "self-assessment", "now.json", "-o", "a"], &["a: cannot be written: a folder is there: name a file in it"]);
    fails(&["attest", "todo", "none.json"], &["none.json: no such file; a result is what"]);
    fails(&["history", "none"], &["none: no such folder; history is told from a folder of"]);
    fails(&["history", "now.json"], &["now.json: a file, not a folder; history"]);
    fails(&["scan", "--snapshot", "none.gz"], &["none.gz: no such file"]);
    fails(
        &["evidence", "verify", "a", "--key", "none.pub"],
        &["none.pub: no such file; the key of whoever should have signed is a PEM file"],
    );
    // before anything is scanned: what is to be scanned is not there either
    for output in ["json=none/x.json", "json=a", "json=pod.yaml/x.json"] {
        fails(&["scan", "nowhere", "-o", output], &["cannot be written", output]);
    }
    fs::write(folder.path().join("cnscan.yaml"), "output: [sarif=none/x.sarif]\n").expect("a file");
    fails(&["scan", "pod.yaml"], &["cnscan.yaml:1:10: `sarif=none/x.sarif` cannot be written: there is no folder ", "none: make it first"]);
}

#[test]
fn two_results_are_not_written_to_one_file() {
    let folder = folder(&[("pod.yaml", PRIVILEGED), ("cnscan.yaml", "output: [json=o.json, sarif=../x/o.json]\n")]);
    let folder_name = folder.path().file_name().and_then(std::ffi::OsStr::to_str).expect("a name").to_owned();
    let other = format!("sarif=../{folder_name}/o.json");
    for second in ["sarif=o.json", "json=o.json", "sarif=./o.json", &other] {
        let mut command = cnscan(folder.path());
        command.args(["scan", "nowhere", "-o", "json=o.json", "-o", second]);
        command.assert().code(2).stderr(contains("are the same file: one would overwrite the other"));
    }
    let config = format!("output: [json=o.json, {other}]\n");
    fs::write(folder.path().join("cnscan.yaml"), config).expect("a file");
    cnscan(folder.path()).args(["scan", "pod.yaml"]).assert().code(2).stderr(contains("are the same file"));
    let mut command = cnscan(folder.path());
    command.args(["evidence", "export", "--unsigned", "--bundle", "b.tgz", "-o", "json=./b.tgz", "--no-config", "pod.yaml"]);
    command.assert().code(2).stderr(contains("b.tgz is the bundle"));
    cnscan(folder.path())
        .args(["scan", "-q", "--fail-on", "none", "--no-config", "-o", "json=o.json", "-o", "sarif=o.sarif", "pod.yaml"])
        .assert()
        .code(0);
}

#[test]
fn an_id_is_asked_for_alone_and_near_ones_are_named() {
    let folder = folder(&[]);
    let fails = |arguments: &[&str], said: &str| {
        cnscan(folder.path()).arg("explain").args(arguments).assert().code(2).stdout("").stderr(contains(said));
    };
    fails(&["check", "pss-host-port"], "takes the id alone: cnscan explain pss-host-port");
    fails(&["control", "CNSC-32"], "takes the id alone: cnscan explain CNSC-32");
    fails(&["check", "pss-host-prt"], "did you mean `pss-host-port`");
    fails(&["pss-host-port", "CNSC-32"], "one id at a time: cnscan explain pss-host-port");
    fails(&["CNSC-999"], "did you mean `CNSC-");
    fails(&["privileged"], "there are pss-privileged-container, ci-build-privileged");
    fails(&["cluster-admin"], "there are rbac-cluster-admin-binding");
    fails(&["pss"], " more (cnscan list checks)");
    fails(&["pss-baseline"], "is a profile (Pod Security Standards, baseline)");
    fails(&["zzz"], "`cnscan list checks` and `cnscan list controls` name all");
}

#[test]
fn pages_fit_the_columns_that_are_given() {
    let shop = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/_shop");
    let catalog = folder(&[(
        "up.yaml",
        "guidelines:\n- {id: CNSC-1, title: Another title that is long enough to be broken into lines by whoever has few columns, group: Access}\n",
    )]);
    let pages: [&[&str]; 7] = [
        &["explain", "CNSC-32"],
        &["explain", "admission", shop],
        &["explain", "who-can", "get", "secrets", shop],
        &["explain", "reach", "storefront/web", "data/postgres", "--port", "5432", shop],
        &["attest", "todo"],
        &["catalog", "show"],
        &["catalog", "diff", "up.yaml"],
    ];
    for arguments in pages {
        let of = |columns: Option<&str>| {
            let mut command = cnscan(catalog.path());
            command.args(arguments);
            columns.map(|columns| command.env("COLUMNS", columns));
            command.assert().code(0).get_output().stdout.clone()
        };
        let (narrow, wide, piped) = (of(Some("80")), of(Some("200")), of(None));
        assert!(widest(&narrow) <= 80, "{arguments:?}: {}", widest(&narrow));
        assert!((80..=200).contains(&widest(&wide)), "{arguments:?}: {}", widest(&wide));
        let words = |text: &[u8]| String::from_utf8_lossy(text).split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        // a checklist that is piped stays as browsers want it, with its escapes
        assert_eq!(String::from_utf8_lossy(&narrow).matches("<code>").count(), 0, "{arguments:?}");
        if arguments[0] == "explain" {
            assert_eq!(words(&narrow), words(&piped), "{arguments:?}: the same, in other lines");
            assert!(widest(&piped) >= widest(&wide), "{arguments:?}: what is piped is not broken");
        }
    }
    // colours stand for the marks, where they are wanted
    let styled = |color: &str| {
        let output =
            cnscan(catalog.path()).args(["explain", "pss-host-port", "--color", color]).assert().code(0).get_output().stdout.clone();
        String::from_utf8_lossy(&output).into_owned()
    };
    assert!(styled("always").starts_with("\u{1b}[1mpss-host-port") && !styled("always").contains("**"));
    assert!(styled("never").starts_with("# pss-host-port") && !styled("auto").contains('\u{1b}'));
    // code stays as it is, everything else fits
    let page =
        cnscan(catalog.path()).args(["explain", "pss-run-as-non-root"]).env("COLUMNS", "80").assert().code(0).get_output().stdout.clone();
    let page = String::from_utf8_lossy(&page).into_owned();
    let prose: Vec<_> = page.split("```").step_by(2).collect();
    assert!(prose.len() == 3 && prose.iter().all(|part| widest(part.as_bytes()) <= 80), "{page}");
}

#[test]
fn the_flags_of_a_scan_stand_under_what_they_are_for() {
    let folder = folder(&[]);
    let help = cnscan(folder.path()).args(["scan", "--help"]).env("COLUMNS", "80").assert().code(0).get_output().stdout.clone();
    let help = String::from_utf8_lossy(&help).into_owned();
    let under = |flag: &str| {
        let before = &help[..help.find(&format!("{flag} ")).or_else(|| help.find(&format!("{flag}\n"))).expect(flag)];
        before.lines().rev().find(|line| line.ends_with(':') && !line.starts_with(' ')).unwrap_or_default().to_owned()
    };
    for (flag, head) in [
        ("--values", "Charts and kustomizations:"),
        ("--profile", "Policy:"),
        ("--kubernetes-version", "Policy:"),
        ("--output", "Output:"),
        ("--fail-on", "Exit code:"),
        ("--stdin-path", "Input:"),
        ("--jobs", "Work:"),
        ("--context", "Cluster:"),
    ] {
        assert_eq!(under(flag), head, "{flag}");
    }
    assert!(help.ends_with("  3  a part of the input could not be read\n") && widest(help.as_bytes()) <= 80, "{help}");
}
