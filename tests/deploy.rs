//! What the project ships for clusters is held to what it asks of others.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;

fn cnscan(arguments: &[&str]) -> Vec<u8> {
    let mut command = Command::cargo_bin("cnscan").expect("the program");
    let command = command.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments);
    command.output().expect("it runs").stdout
}

/// Scans it all, the optional component with what it is for: alone it is built by nothing. Nothing where there is no tool.
fn scan(profile: &str) -> Option<Value> {
    if std::process::Command::new("kubectl").args(["version", "--client"]).output().is_err() {
        eprintln!("skipped: no kubectl here");
        return None;
    }
    let folder = tempfile::TempDir::new().expect("a folder");
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy"), &folder.path().join("deploy"));
    let published = folder.path().join("deploy/published");
    fs::create_dir(&published).expect("a folder");
    fs::write(published.join("kustomization.yaml"), "resources: [../job]\ncomponents: [../publish]\n").expect("a file");
    let mut command = Command::cargo_bin("cnscan").expect("the program");
    command.args(["scan", "deploy", "--complete", "--no-config", "-q", "-f", "json", "--profile", profile]);
    let output = command.current_dir(folder.path()).output().expect("it runs").stdout;
    Some(serde_json::from_slice(&output).expect("JSON"))
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() { copy(&path, &to) } else { fs::copy(&path, &to).map(|_| ()).expect("a file") }
    }
}

#[test]
fn the_shipped_role_is_what_the_checks_read() {
    let file = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/base/cluster-role.yaml")).expect("the role");
    let fresh = cnscan(&["permissions"]);
    assert!(file == fresh, "run `cnscan permissions > deploy/base/cluster-role.yaml`");
    let file = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/publish/cluster-role.yaml")).expect("the role");
    assert!(file == cnscan(&["permissions", "--publish"]), "run `cnscan permissions --publish > deploy/publish/cluster-role.yaml`");
}

/// An argument that the program does not know would fail every pod; one of each command is parsed as it stands.
#[cfg(feature = "live")]
#[test]
fn the_arguments_are_known() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy");
    let mut parsed = 0;
    for file in
        ["job/job.yaml", "cronjob/cronjob.yaml", "indexed-job/job.yaml", "indexed-job/snapshot/job.yaml", "indexed-job/merge/job.yaml"]
    {
        let job: Value = serde_saphyr::from_str(&fs::read_to_string(root.join(file)).expect("a manifest")).expect("YAML");
        let template = job.pointer("/spec/jobTemplate/spec/template").or(job.pointer("/spec/template")).expect("a template");
        for container in template["spec"]["containers"].as_array().expect("containers") {
            let given = container["args"].as_array().expect("arguments").iter().filter_map(Value::as_str);
            // what the component adds goes with what is there
            let publishes = (file.starts_with("job/") || file.starts_with("cronjob/")).then_some("--publish");
            let given = given.chain(publishes).map(|word| word.replace("$(JOB_COMPLETION_INDEX)", "0"));
            let known = <cnscan::cli::args::Cli as clap::Parser>::try_parse_from(std::iter::once("cnscan".to_owned()).chain(given));
            assert!(known.is_ok(), "{file}: {}", known.err().map(|why| why.to_string()).unwrap_or_default());
            parsed += 1;
        }
    }
    assert_eq!(parsed, 5);
}

/// As many shards run as `--shard` counts, and the merge names the part of each.
#[test]
fn the_shards_of_the_indexed_job_are_all_merged() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/indexed-job");
    let read = |file: &str| -> Value { serde_saphyr::from_str(&fs::read_to_string(root.join(file)).expect("a manifest")).expect("YAML") };
    let arguments = |job: &Value| -> Vec<String> {
        let words = job["spec"]["template"]["spec"]["containers"][0]["args"].as_array().expect("arguments");
        words.iter().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let (shards, merge) = (read("job.yaml"), read("merge/job.yaml"));
    let count = shards["spec"]["completions"].as_u64().expect("a number");
    assert_eq!(shards["spec"]["completionMode"], "Indexed");
    assert_eq!(shards["spec"]["parallelism"].as_u64(), Some(count));
    let (own, parts) = (arguments(&shards), arguments(&merge));
    assert!(own.contains(&format!("--shard=$(JOB_COMPLETION_INDEX)/{count}")), "{own:?}");
    let written = own.iter().find_map(|word| word.strip_prefix("--output=json=")).expect("a part");
    let named: Vec<_> = parts.iter().filter(|word| word.contains("part-")).cloned().collect();
    let expected: Vec<_> = (0..count).map(|index| written.replace("$(JOB_COMPLETION_INDEX)", &index.to_string())).collect();
    assert_eq!(named, expected);
}

#[test]
fn the_manifests_are_restricted() {
    let Some(result) = scan("pss-restricted") else { return };
    assert_eq!(result["findings"], Value::Array(Vec::new()));
    assert_eq!(result["gaps"], Value::Array(Vec::new()));
    let passed = result["controls"].as_array().expect("controls").iter().filter(|control| control["status"] == "pass");
    assert!(passed.count() > 10);
}

#[test]
fn the_manifests_fail_nothing_but_what_is_excused_with_a_reason() {
    let Some(result) = scan("default") else { return };
    let findings: Vec<_> = result["findings"].as_array().expect("findings").iter().filter(|finding| finding["verdict"] == "fail").collect();
    let open: Vec<_> = findings.iter().filter(|finding| finding["excused"].is_null()).collect();
    assert!(open.is_empty(), "{open:#?}");
    let excused: BTreeSet<_> = findings.iter().filter_map(|finding| finding["check"].as_str()).collect();
    assert_eq!(
        excused,
        BTreeSet::from([
            "image-provenance-not-enforced",
            "image-registry-not-restricted",
            "image-signature-not-enforced",
            "mesh-workload-identity-missing",
            "pod-mac-profile-missing",
            "rbac-audit-evidence-delete",
            "rbac-secrets-read",
            "rbac-wildcard-rule",
            "runtime-detection-missing",
            "runtime-enforcement-missing",
            "runtime-log-collection-missing"
        ])
    );
    assert_eq!(result["gaps"], Value::Array(Vec::new()));
    // what the page of the folder says of a scan of it, which the component that is built here adds nothing to
    let reviews = result["findings"].as_array().expect("findings").iter().filter(|finding| finding["verdict"] == "review").count();
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/README.md")).expect("the page");
    let told =
        format!("fails nothing of this: {} findings are excused, each with its reason beside it, and {reviews} are left", findings.len());
    assert!(page.contains(&told), "deploy/README.md is to say: {told}");
}
