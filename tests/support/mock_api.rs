//! A small API server that does what a real one will not do on demand.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
    /// How often this path was asked for before, with the same `continue`.
    pub(crate) times: usize,
}

impl Asked {
    pub(crate) fn token(&self) -> &str {
        self.query.get("continue").map_or("", String::as_str)
    }
}

/// What the server does.
pub(crate) enum Reply {
    Json(Value),
    /// A status, with `Retry-After` where there is one, and a `Status` object.
    Status(u16, Option<u32>),
    /// A body as it is.
    Text(String),
    /// So many bytes of the body, then the connection breaks.
    Cut(Value, usize),
    /// Nothing, for so long.
    Silence(Duration),
    /// The body, a few bytes at a time, with so much time between them.
    Slow(Value, Duration),
    /// As the server would by itself.
    Usual,
}

type Answer = dyn Fn(&Asked) -> Reply + Send + Sync;

/// A running server.
pub(crate) struct Api {
    pub(crate) asked: Arc<Mutex<Vec<Asked>>>,
    pub(crate) folder: tempfile::TempDir,
    /// What may be written to it, by how a path begins.
    pub(crate) writable: Vec<&'static str>,
}

impl Api {
    /// Starts a server that asks `answer` first.
    pub(crate) fn start(answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (log, answer): (_, Arc<Answer>) = (Arc::clone(&asked), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (log, answer) = (Arc::clone(&log), Arc::clone(&answer));
                std::thread::spawn(move || _ = serve(stream, &log, &*answer));
            }
        });
        let folder = tempfile::TempDir::new().expect("a folder");
        let api = Api { asked, folder, writable: Vec::new() };
        std::fs::write(api.kubeconfig(), kubeconfig(port)).expect("a kubeconfig");
        api
    }

    pub(crate) fn kubeconfig(&self) -> std::path::PathBuf {
        self.folder.path().join("kubeconfig")
    }

    /// The requests for a path so far.
    pub(crate) fn asked_for(&self, path: &str) -> Vec<Asked> {
        self.asked.lock().expect("the log").iter().filter(|asked| asked.path == path).cloned().collect()
    }
}

impl Drop for Api {
    /// Whatever a test is about: nothing but reading reaches a server.
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        for asked in self.asked.lock().expect("the log").iter() {
            let review = asked.path.starts_with("/apis/authorization.k8s.io/v1/selfsubject");
            if self.writable.iter().any(|path| asked.path.starts_with(path)) {
                continue;
            }
            assert_eq!(asked.method, if review { "POST" } else { "GET" }, "{}", asked.path);
        }
    }
}

pub(crate) fn kubeconfig(port: u16) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: mock\nclusters:\n- name: c\n  cluster: {{server: 'http://127.0.0.1:{port}'}}\ncontexts:\n- name: mock\n  context: {{cluster: c, user: u}}\nusers:\n- name: u\n  user: {{token: t}}\n"
    )
}

fn serve(mut stream: TcpStream, log: &Mutex<Vec<Asked>>, answer: &Answer) -> std::io::Result<()> {
    let mut input = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    // a client whose time is over may connect and say nothing
    if input.read_line(&mut line)? == 0 {
        return Ok(());
    }
    let mut words = line.split(' ').map(str::to_owned);
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        input.read_line(&mut line)?;
        match line.trim().split_once(": ") {
            Some((name, value)) => _ = headers.insert(name.to_lowercase(), value.to_owned()),
            None => break,
        }
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    input.read_exact(&mut body)?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let query: BTreeMap<_, _> =
        query.split('&').filter_map(|pair| pair.split_once('=')).map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    let body = String::from_utf8_lossy(&body).into_owned();
    let mut asked = Asked { method, path: path.to_owned(), query, headers, body, times: 0 };
    {
        let mut log = log.lock().expect("the log");
        asked.times = log.iter().filter(|known| known.path == asked.path && known.token() == asked.token()).count();
        log.push(asked.clone());
    }
    let (status, wait, text, cut) = match answer(&asked) {
        Reply::Json(value) => (200, None, value.to_string(), None),
        Reply::Status(code, wait) => (code, wait, json!({"kind": "Status", "code": code}).to_string(), None),
        Reply::Text(text) => (200, None, text, None),
        Reply::Cut(value, bytes) => (200, None, value.to_string(), Some(bytes)),
        Reply::Silence(time) => {
            std::thread::sleep(time);
            return Ok(());
        }
        Reply::Slow(value, time) => {
            let text = value.to_string();
            stream.write_all(
                format!("HTTP/1.1 200 X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", text.len()).as_bytes(),
            )?;
            for bytes in text.as_bytes().chunks(16) {
                stream.write_all(bytes)?;
                stream.flush()?;
                std::thread::sleep(time);
            }
            return Ok(());
        }
        Reply::Usual => usual(&asked).map_or((404, None, "{}".to_owned(), None), |value| (200, None, value.to_string(), None)),
    };
    let wait = wait.map(|wait| format!("Retry-After: {wait}\r\n")).unwrap_or_default();
    let head = format!(
        "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{wait}Connection: close\r\n\r\n",
        text.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(&text.as_bytes()[..cut.unwrap_or(text.len())])?;
    stream.flush()
}

/// The kinds it serves: group, plural, kind, whether they have namespaces.
const KINDS: [(&str, &str, &str, bool); 7] = [
    ("", "pods", "Pod", true),
    ("", "secrets", "Secret", true),
    ("", "nodes", "Node", false),
    ("", "namespaces", "Namespace", false),
    ("", "events", "Event", true),
    ("apps", "deployments", "Deployment", true),
    ("networking.k8s.io", "networkpolicies", "NetworkPolicy", true),
];

/// What a healthy small cluster answers.
pub(crate) fn usual(asked: &Asked) -> Option<Value> {
    let found = match asked.path.as_str() {
        "/version" => json!({"major": "1", "minor": "36", "gitVersion": "v1.36.3"}),
        "/api" => groups(true),
        "/apis" => groups(false),
        "/api/v1/namespaces/kube-system" => json!({"metadata": {"name": "kube-system", "uid": "00000000-aaaa"}}),
        "/api/v1/namespaces/shop" => json!({"kind": "Namespace", "metadata": {"name": "shop", "uid": "u"}}),
        "/api/v1/namespaces" => list("Namespace", &[json!({"metadata": {"name": "shop"}})]),
        "/api/v1/pods" | "/api/v1/namespaces/shop/pods" => list("Pod", &[pod("a")]),
        "/api/v1/secrets" | "/api/v1/namespaces/shop/secrets" => {
            json!({"kind": "PartialObjectMetadataList", "items": [{"metadata": {"name": "s", "namespace": "shop"}}]})
        }
        "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews" => {
            json!({"status": {"resourceRules": [{"verbs": ["list"], "apiGroups": ["*"], "resources": ["*"]}]}})
        }
        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews" => json!({"status": {"allowed": true}}),
        path => {
            let (_, _, kind, _) = KINDS.iter().find(|(_, plural, ..)| path.rsplit('/').next() == Some(plural))?;
            list(kind, &[])
        }
    };
    Some(found)
}

fn groups(core: bool) -> Value {
    let mut groups: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for (group, plural, kind, namespaced) in KINDS.iter().filter(|(group, ..)| group.is_empty() == core) {
        let scope = if *namespaced { "Namespaced" } else { "Cluster" };
        let item = json!({"resource": plural, "responseKind": {"group": group, "version": "v1", "kind": kind}, "scope": scope, "verbs": ["get", "list"]});
        groups.entry(group).or_default().push(item);
    }
    let items: Vec<_> = groups
        .into_iter()
        .map(|(group, items)| json!({"metadata": {"name": group}, "versions": [{"version": "v1", "freshness": "Current", "resources": items}]}))
        .collect();
    json!({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "items": items})
}

pub(crate) fn list(kind: &str, items: &[Value]) -> Value {
    json!({"kind": format!("{kind}List"), "apiVersion": "v1", "metadata": {"resourceVersion": "7"}, "items": items})
}

/// A page of pods, with what asks for the next one.
pub(crate) fn page(names: &[&str], next: &str) -> Value {
    let mut page = list("Pod", &names.iter().map(|name| pod(name)).collect::<Vec<_>>());
    page["metadata"]["continue"] = next.into();
    page
}

pub(crate) fn pod(name: &str) -> Value {
    json!({"metadata": {"name": name, "namespace": "shop", "managedFields": [{"manager": "kubelet"}]},
        "spec": {"containers": [{"name": "c", "image": "registry.example.com/a:1", "securityContext": {"privileged": true}}]},
        "status": {"phase": "Running", "podIP": "10.0.0.1"}})
}
