//! Which patch a value is from, and that what a base says of its own is not said of a patch.

use super::*;

const WEB: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n      - name: web\n        image: registry.example.com/web:1\n        securityContext:\n          # cnscan: excuse pss-privileged-container it is not\n          privileged: false\n          capabilities:\n            drop: [ALL]\n      volumes:\n      - name: logs\n        hostPath: {path: /var/log/pods} # cnscan: excuse pss-host-path-volume it reads logs\n";

fn scanned(kustomization: &str, more: &[(&str, &str)]) -> (TempDir, Value) {
    let admin = WEB.replace("web", "web-admin");
    let mut files = vec![
        ("base/kustomization.yaml", "resources: [web.yaml, admin.yaml]\n"),
        ("base/web.yaml", WEB),
        ("base/admin.yaml", &admin),
        ("prod/kustomization.yaml", kustomization),
    ];
    files.extend(more);
    let folder = folder(&files);
    let result = json(cnscan(folder.path()).arg("."));
    assert_eq!(result["gaps"], serde_json::json!([]));
    (folder, result)
}

fn strategic(name: &str, spec: &str) -> String {
    format!("apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec: {{template: {{spec: {spec}}}}}\n")
}

#[test]
fn a_comment_in_a_base_excuses_nothing_that_a_patch_adds() {
    if !is_there("kubectl") {
        return;
    }
    let patch = strategic("web", "{volumes: [{name: logs, hostPath: {path: /}}]}");
    let (_folder, result) = scanned("resources: [../base]\npatches:\n- path: patch.yaml\n", &[("prod/patch.yaml", &patch)]);
    let findings = result["findings"].as_array().expect("findings").iter();
    let found: Vec<_> = findings.filter(|finding| finding["check"] == "pss-host-path-volume").collect();
    assert!(found.iter().any(|finding| finding["location"]["uri"] == "prod/patch.yaml" && finding["excused"].is_null()), "{found:#?}");
    // the other one is what the comment is about
    assert!(found.iter().any(|finding| finding["location"]["uri"] == "base/admin.yaml" && !finding["excused"].is_null()), "{found:#?}");
    let json_patch = "- op: replace\n  path: /spec/template/spec/containers/0/securityContext/privileged\n  value: true\n";
    let kustomization = "resources: [../base]\npatches:\n- path: patch.yaml\n  target: {kind: Deployment, name: web-admin}\n";
    let (folder, result) = scanned(kustomization, &[("prod/patch.yaml", json_patch)]);
    assert_eq!(places(&result, folder.path(), "pss-privileged-container"), [place("prod/patch.yaml", "true", "value")]);
    let mut findings = result["findings"].as_array().expect("findings").iter();
    assert!(findings.any(|finding| finding["check"] == "pss-privileged-container" && finding["excused"].is_null()));
}

#[test]
fn what_a_json_patch_adds_is_shown_in_it() {
    if !is_there("kubectl") {
        return;
    }
    let patch = "- op: add\n  path: /spec/template/spec/containers/0/securityContext/capabilities\n  value: {add: [SYS_ADMIN], drop: [ALL]}\n- {op: add, path: /spec/template/spec/hostNetwork, value: true}\n";
    let listed = "resources: [../base]\npatches:\n- path: patch.yaml\n  target: {kind: Deployment, name: web}\n";
    let (folder, result) = scanned(listed, &[("prod/patch.yaml", patch)]);
    let of_patch = |check: &str| places(&result, folder.path(), check).iter().any(|place| place.0 == "prod/patch.yaml");
    assert!(of_patch("pss-capabilities-added") && of_patch("pss-host-namespaces"));
    let within: String = patch.lines().map(|line| format!("    {line}\n")).collect();
    let inline = format!("resources: [../base]\npatches:\n- target: {{kind: Deployment, name: web}}\n  patch: |-\n{within}");
    let (folder, result) = scanned(&inline, &[]);
    let of_patch = |check: &str| places(&result, folder.path(), check).iter().all(|place| place.0 == "prod/kustomization.yaml");
    assert!(of_patch("pss-capabilities-added") && of_patch("pss-host-namespaces"));
}

#[test]
fn a_comment_in_a_patch_excuses_what_it_sets_or_is_said_to_be_idle() {
    if !is_there("kubectl") {
        return;
    }
    let patch = "- op: add\n  path: /spec/template/spec/hostNetwork\n  value: true # cnscan: excuse pss-host-namespaces until=2099-01-01 an agent\n# cnscan: excuse pss-host-port idle\n- {op: add, path: /spec/template/spec/dnsPolicy, value: Default}\n";
    let within = "resources: [../base]\npatches:\n- path: patch.yaml\n  target: {kind: Deployment, name: web}\n- target: {kind: Deployment}\n  patch: |-\n    # cnscan: excuse pss-host-port idle\n    - {op: add, path: /spec/template/spec/hostUsers, value: false}\n";
    let (_folder, result) = scanned(within, &[("prod/patch.yaml", patch)]);
    let findings = result["findings"].as_array().expect("findings").iter();
    let excused: Vec<_> =
        findings.filter(|finding| finding["check"] == "pss-host-namespaces").map(|one| &one["excused"]["reason"]).collect();
    assert!(!excused.is_empty() && excused.iter().all(|reason| **reason == "an agent"), "{excused:?}");
    let notices = result["notices"].to_string();
    for place in ["prod/patch.yaml:4", "prod/kustomization.yaml:7"] {
        assert!(notices.contains(&format!("{place}: the excuse for pss-host-port matches no finding")), "{place}: {notices}");
    }
}

#[test]
fn of_patches_for_names_that_are_alike_each_has_its_own() {
    if !is_there("kubectl") {
        return;
    }
    let (own, other) = (strategic("web-admin", "{hostNetwork: true}"), strategic("web", "{hostNetwork: true}"));
    let kustomization = "resources: [../base]\npatches:\n- path: a.yaml\n- path: b.yaml\n";
    let (folder, result) = scanned(kustomization, &[("prod/a.yaml", &own), ("prod/b.yaml", &other)]);
    let found = places(&result, folder.path(), "pss-host-namespaces");
    assert_eq!(found, [place("prod/a.yaml", "true", "value"), place("prod/b.yaml", "true", "value")]);
}

#[test]
fn what_an_overlay_lists_that_cannot_be_built_is_judged_as_written() {
    if !is_there("kubectl") {
        return;
    }
    let web =
        WEB.replace("          # cnscan: excuse pss-privileged-container it is not\n", "").replace("privileged: false", "privileged: true");
    let mends = "patches:\n- patch: |\n    - {op: replace, path: /spec/template/spec/containers/0/securityContext/privileged, value: false}\n  target: {kind: Deployment}\n";
    let judged = |files: &[(&str, &str)]| {
        let folder = folder(files);
        let result = json(cnscan(folder.path()).args([".", "--check", "pss-privileged-container"]));
        result["findings"].as_array().expect("findings").len()
    };
    let dev = format!("resources: [../../base]\n{mends}");
    let of_base = [
        ("base/kustomization.yaml", "resources: [web.yaml]\n"),
        ("base/web.yaml", &*web),
        ("overlays/dev/kustomization.yaml", &*dev),
        ("overlays/prod/kustomization.yaml", "resources: [../../base, 'https://example.com/x//y?ref=v1']\n"),
    ];
    assert_eq!((judged(&of_base[..3]), judged(&of_base)), (0, 1));
    let dev = format!("resources: [web.yaml]\n{mends}");
    let of_file = [
        ("dev/web.yaml", &*web),
        ("dev/kustomization.yaml", &*dev),
        ("kustomization.yaml", "resources: [dev/web.yaml, 'https://example.com/x//y?ref=v1']\n"),
    ];
    assert_eq!((judged(&of_file[..2]), judged(&of_file)), (0, 1));
}
