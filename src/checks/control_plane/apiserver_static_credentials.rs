//! Credentials that stand in a file last until somebody changes the file.

use crate::checks::{Check, Fault, Probe, Severity, Surface, Verdict};
use crate::model::Component;
use crate::model::time::DAY;
use crate::model::{Field, GroupKind, Object, Role, Scan, kinds};

pub(super) static CHECK: Check = Check {
    id: "apiserver-static-credentials",
    title: "API server accepts static credentials",
    topic: "control_plane",
    severity: Severity::High,
    why: "A token in a file, a bootstrap token without an end or a password in a kubeconfig cannot be taken back: whoever copied it stays in.",
    fix: "Let people in by OIDC and an exec plugin, nodes by bootstrap tokens that end within a day; remove `--token-auth-file` and inline tokens.",
    how: "Fails when `--token-auth-file` or `--basic-auth-file` is set, when a bootstrap token (a Secret of that type in kube-system) has no expiration or ends more than 24 hours from now, and when a kubeconfig of a person has a token or password in it. A person's client certificate is left for review, since it cannot be revoked, and so is a bootstrap token or kubeconfig without such a fault where no API server is seen. Users whose names begin with system: are no people, nor are the ones that kubelets bootstrap with.",
    surfaces: &[Surface::Host, Surface::Cluster, Surface::Manifest],
    needs: &[kinds::SECRET, kinds::POD],
    blind: "In a running cluster the content of Secrets is not read, so that a bootstrap token there is for review.",
    refs: &["https://kubernetes.io/docs/reference/access-authn-authz/authentication/"],
    maps: &[
        ("cis", &["1.2.2", "3.1.1", "3.1.2", "3.1.3"]),
        ("owasp_k8s_2022", &["K06"]),
        ("owasp_k8s_2025", &["K09"]),
        ("mitre", &["T1078"]),
        ("cwe", &["CWE-798"]),
    ],
    probe: Probe::Scan(probe),
    ..Check::BASE
};

const KUBECONFIG: GroupKind = GroupKind::new("", "Config");

fn probe(scan: &Scan<'_>) -> Verdict {
    let components = scan.evidence.components().records().iter().map(|record| Component { scan, record });
    let servers: Vec<_> = components.filter(|component| component.role() == Role::ApiServer).collect();
    let tokens: Vec<_> =
        scan.evidence.of_kind(kinds::SECRET).filter(|secret| secret.namespace == Some("kube-system") && is_bootstrap(secret)).collect();
    let configs: Vec<_> = scan.evidence.of_kind(KUBECONFIG).collect();
    let Some(other) = servers.first().map(Component::object).or(tokens.first().copied()).or(configs.first().copied()) else {
        return Verdict::Unseen;
    };
    let flags = servers.iter().flat_map(|server| ["token-auth-file", "basic-auth-file"].map(|name| server.flag(name)));
    let flags = flags.filter(|flag| flag.is_set() && !flag.is_empty());
    let by_flag = flags
        .map(|flag| flag.fault(format!("whoever has a line of {} is let in, until the server restarts", flag.str())).expected("absent"));
    let by_token = tokens.iter().filter_map(|secret| lasting(secret, scan.now.as_second()));
    let by_config = configs.iter().flat_map(|config| config.at("users").items().flat_map(|entry| user(&entry)));
    let mut faults: Vec<_> = by_flag.chain(by_token).chain(by_config).collect();
    if faults.is_empty() && servers.is_empty() {
        let said = "what is seen here holds no lasting credential; whether the API server reads a file of tokens is not seen";
        faults.push(other.at("kind").fault(said).observed("").expected("its manifest or flags").severity(Severity::Low).doubt());
    }
    faults.into()
}

fn is_bootstrap(secret: &Object<'_>) -> bool {
    secret.at("type").str() == "bootstrap.kubernetes.io/token"
        || secret.live && secret.name.starts_with("bootstrap-token-") && secret.namespace == Some("kube-system")
}

fn lasting(secret: &Object<'_>, now: i64) -> Option<Fault> {
    if secret.live {
        return Some(secret.at("metadata.name").fault("a bootstrap token: until when it holds is not read").doubt());
    }
    let decoded = |text: &str| String::from_utf8(crate::model::credential::decode(text)?).ok();
    let (plain, encoded) = (secret.at("stringData.expiration"), secret.at("data.expiration"));
    let (field, until) = if plain.exists() { (plain, Some(plain.str().to_owned())) } else { (encoded, encoded.text().and_then(decoded)) };
    let Some(until) = until.filter(|until| !until.is_empty()) else {
        return Some(field.fault("the bootstrap token never ends").observed("absent").expected("an end within a day"));
    };
    let end = until.parse::<jiff::Timestamp>().ok()?.as_second();
    (end > now + DAY).then(|| field.fault(format!("the bootstrap token holds until {until}")).observed("").expected("an end within a day"))
}

/// A user of a kubeconfig.
fn user(entry: &Field<'_>) -> Vec<Fault> {
    let (name, user) = (entry.key("name").str(), entry.key("user"));
    let is_machine = name.starts_with("system:") || ["bootstrap", "default-auth"].iter().any(|part| name.contains(part));
    if is_machine {
        return Vec::new();
    }
    let inline = ["token", "password"].map(|key| user.key(key)).into_iter().filter(|field| !field.is_empty());
    let mut faults: Vec<_> =
        inline.map(|field| field.fault(format!("user {name} of this kubeconfig has a credential in it")).sensitive()).collect();
    let certificate = user.key("client-certificate-data");
    if faults.is_empty() && !certificate.is_empty() {
        let said = format!("user {name} is let in by a client certificate, which nobody can revoke: is that a person");
        faults.push(certificate.fault(said).observed("a certificate").severity(Severity::Low).doubt());
    }
    faults
}
