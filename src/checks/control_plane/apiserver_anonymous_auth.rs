//! A request without credentials is `system:anonymous`: harmless as long as no binding names it.

use crate::checks::{Check, Fault, Probe, Severity, Surface, Verdict};
use crate::model::component::{AUTHENTICATION, Held, Joined};
use crate::model::{Component, Field, Role};

pub(super) static CHECK: Check = Check {
    id: "apiserver-anonymous-auth",
    title: "API server accepts anonymous requests",
    topic: "control_plane",
    severity: Severity::Low,
    why: "Requests without credentials reach authorization as `system:anonymous`: one binding too many, and everybody may what it grants.",
    fix: "Limit `anonymous` in an AuthenticationConfiguration to /livez, /readyz and /healthz (from 1.32 on), or set `--anonymous-auth=false` and adapt the probes.",
    how: "Fails when `--anonymous-auth` is true or absent (the default is true) and no AuthenticationConfiguration speaks of anonymous requests; or when that file allows them for all paths, or for others than /livez, /readyz and /healthz. Flag and file exclude each other: beside such a file the flag is for review. With AlwaysAllow in `--authorization-mode` the server switches them off itself. A file that a flag names is found by the end of its path, or as the only one of its kind; where it is missing, that is left for review.",
    surfaces: &[Surface::Host, Surface::Cluster],
    blind: "Who is granted what: rbac-anonymous-binding judges that. A provider's control plane shows no flags.",
    refs: &["https://kubernetes.io/docs/reference/access-authn-authz/authentication/#anonymous-requests"],
    maps: &[
        ("cis", &["1.2.1"]),
        ("owasp_k8s_2022", &["K06", "K09"]),
        ("owasp_k8s_2025", &["K06", "K07", "K09"]),
        ("mitre", &["T1078.001"]),
        ("cwe", &["CWE-306"]),
    ],
    probe: Probe::Component(&[Role::ApiServer, Role::Authentication], probe),
    ..Check::BASE
};

/// What the probes of installers ask for.
const HEALTH: [&str; 3] = ["/livez", "/readyz", "/healthz"];

fn probe(server: &Component<'_>) -> Verdict {
    let flag = server.flag("anonymous-auth");
    match server.joined("authentication-config", AUTHENTICATION) {
        Joined::Found(file) if file.at("anonymous").exists() && server.role() == Role::ApiServer && flag.is_set() => {
            return excluded(&flag, by_file(file.at("anonymous"))).into();
        }
        Joined::Found(file) if file.at("anonymous").exists() => return by_file(file.at("anonymous")).into(),
        Joined::Lost(path) if !flag.is_set() => {
            return server.flag("authentication-config").doubt(format!("{path} is not among the files: it may limit anonymous requests"));
        }
        _ if server.role() == Role::Authentication => return Verdict::Skip("a file that leaves anonymous requests to the flag".into()),
        _ => {}
    }
    // a file of authorizers takes the place of the modes
    let modes = server.flag("authorization-mode");
    let by_modes = !server.flag("authorization-config").is_set() && modes.unknown().is_none();
    if by_modes && server.list("authorization-mode").contains(&"AlwaysAllow") {
        return Verdict::Pass;
    }
    let fault = flag.fault_if(flag.bool() != Some(false), || "requests without credentials are let in as system:anonymous");
    fault.map(|fault| fault.expected("false, or conditions in an AuthenticationConfiguration")).into()
}

/// The server does not start with both: which of them is in force elsewhere nobody can tell.
fn excluded(flag: &Held<'_>, by_file: Vec<Fault>) -> Vec<Fault> {
    let said = "the flag stands beside an AuthenticationConfiguration that speaks of anonymous requests: the API server refuses to start with both";
    let both = flag.fault(said).expected("one of them").doubt();
    by_file.into_iter().chain([both]).collect()
}

fn by_file(anonymous: Field<'_>) -> Vec<Fault> {
    let (enabled, conditions) = (anonymous.at("enabled"), anonymous.at("conditions"));
    if !enabled.is_true() {
        return Vec::new();
    }
    if conditions.is_empty() {
        return vec![enabled.fault("requests without credentials are let in on every path").expected("conditions that name health paths")];
    }
    let paths = conditions.items().map(|condition| condition.key("path"));
    let others = paths.filter(|path| !HEALTH.contains(&path.str()));
    others.map(|path| path.fault(format!("requests without credentials are let in on {}", path.str())).expected("a health path")).collect()
}
