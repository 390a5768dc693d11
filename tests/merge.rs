//! Shards of a scan, merged in any order, are the scan: byte for byte but for `run`.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;
use tempfile::TempDir;

fn cnscan(folder: &Path) -> Command {
    let mut command = Command::cargo_bin("cnscan").expect("the program");
    command.current_dir(folder).env("SOURCE_DATE_EPOCH", "1790000000");
    command
}

/// The text of a result without its `run`.
fn without_run(text: &str) -> String {
    let start = text.find("\n  \"run\": {").expect("a run");
    let end = text[start..].find("\n  },").expect("its end") + start;
    format!("{}{}", &text[..start], &text[end..])
}

fn output(command: &mut Command) -> String {
    let output = command.output().expect("it runs");
    assert!(output.status.code().is_some_and(|code| code != 2), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// Scans a folder whole and in shards, and holds the merged parts against the whole.
fn compare(folder: &Path, flags: &[&str], counts: &[u32]) {
    let scan = || {
        let mut command = cnscan(folder);
        command.args(["scan", ".", "-q"]).args(flags);
        command
    };
    let whole = without_run(&output(scan().args(["-f", "json"])));
    for count in counts {
        let place = TempDir::new().expect("a folder");
        let mut parts: Vec<PathBuf> = (0..*count).map(|index| place.path().join(format!("{index}.json"))).collect();
        for (index, part) in parts.iter().enumerate() {
            let shard = format!("{index}/{count}");
            scan().args(["--shard", &shard, "-o", &format!("json={}", part.display())]).assert().code(0).stdout("");
        }
        for _ in 0..2 {
            let merged = without_run(&output(cnscan(folder).args(["merge", "-q", "-f", "json"]).args(&parts)));
            let first = merged.lines().zip(whole.lines()).find(|(merged, whole)| merged != whole);
            assert!(merged == whole, "{} in {count} shards: {first:#?}", folder.display());
            parts.reverse();
            parts.rotate_left((*count as usize) / 3);
        }
    }
}

#[test]
fn the_shop_in_any_number_of_shards_is_the_shop() {
    let shop = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/_shop");
    compare(&shop, &["--no-config"], &[1, 2, 3, 7]);
    compare(&shop, &["--no-config", "--complete", "--include-passes", "--profile", "all", "--fail-on", "low"], &[3, 7]);
    compare(&shop, &["--no-config", "--check", "pss-run-as-non-root", "--min-coverage", "99"], &[2]);
}

/// Real projects, which are no part of this repository: in `../shared/data/manifests` or where `CNSCAN_PROJECTS` says.
#[test]
fn real_projects_in_shards_are_the_projects() {
    let given = std::env::var_os("CNSCAN_PROJECTS").map(PathBuf::from);
    let folder = given.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/manifests"));
    let Ok(projects) = fs::read_dir(&folder) else {
        println!("skipped: no projects at {}", folder.display());
        return;
    };
    for project in projects.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()) {
        // with 1, 2 and 7 it takes minutes: `CNSCAN_SHARDS=all`
        let counts: &[u32] = if std::env::var_os("CNSCAN_SHARDS").is_some() { &[1, 2, 3, 7] } else { &[3] };
        compare(&project, &["--no-config"], counts);
    }
}

#[path = "../benches/corpus/mod.rs"]
mod corpus;

/// A shard holds no more than it needs, whatever checks there are: one that looks for more in the objects of others costs
/// every shard its reading anew. What it looks for belongs to what `model::slim` keeps.
#[test]
fn a_shard_keeps_little_of_what_others_judge() {
    let folder = TempDir::new().expect("a folder");
    for (name, text) in corpus::generate(300) {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    compare(folder.path(), &["--no-config"], &[7]);
    for shard in ["0/7", "5/7"] {
        let output = cnscan(folder.path()).args(["scan", ".", "--no-config", "--shard", shard, "-o", "json=/dev/null"]).output();
        let said = String::from_utf8(output.expect("it runs").stderr).expect("text");
        let number = |word: Option<&str>| word.and_then(|word| word.parse::<u32>().ok()).expect("a number");
        let words: Vec<_> = said.split_whitespace().collect();
        let at = words.iter().position(|word| *word == "kept").unwrap_or_else(|| panic!("{said}"));
        let (kept, all) = (number(words.get(at - 4).copied()), number(words.get(at - 2).copied()));
        // its own seventh, and policies and Ingresses
        assert!(all > 2000 && kept * 100 < all * 45, "{said}");
    }
}

/// Anchors, wrapped objects, patches, gaps, what is mistyped, many namespaces in one file: what a shard leaves out is missed
/// nowhere.
#[test]
fn what_is_odd_in_files_of_others_adds_up() {
    let folder = TempDir::new().expect("a folder");
    let workload = |name: &str, namespace: &str, spec: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: {namespace}, labels: {{app: {name}}}}}\nspec:\n  selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    metadata: {{labels: {{app: {name}}}}}\n    spec: {spec}\n---\n"
        )
    };
    let service = |name: &str, namespace: &str, kind: &str| {
        format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec: {{type: {kind}, selector: {{app: {name}}}, ports: [{{port: 80}}]}}\n---\n"
        )
    };
    for (number, namespace) in ["a", "b", "c", "d", "e", "f", "g", "h"].into_iter().enumerate() {
        let specs = [
            "{containers: [{name: c, image: 'registry.example.com/c:1', args: ['--configmap=a/nginx'], env: [{name: DB_PASSWORD, value: k9vQ2mZx7pLw4tR8}]}]}",
            "{hostNetwork: true, containers: [{name: c, image: kubernetesui/dashboard}], volumes: [{name: v, persistentVolumeClaim: {claimName: x}}]}",
            "{containers: {name: c}, hostPID: yes please}",
            "{containers: [&c {name: c, image: a, securityContext: {privileged: true}}], initContainers: [*c]}",
        ];
        let name = format!("w{number}");
        let mut text =
            workload(&name, namespace, specs[number % specs.len()]) + &service(&name, namespace, ["ClusterIP", "LoadBalancer"][number % 2]);
        text += &format!("apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: default, namespace: {namespace}}}\n---\n");
        text += &format!(
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: p, namespace: {namespace}}}\nspec: {{podSelector: {{}}, policyTypes: [Ingress], ingress: [{{from: [{{namespaceSelector: {{}}}}]}}]}}\n---\n"
        );
        text += &format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: nginx, namespace: {namespace}}}\ndata: {{enable-modsecurity: 'true', password: k9vQ2mZx7pLw4tR8}}\n"
        );
        write(folder.path(), &format!("{namespace}.yaml"), &text);
    }
    let all: String = ["a", "c", "i"].map(|namespace| workload("copy", namespace, "{containers: [{name: c, image: a}]}")).concat();
    write(folder.path(), "several.yaml", &all);
    write(folder.path(), "patch.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: w1, namespace: b}\nspec: {replicas: 3}\n");
    write(folder.path(), "misnamed.yaml", "apiVersion: apps/v1\nkind: deployment\nmetadata: {name: w1, namespace: k}\n");
    write(
        folder.path(),
        "owned.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: o, namespace: d, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: w3, controller: true}]}\nspec: {containers: [{name: c, image: b}]}\n",
    );
    write(
        folder.path(),
        "route.yaml",
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: i, namespace: b}\nspec: {rules: [{host: x.example, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: w1, port: {number: 80}}}}]}}]}\n",
    );
    compare(folder.path(), &["--no-config", "--include-passes", "--profile", "all"], &[2, 3, 30]);
    compare(folder.path(), &["--no-config", "--complete"], &[2, 5]);
}

fn write(folder: &Path, name: &str, text: &str) {
    fs::write(folder.join(name), text).expect("a file");
}

/// Copies of an object, owners and pods, secrets beside other things, exceptions of every kind, a broken file.
#[test]
fn what_is_said_of_the_whole_adds_up() {
    let folder = TempDir::new().expect("a folder");
    let pod = |name: &str, namespace: &str, more: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {name}\n  namespace: {namespace}\n{more}spec:\n  containers:\n  - name: web\n    image: web\n    env: [{{name: DB_PASSWORD, value: k9vQ2mZx7pLw4tR8}}]\n    securityContext: {{privileged: true}}\n---\n"
        )
    };
    let numbered = |number: u32| pod(&format!("p{number}"), if number.is_multiple_of(2) { "shop" } else { "bank" }, "");
    let many: String = (0..20).map(numbered).collect();
    write(folder.path(), "many.yaml", &many);
    write(folder.path(), "copy.yaml", &many);
    let excused = "  annotations:\n    cnscan/excuse.pss-privileged-container: \"until=2020-01-01 long ago\"\n    cnscan/excuse.pss-host-port: \"not needed\"\n    cnscan/excuse.pod-root-fs-writable: \"a reason\"\n";
    write(folder.path(), "excused.yaml", &pod("excused", "shop", excused));
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: shop}\nstringData: {password: k9vQ2mZx7pLw4tR8}\n---\n";
    let comment = "# cnscan: excuse pss-host-port nothing of the kind\n# cnscan: excuse pss-run-as-non-root until=2020-01-01 long ago\n";
    write(folder.path(), "secret.yaml", &format!("{secret}{comment}{}", pod("commented", "bank", "")));
    write(folder.path(), "broken.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: b\n");
    write(
        folder.path(),
        "cnscan.yaml",
        "exceptions_inline: medium\nexceptions:\n- {check: pss-privileged-container, match: {name: p1}, reason: old, expires: 2020-01-01}\n- {check: pss-privileged-container, match: {name: 'p*', namespace: bank}, reason: older, expires: 2020-01-01}\n- {check: pss-host-port, reason: of no use}\n- {check: pss-run-as-non-root, match: {namespace: bank}, reason: in use}\n",
    );
    let owned = "  ownerReferences: [{apiVersion: apps/v1, kind: DaemonSet, name: agent, controller: true}]\n";
    let set = "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: agent, namespace: shop}\nspec:\n  selector: {matchLabels: {a: b}}\n  template:\n    metadata: {labels: {a: b}}\n    spec:\n      containers:\n      - {name: web, image: web}\n---\n";
    write(folder.path(), "owned.yaml", &format!("{set}{}{}", pod("agent-a", "shop", owned), pod("agent-b", "shop", owned)));
    compare(folder.path(), &["--include-passes"], &[1, 2, 3, 7, 40]);
    compare(folder.path(), &["--complete", "--allow-gaps"], &[4]);
}

#[test]
fn a_baseline_is_held_against_the_merged_result() {
    let shop = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/_shop");
    let place = TempDir::new().expect("a folder");
    let old = place.path().join("old.json");
    let old_text = output(cnscan(&shop.join("legacy")).args(["scan", ".", "-q", "-f", "json", "--no-config"]));
    fs::write(&old, old_text).expect("a file");
    let baseline = ["--baseline", &old.display().to_string()];
    let whole = without_run(&output(cnscan(&shop).args(["scan", ".", "-q", "-f", "json", "--no-config"]).args(baseline)));
    let parts = ["0/2", "1/2"].map(|shard| {
        let part = place.path().join(shard.replace('/', "-"));
        fs::write(&part, output(cnscan(&shop).args(["scan", ".", "-q", "--no-config", "--shard", shard]))).expect("a file");
        part
    });
    let merged = without_run(&output(cnscan(&shop).args(["merge", "-q", "-f", "json"]).args(baseline).args(parts)));
    assert!(merged == whole);
}

#[test]
fn parts_of_different_scans_are_refused() {
    let folder = TempDir::new().expect("a folder");
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\nspec: {containers: [{name: a, image: a}]}\n";
    write(folder.path(), "a.yaml", pod);
    let part = |name: &str, shard: &str, flags: &[&str]| {
        let out = format!("json={name}");
        cnscan(folder.path()).args(["scan", "a.yaml", "-q", "--no-config", "--shard", shard, "-o", &out]).args(flags).assert().code(0);
    };
    part("0", "0/3", &[]);
    part("1", "1/3", &[]);
    part("2", "2/3", &[]);
    part("half", "1/2", &[]);
    part("profile", "1/3", &["--profile", "nsa-cisa"]);
    part("complete", "1/3", &["--complete"]);
    part("checks", "1/3", &["--check", "pss-host-port"]);
    part("version", "1/3", &["--kubernetes-version", "1.30"]);
    write(folder.path(), "a.yaml", &pod.replace("web", "shop"));
    part("input", "1/3", &[]);
    let merge = |parts: &[&str]| cnscan(folder.path()).arg("merge").args(parts).assert();
    merge(&["2", "0", "1"]).code(predicate::in_iter([0, 1]));
    for (parts, said) in [
        (&["0", "2"][..], "shard 1/3 is missing: without it"),
        (&["0"], "shards 1/3, 2/3 are missing: without them"),
        (&["0", "1", "1", "2"], "both shard 1/3"),
        (&["0", "half", "2"], "one is of 3 shards, the other of 2"),
        (&["0", "profile", "2"], "profiles default and nsa-cisa"),
        (&["0", "complete", "2"], "--complete"),
        (&["0", "checks", "2"], "different checks"),
        (&["0", "version", "2"], "Kubernetes 1.37 and 1.30"),
        (&["0", "input", "2"], "a.yaml is not the same in both"),
        (&["a.yaml"], "not JSON"),
    ] {
        merge(parts).code(2).stderr(contains(said));
    }
    cnscan(folder.path()).args(["convert", "0", "-f", "sarif"]).assert().code(2).stderr(contains("cnscan merge"));
    cnscan(folder.path()).args(["scan", "a.yaml", "--shard", "3/3"]).assert().code(2).stderr(contains("2/3"));
    cnscan(folder.path()).args(["scan", "a.yaml", "--shard", "0/3", "-f", "sarif"]).assert().code(2).stderr(contains("merge"));
}

#[test]
fn hostile_parts_are_refused() {
    let folder = TempDir::new().expect("a folder");
    write(folder.path(), "a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web, namespace: shop}\n");
    let text = output(cnscan(folder.path()).args(["scan", "a.yaml", "-q", "--no-config", "--shard", "0/1"]));
    for (from, to) in [("\"of\": 1", "\"of\": 4294967295"), ("\"of\": 1", "\"of\": 0"), ("\"shard\": 0", "\"shard\": 7")] {
        assert!(text.contains(from));
        write(folder.path(), "part.json", &text.replace(from, to));
        cnscan(folder.path()).args(["merge", "part.json"]).assert().code(2).stderr(contains("which there is not"));
    }
    write(folder.path(), "part.json", &text[..text.len() / 2]);
    cnscan(folder.path()).args(["merge", "part.json"]).assert().code(2);
}
