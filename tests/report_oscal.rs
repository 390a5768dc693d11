//! OSCAL: valid by NIST's schemas whatever the names, no reference that leads nowhere, nothing satisfied that nobody saw.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use cnscan::assess::{Assessment, CheckVerdict, Status};
use cnscan::policy::Profile;
use cnscan::report::oscal::{self, catalog};
use jsonschema::Validator;
use serde_json::Value;

#[path = "support/hostile.rs"]
mod hostile;
#[path = "support/oracle.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod oracle;
#[path = "support/sample.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod sample;

use sample::{attested, bound, control, excuse, full, whole};

type Write = fn(&Assessment, &mut dyn std::io::Write) -> std::io::Result<()>;

/// The documents about a run: the root key, the schema's name, and what writes it.
const OF_RUNS: [(&str, &str, Write); 3] = [
    ("assessment-results", "assessment-results", |assessment, out| oscal::write_results(assessment, out)),
    ("assessment-plan", "assessment-plan", |assessment, out| oscal::write_plan(assessment, out)),
    ("plan-of-action-and-milestones", "poam", |assessment, out| oscal::write_poam(assessment, out)),
];

fn of_run(write: Write, assessment: &Assessment) -> Value {
    let mut bytes = Vec::new();
    write(assessment, &mut bytes).expect("memory takes all");
    serde_json::from_slice(&bytes).expect("JSON")
}

fn results(assessment: &Assessment) -> Value {
    of_run(OF_RUNS[0].2, assessment)["assessment-results"].clone()
}

fn poam(assessment: &Assessment) -> Value {
    of_run(OF_RUNS[2].2, assessment)["plan-of-action-and-milestones"].clone()
}

fn of_profile(profile: &Profile) -> [(&'static str, Value); 3] {
    let time = jiff::Timestamp::from_second(1_795_312_202).expect("a time");
    let written = |write: fn(&Profile, jiff::Timestamp, &mut dyn std::io::Write) -> std::io::Result<()>| {
        let mut bytes = Vec::new();
        write(profile, time, &mut bytes).expect("memory takes all");
        serde_json::from_slice(&bytes).expect("JSON")
    };
    [
        ("catalog", written(|profile, time, out| catalog::write_catalog(profile, time, out))),
        ("profile", written(|profile, time, out| catalog::write_profile(profile, time, out))),
        ("component", written(|profile, time, out| catalog::write_components(profile, time, out))),
    ]
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn validator(name: &str) -> Option<Validator> {
    let path = oracle::schema(&format!("oscal-1.2.1/oscal_{name}_schema.json"))?;
    let schema = serde_json::from_str(&fs::read_to_string(path).expect("a file")).expect("JSON");
    Some(jsonschema::validator_for(&schema).expect("a schema"))
}

fn valid(document: &Value, validator: Option<&Validator>) {
    let wrong: Vec<_> = validator
        .into_iter()
        .flat_map(|schema| schema.iter_errors(document))
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert_eq!(wrong, Vec::<String>::new());
    let mut named = Names::default();
    named.walk("", document);
    assert!(named.twice.is_empty(), "UUIDs that stand twice: {:?}", named.twice);
    let dangling: Vec<_> = named.cited.iter().filter(|uuid| !named.uuids.contains(*uuid)).collect();
    assert!(dangling.is_empty(), "{dangling:?}");
}

/// The UUIDs that a document gives, and those that it points to.
#[derive(Default)]
struct Names {
    uuids: BTreeSet<String>,
    twice: BTreeSet<String>,
    cited: BTreeSet<String>,
}

impl Names {
    fn walk(&mut self, key: &str, value: &Value) {
        match value {
            Value::String(text) if key == "uuid" && self.uuids.insert(text.clone()) => {}
            Value::String(text) if key == "uuid" => _ = self.twice.insert(text.clone()),
            Value::String(text) if key.ends_with("-uuid") => _ = self.cited.insert(text.clone()),
            Value::String(text) if key == "href" => self.cited.extend(text.strip_prefix('#').map(str::to_owned)),
            Value::Array(items) => items.iter().for_each(|item| self.walk(key, item)),
            Value::Object(map) => map.iter().for_each(|(key, item)| self.walk(key, item)),
            _ => {}
        }
    }
}

#[test]
fn documents_of_runs_are_valid_whatever_the_names() {
    let hostile = hostile::TEXTS.iter().flat_map(|text| [hostile::made(&attested(), text), hostile::prefixed(&attested(), text)]);
    let samples: Vec<_> = [sample::empty(), whole(), full(), attested()].into_iter().chain(hostile).collect();
    for (root, schema, write) in OF_RUNS {
        let validator = validator(schema);
        for (number, assessment) in samples.iter().enumerate() {
            let document = of_run(write, assessment);
            println!("{root}, sample {number}");
            valid(&document, validator.as_ref());
        }
        // for .ci/formats.sh, and to look at
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("sample.{root}.json"));
        fs::write(path, of_run(write, &attested()).to_string()).expect("the folder for tests");
    }
}

#[test]
fn controls_of_every_profile_are_valid_and_results_name_what_they_have() {
    let validators: BTreeMap<_, _> = ["catalog", "profile", "component"].map(|name| (name, validator(name))).into();
    for profile in Profile::embedded() {
        let documents = of_profile(&profile);
        documents.iter().for_each(|(name, document)| valid(document, validators[name].as_ref()));
        let catalog = &documents[0].1["catalog"];
        let controls: BTreeSet<_> = list(&catalog["groups"])
            .iter()
            .flat_map(|group| list(&group["controls"]))
            .filter_map(|control| control["id"].as_str())
            .collect();
        assert_eq!(controls.len(), profile.requirements.len());
        let with: BTreeSet<_> =
            list(&documents[1].1["profile"]["imports"][0]["include-controls"][0]["with-ids"]).iter().filter_map(Value::as_str).collect();
        assert_eq!(with, controls);
        let alters = list(&documents[1].1["profile"]["modify"]["alters"]);
        let objectives: BTreeSet<_> =
            alters.iter().flat_map(|alter| list(&alter["adds"][0]["parts"])).filter_map(|part| part["id"].as_str()).collect();
        let mut assessment = sample::empty();
        assessment.controls = profile
            .requirements
            .iter()
            .map(|one| {
                let checks = one
                    .checks
                    .iter()
                    .map(|id| bound(id, CheckVerdict::Pass))
                    .chain(one.planned.iter().map(|id| bound(id, CheckVerdict::Planned)));
                cnscan::assess::Control { checks: checks.collect(), ..control(&one.id, Status::Partial, &[]) }
            })
            .collect();
        let result = &results(&assessment)["results"][0];
        for finding in list(&result["findings"]) {
            assert!(finding["target"]["target-id"].as_str().is_some_and(|id| objectives.contains(id)), "{finding}");
        }
        let reviewed = list(&result["reviewed-controls"]["control-selections"][0]["include-controls"]);
        assert!(reviewed.iter().all(|one| one["control-id"].as_str().is_some_and(|id| controls.contains(id))));
        let planned_only = profile.requirements.iter().filter(|one| one.checks.is_empty()).count();
        assert_eq!(reviewed.len(), profile.requirements.len() - planned_only);
    }
}

#[test]
fn only_what_was_seen_is_satisfied_or_not() {
    let result = results(&whole())["results"][0].clone();
    let findings = list(&result["findings"]);
    assert_eq!(findings.len(), 1, "what was not assessed or is planned has none");
    assert_eq!(findings[0]["target"]["status"], serde_json::json!({"state": "not-satisfied", "reason": "fail"}));
    assert_eq!(findings[0]["target"]["target-id"], "CNSC-32_obj.pss-privileged-container");
    assert_eq!(
        list(&result["reviewed-controls"]["control-selections"][0]["include-controls"]),
        [serde_json::json!({"control-id": "CNSC-32"})]
    );
    let status = |word: &str| list(&result["risks"]).iter().filter(|risk| risk["status"] == word).count();
    assert_eq!((status("open"), status("deviation-approved")), (5, 2));
    let said: Vec<_> =
        list(&result["observations"]).iter().flat_map(|one| list(&one["props"])).filter(|prop| prop["name"] == "result").collect();
    let count = |word: &str| said.iter().filter(|prop| prop["value"] == word).count();
    // a check's passes in one; two gaps, a check that broke, and one without its evidence
    assert_eq!((count("fail"), count("excused"), count("review"), count("pass"), count("unknown")), (5, 2, 1, 1, 4));
    assert_eq!(
        result["description"],
        "Automated assessment of Kubernetes objects. Nothing is known of 1 of 2 controls; the evidence has 2 gaps."
    );
}

#[test]
fn gaps_satisfy_nothing() {
    let mut assessment =
        Assessment { controls: vec![control("CNSC-1", Status::Pass, &[])], findings: vec![], passes: vec![], errors: vec![], ..full() };
    assessment.checks.truncate(1);
    assessment.checks[0].verdict = CheckVerdict::Pass;
    assessment.controls[0].checks = vec![bound("pss-privileged-container", CheckVerdict::Pass)];
    assert_eq!(list(&results(&assessment)["results"][0]["findings"]), [] as [Value; 0]);
    assessment.gaps.clear();
    let result = results(&assessment);
    assert_eq!(result["results"][0]["findings"][0]["target"]["status"]["state"], "satisfied");
    for finding in &mut full().findings {
        finding.excused = excuse("config");
        assessment.findings = vec![finding.clone()];
        assessment.controls[0].checks[0].verdict = CheckVerdict::Excused;
        assert_eq!(results(&assessment)["results"][0]["findings"][0]["target"]["status"]["state"], "not-satisfied");
    }
}

#[test]
fn what_is_open_has_an_item_and_nothing_open_is_said_to_be_that() {
    let open = poam(&whole());
    let items = list(&open["poam-items"]);
    let count = |word: &str| {
        items.iter().filter(|item| list(&item["props"]).iter().any(|prop| prop["name"] == "result" && prop["value"] == word)).count()
    };
    assert_eq!((count("fail"), count("unknown"), items.len()), (5, 2, 7));
    assert!(list(&open["risks"]).iter().all(|risk| risk["status"] == "open"));
    let none = poam(&sample::empty());
    assert_eq!(list(&none["poam-items"])[0]["title"], "Nothing is open in what was looked at");
}

#[test]
fn the_same_thing_keeps_its_uuid_in_the_next_run() {
    let mut later = whole();
    later.run.id = "ff".repeat(16);
    later.run.finished = "2026-12-01T00:00:00Z".into();
    let uuids = |value: &Value| list(value).iter().map(|one| one["uuid"].to_string()).collect::<BTreeSet<_>>();
    let (old, new) = (poam(&whole()), poam(&later));
    assert_eq!(old["uuid"], new["uuid"]);
    assert_ne!(old["metadata"]["last-modified"], new["metadata"]["last-modified"]);
    assert_ne!(old["metadata"]["version"], new["metadata"]["version"]);
    for stable in ["risks", "poam-items"] {
        assert_eq!(uuids(&old[stable]), uuids(&new[stable]));
    }
    assert!(uuids(&old["observations"]).is_disjoint(&uuids(&new["observations"])));
    assert_ne!(results(&whole())["uuid"], results(&later)["uuid"]);
    assert_eq!(results(&whole()), results(&whole()));
}

#[test]
fn evidence_leads_to_its_file_and_hash() {
    let results = results(&whole());
    let resources = list(&results["back-matter"]["resources"]);
    let web = resources.iter().find(|resource| resource["title"] == "deploy/web.yaml").expect("the file");
    assert_eq!(web["rlinks"][0]["href"], "deploy/web.yaml");
    assert_eq!(web["rlinks"][0]["hashes"][0]["value"], "0".repeat(64));
    let observation = &results["results"][0]["observations"][0];
    assert_eq!(observation["relevant-evidence"][0]["href"], format!("#{}", web["uuid"].as_str().unwrap_or_default()));
    assert_eq!(observation["relevant-evidence"][0]["description"], "deploy/web.yaml, line 18, column 13");
    // a file outside the repository is named, and not linked
    let outside = resources.iter().find(|resource| resource["title"] == "../other/x.yaml").expect("the file");
    assert!(outside.get("rlinks").is_none());
}

/// Whether the plan was written beside the results is not known to them: it is a resource that says how to come to it.
#[test]
fn results_lead_to_their_plan() {
    let results = results(&full());
    let link = results["import-ap"]["href"].as_str().expect("a link");
    let plan = list(&results["back-matter"]["resources"])
        .iter()
        .find(|one| Some(link) == one["uuid"].as_str().map(|uuid| format!("#{uuid}")).as_deref());
    let plan = plan.expect("the plan's resource");
    assert_eq!(plan["rlinks"][0]["href"], "assessment-plan.json");
    assert!(plan["description"].as_str().is_some_and(|said| said.contains("cnscan convert RESULT.json -f oscal-plan")), "{plan}");
}
