//! What components do when a flag is not set, by version, and what distributions set: a dated table with its sources.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::model::{KubernetesVersion, table};

/// One row: a flag that a component has a value for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    /// `kube-apiserver`, …; `kubelet-config` for fields of a file.
    component: String,
    flag: String,
    value: String,
    /// The minor version from which it holds.
    #[serde(default)]
    since: u16,
}

/// What a distribution sets where the user sets nothing.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    by: String,
    component: String,
    flags: Vec<(String, String)>,
}

/// See the module's page.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[expect(dead_code, reason = "for a person: when the facts were looked up")]
    read: String,
    #[expect(dead_code, reason = "for a person: where the facts are from")]
    sources: Vec<String>,
    defaults: Vec<Row>,
    given: Vec<Given>,
    booleans: Vec<String>,
    lists: Vec<String>,
    insecure_ciphers: Vec<String>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| table::shipped("table of defaults", include_str!("../../../profiles/components.yaml")));

/// The value of a flag that nobody sets; `None` where it has none.
pub(super) fn default(component: &str, flag: &str, version: KubernetesVersion) -> Option<&'static str> {
    let rows = TABLE.defaults.iter().filter(|row| row.component == component && row.flag == flag && row.since <= version.0);
    rows.max_by_key(|row| row.since).map(|row| row.value.as_str())
}

/// The value that a distribution gives a flag.
pub(super) fn given(by: &str, component: &str, flag: &str) -> Option<&'static str> {
    let rows = TABLE.given.iter().filter(|row| row.by == by && row.component == component);
    rows.flat_map(|row| &row.flags).find(|(name, _)| name == flag).map(|(_, value)| value.as_str())
}

/// Whether a flag needs no value.
pub(super) fn is_bool(flag: &str) -> bool {
    TABLE.booleans.iter().any(|known| known == flag)
}

/// Whether what is given twice adds up.
pub(super) fn is_list(flag: &str) -> bool {
    TABLE.lists.iter().any(|known| known == flag)
}

/// Whether Go calls a cipher suite insecure.
#[must_use]
pub fn is_insecure_cipher(name: &str) -> bool {
    TABLE.insecure_ciphers.iter().any(|known| known == name)
}
