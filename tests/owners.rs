//! Controllers and their pods: judged once at the top, counted, and never a place to hide in.

use std::fs;
use std::path::Path;

use cnscan::checks::{self, Check, Probe};
use cnscan::discover::{Origin, Source};
use cnscan::evaluate::{self, Outcomes, Standing};
use cnscan::model::evidence::Reading;
use cnscan::model::{Evidence, KubernetesVersion, Scan, UNSET_NAMESPACE};
use cnscan::parse::{self, Limits};
use cnscan::settings::Settings;
use serde_json::{Value, json};

/// What some checks say of some objects.
fn judge(checks: &[&'static Check], objects: &[Value]) -> Outcomes {
    let list = json!({"apiVersion": "v1", "kind": "List", "items": objects});
    let origin = Origin::Bytes(list.to_string().into_bytes());
    let source = Source { uri: None, shown: "dump.json".to_owned(), origin, named: true, root: "".into() };
    let parsed = parse::all(vec![source], &Limits::default());
    let evidence = Evidence::index(&parsed, Reading { assumed_namespace: UNSET_NAMESPACE, complete: true, live: None });
    let scan = Scan {
        evidence: &evidence,
        settings: &Settings::default(),
        version: Some(KubernetesVersion::LATEST),
        now: jiff::Timestamp::UNIX_EPOCH,
    };
    evaluate::all(checks, &scan, false)
}

/// Who fails a check, with how many pods each stands for.
fn failing(check: &str, objects: &[Value]) -> Vec<(String, u32)> {
    let check = checks::find(check).expect("a check");
    let outcomes = judge(&[check], objects);
    let failures = outcomes.findings.iter().filter(|finding| finding.standing == Standing::Fail);
    let mut named: Vec<_> =
        failures.map(|finding| (format!("{} {}", finding.subject.kind, finding.subject.name), finding.subject.pods)).collect();
    named.dedup();
    named
}

fn spec(image: &str) -> Value {
    json!({"containers": [{"name": "web", "image": image, "securityContext": {"privileged": true}}]})
}

/// An object with a template; `owner` is (kind, name).
fn workload(kind: &str, name: &str, owner: Option<(&str, &str)>, spec: &Value) -> Value {
    let template = json!({"metadata": {"labels": {"app": "web"}}, "spec": spec});
    let spec = match kind {
        "CronJob" => json!({"schedule": "@daily", "jobTemplate": {"spec": {"template": template}}}),
        "Pod" => spec.clone(),
        _ => json!({"replicas": 3, "selector": {"matchLabels": {"app": "web"}}, "template": template}),
    };
    let mut object = json!({"apiVersion": version(kind), "kind": kind, "metadata": {"name": name, "namespace": "shop", "uid": uid(kind, name),
        "labels": {"app": "web"}}, "spec": spec});
    if let Some((kind, name)) = owner {
        object["metadata"]["ownerReferences"] =
            json!([{"apiVersion": version(kind), "kind": kind, "name": name, "uid": uid(kind, name), "controller": true}]);
    }
    object
}

fn version(kind: &str) -> &'static str {
    match kind {
        "Pod" | "Node" => "v1",
        "Job" | "CronJob" => "batch/v1",
        "Rollout" => "argoproj.io/v1alpha1",
        _ => "apps/v1",
    }
}

fn uid(kind: &str, name: &str) -> String {
    format!("uid-{kind}-{name}")
}

fn named(list: &[(&str, u32)]) -> Vec<(String, u32)> {
    list.iter().map(|(name, pods)| ((*name).to_owned(), *pods)).collect()
}

const PRIVILEGED: &str = "pss-privileged-container";

#[test]
fn findings_are_reported_once_at_the_top_with_the_pods_counted() {
    let good = spec("web:1");
    for (top, middle) in [("Deployment", "ReplicaSet"), ("Rollout", "ReplicaSet"), ("CronJob", "Job")] {
        let mut objects = vec![workload(top, "web", None, &good), workload(middle, "web-1", Some((top, "web")), &good)];
        objects.extend(["a", "b", "c"].map(|name| workload("Pod", name, Some((middle, "web-1")), &good)));
        assert_eq!(failing(PRIVILEGED, &objects), named(&[(&format!("{top} web"), 3)]));
        objects.reverse();
        assert_eq!(failing(PRIVILEGED, &objects), named(&[(&format!("{top} web"), 3)]), "in any order");
        // without the controllers between, nothing is known of the top
        let orphans: Vec<_> = objects.iter().filter(|object| object["kind"] != middle).cloned().collect();
        assert_eq!(failing(PRIVILEGED, &orphans).len(), 4);
    }
}

#[test]
fn pods_by_themselves_are_judged_by_themselves() {
    let good = spec("web:1");
    let deployment = workload("Deployment", "web", None, &good);
    let bare = workload("Pod", "bare", None, &good);
    let orphan = workload("Pod", "orphan", Some(("ReplicaSet", "gone")), &good);
    let mut mirror = workload("Pod", "static", Some(("Deployment", "web")), &good);
    mirror["metadata"]["annotations"] = json!({"kubernetes.io/config.mirror": "0a1b"});
    let mut other = workload("Pod", "elsewhere", Some(("Deployment", "web")), &good);
    other["metadata"]["namespace"] = json!("test");
    let mut earlier = workload("Pod", "earlier", Some(("Deployment", "web")), &good);
    earlier["metadata"]["ownerReferences"][0]["uid"] = json!("uid of a Deployment of that name before it");
    let mut unled = workload("Pod", "unled", Some(("Deployment", "web")), &good);
    unled["metadata"]["ownerReferences"][0]["controller"] = json!(false);
    let expected = ["Deployment web", "Pod bare", "Pod orphan", "Pod static", "Pod elsewhere", "Pod earlier", "Pod unled"];
    let objects = [deployment, bare, orphan, mirror, other, earlier, unled];
    assert_eq!(failing(PRIVILEGED, &objects), expected.map(|name| (name.to_owned(), 0)));
}

#[test]
fn manifests_without_uids_are_joined_by_name() {
    let good = spec("web:1");
    let mut set = workload("StatefulSet", "web", None, &good);
    set["metadata"].as_object_mut().expect("metadata").remove("uid");
    let objects = [set, workload("Pod", "web-0", Some(("StatefulSet", "web")), &good)];
    assert_eq!(failing(PRIVILEGED, &objects), named(&[("StatefulSet web", 1)]));
}

#[test]
fn pods_that_differ_in_the_same_way_are_judged_at_the_first() {
    let (good, bad) = (json!({"containers": [{"name": "web", "image": "web:1"}]}), spec("web:1"));
    let mut objects = vec![workload("DaemonSet", "web", None, &good)];
    objects.extend(["a", "b", "c"].map(|name| workload("Pod", name, Some(("DaemonSet", "web")), &bad)));
    objects.push(workload("Pod", "d", Some(("DaemonSet", "web")), &spec("web:2")));
    objects.push(workload("Pod", "e", Some(("DaemonSet", "web")), &good));
    assert_eq!(failing(PRIVILEGED, &objects), named(&[("Pod a", 2), ("Pod d", 0)]));
    assert_eq!(failing("pod-template-drift", &objects), named(&[("Pod a", 2), ("Pod d", 0)]));
    let drift = judge(&[checks::find("pod-template-drift").expect("a check")], &objects);
    assert_eq!((drift.tallies[0].failed, drift.tallies[0].passed), (2, 1));
}

#[test]
fn what_an_injected_container_holds_tells_pods_apart() {
    let good = json!({"containers": [{"name": "web", "image": "web:1"}]});
    let with = |image: &str| json!({"containers": [{"name": "web", "image": "web:1"}, {"name": "proxy", "image": image, "securityContext": {"privileged": image == "proxy:2"}}]});
    let mut objects = vec![workload("DaemonSet", "web", None, &good)];
    objects.extend(["proxy:1", "proxy:2"].map(|image| workload("Pod", image, Some(("DaemonSet", "web")), &with(image))));
    assert_eq!(failing(PRIVILEGED, &objects), named(&[("Pod proxy:2", 0)]));
}

#[test]
fn rings_and_towers_of_owners_end() {
    let good = spec("web:1");
    let ring = ["a", "b", "c"].map(|name| {
        let next = match name {
            "a" => "b",
            "b" => "c",
            _ => "a",
        };
        workload("ReplicaSet", name, Some(("ReplicaSet", next)), &good)
    });
    assert_eq!(failing(PRIVILEGED, &ring).len(), 3);
    let own = [workload("ReplicaSet", "a", Some(("ReplicaSet", "a")), &good)];
    assert_eq!(failing(PRIVILEGED, &own).len(), 1);
    let names: Vec<_> = (0..30).map(|number| format!("s{number}")).collect();
    let tower: Vec<_> = names.windows(2).map(|pair| workload("ReplicaSet", &pair[1], Some(("ReplicaSet", &pair[0])), &good)).collect();
    let found = failing(PRIVILEGED, &tower);
    assert!(!found.is_empty() && found.len() < 30, "{found:?}");
}

/// A pod with what a check finds must be found although its controller's template lacks just that.
#[test]
fn no_failing_pod_hides_behind_its_controller() {
    let (mut cases, mut hidden) = (0, Vec::new());
    let looks_at_pods = |check: &&Check| matches!(check.probe, Probe::Pod(_) | Probe::Container(_)) || check.id == "secret-value-in-spec";
    for check in checks::all().filter(looks_at_pods) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(check.id);
        for case in fs::read_dir(folder).expect("fixtures").flatten().map(|entry| entry.path()) {
            let name = case.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let text = fs::read_to_string(&case).unwrap_or_default();
            if !name.starts_with("fail-") || text.starts_with("#~") {
                continue;
            }
            let objects: Vec<Value> = text.split("\n---\n").filter_map(|document| serde_saphyr::from_str(document).ok()).collect();
            for object in &objects {
                let Some((metadata, spec)) = pod(object) else { continue };
                let mut alone = workload("Pod", "web-1", None, &spec);
                alone["metadata"]["labels"] = metadata["labels"].clone();
                alone["metadata"]["annotations"] = metadata["annotations"].clone();
                alone["metadata"]["namespace"] = object["metadata"]["namespace"].clone();
                let others: Vec<_> = objects.iter().filter(|other| !std::ptr::eq(*other, object)).cloned().collect();
                for path in places(check, &others, std::slice::from_ref(&alone), "Pod") {
                    let Some(lacking) = without(&alone, &path) else { continue };
                    let mut template = workload("ReplicaSet", "web", None, &lacking["spec"]);
                    template["metadata"]["namespace"] = alone["metadata"]["namespace"].clone();
                    template["spec"]["template"]["metadata"] =
                        json!({"labels": lacking["metadata"]["labels"], "annotations": lacking["metadata"]["annotations"]});
                    let mut owned = alone.clone();
                    owned["metadata"]["ownerReferences"] =
                        workload("Pod", "", Some(("ReplicaSet", "web")), &spec)["metadata"]["ownerReferences"].clone();
                    cases += 1;
                    let pair = [template, owned];
                    let at_template = places(check, &others, &pair, "ReplicaSet");
                    // what depends on where a pod runs is said of the template, at the pod
                    let in_template = at_template.contains(&format!("spec.template.{path}")) || at_template.contains(&path);
                    // the API server gives pods on their node's network these ports: pss-host-namespaces speaks of the template
                    let is_given = path.ends_with(".hostPort") && spec["hostNetwork"] == true;
                    if !is_given && !in_template && !places(check, &others, &pair, "Pod").contains(&path) {
                        hidden.push(format!("{}/{name}: {path}", check.id));
                    }
                }
            }
        }
    }
    assert!(cases > 100, "only {cases} cases");
    assert!(hidden.is_empty(), "{cases} cases; {hidden:#?}");
}

/// Where a check fails on the workloads of a kind among some objects.
fn places(check: &'static Check, others: &[Value], workloads: &[Value], kind: &str) -> Vec<String> {
    let outcomes = judge(&[check], &others.iter().chain(workloads).cloned().collect::<Vec<_>>());
    let names: Vec<_> = workloads.iter().map(|object| object["metadata"]["name"].as_str().unwrap_or_default()).collect();
    let own = |subject: &evaluate::Subject| subject.kind == kind && names.contains(&subject.name.as_str());
    let found = outcomes.findings.iter().filter(|finding| finding.standing == Standing::Fail && own(&finding.subject));
    found.map(|finding| finding.path.to_string()).collect()
}

/// The metadata and spec of the pod in an object.
fn pod(object: &Value) -> Option<(Value, Value)> {
    let top = match object["kind"].as_str()? {
        "Pod" => object,
        "CronJob" => &object["spec"]["jobTemplate"]["spec"]["template"],
        _ => &object["spec"]["template"],
    };
    top["spec"]["containers"].is_array().then(|| (top["metadata"].clone(), top["spec"].clone()))
}

/// The object without what stands at a path; `None` when nothing does.
fn without(object: &Value, path: &str) -> Option<Value> {
    let pointer: String = path.replace('[', ".").replace(']', "").split('.').map(|part| format!("/{part}")).collect();
    let (parent, last) = pointer.rsplit_once('/')?;
    let mut object = object.clone();
    match object.pointer_mut(parent)? {
        Value::Object(map) => {
            map.remove(last)?;
        }
        Value::Array(list) => {
            let number: usize = last.parse().ok().filter(|number| *number < list.len())?;
            list.remove(number);
        }
        _ => return None,
    }
    Some(object)
}
