//! Charts and kustomizations: judged as their own tools render them, and pointed at in their sources.

#![cfg(unix)]
#![expect(clippy::expect_used, reason = "a test that cannot go on is a test that fails")]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command as Process;

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

#[path = "render/charts.rs"]
mod charts;
#[path = "render/deployed.rs"]
mod deployed;
#[path = "render/kustomizations.rs"]
mod kustomizations;
#[path = "render/listed.rs"]
mod listed;
#[path = "render/patches.rs"]
mod patches;
#[path = "render/released.rs"]
mod released;
#[path = "render/same_places.rs"]
mod same_places;

const CHART: &[(&str, &str)] = &[
    ("shop/Chart.yaml", "apiVersion: v2\nname: store\nversion: 1.0.0\n"),
    (
        "shop/values.yaml",
        "image: registry.example.com/web\ntag: \"1\"\nports: [80, 8080]\nsecurityContext:\n  privileged: true\ndb:\n  password: k9vQ2mZx7pLw4tYb\n",
    ),
    ("shop/templates/_helpers.tpl", "{{- define \"labels\" -}}\napp: web\ntier: front\n{{- end }}\n"),
    (
        "shop/templates/web.yaml",
        r#"{{- /* the web */}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}-web
  labels:
    {{- include "labels" . | nindent 4 }}
spec:
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        {{- include "labels" . | nindent 8 }}
    spec:
      hostNetwork: true
      containers:
      {{- range .Values.ports }}
      - name: web-{{ . }}
        image: {{ $.Values.image }}:{{ $.Values.tag }}
        env:
        - name: DB_PASSWORD
          value: {{ $.Values.db.password }}
        ports:
        - containerPort: {{ . }}
          hostPort: {{ . }}
        securityContext:
          {{- toYaml $.Values.securityContext | nindent 10 }}
      {{- end }}
"#,
    ),
];

const KUSTOMIZATION: &[(&str, &str)] = &[
    ("base/kustomization.yaml", "resources: [web.yaml, secret.yaml]\n"),
    ("base/secret.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData:\n  password: k9vQ2mZx7pLw4tYb\n"),
    (
        "base/web.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web # the web\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n      - name: web\n        image: registry.example.com/web:1\n        securityContext:\n          privileged: true\n          # cnscan: excuse pss-allow-privilege-escalation the base needs it\n          allowPrivilegeEscalation: true\n",
    ),
    (
        "overlays/prod/kustomization.yaml",
        "resources: [../../base]\nnamePrefix: prod-\nnamespace: shop\npatches:\n- path: patch.yaml\n- target: {kind: Deployment}\n  patch: |-\n    - op: add\n      path: /spec/template/spec/hostPID\n      value: true\nimages:\n- name: registry.example.com/web\n  newTag: latest\n",
    ),
    (
        "overlays/prod/patch.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      hostNetwork: true\n",
    ),
];

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        fs::write(path, text).expect("a file");
    }
    folder
}

fn cnscan(folder: &Path) -> Command {
    let mut command = Command::cargo_bin("cnscan").expect("the program");
    command.current_dir(folder).env("SOURCE_DATE_EPOCH", "1790000000").env_remove("COLUMNS").args(["scan", "--no-config", "-f", "json"]);
    command
}

fn json(command: &mut Command) -> Value {
    let output = command.output().expect("it runs");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}

/// Scans a folder in shards, which come to the same as the whole of it; the whole.
fn in_shards(folder: &Path, count: usize) -> Value {
    let run = |arguments: &[&str]| {
        let mut command = Command::cargo_bin("cnscan").expect("the program");
        command.current_dir(folder).env("SOURCE_DATE_EPOCH", "1790000000").args(arguments);
        command
    };
    let parts = TempDir::new().expect("a folder");
    let paths: Vec<_> = (0..count).map(|shard| parts.path().join(format!("{shard}.json")).display().to_string()).collect();
    for (shard, path) in paths.iter().enumerate() {
        let (shard, output) = (format!("{shard}/{count}"), format!("json={path}"));
        run(&["scan", ".", "--no-config", "-q", "--shard", &shard, "-o", &output]).assert().code(0);
    }
    let merged = json(run(&["merge", "-f", "json"]).args(&paths));
    let whole = json(cnscan(folder).arg("."));
    for part in ["findings", "checks", "controls", "gaps", "notices"] {
        assert_eq!(merged[part], whole[part], "{part}");
    }
    whole
}

fn is_there(program: &str) -> bool {
    let is = Process::new(program).arg("version").arg("--client").output().is_ok() || Process::new(program).arg("version").output().is_ok();
    if !is {
        eprintln!("skipped: no {program} here");
    }
    is
}

/// A program of that name, alone in a folder that the PATH then has: what it prints, and how it ends.
fn program(name: &str, script: &str) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join(name);
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("a script");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a mode");
    folder
}

/// Where a check's findings are: file, and the text at the place.
fn places(result: &Value, folder: &Path, check: &str) -> Vec<(String, String, String)> {
    let findings = result["findings"].as_array().expect("findings");
    let own = findings.iter().filter(|finding| finding["check"] == check);
    let mut places: Vec<_> = own
        .map(|finding| {
            let at = &finding["location"];
            let uri = at["uri"].as_str().unwrap_or_default().to_owned();
            let number = |key: &str| at[key].as_u64().unwrap_or_default() as usize;
            let text = fs::read_to_string(folder.join(&uri)).unwrap_or_default();
            let line: Vec<char> = text.lines().nth(number("line") - 1).unwrap_or_default().chars().collect();
            let end = if number("end_line") == number("line") { number("end_column") - 1 } else { line.len() };
            (uri, line[number("column") - 1..end].iter().collect(), at["quality"].as_str().unwrap_or_default().to_owned())
        })
        .collect();
    places.sort();
    places.dedup();
    places
}

fn place(uri: &str, text: &str, quality: &str) -> (String, String, String) {
    (uri.to_owned(), text.to_owned(), quality.to_owned())
}

#[test]
fn findings_in_a_chart_point_into_its_templates() {
    if !is_there("helm") {
        return;
    }
    let folder = folder(CHART);
    let result = json(cnscan(folder.path()).arg("shop"));
    assert_eq!(result["gaps"], serde_json::json!([]));
    let of = |check: &str| places(&result, folder.path(), check);
    const WEB: &str = "shop/templates/web.yaml";
    assert_eq!(of("pss-host-namespaces"), [place(WEB, "true", "value")]);
    assert_eq!(of("pss-host-port"), [place(WEB, "{{ . }}", "value")]);
    assert_eq!(of("pss-privileged-container"), [place(WEB, "{{- toYaml $.Values.securityContext | nindent 10 }}", "parent")]);
    assert_eq!(of("image-reference-mutable"), [place(WEB, "{{ $.Values.image }}:{{ $.Values.tag }}", "value")]);
    assert_eq!(of("secret-value-in-spec"), [place(WEB, "{{ $.Values.db.password }}", "value")]);
    assert!(!result.to_string().contains("k9vQ2mZx7pLw4tYb"), "the value stands in no report");
    let findings = result["findings"].as_array().expect("findings").iter().filter(|finding| finding["subject"]["kind"] == "Deployment");
    let names: Vec<_> = findings.map(|finding| &finding["subject"]["name"]).collect();
    assert!(names.iter().all(|name| *name == "shop-web"), "{names:?}");
    assert!(result["notices"].to_string().contains("judged as helm v"), "{}", result["notices"]);
}

#[test]
fn a_chart_takes_values() {
    if !is_there("helm") {
        return;
    }
    let folder = folder(CHART);
    fs::write(folder.path().join("safe.yaml"), "securityContext: {privileged: false}\n").expect("a file");
    let result = json(cnscan(folder.path()).args(["shop", "--values", "safe.yaml"]));
    assert_eq!(places(&result, folder.path(), "pss-privileged-container"), []);
    cnscan(folder.path()).args(["shop", "--values", "missing.yaml"]).assert().code(2).stderr(predicates::str::contains("no such file"));
}

/// The names of the objects of a kind that have findings.
fn of_kind(result: &Value, kind: &str) -> Vec<String> {
    let findings = result["findings"].as_array().expect("findings").iter().filter(|finding| finding["subject"]["kind"] == kind);
    findings.map(|finding| finding["subject"]["name"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn findings_in_a_kustomization_point_at_base_patch_or_image() {
    if !is_there("kubectl") {
        return;
    }
    let folder = folder(KUSTOMIZATION);
    let result = json(cnscan(folder.path()).arg("overlays/prod").arg("base/web.yaml").arg("base/secret.yaml"));
    let mut names: Vec<_> = of_kind(&result, "Deployment");
    names.sort();
    names.dedup();
    assert_eq!(names, ["prod-web", "web"]);
    // what the user names is judged by itself as well, and what is made of it points at it no less
    let [privileged] = places(&result, folder.path(), "pss-privileged-container").try_into().expect("one place");
    assert_eq!(privileged, place("base/web.yaml", "true", "value"));
    // alone, the overlay's own folder does not have the files it builds on: they are pointed at all the same
    let alone = json(cnscan(folder.path()).arg("overlays/prod"));
    assert_eq!(alone["gaps"], serde_json::json!([]));
    let of = |check: &str| places(&alone, folder.path(), check);
    assert_eq!(
        of("pss-host-namespaces"),
        [place("overlays/prod/kustomization.yaml", "true", "value"), place("overlays/prod/patch.yaml", "true", "value"),]
    );
    assert_eq!(of("pss-privileged-container"), [place("base/web.yaml", "true", "value")]);
    assert_eq!(of("image-reference-mutable"), [place("overlays/prod/kustomization.yaml", "latest", "parent")]);
    let findings = alone["findings"].as_array().expect("findings");
    let on_web = findings.iter().filter(|finding| finding["subject"]["kind"] == "Deployment");
    assert!(on_web.clone().all(|finding| finding["subject"]["name"] == "prod-web"), "nothing is judged beside what is built of it");
    let excused: Vec<_> = on_web.filter(|finding| finding["excused"].is_object()).collect();
    assert_eq!(excused.len(), 1, "a comment in a source excuses what is built of it");
    assert!(!alone.to_string().contains("k9vQ2mZx7pLw4tYb"), "the value stands in no report");
}

#[test]
fn what_a_patch_adds_is_pointed_at_in_the_patch() {
    if !is_there("kubectl") {
        return;
    }
    let mut files = KUSTOMIZATION.to_vec();
    let of_overlay = |(name, _): &&mut (&str, &str)| name.starts_with("overlays/");
    for file in files.iter_mut().filter(of_overlay) {
        file.1 = match file.0 {
            "overlays/prod/patch.yaml" => {
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      containers:\n      - name: added\n        image: registry.example.com/added:1\n"
            }
            _ => {
                "resources: [../../base]\npatches:\n- path: patch.yaml\n- target: {kind: Deployment}\n  patch: |-\n    - {op: add, path: /spec/template/spec/containers/-, value: {name: inline, image: \"registry.example.com/inline:1\"}}\n"
            }
        };
    }
    let folder = folder(&files);
    let result = json(cnscan(folder.path()).arg("overlays/prod"));
    let of_container = |name: &str| {
        let findings = result["findings"].as_array().expect("findings").iter();
        let own = findings.filter(|finding| finding["check"] == "pod-root-fs-writable" && finding["subject"]["container"] == name);
        own.map(|finding| (finding["location"]["uri"].clone(), finding["location"]["line"].clone())).collect::<Vec<_>>()
    };
    assert_eq!(of_container("added"), [("overlays/prod/patch.yaml".into(), 8.into())]);
    assert_eq!(of_container("inline"), [("overlays/prod/kustomization.yaml".into(), 6.into())]);
    assert_eq!(of_container("web"), [("base/web.yaml".into(), 13.into())]);
}

#[test]
fn a_kustomization_that_another_one_builds_on_is_a_part_of_it() {
    if !is_there("kubectl") {
        return;
    }
    let folder = folder(KUSTOMIZATION);
    let names = |arguments: &[&str]| {
        let result = json(cnscan(folder.path()).args(arguments));
        let findings = result["findings"].as_array().expect("findings").clone();
        let mut names: Vec<_> = findings.iter().filter_map(|finding| finding["subject"]["name"].as_str()).map(str::to_owned).collect();
        names.sort();
        names.dedup();
        names.retain(|name| name.ends_with("web"));
        names
    };
    assert_eq!(names(&["."]), ["prod-web"], "the base is a part of the overlay");
    assert_eq!(names(&[".", "--render", "all"]), ["prod-web", "web"]);
    assert_eq!(names(&[".", "--render", "never"]), ["web"]);
    assert_eq!(names(&["overlays"]), ["prod-web"], "its base need not be scanned");
    assert_eq!(names(&["base"]), ["web"]);
    assert_eq!(names(&["overlays/prod", "base", "--render", "never"]), ["web"]);
    // each is built of its files, neither of what the other one gives
    let both = ["overlays/prod", "base"];
    assert_eq!(names(&both), ["prod-web", "web"]);
    let result = json(cnscan(folder.path()).args(both));
    assert_eq!(places(&result, folder.path(), "pss-privileged-container"), [place("base/web.yaml", "true", "value")]);
}

#[test]
fn a_tool_that_is_missing_or_fails_is_said() {
    let chart = folder(CHART);
    let gap = |tools: &TempDir, arguments: &[&str]| {
        let result = json(cnscan(chart.path()).env("PATH", tools.path()).args(arguments));
        result["gaps"][0]["why"].as_str().unwrap_or_default().to_owned()
    };
    let none = TempDir::new().expect("a folder");
    assert!(gap(&none, &["shop"]).contains("no `helm` is installed here"));
    assert!(gap(&none, &["shop", "--render", "never"]).contains("a Helm chart that is not rendered"));
    let failing = program("helm", "echo 'Error: values do not meet the schema' >&2; exit 1");
    assert!(gap(&failing, &["shop"]).ends_with("helm: values do not meet the schema"));
    let broken = program("helm", "printf -- '---\\n# Source: store/templates/web.yaml\\napiVersion: v1\\nkind: Pod\\n  bad: [\\n'");
    assert!(gap(&broken, &["shop"]).starts_with("line "), "{}", gap(&broken, &["shop"]));
    let hostile = program(
        "helm",
        "printf -- '---\\n# Source: store/../../etc/passwd\\napiVersion: v1\\nkind: Pod\\nmetadata: {name: a}\\nspec: {hostPID: true, containers: [{name: a, image: b}]}\\n'",
    );
    let result = json(cnscan(chart.path()).env("PATH", hostile.path()).arg("shop"));
    assert_eq!(places(&result, chart.path(), "pss-host-namespaces"), [place("shop/Chart.yaml", "apiVersion: v2", "file")]);
    cnscan(chart.path()).env("PATH", none.path()).arg("shop").assert().code(3);

    let overlay = folder(KUSTOMIZATION);
    let result = json(cnscan(overlay.path()).env("PATH", none.path()).arg("base"));
    assert_eq!(result["gaps"], serde_json::json!([]), "a base that only lists is what it lists");
    assert_eq!(places(&result, overlay.path(), "pss-privileged-container"), [place("base/web.yaml", "true", "value")]);
    let failing = program("kustomize", "echo 'Error: no such base' >&2; exit 1");
    let result = json(cnscan(overlay.path()).env("PATH", failing.path()).arg("base"));
    assert!(result["gaps"].to_string().contains("a kustomization that cannot be built: kustomize: no such base"), "{}", result["gaps"]);
}

#[test]
fn a_chart_with_a_link_out_of_it_is_not_rendered() {
    let chart = folder(CHART);
    let secret = folder(&[("secret", "apiVersion: v1")]);
    symlink(secret.path().join("secret"), chart.path().join("shop/templates/link.yaml")).expect("a link");
    let helm = program("helm", "exit 0");
    let result = json(cnscan(chart.path()).env("PATH", helm.path()).arg("shop"));
    assert!(
        result["gaps"][0]["why"].as_str().is_some_and(|why| why.contains("templates/link.yaml is a link out of")),
        "{}",
        result["gaps"]
    );
}
