//! What is different when the evidence is a cluster: what was not seen is known.

use std::collections::BTreeSet;

use super::{Evidence, Extent};
use crate::discover::{Captured, Sight};
use crate::model::component::ComponentRecord;
use crate::model::pod_security::StandardVersion;
use crate::model::{GroupKind, KubernetesVersion, Role, kinds};

impl<'a> Evidence<'a> {
    /// The cluster that was read, when it is one.
    #[must_use]
    pub fn cluster(&self) -> Option<&'a Captured> {
        self.reading.live
    }

    /// How much of a kind was seen, in a namespace or at all.
    #[must_use]
    pub fn extent(&self, kind: GroupKind, namespace: Option<&str>) -> Extent {
        match self.reading.live {
            Some(_) if self.broken => Extent::Absent("a list of the cluster could not be parsed".to_owned()),
            Some(cluster) => extent(cluster, kind, namespace),
            // a file that could not be read may hold an object of any kind
            None if self.reading.complete && !self.unread => Extent::Whole,
            None => Extent::Partial,
        }
    }

    /// How many objects of the cluster gave way to files laid over it, with what they own.
    #[must_use]
    pub fn replaced(&self) -> usize {
        self.replaced
    }

    /// The version of the API server: the cluster's own, else that of its image, where all that are seen have one.
    #[must_use]
    pub fn served_version(&self) -> Option<KubernetesVersion> {
        match self.reading.live {
            Some(captured) => captured.cluster.version.parse().ok(),
            None => *self.lazy.server.get_or_init(|| match *self.written_versions().as_slice() {
                [only] => Some(only),
                _ => None,
            }),
        }
    }

    /// The versions of API servers that files show, without a cluster.
    #[must_use]
    pub fn written_versions(&self) -> Vec<KubernetesVersion> {
        let own = self.components().records().iter().filter(|record| self.reading.live.is_none() && record.role == Role::ApiServer);
        let versions: BTreeSet<_> = own.filter_map(ComponentRecord::version).collect();
        versions.into_iter().collect()
    }
}

/// The versions of the Pod Security Standards that a namespace's pin stands for: `latest` is the server's own.
pub(super) fn standard(cluster: Option<&Captured>, pinned: Option<StandardVersion>) -> (KubernetesVersion, KubernetesVersion) {
    match (pinned, cluster.and_then(|captured| captured.cluster.version.parse().ok())) {
        (Some(StandardVersion::Latest) | None, Some(served)) => (served, served),
        (pinned, _) => pinned.unwrap_or(StandardVersion::Latest).span(),
    }
}

fn extent(cluster: &Captured, kind: GroupKind, namespace: Option<&str>) -> Extent {
    match cluster.sight(kind.group, kind.kind, namespace) {
        Sight::Unserved if kinds::is_configuration(kind.group) => Extent::Absent("a file that the API does not show".to_owned()),
        Sight::Whole | Sight::Unserved => Extent::Whole,
        Sight::Part => Extent::Partial,
        Sight::Lost(why) => Extent::Absent(why.to_owned()),
    }
}
