//! Registries that others run, by their hosts: a dated table.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::model::table;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[expect(dead_code, reason = "for a person: when the facts were read")]
    read: String,
    #[expect(dead_code, reason = "for a person: where the facts are from")]
    sources: Vec<String>,
    hosts: Vec<String>,
    ends: Vec<String>,
    amazon: Within,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Within {
    begin: String,
    ends: Vec<String>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| table::shipped("table of registries", include_str!("../../profiles/registries.yaml")));

/// Whether a host is a registry that a provider runs, and that keeps artefacts of OCI.
#[must_use]
pub fn is_provided(host: &str) -> bool {
    let amazon = &TABLE.amazon;
    TABLE.hosts.iter().any(|known| known == host)
        || TABLE.ends.iter().any(|end| host.ends_with(end.as_str()))
        || host.contains(amazon.begin.as_str()) && amazon.ends.iter().any(|end| host.ends_with(end.as_str()))
}

/// The host, with its port, of a URL or of a reference: `oci://registry.example.com/charts`.
#[must_use]
pub fn host(address: &str) -> &str {
    let plain = address.split_once("://").map_or(address, |(_, rest)| rest);
    let authority = plain.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit_once('@').map_or(authority, |(_, host)| host)
}

#[cfg(test)]
mod tests {
    use super::{host, is_provided};

    #[test]
    fn registries_are_known_by_their_hosts() {
        for (name, is) in [
            ("ghcr.io", true),
            ("123456789012.dkr.ecr.eu-central-1.amazonaws.com", true),
            ("dkr.ecr.example.com", false),
            ("europe-docker.pkg.dev", true),
            ("eu.gcr.io", true),
            ("shop.azurecr.io", true),
            ("azurecr.io.example.com", false),
            ("notghcr.io", false),
            ("registry.example.com:5000", false),
        ] {
            assert_eq!(is_provided(name), is, "{name}");
        }
        for (address, wanted) in [
            ("oci://registry.example.com:5000/charts/web", "registry.example.com:5000"),
            ("https://user@registry.example.com", "registry.example.com"),
            ("registry.example.com/a", "registry.example.com"),
            ("", ""),
        ] {
            assert_eq!(host(address), wanted);
        }
    }
}
