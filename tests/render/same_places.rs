//! What a tool renders without a change is pointed at where a plain scan points.

use std::path::{Path, PathBuf};

use super::*;

/// The manifests below a folder of the bundled ones, by their names in it.
fn manifests(below: &str) -> Vec<(String, String)> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(below);
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = vec![top.clone()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            let is_manifest = entry.extension().is_some_and(|end| end == "yaml" || end == "json");
            if entry.is_dir() {
                open.push(entry);
            } else if is_manifest {
                let name = entry.strip_prefix(&top).expect("below it").display().to_string();
                found.push((name, fs::read_to_string(entry).expect("a text")));
            }
        }
    }
    found.sort();
    found
}

/// Check, file, place, and how well it fits. What is said of a whole namespace or cluster is shown at its first object, and tools
/// have an order of their own.
fn marks(result: &Value) -> Vec<String> {
    let is_of_object = |finding: &&Value| !["Namespace", "Cluster"].iter().any(|kind| finding["subject"]["kind"] == *kind);
    let findings = result["findings"].as_array().expect("findings").iter().filter(is_of_object);
    let mut marks: Vec<_> = findings.map(|finding| format!("{} {}", finding["check"], finding["location"])).collect();
    marks.sort();
    marks
}

/// What only one of two has.
fn differ(one: &[String], other: &[String]) -> Vec<String> {
    let mut rest = other.to_vec();
    let mut only = Vec::new();
    for mark in one {
        match rest.iter().position(|own| own == mark) {
            Some(at) => drop(rest.remove(at)),
            None => only.push(mark.clone()),
        }
    }
    only.extend(rest);
    only
}

/// Scans manifests plainly, and as an overlay that changes nothing makes them; the places that differ.
fn by_overlay(manifests: &[(String, String)]) -> (usize, Vec<String>) {
    let names: Vec<_> = manifests.iter().map(|(name, _)| name).collect();
    let listed = format!("resources: {}\n", serde_json::json!(names));
    let inside: Vec<_> = manifests.iter().map(|(name, text)| (format!("base/{name}"), text.as_str())).collect();
    let mut files: Vec<_> = inside.iter().map(|(name, text)| (name.as_str(), *text)).collect();
    files.extend([("base/kustomization.yaml", listed.as_str()), ("over/kustomization.yaml", "resources: [../base]\n")]);
    let folder = folder(&files);
    let plain = marks(&json(cnscan(folder.path()).args([".", "--render", "never"])));
    let result = json(cnscan(folder.path()).arg("."));
    assert!(result["gaps"].as_array().is_some_and(Vec::is_empty), "{}", result["gaps"]);
    (plain.len(), differ(&plain, &marks(&result)))
}

#[test]
fn an_overlay_without_changes_changes_no_place() {
    if !is_there("kubectl") {
        return;
    }
    let mut shop = manifests("_shop");
    for (_, text) in &mut shop {
        // kustomize takes YAML 1.2's word for it and writes a text
        *text = text.replace("privileged: yes", "privileged: true");
    }
    let (count, differ) = by_overlay(&shop);
    assert!(count > 70 && differ.is_empty(), "{count}: {differ:#?}");
    let (count, differ) = by_overlay(&manifests("_model-cluster/cluster"));
    assert!(count > 50 && differ.is_empty(), "{count}: {differ:#?}");
    let names =
        ["pss-capabilities-not-dropped", "pss-seccomp-missing", "pss-run-as-root-uid", "pod-resources-unbounded", "rbac-wildcard-rule"];
    for (name, text) in names.into_iter().flat_map(manifests).filter(|(name, _)| name.starts_with("fail-")) {
        let (_, mut differ) = by_overlay(&[("a.yaml".to_owned(), text)]);
        // what no namespace has is shown at its first object, here a workload
        differ.retain(|mark| ["\"pss-", "\"pod-", "\"rbac-", "\"image-reference"].iter().any(|start| mark.starts_with(start)));
        assert!(differ.is_empty(), "{name}: {differ:#?}");
    }
}

#[test]
fn a_chart_without_actions_changes_no_place() {
    if !is_there("helm") {
        return;
    }
    let shop: Vec<_> = manifests("_shop").into_iter().filter(|(name, _)| name.ends_with(".yaml")).collect();
    let inside: Vec<_> = shop.iter().map(|(name, text)| (format!("shop/templates/{name}"), text.as_str())).collect();
    let mut files: Vec<_> = inside.iter().map(|(name, text)| (name.as_str(), *text)).collect();
    let plain = folder(&files);
    fs::rename(plain.path().join("shop/templates"), plain.path().join("shop/plain")).expect("a folder");
    files.push(("shop/Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.0.0\n"));
    let chart = folder(&files);
    let result = json(cnscan(chart.path()).arg("."));
    assert_eq!(result["gaps"], serde_json::json!([]));
    let plain: Vec<_> =
        marks(&json(cnscan(plain.path()).arg("."))).iter().map(|mark| mark.replace("shop/plain", "shop/templates")).collect();
    let differ = differ(&plain, &marks(&result));
    assert!(plain.len() > 70 && differ.is_empty(), "{differ:#?}");
}
