//! The role for a reader of a cluster: it reads what the checks read, and nothing else.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use cnscan::checks::{self, Check, Surface};
use cnscan::discover::{Origin, Source};
use cnscan::evaluate;
use cnscan::model::evidence::Reading;
use cnscan::model::{Evidence, GroupKind, KubernetesVersion, Scan, UNSET_NAMESPACE, kinds};
use cnscan::parse::{self, Limits};
use cnscan::policy::permissions;
use cnscan::settings::Settings;
use serde_json::{Value, json};

/// What a check says of its fixtures must not change when every object of a kind that its role cannot read is taken out.
#[test]
fn what_a_check_says_rests_on_no_kind_that_its_role_cannot_read() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let shop = files(&fixtures.join("_shop")).iter().map(|file| read(file)).collect::<Vec<_>>().join("\n---\n");
    let (mut taken, mut wrong) = (0, Vec::new());
    for check in checks::all().filter(|check| check.surfaces.contains(&Surface::Cluster)) {
        let readable = permissions::kinds(&[check]);
        let mut cases: Vec<(PathBuf, String)> =
            files(&fixtures.join(check.id)).into_iter().map(|case| (case.clone(), read(&case))).collect();
        cases.push((fixtures.join("_shop"), shop.clone()));
        for (case, text) in cases {
            let documents: Vec<&str> = text.split("\n---\n").collect();
            let kept: Vec<&str> = documents.iter().copied().filter(|document| is_readable(document, &readable)).collect();
            // a value that is the name of an object, of whatever kind, is no credential: only a reader of all kinds knows
            let by_name = case.ends_with("secret-value-in-spec/pass-name-of-object.yaml");
            if by_name || text.contains("#~ config") || kept.len() == documents.len() || kept.is_empty() {
                continue;
            }
            taken += 1;
            let (all, some) = (said(check, &text), said(check, &kept.join("\n---\n")));
            // a subject of a kind in which it finds nothing may go; a namespace goes with the only object that named it
            let is_same = all.0 == some.0 && all.1 >= some.1;
            if !is_same && some.2 > 0 {
                wrong.push(format!("{}: {all:?} became {some:?}", case.display()));
            }
        }
    }
    assert!(taken > 20, "{taken} cases with other kinds");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether a document is of one of some kinds, or of a kind that no API server has.
fn is_readable(document: &str, readable: &BTreeSet<GroupKind>) -> bool {
    let Ok(object) = serde_saphyr::from_str::<Value>(document) else { return true };
    let (version, kind) = (object["apiVersion"].as_str().unwrap_or_default(), object["kind"].as_str().unwrap_or_default());
    let group = kinds::group(version, kind);
    let is_listed = readable.iter().any(|known| known.group == group && (known.kind == kind || known.kind == "*"));
    is_listed || kind.ends_with("List") || !kinds::is_served(group, kind)
}

/// The messages of what a check finds, how many subjects pass it, and how many there are.
fn said(check: &'static Check, text: &str) -> (BTreeSet<String>, u32, u32) {
    let origin = Origin::Bytes(text.as_bytes().to_vec());
    let source = Source { uri: None, shown: "case.yaml".to_owned(), origin, named: true, root: "".into() };
    let parsed = parse::all(vec![source], &Limits::default());
    let complete = !text.contains("#~ world: partial");
    let evidence = Evidence::index(&parsed, Reading { assumed_namespace: UNSET_NAMESPACE, complete, live: None });
    let scan = Scan {
        evidence: &evidence,
        settings: &Settings::default(),
        version: Some(KubernetesVersion::LATEST),
        now: jiff::Timestamp::UNIX_EPOCH,
    };
    let outcomes = evaluate::all(&[check], &scan, false);
    let messages = outcomes.findings.iter().map(|finding| format!("{:?} {}", finding.standing, finding.message));
    (messages.collect(), outcomes.tallies[0].passed, outcomes.tallies[0].subjects())
}

/// The YAML files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in fs::read_dir(folder).expect("fixtures").flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).expect("a fixture")
}

#[test]
fn resources_have_the_names_of_the_api() {
    for (kind, resource) in [
        ("Pod", "pods"),
        ("NetworkPolicy", "networkpolicies"),
        ("Gateway", "gateways"),
        ("Ingress", "ingresses"),
        ("StorageClass", "storageclasses"),
        ("Endpoints", "endpoints"),
        ("CSIDriver", "csidrivers"),
        ("SecurityContextConstraints", "securitycontextconstraints"),
        ("*", "*"),
    ] {
        assert_eq!(kinds::resource(kind), resource);
    }
}

fn role(profile: &str) -> Value {
    let output = Command::cargo_bin("cnscan").expect("the program").args(["permissions", "--profile", profile, "-f", "json"]).output();
    serde_json::from_slice(&output.expect("it runs").stdout).expect("JSON")
}

#[test]
fn a_profile_of_pods_needs_no_more_than_pods_and_namespaces() {
    let rules = role("pss-restricted");
    let rules = rules["rules"].as_array().expect("rules");
    let core = rules.iter().find(|rule| rule["apiGroups"] == json!([""])).expect("the core group");
    assert_eq!(core["resources"], json!(["namespaces", "pods", "podtemplates", "replicationcontrollers"]));
    assert!(rules.iter().all(|rule| rule["verbs"] == json!(["get", "list"])), "{rules:?}");
    assert!(rules.iter().all(|rule| rule["apiGroups"] != json!(["rbac.authorization.k8s.io"])));
}

#[test]
fn secrets_are_listed_and_nothing_is_written() {
    let rules = role("default");
    for rule in rules["rules"].as_array().expect("rules") {
        let secrets = rule["resources"].as_array().expect("resources").iter().any(|resource| resource == "secrets");
        assert_eq!(rule["verbs"], if secrets { json!(["list"]) } else { json!(["get", "list"]) });
        assert!(!secrets || rule["resources"] == json!(["secrets"]), "{rule}");
    }
}

#[test]
fn kubelets_and_reports_are_asked_for_by_flags() {
    let roles = |flag: &str| -> Value {
        let output = Command::cargo_bin("cnscan").expect("the program").args(["permissions", flag, "-f", "json"]).output();
        serde_json::from_slice(&output.expect("it runs").stdout).expect("JSON")
    };
    let is_proxy = |rule: &Value| rule["resources"] == json!(["nodes/proxy"]);
    let own = |role: &Value| role["rules"].as_array().expect("rules").iter().filter(|rule| is_proxy(rule)).cloned().collect::<Vec<_>>();
    assert!(own(&role("default")).is_empty());
    assert_eq!(own(&roles("--kubelets")), [json!({"apiGroups": [""], "resources": ["nodes/proxy"], "verbs": ["get"]})]);
    let publish = roles("--publish");
    assert_eq!(publish["metadata"]["name"], "cnscan-publish");
    for rule in publish["rules"].as_array().expect("rules") {
        let groups = rule["apiGroups"].as_array().expect("groups");
        assert!(groups.iter().all(|group| group == "wgpolicyk8s.io" || group == "openreports.io"), "{rule}");
        assert!(
            rule["resources"].as_array().expect("resources").iter().all(|one| one.as_str().is_some_and(|one| one.ends_with("reports")))
        );
        assert_eq!(rule["verbs"], json!(["list", "create", "patch", "delete"]));
    }
}
