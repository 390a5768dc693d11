//! What an audit policy records of the requests that an incident is about: its first matching rule decides.

use crate::checks::control_plane::audited::by_policy;
use crate::checks::{Check, Fault, Probe, Severity, Surface, Verdict};
use crate::model::audit::{Level, Request, decides, omits_complete};
use crate::model::{Component, Object, Role};

pub(super) static CHECK: Check = Check {
    id: "audit-policy-gaps",
    title: "audit policy misses events that incidents are about",
    topic: "control_plane",
    severity: Severity::Medium,
    why: "Who changed a right, read a Secret or opened a shell in a pod cannot be told afterwards when no rule records it.",
    fix: "Put narrow `None` rules first, `RequestResponse` for rights and admission, and end with a rule `Metadata` for all.",
    how: "Asks the policy about 14 requests of an ordinary user, as the API server would: the first rule that matches decides, none means nothing is recorded. Fails for each that gets None (reading and writing Secrets, exec, attach and port-forward, ephemeral containers, node proxy, tokens, deleting namespaces and events, anonymous requests), for changes of rights or admission below Request, and where ResponseComplete is omitted.",
    surfaces: &[Surface::Host],
    blind: "Rules for single users, groups, namespaces or names that none of the requests asked about has.",
    refs: &["https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/#audit-policy"],
    maps: &[("cis", &["3.2.2"]), ("owasp_k8s_2022", &["K05"]), ("owasp_k8s_2025", &["K10"]), ("cwe", &["CWE-778"])],
    probe: Probe::Component(&[Role::ApiServer, Role::Audit], probe),
    ..Check::BASE
};

/// What is to be recorded at all.
const METADATA: [Request; 10] = [
    Request::asked("reading Secrets", "get", "", "secrets"),
    Request::asked("changing Secrets", "update", "", "secrets"),
    Request::asked("commands in pods (pods/exec)", "create", "", "pods/exec"),
    Request::asked("pods/attach", "create", "", "pods/attach"),
    Request::asked("pods/portforward", "create", "", "pods/portforward"),
    Request::asked("debugging pods (pods/ephemeralcontainers)", "patch", "", "pods/ephemeralcontainers"),
    Request::asked("tokens of service accounts", "create", "", "serviceaccounts/token"),
    Request { namespace: "", ..Request::asked("the proxy of nodes", "get", "", "nodes/proxy") },
    Request { namespace: "", ..Request::asked("deleting namespaces", "delete", "", "namespaces") },
    Request { user: "system:anonymous", groups: &["system:unauthenticated"], ..Request::asked("anonymous requests", "list", "", "pods") },
];

/// What is to be recorded with what was sent.
const REQUEST: [Request; 4] = [
    Request::asked("changes of Roles and bindings", "create", "rbac.authorization.k8s.io", "rolebindings"),
    Request {
        namespace: "",
        ..Request::asked("changes of ClusterRoles and their bindings", "update", "rbac.authorization.k8s.io", "clusterroles")
    },
    Request {
        namespace: "",
        ..Request::asked("changes of admission webhooks", "update", "admissionregistration.k8s.io", "validatingwebhookconfigurations")
    },
    Request {
        namespace: "",
        ..Request::asked("approval of certificates", "update", "certificates.k8s.io", "certificatesigningrequests/approval")
    },
];

fn probe(server: &Component<'_>) -> Verdict {
    by_policy(server, |policy| faults(policy).into())
}

fn faults(policy: &Object<'_>) -> Vec<Fault> {
    let wanted = METADATA.iter().map(|request| (request, Level::Metadata)).chain(REQUEST.iter().map(|request| (request, Level::Request)));
    let mut faults: Vec<Fault> = Vec::new();
    let mut unmatched = Vec::new();
    for (request, least) in wanted {
        let (level, rule) = decides(policy, request);
        match rule {
            None => unmatched.push(request.what),
            Some(rule) if level < least => {
                let said = format!("recorded with {level:?} only: {}", request.what);
                faults.push(rule.key("level").fault(said).expected(format!("{least:?} or more")));
            }
            Some(rule) => {
                let omitted =
                    omits_complete(policy, Some(rule)).filter(|_| faults.iter().all(|fault| fault.observed != "ResponseComplete"));
                faults
                    .extend(omitted.map(|stage| stage.fault("what becomes of a request is not recorded").expected("no ResponseComplete")));
            }
        }
    }
    if !unmatched.is_empty() {
        let said = format!("no rule matches, so nothing is recorded of: {}", unmatched.join(", "));
        faults.push(policy.at("rules").fault_at_key(said).expected("a last rule for all that is left"));
    }
    faults
}
