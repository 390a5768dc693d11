//! PolicyReport and OpenReports: objects that the API server takes by its definitions, whatever the names.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use cnscan::assess::{Assessment, CheckVerdict, Finding};
use cnscan::report::{self, Format, Options};
use serde_json::Value;

#[path = "support/hostile.rs"]
mod hostile;
#[path = "support/oracle.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod oracle;
#[path = "support/sample.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod sample;

use sample::{empty, failure, full, subject};

const FORMATS: [Format; 2] = [Format::Policyreport, Format::Openreports];

fn text(format: Format, assessment: &Assessment) -> String {
    let mut bytes = Vec::new();
    report::write(format, assessment, &Options::default(), &mut bytes).expect("memory takes all");
    String::from_utf8(bytes).expect("UTF-8")
}

fn objects(format: Format, assessment: &Assessment) -> Vec<Value> {
    let text = text(format, assessment);
    text.split("\n---\n").filter(|part| !part.is_empty()).map(|part| serde_saphyr::from_str(part).expect(part)).collect()
}

/// The definitions' own schemas by kind, closed: the API server drops what it does not know.
fn validators() -> BTreeMap<String, jsonschema::Validator> {
    let names = [
        "wgpolicyk8s.io_v1alpha2_policyreports",
        "wgpolicyk8s.io_v1alpha2_clusterpolicyreports",
        "openreports.io_reports",
        "openreports.io_clusterreports",
    ];
    let paths = names.iter().filter_map(|name| oracle::schema(&format!("{name}.yaml")));
    let read = |path| {
        let definition: Value = serde_saphyr::from_str(&fs::read_to_string(path).expect("a file")).expect("YAML");
        let kind = definition["spec"]["names"]["kind"].as_str().expect("a kind").to_owned();
        let versions = definition["spec"]["versions"].as_array().expect("versions");
        let version = versions.iter().find(|version| {
            version["name"].as_str().is_some_and(|name| name.starts_with("v1alpha") && (name != "v1alpha1" || versions.len() == 1))
        });
        let mut schema = version.expect("the version")["schema"]["openAPIV3Schema"].clone();
        close(&mut schema);
        schema["properties"]["metadata"] = serde_json::json!({"type": "object"});
        (kind, jsonschema::validator_for(&schema).expect("a schema"))
    };
    paths.map(read).collect()
}

fn close(schema: &mut Value) {
    if let Value::Object(map) = schema {
        if map.get("type") == Some(&"object".into()) && map.contains_key("properties") && !map.contains_key("additionalProperties") {
            map.insert("additionalProperties".into(), false.into());
        }
        map.values_mut().for_each(close);
    }
}

fn valid(objects: &[Value], validators: &BTreeMap<String, jsonschema::Validator>) {
    for object in objects {
        let wrong: Vec<_> =
            validators.get(object["kind"].as_str().expect("a kind")).into_iter().flat_map(|schema| schema.iter_errors(object)).collect();
        assert!(wrong.is_empty(), "{wrong:?}\n{object:#}");
        let results = object["results"].as_array().expect("results");
        for (word, count) in object["summary"].as_object().expect("a summary") {
            assert_eq!(count.as_u64(), Some(results.iter().filter(|result| result["result"] == word.as_str()).count() as u64), "{word}");
        }
        let names = |char: char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == '-';
        assert!(object["metadata"]["name"].as_str().is_some_and(|name| name.chars().all(names)));
        let namespace = &object["metadata"]["namespace"];
        assert!(namespace.is_null() || namespace.as_str().is_some_and(|name| !name.is_empty() && name.chars().all(names)), "{namespace}");
        let cluster = object["kind"].as_str().is_some_and(|kind| kind.starts_with("Cluster"));
        assert!(!cluster || namespace.is_null());
    }
}

fn count(objects: &[Value], word: &str) -> usize {
    let results = objects.iter().flat_map(|object| object["results"].as_array().expect("results"));
    results.filter(|result| result["result"] == word).count()
}

#[test]
fn reports_are_valid_by_the_definitions_whatever_the_names() {
    let validators = validators();
    let hostile = hostile::TEXTS.iter().flat_map(|text| [hostile::made(&full(), text), hostile::prefixed(&full(), text)]);
    for assessment in [empty(), full()].into_iter().chain(hostile) {
        let open = assessment.findings.iter().filter(|finding| finding.is_open_failure()).count();
        for format in FORMATS {
            let objects = objects(format, &assessment);
            valid(&objects, &validators);
            assert_eq!(count(&objects, "fail"), open);
        }
    }
    for (format, name) in FORMATS.into_iter().zip(["sample.policyreport.yaml", "sample.openreports.yaml"]) {
        // for .ci/formats.sh, and to look at
        fs::write(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name), text(format, &full())).expect("the folder for tests");
    }
}

#[test]
fn each_namespace_has_its_report_and_the_rest_one() {
    let on = |namespace: &str| Finding { subject: subject("Pod", namespace, "web", ""), ..failure("a.yaml", 1, "aa") };
    let findings = vec![on("shop"), on("bank"), on("shop"), on(""), on("(unset)"), on("Not A Namespace")];
    let objects = objects(Format::Policyreport, &Assessment { findings, checks: vec![], ..empty() });
    let seen: Vec<_> = objects
        .iter()
        .map(|object| (object["kind"].as_str(), object["metadata"]["namespace"].as_str(), object["results"].as_array().map(Vec::len)))
        .collect();
    let report = Some("PolicyReport");
    assert_eq!(
        seen,
        [
            (Some("ClusterPolicyReport"), None, Some(2)),
            (report, None, Some(1)),
            (report, Some("bank"), Some(1)),
            (report, Some("shop"), Some(2))
        ]
    );
    assert_eq!(objects[1]["results"][0]["resources"][0], serde_json::json!({"apiVersion": "v1", "kind": "Pod", "name": "web"}));
    assert_eq!(objects[3]["scope"]["name"], "shop");
}

#[test]
fn every_outcome_has_its_word_and_what_nobody_saw_is_no_pass() {
    let mut assessment = full();
    let objects = objects(Format::Openreports, &assessment);
    let words = ["pass", "fail", "warn", "error", "skip"].map(|word| count(&objects, word));
    // a pass; five failures; a review; two gaps and a check that broke; two excuses and what a check skips
    assert_eq!(words, [1, 5, 1, 3, 3]);
    let first = objects.iter().find(|object| object["kind"] == "Report").map(|object| object["results"][0].clone()).expect("a report");
    assert_eq!((first["policy"].as_str(), first["rule"].as_str()), (Some("CNSC-32"), Some("pss-privileged-container")));
    assert_eq!((first["category"].as_str(), first["severity"].as_str()), (Some("Compute"), Some("high")));
    assert_eq!(first["properties"]["controls"], "CNSC-32, CNSC-40");
    assert_eq!(first["properties"]["relatesTo"], "CM-2, CM-7, SC-7(21)");
    assert_eq!(first["properties"]["place"], "deploy/web.yaml:18:13");
    assert_eq!(first["timestamp"]["seconds"], 1_795_312_202);
    assessment.passes.clear();
    assessment.checks[0].verdict = CheckVerdict::NotAssessed;
    assert_eq!(count(&self::objects(Format::Openreports, &assessment), "pass"), 0);
}

#[test]
fn a_report_fits_into_a_cluster_s_store() {
    let findings = (0..4_000)
        .map(|number| Finding { message: "x".repeat(400).into(), ..failure("a.yaml", number, &format!("{number:032x}")) })
        .collect();
    let objects = objects(Format::Policyreport, &Assessment { findings, checks: vec![], ..empty() });
    assert!(objects.len() > 2);
    assert_eq!(count(&objects, "fail"), 4_000);
    for (number, object) in objects.iter().enumerate() {
        assert!(object.to_string().len() < 1_100_000);
        assert_eq!(object["metadata"]["name"], if number == 0 { "cnscan".to_owned() } else { format!("cnscan-{}", number + 1) });
    }
}
