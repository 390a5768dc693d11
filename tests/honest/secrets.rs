//! No secret is shown, whatever is checked and in whatever format.

use clap::ValueEnum;
use cnscan::report::Format;

use crate::{json, run, verdicts};

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

/// A number that tunes the kernel is what a reader has to see.
#[test]
fn settings_of_the_kernel_are_shown() {
    let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: shop}\nspec:\n  initContainers:\n  - {name: a, image: a, securityContext: {privileged: true}, command: [sysctl, -w, vm.max_map_count=262144]}\n  containers: [{name: b, image: a}]\n";
    for format in ["table", "json"] {
        let (_, said) = run(text, &["-f", format, "--check", "pss-privileged-container"]);
        assert!(said.contains("vm.max_map_count=262144"), "{format}: {said}");
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

/// What its checksum says to be no token is judged by its name, as any other value is.
#[test]
fn a_checksum_that_does_not_fit_makes_nothing_harmless() {
    // made up here, so that no token stands in the source
    let token = ["ghp", "k9vQ2mZx7pLw4tR8Yb3NcJ6dHf5Sg1000000"].join("_");
    let pod = |name: &str, value: &str| {
        format!(
            "kind: Pod\napiVersion: v1\nmetadata: {{name: p, namespace: shop}}\nspec:\n  containers:\n  - name: a\n    image: a\n    env: [{{name: {name}, value: {value}}}]\n"
        )
    };
    for (name, value, verdict) in [
        ("GITHUB_TOKEN", &*token, "fail"),
        ("DB_PASSWORD", "Sup3rS3cretPw99", "fail"),
        ("MOTTO", &token, "review"),
        ("DB_PASSWORD", "hunter2", "review"),
    ] {
        let result = json(&pod(name, value), &["--check", "secret-value-in-spec"]);
        assert_eq!(result["findings"][0]["verdict"], verdict, "{name}: {result}");
    }
    let secret =
        |key: &str| format!("kind: Secret\napiVersion: v1\nmetadata: {{name: s, namespace: shop}}\nstringData: {{{key}: {token}}}\n");
    for (key, verdict) in [("token", "fail"), ("motto", "review")] {
        let folder = tempfile::TempDir::new().expect("a folder");
        std::fs::write(folder.path().join("s.yaml"), secret(key)).expect("a file");
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_cnscan"));
        let output = command.current_dir(&folder).args(["scan", ".", "--no-config", "--check", "secret-manifest-plaintext", "-f", "json"]);
        let result: serde_json::Value = serde_json::from_slice(&output.output().expect("it runs").stdout).expect("JSON");
        assert_eq!(result["findings"][0]["verdict"], verdict, "{key}: {result}");
    }
}

/// A virtual machine is a gap, as nobody looks into it; what sets it up is looked at all the same, and not shown.
#[test]
fn a_password_that_sets_up_a_machine_is_found() {
    const HIDDEN: &str = "k9vQ2mZx7pLw4tR8";
    let machine = |kind: &str, volumes: &str| {
        format!("apiVersion: kubevirt.io/v1\nkind: {kind}\nmetadata: {{name: desk, namespace: shop}}\nspec:\n{volumes}")
    };
    let disk = |depth: usize, source: &str| {
        let text = format!(
            "volumes:\n- name: setup\n  {source}:\n    userData: |\n      #cloud-config\n      chpasswd:\n        list: |\n          root:{HIDDEN}\n"
        );
        text.lines().map(|line| format!("{}{line}\n", " ".repeat(depth))).collect::<String>()
    };
    for text in [
        machine("VirtualMachine", &format!("  template:\n    spec:\n{}", disk(6, "cloudInitNoCloud"))),
        machine("VirtualMachineInstance", &disk(2, "cloudInitConfigDrive")),
    ] {
        let result = json(&text, &["--check", "secret-value-in-spec"]);
        assert_eq!(verdicts(&result, "secret-value-in-spec"), ["fail"], "{text}: {result}");
        assert!(!result.to_string().contains(HIDDEN), "{result}");
        let (_, said) = run(&text, &["--check", "secret-value-in-spec", "-vv"]);
        assert!(!said.contains(HIDDEN), "{said}");
    }
}
