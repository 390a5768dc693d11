//! A scan as a team sees it on its first day: 6 files, some 30 findings, gaps, exceptions.

use std::sync::Arc;

use cnscan::assess::*;

use crate::build::{at, catalog, done, found, ignored};
use crate::sample::{nothing, subject};

const WEB: &str = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  template:
    spec:
      hostNetwork: true
      containers:
        - name: web
          image: registry.example.com/shop/web:latest
          securityContext:
            privileged: true
          env:
            - name: DATABASE_PASSWORD
              value: '*******************'
        - name: proxy
          image: envoyproxy/envoy:v1.38
          securityContext: {privileged: yes}
";
const WORKER: &str = "kind: Job\nmetadata:\n  name: réindex 🚀\n  namespace: shop\nspec:\n  template:\n    spec:\n      containers:\n      - name: réindex\n        image: \"példa/köszönt 🚀\"\t# tab\n";
const ROLE: &str = "kind: ClusterRole\nmetadata:\n  name: shop-operator\nrules:\n- apiGroups: ['*']\n  resources: ['*']\n  verbs: [get, list,\n    watch,\n    '*']\n";

/// The missing fields of a container's security context, as three checks see them.
fn missing(file: &str, text: &str, line: &str, of: &Arc<Subject>) -> Vec<Finding> {
    let name = &of.container;
    let rows = [
        ("pss-run-as-non-root", format!("container {name} may run as root"), "securityContext.runAsNonRoot", "true"),
        ("pss-privilege-escalation", format!("container {name} may gain privileges"), "securityContext.allowPrivilegeEscalation", "false"),
        (
            "pod-root-filesystem-writable",
            format!("container {name} can write to its root filesystem"),
            "securityContext.readOnlyRootFilesystem",
            "true",
        ),
    ];
    let finding = |(check, message, field, expected): (&str, String, &str, &str)| {
        let mut finding = at(found(check, &message, Arc::clone(of)), file, text, line, &of.container);
        finding.path = format!("spec.template.spec.containers[0].{field}").into();
        (finding.observed, finding.expected) = ("absent".into(), expected.into());
        if let Some(place) = &mut finding.location {
            place.quality = Quality::Parent;
        }
        finding
    };
    rows.into_iter().map(finding).collect()
}

fn seen(mut finding: Finding, observed: &str, expected: &str) -> Finding {
    (finding.observed, finding.expected) = (observed.into(), expected.into());
    finding
}

fn web(file: &str, namespace: &str) -> Vec<Finding> {
    let pod = subject("Deployment", namespace, "web", "");
    let container = |name: &str| subject("Deployment", namespace, "web", name);
    let mut findings = missing(file, WEB, "- name: web", &container("web"));
    findings.extend(missing(file, WEB, "- name: proxy", &container("proxy")));
    let privileged = |name: &str| found("pss-privileged-container", &format!("container {name} is privileged"), container(name));
    findings.push(seen(at(privileged("web"), file, WEB, "privileged: true", "true"), "true", "false or absent"));
    findings.push(seen(at(privileged("proxy"), file, WEB, "privileged: yes", "yes"), "yes", "false or absent"));
    let host = found("pss-host-namespaces", "pod shares the node's network namespace", pod);
    findings.push(seen(at(host, file, WEB, "hostNetwork", "true"), "true", "false or absent"));
    let tag = found("image-tag-mutable", "image registry.example.com/shop/web:latest can change under the same name", container("web"));
    findings.push(at(tag, file, WEB, "web:latest", "registry.example.com/shop/web:latest"));
    let secret = found("secret-value-in-spec", "the value of DATABASE_PASSWORD is a credential", container("web"));
    findings.push(seen(at(secret, file, WEB, "value:", "'*******************'"), "<redacted, 19 bytes>", "a secretKeyRef"));
    findings
}

fn role() -> Vec<Finding> {
    let of = subject("ClusterRole", "", "shop-operator", "");
    let all = at(
        found("rbac-wildcard-rule", "a rule grants every resource of every group", Arc::clone(&of)),
        "deploy/rbac.yaml",
        ROLE,
        "resources",
        "'*'",
    );
    let mut verbs = at(found("rbac-wildcard-rule", "a rule grants every verb", of), "deploy/rbac.yaml", ROLE, "verbs", "[get, list,");
    verbs.snippet = Some("  verbs: [get, list,\n    watch,\n    '*']".into());
    verbs.severity = Severity::Critical;
    verbs.path = "rules[0].verbs".into();
    if let Some(place) = &mut verbs.location {
        (place.end_line, place.end_column) = (9, 9);
    }
    vec![all, seen(verbs, "[get, list, watch, *]", "the verbs that are used")]
}

fn reviews() -> Vec<Finding> {
    let review = |check: &str, message: &str, of: Arc<Subject>, file: &str, name: &str| {
        let text = format!("kind: Namespace\nmetadata:\n  name: {name}\n");
        let finding = at(found(check, message, of), file, &text, "name:", name);
        Finding { verdict: FindingVerdict::Review, ..finding }
    };
    let spaces = ["shop", "payments", "search"];
    let in_space = |space: &str| {
        let of = || subject("Namespace", "", space, "");
        let file = format!("deploy/{space}/namespace.yaml");
        [
            review(
                "network-default-deny-missing",
                "no policy denies ingress by default; NetworkPolicies were not all seen",
                of(),
                &file,
                space,
            ),
            review("namespace-quota-missing", "no ResourceQuota in the namespace", of(), &file, space),
        ]
    };
    spaces.iter().flat_map(|space| in_space(space)).collect()
}

fn excused() -> Finding {
    let excuse = Excuse {
        by: "config".into(),
        reason: "the agent reads the node's sockets".into(),
        owner: "platform".into(),
        approver: String::new(),
        expires: Some("2027-01-31".into()),
    };
    let of = subject("DaemonSet", "agents", "flow", "");
    let finding =
        at(found("pss-host-namespaces", "pod shares the node's PID namespace", of), "deploy/agents.yaml", "hostPID: true", "host", "true");
    Finding { excused: Some(Box::new(excuse)), ..finding }
}

/// The whole.
pub(crate) fn shop() -> Assessment {
    let mut assessment = nothing();
    assessment.controls = catalog();
    assessment.findings = web("deploy/shop/web.yaml", "shop");
    assessment.findings.extend(web("deploy/shop/staging/web.yaml", "staging"));
    let worker = subject("Job", "shop", "réindex 🚀", "réindex");
    assessment.findings.extend(missing("deploy/shop/reindex.yaml", WORKER, "- name: réindex", &worker));
    let tag = found("image-tag-mutable", "image példa/köszönt 🚀 can change under the same name", worker);
    assessment.findings.push(at(tag, "deploy/shop/reindex.yaml", WORKER, "image", "\"példa/köszönt 🚀\""));
    assessment.findings.extend(role());
    assessment.findings.extend(reviews());
    assessment.findings.push(excused());
    let place = |uri: &str, line, column| Some(Place { uri: uri.into(), line, column });
    let gap = |what: &str, why: &str, location| Gap {
        surface: "manifest".into(),
        what: what.into(),
        why: why.into(),
        location,
        ..Gap::default()
    };
    assessment.gaps = vec![
        gap(
            "deploy/legacy/cron.yaml",
            "line 12 is indented with a tab, which YAML forbids; kubectl refuses the file as well",
            place("deploy/legacy/cron.yaml", 12, 1),
        ),
        gap("chart charts/shop", "not rendered: run `helm template` and scan what it prints", None),
        gap("chart charts/search", "not rendered: run `helm template` and scan what it prints", None),
    ];
    let patch = |number| format!("overlays/{number}/patch.yaml: Deployment web is not judged: a patch of a kustomization");
    assessment.notices = (1..9).map(patch).collect();
    assessment.notices.push("the exception for image-tag-mutable in cnscan.yaml:14 matched nothing".into());
    assessment.inputs = vec![ignored("deploy/values.yaml"), ignored("deploy/dashboard.json")];
    (assessment.summary.objects, assessment.summary.files) = (48, 17);
    done(assessment)
}
