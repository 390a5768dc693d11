//! Operating systems of nodes, by what they call themselves: a dated list.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::model::table;

/// What a system is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// For running containers, and little else.
    Container,
    /// For everything.
    General,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[expect(dead_code, reason = "for a person: when the facts were looked up")]
    read: String,
    #[expect(dead_code, reason = "for a person: where the facts are from")]
    sources: Vec<String>,
    container: Vec<String>,
    general: Vec<String>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| table::shipped("list of systems", include_str!("../../profiles/node-systems.yaml")));

/// What a system is made for; `None` when it is not on the list.
#[must_use]
pub fn known(name: &str) -> Option<Kind> {
    let lower = name.to_lowercase();
    let is_in = |list: &[String]| list.iter().any(|known| lower.contains(&known.to_lowercase()));
    // the names of the first hold those of the second: `Ubuntu Core`, `Red Hat Enterprise Linux CoreOS`
    if is_in(&TABLE.container) {
        return Some(Kind::Container);
    }
    is_in(&TABLE.general).then_some(Kind::General)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systems_are_known_by_their_names() {
        assert_eq!(known("Ubuntu 24.04.1 LTS"), Some(Kind::General));
        assert_eq!(known("Ubuntu Core 24"), Some(Kind::Container));
        assert_eq!(known("Red Hat Enterprise Linux CoreOS 418.94 (Plow)"), Some(Kind::Container));
        assert_eq!(known("Red Hat Enterprise Linux 9.4 (Plow)"), Some(Kind::General));
        assert_eq!(known("Talos (v1.9.1)"), Some(Kind::Container));
        assert_eq!(known("Bottlerocket OS 1.20.0 (aws-k8s-1.29)"), Some(Kind::Container));
        assert_eq!(known("CBL-Mariner/Linux"), None);
    }
}
