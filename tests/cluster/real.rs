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

#[path = "real/objects.rs"]
mod objects;
#[path = "real/publish.rs"]
mod publish;
#[path = "real/rights.rs"]
mod rights;

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
