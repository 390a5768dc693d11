//! What a SARIF log must hold beyond what its schema says: GitHub's rules, and the specification's own.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

/// What the schema of SARIF 2.1.0 has against a log; `None` where there is no schema.
pub(crate) fn by_schema(log: &Value) -> Option<Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/schemas/sarif-2.1.0.json");
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: no SARIF schema beside the repository (../shared/data/schemas)");
        return None;
    };
    let schema = serde_json::from_str(&text).expect("the schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is one");
    Some(validator.iter_errors(log).map(|error| format!("{}: {error}", error.instance_path())).collect())
}

/// What a run must hold in either profile.
pub(crate) fn by_specification(log: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    for run in list(&log["runs"]) {
        rules_of(run, &mut problems);
        let results = list(&run["results"]);
        for property in ["suppressions", "baselineState"] {
            let having = results.iter().filter(|result| result.get(property).is_some()).count();
            note(&mut problems, having == 0 || having == results.len(), || format!("{property} on {having} of {} results", results.len()));
        }
        for (index, result) in results.iter().enumerate() {
            result_of(run, result, &mut |holds, what| note(&mut problems, holds, || format!("results[{index}]: {what}")));
        }
        let base = &run["originalUriBaseIds"]["%SRCROOT%"];
        note(&mut problems, base.is_object() && base.get("uri").is_none(), || "the root has a uri, or is not named".to_owned());
        note(&mut problems, run["columnKind"] == "utf16CodeUnits", || "columnKind".to_owned());
    }
    problems
}

fn rules_of(run: &Value, problems: &mut Vec<String>) {
    let rules = list(&run["tool"]["driver"]["rules"]);
    let ids: BTreeSet<_> = rules.iter().map(|rule| rule["id"].as_str()).collect();
    note(problems, ids.len() == rules.len(), || "two rules of one id".to_owned());
    for rule in rules {
        for link in list(&rule["relationships"]) {
            note(problems, link["kinds"] == serde_json::json!(["relevant"]), || format!("{link}: more than relevant"));
            taxon(run, &link["target"], problems);
        }
    }
}

/// A reference into a taxonomy leads where it says.
fn taxon(run: &Value, reference: &Value, problems: &mut Vec<String>) {
    let component = &run["taxonomies"][index(&reference["toolComponent"]["index"])];
    let found = &component["taxa"][index(&reference["index"])];
    let fits = component["name"] == reference["toolComponent"]["name"] && found["id"] == reference["id"];
    note(problems, fits, || format!("no such taxon: {reference}"));
}

fn result_of(run: &Value, result: &Value, check: &mut dyn FnMut(bool, &str)) {
    let kind = result["kind"].as_str().unwrap_or("fail");
    check((kind == "fail") != (result["level"] == "none"), "a kind other than fail has level none, and fail has another");
    let rule = &run["tool"]["driver"]["rules"][index(&result["ruleIndex"])];
    check(rule["id"].is_string() && rule["id"] == result["ruleId"], "ruleIndex does not lead to ruleId");
    check(kind != "fail" || rule["defaultConfiguration"]["level"] == result["level"], "another level than the rule's");
    let text = result["message"]["text"].as_str().unwrap_or_default();
    check(!text.is_empty() && !text.chars().any(char::is_control) && !text.contains("]("), "message is no plain paragraph");
    let mut wrong = Vec::new();
    list(&result["taxa"]).iter().for_each(|reference| taxon(run, reference, &mut wrong));
    check(wrong.is_empty(), &wrong.join(", "));
    for location in list(&result["locations"]) {
        if let Some(place) = location.get("physicalLocation") {
            let region = &place["region"];
            let at = |line: &str, column: &str| (region[line].as_u64(), region[column].as_u64());
            check(at("startLine", "startColumn") <= at("endLine", "endColumn"), "the region ends before it starts");
            check(is_relative(place["artifactLocation"]["uri"].as_str().unwrap_or_default()), "the uri is not relative and encoded");
            check(place["artifactLocation"]["uriBaseId"] == "%SRCROOT%", "no uriBaseId");
        }
    }
}

/// What GitHub code scanning refuses, or makes a wrong alert of.
pub(crate) fn by_github(log: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    let runs = list(&log["runs"]);
    note(&mut problems, runs.len() <= 20, || "more than 20 runs".to_owned());
    let mut categories = BTreeMap::new();
    for run in runs {
        let id = run["automationDetails"]["id"].as_str().unwrap_or_default();
        let category = id.rsplit_once('/').map_or("", |(category, _)| category).to_owned();
        let times = categories.entry((run["tool"]["driver"]["name"].to_string(), category.clone())).or_insert(0);
        *times += 1;
        let fits = *times == 1 && !category.is_empty();
        note(&mut problems, fits, || format!("the category `{category}` is empty or stands twice"));
        let rules = list(&run["tool"]["driver"]["rules"]);
        let results = list(&run["results"]);
        note(&mut problems, results.len() <= 25_000 && rules.len() <= 25_000, || "more than 25,000".to_owned());
        rules.iter().for_each(|rule| rule_for_github(rule, &mut problems));
        for (index, result) in results.iter().enumerate() {
            alert(result, &mut |holds, what| note(&mut problems, holds, || format!("results[{index}]: {what}")));
        }
    }
    problems
}

fn rule_for_github(rule: &Value, problems: &mut Vec<String>) {
    let length = |text: &Value| text["text"].as_str().unwrap_or_default().encode_utf16().count();
    let properties = &rule["properties"];
    let tags = list(&properties["tags"]);
    let score = properties["security-severity"].as_str().and_then(|score| score.parse::<f64>().ok());
    let holds = [
        ("tags", tags.len() <= 10 && tags.contains(&Value::from("security"))),
        ("tags twice", tags.iter().map(Value::as_str).collect::<BTreeSet<_>>().len() == tags.len()),
        ("shortDescription", (1..=1024).contains(&length(&rule["shortDescription"]))),
        ("fullDescription", (1..=1024).contains(&length(&rule["fullDescription"]))),
        ("name", rule["name"].as_str().is_some_and(|name| !name.is_empty() && name.len() <= 255)),
        ("help", length(&rule["help"]) > 0),
        ("security-severity", score.is_some_and(|score| score > 0.0 && score <= 10.0)),
        ("problem.severity", ["error", "warning", "recommendation"].contains(&properties["problem.severity"].as_str().unwrap_or_default())),
        ("precision", ["very-high", "high", "medium", "low"].contains(&properties["precision"].as_str().unwrap_or_default())),
    ];
    for (what, holds) in holds {
        note(problems, holds, || format!("rule {}: {what}", rule["id"]));
    }
}

fn alert(result: &Value, check: &mut dyn FnMut(bool, &str)) {
    check(result["kind"].as_str().unwrap_or("fail") == "fail", "every kind becomes an alert");
    check(list(&result["suppressions"]).is_empty(), "a suppressed result becomes an open alert");
    check(["error", "warning", "note"].contains(&result["level"].as_str().unwrap_or_default()), "level");
    let locations = list(&result["locations"]);
    check((1..=1000).contains(&locations.len()), "without a location GitHub refuses the whole file");
    let place = &result["locations"][0]["physicalLocation"];
    check(is_relative(place["artifactLocation"]["uri"].as_str().unwrap_or_default()), "the uri is not below the repository");
    for number in ["startLine", "startColumn", "endLine", "endColumn"] {
        check(place["region"][number].as_u64().is_some_and(|number| number > 0), number);
    }
    let hash = result["partialFingerprints"]["primaryLocationLineHash"].as_str().unwrap_or_default();
    check(hash.split_once(':').is_some_and(|(hash, times)| !hash.is_empty() && times.parse::<u32>().is_ok()), "primaryLocationLineHash");
}

/// Percent-encoded, with forward slashes, below the root.
fn is_relative(uri: &str) -> bool {
    let unreserved = |char: char| char.is_ascii_alphanumeric() || "-._~/!$&'()*+,;=@%".contains(char);
    let up = uri.split('/').any(|part| part == ".." || part == ".");
    !uri.is_empty() && !uri.starts_with('/') && !up && uri.chars().all(unreserved)
}

fn note(problems: &mut Vec<String>, holds: bool, what: impl FnOnce() -> String) {
    if !holds {
        problems.push(what());
    }
}

pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn index(value: &Value) -> usize {
    value.as_u64().map_or(usize::MAX, |index| index as usize)
}
