//! Until when minor releases of Kubernetes get fixes: a dated table.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::model::{KubernetesVersion, dated, table};

/// Whether a release still gets fixes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Support {
    /// It does.
    Supported,
    /// It ended on this day, or (`true`) some time before it.
    Ended(&'static str, bool),
    /// The table does not know it.
    Unknown,
    /// The table is too old to say so.
    Stale,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    read: String,
    #[expect(dead_code, reason = "for a person: where the facts are from")]
    sources: Vec<String>,
    ends: Vec<(u16, String)>,
}

static TABLE: LazyLock<Table> =
    LazyLock::new(|| table::shipped("table of releases", include_str!("../../profiles/kubernetes-releases.yaml")));

/// Whether a release still gets fixes on a day, counted from 1970.
#[must_use]
pub fn support(version: KubernetesVersion, today: i64) -> Support {
    let oldest = TABLE.ends.iter().map(|(minor, _)| *minor).min().unwrap_or_default();
    let row = TABLE.ends.iter().find(|(minor, _)| *minor == version.0.max(oldest));
    match row {
        None => Support::Unknown,
        Some((_, end)) if version.0 < oldest => Support::Ended(end, true),
        Some((_, end)) if dated::day_in(end).is_some_and(|end| end < today) => Support::Ended(end, false),
        Some(_) if dated::is_stale(&TABLE.read, today) => Support::Stale,
        Some(_) => Support::Supported,
    }
}
