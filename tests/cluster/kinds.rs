//! Which kinds are asked for: those that checks read, and those whose schema says that they may hold pods.

use super::*;

/// A cluster that serves two more kinds: `Widget`, which holds pods by its schema, and `Gadget`, which does not.
fn api(answer: impl Fn(&Asked) -> Option<Reply> + Send + Sync + 'static) -> Api {
    Api::start(move |asked| answer(asked).unwrap_or_else(|| strange(asked)))
}

fn strange(asked: &Asked) -> Reply {
    let item = |plural: &str, kind: &str| json!({"resource": plural, "responseKind": {"group": "acme.example.com", "version": "v1", "kind": kind}, "scope": "Namespaced", "verbs": ["get", "list"]});
    let schema = |kind: &str, spec: Value| {
        json!({"type": "object", "properties": {"spec": {"type": "object", "properties": spec}},
            "x-kubernetes-group-version-kind": [{"group": "acme.example.com", "version": "v1", "kind": kind}]})
    };
    match asked.path.as_str() {
        "/apis" => {
            let mut groups = mock_api::usual(asked).unwrap_or_default();
            let own = json!({"metadata": {"name": "acme.example.com"}, "versions": [
                {"version": "v1", "freshness": "Current", "resources": [item("widgets", "Widget"), item("gadgets", "Gadget")]}]});
            groups["items"].as_array_mut().expect("groups").push(own);
            Reply::Json(groups)
        }
        "/openapi/v3/apis/acme.example.com/v1" => {
            let container = json!({"type": "object", "properties": {"name": {"type": "string"}, "image": {"type": "string"}}});
            let pod = json!({"type": "object", "properties": {"spec": {"type": "object", "properties": {"containers": {"type": "array", "items": container}}}}});
            Reply::Json(json!({"components": {"schemas": {
                "com.example.acme.v1.Widget": schema("Widget", json!({"template": pod})),
                "com.example.acme.v1.Gadget": schema("Gadget", json!({"size": {"type": "integer"}}))}}}))
        }
        "/apis/acme.example.com/v1/widgets" => {
            let template = json!({"spec": pod("t")["spec"]});
            Reply::Json(list("Widget", &[json!({"metadata": {"name": "w", "namespace": "shop"}, "spec": {"template": template}})]))
        }
        _ => Reply::Usual,
    }
}

const WIDGETS: &str = "/apis/acme.example.com/v1/widgets";
const GADGETS: &str = "/apis/acme.example.com/v1/gadgets";

fn notices(result: &Value) -> Vec<&str> {
    rows(result, "notices").iter().filter_map(Value::as_str).collect()
}

#[test]
fn strange_kinds_are_read_where_they_may_hold_pods() {
    let api = api(|_| None);
    let output = scan(&api, &[]);
    let result = result(&output);
    assert_eq!((names(&result), gaps(&result)), (vec!["a".to_owned(), "w".to_owned()], vec![]));
    assert_eq!((api.asked_for(WIDGETS).len(), api.asked_for(GADGETS).len()), (1, 0));
    let said = "2 kinds that no selected check reads, not listed: Event, acme.example.com/Gadget";
    assert!(notices(&result).contains(&said), "{:?}", notices(&result));
    // checks of roles look at no pods, and ask for nothing of the kind
    let before = api.asked_for("/openapi/v3/apis/acme.example.com/v1").len();
    scan(&api, &["--check", "rbac-wildcard-rule"]);
    assert_eq!((api.asked_for(WIDGETS).len(), api.asked_for("/openapi/v3/apis/acme.example.com/v1").len()), (1, before));
    assert_eq!(api.asked_for(PODS).len(), 1, "nor for pods");
}

#[test]
fn one_that_may_hold_pods_and_is_refused_is_a_gap() {
    let api = api(|asked| (asked.path == WIDGETS).then_some(Reply::Status(403, None)));
    let output = scan(&api, &["--fail-on", "none"]);
    let result = result(&output);
    let [gap] = rows(&result, "gaps") else { panic!("{:?}", gaps(&result)) };
    assert_eq!((gap["kind"].as_str(), output.status.code()), (Some("acme.example.com/Widget"), Some(3)));
    assert!(gap["why"].as_str().is_some_and(|why| why.ends_with("no check knows the kind, which may hold pods")), "{gap}");
    let passing = rows(&result, "checks").iter().filter(|check| check["topic"] == "pss" && check["verdict"] == "skip");
    assert_eq!(passing.count(), 0);
}

#[test]
fn where_no_schema_can_be_had_everything_strange_is_read() {
    for answer in [|| Reply::Status(404, None), || Reply::Text("<html>".to_owned()), || Reply::Json(json!({"components": {}}))] {
        let api = api(move |asked| asked.path.starts_with("/openapi").then(answer));
        let result = result(&scan(&api, &[]));
        assert_eq!(names(&result), ["a", "w"]);
        assert_eq!(api.asked_for(GADGETS).len(), 1);
    }
}

#[test]
fn a_narrow_scan_reads_what_it_judges_and_a_snapshot_gives_the_same() {
    let api = api(|asked| match asked.path.as_str() {
        "/api/v1/secrets" => Some(Reply::Status(403, None)),
        "/api/v1/nodes" => {
            Some(Reply::Json(list("Node", &[json!({"metadata": {"name": "n1", "labels": {"eks.amazonaws.com/nodegroup": "g"}}})])))
        }
        "/api/v1/nodes/n1/proxy/configz" => Some(Reply::Json(json!({"kubeletconfig": {"readOnlyPort": 0}}))),
        _ => None,
    });
    let path = api.folder.path().join("snapshot.gz");
    let taken = cnscan(&["snapshot", "-o", &path.display().to_string()], &api.kubeconfig());
    assert_eq!(taken.status.code(), Some(3));
    for more in [
        &["--profile", "pss-restricted"][..],
        &["--check", "pss-host-port"],
        &["--check", "rbac-wildcard-rule"],
        &["--check", "secret-manager-missing"],
        &[],
    ] {
        let before = api.asked_for("/api/v1/secrets").len();
        let (live, again) = (scan(&api, more), snapshot::replay(&path, more));
        let strip = |output: &Output| {
            let mut value = result(output);
            value["run"].take();
            value["scope"]["kind"].take();
            value
        };
        assert_eq!((strip(&live), live.status.code()), (strip(&again), again.status.code()), "{more:?}");
        let reads_secrets = more.is_empty() || more[1] == "secret-manager-missing";
        assert_eq!(api.asked_for("/api/v1/secrets").len() - before, usize::from(reads_secrets), "{more:?}");
        assert_eq!(gaps(&result(&live)).len(), usize::from(reads_secrets), "{more:?}");
    }
}

#[test]
fn of_a_control_plane_that_a_provider_runs_nothing_passes_and_nothing_is_out_of_scope() {
    for (version, labels) in
        [("v1.34.1-eks-113cf36", json!({})), ("v1.34.1-gke.1829001", json!({})), ("v1.34.1", json!({"kubernetes.azure.com/cluster": "c"}))]
    {
        let api = api(move |asked| match asked.path.as_str() {
            "/version" => Some(Reply::Json(json!({"gitVersion": version}))),
            "/api/v1/nodes" => Some(Reply::Json(list("Node", &[json!({"metadata": {"name": "n1", "labels": labels}})]))),
            _ => None,
        });
        let result = result(&scan(&api, &[]));
        let about = |check: &&Value| {
            let id = check["id"].as_str().expect("an id");
            ["apiserver-", "audit-", "etcd-", "controller-manager-", "control-plane-file", "control-plane-verbosity", "cert-control-plane"]
                .iter()
                .any(|prefix| id.starts_with(prefix))
        };
        let said: Vec<_> = rows(&result, "checks").iter().filter(about).map(|check| (&check["id"], &check["verdict"])).collect();
        assert!(said.len() > 15, "{said:?}");
        assert!(said.iter().all(|(_, verdict)| *verdict == "not-assessed"), "{said:?}");
        let notices = result["notices"].to_string();
        assert!(notices.contains("control plane"), "{notices}");
    }
}
