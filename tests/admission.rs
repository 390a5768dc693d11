//! Admission in force, as a user asks for it: the matrix, and what findings of pods say of it.

use std::fs;

use assert_cmd::Command;
use serde_json::Value;

fn cnscan(arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::cargo_bin("cnscan")
        .expect("the program")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(arguments)
        .output()
        .expect("it runs");
    (output.status.code(), String::from_utf8(output.stdout).expect("text"))
}

fn rules(case: &str) -> Value {
    let path = format!("fixtures/admission-pod-security-not-enforced/{case}.yaml");
    let (code, text) = cnscan(&["explain", "admission", "-n", "shop", "-f", "json", &path]);
    assert_eq!(code, Some(0), "{text}");
    let rows: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(rows[0]["namespace"], "shop");
    rows[0]["rules"].clone()
}

fn rule<'r>(rules: &'r Value, name: &str) -> &'r Value {
    rules.as_array().expect("a list").iter().find(|rule| rule["rule"] == name).expect(name)
}

#[test]
fn the_matrix_names_what_refuses_each_control() {
    let gatekeeper = rules("pass-gatekeeper-library");
    assert_eq!(rule(&gatekeeper, "privileged")["by"][0], "K8sPSPPrivilegedContainer k8spspprivilegedcontainer");
    assert_eq!(rule(&gatekeeper, "hostNamespaces")["by"].as_array().map(Vec::len), Some(2), "two constraints share the three namespaces");
    let label = rules("pass-enforced");
    assert_eq!(rule(&label, "privileged")["by"][0], "Pod Security level baseline");
    assert_eq!(rule(&label, "runAsNonRoot")["refused"], "no");
}

/// The restricted level has a rule of its own for user namespaces from 1.35 on, when the baseline began to spare them: before, the
/// baseline refused them, and `no` would be wrong.
#[test]
fn what_a_pinned_version_refuses_by_an_older_rule_is_refused() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let refused = |level: &str, version: &str| {
        let text = format!(
            "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n  labels: {{pod-security.kubernetes.io/enforce: {level}, pod-security.kubernetes.io/enforce-version: {version}}}\n"
        );
        fs::write(folder.path().join("n.yaml"), text).expect("a file");
        let path = folder.path().join("n.yaml").display().to_string();
        let (_, text) = cnscan(&["explain", "admission", "-f", "json", &path]);
        let rows: Value = serde_json::from_str(&text).expect("JSON");
        rule(&rows[0]["rules"], "procMount_restricted")["refused"].as_str().expect("a word").to_owned()
    };
    for (level, version, expected) in [
        ("restricted", "v1.34", "yes"),
        ("baseline", "v1.34", "yes"),
        ("baseline", "v1.35", "no"),
        ("restricted", "v1.35", "yes"),
        ("privileged", "v1.34", "no"),
    ] {
        assert_eq!(refused(level, version), expected, "{level} {version}");
    }
}

/// Rules of which the same is said stand together: a page of one namespace is no longer than what there is to say.
#[test]
fn the_page_says_together_what_is_the_same() {
    let path = "fixtures/admission-pod-security-not-enforced/pass-enforced.yaml";
    let (_, page) = cnscan(&["explain", "admission", "-n", "shop", path]);
    let expected = "- **refused** by Pod Security level baseline\n  - baseline: appArmorProfile, capabilities_baseline, ";
    assert!(page.contains(expected) && page.contains("\n- **not refused** by anything that was read\n  - restricted: "), "{page}");
    assert!(page.lines().count() < 12, "{page}");
    let (_, page) = cnscan(&["explain", "admission", "fixtures/admission-pod-security-not-enforced/fail-kyverno-ephemeral-missed.yaml"]);
    assert!(page.contains("**refused in part** by ") && page.contains("; not: privileged in an ephemeral container"), "{page}");
}

#[test]
fn what_is_refused_in_part_says_what_is_left() {
    let rules = rules("fail-kyverno-ephemeral-missed");
    let privileged = rule(&rules, "privileged");
    assert_eq!((&privileged["refused"], &privileged["open"][0]), (&"partly".into(), &"privileged in an ephemeral container".into()));
    assert_eq!(rule(&rules, "hostPorts")["refused"], "yes");
}

#[test]
fn what_is_not_understood_is_unknown() {
    let rules = rules("review-policy-params");
    assert_eq!(rule(&rules, "privileged")["refused"], "unknown");
    let (code, _) = cnscan(&["explain", "admission", "-n", "nowhere", "fixtures/_shop"]);
    assert_eq!(code, Some(2));
    let (code, page) = cnscan(&["explain", "admission", "fixtures/_shop"]);
    assert!(code == Some(0) && page.starts_with("# Admission in force\n"), "{page}");
}

/// Unset but enforced, unset and open, explicitly insecure.
#[test]
fn findings_of_pods_say_whether_admission_would_have_refused_them() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let pod = |namespace: &str, privileged: &str| {
        format!(
            "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: web, namespace: {namespace}}}\nspec:\n  containers:\n  - name: web\n    image: a/b:1\n    securityContext: {{privileged: {privileged}}}\n"
        )
    };
    let namespace = |name: &str, label: &str| {
        format!(
            "---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: {name}\n  labels: {{pod-security.kubernetes.io/enforce: {label}}}\n"
        )
    };
    let text = [namespace("kept", "restricted"), namespace("open", "privileged"), pod("kept", "false"), pod("open", "true")].concat();
    fs::write(folder.path().join("all.yaml"), text).expect("a file");
    let path = folder.path().to_string_lossy().into_owned();
    let (_, text) =
        cnscan(&["scan", &path, "--no-config", "-f", "json", "--check", "pss-privileged-container", "--check", "pss-run-as-non-root"]);
    let result: Value = serde_json::from_str(&text).expect("JSON");
    let notes: Vec<_> = result["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .map(|finding| {
            (
                finding["check"].as_str().expect("a check"),
                finding["subject"]["namespace"].as_str().expect("a namespace"),
                finding["notes"][0].as_str().expect("a note"),
            )
        })
        .collect();
    let said = |check, namespace| notes.iter().find(|(own, of, _)| (*own, *of) == (check, namespace)).expect("a finding").2;
    assert_eq!(said("pss-run-as-non-root", "kept"), "left unset; admission refuses such pods here: Pod Security level restricted");
    assert_eq!(said("pss-run-as-non-root", "open"), "left unset; nothing seen refuses such pods here at admission");
    assert_eq!(said("pss-privileged-container", "open"), "set explicitly; nothing seen refuses such pods here at admission");
}
