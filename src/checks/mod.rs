//! Checks: one file each, in a folder a topic. A check knows neither the controls that cite it nor the profiles.

use crate::model::templates::may_embed;
use crate::model::{Component, Container, GroupKind, Namespace, Object, Pod, Role, Scan, kinds, templates};
use crate::settings::Setting;

pub use crate::model::{Fault, Severity, Verdict};
pub use aspect::{Aspect, Of};

mod admission;
mod aspect;
mod control_plane;
mod delivery;
mod dependency;
mod image;
mod mesh;
mod network;
mod node;
mod pipeline;
mod pod;
pub mod pss;
mod rbac;
mod runtime;
mod scan;
mod secret;
mod signing;
mod source;
mod storage;

/// A check: a value with a plain function in it.
#[derive(Debug)]
pub struct Check {
    /// Its name for ever; the file's name with `-` for `_`.
    pub id: &'static str,
    /// States the fault.
    pub title: &'static str,
    /// The folder it stands in.
    pub topic: &'static str,
    /// That of a fault which does not set its own.
    pub severity: Severity,
    /// Why it matters.
    pub why: &'static str,
    /// How to mend it.
    pub fix: &'static str,
    /// How it decides: what fails, what is left for review, what it does not apply to.
    pub how: &'static str,
    /// What kind of evidence it reads.
    pub surfaces: &'static [Surface],
    /// What it looks at is a part of every cluster: where none is seen it was not looked at, and that is not to have none.
    pub everywhere: bool,
    /// A part of what it asks about lies where this release does not look, as in pipelines and other files of a repository:
    /// with nothing to look at it says nothing, however whole the rest is.
    pub unread: bool,
    /// What a pass shows.
    pub assurance: Assurance,
    /// The kinds that it joins with its subject.
    pub needs: &'static [GroupKind],
    /// Kinds that change what it says where there are any, and that few clusters have.
    pub beside: &'static [GroupKind],
    /// The settings it reads.
    pub settings: &'static [&'static Setting],
    /// What it cannot see.
    pub blind: &'static str,
    /// Where the facts are from.
    pub refs: &'static [&'static str],
    /// Its place in other frameworks: (framework, ids).
    pub maps: &'static [(&'static str, &'static [&'static str])],
    /// The settings that it may be asked of alone, where it judges several.
    pub aspects: &'static [Aspect],
    /// What it looks at, and how.
    pub probe: Probe,
}

impl Check {
    /// Whether objects of a kind have a say in what it says: `*` stands for every kind of the group.
    #[must_use]
    pub fn reads(&self, group: &str, kind: &str) -> bool {
        let is = |known: GroupKind| known.group == group && (kind == "*" || known.kind == "*" || known.kind == kind);
        matches!(self.probe, Probe::Any(_)) || self.is_about_pods() && may_embed(group, kind) || self.kinds().any(is)
    }

    /// The kinds that it reads, its subjects among them; `*` for each kind of a group.
    pub fn kinds(&self) -> impl Iterator<Item = GroupKind> + use<> {
        let pods = self.is_about_pods().then(templates::kinds);
        self.declared().chain(pods.into_iter().flatten())
    }

    fn is_about_pods(&self) -> bool {
        !matches!(self.probe, Probe::Object(..) | Probe::Scan(_) | Probe::Component(..)) || self.declared().any(|kind| kind == kinds::POD)
    }

    fn declared(&self) -> impl Iterator<Item = GroupKind> + use<> {
        let subjects: &'static [GroupKind] = match self.probe {
            Probe::Object(kinds, _) => kinds,
            Probe::Namespace(_) => &[kinds::NAMESPACE],
            // where a cluster shows them
            Probe::Component(..) => &[kinds::POD, kinds::KUBELET_CONFIGURATION],
            _ => &[],
        };
        subjects.iter().chain(self.needs).chain(self.beside).copied()
    }

    /// Whether it looks at what runs a cluster, or at what only files of a node show: no listing has all of that.
    #[must_use]
    pub fn is_about_nodes(&self) -> bool {
        matches!(self.probe, Probe::Component(..)) || self.surfaces == [Surface::Host]
    }

    /// Whether there is something to look at wherever a cluster is: where nothing was seen, nothing is assessed.
    #[must_use]
    pub fn is_everywhere(&self) -> bool {
        self.everywhere || matches!(self.probe, Probe::Scan(..))
    }

    /// Whether it speaks of a kind of evidence.
    #[must_use]
    pub fn speaks_of(&self, surface: Surface) -> bool {
        self.surfaces.contains(&surface)
    }

    /// What most checks have in common; the rest each check says itself.
    pub(crate) const BASE: Check = Check {
        id: "",
        title: "",
        topic: "",
        severity: Severity::Info,
        why: "",
        fix: "",
        how: "",
        surfaces: &[Surface::Manifest, Surface::Cluster],
        everywhere: false,
        unread: false,
        assurance: Assurance::Configuration,
        needs: &[],
        beside: &[],
        settings: &[],
        blind: "",
        refs: &[],
        maps: &[],
        aspects: &[],
        probe: Probe::Scan(|_| Verdict::Pass),
    };
}

/// A kind of evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Surface {
    /// Kubernetes objects in files.
    Manifest,
    /// Kubernetes objects in a running cluster.
    Cluster,
    /// The command lines and files of what runs the cluster.
    Host,
}

impl Surface {
    /// The lower-case word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Surface::Manifest => "manifest",
            Surface::Cluster => "cluster",
            Surface::Host => "host",
        }
    }
}

/// What a pass shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assurance {
    /// It is configured so.
    Configuration,
    /// Anything else would be refused.
    Enforcement,
    /// It was seen to be so.
    Observation,
}

impl Assurance {
    /// The lower-case word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Assurance::Configuration => "configuration",
            Assurance::Enforcement => "enforcement",
            Assurance::Observation => "observation",
        }
    }
}

/// What a check looks at, one at a time. The engine owns every loop, so that subjects are counted.
#[derive(Debug, Clone, Copy)]
pub enum Probe {
    /// Each pod and pod template.
    Pod(fn(&Pod<'_>) -> Verdict),
    /// Each container of each pod.
    Container(fn(&Container<'_>) -> Verdict),
    /// Each namespace that has a document or an object.
    Namespace(fn(&Namespace<'_>) -> Verdict),
    /// Each object of these kinds.
    Object(&'static [GroupKind], fn(&Object<'_>, &Scan<'_>) -> Verdict),
    /// Each object of any kind.
    Any(fn(&Object<'_>, &Scan<'_>) -> Verdict),
    /// The scan as a whole, once a world.
    Scan(fn(&Scan<'_>) -> Verdict),
    /// Each pod and pod template that a controller in the evidence made from its own.
    Made(fn(&Pod<'_>) -> Verdict),
    /// Each component of these roles: an API server, a kubelet, …
    Component(&'static [Role], fn(&Component<'_>) -> Verdict),
}

/// Every check, by topic, then as its topic lists it.
pub fn all() -> impl Iterator<Item = &'static Check> {
    let topics: [&'static [&'static Check]; 18] = [
        pss::CHECKS,
        pod::CHECKS,
        image::CHECKS,
        rbac::CHECKS,
        network::CHECKS,
        mesh::CHECKS,
        control_plane::CHECKS,
        node::CHECKS,
        secret::CHECKS,
        admission::CHECKS,
        runtime::CHECKS,
        pipeline::CHECKS,
        storage::CHECKS,
        delivery::CHECKS,
        signing::CHECKS,
        dependency::CHECKS,
        source::CHECKS,
        scan::CHECKS,
    ];
    topics.into_iter().flatten().copied()
}

/// A check by its id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Check> {
    all().find(|check| check.id == id)
}
