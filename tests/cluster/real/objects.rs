//! What is read of a cluster: kinds, long lists, what controllers make, Secrets, kubelets.

use super::*;

#[test]
fn every_kind_is_read_custom_ones_too() {
    let _alone = kinds_alone();
    let Some(cluster) = cluster("every_kind_is_read_custom_ones_too") else { return };
    let group = format!("{}.example.com", cluster.namespace);
    cluster.make(
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
        json!({"metadata": {"name": format!("widgets.{group}")}, "spec": {"group": group, "scope": "Namespaced",
            "names": {"plural": "widgets", "singular": "widget", "kind": "Widget"},
            "versions": [
                {"name": "v1alpha1", "served": true, "storage": false, "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}},
                {"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}]}}),
    );
    cluster.settled();
    let path = format!("/apis/{group}/v1/namespaces/{}/widgets", cluster.namespace);
    let widget = json!({"apiVersion": format!("{group}/v1"), "kind": "Widget", "metadata": {"name": "w"},
        "spec": {"template": privileged("t")}});
    cluster.make(&path, widget);
    cluster.make(&cluster.own("pods"), privileged("p"));
    cluster.make(
        "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations",
        json!({"metadata": {"name": cluster.namespace}, "webhooks": [{"name": "validation.gatekeeper.sh", "failurePolicy": "Ignore", "sideEffects": "None",
            "admissionReviewVersions": ["v1"], "clientConfig": {"url": "https://webhook.invalid/"},
            "namespaceSelector": {"matchLabels": {"none": "such"}},
            "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}]}]}),
    );
    let result = result(&cluster.scan(&cluster.kubeconfig, &["--exclude-namespace", "none"]));
    let own: Vec<_> = rows(&result, "findings").iter().filter(|finding| finding["subject"]["namespace"] == *cluster.namespace).collect();
    let found = |check: &str, kind: &str| own.iter().any(|finding| finding["check"] == check && finding["subject"]["kind"] == kind);
    assert!(found("pss-privileged-container", "Widget") && found("pss-privileged-container", "Pod"), "{own:#?}");
    let webhook = rows(&result, "findings")
        .iter()
        .find(|finding| finding["check"] == "admission-webhook-fails-open" && finding["subject"]["name"] == *cluster.namespace);
    assert!(
        webhook.is_some_and(
            |finding| finding["location"].is_null() && finding["path"].as_str().is_some_and(|path| path.starts_with("webhooks"))
        )
    );
    // each kind once, at the version that its group prefers
    let uris: Vec<_> =
        rows(&result, "inputs").iter().filter_map(|input| input["uri"].as_str()).filter(|uri| uri.contains("widgets")).collect();
    assert_eq!(uris, [format!("/apis/{group}/v1/widgets")]);
    assert!(result["scope"]["cluster"]["uid"].as_str().is_some_and(|uid| uid.len() == 36), "{}", result["scope"]);
}

#[test]
fn long_lists_come_in_pages_and_whole() {
    let Some(cluster) = cluster("long_lists_come_in_pages_and_whole") else { return };
    const COUNT: usize = 1_203;
    let made = cluster.runtime.block_on(async {
        let mut tasks = tokio::task::JoinSet::new();
        for chunk in 0..8 {
            let (client, path) = (cluster.client.clone(), cluster.own("configmaps"));
            tasks.spawn(async move {
                for number in (chunk..COUNT).step_by(8) {
                    let object = json!({"metadata": {"name": format!("c-{number:05}")}, "data": {"k": "v"}}).to_string();
                    let request =
                        Request::post(&path).header("content-type", "application/json").body(object.into_bytes()).expect("a request");
                    client.request::<Value>(request).await.expect("a ConfigMap");
                }
            });
        }
        tasks.join_all().await.len()
    });
    assert_eq!(made, 8);
    let _alone = kinds_alone();
    cluster.settled();
    let path = cluster.folder.path().join("snapshot.gz");
    let output = cnscan(&["snapshot", "-n", &cluster.namespace, "-o", &path.display().to_string()], &cluster.kubeconfig);
    assert!(output.status.code().is_some_and(|code| code == 0 || code == 3), "{}", String::from_utf8_lossy(&output.stderr));
    let captured = cnscan::discover::snapshot::read(&path).expect("our own snapshot");
    let list = captured.lists.iter().find(|list| list.uri == cluster.own("configmaps")).expect("the ConfigMaps");
    // a controller may have added its own certificate
    assert!((COUNT as u32..=COUNT as u32 + 1).contains(&list.items), "{}", list.items);
    let value: Value = serde_json::from_str(&list.text).expect("JSON");
    let names: BTreeSet<_> = rows(&value, "items").iter().map(|item| item["metadata"]["name"].to_string()).collect();
    assert_eq!(names.len(), list.items as usize);
    assert!(!list.text.contains("managedFields"));
    // nothing changes in the namespace: the snapshot and the cluster give the same
    let live = result(&cluster.scan(&cluster.kubeconfig, &["-n", &cluster.namespace]));
    let again = result(&snapshot::replay(&path, &[]));
    let own = |result: &Value| -> Vec<Value> {
        let of = |uri: &Value| uri.as_str().is_some_and(|uri| uri.contains(&cluster.namespace));
        rows(result, "inputs").iter().filter(|input| of(&input["uri"])).cloned().collect()
    };
    assert!(own(&live).len() > 10);
    assert_eq!(own(&live), own(&again));
}

/// Whether controllers are at work, as they make this account in every namespace.
fn has_controllers(cluster: &Cluster) -> bool {
    cluster.send(Method::GET, "/api/v1/namespaces/default/serviceaccounts/default", &Value::Null).is_ok()
}

#[test]
fn what_controllers_make_is_reported_once_at_the_top() {
    let Some(cluster) = cluster("what_controllers_make_is_reported_once_at_the_top") else { return };
    if !has_controllers(&cluster) {
        skipped("owners: the cluster has no controllers (PROFILE=full)");
        return;
    }
    let mut template = privileged("t");
    template["metadata"] = json!({"labels": {"app": "web"}});
    template["spec"].as_object_mut().expect("a spec").remove("automountServiceAccountToken");
    let spec = json!({"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": template});
    let apps = format!("/apis/apps/v1/namespaces/{}", cluster.namespace);
    cluster.make(&format!("{apps}/deployments"), json!({"metadata": {"name": "web"}, "spec": spec}));
    let job = json!({"template": {"spec": {"restartPolicy": "Never", "containers": privileged("j")["spec"]["containers"]}}});
    let batch = format!("/apis/batch/v1/namespaces/{}", cluster.namespace);
    cluster.make(&format!("{batch}/jobs"), json!({"metadata": {"name": "once"}, "spec": job}));
    cluster.make(&cluster.own("pods"), privileged("bare"));
    let pods = || cluster.send(Method::GET, &cluster.own("pods"), &Value::Null).map(|list| rows(&list, "items").len()).unwrap_or_default();
    let started = Instant::now();
    while pods() < 4 {
        assert!(started.elapsed() < Duration::from_secs(60), "{} pods", pods());
        std::thread::sleep(Duration::from_millis(200));
    }
    let result = result(&cluster.scan(&cluster.kubeconfig, &["-n", &cluster.namespace]));
    let mut found: Vec<_> = rows(&result, "findings")
        .iter()
        .filter(|finding| finding["check"] == "pss-privileged-container")
        .map(|finding| (finding["subject"]["kind"].as_str().unwrap_or_default(), finding["subject"]["pods"].as_u64()))
        .collect();
    found.sort();
    assert_eq!(found, [("Deployment", Some(2)), ("Job", Some(1)), ("Pod", None)]);
    // what the API server's admission added to the pods is no difference
    let drift = rows(&result, "checks").iter().find(|check| check["id"] == "pod-template-drift").expect("the check");
    assert!(drift["failed"] == 0 && drift["review"] == 0, "{drift}");
    let token = |name: &str| {
        rows(&result, "findings").iter().any(|finding| finding["check"] == "pod-token-automounted" && finding["subject"]["name"] == name)
    };
    assert!(token("web") && !token("bare"));
    assert!(rows(&result, "notices").iter().any(|notice| notice.as_str().is_some_and(|text| text.contains("judged at the controller"))));
    for path in [format!("{apps}/deployments/web"), format!("{batch}/jobs/once")] {
        _ = cluster.send(Method::DELETE, &path, &json!({"propagationPolicy": "Background"}));
    }
}

#[test]
fn the_data_of_secrets_stays_in_the_server() {
    let Some(cluster) = cluster("the_data_of_secrets_stays_in_the_server") else { return };
    // "hunter2", in the Secret and in what kubectl would have left of it
    let applied = "{\"data\":{\"password\":\"aHVudGVyMg==\"}}";
    cluster.make(
        &cluster.own("secrets"),
        json!({"metadata": {"name": "s", "annotations": {"kubectl.kubernetes.io/last-applied-configuration": applied}}, "data": {"password": "aHVudGVyMg=="}}),
    );
    let agent = cluster.kubeconfig_of("reader", Value::Null);
    std::fs::copy(&cluster.kubeconfig, &agent).expect("a copy");
    let path = cluster.folder.path().join("snapshot.gz");
    cnscan(&["snapshot", "-o", &path.display().to_string()], &agent);
    let captured = cnscan::discover::snapshot::read(&path).expect("our own snapshot");
    let secrets = captured.lists.iter().find(|list| list.uri == "/api/v1/secrets").expect("the Secrets");
    assert!(secrets.text.contains(&cluster.namespace));
    assert!(captured.lists.iter().all(|list| !list.text.contains("aHVudGVyMg")));
    let Some(log) = std::env::var_os("CNSCAN_TEST_AUDIT_LOG").filter(|path| !path.is_empty()) else {
        skipped("what the server sent is not looked at (CNSCAN_TEST_AUDIT_LOG)");
        return;
    };
    let text = std::fs::read_to_string(log).expect("the audit log");
    let events = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    // the lists of our own scan: of all Secrets, paged, and with this one among them
    let lists: Vec<_> = events
        .filter(|event| event["objectRef"]["resource"] == "secrets" && event["verb"] == "list")
        .filter(|event| event["requestURI"].as_str().is_some_and(|uri| uri.contains("limit=500")))
        .filter(|event| event["responseObject"].to_string().contains(&cluster.namespace))
        .collect();
    assert!(!lists.is_empty(), "the audit log has no answer to a list of Secrets: is its policy RequestResponse for them?");
    for event in lists {
        assert_eq!(event["responseObject"]["kind"], "PartialObjectMetadataList");
        for item in rows(&event["responseObject"], "items") {
            assert!(item.get("data").is_none() && item.get("stringData").is_none(), "{item}");
        }
    }
}

#[test]
fn kubelets_answer_where_there_are_nodes() {
    let Some(cluster) = cluster("kubelets_answer_where_there_are_nodes") else { return };
    let nodes = cluster.send(Method::GET, "/api/v1/nodes", &Value::Null).expect("the nodes");
    if rows(&nodes, "items").is_empty() {
        skipped("kubelets: the cluster has no nodes");
        return;
    }
    let result = result(&cluster.scan(&cluster.kubeconfig, &[]));
    let input = rows(&result, "inputs").iter().find(|input| input["uri"] == "/api/v1/nodes/{name}/proxy/configz");
    assert!(input.is_some_and(|input| input["bytes"].as_u64() > Some(500)), "{:?}", gaps(&result));
}
