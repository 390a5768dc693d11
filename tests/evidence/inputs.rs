//! What was scanned goes into a bundle without its secrets, and replays all the same.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use predicates::prelude::*;
use predicates::str::contains;
use serde_json::{Value, json};

use crate::{POD, cnscan, export, export_made, files, folder, manifest, replay, verify};

const SECRETS: &str = "apiVersion: v1
kind: Secret
metadata: {name: db, namespace: shop}
stringData:
  password: k9vQ2mZx7pLw4tYs
  user: 'hunter2hunter2'
data:
  key: TTR0WHE3dksyYkw5d1o1cA==
---
apiVersion: v1
kind: ConfigMap
metadata: {name: app, namespace: shop}
data:
  app.properties: |
    db.password=Zr4tQ8nWv2Kx6LpB
    retries=3
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  containers:
  - name: web
    image: registry.example.com/web:1
    args: [\"--api-token=Vd8rTq1yLz6NcWbX\", \"--verbose\"]
    env:
    - {name: DB_PASSWORD, value: k9vQ2mZx7pLw4tYs}
    - {name: OTHER, value: M4tXq7vK2bL9wZ5p}
";

/// What stands in there and nobody may see; the key of the Secret decoded as well.
const VALUES: [&str; 6] =
    ["k9vQ2mZx7pLw4tYs", "hunter2hunter2", "TTR0WHE3dksyYkw5d1o1cA==", "Zr4tQ8nWv2Kx6LpB", "Vd8rTq1yLz6NcWbX", "M4tXq7vK2bL9wZ5p"];

#[test]
fn no_secret_stands_in_a_bundle_and_it_replays_all_the_same() {
    let broken = "apiVersion: v1\nkind: Secret\nmetadata: {name: x\nstringData: {password: Bq7xWz3mKt9vLp2s}\n";
    let half = format!("{POD}---\napiVersion: v1\nkind: Secret\n\tdata: Bq7xWz3mKt9vLp2s\n");
    let folder = folder(&[("secrets.yaml", SECRETS), ("broken.yaml", broken), ("half.yaml", &half), ("web.yaml", POD)]);
    export(folder.path(), "b", &["--include-passes"]);
    let all = files(&folder.path().join("b"));
    for (name, bytes) in &all {
        let text = String::from_utf8_lossy(bytes);
        for value in VALUES.iter().chain(&["Bq7xWz3mKt9vLp2s"]) {
            assert!(!text.contains(value), "{name} has {value}");
        }
    }
    let kept = String::from_utf8_lossy(&all["inputs/files/in/secrets.yaml"]).into_owned();
    assert!(kept.contains("db.password=") && kept.contains("retries=3") && kept.contains("--verbose"), "{kept}");
    // lines stay where they are
    assert_eq!(kept.lines().count(), SECRETS.lines().count());
    let manifest = manifest(&folder.path().join("b"));
    let redaction = &manifest["redaction"];
    assert!(redaction["values"].as_u64().is_some_and(|values| values >= 6), "{redaction}");
    assert_eq!(redaction["left_out"][0]["uri"], "in/broken.yaml");
    assert_eq!(redaction["not_replayable"], json!([]), "{redaction}");
    verify(folder.path(), "b", &[]).code(0).stdout(contains("left out    in/broken.yaml"));
    replay(folder.path(), "b").code(0).stdout(contains("the same verdicts"));
}

#[test]
fn a_snapshot_of_a_cluster_replays_without_its_secrets() {
    let folder = folder(&[]);
    let list = json!({"kind": "PodList", "apiVersion": "v1", "items": [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"containers": [{"name": "web", "image": "a:1", "securityContext": {"privileged": true}, "env": [{"name": "DB_PASSWORD", "value": VALUES[0]}]}]}}]});
    let captured = cnscan::discover::Captured {
        cluster: cnscan::discover::Cluster { uid: Some("u-1".into()), version: "v1.36.1".into(), ..Default::default() },
        facts: cnscan::discover::Facts { version: json!({"major": "1", "minor": "36", "gitVersion": "v1.36.1"}), ..Default::default() },
        lists: vec![cnscan::discover::List { uri: "/api/v1/pods".into(), items: 1, text: list.to_string() }],
        listed: cnscan::discover::Listed {
            kinds: vec![cnscan::discover::Reach { group: String::new(), kind: "Pod".into(), namespaced: true, refused: BTreeMap::new() }],
            ..Default::default()
        },
        ..Default::default()
    };
    cnscan::discover::snapshot::write(&captured, "2026-09-21T00:00:00Z", &folder.path().join("s.gz")).expect("a snapshot");
    let mut command = cnscan(folder.path());
    command.args([
        "evidence",
        "export",
        "--bundle",
        "b",
        "--key",
        "ada.key",
        "--snapshot",
        "s.gz",
        "--fail-on",
        "none",
        "--allow-gaps",
        "--no-config",
    ]);
    command.assert().code(0);
    let mut inner = String::new();
    let snapshot = fs::File::open(folder.path().join("b/inputs/snapshot.json.gz")).expect("a file");
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(snapshot), &mut inner).expect("text");
    assert!(inner.contains("DB_PASSWORD") && !inner.contains(VALUES[0]), "{inner}");
    verify(folder.path(), "b", &["--cluster", "u-1"]).code(0);
    replay(folder.path(), "b").code(0).stdout(contains("the same verdicts"));
}

#[cfg(unix)]
#[test]
fn a_chart_is_kept_as_it_was_rendered_and_replays_without_its_tool() {
    let template = "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData: {password: {{ .Values.password }}}\n";
    let values = format!("password: {}\n", VALUES[0]);
    let folder = folder(&[
        ("shop/Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.0.0\n"),
        ("shop/templates/db.yaml", template),
        ("shop/values.yaml", &values),
    ]);
    let made = format!(
        "---\n# Source: shop/templates/db.yaml\napiVersion: v1\nkind: Secret\nmetadata: {{name: db, namespace: shop}}\nstringData: {{password: {}}}\n---\n# Source: shop/templates/web.yaml\n{POD}",
        VALUES[0]
    );
    export_made(folder.path(), ("helm", "v3.99.0"), &made);
    let all = files(&folder.path().join("b"));
    assert!(all.iter().all(|(_, bytes)| !String::from_utf8_lossy(bytes).contains(VALUES[0])), "the password stands in the bundle");
    let rendered: Vec<_> = all.keys().filter(|name| name.starts_with("inputs/")).collect();
    assert_eq!(rendered, ["inputs/rendered/in/shop.made.yaml"]);
    fs::remove_dir_all(folder.path().join("in")).expect("a folder");
    let mut command = cnscan(folder.path());
    command.env("PATH", "/nowhere").args(["evidence", "replay", "b", "--key", "ada.pub"]);
    command.assert().code(0).stdout(contains("the same verdicts").and(contains("expected").not()));
}

/// What kustomize makes has lost its comments: that they excuse something goes with the bundle.
#[cfg(unix)]
#[test]
fn a_comment_in_the_source_of_a_kustomization_excuses_in_the_replay_as_well() {
    let source =
        POD.replace("    securityContext", "    # cnscan: excuse pss-privileged-container until=2026-12-31 it must\n    securityContext");
    let folder = folder(&[("kustomization.yaml", "resources: [web.yaml]\nnamePrefix: prod-\n"), ("web.yaml", &source)]);
    let made = POD.replace("name: web, namespace", "name: prod-web, namespace").replace("  namespace", "\n  namespace");
    export_made(folder.path(), ("kustomize", "v5.4.3"), &made);
    let result: Value = serde_json::from_slice(&fs::read(folder.path().join("b/results/results.json")).expect("a result")).expect("JSON");
    let of_check = |finding: &&Value| finding["check"] == "pss-privileged-container";
    let finding = result["findings"].as_array().expect("a list").iter().find(of_check).expect("the finding").clone();
    assert_eq!((&finding["location"]["uri"], &finding["excused"]["by"]), (&"in/web.yaml".into(), &"comment".into()), "{finding}");
    let recipe: Value = serde_json::from_slice(&fs::read(folder.path().join("b/recipe.json")).expect("a recipe")).expect("JSON");
    assert_eq!(recipe["comments"][0]["place"], "in/web.yaml:8", "{recipe}");
    assert_eq!(manifest(&folder.path().join("b"))["redaction"]["not_replayable"], serde_json::json!([]));
    fs::remove_dir_all(folder.path().join("in")).expect("a folder");
    let mut command = cnscan(folder.path());
    command.env("PATH", "/nowhere").args(["evidence", "replay", "b", "--key", "ada.pub"]);
    command.assert().code(0).stdout(contains("the same verdicts").and(contains("expected").not()));
}

/// What overlays make of one line is one finding, which its comment excuses on each of the objects: in the replay as well.
#[cfg(unix)]
#[test]
fn a_comment_in_a_base_excuses_what_each_overlay_makes_of_it_in_the_replay() {
    // what it takes is real: without it there is nothing to try
    if !Path::new("/usr/bin/kubectl").is_file() {
        return;
    }
    let source =
        POD.replace("    securityContext", "    # cnscan: excuse pss-privileged-container until=2026-12-31 it must\n    securityContext");
    let overlay = |name: &str| format!("resources: [../base]\nnamePrefix: {name}-\n");
    let folder = folder(&[
        ("base/kustomization.yaml", "resources: [web.yaml]\n"),
        ("base/web.yaml", &source),
        ("prod/kustomization.yaml", &overlay("prod")),
        ("test/kustomization.yaml", &overlay("test")),
    ]);
    let mut command = cnscan(folder.path());
    command.env("PATH", "/bin:/usr/bin");
    command.args(["evidence", "export", "--bundle", "b", "--key", "ada.key", "--fail-on", "none", "--allow-gaps", "--no-config", "in"]);
    command.assert().code(0);
    let recipe: Value = serde_json::from_slice(&fs::read(folder.path().join("b/recipe.json")).expect("a recipe")).expect("JSON");
    assert_eq!(recipe["comments"][0]["on"].as_array().map(Vec::len), Some(2), "{recipe}");
    assert!(recipe["shared"].as_object().is_some_and(|shared| shared.len() > 3), "{recipe}");
    assert_eq!(manifest(&folder.path().join("b"))["redaction"]["not_replayable"], json!([]));
    let mut command = cnscan(folder.path());
    command.env("PATH", "/nowhere").args(["evidence", "replay", "b", "--key", "ada.pub"]);
    command.assert().code(0).stdout(contains("the same verdicts:").and(contains("expected").not()));
}

#[cfg(unix)]
#[test]
fn files_of_a_node_replay_with_their_modes_and_without_what_they_keep_to_themselves() {
    use std::os::unix::fs::PermissionsExt;
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/_model-cluster/node");
    let copied = files(&model);
    let folder = folder(&[]);
    let node = folder.path().join("in");
    for (name, bytes) in copied.iter().filter(|(name, _)| *name != "modes") {
        let path = node.join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        fs::write(&path, bytes).expect("a file");
        fs::set_permissions(&path, fs::Permissions::from_mode(if name.ends_with(".conf") { 0o666 } else { 0o600 })).expect("a mode");
    }
    let config = format!("apiVersion: v1\nkind: Config\nusers:\n- name: mira\n  user: {{token: {}}}\n", VALUES[0]);
    fs::write(node.join("etc/kubernetes/admin.conf"), config).expect("a file");
    let key = node.join("etc/kubernetes/pki/ca.key");
    fs::write(key, format!("-----BEGIN PRIVATE KEY-----\n{}\n", VALUES[3])).expect("a file");
    let mut command = cnscan(folder.path());
    command.args(["evidence", "export", "--bundle", "b", "--key", "ada.key", "--no-config", "-q", "--root", "in"]).assert().code(1);
    let all = files(&folder.path().join("b"));
    for (name, bytes) in &all {
        let text = String::from_utf8_lossy(bytes);
        assert!(!text.contains(VALUES[0]) && !text.contains(VALUES[3]), "{name}");
    }
    assert_eq!(all["inputs/files/in/etc/kubernetes/pki/ca.crt"], copied["etc/kubernetes/pki/ca.crt"]);
    assert!(!all.contains_key("inputs/files/in/etc/kubernetes/pki/ca.key"));
    let found: Value = serde_json::from_slice(&all["results/results.json"]).expect("JSON");
    let of_modes = |finding: &&Value| finding["check"] == "control-plane-file-mode-wide";
    assert!(found["findings"].as_array().into_iter().flatten().filter(of_modes).count() > 3);
    fs::remove_dir_all(node).expect("a folder");
    replay(folder.path(), "b").code(0).stdout(contains("the same verdicts").and(contains("expected").not()));
}
