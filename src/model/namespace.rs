//! A namespace: named by its document, or only by the objects in it.

use std::sync::{Arc, OnceLock};

use crate::model::admission::{self, Answer};
use crate::model::field::{Field, unnoticed};
use crate::model::network::Policy;
use crate::model::object::{Object, UNSET_NAMESPACE};
use crate::model::pod::Pod;
use crate::model::scan::Scan;
use crate::model::selector::Cover;
use crate::model::version::KubernetesVersion;

/// What the index knows of a namespace.
#[derive(Debug)]
pub struct NamespaceRecord<'a> {
    pub(crate) world: u16,
    pub(crate) name: &'a str,
    /// Its own documents; more than one when the input has copies.
    pub(crate) documents: Vec<u32>,
    /// The objects in it.
    pub(crate) objects: Vec<u32>,
    /// The pods in it.
    pub(crate) pods: Vec<u32>,
    /// The NetworkPolicies in it.
    pub(crate) policies: Vec<Policy<'a>>,
    /// For each direction, whether the policies that isolate, and those that open again, leave no pod out; found when asked.
    pub(crate) covers: [OnceLock<[Cover; 2]>; 2],
    /// What is refused in it, in the order of the standard's table; found when asked.
    pub(crate) admission: OnceLock<Arc<[Answer]>>,
    /// The policies of other engines that may select pods of it, in the order in which they are asked; found when asked.
    pub(crate) guards: OnceLock<Vec<u32>>,
    /// Where to point when it has no document.
    pub(crate) mention: Field<'a>,
    /// The oldest and the latest version of the Pod Security Standards that its documents ask for.
    pub(crate) standard: Option<(KubernetesVersion, KubernetesVersion)>,
}

impl NamespaceRecord<'_> {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name
    }
}

/// A namespace and what lives in it.
#[derive(Debug, Clone, Copy)]
pub struct Namespace<'a> {
    pub(crate) scan: &'a Scan<'a>,
    pub(crate) record: &'a NamespaceRecord<'a>,
}

impl<'a> Namespace<'a> {
    /// What else there is to look at.
    #[must_use]
    pub fn scan(&self) -> &'a Scan<'a> {
        self.scan
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.record.name
    }

    /// As the end of a sentence about what is in it: nothing for the objects that name none.
    #[must_use]
    pub fn after(&self, word: &str) -> String {
        if self.record.name == UNSET_NAMESPACE { String::new() } else { format!(" {word} the namespace {}", self.record.name) }
    }

    /// Which world it belongs to.
    #[must_use]
    pub fn world(&self) -> u16 {
        self.record.world
    }

    /// Whether rule N1 spares it.
    #[must_use]
    pub fn is_system(&self) -> bool {
        self.scan.is_system_namespace(self.record.name)
    }

    /// Its documents: usually one, none when it is only named, several when the input holds copies.
    pub fn documents(&self) -> impl Iterator<Item = &'a Object<'a>> + use<'a> {
        let scan = self.scan;
        self.record.documents.iter().map(move |&id| scan.evidence.object(id))
    }

    /// Where to point: the name in its first document, else where it is first mentioned.
    #[must_use]
    pub fn field(&self) -> Field<'a> {
        self.documents().next().map_or(self.record.mention, |document| document.at("metadata.name"))
    }

    /// What admission refuses in it, in the order of the standard's table.
    #[must_use]
    pub fn admission(&self) -> &'a [Answer] {
        self.record.admission.get_or_init(|| unnoticed(|| admission::answers(self)))
    }

    /// The objects in it.
    pub fn objects(&self) -> impl Iterator<Item = &'a Object<'a>> + use<'a> {
        let scan = self.scan;
        self.record.objects.iter().map(move |&id| scan.evidence.object(id))
    }

    /// The pods in it.
    pub fn pods(&self) -> impl Iterator<Item = Pod<'a>> + use<'a> {
        let scan = self.scan;
        self.record.pods.iter().map(move |&id| scan.pod(id))
    }
}
