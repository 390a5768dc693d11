//! Against a real API server, whose administrator's kubeconfig `CNSCAN_TEST_KUBECONFIG` names; without it these tests
//! are skipped, and say so. Any cluster will do whose objects may be added to and deleted.
//! `CNSCAN_TEST_AUDIT_LOG` names its audit log, where that keeps the answers to requests for Secrets.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::{Method, Request};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::*;

/// The cluster, with a namespace of its own for a test.
struct Cluster {
    kubeconfig: PathBuf,
    folder: TempDir,
    runtime: Runtime,
    client: Client,
    namespace: String,
    /// What is to be deleted at the end.
    made: std::cell::RefCell<Vec<String>>,
}

/// Says so where it is seen: what a test prints is kept from view when it ends well.
pub(crate) fn skipped(what: &str) {
    use std::io::Write;
    _ = writeln!(std::io::stderr(), "skipped: {what}");
}

/// The cluster to test against, where there is one.
fn cluster(test: &str) -> Option<Cluster> {
    let Some(path) = std::env::var_os("CNSCAN_TEST_KUBECONFIG").filter(|path| !path.is_empty()) else {
        skipped(&format!("{test} needs a cluster (CNSCAN_TEST_KUBECONFIG)"));
        return None;
    };
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let kubeconfig = PathBuf::from(path);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let file = Kubeconfig::read_from(&kubeconfig).expect("the kubeconfig");
    let client = runtime.block_on(async {
        let config = Config::from_custom_kubeconfig(file, &KubeConfigOptions::default()).await.expect("a configuration");
        Client::try_from(config).expect("a client")
    });
    let namespace = format!("cnscan-test-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::SeqCst));
    let folder = TempDir::new().expect("a folder");
    let cluster = Cluster { kubeconfig, folder, runtime, client, namespace, made: Vec::new().into() };
    cluster.make("/api/v1/namespaces", json!({"metadata": {"name": cluster.namespace}}));
    Some(cluster)
}

impl Cluster {
    fn send(&self, method: Method, path: &str, body: &Value) -> Result<Value, kube::Error> {
        let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
        self.runtime.block_on(self.client.request(request.body(body.to_string().into_bytes()).expect("a request")))
    }

    /// Makes an object, which is deleted at the end.
    fn make(&self, path: &str, object: Value) -> Value {
        let made = self.send(Method::POST, path, &object).unwrap_or_else(|error| panic!("{path}: {error}"));
        if let Some(name) = made["metadata"]["name"].as_str() {
            self.made.borrow_mut().push(format!("{path}/{name}"));
        }
        made
    }

    fn own(&self, rest: &str) -> String {
        format!("/api/v1/namespaces/{}/{rest}", self.namespace)
    }

    fn scan(&self, kubeconfig: &Path, more: &[&str]) -> Output {
        cnscan(&[&["scan", "--cluster", "--no-config", "-f", "json"], more].concat(), kubeconfig)
    }

    /// A kind of its own in a group of its own.
    fn define(&self, group: &str, kind: &str, schema: Value) {
        let plural = format!("{}s", kind.to_lowercase());
        self.make(
            "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
            json!({"metadata": {"name": format!("{plural}.{group}")}, "spec": {"group": group, "scope": "Namespaced",
                "names": {"plural": plural, "singular": kind.to_lowercase(), "kind": kind},
                "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": schema}}]}}),
        );
        self.settled();
    }

    /// Waits until discovery has what the definitions say, and OpenAPI their schemas: both learn of new kinds, and of those
    /// that are gone, a little later.
    fn settled(&self) {
        let started = Instant::now();
        while self.discovered() != self.defined() {
            assert!(started.elapsed() < Duration::from_secs(60), "{:?} are served, {:?} defined", self.discovered(), self.defined());
            std::thread::sleep(Duration::from_millis(100));
        }
        for [group, version, plural] in self.defined() {
            let described = || {
                let schema = self.send(Method::GET, &format!("/openapi/v3/apis/{group}/{version}"), &Value::Null).unwrap_or_default();
                schema["paths"].as_object().is_some_and(|paths| paths.keys().any(|path| path.ends_with(&format!("/{plural}"))))
            };
            while !described() {
                assert!(started.elapsed() < Duration::from_secs(60), "{plural}.{group} have no schema");
                std::thread::sleep(Duration::from_millis(100));
            }
        }
    }

    /// Resources of definitions, as group, version and plural.
    fn defined(&self) -> BTreeSet<[String; 3]> {
        let all = self.send(Method::GET, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", &Value::Null).expect("the definitions");
        let mut found = BTreeSet::new();
        for item in rows(&all, "items").iter().filter(|item| item["metadata"]["deletionTimestamp"].is_null()) {
            for version in rows(&item["spec"], "versions").iter().filter(|version| version["served"] == true) {
                found.insert([&item["spec"]["group"], &version["name"], &item["spec"]["names"]["plural"]].map(text));
            }
        }
        found
    }

    /// The same by discovery, of groups that have a definition or that a test made.
    fn discovered(&self) -> BTreeSet<[String; 3]> {
        let groups: BTreeSet<_> = self.defined().into_iter().map(|[group, ..]| group).collect();
        let accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
        let request = Request::get("/apis").header("accept", accept).body(Vec::new()).expect("a request");
        let all: Value = self.runtime.block_on(self.client.request(request)).expect("discovery");
        let mut found = BTreeSet::new();
        for item in rows(&all, "items") {
            let group = text(&item["metadata"]["name"]);
            if !groups.contains(&group) && !group.ends_with(".example.com") {
                continue;
            }
            for version in rows(item, "versions") {
                found.extend(
                    rows(version, "resources").iter().map(|row| [group.clone(), text(&version["version"]), text(&row["resource"])]),
                );
            }
        }
        found
    }

    /// A kubeconfig for the same cluster with other credentials.
    fn kubeconfig_of(&self, name: &str, user: Value) -> PathBuf {
        let file = Kubeconfig::read_from(&self.kubeconfig).expect("the kubeconfig");
        let mut file = serde_json::to_value(file).expect("JSON");
        let context = file["current-context"].as_str().unwrap_or_default().to_owned();
        for known in file["contexts"].as_array_mut().into_iter().flatten().filter(|known| known["name"] == *context) {
            known["context"]["user"] = "other".into();
        }
        file["users"] = json!([{"name": "other", "user": user}]);
        let path = self.folder.path().join(name);
        std::fs::write(&path, file.to_string()).expect("a kubeconfig");
        path
    }

    /// A service account with these rules, and a kubeconfig with its token: in the whole cluster, or in the namespace.
    fn reader(&self, name: &str, rules: Value, everywhere: bool) -> PathBuf {
        self.make(&self.own("serviceaccounts"), json!({"metadata": {"name": name}}));
        let own = format!("{}-{name}", self.namespace);
        let rbac = "/apis/rbac.authorization.k8s.io/v1";
        let (path, kind) = if everywhere { (rbac.to_owned(), "Cluster") } else { (format!("{rbac}/namespaces/{}", self.namespace), "") };
        let prefix = kind.to_lowercase();
        self.make(&format!("{path}/{prefix}roles"), json!({"metadata": {"name": own}, "rules": rules}));
        self.make(
            &format!("{path}/{prefix}rolebindings"),
            json!({"metadata": {"name": own}, "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": format!("{kind}Role"), "name": own},
                "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": self.namespace}]}),
        );
        let asked = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 600}});
        let token = self.send(Method::POST, &self.own(&format!("serviceaccounts/{name}/token")), &asked).expect("a token");
        self.kubeconfig_of(name, json!({"token": token["status"]["token"]}))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // where no controller empties namespaces, nobody else would
        _ = self.send(Method::DELETE, &self.own("configmaps"), &Value::Null);
        for path in self.made.borrow().iter().rev() {
            // what is gone already is no matter
            _ = self.send(Method::DELETE, path, &json!({"propagationPolicy": "Background"}));
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn privileged(name: &str) -> Value {
    json!({"metadata": {"name": name}, "spec": {"automountServiceAccountToken": false, "containers": [
        {"name": "c", "image": "registry.example.com/a:1", "securityContext": {"privileged": true}}]}})
}

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

/// What the project says that a reader needs, as rules.
fn role(arguments: &[&str]) -> Value {
    let output = Command::cargo_bin("cnscan").expect("the program").arg("permissions").args(arguments).args(["-f", "json"]).output();
    let role: Value = serde_json::from_slice(&output.expect("it runs").stdout).expect("JSON");
    role["rules"].clone()
}

/// Held by tests that a kind made by another would disturb.
static KINDS: std::sync::Mutex<()> = std::sync::Mutex::new(());

fn kinds_alone() -> std::sync::MutexGuard<'static, ()> {
    KINDS.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
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

/// The definitions of the kinds of reports, from a folder of these, else such as take anything.
fn define_reports(cluster: &Cluster) {
    for (group, version, kind, plural, scope) in [
        ("wgpolicyk8s.io", "v1alpha2", "PolicyReport", "policyreports", "Namespaced"),
        ("wgpolicyk8s.io", "v1alpha2", "ClusterPolicyReport", "clusterpolicyreports", "Cluster"),
        ("openreports.io", "v1alpha1", "Report", "reports", "Namespaced"),
        ("openreports.io", "v1alpha1", "ClusterReport", "clusterreports", "Cluster"),
    ] {
        let folder = std::env::var_os("CNSCAN_TEST_REPORT_CRDS").map(PathBuf::from);
        let file = folder.and_then(|folder| {
            let names = [format!("{group}_{plural}.yaml"), format!("{group}_{version}_{plural}.yaml")];
            names.iter().find_map(|name| std::fs::read_to_string(folder.join(name)).ok())
        });
        let definition = match file {
            Some(text) => serde_saphyr::from_str(&text).expect("YAML"),
            None => {
                skipped(&format!("{kind} is not checked by its own schema (CNSCAN_TEST_REPORT_CRDS)"));
                json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": format!("{plural}.{group}")},
                    "spec": {"group": group, "scope": scope, "names": {"plural": plural, "singular": kind.to_lowercase(), "kind": kind},
                        "versions": [{"name": version, "served": true, "storage": true,
                            "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}]}})
            }
        };
        let path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
        // one that is there already stays
        _ = cluster.send(Method::POST, path, &definition);
    }
    cluster.settled();
}

#[test]
fn reports_are_published_by_a_role_of_their_own() {
    let _alone = kinds_alone();
    let Some(cluster) = cluster("reports_are_published_by_a_role_of_their_own") else { return };
    define_reports(&cluster);
    cluster.make(&cluster.own("pods"), privileged("p"));
    let join = |more: Value| Value::Array([role(&[]).as_array().expect("rules").clone(), more.as_array().expect("rules").clone()].concat());
    let writer = cluster.reader("writer", join(role(&["--publish"])), true);
    let reader = cluster.reader("reader", role(&[]), true);
    for (form, version, within, cluster_wide) in [
        ("policyreport", "wgpolicyk8s.io/v1alpha2", ("PolicyReport", "policyreports"), "clusterpolicyreports"),
        ("openreports", "openreports.io/v1alpha1", ("Report", "reports"), "clusterreports"),
    ] {
        let (kind, plural) = within;
        let own = format!("/apis/{version}/namespaces/{}/{plural}", cluster.namespace);
        let all = format!("/apis/{version}/{cluster_wide}/cnscan");
        let flags = ["-n", &cluster.namespace, "--fail-on", "none", &format!("--publish={form}")];
        // what an earlier scan left, and what is not ours
        let report = |name: &str, labels: Value| {
            json!({"apiVersion": version, "kind": kind, "metadata": {"name": name, "labels": labels}, "results": [],
                "summary": {"pass": 0, "fail": 0, "warn": 0, "error": 0, "skip": 0}})
        };
        cluster.make(&own, report("cnscan-9", json!({"app.kubernetes.io/managed-by": "cnscan"})));
        cluster.make(&own, report("other", json!({})));
        let refused = cluster.scan(&reader, &flags);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(refused.status.code() == Some(2) && said.contains("cnscan permissions --publish"), "{said}");
        let mut versions = Vec::new();
        for _ in 0..2 {
            let output = cluster.scan(&writer, &flags);
            assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
            let report = cluster.send(Method::GET, &format!("{own}/cnscan"), &Value::Null).expect("the report");
            let failing = rows(&report, "results").iter().find(|entry| entry["rule"] == "pss-privileged-container").expect("a result");
            assert_eq!((&failing["result"], &failing["resources"][0]["name"]), (&"fail".into(), &"p".into()));
            assert_eq!(report["metadata"]["managedFields"][0]["manager"], "cnscan");
            versions.push(report["metadata"]["uid"].to_string());
            let names: Vec<_> = rows(&cluster.send(Method::GET, &own, &Value::Null).expect("the reports"), "items")
                .iter()
                .map(|item| item["metadata"]["name"].as_str().unwrap_or_default().to_owned())
                .collect();
            assert_eq!(names, ["cnscan", "other"]);
            assert!(rows(&cluster.send(Method::GET, &all, &Value::Null).expect("the cluster's report"), "results").len() > 10);
        }
        assert_eq!(versions[0], versions[1], "it is the same report");
        // one of this name that somebody else made stays as it is
        for path in [format!("{own}/cnscan"), format!("{own}/other"), all] {
            cluster.send(Method::DELETE, &path, &Value::Null).expect("it was there");
        }
        let mut foreign = report("cnscan", json!({}));
        foreign["summary"]["fail"] = 77.into();
        cluster.make(&own, foreign);
        let output = cluster.scan(&writer, &flags);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && said.contains("something else has a report of this name (409)"), "{said}");
        let kept = cluster.send(Method::GET, &format!("{own}/cnscan"), &Value::Null).expect("the report");
        assert_eq!(kept["summary"]["fail"], 77);
        cluster.send(Method::DELETE, &format!("/apis/{version}/{cluster_wide}/cnscan"), &Value::Null).expect("it was written");
    }
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
