//! An API server of generated objects, to measure reading very large clusters: it pages, and makes each page when asked.
//!
//! `cargo run --release --example mock_api -- 1000000 KUBECONFIG` serves on a free port of 127.0.0.1 until it is ended.

use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::{env, fs, thread};

/// Group, plural, kind, how many of it each application has.
const KINDS: [(&str, &str, &str, usize); 7] = [
    ("", "configmaps", "ConfigMap", 1),
    ("", "namespaces", "Namespace", 0),
    ("", "pods", "Pod", 2),
    ("", "serviceaccounts", "ServiceAccount", 1),
    ("", "services", "Service", 1),
    ("apps", "deployments", "Deployment", 1),
    ("apps", "replicasets", "ReplicaSet", 1),
];
/// What they come to.
const OF_APPLICATION: usize = 7;
/// How many applications a namespace has.
const OF_NAMESPACE: usize = 50;

fn main() -> io::Result<()> {
    let mut arguments = env::args().skip(1);
    let objects: usize = arguments.next().and_then(|number| number.parse().ok()).unwrap_or(10_000);
    let path = arguments.next().unwrap_or_else(|| "kubeconfig".to_owned());
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    fs::write(
        path,
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: mock\nclusters:\n- name: c\n  cluster: {{server: 'http://127.0.0.1:{port}'}}\ncontexts:\n- name: mock\n  context: {{cluster: c, user: u}}\nusers:\n- name: u\n  user: {{token: t}}\n"
        ),
    )?;
    let cluster = Cluster { applications: objects / OF_APPLICATION };
    for stream in listener.incoming().flatten() {
        thread::spawn(move || _ = cluster.serve(stream));
    }
    Ok(())
}

#[derive(Clone, Copy)]
struct Cluster {
    applications: usize,
}

impl Cluster {
    /// Answers one request after the other.
    fn serve(self, mut stream: TcpStream) -> io::Result<()> {
        let mut input = BufReader::new(stream.try_clone()?);
        loop {
            let mut line = String::new();
            if input.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let target = line.split(' ').nth(1).unwrap_or_default().to_owned();
            let mut length = 0;
            loop {
                let mut header = String::new();
                input.read_line(&mut header)?;
                match header.trim().split_once(": ") {
                    Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.parse().unwrap_or(0),
                    Some(_) => {}
                    None => break,
                }
            }
            io::copy(&mut input.by_ref().take(length), &mut io::sink())?;
            let (path, query) = target.split_once('?').unwrap_or((&target, ""));
            let (status, body) = self.answer(path, query).map_or((404, "{}".to_owned()), |body| (200, body));
            let length = body.len();
            stream.write_all(
                format!("HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n").as_bytes(),
            )?;
            stream.write_all(body.as_bytes())?;
        }
    }

    fn answer(self, path: &str, query: &str) -> Option<String> {
        Some(match path {
            "/version" => r#"{"major":"1","minor":"36","gitVersion":"v1.36.3"}"#.to_owned(),
            "/api" => groups(""),
            "/apis" => groups("apps"),
            "/api/v1/namespaces/kube-system" => r#"{"metadata":{"name":"kube-system","uid":"00000000-mock"}}"#.to_owned(),
            "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews" => {
                r#"{"status":{"resourceRules":[{"verbs":["list"],"apiGroups":["*"],"resources":["*"]}]}}"#.to_owned()
            }
            "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews" => r#"{"status":{"allowed":true}}"#.to_owned(),
            path => {
                let plural = path.rsplit('/').next()?;
                let (group, _, kind, each) = KINDS.iter().find(|(_, known, ..)| *known == plural)?;
                self.page(group, kind, *each, query)
            }
        })
    }

    /// A page of a list, in the order of namespaces and names, as etcd has it.
    fn page(self, group: &str, kind: &str, each: usize, query: &str) -> String {
        let number = |key: &str| query.split('&').find_map(|pair| pair.strip_prefix(key)?.strip_prefix('=')?.parse::<usize>().ok());
        let total = if each == 0 { self.applications.div_ceil(OF_NAMESPACE) } else { self.applications * each };
        let start = number("continue").unwrap_or(0).min(total);
        let end = total.min(start + number("limit").unwrap_or(total).max(1));
        let next = if end < total { format!(",\"continue\":\"{end}\",\"remainingItemCount\":{}", total - end) } else { String::new() };
        let version = if group.is_empty() { "v1".to_owned() } else { format!("{group}/v1") };
        let mut page = String::with_capacity((end - start) * 2500 + 200);
        _ = write!(page, r#"{{"kind":"{kind}List","apiVersion":"{version}","metadata":{{"resourceVersion":"7"{next}}},"items":["#);
        for number in start..end {
            if number > start {
                page.push(',');
            }
            object(&mut page, kind, number / each.max(1), number % each.max(1));
        }
        page.push_str("]}");
        page
    }
}

/// What the server serves of a group, in one answer.
fn groups(wanted: &str) -> String {
    let item = |(group, plural, kind, each): &(&str, &str, &str, usize)| {
        let scope = if *each == 0 { "Cluster" } else { "Namespaced" };
        format!(
            r#"{{"resource":"{plural}","responseKind":{{"group":"{group}","version":"v1","kind":"{kind}"}},"scope":"{scope}","verbs":["get","list"]}}"#
        )
    };
    let items: Vec<_> = KINDS.iter().filter(|(group, ..)| *group == wanted).map(item).collect();
    format!(
        r#"{{"kind":"APIGroupDiscoveryList","apiVersion":"apidiscovery.k8s.io/v2","items":[{{"metadata":{{"name":"{wanted}"}},"versions":[{{"version":"v1","freshness":"Current","resources":[{}]}}]}}]}}"#,
        items.join(",")
    )
}

/// An object of an application; `copy` tells its pods apart.
fn object(page: &mut String, kind: &str, application: usize, copy: usize) {
    if kind == "Namespace" {
        _ = write!(
            page,
            r#"{{"metadata":{{"name":"team-{application:05}","uid":"n-{application}","labels":{{"kubernetes.io/metadata.name":"team-{application:05}"}}}},"spec":{{"finalizers":["kubernetes"]}},"status":{{"phase":"Active"}}}}"#
        );
        return;
    }
    let (namespace, name) = (format!("team-{:05}", application / OF_NAMESPACE), format!("app-{application:07}"));
    let labels = format!(r#"{{"app.kubernetes.io/name":"{name}","app.kubernetes.io/part-of":"{namespace}"}}"#);
    let owner = |kind: &str, uid: &str| {
        format!(
            r#","ownerReferences":[{{"apiVersion":"apps/v1","kind":"{kind}","name":"{name}","uid":"{uid}-{application}","controller":true}}]"#
        )
    };
    let (full_name, owners) = match kind {
        "Pod" => (format!("{name}-{copy}"), owner("ReplicaSet", "r")),
        "ReplicaSet" => (name.clone(), owner("Deployment", "d")),
        _ => (name.clone(), String::new()),
    };
    let uid = kind[..1].to_lowercase();
    _ = write!(
        page,
        r#"{{"metadata":{{"name":"{full_name}","namespace":"{namespace}","uid":"{uid}-{application}","resourceVersion":"{application}","creationTimestamp":"2026-01-02T03:04:05Z","labels":{labels}{owners},"managedFields":[{MANAGED}]}},"#
    );
    // one in ten is not hardened
    let security = if application.is_multiple_of(10) { "{}" } else { HARDENED };
    let spec = format!(
        r#"{{"serviceAccountName":"{name}","automountServiceAccountToken":false,"restartPolicy":"Always","dnsPolicy":"ClusterFirst","schedulerName":"default-scheduler","securityContext":{{"runAsNonRoot":true,"runAsUser":10001,"seccompProfile":{{"type":"RuntimeDefault"}}}},"tolerations":[{{"key":"node.kubernetes.io/not-ready","operator":"Exists","effect":"NoExecute","tolerationSeconds":300}}],"containers":[{{"name":"main","image":"registry.example.com/{namespace}/main:4.{}@sha256:63a00e7382d4c95327003147e1cb540118a2705fb38fe2e9fc40f3b8dd95676c","imagePullPolicy":"IfNotPresent","terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","ports":[{{"name":"http","containerPort":8080,"protocol":"TCP"}}],"env":[{{"name":"LOG_LEVEL","value":"info"}},{{"name":"POD_NAME","valueFrom":{{"fieldRef":{{"apiVersion":"v1","fieldPath":"metadata.name"}}}}}}],"resources":{{"requests":{{"cpu":"100m","memory":"128Mi"}},"limits":{{"cpu":"1","memory":"256Mi"}}}},"readinessProbe":{{"httpGet":{{"path":"/ready","port":"http","scheme":"HTTP"}},"timeoutSeconds":1,"periodSeconds":10,"successThreshold":1,"failureThreshold":3}},"volumeMounts":[{{"name":"scratch","mountPath":"/tmp"}}],"securityContext":{security}}}],"volumes":[{{"name":"scratch","emptyDir":{{"sizeLimit":"64Mi"}}}}]}}"#,
        application % 40
    );
    let template =
        format!(r#""replicas":2,"selector":{{"matchLabels":{labels}}},"template":{{"metadata":{{"labels":{labels}}},"spec":{spec}}}"#);
    _ = match kind {
        "Pod" => write!(
            page,
            r#""spec":{spec},"status":{{"phase":"Running","qosClass":"Burstable","conditions":[{{"type":"Ready","status":"True","lastTransitionTime":"2026-01-02T03:04:09Z"}}]}}}}"#
        ),
        "Deployment" | "ReplicaSet" => write!(page, r#""spec":{{{template}}},"status":{{"replicas":2,"readyReplicas":2}}}}"#),
        "Service" => write!(
            page,
            r#""spec":{{"type":"ClusterIP","selector":{{"app.kubernetes.io/name":"{name}"}},"ports":[{{"name":"http","port":80,"targetPort":"http","protocol":"TCP"}}]}},"status":{{"loadBalancer":{{}}}}}}"#
        ),
        "ServiceAccount" => write!(page, r#""automountServiceAccountToken":false}}"#),
        _ => write!(
            page,
            r#""data":{{"application.yaml":"server:\n  port: 8080\n  shutdown: graceful\nfeatures:\n  feature-0: {{enabled: true, rollout: 50}}\n  feature-1: {{enabled: true, rollout: {}}}\n","LOG_FORMAT":"json"}}}}"#,
            application % 100
        ),
    };
}

const HARDENED: &str = r#"{"allowPrivilegeEscalation":false,"readOnlyRootFilesystem":true,"capabilities":{"drop":["ALL"]}}"#;

/// What a server adds to everything, and no check reads.
const MANAGED: &str = r#"{"manager":"kubectl-client-side-apply","operation":"Update","apiVersion":"v1","time":"2026-01-02T03:04:05Z","fieldsType":"FieldsV1","fieldsV1":{"f:metadata":{"f:labels":{".":{},"f:app.kubernetes.io/name":{},"f:app.kubernetes.io/part-of":{}}},"f:spec":{"f:containers":{"k:{\"name\":\"main\"}":{".":{},"f:image":{},"f:imagePullPolicy":{},"f:name":{},"f:ports":{".":{},"k:{\"containerPort\":8080,\"protocol\":\"TCP\"}":{".":{},"f:containerPort":{},"f:name":{},"f:protocol":{}}},"f:resources":{".":{},"f:limits":{".":{},"f:cpu":{},"f:memory":{}},"f:requests":{".":{},"f:cpu":{},"f:memory":{}}}}}}}}"#;
