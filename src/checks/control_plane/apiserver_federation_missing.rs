//! People who are known to the cluster alone escape what their organisation asks of them.

use crate::checks::{Check, Probe, Severity, Surface, Verdict};
use crate::model::component::{AUTHENTICATION, Joined};
use crate::model::{Component, Field, GroupKind, Object, Role, kinds};

pub(super) static CHECK: Check = Check {
    id: "apiserver-federation-missing",
    title: "people who use the cluster are not federated",
    topic: "control_plane",
    severity: Severity::Medium,
    why: "Whoever comes with a certificate or token of the cluster's own is asked for no second factor, and stays when he leaves the organisation.",
    fix: "Give the API server an AuthenticationConfiguration with the issuer of your people, its audience and a claim rule on `amr` or `acr`.",
    how: "Fails when the API server has no OIDC issuer, JWT authenticator, token webhook or authenticating proxy for people, and a binding names a user or group other than those of system: and kubeadm:. With an authenticator it passes when a claim rule asks for `amr` or `acr`; without such a rule it is for review, as only the identity provider shows its second factor. Where no such binding was seen, it passes if all bindings were; a node's files alone, which have none, are left for review.",
    surfaces: &[Surface::Host, Surface::Cluster],
    needs: &[kinds::CLUSTER_ROLE_BINDING, kinds::ROLE_BINDING],
    blind: "What the identity provider asks for, and a provider's control plane.",
    refs: &["https://kubernetes.io/docs/reference/access-authn-authz/authentication/#using-authentication-configuration"],
    maps: &[("cis", &["3.1.1"]), ("owasp_k8s_2022", &["K06"]), ("owasp_k8s_2025", &["K09"]), ("mitre", &["T1078"]), ("cwe", &["CWE-308"])],
    probe: Probe::Component(&[Role::ApiServer], probe),
    ..Check::BASE
};

fn probe(server: &Component<'_>) -> Verdict {
    let config = server.flag("authentication-config");
    match server.joined("authentication-config", AUTHENTICATION) {
        Joined::Found(file) if file.at("jwt").items().next().is_some() => {
            let unproved = file.at("jwt").items().filter(|issuer| !asks_for_factor(*issuer));
            return unproved.map(|issuer| issuer.at("issuer.url").fault(MFA).doubt().severity(Severity::Low)).collect();
        }
        Joined::Lost(path) => return config.doubt(format!("{path} is not among the files: whom it lets in is not known")),
        _ => {}
    }
    let issuer = server.flag("oidc-issuer-url");
    if issuer.is_set() {
        let required = server.flag("oidc-required-claim");
        return if is_factor(required.str()) { Verdict::Pass } else { issuer.fault(MFA).doubt().severity(Severity::Low).into() };
    }
    let webhook = server.flag("authentication-token-webhook-config-file");
    if webhook.is_set() {
        return webhook.fault(MFA).doubt().severity(Severity::Low).into();
    }
    match person(server) {
        Some((subject, name)) => {
            let said = format!("{name} is granted rights, and the API server knows no identity provider for people");
            subject.fault(said).expected("an issuer that the API server trusts").into()
        }
        // every cluster has some: files of a node alone cannot tell
        None if server.scan().evidence.is_of_node(server.object()) && bindings(server).next().is_none() => Verdict::Review(
            "no identity provider is set, and no binding is among the input: whether people are granted rights is not known".into(),
        ),
        None => Verdict::PassIfNone(BINDINGS),
    }
}

const MFA: &str = "people are federated, but no claim rule asks for a second factor: show it at the identity provider";

fn asks_for_factor(issuer: Field<'_>) -> bool {
    issuer.key("claimValidationRules").items().any(|rule| is_factor(rule.key("claim").str()) || is_factor(rule.key("expression").str()))
}

fn is_factor(text: &str) -> bool {
    text.split(|letter: char| !letter.is_ascii_alphanumeric()).any(|word| matches!(word, "amr" | "acr"))
}

const BINDINGS: &[GroupKind] = &[kinds::CLUSTER_ROLE_BINDING, kinds::ROLE_BINDING];

/// The bindings of its cluster.
fn bindings<'s, 'a>(server: &'s Component<'a>) -> impl Iterator<Item = &'a Object<'a>> + use<'s, 'a> {
    let evidence = server.scan().evidence;
    BINDINGS.iter().flat_map(|kind| evidence.of_kind(*kind)).filter(|binding| server.serves(binding))
}

/// A subject of a binding that is no part of the cluster.
fn person<'a>(server: &Component<'a>) -> Option<(Field<'a>, String)> {
    let subjects = bindings(server).flat_map(|binding| binding.at("subjects").items());
    subjects.filter(|subject| matches!(subject.key("kind").str(), "User" | "Group")).find_map(|subject| {
        let name = subject.key("name");
        let own = ["system:", "kubeadm:", "kube-apiserver"].iter().any(|prefix| name.str().starts_with(prefix));
        (!own).then(|| (name, format!("{} {}", subject.key("kind").str().to_lowercase(), name.str())))
    })
}
