//! What a check may look at: the evidence, the settings, the version judged by.

use std::borrow::Cow;

use crate::model::evidence::{Evidence, Extent};
use crate::model::field::unnoticed;
use crate::model::time::DAY;
use crate::model::{GroupKind, KubernetesVersion, Map, Namespace, Pod, Verdict};
use crate::settings::Settings;

/// See the module's page.
#[derive(Debug, Clone, Copy)]
pub struct Scan<'a> {
    /// All that was read.
    pub evidence: &'a Evidence<'a>,
    /// What the user set.
    pub settings: &'a Settings,
    /// The version given by flag or configuration; `None`: the server's, else the latest known.
    pub version: Option<KubernetesVersion>,
    /// When it is judged: what is too old, or has run out, is so at this time.
    pub now: jiff::Timestamp,
}

impl<'a> Scan<'a> {
    /// The version to judge by.
    #[must_use]
    pub fn version(&self) -> KubernetesVersion {
        self.version.or_else(|| self.evidence.served_version()).unwrap_or(KubernetesVersion::LATEST)
    }

    /// The day of it, counted from 1970.
    #[must_use]
    pub fn today(&self) -> i64 {
        self.now.as_second().div_euclid(DAY)
    }

    /// Whether the user says that the input is all there is.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.evidence.is_complete()
    }

    /// Whether every object of a kind in a namespace (all namespaces: `None`) was seen.
    #[must_use]
    pub fn is_whole(&self, kind: GroupKind, namespace: Option<&str>) -> bool {
        matches!(self.evidence.extent(kind, namespace), Extent::Whole)
    }

    /// What only a person can answer, once every object of these kinds was to be seen; before, nobody is asked.
    #[must_use]
    pub fn review_if_whole(&self, kinds: &[GroupKind], said: impl Into<Cow<'static, str>>) -> Verdict {
        let is_whole = kinds.iter().all(|kind| self.is_whole(*kind, None));
        if is_whole { Verdict::Review(said.into()) } else { Verdict::Skip(said.into()) }
    }

    /// Who runs the control plane where a provider does, so that nothing of it can be seen, and what tells.
    #[must_use]
    pub fn managed_by(&self) -> Option<(&'a str, &'a str)> {
        let cluster = &self.evidence.cluster()?.cluster;
        Some((cluster.managed_by.as_deref()?, cluster.managed_sign.as_deref().unwrap_or_default()))
    }

    /// The view of a pod by its number.
    #[must_use]
    pub fn pod(&'a self, id: u32) -> Pod<'a> {
        Pod { scan: self, record: &self.evidence.pods()[id as usize] }
    }

    /// The view of a namespace, when anything names it.
    #[must_use]
    pub fn namespace(&'a self, world: u16, name: &str) -> Option<Namespace<'a>> {
        self.evidence.namespace(world, name).map(|record| Namespace { scan: self, record })
    }

    /// Of a world's namespaces that have workloads, system ones left out, the first by name, and how many there are.
    #[must_use]
    pub fn first_namespace(&self, world: u16) -> Option<(&'a str, usize)> {
        let evidence = self.evidence;
        let counted = || {
            let mut found: Map<u16, (Box<str>, usize)> = Map::default();
            let busy = evidence.namespaces().iter().filter(|record| !record.pods.is_empty() && !self.is_system_namespace(record.name));
            for record in busy {
                let (first, count) = found.entry(record.world).or_insert_with(|| (record.name.into(), 0));
                *count += 1;
                if record.name < &**first {
                    *first = record.name.into();
                }
            }
            found
        };
        let (first, count) = evidence.lazy.first_namespaces.get_or_init(|| unnoticed(counted)).get(&world)?;
        Some((first, *count))
    }

    /// Whether rule N1 of the checks spares a namespace.
    #[must_use]
    pub fn is_system_namespace(&self, name: &str) -> bool {
        self.settings.strings(&crate::settings::SYSTEM_NAMESPACES).any(|system| system == name)
    }
}
