//! What readers with less than all rights are told.

use super::*;

#[test]
fn what_a_reader_may_not_list_is_named_exactly() {
    let Some(cluster) = cluster("what_a_reader_may_not_list_is_named_exactly") else { return };
    cluster.make(&cluster.own("pods"), privileged("p"));
    let rules = json!([{"apiGroups": ["", "apps", "batch"], "resources": ["*"], "verbs": ["list", "get"]},
        {"apiGroups": ["networking.k8s.io"], "resources": ["networkpolicies"], "verbs": ["list"]}]);
    let kubeconfig = cluster.reader("part", rules, true);
    let result = result(&cluster.scan(&kubeconfig, &[]));
    assert!(names(&result).contains(&"p".to_owned()));
    let kinds: Vec<_> = rows(&result, "gaps").iter().map(|gap| gap["kind"].as_str().unwrap_or_default()).collect();
    assert!(kinds.contains(&"rbac.authorization.k8s.io/ClusterRole") && kinds.contains(&"networking.k8s.io/Ingress"), "{kinds:?}");
    assert!(kinds.iter().all(|kind| kind.contains('/') && !kind.starts_with("apps/") && !kind.starts_with("batch/")), "{kinds:?}");
    assert!(!kinds.contains(&"networking.k8s.io/NetworkPolicy"));
    assert!(rows(&result, "gaps").iter().all(|gap| gap["why"].as_str().is_some_and(|why| why.starts_with("not allowed"))));
    // what reads roles says so
    for check in rows(&result, "checks").iter().filter(|check| check["topic"] == "rbac") {
        assert!(["not-assessed", "review"].contains(&check["verdict"].as_str().unwrap_or_default()), "{check}");
    }
    let text = result.to_string();
    assert!(!text.contains("system:serviceaccount:"), "no user in a result");
}

/// The statuses of controls, by their ids, and the verdicts of checks.
fn judged(result: &Value) -> Vec<(String, String)> {
    let pairs = |key: &str, of: &str| -> Vec<_> { rows(result, key).iter().map(|row| (text(&row["id"]), text(&row[of]))).collect() };
    [pairs("controls", "status"), pairs("checks", "verdict")].concat()
}

#[test]
fn a_reader_with_the_shipped_role_has_no_gap() {
    let _alone = kinds_alone();
    let Some(cluster) = cluster("a_reader_with_the_shipped_role_has_no_gap") else { return };
    cluster.make(&cluster.own("pods"), privileged("p"));
    // a kind that no check knows and that holds no pods
    let group = format!("{}.example.com", cluster.namespace);
    cluster.define(
        &group,
        "Gadget",
        json!({"type": "object", "properties": {"spec": {"type": "object", "properties": {"size": {"type": "integer"}}}}}),
    );
    let kubeconfig = cluster.reader("shipped", role(&[]), true);
    for profile in ["default", "pss-restricted", "nsa-cisa"] {
        // the smallest role of each profile is enough for it
        let reader = if profile == "default" { kubeconfig.clone() } else { cluster.reader(profile, role(&["--profile", profile]), true) };
        let flags = ["--profile", profile, "--fail-on", "none", "-n", &cluster.namespace, "-n", "default"];
        for more in [&flags[..], &flags[..4]] {
            let output = cluster.scan(&reader, more);
            let result = result(&output);
            assert_eq!(gaps(&result), Vec::<String>::new(), "{profile}");
            assert_eq!(output.status.code(), Some(0), "{profile}: {}", String::from_utf8_lossy(&output.stderr));
            assert!(names(&result).contains(&"p".to_owned()));
        }
    }
    // nor does it see less than an administrator
    let of = |kubeconfig: &Path| result(&cluster.scan(kubeconfig, &["-n", &cluster.namespace]));
    let (reader, admin) = (of(&kubeconfig), of(&cluster.kubeconfig));
    assert_eq!(judged(&reader), judged(&admin));
    let left_out = |result: &Value| {
        rows(result, "notices")
            .iter()
            .filter_map(|notice| notice.as_str().filter(|text| text.contains("not listed:")))
            .map(str::to_owned)
            .next()
    };
    assert_eq!(left_out(&reader), left_out(&admin));
    assert!(left_out(&reader).is_some_and(|text| text.contains("Event")));
}

#[test]
fn with_view_alone_the_gaps_name_what_was_refused() {
    let _alone = kinds_alone();
    let Some(cluster) = cluster("with_view_alone_the_gaps_name_what_was_refused") else { return };
    cluster.settled();
    cluster.make(&cluster.own("pods"), privileged("p"));
    let rbac = "/apis/rbac.authorization.k8s.io/v1/clusterroles";
    // where no controller aggregates roles, `view` is empty, and this is what it is made of
    let found = ["view", "system:aggregate-to-view"]
        .map(|name| cluster.send(Method::GET, &format!("{rbac}/{name}"), &Value::Null).expect("a role"));
    let rules = found.into_iter().map(|role| role["rules"].clone()).find(|rules| rules.as_array().is_some_and(|rules| !rules.is_empty()));
    let rules = rules.expect("rules of view");
    let may_list = |group: &str, plural: &str| {
        let has = |rule: &Value, key: &str, word: &str| rows(rule, key).iter().any(|value| value == word || value == "*");
        rules
            .as_array()
            .into_iter()
            .flatten()
            .any(|rule| has(rule, "verbs", "list") && has(rule, "apiGroups", group) && has(rule, "resources", plural))
    };
    let output = cluster.scan(&cluster.reader("view", rules.clone(), true), &["--fail-on", "none"]);
    let result = result(&output);
    assert_eq!(output.status.code(), Some(3));
    // what an administrator is shown, by path
    let admin = self::result(&cluster.scan(&cluster.kubeconfig, &[]));
    let mut expected = Vec::new();
    for uri in
        rows(&admin, "inputs").iter().filter_map(|input| input["uri"].as_str()).filter(|uri| !uri.contains('?') && !uri.contains('{'))
    {
        let parts: Vec<_> = uri.split('/').skip(1).collect();
        let (group, plural) = if parts[0] == "api" { ("", parts[2]) } else { (parts[1], parts[3]) };
        if !may_list(group, plural) {
            expected.push((group.to_owned(), plural.to_owned()));
        }
    }
    let mut refused = Vec::new();
    for gap in rows(&result, "gaps") {
        let kind = gap["kind"].as_str().expect("a kind");
        let (group, kind) = kind.rsplit_once('/').unwrap_or(("", kind));
        assert!(gap["why"].as_str().is_some_and(|why| why.starts_with("not allowed (403)")) && gap["namespace"].is_null(), "{gap}");
        refused.push((group.to_owned(), cnscan::model::kinds::resource(kind)));
    }
    expected.sort();
    refused.sort();
    assert_eq!(refused, expected);
    assert!(refused.len() > 5 && refused.contains(&(String::new(), "secrets".to_owned())), "{refused:?}");
    // no control passes on what was not read
    let reads_refused = |id: &str| {
        let check = cnscan::checks::find(id).expect("a check");
        rows(&result, "gaps").iter().any(|gap| {
            let (group, kind) =
                gap["kind"].as_str().and_then(|kind| kind.rsplit_once('/')).unwrap_or(("", gap["kind"].as_str().unwrap_or_default()));
            check.reads(group, kind)
        })
    };
    let mut looked_at = 0;
    for check in rows(&result, "checks").iter().filter(|check| reads_refused(check["id"].as_str().unwrap_or_default())) {
        assert_ne!(check["verdict"], "skip", "{}", check["id"]);
    }
    for control in rows(&result, "controls") {
        let ran = rows(control, "checks")
            .iter()
            .filter(|check| !["planned", "not-selected"].contains(&check["verdict"].as_str().unwrap_or_default()));
        if ran.filter_map(|check| check["id"].as_str()).any(reads_refused) {
            looked_at += 1;
            assert!(!["pass", "partial", "not-applicable"].contains(&control["status"].as_str().unwrap_or_default()), "{control}");
        }
    }
    assert!(looked_at > 5);
}

#[test]
fn a_reader_of_one_namespace_reads_that_one() {
    let Some(cluster) = cluster("a_reader_of_one_namespace_reads_that_one") else { return };
    cluster.make(&cluster.own("pods"), privileged("p"));
    let rules = json!([{"apiGroups": [""], "resources": ["pods", "services", "namespaces"], "verbs": ["list", "get"]}]);
    let kubeconfig = cluster.reader("own", rules, false);
    let result = result(&cluster.scan(&kubeconfig, &["-n", &cluster.namespace, "-n", "default"]));
    assert_eq!(names(&result), ["p"]);
    let of = |kind: &str| -> Vec<_> {
        rows(&result, "gaps").iter().filter(|gap| gap["kind"] == kind).filter_map(|gap| gap["namespace"].as_str()).collect()
    };
    // the one namespace is whole for these kinds, the other is not
    assert_eq!((of("Pod"), of("Service"), of("Namespace")), (vec!["default"], vec!["default"], vec!["default"]));
    assert_eq!(of("ConfigMap").len(), 2);
    // without a namespace there is nothing that it may list
    let output = cluster.scan(&kubeconfig, &[]);
    let refused = self::result(&output);
    assert_eq!((refused["summary"]["objects"].as_u64(), output.status.code()), (Some(0), Some(3)));
    let refused_kinds: Vec<_> = rows(&refused, "gaps").iter().filter_map(|gap| gap["kind"].as_str()).collect();
    let rests_on_it = |id: &str| {
        let check = cnscan::checks::find(id).expect("a check");
        refused_kinds.iter().map(|kind| kind.rsplit_once('/').unwrap_or(("", kind))).any(|(group, kind)| check.reads(group, kind))
    };
    for control in rows(&refused, "controls").iter().filter(|control| control["status"] != "not-assessed") {
        // what reads only kinds that the cluster does not serve is known to have no subject
        let ran = rows(control, "checks").iter().filter(|check| check["verdict"] != "planned").filter_map(|check| check["id"].as_str());
        let resting: Vec<_> = ran.filter(|id| rests_on_it(id)).collect();
        assert!(control["status"] == "not-applicable" && resting.is_empty(), "{control}: {resting:?}");
    }
}

#[test]
fn anonymous_readers_are_refused() {
    let Some(cluster) = cluster("anonymous_readers_are_refused") else { return };
    let output = cluster.scan(&cluster.kubeconfig_of("nobody", json!({})), &[]);
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(2), &b""[..]));
    assert!(String::from_utf8_lossy(&output.stderr).contains("refuse"), "{}", String::from_utf8_lossy(&output.stderr));
    let forged = cluster.scan(&cluster.kubeconfig_of("forged", json!({"token": "e30.e30.e30"})), &[]);
    assert!(String::from_utf8_lossy(&forged.stderr).contains("401"), "{}", String::from_utf8_lossy(&forged.stderr));
}

#[cfg(unix)]
#[test]
fn credentials_come_from_plugins_too() {
    let Some(cluster) = cluster("credentials_come_from_plugins_too") else { return };
    cluster.make(&cluster.own("pods"), privileged("p"));
    let rules = json!([{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}]);
    let file: Value = serde_json::from_slice(&std::fs::read(cluster.reader("plugin", rules, false)).expect("a file")).expect("JSON");
    let token = &file["users"][0]["user"]["token"];
    let said = cluster.folder.path().join("credential.json");
    let credential = json!({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": token}});
    std::fs::write(&said, credential.to_string()).expect("a file");
    let exec = |command: &str, argument: &str| {
        let interactive = "Never";
        json!({"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": command, "args": [argument], "interactiveMode": interactive}})
    };
    let kubeconfig = cluster.kubeconfig_of("exec", exec("cat", &said.display().to_string()));
    assert_eq!(names(&result(&cluster.scan(&kubeconfig, &["-n", &cluster.namespace]))), ["p"]);
    // one that hangs, or fails, keeps nobody
    for (command, argument) in [("sleep", "300"), ("false", ""), ("no-such-plugin", "")] {
        let started = Instant::now();
        let output = cluster.scan(&cluster.kubeconfig_of("bad", exec(command, argument)), &["--request-timeout", "2s"]);
        assert_eq!(output.status.code(), Some(2), "{command}");
        assert!(started.elapsed() < Duration::from_secs(60), "{command}: {:?}", started.elapsed());
        assert!(!output.stderr.is_empty());
    }
}
