//! An audit log that records the bodies of Secrets is a store of credentials with many readers.

use crate::checks::control_plane::audited::by_policy;
use crate::checks::{Check, Fault, Probe, Severity, Surface, Verdict};
use crate::model::audit::{Level, PEOPLE, Request, decides};
use crate::model::{Component, Object, Role};

pub(super) static CHECK: Check = Check {
    id: "audit-policy-leaks-secrets",
    title: "audit policy records the content of Secrets or tokens",
    topic: "control_plane",
    severity: Severity::High,
    why: "Whoever reads the audit log, or wherever it is shipped to, then reads every Secret and token that went by.",
    fix: "Put a rule with `level: Metadata` for secrets, configmaps, serviceaccounts/token and tokenreviews before all wider ones.",
    how: "Asks the policy about reading and writing Secrets, asking for tokens and reviewing them, as an ordinary user and as a controller: the first rule that matches decides. Fails at RequestResponse, and at Request for what is sent with its content: Secrets that are written, and token reviews. ConfigMaps above Metadata are for review.",
    surfaces: &[Surface::Host],
    blind: "Custom resources that hold credentials, and rules for single users, groups or namespaces that none of the requests has.",
    refs: &["https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/"],
    maps: &[
        ("cis", &["3.2.2"]),
        ("owasp_k8s_2022", &["K05", "K08"]),
        ("owasp_k8s_2025", &["K03", "K10"]),
        ("mitre", &["T1552"]),
        ("cwe", &["CWE-532"]),
    ],
    probe: Probe::Component(&[Role::ApiServer, Role::Audit], probe),
    ..Check::BASE
};

/// What has the content in the answer alone, so that only `RequestResponse` records it.
const ANSWERED: [Request; 5] = [
    Request::asked("Secrets that are read", "get", "", "secrets"),
    Request::asked("Secrets that are listed", "list", "", "secrets"),
    Request::asked("Secrets that are deleted together", "deletecollection", "", "secrets"),
    Request {
        user: "system:kube-controller-manager",
        groups: PEOPLE,
        ..Request::asked("Secrets that a controller reads", "get", "", "secrets")
    },
    Request::asked("tokens of service accounts", "create", "", "serviceaccounts/token"),
];
/// What is sent with the content.
const SENT: [Request; 4] = [
    Request::asked("Secrets that are made", "create", "", "secrets"),
    Request::asked("Secrets that are changed", "update", "", "secrets"),
    Request::asked("Secrets that are changed", "patch", "", "secrets"),
    Request { namespace: "", ..Request::asked("tokens that are reviewed", "create", "authentication.k8s.io", "tokenreviews") },
];
const CONFIG_MAP: [Request; 1] = [Request::asked("ConfigMaps", "update", "", "configmaps")];

fn probe(server: &Component<'_>) -> Verdict {
    by_policy(server, |policy| {
        let mut faults = leaks(policy, &ANSWERED, Level::RequestResponse);
        let sent = leaks(policy, &SENT, Level::Request);
        faults.extend(sent.into_iter().filter(|fault| faults.iter().all(|known| known.place != fault.place)).collect::<Vec<_>>());
        let of_config = leaks(policy, &CONFIG_MAP, Level::Request);
        let new: Vec<_> = of_config.into_iter().filter(|fault| faults.iter().all(|known| known.place != fault.place)).collect();
        faults.extend(new.into_iter().map(Fault::doubt));
        faults.into()
    })
}

/// One fault a rule that records some requests at a level or above.
fn leaks(policy: &Object<'_>, requests: &[Request], least: Level) -> Vec<Fault> {
    let mut faults: Vec<Fault> = Vec::new();
    for request in requests {
        let (level, Some(rule)) = decides(policy, request) else { continue };
        let fault = rule.key("level").fault(format!("{} are recorded with their content", request.what)).expected("Metadata");
        if level >= least && faults.iter().all(|known| known.place != fault.place) {
            faults.push(fault);
        }
    }
    faults
}
