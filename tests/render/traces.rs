//! What replacements, labels of an overlay and removals make of an object is pointed at where they stand.

use super::*;

const FILES: &[(&str, &str)] = &[
    ("base/kustomization.yaml", "resources: [web.yaml, image.yaml, shop.yaml]\n"),
    ("base/shop.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n"),
    ("base/image.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: image}\ndata: {image: 'registry.example.com/web:latest'}\n"),
    (
        "base/web.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      securityContext: {runAsNonRoot: true}\n      containers:\n      - name: web\n        image: registry.example.com/web:1\n        securityContext:\n          allowPrivilegeEscalation: false\n",
    ),
];

/// The places of a check, of an overlay over the files.
fn places_with(overlay: &str, check: &str) -> Vec<(String, u64, u64)> {
    let folder = folder(&[FILES, &[("over/kustomization.yaml", &format!("resources: [../base]\nnamespace: shop\n{overlay}"))]].concat());
    let result = json(cnscan(folder.path()).arg("over"));
    assert_eq!(result["gaps"].as_array().map(Vec::len), Some(0), "{}", result["gaps"]);
    let findings = result["findings"].as_array().expect("findings").iter().filter(|finding| finding["check"] == check);
    let place = |finding: &Value| {
        let at = &finding["location"];
        let number = |key: &str| at[key].as_u64().unwrap_or_default();
        (at["uri"].as_str().unwrap_or_default().to_owned(), number("line"), number("column"))
    };
    findings.map(place).collect()
}

fn over(line: u64, column: u64) -> Vec<(String, u64, u64)> {
    vec![("over/kustomization.yaml".to_owned(), line, column)]
}

#[test]
fn what_a_replacement_writes_is_pointed_at_in_it() {
    if !is_there("kubectl") {
        return;
    }
    let overlay = "replacements:\n- source: {kind: ConfigMap, name: image, fieldPath: data.image}\n  targets:\n  - select: {kind: Deployment}\n    fieldPaths:\n    - spec.template.spec.containers.[name=web].image\n";
    assert_eq!(places_with("", "image-reference-mutable").first().map(|place| place.0.as_str()), Some("base/web.yaml"));
    assert_eq!(places_with(overlay, "image-reference-mutable"), over(8, 7));
}

#[test]
fn labels_that_all_objects_are_given_are_pointed_at() {
    if !is_there("kubectl") {
        return;
    }
    let check = "admission-pod-security-not-enforced";
    let pair = "pod-security.kubernetes.io/enforce: privileged";
    let labels = format!("labels:\n- includeSelectors: true\n  pairs:\n    {pair}\n");
    assert_eq!(places_with(&labels, check), over(6, 41));
    assert_eq!(places_with(&format!("commonLabels:\n  {pair}\n"), check), over(4, 39));
}

#[test]
fn what_removes_a_setting_is_pointed_at() {
    if !is_there("kubectl") {
        return;
    }
    let check = "pss-allow-privilege-escalation";
    assert_eq!(places_with("", check), []);
    let head = "patches:\n- patch: |\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: web}\n    spec:\n      template:\n        spec:\n          containers:\n          - name: web\n";
    let json = "patches:\n- target: {kind: Deployment}\n  patch: |\n    - op: remove\n      path: /spec/template/spec/containers/0/securityContext/allowPrivilegeEscalation\n";
    assert_eq!(places_with(json, check), over(7, 13));
    let null = format!("{head}            securityContext:\n              allowPrivilegeEscalation: null\n");
    assert_eq!(places_with(&null, check), over(14, 15));
    let deleted = format!("{head}            securityContext:\n              $patch: delete\n");
    assert_eq!(places_with(&deleted, check), over(13, 13));
}
