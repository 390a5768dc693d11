//! Clusters: a mock API for what a real server will not do on demand, and a real one where there is one.
#![cfg(feature = "live")]

use std::path::Path;
use std::process::Output;
use std::time::{Duration, Instant};

use assert_cmd::Command;
use serde_json::{Value, json};

#[path = "cluster/facts.rs"]
mod facts;
#[path = "cluster/faults.rs"]
mod faults;
#[cfg(unix)]
#[path = "cluster/interrupt.rs"]
mod interrupt;
#[path = "cluster/kinds.rs"]
mod kinds;
#[path = "support/mock_api.rs"]
mod mock_api;
#[cfg(unix)]
#[path = "cluster/progress.rs"]
mod progress;
#[path = "cluster/publish.rs"]
mod publish;
#[path = "cluster/real.rs"]
mod real;
#[path = "cluster/reports.rs"]
mod reports;
#[path = "cluster/snapshot.rs"]
mod snapshot;

use mock_api::{Api, Asked, Reply, list, page, pod};

fn cnscan(arguments: &[&str], kubeconfig: &Path) -> Output {
    let mut command = Command::cargo_bin("cnscan").expect("the program");
    command.env("SOURCE_DATE_EPOCH", "1790000000").env_remove("KUBECONFIG").env("HOME", "/nonexistent").env_remove("COLUMNS");
    command.current_dir(kubeconfig.parent().expect("a folder")).args(arguments).arg("--kubeconfig").arg(kubeconfig);
    command.output().expect("it runs")
}

fn scan(api: &Api, more: &[&str]) -> Output {
    cnscan(&[&["scan", "--cluster", "--no-config", "-f", "json"], more].concat(), &api.kubeconfig())
}

fn result(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}

fn names(result: &Value) -> Vec<String> {
    let mut names: Vec<_> = rows(result, "findings")
        .iter()
        .filter(|finding| finding["check"] == "pss-privileged-container")
        .map(|finding| finding["subject"]["name"].as_str().unwrap_or_default().to_owned())
        .collect();
    names.sort();
    names
}

fn rows<'a>(result: &'a Value, key: &str) -> &'a [Value] {
    result[key].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// The gaps as `kind: why`.
fn gaps(result: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    rows(result, "gaps").iter().map(|gap| format!("{}: {}", text(&gap["what"]), text(&gap["why"]))).collect()
}

const PODS: &str = "/api/v1/pods";

/// A server that answers for pods in its own way.
fn pods(answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Api {
    Api::start(move |asked| if asked.path == PODS { answer(asked) } else { Reply::Usual })
}

#[test]
fn a_healthy_cluster_is_read_whole() {
    let api = Api::start(|_| Reply::Usual);
    let output = scan(&api, &[]);
    let result = result(&output);
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(names(&result), ["a"]);
    assert!(rows(&result, "gaps").is_empty(), "{:?}", gaps(&result));
    let expected = json!({"uid": "00000000-aaaa", "version": "v1.36.3", "context": "mock", "managed_by": null});
    assert_eq!((&result["scope"]["kind"], &result["scope"]["cluster"]), (&"cluster".into(), &expected));
    assert_eq!(result["kubernetes_version"], json!({"version": "1.36", "assumed": false}));
    for finding in rows(&result, "findings") {
        assert_eq!(
            (&finding["location"], &finding["snippet"], &finding["subject"]["surface"]),
            (&Value::Null, &Value::Null, &"cluster".into())
        );
    }
    let uris: Vec<_> = rows(&result, "inputs").iter().map(|input| input["uri"].as_str().unwrap_or_default()).collect();
    let expected = ["/api/v1/namespaces", "/api/v1/nodes", PODS, "/api/v1/secrets", "/apis/apps/v1/deployments"];
    assert_eq!(uris[..5], expected);
    assert!(rows(&result, "notices").iter().any(|notice| notice == "1 kind that no selected check reads, not listed: Event"));
    assert!(api.asked_for("/api/v1/events").is_empty());
    let schema = jsonschema::validator_for(&cnscan::report::json::schema()).expect("a schema");
    let wrong: Vec<_> = schema.iter_errors(&result).map(|error| error.to_string()).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(!text.contains("127.0.0.1"), "no host in a result: {text}");
}

#[test]
fn pages_are_followed_to_the_end() {
    let api = pods(|asked| match asked.token() {
        "" => Reply::Json(page(&["a", "b"], "t/1")),
        "t%2F1" => Reply::Json(page(&["c"], "t2")),
        "t2" => Reply::Json(page(&["d"], "")),
        other => panic!("{other}"),
    });
    assert_eq!(names(&result(&scan(&api, &[]))), ["a", "b", "c", "d"]);
    assert!(api.asked_for(PODS).iter().all(|asked| asked.query["limit"] == "500"));
}

#[test]
fn a_list_that_expires_is_begun_anew_once() {
    let api = pods(|asked| match (asked.token(), asked.times) {
        ("", 0) => Reply::Json(page(&["a", "gone"], "t1")),
        ("t1", 0) => Reply::Status(410, None),
        ("", _) => Reply::Json(page(&["a", "b"], "t2")),
        _ => Reply::Json(page(&["c"], "")),
    });
    let once = result(&scan(&api, &[]));
    assert_eq!((names(&once), gaps(&once)), (vec!["a".to_owned(), "b".into(), "c".into()], vec![]));
    // what was read of one that expires again is judged, and the rest is a gap
    let api = pods(|asked| if asked.token().is_empty() { Reply::Json(page(&["a"], "t1")) } else { Reply::Status(410, None) });
    let output = scan(&api, &["--check", "pss-host-port"]);
    let twice = result(&output);
    assert_eq!(gaps(&twice), ["Pod: the list expired while it was read, twice (410); 1 object read until then"]);
    assert_eq!((twice["summary"]["objects"].as_u64(), output.status.code()), (Some(2), Some(3)));
    assert_eq!(api.asked_for(PODS).len(), 4);
}

#[test]
fn what_passes_is_asked_for_again() {
    for reply in [
        || Reply::Status(429, Some(1)),
        || Reply::Status(503, None),
        || Reply::Status(500, None),
        || Reply::Cut(page(&["a"], ""), 40),
        || Reply::Text("<html>busy</html>".to_owned()),
    ] {
        let api = pods(move |asked| if asked.times < 2 { reply() } else { Reply::Usual });
        let started = Instant::now();
        let result = result(&scan(&api, &[]));
        assert_eq!((names(&result), gaps(&result)), (vec!["a".to_owned()], vec![]));
        assert_eq!(api.asked_for(PODS).len(), 3);
        assert!(started.elapsed() < Duration::from_secs(20));
    }
}

#[test]
fn a_server_that_asks_to_wait_is_waited_for() {
    let api = pods(|asked| if asked.times == 0 { Reply::Status(429, Some(2)) } else { Reply::Usual });
    let started = Instant::now();
    assert_eq!(names(&result(&scan(&api, &[]))), ["a"]);
    assert!(started.elapsed() >= Duration::from_secs(2));
}

#[test]
fn what_does_not_pass_is_a_gap_of_its_kind_and_the_rest_is_judged() {
    type Row = (fn() -> Reply, &'static str);
    let rows: [Row; 7] = [
        (|| Reply::Status(403, None), "not allowed (403)"),
        (|| Reply::Status(404, None), "no such list (404)"),
        (|| Reply::Status(405, None), "does not list it (405)"),
        (|| Reply::Status(500, None), "answered 500"),
        (|| Reply::Cut(page(&["a"], ""), 40), "the connection broke"),
        (|| Reply::Text("<html>".to_owned()), "not valid JSON at byte 0"),
        (|| Reply::Json(json!({"kind": "PodList", "items": [7]})), "an object should stand here"),
    ];
    // each waits for its attempts, so all wait together
    std::thread::scope(|scope| {
        for (reply, why) in rows {
            scope.spawn(move || is_a_gap(reply, why));
        }
    });
}

fn is_a_gap(reply: fn() -> Reply, why: &str) {
    let api = Api::start(move |asked| match asked.path.as_str() {
        "/apis/apps/v1/deployments" => reply(),
        _ => Reply::Usual,
    });
    let output = scan(&api, &["--check", "pss-host-port", "--check", "pss-host-namespaces"]);
    let result = result(&output);
    let said = gaps(&result);
    assert!(said.len() == 1 && said[0].starts_with("apps/Deployment: ") && said[0].contains(why), "{said:?}");
    assert_eq!((&result["gaps"][0]["kind"], output.status.code()), (&"apps/Deployment".into(), Some(3)));
    // pods pass, Deployments were not seen: no control passes
    assert_eq!(result["checks"][0]["passed"], 1);
    let statuses: Vec<_> = rows_of(&result, "controls").collect();
    assert!(!statuses.iter().any(|status| ["pass", "partial", "not-applicable"].contains(&status.as_str())), "{statuses:?}");
    assert!(statuses.contains(&"review".to_owned()));
    assert_eq!(scan(&api, &["--check", "pss-host-port", "--allow-gaps"]).status.code(), Some(0));
}

fn rows_of<'a>(result: &'a Value, key: &str) -> impl Iterator<Item = String> + 'a {
    rows(result, key).iter().map(|row| row["status"].as_str().unwrap_or_default().to_owned())
}

#[test]
fn a_refused_kind_leaves_alone_what_does_not_read_it() {
    let api = Api::start(|asked| if asked.path.ends_with("networkpolicies") { Reply::Status(403, None) } else { Reply::Usual });
    let result = result(&scan(&api, &[]));
    let check = |id: &str| rows(&result, "checks").iter().find(|check| check["id"] == id).map(|check| check["verdict"].clone());
    // a missing policy may well be there: the same is a failure where all policies were seen
    assert_eq!(check("network-default-deny-missing"), Some("review".into()));
    assert_eq!(check("network-allow-rule-wide"), Some("not-assessed".into()));
    assert_eq!(check("network-exposure-without-tls"), Some("skip".into()));
    let whole = Api::start(|_| Reply::Usual);
    let result = self::result(&scan(&whole, &[]));
    let check = |id: &str| rows(&result, "checks").iter().find(|check| check["id"] == id).map(|check| check["verdict"].clone());
    assert_eq!(check("network-default-deny-missing"), Some("fail".into()));
    assert_eq!(check("network-allow-rule-wide"), Some("skip".into()));
    // a check of manifests has nothing to say of a cluster
    assert_eq!(check("secret-manifest-plaintext"), Some("not-assessed".into()));
}

#[test]
fn secrets_are_asked_for_as_metadata_and_whole_ones_are_thrown_away() {
    let api = Api::start(|_| Reply::Usual);
    scan(&api, &[]);
    let accept = &api.asked_for("/api/v1/secrets")[0].headers["accept"];
    assert_eq!(accept, "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1");
    let api = Api::start(|asked| match asked.path.as_str() {
        "/api/v1/secrets" => {
            Reply::Json(list("Secret", &[json!({"metadata": {"name": "s", "namespace": "shop"}, "data": {"p": "aHVudGVyMg=="}})]))
        }
        _ => Reply::Usual,
    });
    let output = scan(&api, &[]);
    assert!(!String::from_utf8_lossy(&output.stdout).contains("aHVudGVyMg"));
    assert!(gaps(&result(&output))[0].contains("thrown away"));
    assert_eq!(api.asked_for("/api/v1/secrets").len(), 1);
}

#[test]
fn pages_too_large_are_asked_for_in_smaller_ones() {
    let api = pods(|asked| match asked.query["limit"].as_str() {
        "500" => Reply::Text(format!("{{\"kind\":\"PodList\",\"items\":[{{\"a\":\"{}\"}}]}}", "x".repeat(65 << 20))),
        _ => Reply::Json(page(&["a"], "")),
    });
    assert_eq!(names(&result(&scan(&api, &[]))), ["a"]);
    assert_eq!(api.asked_for(PODS)[1].query["limit"], "62");
}

#[test]
fn older_servers_are_asked_in_the_older_way() {
    let resource = |name: &str, kind: &str, verbs: &[&str]| json!({"name": name, "kind": kind, "namespaced": true, "verbs": verbs});
    let api = Api::start(move |asked| match asked.path.as_str() {
        "/api" => Reply::Json(json!({"kind": "APIVersions", "versions": ["v1"]})),
        "/api/v1" => Reply::Json(json!({"kind": "APIResourceList", "resources": [
            resource("pods", "Pod", &["list"]), resource("pods/exec", "PodExecOptions", &["create"]), resource("bindings", "Binding", &["create"])]})),
        "/apis" => Reply::Json(json!({"kind": "APIGroupList", "groups": [
            {"name": "apps", "versions": [{"version": "v1beta1"}, {"version": "v1"}], "preferredVersion": {"version": "v1"}},
            {"name": "down.example.com", "versions": [{"version": "v1"}]}]})),
        "/apis/apps/v1" | "/apis/apps/v1beta1" => Reply::Json(json!({"resources": [resource("deployments", "Deployment", &["list"])]})),
        "/apis/down.example.com/v1" => Reply::Status(404, None),
        _ => Reply::Usual,
    });
    let result = result(&scan(&api, &[]));
    assert_eq!(names(&result), ["a"]);
    assert_eq!(gaps(&result), ["API group down.example.com: the server has no such list (404)"]);
    assert_eq!((api.asked_for("/apis/apps/v1/deployments").len(), api.asked_for("/apis/apps/v1beta1/deployments").len()), (1, 0));
}

#[test]
fn a_group_that_is_down_is_a_gap_for_what_it_may_hold() {
    let stale = json!({"kind": "APIGroupDiscoveryList", "items": [
        {"metadata": {"name": "widgets.example.com"}, "versions": [{"version": "v1", "freshness": "Stale", "resources": []}]}]});
    let api = Api::start(move |asked| if asked.path == "/apis" { Reply::Json(stale.clone()) } else { Reply::Usual });
    let output = scan(&api, &["--check", "pss-host-port"]);
    let result = result(&output);
    assert_eq!(gaps(&result), ["API group widgets.example.com: its own API server does not answer (see its APIService)"]);
    assert_eq!((result["gaps"][0]["kind"].as_str(), output.status.code()), (Some("widgets.example.com/*"), Some(3)));
}

#[test]
fn namespaces_and_labels_narrow_what_is_asked_for() {
    let api = Api::start(|_| Reply::Usual);
    let result = result(&scan(&api, &["-n", "shop"]));
    assert_eq!((names(&result), gaps(&result)), (vec!["a".to_owned()], vec![]));
    assert_eq!(result["scope"]["cluster"]["only_namespaces"], json!(["shop"]));
    assert_eq!((api.asked_for(PODS).len(), api.asked_for("/api/v1/namespaces/shop/pods").len()), (0, 1));
    assert_eq!((api.asked_for("/api/v1/namespaces").len(), api.asked_for("/api/v1/nodes").len()), (0, 1));
    let api = Api::start(|_| Reply::Usual);
    scan(&api, &["--exclude-namespace", "kube-system", "-l", "app in (a, b)"]);
    let pods = &api.asked_for(PODS)[0].query;
    assert_eq!(pods["fieldSelector"], "metadata.namespace%21%3Dkube-system");
    assert_eq!(pods["labelSelector"], "app%20in%20%28a%2C%20b%29");
    let namespaces = &api.asked_for("/api/v1/namespaces")[0].query;
    assert_eq!((namespaces["fieldSelector"].as_str(), namespaces.get("labelSelector")), ("metadata.name%21%3Dkube-system", None));
    assert_eq!(api.asked_for("/api/v1/nodes")[0].query.len(), 1);
    // a namespace refused is a gap of that namespace alone
    let api = Api::start(|asked| if asked.path == "/api/v1/namespaces/other/pods" { Reply::Status(403, None) } else { Reply::Usual });
    let result = self::result(&scan(&api, &["-n", "shop", "-n", "other"]));
    assert!(gaps(&result).iter().any(|gap| gap.starts_with("Pod in namespace other: not allowed")), "{:?}", gaps(&result));
    assert!(rows(&result, "gaps").iter().all(|gap| gap["namespace"] == "other"));
}
