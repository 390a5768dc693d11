//! The program as people and pipelines call it: exit codes, streams, determinism.

#[path = "cli/found.rs"]
mod found;
#[path = "cli/words.rs"]
mod words;

use std::fs;
use std::path::Path;
use std::process::{Command as Process, Stdio};

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;
use tempfile::TempDir;

const PRIVILEGED: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\nspec:\n  containers:\n  - name: web\n    image: registry.example.com/web:1\n    securityContext: {privileged: true}\n";

fn cnscan(folder: &Path) -> Command {
    let mut command = Command::cargo_bin("cnscan").expect("the program");
    command.current_dir(folder).env("SOURCE_DATE_EPOCH", "1790000000").env_remove("COLUMNS").env_remove("NO_COLOR");
    command
}

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        fs::write(path, text).expect("a file");
    }
    folder
}

fn json(command: &mut Command) -> Value {
    let output = command.output().expect("it runs");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}

#[test]
fn failures_at_the_threshold_give_one() {
    let folder = folder(&[("pod.yaml", PRIVILEGED)]);
    cnscan(folder.path()).args(["scan", "."]).assert().code(1).stdout(contains("pss-privileged-container")).stdout(contains("pod.yaml:8"));
    cnscan(folder.path()).args(["scan", "--fail-on", "none"]).assert().code(0);
    cnscan(folder.path()).args(["scan", "--check", "pss-host-port", "."]).assert().code(0);
}

#[test]
fn coverage_under_the_minimum_gives_one() {
    let folder = folder(&[("pod.yaml", PRIVILEGED)]);
    cnscan(folder.path()).args(["scan", "--fail-on", "none", "--min-coverage", "100"]).assert().code(1);
    cnscan(folder.path()).args(["scan", "--fail-on", "none", "--min-coverage", "0"]).assert().code(0);
}

#[test]
fn mistakes_give_two_and_say_what_to_do() {
    let folder = folder(&[("pod.yaml", PRIVILEGED), ("bad.yaml", "fail_onn: high\n")]);
    let scan = |arguments: &[&str]| {
        let mut command = cnscan(folder.path());
        command.arg("scan").args(arguments);
        command.assert().code(2).stdout("")
    };
    scan(&["--check", "pss-privileged-contaner"]).stderr(contains("did you mean `pss-privileged-container`"));
    scan(&["--control", "CNSC-999"]).stderr(contains("CNSC-999"));
    scan(&["--profile", "nosuch"]).stderr(contains("nosuch"));
    scan(&["--config", "bad.yaml"]).stderr(contains("bad.yaml:1:1"));
    scan(&["no-such-folder"]).stderr(contains("no-such-folder"));
    scan(&["-o", "nonsense"]).stderr(contains("FORMAT=PATH"));
    scan(&["-o", "xml=out.xml"]).stderr(contains("there is no format `xml`"));
    scan(&["--kubernetes-version", "two"]).stderr(contains("two"));
    scan(&["--kubernetes-version", "1.0"]).stderr(contains("this release judges by Kubernetes 1.8 to 1.37 (`latest`), not by 1.0"));
    scan(&["--jobs", "0"]).stderr(contains("1 to 512"));
    scan(&["--nonsense"]).stderr(contains("--nonsense"));
}

/// What was given and changed nothing, or refers to what is not there, is said.
#[test]
fn what_is_of_no_use_is_told() {
    let folder = folder(&[("pod.yaml", PRIVILEGED), ("own.yaml", "replicas: 2\n")]);
    let scan = |arguments: &[&str]| {
        let mut command = cnscan(folder.path());
        command.args(["scan", "pod.yaml", "--no-config"]).args(arguments).assert().code(1)
    };
    scan(&["--values", "own.yaml"]).stdout(contains("no chart is there to take the values that were given (own.yaml)"));
    scan(&[]).stdout(contains("no chart is there").not());
    let word = "cnscan: oscal: the results are of an assessment plan";
    scan(&["-f", "oscal"]).stderr(contains(word));
    scan(&["-f", "oscal", "-o", "oscal-plan=plan.json"]).stderr(contains(word).not());
}

#[test]
fn an_empty_folder_is_nothing_to_scan() {
    let folder = folder(&[("README.md", "# nothing\n")]);
    cnscan(folder.path()).args(["scan"]).assert().code(2).stderr(contains("nothing to scan"));
}

#[test]
fn what_could_not_be_read_gives_three_unless_allowed() {
    let good = PRIVILEGED.replace("true", "false");
    let folder = folder(&[("good.yaml", &good), ("broken.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: [\n")]);
    let mut scan = cnscan(folder.path());
    scan.args(["scan", "--check", "pss-privileged-container", "."]);
    scan.assert().code(3).stdout(contains("broken.yaml")).stderr(contains("incomplete"));
    scan.arg("--allow-gaps").assert().code(0).stdout(contains("broken.yaml"));
    // a finding decides before a gap does
    fs::write(folder.path().join("bad.yaml"), PRIVILEGED).expect("a file");
    cnscan(folder.path()).args(["scan", "."]).assert().code(1);
}

#[test]
fn nothing_passes_when_a_part_could_not_be_read() {
    let good = PRIVILEGED.replace("true", "false");
    let folder = folder(&[("good.yaml", &good), ("broken.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: [\n")]);
    let result = json(cnscan(folder.path()).args(["scan", ".", "-f", "json", "--profile", "pss-baseline", "--complete"]));
    let statuses: Vec<_> =
        result["controls"].as_array().expect("controls").iter().map(|control| control["status"].as_str().unwrap_or_default()).collect();
    assert!(!statuses.contains(&"pass"), "{statuses:?}");
}

#[test]
fn standard_input_is_a_file_without_a_name() {
    let folder = folder(&[]);
    let result = json(cnscan(folder.path()).args(["scan", "-", "-f", "json"]).write_stdin(PRIVILEGED));
    assert_eq!(result["inputs"][0]["uri"], Value::Null);
    let privileged =
        result["findings"].as_array().and_then(|all| all.iter().find(|finding| finding["check"] == "pss-privileged-container"));
    assert_eq!(privileged.expect("the finding")["location"]["line"], 8);
    let result = json(cnscan(folder.path()).args(["scan", "-", "--stdin-path", "deploy/pod.yaml", "-f", "json"]).write_stdin(PRIVILEGED));
    assert_eq!(result["inputs"][0]["uri"], "deploy/pod.yaml");
}

#[test]
fn a_closed_pipe_is_no_error() {
    let folder = folder(&[("pod.yaml", PRIVILEGED)]);
    let mut child = Process::new(assert_cmd::cargo::cargo_bin!("cnscan"))
        .current_dir(folder.path())
        .args(["scan", "-f", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(1), "the verdict stands, whoever reads");
}

/// Only different Git repositories are kept apart, wherever one stands when one scans.
#[test]
fn folders_named_from_anywhere_are_one_cluster() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: n}\nspec: {containers: [{name: c, image: x}]}\n";
    let deny = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: d, namespace: n}\nspec: {podSelector: {}, policyTypes: [Ingress, Egress]}\n";
    let folder = folder(&[("pods/a.yaml", pod), ("policies/b.yaml", deny), ("elsewhere/c.txt", "")]);
    let scan = |from: &str, pods: &str, policies: &str| {
        let mut scan = cnscan(&folder.path().join(from));
        scan.args(["scan", pods, policies, "--complete", "--check", "network-default-deny-missing", "--fail-on", "low"]).assert()
    };
    scan("", "pods", "policies").code(0);
    scan("elsewhere", "../pods", "../policies").code(0);
    let absolute = |name: &str| folder.path().join(name).display().to_string();
    scan("elsewhere", &absolute("pods"), &absolute("policies")).code(0);
    fs::create_dir(folder.path().join("policies/.git")).expect("a folder");
    scan("", "pods", "policies").code(1).stdout(contains("1 Git repository and what is in none are judged apart"));
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let shop = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/_shop");
    for format in ["table", "json", "sarif", "sarif-full", "markdown"] {
        let run = |jobs: &str, paths: &[&str]| {
            let output = cnscan(&shop).args(["scan", "-f", format, "--jobs", jobs]).args(paths).output().expect("it runs");
            String::from_utf8_lossy(&output.stdout).into_owned()
        };
        // the arguments stand in `run` alone
        let strip = |text: String| match format {
            "json" | "sarif-full" => {
                let mut value: Value = serde_json::from_str(&text).expect("JSON");
                for place in ["/run", "/runs/0/invocations/0/arguments"] {
                    value.pointer_mut(place).map(Value::take);
                }
                value.to_string()
            }
            _ => text,
        };
        let once = strip(run("1", &["data", "payments", "storefront"]));
        assert!(once == strip(run("4", &["data", "payments", "storefront"])), "{format}: other --jobs, other bytes");
        assert!(once == strip(run("2", &["storefront", "payments", "data"])), "{format}: another order, other bytes");
    }
}

#[test]
fn a_result_converts_into_what_the_scan_would_have_written() {
    let folder = folder(&[("pod.yaml", PRIVILEGED)]);
    cnscan(folder.path())
        .args(["scan", "-o", "json=result.json", "-o", "sarif=direct.sarif", "-o", "markdown=direct.md", "."])
        .assert()
        .code(1);
    for (format, direct) in [("sarif", "direct.sarif"), ("markdown", "direct.md")] {
        let converted = cnscan(folder.path()).args(["convert", "result.json", "-f", format]).output().expect("it runs").stdout;
        let direct = fs::read_to_string(folder.path().join(direct)).expect(direct);
        assert_eq!(String::from_utf8_lossy(&converted), direct);
    }
    cnscan(folder.path()).args(["convert", "pod.yaml", "-f", "sarif"]).assert().code(2).stderr(contains("pod.yaml"));
}

#[test]
fn a_baseline_leaves_new_failures_to_decide() {
    let folder = folder(&[("pod.yaml", PRIVILEGED)]);
    cnscan(folder.path()).args(["scan", "-o", "json=old.json", "pod.yaml"]).assert().code(1);
    // moved down by a comment: the same finding
    fs::write(folder.path().join("pod.yaml"), format!("# moved\n{PRIVILEGED}")).expect("a file");
    cnscan(folder.path()).args(["scan", "--baseline", "old.json", "pod.yaml"]).assert().code(0);
    let other = PRIVILEGED.replace("name: web, namespace", "name: other, namespace");
    fs::write(folder.path().join("pod.yaml"), format!("{PRIVILEGED}---\n{other}")).expect("a file");
    cnscan(folder.path()).args(["scan", "--baseline", "old.json", "-o", "json=new.json", "pod.yaml"]).assert().code(1);
    cnscan(folder.path()).args(["diff", "old.json", "new.json"]).assert().code(1).stdout(contains("pss-privileged-container"));
    cnscan(folder.path()).args(["diff", "new.json", "old.json"]).assert().code(0);
    // as wide as asked for; 80 columns where nobody says
    let widest = |columns: Option<&str>| {
        let mut command = cnscan(folder.path());
        command.args(["diff", "old.json", "new.json"]).env_remove("COLUMNS");
        if let Some(columns) = columns {
            command.env("COLUMNS", columns);
        }
        let output = command.output().expect("it runs").stdout;
        String::from_utf8_lossy(&output).lines().map(|line| line.chars().count()).max().unwrap_or_default()
    };
    let (narrow, piped, wide) = (widest(Some("60")), widest(None), widest(Some("150")));
    assert!(narrow <= 60 && (61..=80).contains(&piped) && wide > 80, "{narrow} {piped} {wide}");
}

#[test]
fn excuses_hold_until_their_day_and_are_reported_when_they_do_not() {
    let excuse = |text: &str| {
        PRIVILEGED.replace("    securityContext", &format!("    # cnscan: excuse pss-privileged-container {text}\n    securityContext"))
    };
    let only = ["scan", "--check", "pss-privileged-container", "."];
    for (text, code, said) in [
        ("until=2027-01-31 the driver needs it", 0, "1 excused"),
        ("until=2020-01-31 the driver needs it", 1, "expired"),
        ("until=soon the driver needs it", 1, "excuses nothing"),
        ("", 1, "excuses nothing"),
    ] {
        let folder = folder(&[("pod.yaml", &excuse(text))]);
        cnscan(folder.path()).args(only).assert().code(code).stdout(contains(said));
    }
    let unmatched = folder(&[
        ("pod.yaml", &PRIVILEGED.replace("true", "false")),
        ("cnscan.yaml", "exceptions:\n- {check: pss-privileged-container, reason: none of it}\n"),
    ]);
    // a part of a repository may have no need of it
    let advice = "matches no finding: remove it, unless it is for what files say";
    cnscan(unmatched.path()).args(only).env("COLUMNS", "200").assert().code(0).stdout(contains(advice));
    cnscan(unmatched.path()).args(only).arg("--complete").assert().code(0).stdout(contains("matches no finding: remove it\n"));
}

/// An exception that is for everything is a check switched off: every format for people says so, with what it hides.
#[test]
fn an_exception_that_names_nothing_is_said_loudly() {
    let two = format!("{PRIVILEGED}---\n{}", PRIVILEGED.replace("name: web, namespace", "name: other, namespace"));
    for (rule, said) in [
        ("", "has neither a `match` that narrows it nor `expires`: it excuses 2 findings, whatever they are of and for good"),
        (
            ", match: {name: '*'}, expires: 2099-01-01",
            "has no `match` that narrows it: it excuses 2 findings, whatever they are of: name under",
        ),
        (", match: {namespace: shop}", "has no `expires`: it excuses 2 findings, and for good: let it end by `expires`"),
        (", match: {namespace: shop}, expires: 2099-01-01", ""),
    ] {
        let config = format!("exceptions:\n- {{check: pss-privileged-container, reason: known{rule}}}\n");
        let folder = folder(&[("pod.yaml", &two), ("cnscan.yaml", &config)]);
        for format in ["table", "markdown", "html", "json", "sarif-full"] {
            let output =
                cnscan(folder.path()).args(["scan", "--check", "pss-privileged-container", "-f", format]).env("COLUMNS", "200").output();
            let output = output.expect("it runs");
            assert_eq!(output.status.code(), Some(0), "{rule}");
            let plain = |text: &str| text.replace("<code>", "`").replace("</code>", "`").split_whitespace().collect::<Vec<_>>().join(" ");
            let text = plain(&String::from_utf8_lossy(&output.stdout)).replace("\\`", "`");
            let expected = format!("cnscan.yaml:2: the exception for pss-privileged-container {said}");
            let expected = if format == "markdown" || format == "html" { said } else { &expected };
            assert_eq!(!said.is_empty() && text.contains(expected), !said.is_empty(), "{format} of {rule}: {text}");
            assert!(!said.is_empty() || !text.contains("for good"), "{format} of {rule}: {text}");
        }
    }
}

#[test]
fn excuses_without_a_last_day_are_counted() {
    let excuse = "    # cnscan: excuse pss-privileged-container the driver needs it\n    securityContext";
    let folder = folder(&[("pod.yaml", &PRIVILEGED.replace("    securityContext", excuse))]);
    let said = "1 finding excused by comment without `until=`, for good";
    cnscan(folder.path())
        .args(["scan", "--check", "pss-privileged-container"])
        .env("COLUMNS", "200")
        .assert()
        .code(0)
        .stdout(contains(said));
}

#[test]
fn piped_output_has_no_colour() {
    let folder = folder(&[("pod.yaml", PRIVILEGED)]);
    cnscan(folder.path()).args(["scan"]).assert().stdout(contains("\u{1b}").not());
    cnscan(folder.path()).args(["scan", "--color", "always"]).assert().stdout(contains("\u{1b}"));
}

#[test]
fn the_other_commands_answer() {
    let here = folder(&[]);
    let says = |arguments: &[&str], text: &str| {
        cnscan(here.path()).args(arguments).assert().code(0).stdout(contains(text)).stderr("");
    };
    says(&["explain", "pss-privileged-container"], "# pss-privileged-container");
    says(&["explain", "cnsc-32"], "# CNSC-32");
    says(&["explain", "CNSC-32", "--format", "json"], "\"id\": \"CNSC-32\"");
    says(&["list", "checks"], "pss-privileged-container");
    says(&["list", "controls"], "CNSC-1");
    says(&["list", "controls"], "nothing yet; ");
    says(&["list", "controls", "-f", "json"], "\"decided_now\": \"none\"");
    says(&["list", "profiles"], "pss-restricted");
    says(&["list", "formats"], "sarif-full");
    says(&["list", "exceptions"], "because");
    says(&["catalog", "show"], "214 controls");
    says(&["schema", "result"], "\"$schema\"");
    says(&["schema", "config"], "fail_on");
    says(&["schema", "profile"], "requirements");
    says(&["completions", "bash"], "cnscan");
    says(&["man"], ".TH cnscan");
    cnscan(here.path()).args(["explain", "pss-privleged-container"]).assert().code(2).stderr(contains("did you mean"));
}

#[test]
fn a_dash_is_no_file_to_write_to() {
    let folder = TempDir::new().expect("a folder");
    cnscan(folder.path())
        .args(["scan", "-o", "json=-", "x.yaml"])
        .assert()
        .code(2)
        .stderr(contains("standard output is what `-f json` is for"));
    assert!(!folder.path().join("-").exists());
}
