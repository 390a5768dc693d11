//! Nothing in a bundle follows from a value that was replaced: whoever guesses it finds nothing to hold the guess against.

use std::fs;

use predicates::str::contains;

use crate::{cnscan, export, export_made, files, folder, replay, verify};

/// A password of a Secret, and copies of it wherever people leave them.
fn written(password: &str) -> String {
    format!(
        "# the password is {password}
apiVersion: v1
kind: Secret
metadata: {{name: db, namespace: shop}}
stringData: {{password: {password}, user: shop}}
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: run, namespace: shop, annotations: {{note: 'it was {password} once'}}}}
data:
  run.sh: |
    login admin {password}
---
apiVersion: v1
kind: Pod
metadata: {{name: web, namespace: shop}}
spec:
  containers:
  - name: web
    image: registry.example.com/web:1
    command: [sh, -c, 'login admin {password}']
    env: [{{name: GREETING, value: {password}}}]
    securityContext: {{privileged: true}}
"
    )
}

#[test]
fn bundles_of_two_weak_passwords_are_the_same() {
    for pair in [["Sommer2026!", "Winter24!"], ["s3cretPassw0rd!", "Passw0rd-of-2026!"], ["aaabbb12", "bbbbccc34"]] {
        let bundles = pair.map(|password| {
            let folder = folder(&[("s.yaml", &written(password))]);
            let result = cnscan(folder.path()).args(["scan", "-f", "json", "--no-config", "-q", "in"]).output().expect("a result").stdout;
            fs::write(folder.path().join("base.json"), result).expect("a file");
            export(folder.path(), "b", &["--baseline", "base.json", "--result", "html", "--result", "sarif", "--result", "oscal"]);
            verify(folder.path(), "b", &[]).code(0);
            replay(folder.path(), "b").code(0).stdout(contains("the same verdicts"));
            (password, files(&folder.path().join("b")))
        });
        for (password, all) in &bundles {
            for (name, bytes) in all {
                assert!(!String::from_utf8_lossy(bytes).contains(password), "{name} has {password}");
            }
        }
        let [(_, one), (_, two)] = bundles;
        for (name, bytes) in &one {
            assert!(two.get(name) == Some(bytes), "{name}:\n{}\n{}", String::from_utf8_lossy(bytes), String::from_utf8_lossy(&two[name]));
        }
    }
}

/// Of what a chart or kustomization is made of nothing is kept, and so no hash is.
#[cfg(unix)]
#[test]
fn what_is_not_kept_has_no_hash_where_anything_was_replaced() {
    let hashes = |kind: &str| {
        let web = format!("apiVersion: v1\nkind: {kind}\nmetadata: {{name: db}}\nstringData: {{password: Sommer2026!}}\n");
        let folder = folder(&[("kustomization.yaml", "resources: [db.yaml]\n"), ("db.yaml", &web)]);
        export_made(folder.path(), ("kustomize", "v5.4.3"), &web);
        let text = fs::read(folder.path().join("b/results/results.json")).expect("a result");
        let result: serde_json::Value = serde_json::from_slice(&text).expect("JSON");
        let inputs = result["inputs"].as_array().expect("a list").clone();
        inputs.iter().map(|input| (input["uri"].as_str().expect("a name").to_owned(), input["sha256"] != "")).collect::<Vec<_>>()
    };
    let secret = hashes("Secret");
    assert!(
        secret.contains(&("in/db.yaml".to_owned(), false)) && secret.contains(&("in/kustomization.yaml".to_owned(), false)),
        "{secret:?}"
    );
    assert_eq!(secret.iter().filter(|(_, told)| *told).count(), 1, "of what was made, the copy's: {secret:?}");
}
