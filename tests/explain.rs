//! `explain reach` and `explain who-can`: answers with the rules that decide them.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;
use tempfile::TempDir;

const PODS: &str = "\
apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: shop
  labels:
    app: web
spec:
  containers:
  - name: main
    image: registry.example.com/web:1.0
---
apiVersion: v1
kind: Pod
metadata:
  name: db
  namespace: shop
  labels:
    app: db
spec:
  containers:
  - name: main
    image: registry.example.com/db:1.0
    ports:
    - name: pg
      containerPort: 5432
";

/// A policy for the database: whoever is `web` gets to its port.
const DATABASE: &str = "\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: db
  namespace: shop
spec:
  podSelector:
    matchLabels:
      app: db
  ingress:
  - from:
    - podSelector:
        matchLabels:
          app: web
    ports:
    - port: pg
";

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("a file");
    }
    folder
}

fn cnscan(folder: &Path) -> Command {
    let mut command = Command::cargo_bin("cnscan").expect("the program");
    command.current_dir(folder);
    command
}

/// The answer as data.
fn ask(folder: &TempDir, arguments: &[&str]) -> Value {
    let output = cnscan(folder.path()).arg("explain").args(arguments).args(["-f", "json"]).assert().code(0).get_output().stdout.clone();
    serde_json::from_slice(&output).expect("JSON")
}

/// What is said of traffic from one to the other with another file beside the pods.
fn reach(policies: &str, port: &str) -> Value {
    let folder = folder(&[("pods.yaml", PODS), ("policies.yaml", policies)]);
    ask(&folder, &["reach", "shop/web", "shop/db", "--port", port])
}

/// The rules of a side: policy, what it says, line.
fn rules<'v>(answer: &'v Value, side: &str) -> Vec<(&'v str, &'v str, u64)> {
    let rules = answer[side]["rules"].as_array().expect("rules");
    let text = |rule: &'v Value, key: &str| rule[key].as_str().expect("a text");
    rules.iter().map(|rule| (text(rule, "policy"), text(rule, "says"), rule["place"]["line"].as_u64().expect("a line"))).collect()
}

#[test]
fn open_because_nothing_selects_is_told_from_allowed() {
    let folder = folder(&[("pods.yaml", PODS), ("policies.yaml", DATABASE)]);
    let said = ["reach", "shop/web", "shop/db", "--port", "pg"];
    let page = cnscan(folder.path()).arg("explain").args(said).assert().code(0).stderr("");
    page.stdout(contains("**Possible**"))
        .stdout(contains("Open: nothing selects it for egress."))
        .stdout(contains("Isolated; allowed by a rule: 5432."))
        .stdout(contains("NetworkPolicy shop/db allows 5432: policies.yaml:11:5"));
}

#[test]
fn a_port_that_no_rule_allows_is_closed() {
    let answer = reach(DATABASE, "80");
    assert_eq!(answer["verdict"], "impossible");
    assert_eq!(rules(&answer, "ingress"), [("NetworkPolicy shop/db", "isolates", 8)]);
    assert_eq!(rules(&answer, "egress"), []);
    assert_eq!(reach(DATABASE, "5432/udp")["verdict"], "impossible", "the rule is about TCP");
}

#[test]
fn all_ports_are_told_apart() {
    let folder = folder(&[("pods.yaml", PODS), ("policies.yaml", DATABASE)]);
    let answer = ask(&folder, &["reach", "shop/web", "shop/db"]);
    assert_eq!((&answer["verdict"], &answer["open"]), (&"partly".into(), &"5432".into()));
    let back = ask(&folder, &["reach", "shop/db", "shop/web"]);
    assert_eq!((&back["verdict"], &back["open"]), (&"possible".into(), &"every port".into()));
}

#[test]
fn the_administrator_is_asked_first_and_the_baseline_last() {
    const ADMIN: &str = "\
apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata:
  name: deny
spec:
  priority: 10
  subject:
    namespaces: {}
  ingress:
  - action: Deny
    from:
    - namespaces: {}
";
    let answer = reach(&format!("{DATABASE}---\n{ADMIN}"), "5432");
    assert_eq!(answer["verdict"], "impossible");
    assert_eq!(rules(&answer, "ingress")[0], ("AdminNetworkPolicy deny", "denies", 27));
    let passed = ADMIN.replace("action: Deny", "action: Pass");
    assert_eq!(reach(&format!("{DATABASE}---\n{passed}"), "5432")["verdict"], "possible");
    let baseline = ADMIN.replace("kind: Admin", "kind: BaselineAdmin");
    assert_eq!(reach(&format!("{DATABASE}---\n{baseline}"), "5432")["verdict"], "possible", "a NetworkPolicy selects the pod");
    assert_eq!(reach(&baseline, "5432")["verdict"], "impossible", "none does");
}

#[test]
fn denials_of_cilium_win_and_its_allowances_add_up() {
    const CILIUM: &str = "\
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata:
  name: db
  namespace: shop
spec:
  endpointSelector:
    matchLabels:
      app: db
  ingress:
  - fromEndpoints:
    - matchLabels:
        app: web
    toPorts:
    - ports:
      - port: \"9187\"
        protocol: TCP
";
    let both = format!("{DATABASE}---\n{CILIUM}");
    assert_eq!((reach(&both, "9187")["verdict"].clone(), reach(&both, "5432")["verdict"].clone()), ("possible".into(), "possible".into()));
    let denied = format!("{DATABASE}---\n{}", CILIUM.replace("ingress:", "ingressDeny:").replace("9187", "5432"));
    let answer = reach(&denied, "5432");
    assert_eq!(answer["verdict"], "impossible");
    assert_eq!(rules(&answer, "ingress")[1].1, "denies");
}

#[test]
fn tiers_and_orders_of_calico_decide() {
    const CALICO: &str = "\
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata:
  name: first
spec:
  order: 10
  selector: app == 'db'
  types: [Ingress]
  ingress:
  - action: Deny
    protocol: TCP
    source:
      selector: app in {'web', 'api'}
    destination:
      ports: [\"5000:6000\"]
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata:
  name: second
spec:
  order: 20
  selector: all()
  types: [Ingress]
  ingress:
  - action: Allow
";
    assert_eq!(reach(CALICO, "5432")["verdict"], "impossible");
    assert_eq!(reach(CALICO, "80")["verdict"], "possible");
    assert_eq!(reach(&CALICO.replace("order: 10", "order: 30"), "5432")["verdict"], "possible");
    let tier = "apiVersion: projectcalico.org/v3\nkind: Tier\nmetadata:\n  name: last\nspec:\n  order: 2000000\n";
    let later = CALICO.replacen("  order: 10", "  tier: last\n  order: 10", 1);
    assert_eq!(reach(&format!("{later}---\n{tier}"), "5432")["verdict"], "possible");
    assert_eq!(reach(&later, "5432")["verdict"], "unclear", "when the tier is asked does not show");
    assert_eq!(reach(&CALICO.replace("app == 'db'", "app = 'db'"), "5432")["verdict"], "unclear");
}

#[test]
fn pods_on_the_network_of_their_node_are_beyond_policies() {
    let host = PODS.replacen("spec:\n", "spec:\n  hostNetwork: true\n", 2);
    let folder = folder(&[("pods.yaml", &host), ("policies.yaml", DATABASE)]);
    let answer = ask(&folder, &["reach", "shop/web", "shop/db", "--port", "80"]);
    assert_eq!(answer["verdict"], "possible", "no policy is about the target");
    assert!(answer["notes"].to_string().contains("on the network of its node"));
}

#[test]
fn what_cannot_be_asked_is_said() {
    let folder = folder(&[("pods.yaml", PODS)]);
    let fails = |arguments: &[&str], why: &str| {
        cnscan(folder.path()).arg("explain").args(arguments).assert().code(2).stderr(contains(why.to_owned()));
    };
    fails(&["reach", "shop/wep", "shop/db"], "did you mean `shop/web`");
    fails(&["reach", "a", "shop/db"], "there is no workload `a`; there are shop/web, shop/db");
    fails(&["reach", "shop/web", "shop/db", "--port", "http"], "calls a port `http`");
    fails(&["reach", "shop/web", "shop/db", "--port", "0"], "there is no port 0");
    fails(&["reach", "shop/web", "shop/db", "--port", "80/icmp"], "there is no protocol");
    fails(&["who-can", "get", "sekrets"], "did you mean `secrets`");
    fails(&["who-can", "get", "widgets"], "give the group");
    fails(&["reach", "shop/web", "shop/db", "nowhere"], "nowhere");
    cnscan(folder.path()).args(["explain"]).assert().code(2);
}

const ROLES: &str = "\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: reads-secrets
  labels:
    into: auditor
rules:
- apiGroups: ['']
  resources: [secrets]
  verbs: [get]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: auditor
aggregationRule:
  clusterRoleSelectors:
  - matchLabels:
      into: auditor
rules: []
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: auditors
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: auditor
subjects:
- kind: Group
  apiGroup: rbac.authorization.k8s.io
  name: system:serviceaccounts:audit
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: one-secret
  namespace: shop
rules:
- apiGroups: ['']
  resources: [secrets]
  resourceNames: [tls]
  verbs: [get]
- apiGroups: ['']
  resources: [nodes]
  verbs: [get]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: web
  namespace: shop
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: one-secret
subjects:
- kind: ServiceAccount
  name: web
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: lost
  namespace: shop
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: nowhere
subjects:
- kind: User
  apiGroup: rbac.authorization.k8s.io
  name: anna
";

/// Who may: each with where, the binding and what it goes through.
fn who(arguments: &[&str]) -> (Vec<(String, String, String)>, String) {
    let folder = folder(&[("roles.yaml", ROLES)]);
    let answer = ask(&folder, &[&["who-can"], arguments].concat());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let grants = answer["grants"].as_array().expect("grants");
    let rows = grants.iter().map(|grant| (text(&grant["who"]), text(&grant["binding"]), text(&grant["through"])));
    (rows.collect(), answer["notes"].to_string())
}

#[test]
fn who_may_is_found_through_groups_and_aggregation() {
    let by_group =
        ("group system:serviceaccounts:audit".to_owned(), "ClusterRoleBinding auditors".to_owned(), "ClusterRole reads-secrets".to_owned());
    let by_role = ("service account shop/web".to_owned(), "RoleBinding web".to_owned(), String::new());
    let (rows, notes) = who(&["get", "secrets", "-n", "shop"]);
    assert_eq!(rows, [by_group.clone(), by_role.clone()]);
    assert!(notes.contains("binds the role nowhere, which was not seen"), "{notes}");
    assert_eq!(who(&["get", "secrets", "-n", "other"]).0, std::slice::from_ref(&by_group));
    assert_eq!(who(&["get", "secrets", "-n", "shop", "--name", "tls"]).0, [by_group.clone(), by_role]);
    assert_eq!(who(&["get", "secrets", "-n", "shop", "--name", "other"]).0, [by_group]);
    assert_eq!(who(&["list", "secrets"]).0, []);
}

#[test]
fn a_role_binding_gives_nothing_that_has_no_namespace() {
    assert_eq!(who(&["get", "nodes"]).0, []);
}

const WITHIN: &str = "\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: keeper
  namespace: shop
rules:
- apiGroups: ['']
  resources: [namespaces]
  verbs: [get, list, patch]
- apiGroups: [rbac.authorization.k8s.io]
  resources: [clusterroles]
  verbs: [bind, get]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: keeper
  namespace: shop
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: keeper
subjects:
- kind: ServiceAccount
  name: keeper
";

#[test]
fn a_namespace_is_within_itself_and_a_role_is_bound_within_one() {
    let folder = TempDir::new().expect("a folder");
    fs::write(folder.path().join("roles.yaml"), WITHIN).expect("written");
    let ways = |arguments: &[&str]| ask(&folder, &[&["who-can"], arguments].concat())["grants"].as_array().map_or(0, Vec::len);
    assert_eq!(ways(&["patch", "namespaces", "-n", "shop"]), 1);
    assert_eq!(ways(&["patch", "namespaces", "--name", "shop"]), 1);
    assert_eq!(ways(&["bind", "clusterroles", "-n", "shop"]), 1);
    assert_eq!(ways(&["patch", "namespaces", "-n", "other"]), 0);
    assert_eq!(ways(&["patch", "namespaces", "--name", "other"]), 0);
    assert_eq!(ways(&["list", "namespaces"]), 0);
    assert_eq!(ways(&["get", "clusterroles", "-n", "shop"]), 0);
    assert_eq!(ways(&["bind", "clusterroles", "-n", "other"]), 0);
}

#[test]
fn the_page_points_at_bindings_and_rules() {
    let folder = folder(&[("roles.yaml", ROLES)]);
    let page = cnscan(folder.path()).args(["explain", "who-can", "get", "secrets", "-n", "shop"]).assert().code(0);
    page.stdout(contains("# Who may get secrets in the namespace shop"))
        .stdout(contains("each service account of the namespace audit"))
        .stdout(contains("roles.yaml:31:3"))
        .stdout(contains("in shop, only tls"))
        .stdout(contains("which takes in ClusterRole reads-secrets"));
    let nobody = cnscan(folder.path()).args(["explain", "who-can", "delete", "deployments.apps"]).assert().code(0);
    nobody.stdout(contains("Nobody, by the bindings that were seen.").and(contains("2 ways").not()));
}
