//! Programs that talk to registries, as containers run them, and what Secrets say to them.

use std::borrow::Cow;

use crate::model::{Container, Field, Object, credential, registry};

/// Programs with the switches that give up TLS, or its verification.
const SWITCHES: &[(&str, &[&str])] = &[
    (
        "kaniko",
        &[
            "--insecure",
            "--insecure-pull",
            "--insecure-registry",
            "--skip-tls-verify",
            "--skip-tls-verify-pull",
            "--skip-tls-verify-registry",
        ],
    ),
    ("skopeo", &["--tls-verify=false", "--src-tls-verify=false", "--dest-tls-verify=false"]),
    ("buildah", &["--tls-verify=false"]),
    ("podman", &["--tls-verify=false"]),
    ("crane", &["--insecure"]),
    ("cosign", &["--allow-insecure-registry", "--allow-http-registry"]),
    ("helm", &["--plain-http", "--insecure-skip-tls-verify"]),
    ("oras", &["--plain-http", "--insecure"]),
    ("dockerd", &["--insecure-registry"]),
];

/// The names of images whose entry point is such a program.
const IMAGES: &[(&str, &str)] = &[
    ("kaniko-project/executor", "kaniko"),
    ("chainguard/kaniko", "kaniko"),
    ("osscontainertools/kaniko", "kaniko"),
    ("skopeo/stable", "skopeo"),
    ("containers/skopeo", "skopeo"),
    ("google/go-containerregistry/crane", "crane"),
    ("go-containerregistry/crane", "crane"),
    ("projectsigstore/cosign", "cosign"),
    ("sigstore/cosign/cosign", "cosign"),
    ("alpine/helm", "helm"),
    ("oras-project/oras", "oras"),
    ("library/docker", "dockerd"),
];

/// A container that runs a client of registries.
#[derive(Debug)]
pub struct Client<'a> {
    name: &'static str,
    switches: &'static [&'static str],
    words: Vec<Field<'a>>,
}

impl<'a> Client<'a> {
    /// What a container runs, by its command line, or by its image where it has none.
    #[must_use]
    pub fn of(container: &Container<'a>) -> Option<Self> {
        let (command, args) = (container.at("command"), container.at("args"));
        let mut words: Vec<_> = command.items().chain(args.items()).collect();
        let name = match command.items().next().and_then(Field::text) {
            Some(first) => {
                let program = first.rsplit('/').next().unwrap_or_default();
                let known = if first == "/kaniko/executor" { "kaniko" } else { program };
                words.remove(0);
                SWITCHES.iter().map(|(name, _)| *name).find(|name| *name == known)?
            }
            None if words.is_empty() => return None,
            None => by_image(container)?,
        };
        let (name, switches) = SWITCHES.iter().find(|(known, _)| *known == name)?;
        Some(Client { name, switches, words })
    }

    /// The program.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What follows the program.
    pub fn words(&self) -> impl Iterator<Item = Field<'a>> + '_ {
        self.words.iter().copied()
    }

    /// The word that gives up TLS, or its verification.
    #[must_use]
    pub fn bare(&self) -> Option<Field<'a>> {
        self.words().find(|word| self.switches.iter().any(|switch| is_on(word.str(), switch)))
    }
}

/// Whether a word is a switch that is on: `--insecure`, `--insecure=true`, `--insecure-registry=host`; of one that is given up
/// by `=false`, whether it is given up in any way that Go reads as that.
fn is_on(word: &str, switch: &str) -> bool {
    if let Some(name) = switch.strip_suffix("=false") {
        let value = word.strip_prefix(name).and_then(|rest| rest.strip_prefix('='));
        return value.is_some_and(|value| matches!(value, "0" | "f" | "F" | "false" | "FALSE" | "False"));
    }
    match word.strip_prefix(switch) {
        Some("") => true,
        Some(rest) => rest.strip_prefix('=').is_some_and(|value| !matches!(value, "" | "false" | "0" | "False" | "FALSE")),
        None => false,
    }
}

fn by_image(container: &Container<'_>) -> Option<&'static str> {
    let image = container.reference().ok()?;
    IMAGES.iter().find(|(end, _)| image.ends_with(end)).map(|(_, name)| *name)
}

/// What containerd reaches by a hosts.toml: addresses with their places, and the certificates that it shows there.
#[must_use]
pub fn reached<'a>(hosts: &Object<'a>) -> Vec<(&'a str, Field<'a>, Field<'a>)> {
    let server = hosts.at("server");
    let mut all: Vec<_> = hosts.at("host").entries().into_iter().map(|(url, field)| (url, field, field.key("client"))).collect();
    // the registry itself comes last, whatever stands in front of it; what is for all registries names none
    let address = if server.is_empty() { hosts.name } else { server.str() };
    let is_listed = all.iter().any(|(url, ..)| registry::host(url) == registry::host(address));
    if !is_listed && address != "_default" {
        all.push((address, if server.is_empty() { hosts.field() } else { server }, hosts.at("client")));
    }
    all
}

/// What a Secret in a file holds under a key, in the clear or in base64, with its place.
#[must_use]
pub fn secret_text<'a>(secret: &Object<'a>, key: &'a str) -> (Field<'a>, Option<Cow<'a, str>>) {
    let (plain, encoded) = (secret.at("stringData").key(key), secret.at("data").key(key));
    match plain.text() {
        Some(text) => (plain, Some(text.into())),
        None => (encoded, encoded.text().and_then(credential::decode).and_then(|bytes| String::from_utf8(bytes).ok()).map(Cow::Owned)),
    }
}

#[cfg(test)]
mod tests {
    use super::is_on;

    #[test]
    fn a_switch_is_on_unless_it_says_otherwise() {
        for (word, switch, on) in [
            ("--insecure", "--insecure", true),
            ("--insecure=true", "--insecure", true),
            ("--insecure=false", "--insecure", false),
            ("--insecure-pull", "--insecure", false),
            ("--tls-verify=0", "--tls-verify=false", true),
            ("--tls-verify=true", "--tls-verify=false", false),
            ("--tls-verify", "--tls-verify=false", false),
            ("--insecure-registry=a.example.com", "--insecure-registry", true),
            ("--tls-verify=false", "--tls-verify=false", true),
            ("--tls-verify=true", "--tls-verify=false", false),
        ] {
            assert_eq!(is_on(word, switch), on, "{word}");
        }
    }
}
