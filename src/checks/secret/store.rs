//! The stores of External Secrets.

use crate::model::{Field, GroupKind, Object};

pub(super) const SECRET_STORE: GroupKind = GroupKind::new("external-secrets.io", "SecretStore");
pub(super) const CLUSTER_SECRET_STORE: GroupKind = GroupKind::new("external-secrets.io", "ClusterSecretStore");

/// The one provider of a store, by its name.
pub(super) fn provider<'a>(store: &Object<'a>) -> Option<(&'a str, Field<'a>)> {
    store.at("spec.provider").entries().into_iter().next()
}
