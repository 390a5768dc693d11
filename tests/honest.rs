//! What readers and hunters found: nothing that was not looked at passes, and no secret is shown.

use std::fs;

use assert_cmd::Command;
use clap::ValueEnum;
use cnscan::report::Format;
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
fn a_secret_is_shown_in_no_format_however_it_is_written() {
    const HIDDEN: &str = "k9vQ2mZx7pLw4tR8";
    let secret = |body: &str| format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: s, namespace: default}}\n{body}\n");
    for body in [
        format!("stringData:\n  password: {HIDDEN}"),
        format!("stringData:\n  password: {HIDDEN}\n  password: other"),
        format!("stringData: [\"{HIDDEN}\"]"),
        format!("stringData: \"{HIDDEN}\""),
        format!("stringdata: {{password: {HIDDEN}}}"),
        format!("data:\n  password: b3RoZXI= # {HIDDEN}"),
        format!("stringData:\n  config: |\n    user: me\n    password: {HIDDEN}\n    last: line"),
    ] {
        for format in ["table", "json", "sarif", "sarif-full", "markdown"] {
            for more in ["-v", "-vv"] {
                let (_, said) = run(&secret(&body), &["-f", format, more, "--complete"]);
                assert!(!said.contains(HIDDEN), "{format} of {body}: {said}");
            }
        }
    }
}

#[test]
fn a_reason_does_not_tell_what_it_excuses() {
    let pod = |value: &str, reason: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  namespace: shop\n  annotations: {{cnscan/excuse.secret-value-in-spec: \"{reason}\"}}\nspec:\n  containers:\n  - name: a\n    image: a\n    {value}\n"
        )
    };
    for (value, reason) in [
        ("env: [{name: DB_PASSWORD, value: k9vQ2mZx7pLw4tR8}]", "k9vQ2mZx7pLw4tR8 opens a test database"),
        ("args: [--password=hunter2xy]", "the tests log in with hunter2xy"),
        ("env: [{name: DB, value: 'postgres://shop:Xk29vLq8@db/shop'}]", "only tests know Xk29vLq8"),
    ] {
        let result = json(&pod(value, reason), &["--check", "secret-value-in-spec"]);
        let finding = &result["findings"][0];
        assert!(finding["excused"]["reason"].as_str().is_some_and(|reason| reason.contains("***")), "{result}");
        for told in ["k9vQ2mZx7pLw4tR8", "hunter2xy", "Xk29vLq8"] {
            assert!(!result["findings"].to_string().contains(told), "{result}");
        }
    }
}

/// What their makers give to all pods of a sort stands in ConfigMaps, and is not laid under the pods.
#[test]
fn defaults_of_tekton_and_argo_leave_open_what_they_may_set() {
    let run = "apiVersion: tekton.dev/v1\nkind: TaskRun\nmetadata: {name: r, namespace: ci}\nspec:\n  taskSpec:\n    steps: [{name: a, image: a}]\n";
    let defaults = "kind: ConfigMap\nmetadata: {name: config-defaults, namespace: tekton-pipelines}\ndata:\n  default-pod-template: |\n    securityContext: {runAsNonRoot: true}\n";
    let check = ["--check", "pss-run-as-non-root"];
    assert_eq!(verdicts(&json(run, &check), check[1]), ["fail"]);
    let result = json(&format!("apiVersion: v1\n{defaults}---\n{run}"), &check);
    assert_eq!((verdicts(&result, check[1]), gaps(&result).len()), (vec!["review".to_owned()], 1), "{result}");

    let workflow = "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {name: w, namespace: ci}\nspec:\n  entrypoint: a\n  templates: [{name: a, container: {image: a}}]\n";
    let defaults = "kind: ConfigMap\nmetadata: {name: workflow-controller-configmap, namespace: argo}\ndata:\n  workflowDefaults: |\n    spec: {securityContext: {runAsNonRoot: true}}\n";
    assert_eq!(verdicts(&json(workflow, &check), check[1]), ["fail"]);
    let result = json(&format!("apiVersion: v1\n{defaults}---\n{workflow}"), &check);
    assert_eq!((verdicts(&result, check[1]), gaps(&result).len()), (vec!["review".to_owned()], 1), "{result}");
}

#[test]
fn an_image_in_a_custom_resource_is_run_by_somebody() {
    let custom = |kind: &str, spec: &str| format!("apiVersion: {kind}\nmetadata: {{name: a, namespace: shop}}\nspec: {spec}\n");
    for (kind, spec) in [
        ("rabbitmq.com/v1beta1\nkind: RabbitmqCluster", "{replicas: 3, image: 'rabbitmq:3.13'}"),
        (
            "kafka.example.com/v1\nkind: Kafka",
            "{broker: {image: 'registry.example.com/kafka@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'}}",
        ),
    ] {
        let found = json(&custom(kind, spec), &[]);
        assert_eq!(gaps(&found).len(), 1, "{found}");
    }
    for (kind, spec) in [
        ("image.toolkit.fluxcd.io/v1beta2\nkind: ImageRepository", "{image: 'ghcr.io/shop/web:1'}"),
        ("disks.example.com/v1\nkind: Disk", "{image: ubuntu-24.04}"),
        ("pictures.example.com/v1\nkind: Album", "{pictures: [{image: 'a:1'}]}"),
    ] {
        let found = json(&custom(kind, spec), &[]);
        assert!(gaps(&found).is_empty(), "{found}");
    }
}

#[test]
fn a_credential_in_a_text_is_shown_in_no_format() {
    const HIDDEN: &str = "k9vQ2mZx7pLw4tR8";
    const ENCODED: &str = "azl2UTJtWng3cEx3NHRSOA==";
    let pod = |words: &str| {
        format!("kind: Pod\nmetadata: {{name: p, namespace: shop}}\nspec:\n  containers:\n  - name: a\n    image: a\n    {words}\n")
    };
    let map = |text: &str| {
        format!("kind: ConfigMap\nmetadata: {{name: m, namespace: shop}}\ndata:\n  text: |\n    first: line\n    {text}\n    last: line\n")
    };
    let applied = |kind: &str, json: &str| {
        let key = "kubectl.kubernetes.io/last-applied-configuration";
        format!("kind: {kind}\nmetadata:\n  name: m\n  namespace: shop\n  annotations:\n    {key}: |\n      {json}\n")
    };
    for text in [
        pod(&format!("command: [sh, -c, \"curl -u a:{HIDDEN} https://a; run --password={HIDDEN}\"]")),
        pod(&format!("command: [redis-cli, -a, {HIDDEN}]")),
        pod(&format!("args:\n    - |\n      set -e\n      export TOKEN={HIDDEN}\n      run")),
        pod(&format!("lifecycle: {{preStop: {{exec: {{command: [mysql, -p{HIDDEN}]}}}}}}")),
        map(&format!("<password>{HIDDEN}</password>")),
        map(&format!("ALTER USER a IDENTIFIED BY '{HIDDEN}';")),
        applied("ConfigMap", &format!("{{\"data\":{{\"password\":\"{HIDDEN}\"}}}}")),
        applied("Secret", &format!("{{\"data\":{{\"password\":\"{ENCODED}\"}}}}")),
    ] {
        let text = format!("apiVersion: v1\n{text}");
        let found = json(&text, &[]);
        let checks: Vec<_> =
            ["secret-value-in-spec", "secret-manifest-plaintext"].iter().flat_map(|check| verdicts(&found, check)).collect();
        assert_eq!(checks, ["fail"], "{text}");
        for format in ["table", "json", "sarif", "sarif-full", "markdown"] {
            let (_, said) = run(&text, &["-f", format, "-vv", "--complete"]);
            assert!(!said.contains(HIDDEN) && !said.contains(ENCODED), "{format} of {text}: {said}");
        }
    }
}

#[test]
fn structured_secrets_are_credentials() {
    for (kind, data) in [
        (
            "kubernetes.io/dockerconfigjson",
            r#".dockerconfigjson: '{"auths":{"registry.example.com":{"username":"ci","password":"k9vQ2mZx7pLw4t"}}}'"#,
        ),
        ("Opaque", "config.yaml: |\n    user: me\n    adminPassword: k9vQ2mZx7pLw4t"),
    ] {
        let text = format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: s, namespace: shop}}\ntype: {kind}\nstringData:\n  {data}\n");
        assert_eq!(verdicts(&json(&text, &[]), "secret-manifest-plaintext"), ["fail"], "{text}");
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
    assert!(notices("1.3").contains("is 1.30 meant?"), "{}", notices("1.3"));
    assert!(notices("1.20").contains("older than 1.21") && notices("1.99").contains("newer than"));
    assert!(!notices("1.30").contains("1.30") && !notices("1.21").contains("older"));
}

#[test]
fn workloads_that_are_not_understood_are_gaps() {
    for (kind, spec) in [
        ("argoproj.io/v1alpha1\nkind: Workflow", "{templates: [{name: m, resource: {action: create, manifest: \"kind: Pod\"}}]}"),
        ("argoproj.io/v1alpha1\nkind: Workflow", "{templates: [{name: m, container: [{image: a}]}]}"),
        ("monitors.example.com/v1\nkind: Monitor", "{containers: [{name: a, image: a, securityContext: {privileged: true}}]}"),
        ("kubevirt.io/v1\nkind: VirtualMachine", "{running: true}"),
        ("example.com/v1\nkind: Thing", "{parts: {containers: [{name: a, securityContext: {privileged: true}}]}}"),
        ("example.com/v1\nkind: Thing", "{template: {spec: {initContainers: [{name: a, image: a}]}}}"),
        ("opentelemetry.io/v1beta1\nkind: OpenTelemetryCollector", "{image: a, securityContext: {privileged: true}, hostNetwork: true}"),
        ("serving.kserve.io/v1beta1\nkind: InferenceService", "{predictor: {model: {image: a, securityContext: {privileged: true}}}}"),
        ("kafka.strimzi.io/v1beta2\nkind: Kafka", "{kafka: {template: {pod: {securityContext: {runAsUser: 0}}}}}"),
        ("example.com/v1\nkind: Thing", "{volumes: [{name: a, hostPath: {path: /}}]}"),
        ("example.com/v1\nkind: Thing", "{make: {apiVersion: v1, kind: Secret, metadata: {name: a}, stringData: {b: c}}}"),
    ] {
        let text = format!("apiVersion: {kind}\nmetadata: {{name: w, namespace: shop}}\nspec: {spec}\n");
        assert_eq!(gaps(&json(&text, &[])).len(), 1, "{text}");
    }
}

#[test]
fn custom_resources_without_pods_are_no_gaps() {
    for (kind, spec) in [
        ("monitoring.coreos.com/v1\nkind: ServiceMonitor", "{selector: {matchLabels: {a: b}}, endpoints: [{port: web}]}"),
        ("cert-manager.io/v1\nkind: Certificate", "{secretName: a, issuerRef: {kind: Issuer, name: b}}"),
        ("keda.sh/v1alpha1\nkind: ScaledObject", "{scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: a}}"),
        ("kyverno.io/v1\nkind: ClusterPolicy", "{rules: [{validate: {pattern: {spec: {hostNetwork: false}}}}]}"),
        (
            "example.com/v1\nkind: Store",
            "{volumeClaimTemplate: {apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: a}, spec: {}}, securityContext: {}}",
        ),
    ] {
        let text = format!("apiVersion: {kind}\nmetadata: {{name: w, namespace: shop}}\nspec: {spec}\n");
        assert_eq!(gaps(&json(&text, &[])), [""; 0], "{text}");
    }
}

#[test]
fn objects_in_an_object_are_judged_as_objects_of_their_own() {
    let pod = "{apiVersion: v1, kind: Pod, metadata: {name: in, namespace: other}, spec: {containers: [{name: c, image: a, securityContext: {privileged: true}}]}}";
    for (kind, spec) in [
        ("work.open-cluster-management.io/v1\nkind: ManifestWork", format!("{{workload: {{manifests: [{pod}]}}}}")),
        ("fluxcd.controlplane.io/v1\nkind: ResourceSet", format!("{{resources: [{pod}]}}")),
        ("kubernetes.crossplane.io/v1alpha2\nkind: Object", format!("{{forProvider: {{manifest: {pod}}}}}")),
    ] {
        let result = json(&format!("apiVersion: {kind}\nmetadata: {{name: w, namespace: shop}}\nspec: {spec}\n"), &[]);
        let found = result["findings"].as_array().into_iter().flatten().filter(|finding| finding["check"] == "pss-privileged-container");
        let subjects: Vec<_> = found.map(|finding| format!("{}/{}", finding["subject"]["namespace"], finding["subject"]["name"])).collect();
        assert_eq!(subjects, ["\"other\"/\"in\""], "{kind}");
        assert_eq!(gaps(&result), [""; 0]);
    }
    let top = "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: w, namespace: shop}\ntemplate: {spec: {containers: [{name: c, image: a, securityContext: {privileged: true}}]}}\n";
    assert_eq!(verdicts(&json(top, &[]), "pss-privileged-container"), ["fail"]);
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
fn what_the_pods_of_an_object_share_is_found_once() {
    let pod = |name: &str| format!("{{name: {name}, container: {{image: a}}}}");
    let text = format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {{name: w, namespace: shop}}\nspec: {{hostNetwork: true, templates: [{}, {}]}}\n",
        pod("a"),
        pod("b")
    );
    assert_eq!(verdicts(&json(&text, &[]), "pss-host-namespaces"), ["fail"]);
    // each template's own container is one more
    assert_eq!(verdicts(&json(&text, &[]), "pss-run-as-non-root").len(), 2);
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
        assert_eq!(gaps(&result), ["what it lists is judged as written, without its `patches`: a scan without --render never builds it"]);
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
fn what_may_be_a_credential_is_shown_in_no_format_whatever_is_checked() {
    const HIDDEN: &str = "k9vQ2mZx7pLw4tR8";
    let container =
        |fields: &str| format!("kind: Pod\nmetadata: {{name: p, namespace: shop}}\nspec:\n  containers:\n  - {{name: c, {fields}}}\n");
    let texts = [
        container(&format!("image: n, args: ['--password={HIDDEN}']")),
        container(&format!("image: n, args: ['--password', {HIDDEN}]")),
        container(&format!("image: n, args: ['-p', {HIDDEN}]")),
        container(&format!("image: n, env: [{{name: P_TOKEN, value: '{HIDDEN}'}}]")),
        container(&format!("image: n, env: [{{name: P_TOKEN, value: [{HIDDEN}]}}]")),
        container(&format!("image: 'https://u:{HIDDEN}@registry.test/x:1'")),
        container("image: n") + &format!("  # DB_PASSWORD={HIDDEN}\n  - {{name: d, image: n}} # token={HIDDEN}\n"),
        format!(
            "kind: Pod\nmetadata: {{name: p}}\nspec: {{volumes: [{{name: v, flexVolume: {{driver: d, options: {{password: {HIDDEN}}}}}}}], containers: [{{name: c, image: n}}]}}\n"
        ),
        format!(
            "kind: Pod\nmetadata: {{name: p, annotations: {{password: {HIDDEN}}}}}\nspec: {{hostPID: true, containers: [{{name: c, image: n, ports: [{{hostPort: 80}}]}}]}}\n"
        ),
        format!(
            "kind: Pod\nmetadata: {{name: p}}\nspec: {{containers: [{{name: c, image: n, ports: [{{hostPort: 80}}], env: [{{name: DB_PASSWORD, value: {HIDDEN}}}]}}]}}\n"
        ),
        format!(
            "kind: PersistentVolume\nmetadata: {{name: v}}\nspec: {{csi: {{driver: d, volumeHandle: h, volumeAttributes: {{password: {HIDDEN}}}}}}}\n"
        ),
        format!("kind: Secret\nmetadata: {{name: s, annotations: {{password: {HIDDEN}}}}}\nstringData: {{x: y}}\n"),
        format!("kind: Secret\nmetadata: {{name: s}}\nstringData: {{password: !{HIDDEN} x}}\n"),
        format!("kind: Secret\nmetadata: {{name: s}}\nstringData: {{password: &{HIDDEN} x}}\n"),
    ];
    let whole = [
        format!(
            "{{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {{\"name\": \"a\"}}, \"spec\": {{\"containers\": [{{\"name\": \"c\", \"image\": \"n\", \"ports\": [{{\"hostPort\": 80}}], \"env\": [{{\"name\": \"DB_PASSWORD\", \"value\": \"{HIDDEN}\"}}]}}]}}}}"
        ),
        format!(
            "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {{name: a}}\nprovisioner: kubernetes.io/glusterfs\nparameters: {{restuserkey: {HIDDEN}, password: {HIDDEN}}}\n"
        ),
        format!(
            "apiVersion: x.io/v1\nkind: Db\nmetadata: {{name: a}}\nspec: {{password: {HIDDEN}, template: {{spec: {{containers: [{{name: c, image: n, ports: [{{hostPort: 80}}]}}]}}}}}}\n"
        ),
    ];
    // all in one: each is told from the rest by its own value
    let all: Vec<_> = texts.map(|text| format!("apiVersion: v1\n{text}")).into_iter().chain(whole).collect();
    let marked = |(at, text): (usize, &String)| text.replace(HIDDEN, &format!("{HIDDEN}x{at}"));
    let all = all.iter().enumerate().map(marked).collect::<Vec<_>>().join("\n---\n");
    for format in Format::value_variants().iter().filter_map(|format| Some(format.to_possible_value()?.get_name().to_owned())) {
        let selected: [&[&str]; 3] = [&[], &["--check", "pss-host-port"], &["--profile", "pss-restricted"]];
        for selected in selected {
            let (_, said) = run(&all, &[&["-f", &format, "-vv"], selected].concat());
            let told = said.find(HIDDEN).map(|at| said.get(at.saturating_sub(80)..said.len().min(at + 20)));
            assert_eq!(told, None, "{format} {selected:?}");
        }
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
