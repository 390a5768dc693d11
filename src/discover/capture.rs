//! What was read of a cluster, whether just now or when a snapshot was taken.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Gap;

/// A cluster by what tells it from others.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cluster {
    /// The uid of its `kube-system` namespace; `null` where that may not be read.
    pub uid: Option<String>,
    /// As its API server says, such as `v1.36.3`.
    pub version: String,
    /// The context of the kubeconfig; `null` inside the cluster.
    pub context: Option<String>,
    /// Who runs its control plane, where a provider does, so that it cannot be seen: `EKS`, `GKE`, `AKS` and others.
    pub managed_by: Option<String>,
    /// What that was recognised by: a part of the version, or a label of the nodes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub managed_sign: Option<String>,
    /// What it does not show, or not to this reader, without being a gap: checks that rest on it are not assessed.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub unseen: Vec<Unseen>,
    /// Only objects of these namespaces were asked for.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub only_namespaces: Vec<String>,
    /// Objects of these namespaces were not asked for.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub excluded_namespaces: Vec<String>,
    /// Only namespaced objects with these labels were asked for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub selector: Option<String>,
}

impl Cluster {
    /// Whether only a part of it was asked for.
    #[must_use]
    pub fn is_narrowed(&self) -> bool {
        !self.only_namespaces.is_empty() || !self.excluded_namespaces.is_empty() || self.selector.is_some()
    }
}

/// Evidence that a cluster does not show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Unseen {
    /// The kind, as `group/Kind`.
    pub kind: String,
    /// Why not, in words that say what would show it.
    pub why: String,
}

/// A kind that a cluster serves.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Resource {
    /// `""` for the core group.
    pub group: String,
    /// `v1`
    pub version: String,
    /// `Deployment`
    pub kind: String,
    /// As in paths: `deployments`.
    pub plural: String,
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
}

impl Resource {
    /// `apps/v1`
    #[must_use]
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }

    /// `apps/Deployment`
    #[must_use]
    pub fn name(&self) -> String {
        if self.group.is_empty() { self.kind.clone() } else { format!("{}/{}", self.group, self.kind) }
    }

    /// Whether its objects hold what nobody may see.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        self.group.is_empty() && self.kind == "Secret"
    }

    /// Whether it is the kind of namespaces themselves.
    #[must_use]
    pub fn is_namespace(&self) -> bool {
        self.group.is_empty() && self.kind == "Namespace"
    }

    /// The path of its list, in one namespace or in all.
    #[must_use]
    pub fn path(&self, namespace: Option<&str>) -> String {
        let root = if self.group.is_empty() { "/api" } else { "/apis" };
        let within = namespace.map(|name| format!("/namespaces/{name}")).unwrap_or_default();
        format!("{root}/{}{within}/{}", self.api_version(), self.plural)
    }
}

/// The kind that kubelets answer with, by group and name.
pub const KUBELETS: (&str, &str) = ("kubelet.config.k8s.io", "KubeletConfiguration");

/// A list as it is judged: one JSON document of a `…List` kind, pruned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// The path of the API, with `?part=N` from the second part of a very long list on.
    pub uri: String,
    /// How many objects.
    pub items: u32,
    /// The document.
    pub text: String,
}

impl List {
    /// The group and kind of its objects, by its first words, which are our own.
    pub(crate) fn kind(&self) -> Option<(&str, &str)> {
        let (version, rest) = self.text.strip_prefix("{\"apiVersion\":\"")?.split_once("\",\"kind\":\"")?;
        let (kind, _) = rest.split_once("List\",")?;
        Some((version.rsplit_once('/').map_or("", |(group, _)| group), kind))
    }
}

/// How far a kind was read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reach {
    /// Its API group.
    pub group: String,
    /// The kind.
    pub kind: String,
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
    /// Why it could not be read, by namespace; `""` for all of them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub refused: BTreeMap<String, String>,
}

impl Reach {
    /// `apps/Deployment`
    #[must_use]
    pub fn name(&self) -> String {
        if self.group.is_empty() { self.kind.clone() } else { format!("{}/{}", self.group, self.kind) }
    }
}

/// How far everything was read: what the verdicts on missing things rest on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// The kinds that were asked for, in order.
    pub kinds: Vec<Reach>,
    /// The kinds that are served and were not asked for, as no selected check reads them, as `group/Kind`, in order.
    pub left_out: Vec<String>,
    /// API groups that did not say what they serve, with the reason; `*` for every one.
    pub lost_groups: BTreeMap<String, String>,
}

impl Listed {
    fn find(&self, group: &str, kind: &str) -> Option<&Reach> {
        let at = self.kinds.binary_search_by(|reach| (reach.group.as_str(), reach.kind.as_str()).cmp(&(group, kind)));
        at.ok().map(|at| &self.kinds[at])
    }

    fn lost(&self, group: &str) -> Option<&str> {
        let named = (!group.is_empty()).then(|| self.lost_groups.get("*")).flatten();
        self.lost_groups.get(group).or(named).map(String::as_str)
    }
}

/// How far a cluster shows the objects of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight<'a> {
    /// All of them.
    Whole,
    /// Only those asked for.
    Part,
    /// None, or not all, because of this.
    Lost(&'a str),
    /// The cluster has no such kind.
    Unserved,
}

impl Captured {
    /// How far the objects of a kind were seen, in a namespace or (`None`) in all.
    #[must_use]
    pub fn sight(&self, group: &str, kind: &str, namespace: Option<&str>) -> Sight<'_> {
        if let Some(why) = self.listed.lost(group) {
            return Sight::Lost(why);
        }
        let Some(reach) = self.listed.find(group, kind) else {
            let name = if group.is_empty() { kind.to_owned() } else { format!("{group}/{kind}") };
            let left_out = self.listed.left_out.binary_search(&name).is_ok();
            return if left_out { Sight::Lost("it was not asked for") } else { Sight::Unserved };
        };
        let own = |name: &str| reach.refused.get(name).map(|why| Sight::Lost(why));
        let is_namespace = group.is_empty() && kind == "Namespace";
        if !(reach.namespaced || is_namespace) {
            return own("").unwrap_or(Sight::Whole);
        }
        let Cluster { only_namespaces, excluded_namespaces, selector, .. } = &self.cluster;
        let within = |name: &str| {
            (only_namespaces.is_empty() || only_namespaces.iter().any(|only| only == name))
                && !excluded_namespaces.iter().any(|not| not == name)
        };
        let filtered = selector.is_some() && !is_namespace;
        match namespace {
            Some(name) if within(name) => match own("").or_else(|| own(name)) {
                Some(lost) => lost,
                None if filtered => Sight::Part,
                None => Sight::Whole,
            },
            Some(_) => Sight::Part,
            None => match reach.refused.values().next() {
                Some(why) => Sight::Lost(why),
                None if filtered || !only_namespaces.is_empty() || !excluded_namespaces.is_empty() => Sight::Part,
                None => Sight::Whole,
            },
        }
    }
}

/// All that was read of a cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Captured {
    /// Which cluster.
    pub cluster: Cluster,
    /// What else was learned: see [`Facts`].
    pub facts: Facts,
    /// The lists, by URI.
    pub lists: Vec<List>,
    /// How far each kind was read.
    pub listed: Listed,
    /// What was refused or broke.
    pub gaps: Vec<Gap>,
    /// What a reader should know.
    pub notices: Vec<String>,
    /// It comes from a file, not from a cluster just now.
    pub from_snapshot: bool,
    /// Reading it was interrupted.
    pub interrupted: bool,
}

/// What a cluster says of itself beside its objects.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// What `/version` answers.
    pub version: serde_json::Value,
    /// The rules of the reader's own SelfSubjectRulesReview, by namespace.
    pub rights: BTreeMap<String, serde_json::Value>,
}

/// A page of a list, pruned.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The objects, one behind the other.
    pub text: String,
    /// Where each ends in `text`.
    pub ends: Vec<usize>,
    /// What asks for the next page.
    pub next: Option<String>,
    /// How many objects the server says are still to come.
    pub remaining: Option<u64>,
    /// Objects that cannot be judged: which, and why.
    pub lost: Vec<(String, String)>,
}

/// Takes a page of a list apart; what is wrong with it, if it is no such page.
///
/// The flag says that the bytes are one object, not a list.
pub type Prune = fn(&Resource, &[u8], bool) -> Result<Page, String>;
