//! An object of the Kubernetes API, wherever it was read.

use crate::model::field::{Field, Root};
use crate::model::kinds::{self, GroupKind};

/// The namespace of objects that name none and may have one (`decisions.md` 12): it matches only itself.
pub const UNSET_NAMESPACE: &str = "(unset)";

/// A Kubernetes object: a document, or an item of a `List`.
#[derive(Debug, Clone, Copy)]
pub struct Object<'a> {
    pub(crate) root: Root<'a>,
    /// Its number in the evidence.
    pub(crate) id: u32,
    /// `apiVersion` as written.
    pub api_version: &'a str,
    /// The API group, `""` for the core one.
    pub group: &'a str,
    /// As in `kind:`.
    pub kind: &'a str,
    /// The namespace; [`UNSET_NAMESPACE`] when it has to have one and none is given; `None` when it has none.
    pub namespace: Option<&'a str>,
    /// `metadata.name`, else `metadata.generateName`.
    pub name: &'a str,
    /// Objects of different worlds (Git roots) are never joined.
    pub world: u16,
    /// Something in its document keeps it from passing.
    pub tainted: bool,
    /// It was read from a running cluster.
    pub live: bool,
    /// Another shard judges it, and a part of it is left out here.
    pub slim: bool,
}

/// Lets neighbours of one namespace have one word for it: what is compared many times is near then.
pub(crate) fn share_namespaces(objects: &mut [Object<'_>]) {
    for at in 1..objects.len() {
        let before = objects[at - 1].namespace;
        if objects[at].namespace == before {
            objects[at].namespace = before;
        }
    }
}

impl<'a> Object<'a> {
    /// Reads the identity of an object; `None` when it has no `apiVersion` or no `kind`. What an item of a typed list
    /// leaves out, `listed` gives.
    #[must_use]
    pub(crate) fn read(root: Root<'a>, world: u16, tainted: bool, assumed_namespace: &'a str, listed: (&'a str, &'a str)) -> Option<Self> {
        let top = Field::top(root);
        let given = |key, listed: &'a str| top.key(key).text().or(Some(listed)).filter(|text: &&str| !text.is_empty());
        let (api_version, kind) = (given("apiVersion", listed.0)?, given("kind", listed.1)?);
        let group = kinds::group(api_version, kind);
        // words that many objects share stand in one place, which is near whenever one of them is compared
        let (group, kind, is_namespaced) = match kinds::own(group, kind) {
            Some((own, is_namespaced)) => (own.group, own.kind, is_namespaced),
            None => (group, kind, kinds::is_namespaced(group, kind)),
        };
        let metadata = top.key("metadata");
        let name = metadata.key("name").text().or_else(|| metadata.key("generateName").text()).unwrap_or_default();
        let named = metadata.key("namespace").text().filter(|namespace| !namespace.is_empty());
        let namespace = match is_namespaced {
            Some(false) => None,
            Some(true) => Some(named.unwrap_or(assumed_namespace)),
            // an unknown kind without a namespace may well be cluster-scoped
            None => named,
        };
        Some(Object { root, id: u32::MAX, api_version, group, kind, namespace, name, world, tainted, live: false, slim: false })
    }

    /// Of a slim one: notes that all of it matters after all.
    pub(crate) fn notes_whole(&self) {
        if self.slim {
            self.root.tree.note(self.root.node);
        }
    }

    /// Which file of the scan it stands in.
    #[must_use]
    pub fn file(&self) -> u32 {
        self.root.file
    }

    /// The top of the object.
    #[must_use]
    pub fn field(&self) -> Field<'a> {
        Field::top(self.root)
    }

    /// The field at a dotted path.
    #[must_use]
    pub fn at(&self, path: &'a str) -> Field<'a> {
        self.field().at(path)
    }

    /// Whether it is of a kind.
    #[must_use]
    pub fn is(&self, kind: GroupKind) -> bool {
        self.kind == kind.kind && self.group == kind.group
    }

    /// The value of a label, or of its absence.
    #[must_use]
    pub fn label(&self, key: &'a str) -> Field<'a> {
        self.at("metadata.labels").key(key).as_string()
    }

    /// The value of an annotation, or of its absence.
    #[must_use]
    pub fn annotation(&self, key: &'a str) -> Field<'a> {
        self.at("metadata.annotations").key(key).as_string()
    }

    /// Its namespace, "" for none.
    #[must_use]
    pub fn namespace_or_empty(&self) -> &'a str {
        self.namespace.unwrap_or_default()
    }
}
