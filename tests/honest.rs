//! What readers and hunters found: nothing that was not looked at passes, and no secret is shown.

#[path = "honest/custom.rs"]
mod custom;
#[path = "honest/secrets.rs"]
mod secrets;

use std::fs;

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

fn run(text: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let folder = TempDir::new().expect("a folder");
    fs::write(folder.path().join("a.yaml"), text).expect("a file");
    let output = Command::cargo_bin("cnscan")
        .expect("the program")
        .current_dir(folder.path())
        .args(["scan", "a.yaml", "--no-config"])
        .args(arguments)
        .output()
        .expect("it runs");
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr))
}

fn json(text: &str, arguments: &[&str]) -> Value {
    let output = run(text, &[&["-f", "json", "-q"], arguments].concat()).1;
    serde_json::from_str(&output).unwrap_or_else(|error| panic!("{error}: {output}"))
}

fn verdicts(result: &Value, check: &str) -> Vec<String> {
    let of = |finding: &&Value| finding["check"] == check;
    let findings = result["findings"].as_array().into_iter().flatten();
    findings.filter(of).map(|finding| finding["verdict"].as_str().unwrap_or_default().to_owned()).collect()
}

fn gaps(result: &Value) -> Vec<&str> {
    result["gaps"].as_array().into_iter().flatten().filter_map(|gap| gap["why"].as_str()).collect()
}

#[test]
fn nothing_to_judge_is_no_clean_scan() {
    for text in ["", "hello\n", "a: 1\n"] {
        let (code, said) = run(text, &[]);
        assert_eq!(code, Some(2), "{text:?}: {said}");
        assert!(said.contains("nothing to scan"), "{said}");
    }
}

#[test]
fn what_every_cluster_has_is_not_out_of_scope_because_no_manifest_shows_it() {
    let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: a}\nspec: {containers: [{name: c, image: nginx}]}\n";
    let result = json(text, &["--complete", "--profile", "all"]);
    for (control, check) in [
        ("CNSC-22", "node-boot-integrity-unproved"),
        ("CNSC-26", "node-os-general-purpose"),
        ("CNSC-124", "kubernetes-version-unsupported"),
        ("CNSC-171", "sign-update-framework-missing"),
        ("CNSC-172", "sign-update-framework-missing"),
    ] {
        let is = |list: &str, key: &str, value: &str| {
            let list = result[list].as_array().expect("a list");
            list.iter().find(|row| row["id"] == value).unwrap_or_else(|| panic!("{value}"))[key].clone()
        };
        assert_eq!(is("checks", "verdict", check), "not-assessed");
        assert_eq!(is("controls", "status", control), "not-assessed", "{control}");
    }
}

#[test]
fn lists_in_lists_are_read() {
    let text = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: List\n  items:\n  - apiVersion: v1\n    kind: Pod\n    metadata: {name: p, namespace: shop}\n    spec: {containers: [{name: a, image: a, securityContext: {privileged: true}}]}\n";
    assert_eq!(verdicts(&json(text, &[]), "pss-privileged-container"), ["fail"]);
}

#[test]
fn what_the_api_server_would_refuse_is_a_gap_or_passes_nothing() {
    let pod = |spec: &str| format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: p, namespace: shop}}\nspec: {spec}\n");
    let misnamed = json(&pod("{}").replace("Pod", "pod"), &[]);
    assert!(gaps(&misnamed).iter().any(|why| why.contains("is Pod meant")), "{:?}", gaps(&misnamed));
    let map = json(&pod("{containers: {name: a, image: a, securityContext: {privileged: true}}}"), &[]);
    assert!(gaps(&map).iter().any(|why| why.contains("no list of containers")), "{:?}", gaps(&map));
    let shapes = [
        ("pss-privileged-container", "{containers: [{name: a, image: a, securityContext: privileged}]}"),
        ("pss-capabilities-added", "{containers: [{name: a, image: a, securityContext: {capabilities: {add: ALL}}}]}"),
        ("pss-host-path-volume", "{volumes: {name: x, hostPath: {path: /}}, containers: [{name: a, image: a}]}"),
        ("pss-host-namespaces", "{hostPID: \"true\", containers: [{name: a, image: a}]}"),
    ];
    for (check, spec) in shapes {
        assert_eq!(verdicts(&json(&pod(spec), &["--complete"]), check), ["review"], "{check}");
    }
}

#[test]
fn a_pod_without_containers_is_a_gap_however_it_is_written() {
    for containers in ["", "  containers:\n", "  containers: []\n", "  containers: {}\n"] {
        let text = format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: a, namespace: b}}\nspec:\n  restartPolicy: Never\n{containers}");
        let (code, said) = run(&text, &["--fail-on", "none"]);
        assert_eq!(code, Some(3), "{containers:?}: {said}");
        assert!(said.contains("it has no containers"), "{containers:?}: {said}");
    }
}

#[test]
fn a_string_that_is_none_passes_nothing_that_reads_it() {
    let pod = |spec: &str| format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: a, namespace: b}}\nspec:\n{spec}\n");
    for (spec, check) in [
        ("  containers: [{name: a, image: yes}]", "image-reference-mutable"),
        ("  serviceAccountName: 123\n  containers: [{name: a, image: a}]", "pod-default-service-account"),
        ("  runtimeClassName: 1\n  containers: [{name: a, image: a}]", "pod-sensitive-kernel-shared"),
    ] {
        let labelled = pod(spec).replace("namespace: b}", "namespace: b, labels: {data-classification: secret}}");
        let result = json(&labelled, &["--complete", "--check", check]);
        let findings = result["findings"].as_array().into_iter().flatten();
        let said: Vec<_> = findings.map(|finding| (finding["verdict"].as_str(), finding["message"].as_str())).collect();
        let refused = |message: &str| message.contains("not a string");
        assert!(said.iter().any(|(verdict, message)| *verdict == Some("review") && message.is_some_and(refused)), "{spec}: {said:?}");
    }
}

#[test]
fn a_version_that_makes_no_sense_is_said() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: b}\nspec: {containers: [{name: a, image: a}]}\n";
    let notices = |version: &str| json(pod, &["--kubernetes-version", version])["notices"].to_string();
    let (code, said) = run(pod, &["--kubernetes-version", "1.3"]);
    assert!(code == Some(2) && said.contains("1.8 to 1.37 (`latest`), not by 1.3; is 1.30 meant?"), "{said}");
    assert!(notices("1.20").contains("older than 1.21") && notices("1.99").contains("newer than"));
    assert!(!notices("1.30").contains("1.30") && !notices("1.21").contains("older"));
}

#[test]
fn a_gap_of_standard_input_says_its_line() {
    let text = "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: w}\nspec:\n  parts:\n    containers: [{name: a, image: a}]\n";
    let mut command = Command::cargo_bin("cnscan").expect("the program");
    let output = command.args(["scan", "-", "-f", "json", "--no-config", "-q"]).write_stdin(text).output().expect("it runs");
    let result: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(gaps(&result)[0].starts_with("line 6, column 17: it has a list of containers"), "{:?}", gaps(&result));
    assert!(!gaps(&json(text, &[]))[0].contains("line 6"), "a file has a place");
}

#[test]
fn a_kustomization_is_known_by_its_name_alone() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: shop}\nspec: {containers: [{name: a, image: a}]}\n";
    for name in ["kustomization.yaml", "kustomization.yml", "Kustomization"] {
        let folder = TempDir::new().expect("a folder");
        for (file, text) in [(name, "resources: [pod.yaml]\npatches: [{path: patch.yaml}]\n"), ("pod.yaml", pod), ("patch.yaml", pod)] {
            fs::write(folder.path().join(file), text).expect("a file");
        }
        let arguments = ["scan", ".", "-f", "json", "--no-config", "-q", "--render", "never"];
        let output = Command::cargo_bin("cnscan").expect("the program").current_dir(folder.path()).args(arguments).output();
        let result: Value = serde_json::from_slice(&output.expect("it runs").stdout).expect("JSON");
        let notices = result["notices"].to_string();
        assert!(notices.contains(&format!("patch.yaml: Pod p is not judged: a patch that {name} names")), "{notices}");
        assert!(notices.contains(&format!("{name}: Kustomization is not judged")), "{notices}");
        assert_eq!(
            gaps(&result),
            ["what it lists is judged as written, without its `patches`: `--render never` was given, so that it was not built"]
        );
        assert_eq!(result["gaps"][0]["location"], serde_json::json!({"uri": name, "line": 2, "column": 1}));
    }
}

#[test]
fn an_excuse_in_one_copy_does_not_cover_another() {
    let binding = |annotation: &str| {
        format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata:\n  name: admins\n{annotation}roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}}\nsubjects: [{{kind: ServiceAccount, name: ci, namespace: dev}}]\n"
        )
    };
    let folder = TempDir::new().expect("a folder");
    let excuse = "  annotations: {cnscan/excuse.rbac-cluster-admin-binding: \"dev cluster only\"}\n";
    fs::write(folder.path().join("a.yaml"), binding(excuse)).expect("a file");
    fs::write(folder.path().join("b.yaml"), binding("")).expect("a file");
    let output =
        Command::cargo_bin("cnscan").expect("the program").current_dir(folder.path()).args(["scan", "-f", "json", "--no-config"]).output();
    let result: Value = serde_json::from_slice(&output.expect("it runs").stdout).expect("JSON");
    let excused: Vec<_> = result["findings"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|finding| finding["check"] == "rbac-cluster-admin-binding")
        .map(|finding| (finding["location"]["uri"].as_str().unwrap_or_default().to_owned(), finding["excused"].is_object()))
        .collect();
    assert_eq!(excused, [("a.yaml".to_owned(), true), ("b.yaml".to_owned(), false)]);
}

#[test]
fn bytes_that_are_no_text_cost_their_own_document_alone() {
    let pod = |name: &str| {
        format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec: {{hostIPC: on, containers: [{{name: c, image: x}}]}}\n")
    };
    let scan = |bytes: &[u8]| {
        let folder = TempDir::new().expect("a folder");
        fs::write(folder.path().join("a.yaml"), bytes).expect("a file");
        let mut scan = Command::cargo_bin("cnscan").expect("the program");
        let output = scan.current_dir(folder.path()).args(["scan", "-f", "json", "--no-config"]).output().expect("it runs");
        serde_json::from_slice::<Value>(&output.stdout).expect("JSON")
    };
    for (bad, why) in [(&b"\xFF"[..], "not valid UTF-8 (byte 0xFF)"), (b"\0", "a NUL character")] {
        let bytes = [pod("one").as_bytes(), b"# ", bad, b"\n---\n", pod("two").as_bytes()].concat();
        let result = scan(&bytes);
        let named: Vec<_> = result["findings"].as_array().into_iter().flatten().map(|finding| &finding["subject"]["name"]).collect();
        assert!(named.iter().all(|name| *name != "one"), "{named:?}");
        assert_eq!(verdicts(&result, "pss-host-namespaces"), ["fail"]);
        let gap = &result["gaps"][0];
        assert!(gap["why"].as_str().is_some_and(|said| said.starts_with(why)), "{gap}");
        assert_eq!((&gap["location"]["line"], &gap["location"]["column"]), (&Value::from(5), &Value::from(3)), "{gap}");
    }
}

#[test]
fn tags_of_keys_and_values_are_read_as_kubectl_reads_them() {
    let pod = |line: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: p, namespace: shop}}\nspec:\n  {line}\n  containers: [{{name: a, image: a}}]\n"
        )
    };
    for line in ["!!merge <<: {hostNetwork: true}", "!!merge '<<': {hostNetwork: true}", "!!binary aG9zdFBJRA== : true"] {
        assert_eq!(verdicts(&json(&pod(line), &[]), "pss-host-namespaces"), ["fail"], "{line}");
    }
    let value = pod("securityContext: {seccompProfile: {type: !!binary VW5jb25maW5lZA==}}");
    assert_eq!(verdicts(&json(&value, &[]), "pss-seccomp-unconfined").len(), 1, "{}", json(&value, &[]));
}

#[test]
fn the_version_is_that_of_the_api_server_that_files_show() {
    let server = |name: &str, version: &str| {
        format!(
            "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: kube-system}}\nspec:\n  hostNetwork: true\n  containers:\n  - {{name: kube-apiserver, image: 'registry.k8s.io/kube-apiserver:{version}', command: [kube-apiserver]}}\n"
        )
    };
    let version = |text: &str, arguments: &[&str]| {
        let result = json(text, arguments);
        let version = &result["kubernetes_version"];
        let notices = result["notices"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let said: Vec<_> = notices.filter(|notice| notice.contains("judged by")).map(str::to_owned).collect();
        (version["version"].as_str().unwrap_or_default().to_owned(), version["assumed"].as_bool(), said)
    };
    let one = server("a", "v1.35.2");
    let said = "Kubernetes 1.35 is judged by, as kube-apiserver has it: --kubernetes-version says another";
    assert_eq!(version(&one, &[]), ("1.35".to_owned(), Some(false), vec![said.to_owned()]));
    assert_eq!(version(&one, &["--kubernetes-version", "1.36"]), ("1.36".to_owned(), Some(false), vec![]));
    let both = format!("{one}{}", server("b", "v1.36.0"));
    let several = "kube-apiserver has several versions (1.35, 1.36), so that none is judged by: --kubernetes-version says which";
    assert_eq!(version(&both, &[]).1, Some(true));
    assert_eq!(version(&both, &[]).2, [several]);
    assert_eq!(version(&server("a", "latest"), &[]).1, Some(true));
}
