//! The bundled example: every finding lies on the line and column of its value, judged by another YAML parser.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;

fn result(arguments: &[&str]) -> Value {
    let output = Command::cargo_bin("cnscan")
        .expect("the program")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["scan", "fixtures/_shop", "--no-config", "-f", "json"])
        .args(arguments)
        .output()
        .expect("it runs");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// The documents of a file by a parser that is not ours.
fn documents(text: &str) -> Vec<Value> {
    let mut documents = Vec::new();
    for document in serde_saphyr::from_multiple::<Value>(text).expect("the example is valid YAML") {
        match document.get("items").and_then(Value::as_array) {
            Some(items) if document["kind"].as_str().is_some_and(|kind| kind.ends_with("List")) => documents.extend(items.iter().cloned()),
            _ => documents.push(document),
        }
    }
    documents
}

/// The value at a path such as `spec.containers[0]["a.b/c"]`; merge keys looked through.
fn walk<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    let mut at = value;
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(quoted) = rest.strip_prefix("[\"") {
            let (key, after) = quoted.split_once("\"]")?;
            (at, rest) = (at.get(key)?, after);
        } else if let Some(index) = rest.strip_prefix('[') {
            let (number, after) = index.split_once(']')?;
            (at, rest) = (at.get(number.parse::<usize>().ok()?)?, after);
        } else {
            let word = rest.strip_prefix('.').unwrap_or(rest);
            let end = word.find(['.', '[']).unwrap_or(word.len());
            at = at.get(&word[..end]).or_else(|| at.get("<<")?.get(&word[..end]))?;
            rest = &word[end..];
        }
    }
    Some(at)
}

/// The text of a place; lines and columns count from 1, columns in scalar values.
fn at(text: &str, location: &Value) -> String {
    let number = |key: &str| location[key].as_u64().expect("a number") as usize;
    let lines: Vec<_> = text.split('\n').collect();
    let (first, last) = (number("line") - 1, number("end_line") - 1);
    let cut = |line: usize| {
        let chars: Vec<_> = lines[line].chars().collect();
        let from = if line == first { number("column") - 1 } else { 0 };
        let to = if line == last { number("end_column") - 1 } else { chars.len() };
        chars[from..to].iter().collect::<String>()
    };
    (first..=last).map(cut).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_finding_lies_on_its_value() {
    let result = result(&["--include-passes"]);
    let findings = result["findings"].as_array().expect("findings");
    assert!(findings.len() > 40, "the shop has its faults");
    let mut scalars = 0;
    for finding in findings {
        let location = &finding["location"];
        let uri = location["uri"].as_str().expect("a file");
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(uri)).expect(uri);
        let subject = &finding["subject"];
        let documents = documents(&text);
        let path = finding["path"].as_str().expect("a path");
        let is_subject = |document: &&Value| document["kind"] == subject["kind"] && document["metadata"]["name"] == subject["name"];
        // a namespace without a document, and a cluster, are shown where they are first mentioned
        let anywhere = !documents.iter().any(|document| is_subject(&document));
        let values: Vec<_> =
            documents.iter().filter(|document| anywhere || is_subject(document)).filter_map(|document| walk(document, path)).collect();
        let shown = at(&text, location);
        let told = format!("{} at {uri}:{}:{} {path}: `{shown}`", finding["check"], location["line"], location["column"]);
        assert!(!shown.trim().is_empty(), "{told}");
        match location["quality"].as_str() {
            Some("value") => {
                assert!(!values.is_empty(), "nothing is there: {told}");
                if values.iter().any(|value| value.is_object() || value.is_array()) {
                    continue;
                }
                let seen: Value = serde_saphyr::from_str(&shown).unwrap_or_else(|_| Value::String(shown.clone()));
                let is_part =
                    |value: &&Value| **value == seen || value.as_str().is_some_and(|whole| whole.contains(shown.trim_matches(['"', '\''])));
                assert!(values.iter().any(is_part), "{told} is not {values:?}");
                scalars += 1;
            }
            Some("parent") => assert!(values.iter().all(|value| value.is_null()), "it is there: {told}"),
            other => panic!("{other:?}: {told}"),
        }
    }
    assert!(scalars > 20, "{scalars}");
}

#[test]
fn the_example_is_read_whole() {
    let result = result(&[]);
    assert_eq!(result["gaps"], serde_json::json!([]));
    assert!(result.get("errors").is_none(), "{}", result["errors"]);
    assert_eq!(result["summary"]["objects"], 45);
}

#[test]
fn what_its_readme_says_is_found() {
    let result = result(&[]);
    let found: BTreeSet<(String, String)> = result["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .filter(|finding| finding["verdict"] == "fail")
        .map(|finding| {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let place =
                format!("{}:{}", text(&finding["location"]["uri"]).trim_start_matches("fixtures/_shop/"), finding["location"]["line"]);
            (place, text(&finding["check"]))
        })
        .collect();
    let expected = [
        ("data/network-policies.yaml:25", "network-allow-rule-wide"),
        ("ingress/ingresses.yaml:43", "network-exposure-without-tls"),
        ("legacy/product-search.yaml:26", "image-reference-mutable"),
        ("legacy/product-search.yaml:30", "pss-privileged-container"),
        ("legacy/product-search.yaml:41", "secret-value-in-spec"),
        ("legacy/smtp-relay.yaml:10", "secret-manifest-plaintext"),
        ("legacy/workers.yaml:81", "secret-in-environment"),
        ("legacy/workers.yaml:85", "pss-privileged-container"),
        ("namespaces.yaml:39", "admission-pod-security-not-enforced"),
        ("payments/payments-api.yaml:10", "secret-value-in-spec"),
        ("platform/ci-binding.json:15", "rbac-cluster-admin-binding"),
        ("platform/ci.yaml:55", "pod-runtime-socket-mounted"),
        ("platform/rbac.yaml:36", "rbac-wildcard-rule"),
        ("platform/rbac.yaml:50", "rbac-default-service-account-binding"),
        ("storefront/backoffice.yaml:56", "pss-run-as-non-root"),
        ("storefront/backoffice.yaml:57", "pss-run-as-root-uid"),
        ("storefront/backoffice.yaml:58", "pss-allow-privilege-escalation"),
        ("storefront/catalog.yaml:45", "pss-capabilities-not-dropped"),
        ("storefront/order-worker.yaml:35", "image-reference-mutable"),
    ];
    let missing: Vec<_> = expected.iter().filter(|(place, check)| !found.contains(&((*place).to_owned(), (*check).to_owned()))).collect();
    assert!(missing.is_empty(), "not found: {missing:#?}\nfound: {found:#?}");
}
