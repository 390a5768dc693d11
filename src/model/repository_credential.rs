//! What Secrets of Argo CD, Flux and Tekton hold to open repositories of Git.

use crate::model::field::Field;
use crate::model::object::Object;
use crate::model::registry_client::secret_text;
use crate::model::ssh_key::{self, SshKey};

/// Keys of SSH, by the names that Argo CD, Flux and Tekton have for them.
const KEYS: &[&str] = &["sshPrivateKey", "identity", "ssh-privatekey"];
const PASSWORDS: &[&str] = &["password", "bearerToken"];
/// The key of an account of Google is one like another.
const ACCOUNTS: &[&str] = &["gcpServiceAccountKey"];

/// Below which a key of RSA is too short.
const BITS: usize = 3072;

/// What a Secret holds to open a repository, that somebody has to replace.
#[derive(Debug)]
pub struct Held<'a> {
    /// Where it stands.
    pub field: Field<'a>,
    /// For a person.
    pub what: &'static str,
    /// The password or token, where it is what is shown to the host.
    pub password: Option<Field<'a>>,
}

impl<'a> Held<'a> {
    /// What a Secret holds; `None` for nothing of that.
    #[must_use]
    pub fn of(secret: &Object<'a>) -> Option<Self> {
        let held = |names: &[&'static str]| names.iter().map(|name| secret_text(secret, name).0).find(|field| !field.is_empty());
        let (key, password, account) = (held(KEYS), held(PASSWORDS), held(ACCOUNTS));
        // over HTTP no key is shown
        let is_http = address(secret).is_some_and(|address| address.starts_with("http"));
        let password = password.filter(|_| key.is_none() || is_http);
        let (field, what) = match (key, password, account) {
            (_, Some(field), _) => (field, "the password or token"),
            (Some(field), ..) => (field, "the key"),
            (.., Some(field)) => (field, "the key of the account"),
            (None, None, None) => return None,
        };
        Some(Held { field, what, password })
    }
}

/// A key that can be broken, and of what it is; the public half of it may stand beside it.
#[must_use]
pub fn weak_key<'a>(secret: &Object<'a>) -> Option<(Field<'a>, String)> {
    KEYS.iter().find_map(|name| {
        let (field, text) = secret_text(secret, name);
        let beside = || if *name == "identity" { secret_text(secret, "identity.pub").1 } else { None };
        let said = match text.and_then(|text| ssh_key::read(&text)).or_else(|| ssh_key::read(&beside()?))? {
            SshKey::Dsa => "DSA".to_owned(),
            SshKey::Rsa(bits) if bits < BITS => format!("RSA with {bits} bits"),
            _ => return None,
        };
        Some((field, said))
    })
}

/// Whether a Secret holds what an app of the forge, or a workload identity, needs.
#[must_use]
pub fn is_of_app(secret: &Object<'_>) -> bool {
    let text = |key| secret_text(secret, key);
    !text("githubAppPrivateKey").0.is_empty() || text("useAzureWorkloadIdentity").1.is_some_and(|value| value == "true")
}

/// Whether Argo CD opens repositories of Git with a Secret.
#[must_use]
pub fn is_of_argo(secret: &Object<'_>) -> bool {
    let about = secret.label("argocd.argoproj.io/secret-type").str();
    let is_git = || secret_text(secret, "type").1.is_none_or(|kind| matches!(&*kind, "" | "git"));
    matches!(about, "repository" | "repo-creds" | "repository-write" | "repo-write-creds") && is_git()
}

/// Whether Tekton opens repositories of Git with a Secret.
#[must_use]
pub fn is_of_tekton(secret: &Object<'_>) -> bool {
    hosts_of_tekton(secret).next().is_some()
}

/// The hosts to which Tekton shows a Secret.
fn hosts_of_tekton<'a>(secret: &Object<'a>) -> impl Iterator<Item = &'a str> {
    let annotations = secret.at("metadata.annotations");
    let all = if annotations.exists() { annotations.entries() } else { Vec::new() };
    all.into_iter().filter(|(key, _)| key.starts_with("tekton.dev/git-")).map(|(_, value)| value.str())
}

fn address(secret: &Object<'_>) -> Option<String> {
    secret_text(secret, "url").1.map(|url| url.trim().to_owned())
}

/// The host that a Secret is for as a whole, and whether that is said of all its repositories: templates of Argo CD are for
/// what begins like them, and Tekton knows hosts alone.
#[must_use]
pub fn host(secret: &Object<'_>) -> Option<(String, bool)> {
    if secret.label("argocd.argoproj.io/secret-type").str().ends_with("creds") {
        let address = address(secret)?;
        let rest = address.split_once("://").map_or(address.as_str(), |(_, rest)| rest);
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        return path.trim_matches('/').is_empty().then(|| (host.to_owned(), true));
    }
    hosts_of_tekton(secret).next().map(|host| (host.to_owned(), false))
}
