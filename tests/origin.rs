//! SARIF for objects that stand in no file: to the Git source that what deployed them names, and nowhere else.

use std::path::Path;

use assert_cmd::Command;
use serde_json::{Value, json};

fn run(arguments: &[&str], objects: &[Value]) -> (Value, String) {
    let list = json!({"apiVersion": "v1", "kind": "List", "items": objects}).to_string();
    let mut command = Command::cargo_bin("cnscan").expect("the program");
    let command = command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")));
    let checks = ["--check", "pss-privileged-container", "--no-config"];
    let output = command.args(["scan", "-"]).args(checks).args(arguments).write_stdin(list).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}")), said)
}

fn deployment(name: &str, metadata: Value) -> Value {
    let mut object = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": "shop"}, "spec": {
        "selector": {"matchLabels": {"app": "web"}},
        "template": {"metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "web", "image": "web:1", "securityContext": {"privileged": true}}]}},
    }});
    for (key, value) in metadata.as_object().into_iter().flatten() {
        object["metadata"][key] = value.clone();
    }
    object
}

fn application(name: &str, spec: Value) -> Value {
    json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {"name": name, "namespace": "argocd"}, "spec": spec})
}

fn flux(kind: &str, name: &str, spec: Value) -> Value {
    let group = match kind {
        "GitRepository" => "source.toolkit.fluxcd.io/v1",
        "HelmRelease" => "helm.toolkit.fluxcd.io/v2",
        _ => "kustomize.toolkit.fluxcd.io/v1",
    };
    json!({"apiVersion": group, "kind": kind, "metadata": {"name": name, "namespace": "flux-system"}, "spec": spec})
}

/// The source that the result has for the only failure.
fn source(objects: &[Value]) -> Value {
    let result = run(&["-f", "json"], objects).0;
    let findings = result["findings"].as_array().expect("findings");
    let failures: Vec<_> = findings.iter().filter(|finding| finding["verdict"] == "fail").collect();
    assert_eq!(failures.len(), 1, "{findings:?}");
    failures[0]["source"].clone()
}

const REPOSITORY: &str = "https://github.com/shop/deploy";

fn tracking(id: &str) -> Value {
    json!({"annotations": {"argocd.argoproj.io/tracking-id": id}})
}

fn flux_labels(tool: &str) -> Value {
    json!({"labels": {format!("{tool}.toolkit.fluxcd.io/name"): "apps", format!("{tool}.toolkit.fluxcd.io/namespace"): "flux-system"}})
}

#[test]
fn annotations_that_tell_a_source_are_followed() {
    let at = |path: &str| json!({"repository": REPOSITORY, "path": path});
    let origin = |text: &str| json!({"annotations": {"config.kubernetes.io/origin": text}});
    let git = flux("GitRepository", "deploy", json!({"url": "ssh://git@github.com/shop/deploy.git"}));
    let kustomization =
        flux("Kustomization", "apps", json!({"path": "./apps/prod", "sourceRef": {"kind": "GitRepository", "name": "deploy"}}));
    let app = |path: &str| application("shop", json!({"source": {"repoURL": "https://ci:token@github.com/shop/deploy.git", "path": path}}));
    let remote = "path: base/web.yaml\nrepo: https://github.com/shop/deploy\nref: v1\n";
    assert_eq!(source(&[deployment("web", origin(remote))]), at("base/web.yaml"));
    let tracked = deployment("web", tracking("shop:apps/Deployment:shop/web"));
    assert_eq!(source(&[tracked.clone(), app("apps/shop")]), at("apps/shop"));
    assert_eq!(source(&[deployment("web", flux_labels("kustomize")), kustomization.clone(), git.clone()]), at("apps/prod"));
    let chart = json!({"chart": {"spec": {"chart": "./charts/web", "sourceRef": {"kind": "GitRepository", "name": "deploy"}}}});
    assert_eq!(source(&[deployment("web", flux_labels("helm")), flux("HelmRelease", "apps", chart), git.clone()]), at("charts/web"));
    // kustomize names the file in the folder that Flux built
    let mut built = deployment("web", flux_labels("kustomize"));
    built["metadata"]["annotations"] = json!({"config.kubernetes.io/origin": "path: ../base/web.yaml\n"});
    assert_eq!(source(&[built, kustomization, git]), at("apps/base/web.yaml"));
}

#[test]
fn what_tells_no_source_points_nowhere() {
    let told = |objects: &[Value]| assert_eq!(source(objects), Value::Null);
    let app = |source: Value| application("shop", source);
    let tracked = || deployment("web", tracking("shop:apps/Deployment:shop/web"));
    told(&[deployment("web", json!({}))]);
    told(&[tracked()]);
    told(&[deployment("web", json!({"annotations": {"meta.helm.sh/release-name": "web", "meta.helm.sh/release-namespace": "shop"}}))]);
    told(&[deployment("web", json!({"annotations": {"config.kubernetes.io/origin": "path: base/web.yaml\n"}}))]);
    // the annotation of another object, copied
    told(&[
        deployment("web", tracking("shop:apps/Deployment:shop/other")),
        app(json!({"source": {"repoURL": REPOSITORY, "path": "apps"}})),
    ]);
    told(&[tracked(), app(json!({"source": {"repoURL": "https://charts.example.com/shop", "chart": "web"}}))]);
    let several = json!({"sources": [{"repoURL": REPOSITORY, "path": "a"}, {"repoURL": REPOSITORY, "path": "b"}]});
    told(&[tracked(), app(several)]);
    let chart = json!({"chart": {"spec": {"chart": "web", "sourceRef": {"kind": "HelmRepository", "name": "deploy"}}}});
    told(&[deployment("web", flux_labels("helm")), flux("HelmRelease", "apps", chart)]);
    let outside = "path: ../../etc/passwd\nrepo: https://github.com/shop/deploy\n";
    told(&[deployment("web", json!({"annotations": {"config.kubernetes.io/origin": outside}}))]);
}

#[test]
fn the_log_for_github_points_there_and_counts_the_rest() {
    let origin =
        |repository: &str| json!({"annotations": {"config.kubernetes.io/origin": format!("path: base/web.yaml\nrepo: {repository}\n")}});
    let objects = [deployment("web", origin(REPOSITORY)), deployment("api", json!({}))];
    let (log, said) = run(&["-f", "sarif"], &objects);
    let run_of = &log["runs"][0];
    let results = run_of["results"].as_array().expect("results");
    assert_eq!(results.len(), 1);
    let place = &results[0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "base/web.yaml");
    assert_eq!(place["region"], json!({"startLine": 1}));
    assert_eq!(run_of["versionControlProvenance"][0]["repositoryUri"], REPOSITORY);
    assert_eq!(run_of["properties"]["omitted"]["withoutFile"], 1);
    assert!(said.contains("1 failure without a file"), "{said}");
    // a log is for one repository
    let objects = [deployment("web", origin(REPOSITORY)), deployment("api", origin("https://github.com/shop/other"))];
    let (log, said) = run(&["-f", "sarif"], &objects);
    assert_eq!(log["runs"][0]["results"], json!([]));
    assert!(log["runs"][0]["versionControlProvenance"].is_null());
    assert!(said.contains("2 failures of objects from more than one Git repository"), "{said}");
    let (full, _) = run(&["-f", "sarif-full"], &objects);
    let results = full["runs"][0]["results"].as_array().expect("results");
    let sources: Vec<_> = results.iter().filter_map(|result| result["properties"]["source"]["repository"].as_str()).collect();
    assert_eq!(sources.len(), 2);
    assert!(results.iter().all(|result| result["locations"][0]["physicalLocation"].is_null()));
}

#[test]
fn what_stands_in_a_file_points_at_the_file() {
    let origin = json!({"annotations": {"config.kubernetes.io/origin": "path: base/web.yaml\nrepo: https://github.com/shop/deploy\n"}});
    let (log, _) = run(&["-f", "sarif", "--stdin-path", "rendered.yaml"], &[deployment("web", origin)]);
    let result = &log["runs"][0]["results"][0];
    assert_eq!(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "rendered.yaml");
}
