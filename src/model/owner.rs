//! Controllers, and what they make from their templates: a copy is counted at its controller, not judged again.
//!
//! Only an object that says what its controller's template says is a copy. One that differs is judged by itself, as its
//! controller does not speak for it; of several that differ in the same way, the first.

use std::hash::{DefaultHasher, Hash, Hasher};

use rayon::prelude::*;

use crate::model::evidence::Evidence;
use crate::model::object::Object;
use crate::model::pod::{Pod, PodRecord};
use crate::model::template::{self, Difference, Facts, Selecting};
use crate::model::{GroupKind, Map, kinds};
use crate::parse::tree::slim::unnoted;

/// Controllers that copy their template as it stands. Operators of other kinds make pods of a design of their own.
const COPYING: &[GroupKind] = &[
    kinds::CRON_JOB,
    kinds::DAEMON_SET,
    kinds::DEPLOYMENT,
    kinds::JOB,
    kinds::REPLICA_SET,
    kinds::REPLICATION_CONTROLLER,
    kinds::STATEFUL_SET,
    GroupKind::new("apps.kruise.io", "CloneSet"),
    GroupKind::new("apps.kruise.io", "DaemonSet"),
    GroupKind::new("apps.kruise.io", "StatefulSet"),
    GroupKind::new("apps.openshift.io", "DeploymentConfig"),
    GroupKind::new("argoproj.io", "Rollout"),
];

/// The annotation of a pod that a file on its node stands for. Its owner is that node.
const MIRROR: &str = "kubernetes.io/config.mirror";

/// How many controllers may stand above one another: CronJob, Job, Pod are three.
const HIGHEST: usize = 8;

/// What an object is to the controller that made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    /// It says what the template says.
    Copy,
    /// An older revision that runs nothing any more.
    Past,
    /// It differs as an earlier one does, which is judged for both.
    Like(u32),
    /// It differs, and is judged by itself.
    Apart,
}

/// The controllers of a scan's objects. Empty where no object has one, as in most manifests.
#[derive(Debug, Default)]
pub struct Owners {
    /// By the number of what was made: its controller, and what it is to it.
    made: Map<u32, (u32, Made)>,
    /// The running pods that are judged at an object, other than itself.
    pods: Map<u32, Vec<u32>>,
    selecting: Selecting,
}

impl Owners {
    pub(crate) fn index(evidence: &Evidence<'_>) -> Self {
        let controllers = controllers(evidence);
        if controllers.is_empty() {
            return Owners::default();
        }
        let mut owners = Owners { selecting: selecting(evidence), ..Owners::default() };
        // by controller, so that what one template says is held no longer than its pods are held against it
        let mut by_owner: Vec<(u32, u32)> = controllers.iter().map(|&(id, owner)| (owner, id)).collect();
        by_owner.sort_unstable();
        let of_one = |made: &[(u32, u32)]| -> Vec<_> {
            let owner = made[0].0;
            let read: Vec<_> = templates(evidence, owner).map(|pod| facts(evidence, pod, None, &owners.selecting)).collect();
            made.iter().map(|&(_, id)| (id, owner, difference(evidence, id, owner, &read, &owners.selecting))).collect()
        };
        let mut held: Vec<_> = by_owner.par_chunk_by(|a, b| a.0 == b.0).flat_map_iter(of_one).collect();
        held.sort_unstable_by_key(|(id, ..)| *id);
        let mut apart: Map<(u32, u64), u32> = Map::default();
        for (id, owner, difference) in held {
            let made = match difference {
                None => Made::Copy,
                Some(_) if is_past(evidence.object(id)) => Made::Past,
                Some(digest) => match *apart.entry((owner, digest)).or_insert(id) {
                    first if first == id => Made::Apart,
                    first => Made::Like(first),
                },
            };
            owners.made.insert(id, (owner, made));
        }
        let is_running = |object: &Object<'_>| object.is(kinds::POD) && !is_past(object);
        for id in controllers.iter().map(|(id, _)| *id).filter(|id| is_running(evidence.object(*id))) {
            let judged = owners.judged_at(id);
            if judged != id {
                owners.pods.entry(judged).or_default().push(id);
            }
        }
        owners
    }

    /// The controller that made an object, when its template is in the evidence, and what the object is to it.
    #[must_use]
    pub fn of(&self, id: u32) -> Option<(u32, Made)> {
        if self.made.is_empty() { None } else { self.made.get(&id).copied() }
    }

    /// The number of the object at which another is judged, as far as a shard knows without looking at the whole of it.
    pub(crate) fn judged_at(&self, id: u32) -> u32 {
        let mut at = id;
        // an earlier sibling between each two controllers
        for _ in 0..2 * HIGHEST {
            at = match self.of(at) {
                Some((owner, Made::Copy | Made::Past)) => owner,
                Some((_, Made::Like(first))) => first,
                Some((_, Made::Apart)) | None => break,
            };
        }
        at
    }

    /// How many running pods an object stands for.
    #[must_use]
    pub fn pods(&self, id: u32) -> u32 {
        self.pods.get(&id).map_or(0, |pods| pods.len() as u32)
    }
}

impl<'a> Evidence<'a> {
    /// The object at which another is judged: itself, for most.
    #[must_use]
    pub fn judged_at(&self, object: &Object<'_>) -> &Object<'a> {
        object.notes_whole();
        self.object(self.owners().judged_at(object.id))
    }
}

impl<'a> Pod<'a> {
    /// The running pods that this one, or this template, stands for.
    pub fn running(&self) -> impl Iterator<Item = Pod<'a>> + use<'a> {
        let (scan, own) = (self.scan, self.record.object);
        scan.evidence.object(own).notes_whole();
        let found = scan.evidence.owners().pods.get(&own);
        found.into_iter().flatten().flat_map(move |&id| scan.evidence.pods_of(id)).map(move |record| Pod { scan, record })
    }

    /// The controller that made it, and what it is to it.
    #[must_use]
    pub fn controller(&self) -> Option<(&'a Object<'a>, Made)> {
        let evidence = self.scan.evidence;
        evidence.owners().of(self.record.object).map(|(owner, made)| (evidence.object(owner), made))
    }

    /// In what it differs from the template that its controller copies; `None` where the controller may change it as it likes.
    #[must_use]
    pub fn differences(&self) -> Option<Vec<Difference<'a>>> {
        let evidence = self.scan.evidence;
        let (owner, _) = self.controller()?;
        if !COPYING.iter().any(|kind| owner.is(*kind)) {
            return None;
        }
        let own = template::facts(self.record, Some(owner), &evidence.owners().selecting);
        let templates = templates(evidence, owner.id).map(|template| template::facts(template, None, &evidence.owners().selecting));
        templates.map(|template| template::differences(&template, &own, self.record.spec)).min_by_key(Vec::len)
    }
}

/// Each object with a pod or a template whose controller has one too, with this controller; in the order of the input.
fn controllers(evidence: &Evidence<'_>) -> Vec<(u32, u32)> {
    let finder = memchr::memmem::Finder::new("ownerReferences");
    let speaks: Vec<bool> = evidence.files().par_iter().map(|file| finder.find(file.tree.source().as_bytes()).is_some()).collect();
    if !speaks.contains(&true) {
        return Vec::new();
    }
    let has_pods = |object: &&Object<'_>| !evidence.pods_in(object).is_empty();
    let mut named: Map<Name<'_>, Vec<u32>> = Map::default();
    for object in evidence.objects().iter().filter(has_pods) {
        let name = Name { world: object.world, group: object.group, kind: object.kind, namespace: object.namespace, name: object.name };
        named.entry(name).or_default().push(object.id);
    }
    let owned = evidence.objects().iter().filter(|object| speaks[object.file() as usize]).filter(has_pods);
    let found: Map<u32, u32> = owned.filter_map(|object| Some((object.id, controller(evidence, &named, object)?))).collect();
    // owners in a ring make nothing
    let is_below = |id: u32| {
        let chain = std::iter::successors(Some(id), |id| found.get(id).copied());
        chain.take(HIGHEST + 1).count() <= HIGHEST
    };
    let mut rows: Vec<_> = found.iter().map(|(id, owner)| (*id, *owner)).filter(|(id, _)| is_below(*id)).collect();
    rows.sort_unstable();
    rows
}

/// The templates of a controller that stand in it as they are. Where some other thing supplies a part, no pod is a copy.
fn templates<'e, 'a>(evidence: &'e Evidence<'a>, owner: u32) -> impl Iterator<Item = &'e PodRecord<'a>> {
    evidence.pods_of(owner).iter().filter(|pod| pod.layers.is_none())
}

/// The labels that network policies select pods by.
fn selecting(evidence: &Evidence<'_>) -> Selecting {
    let mut keys: Selecting = evidence.guards().keys().map(Into::into).collect();
    for selector in evidence.of_kind(kinds::NETWORK_POLICY).map(|policy| policy.at("spec.podSelector")) {
        keys.extend(selector.key("matchLabels").entries().into_iter().map(|(key, _)| key.into()));
        keys.extend(selector.key("matchExpressions").items().map(|expression| expression.key("key").str().into()));
    }
    keys
}

/// What an owner reference names.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Name<'a> {
    world: u16,
    group: &'a str,
    kind: &'a str,
    namespace: Option<&'a str>,
    name: &'a str,
}

fn controller(evidence: &Evidence<'_>, named: &Map<Name<'_>, Vec<u32>>, object: &Object<'_>) -> Option<u32> {
    if object.annotation(MIRROR).exists() {
        return None;
    }
    let mut references = object.at("metadata.ownerReferences").items();
    let reference = references.find(|reference| reference.key("controller").is_true())?;
    let (version, kind, name) = (reference.key("apiVersion").str(), reference.key("kind").str(), reference.key("name").str());
    let of = |namespace| Name { world: object.world, group: kinds::group(version, kind), kind, namespace, name };
    let candidates = named.get(&of(object.namespace)).or_else(|| named.get(&of(None)))?;
    let uid = |id: u32| evidence.object(id).at("metadata.uid").str();
    let wanted = reference.key("uid").str();
    // one of that name made later is another one; manifests have no uid
    let exact = candidates.iter().find(|id| !wanted.is_empty() && uid(**id) == wanted);
    exact.or_else(|| candidates.iter().find(|id| wanted.is_empty() || uid(**id).is_empty())).copied().filter(|id| *id != object.id)
}

/// What a pod says. Of one that another shard judges it is what others are joined with: as long as a pod says that as its
/// template does, it makes no difference here what else either says.
fn facts<'a>(evidence: &Evidence<'_>, pod: &PodRecord<'a>, owner: Option<&Object<'a>>, selecting: &Selecting) -> Facts<'a> {
    let read = || template::facts(pod, owner, selecting);
    if evidence.object(pod.object).slim { unnoted(read) } else { read() }
}

/// How an object differs from all templates of its controller, as a number; `None`: it does not.
fn difference<'a>(evidence: &Evidence<'a>, id: u32, owner: u32, templates: &[Facts<'a>], selecting: &Selecting) -> Option<u64> {
    let pair = [evidence.object(id), evidence.object(owner)];
    let mut hasher = DefaultHasher::new();
    let mut differs = false;
    for pod in evidence.pods_of(id) {
        let own = facts(evidence, pod, Some(pair[1]), selecting);
        if templates.iter().all(|template| !template::differences(template, &own, pod.spec).is_empty()) {
            differs = true;
            template::hash(&own, &templates.first().map(|template| template::differences(template, &own, pod.spec)), &mut hasher);
        }
    }
    // half of what is compared is there, or what is there differs: all of both matters
    if differs || pair[0].slim != pair[1].slim {
        pair.iter().for_each(|object| object.notes_whole());
    }
    pair[0].kind.hash(&mut hasher);
    differs.then(|| hasher.finish())
}

/// Whether it runs nothing any more: a ReplicaSet kept for a way back, a Job or Pod that came to its end.
fn is_past(object: &Object<'_>) -> bool {
    let none = |path| object.at(path).int().unwrap_or_default() == 0;
    if object.is(kinds::REPLICA_SET) || object.is(kinds::REPLICATION_CONTROLLER) {
        return object.at("spec.replicas").int() == Some(0) && none("status.replicas");
    }
    if object.is(kinds::JOB) {
        let mut conditions = object.at("status.conditions").items();
        let ended = |kind: &str, status: &str| matches!(kind, "Complete" | "Failed") && status == "True";
        return conditions.any(|condition| ended(condition.key("type").str(), condition.key("status").str()));
    }
    object.is(kinds::POD) && matches!(object.at("status.phase").str(), "Succeeded" | "Failed")
}
