//! What a scan finds beside manifests: what an earlier one wrote, and excuses wherever they stand.

use predicates::str::contains;
use serde_json::Value;

use crate::{PRIVILEGED, cnscan, folder, json};

/// What is written into a folder that is scanned is no evidence the next time.
#[test]
fn a_scan_does_not_find_what_an_earlier_one_wrote() {
    let folder = folder(&[("deploy/pod.yaml", PRIVILEGED)]);
    let formats = ["policyreport=deploy/a.yaml", "openreports=deploy/b.yaml", "json=deploy/now.json", "sarif-full=deploy/s.json"];
    let outputs = formats.iter().flat_map(|format| ["-o", format]);
    let first = json(cnscan(folder.path()).args(["scan", "deploy", "-f", "json"]));
    cnscan(folder.path()).args(["scan", "deploy"]).args(outputs).assert().code(1);
    let bundle = ["evidence", "export", "--unsigned", "--bundle", "deploy/kept", "deploy/pod.yaml"];
    cnscan(folder.path()).args(bundle).assert().code(1);
    let second = json(cnscan(folder.path()).args(["scan", "deploy", "-f", "json"]));
    for part in ["summary", "findings", "scope", "notices", "gaps"] {
        let without = |result: &Value| {
            let mut part = result[part].clone();
            part.as_object_mut().map(|summary| summary.remove("ignored"));
            part
        };
        assert_eq!(without(&first), without(&second), "{part}");
    }
    let told = second["inputs"].as_array().expect("inputs").iter().map(|input| (input["uri"].as_str(), input["reason"].as_str()));
    let reports = Some("reports that cnscan wrote");
    let expected = [
        (Some("deploy/a.yaml"), reports),
        (Some("deploy/b.yaml"), reports),
        (Some("deploy/kept"), Some("an evidence bundle, which holds copies")),
        (Some("deploy/now.json"), Some("a result of cnscan")),
        (Some("deploy/pod.yaml"), None),
        (Some("deploy/s.json"), Some("no Kubernetes object in it")),
    ];
    assert_eq!(told.collect::<Vec<_>>(), expected);
    let inside = ["evidence", "export", "--unsigned", "--bundle", "deploy/other", "deploy"];
    cnscan(folder.path()).args(inside).assert().code(2).stderr(contains("deploy/other lies in deploy, which is scanned"));
}

/// What is asked once a namespace is asked of a pod that says something of it, so that what it says counts or is said to be idle.
#[test]
fn a_pod_excuses_itself_from_what_is_asked_of_its_namespace() {
    let pod = |name: &str, annotations: &str, line: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {name}\n  namespace: shop\n{annotations}{line}spec:\n  containers: [{{name: a, image: a}}]\n"
        )
    };
    let noted = pod("noted", "  annotations: {cnscan/excuse.pod-mac-profile-missing: until=2027-01-31 no such node}\n", "");
    let commented = pod("commented", "", "# cnscan: excuse pod-mac-profile-missing until=2027-01-31 no such node\n");
    let scan = |text: &str| {
        let folder = folder(&[("pods.yaml", text)]);
        let result = json(cnscan(folder.path()).args(["scan", "--check", "pod-mac-profile-missing", "-f", "json"]));
        let row = |finding: &Value| {
            (finding["subject"]["name"].as_str().map(str::to_owned), finding["excused"]["by"].as_str().map(str::to_owned))
        };
        let findings: Vec<_> = result["findings"].as_array().expect("findings").iter().map(row).collect();
        (findings, result["notices"].to_string())
    };
    let row = |name: &str, by: Option<&str>| (Some(name.to_owned()), by.map(str::to_owned));
    let (found, notices) = scan(&[&*noted, &*commented].join("---\n"));
    assert_eq!(found, [row("noted", Some("annotation")), row("commented", Some("comment"))]);
    assert!(!notices.contains("matches no finding"), "{notices}");
    let (found, notices) = scan(&[&*noted, &*commented, &*pod("plain", "", "")].join("---\n"));
    assert_eq!(found, [row("shop", None), row("noted", Some("annotation")), row("commented", Some("comment"))]);
    assert!(!notices.contains("matches no finding"), "{notices}");
    let set = noted.replace("image: a}", "image: a, securityContext: {appArmorProfile: {type: RuntimeDefault}}}");
    assert!(scan(&set).1.contains("matches no finding"), "a pod that has one needs no excuse");
}

/// An excuse that excuses nothing is said, in whatever file it stands; one number of excused findings stands in every format.
#[test]
fn idle_excuses_are_said_wherever_they_stand() {
    let list = "# cnscan: excuse pss-host-port it has to\n- op: add\n";
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shop}\ndata:\n  pod.yaml: |\n    # cnscan: excuse pss-host-port it has to\n    kind: Pod\n";
    let folder = folder(&[
        ("pod.yaml", PRIVILEGED),
        ("patch.yaml", list),
        ("map.yaml", text),
        ("other.yaml", "a: b # cnscan: excuse pss-host-port no\n"),
    ]);
    let result = json(cnscan(folder.path()).args(["scan", "-f", "json"]));
    let notices: Vec<_> = result["notices"].as_array().expect("notices").iter().filter_map(Value::as_str).collect();
    for place in ["map.yaml:6", "other.yaml:1", "patch.yaml:1"] {
        let said = format!("{place}: the excuse for pss-host-port matches no finding");
        assert!(notices.iter().any(|notice| notice.starts_with(&said)), "{place}: {notices:?}");
    }
}

/// A key that is none of ours excuses nothing, which somebody has to say; and notices come by line, whole.
#[test]
fn mistyped_annotations_are_told() {
    let pod =
        PRIVILEGED.replace("metadata: {", "metadata: {annotations: {cnscan/exuse.pss-privileged-containr: until=2027-01-31 it must}, ");
    assert_ne!(pod, PRIVILEGED);
    let reasons = "exceptions:\n- {check: pss-host-port, reason: a reason}\n".to_owned();
    let list = |count: usize| (0..count).map(|_| "- {check: pss-host-port, reason: nobody needs it any more here}\n").collect::<String>();
    let folder = folder(&[("pod.yaml", &pod), ("cnscan.yaml", &format!("{reasons}{}", list(12)))]);
    let result = json(cnscan(folder.path()).args(["scan", "-f", "json"]));
    let notices: Vec<_> = result["notices"].as_array().expect("notices").iter().filter_map(Value::as_str).collect();
    let said = "the annotation cnscan/exuse.pss-privileged-containr excuses nothing: it means nothing here; did you mean `cnscan/excuse.pss-privileged-container`?";
    assert!(notices.iter().any(|notice| notice.ends_with(said)), "{notices:?}");
    let lines: Vec<u32> =
        notices.iter().filter_map(|notice| notice.strip_prefix("cnscan.yaml:")?.split(':').next()?.parse().ok()).collect();
    assert!(lines.len() > 10 && lines.is_sorted(), "{lines:?}");
    let table = cnscan(folder.path()).arg("scan").env("COLUMNS", "60").output().expect("it runs").stdout;
    let table = String::from_utf8_lossy(&table).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(table.contains(said), "{table}");
}

/// What holds of several namespaces alike is said once.
#[test]
fn pinned_namespaces_are_told_together() {
    let namespace = |name: &str, version: &str| {
        format!(
            "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {name}\n  labels: {{pod-security.kubernetes.io/enforce: restricted, pod-security.kubernetes.io/enforce-version: v{version}}}\n"
        )
    };
    let all = [namespace("b", "1.34"), namespace("a", "1.34"), namespace("c", "1.33")].join("---\n");
    let folder = folder(&[("namespaces.yaml", &all)]);
    let result = json(cnscan(folder.path()).args(["scan", "-f", "json"]));
    let held = "held against the Pod Security Standards of Kubernetes";
    let expected = [
        format!("namespace c pins a version: its pods are {held} 1.33"),
        format!("namespaces a, b pin a version: their pods are {held} 1.34"),
    ];
    assert_eq!(result["notices"], serde_json::json!(expected));
}
