//! Clusters: a mock API for what a real server will not do on demand, and a real one where there is one.
#![cfg(feature = "live")]

use std::path::Path;
use std::process::Output;
use std::time::{Duration, Instant};

use assert_cmd::Command;
use serde_json::{Value, json};

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
fn a_slow_server_costs_no_more_than_the_time_allowed() {
    let api = pods(|_| Reply::Silence(Duration::from_secs(90)));
    let started = Instant::now();
    let output = scan(&api, &["--request-timeout", "3s", "--timeout", "8s", "--check", "pss-host-port"]);
    assert!(started.elapsed() < Duration::from_secs(45), "{:?}", started.elapsed());
    let result = result(&output);
    assert_eq!(output.status.code(), Some(3));
    assert!(gaps(&result)[0].starts_with("Pod: "), "{:?}", gaps(&result));
    // nobody answers at all
    let api = Api::start(|_| Reply::Silence(Duration::from_secs(90)));
    let started = Instant::now();
    let output = scan(&api, &["--request-timeout", "1s"]);
    assert!(started.elapsed() < Duration::from_secs(45));
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_server_that_dies_leaves_a_partial_result_soon() {
    let api = Api::start(|asked| {
        if asked.path.starts_with("/api/v1/pods") && asked.token().is_empty() {
            Reply::Json(page(&["a"], "t1"))
        } else if asked.path.contains("review")
            || ["/version", "/api", "/apis", "/api/v1/namespaces/kube-system"].contains(&asked.path.as_str())
        {
            Reply::Usual
        } else {
            Reply::Cut(json!({}), 0)
        }
    });
    let started = Instant::now();
    let output = scan(&api, &["--fail-on", "none"]);
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
    let result = result(&output);
    assert_eq!((names(&result), output.status.code()), (vec!["a".to_owned()], Some(3)));
    assert!(gaps(&result).len() >= 6, "{:?}", gaps(&result));
}

#[test]
fn what_cannot_be_scanned_at_all_is_said() {
    let said = |api: &Api, more: &[&str]| {
        let output = scan(api, more);
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(2), &b""[..]));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let everything = |code: u16| Api::start(move |_| Reply::Status(code, None));
    assert!(said(&everything(401), &[]).contains("log in again"));
    assert!(said(&everything(403), &[]).contains("refuses even its version"));
    assert!(said(&Api::start(|_| Reply::Text("<html>".into())), &[]).contains("no Kubernetes API server"));
    let undiscovered = Api::start(|asked| if asked.path == "/api" { Reply::Status(403, None) } else { Reply::Usual });
    assert!(said(&undiscovered, &[]).contains("refuses to say what it serves"));
    let api = Api::start(|_| Reply::Usual);
    assert!(said(&api, &["--context", "other"]).contains("no context `other`; there is mock"));
    assert!(said(&api, &["some/path"]).contains("--cluster"));
    assert!(said(&api, &["-n", "Shop!"]).contains("no name of a namespace"));
    assert!(said(&api, &["-n", "shop", "--exclude-namespace", "shop"]).contains("both asked for and excluded"));
    std::fs::write(api.kubeconfig(), mock_api::kubeconfig(1)).expect("a kubeconfig");
    assert!(said(&api, &[]).contains("nobody takes connections there: is it the right --context"));
    std::fs::remove_file(api.kubeconfig()).expect("it was there");
    assert!(said(&api, &[]).contains("kubeconfig"));
    let alone = Command::cargo_bin("cnscan").expect("the program").args(["scan", "--context", "x", "."]).output().expect("it runs");
    assert!(String::from_utf8_lossy(&alone.stderr).contains("give --cluster as well"));
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

#[test]
fn managed_control_planes_are_named_and_not_assessed() {
    for (version, provider) in [("v1.34.1-eks-113cf36", "EKS"), ("v1.34.1-gke.1829001", "GKE")] {
        let api =
            Api::start(move |asked| if asked.path == "/version" { Reply::Json(json!({"gitVersion": version})) } else { Reply::Usual });
        let result = result(&scan(&api, &[]));
        assert_eq!(
            (result["scope"]["cluster"]["managed_by"].as_str(), result["kubernetes_version"]["version"].as_str()),
            (Some(provider), Some("1.34"))
        );
        assert!(rows(&result, "notices").iter().any(|notice| notice.as_str().is_some_and(|text| text.starts_with(provider))));
    }
    let api = Api::start(|asked| match asked.path.as_str() {
        "/api/v1/nodes" => {
            Reply::Json(list("Node", &[json!({"metadata": {"name": "n", "labels": {"kubernetes.azure.com/cluster": "c"}}})]))
        }
        _ => Reply::Usual,
    });
    let result = result(&scan(&api, &[]));
    assert_eq!(result["scope"]["cluster"]["managed_by"], "AKS");
    assert_eq!(result["scope"]["cluster"]["managed_sign"], "the label kubernetes.azure.com/cluster of its nodes");
    // whoever shows his API server among the pods runs it himself, on whosever nodes
    let api = Api::start(|asked| match asked.path.as_str() {
        "/version" => Reply::Json(json!({"gitVersion": "v1.34.1-gke.1829001"})),
        PODS => {
            let mut own = pod("kube-apiserver-n");
            own["metadata"]["labels"] = json!({"component": "kube-apiserver", "tier": "control-plane"});
            Reply::Json(list("Pod", &[own]))
        }
        _ => Reply::Usual,
    });
    assert_eq!(self::result(&scan(&api, &[]))["scope"]["cluster"]["managed_by"], Value::Null);
}

#[test]
fn kubelets_are_asked_through_the_proxy_where_that_is_allowed() {
    let nodes = || list("Node", &[json!({"metadata": {"name": "n1"}}), json!({"metadata": {"name": "../../secrets"}})]);
    let api = Api::start(move |asked| match asked.path.as_str() {
        "/api/v1/nodes" => Reply::Json(nodes()),
        "/api/v1/nodes/n1/proxy/configz" => Reply::Json(json!({"kubeletconfig": {"readOnlyPort": 0}})),
        _ => Reply::Usual,
    });
    let result = result(&scan(&api, &[]));
    let input = rows(&result, "inputs").iter().find(|input| input["uri"] == "/api/v1/nodes/{name}/proxy/configz");
    assert_eq!(input.map(|input| input["status"].clone()), Some("read".into()));
    // the name of a node leads nowhere else
    assert!(gaps(&result)[0].contains("refused before it was sent"), "{:?}", gaps(&result));
    let api = Api::start(move |asked| match asked.path.as_str() {
        "/api/v1/nodes" => Reply::Json(list("Node", &[json!({"metadata": {"name": "n1"}})])),
        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews" => Reply::Json(json!({"status": {"allowed": false}})),
        _ => Reply::Usual,
    });
    // the right to it is one that a reader should not have: that he has it not is no gap
    let output = scan(&api, &["--fail-on", "none"]);
    let result = self::result(&output);
    assert_eq!((gaps(&result), output.status.code()), (vec![], Some(0)));
    let unseen = &result["scope"]["cluster"]["unseen"][0];
    assert_eq!(unseen["kind"], "kubelet.config.k8s.io/KubeletConfiguration");
    assert!(unseen["why"].as_str().is_some_and(|why| why.starts_with("not allowed (get nodes/proxy")), "{unseen}");
    let said = "kubelet.config.k8s.io/KubeletConfiguration is not read: not allowed";
    assert!(rows(&result, "notices").iter().any(|notice| notice.as_str().is_some_and(|text| text.starts_with(said))));
    // a node that was not listed has a kubelet as well
    let refused = Api::start(|asked| if asked.path == "/api/v1/nodes" { Reply::Status(403, None) } else { Reply::Usual });
    let unseen = self::result(&scan(&refused, &[]))["scope"]["cluster"]["unseen"][0].clone();
    assert!(unseen["why"].as_str().is_some_and(|why| why.starts_with("the nodes could not all be listed: not allowed (403)")), "{unseen}");
    // what looks at no node asks no kubelet
    let before = api.asked_for("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews").len();
    scan(&api, &["--check", "pss-host-port"]);
    assert_eq!(api.asked_for("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews").len(), before);
}

#[test]
fn whom_it_acts_as_is_sent_and_stands_in_no_result() {
    let api = Api::start(|_| Reply::Usual);
    let output = scan(&api, &["--as", "jane"]);
    assert_eq!(api.asked_for(PODS)[0].headers["impersonate-user"], "jane");
    assert!(!String::from_utf8_lossy(&output.stdout).contains("jane"));
}

#[test]
fn an_object_that_cannot_be_judged_is_a_gap_by_name() {
    let deep = (0..99).fold(json!(1), |inner, _| json!([inner]));
    let api = pods(move |_| Reply::Json(list("Pod", &[json!({"metadata": {"name": "deep", "namespace": "shop"}, "x": deep}), pod("a")])));
    let result = result(&scan(&api, &[]));
    assert_eq!(names(&result), ["a"]);
    assert_eq!(gaps(&result), ["Pod shop/deep: nested deeper than 96 levels"]);
    // a policy that could not be judged may be the one that is missing
    let deep = (0..99).fold(json!(1), |inner, _| json!([inner]));
    let policy = json!({"metadata": {"name": "deep", "namespace": "shop"}, "spec": deep});
    let api = Api::start(move |asked| match asked.path.as_str() {
        "/apis/networking.k8s.io/v1/networkpolicies" => Reply::Json(list("NetworkPolicy", std::slice::from_ref(&policy))),
        _ => Reply::Usual,
    });
    let result = self::result(&scan(&api, &["--check", "network-default-deny-missing"]));
    assert_eq!(result["checks"][0]["verdict"], "review");
}

#[test]
fn what_was_not_asked_for_again_is_lost_and_not_fixed() {
    let api = pods(|asked| if asked.query.contains_key("labelSelector") { Reply::Json(list("Pod", &[])) } else { Reply::Usual });
    let folder = api.folder.path();
    let json = |name: &str, api: &Api, more: &[&str]| std::fs::write(folder.join(name), scan(api, more).stdout).expect("a result");
    json("old.json", &api, &[]);
    json("other.json", &api, &["-n", "other"]);
    json("labels.json", &api, &["-l", "a=b"]);
    let refused = Api::start(|asked| if asked.path == PODS { Reply::Status(403, None) } else { Reply::Usual });
    json("refused.json", &refused, &[]);
    let empty = pods(|_| Reply::Json(list("Pod", &[])));
    json("empty.json", &empty, &[]);
    let diff = |new: &str| -> Value {
        let mut command = Command::cargo_bin("cnscan").expect("the program");
        let output = command.current_dir(folder).args(["diff", "-f", "json", "old.json", new]).output().expect("it runs");
        serde_json::from_slice(&output.stdout).expect("JSON")
    };
    let count = |diff: &Value, key: &str| {
        let of = |row: &&Value| [&row["check"], &row["finding"]["check"]].contains(&&"pss-privileged-container".into());
        rows(diff, key).iter().filter(of).count()
    };
    for new in ["other.json", "labels.json", "refused.json"] {
        assert_eq!((count(&diff(new), "lost"), count(&diff(new), "fixed")), (1, 0), "{new}");
    }
    assert_eq!((count(&diff("empty.json"), "lost"), count(&diff("empty.json"), "fixed")), (0, 1));
}

#[test]
fn reports_show_object_and_field_in_place_of_a_file() {
    let api = Api::start(|_| Reply::Usual);
    let shown = |format: &str| {
        let arguments = [
            "scan",
            "--cluster",
            "--no-config",
            "-v",
            "-f",
            format,
            "--check",
            "pss-privileged-container",
            "--check",
            "network-default-deny-missing",
            "--exclude-namespace",
            "none",
        ];
        let output = cnscan(&arguments, &api.kubeconfig());
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let table = shown("table");
    // the namespace's own finding stands with those of what lives in it
    assert_eq!(table.matches("── namespace shop ─").count(), 1, "{table}");
    for part in [
        "Pod shop/a",
        "Namespace shop",
        "--> spec.containers[0].securityContext.privileged",
        "found true, expected false or absent",
        "fix: ",
    ] {
        assert!(table.contains(part), "{part}: {table}");
    }
    assert!(table.contains("objects of a cluster (mock), without none") && !table.contains("without a file"), "{table}");
    let markdown = shown("markdown");
    assert!(markdown.contains("namespace shop") && markdown.contains("<code>Pod shop/a</code>"), "{markdown}");
    let sarif: Value = serde_json::from_str(&shown("sarif-full")).expect("JSON");
    let results = rows(&sarif["runs"][0], "results").iter().filter(|result| result["ruleId"] == "pss-privileged-container");
    for result in results {
        let place = &result["locations"][0];
        assert!(place["physicalLocation"].is_null() && place["logicalLocations"][0].to_string().contains("shop"), "{result}");
    }
    let github: Value = serde_json::from_str(&shown("sarif")).expect("JSON");
    assert!(rows(&github["runs"][0], "results").is_empty());
}

#[test]
fn annotations_excuse_live_objects() {
    let mut known = pod("known");
    known["metadata"]["annotations"] = json!({"cnscan/excuse.pss-privileged-container": "the driver needs it"});
    let api = pods(move |_| Reply::Json(list("Pod", &[known.clone(), pod("b")])));
    let result = result(&scan(&api, &["--check", "pss-privileged-container"]));
    let excused: Vec<_> =
        rows(&result, "findings").iter().map(|finding| (finding["subject"]["name"].clone(), finding["excused"]["by"].clone())).collect();
    assert_eq!(excused, [("b".into(), Value::Null), ("known".into(), "annotation".into())]);
}
