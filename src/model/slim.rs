//! What a shard keeps of what it does not judge: as much as others are joined with.
//!
//! Which fields these are is a guess that may be wrong without harm: whoever looks for more is noted, and the shard
//! reads the objects of that namespace whole. Kept whole are kinds of the cluster, custom resources, and all that is
//! joined by its content: RBAC, policies, claims, Ingresses, DaemonSets.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::model::field::Root;
use crate::model::kinds::{self, GroupKind};
use crate::model::object::Object;
use crate::model::{evidence, fragment, uncovered};
use crate::parse::tree::slim::{Rule, Slimmer};
use crate::parse::{File, NodeId, Stub};

use Rule::{Each, Keep, Leave, Members};

/// Joined by name alone, nearly always.
const BY_NAME: &[GroupKind] = &[
    kinds::CONFIG_MAP,
    kinds::RESOURCE_QUOTA,
    kinds::SECRET,
    kinds::SERVICE,
    kinds::SERVICE_ACCOUNT,
    GroupKind::new("", "Endpoints"),
    GroupKind::new("", "Event"),
    GroupKind::new("apps", "ControllerRevision"),
    GroupKind::new("autoscaling", "HorizontalPodAutoscaler"),
    GroupKind::new("coordination.k8s.io", "Lease"),
    GroupKind::new("discovery.k8s.io", "EndpointSlice"),
    GroupKind::new("events.k8s.io", "Event"),
    GroupKind::new("policy", "PodDisruptionBudget"),
];

/// Of pods: whom policies and Services select, what they run, which claims they use. What a controller made is held against
/// its template by the shard that judges one of them.
const CONTAINERS: Rule = Each(&Members(
    &[
        ("name", Keep),
        ("image", Keep),
        ("command", Keep),
        ("args", Keep),
        ("ports", Keep),
        ("volumeMounts", Keep),
        ("securityContext", SECURITY),
    ],
    &Leave,
));
/// Whether anything of the node restrains any pod is asked of all.
const SECURITY: Rule = Members(&[("seccompProfile", Keep), ("appArmorProfile", Keep), ("seLinuxOptions", Keep)], &Leave);
const VOLUME: Rule =
    Members(&[("name", Keep), ("persistentVolumeClaim", Keep), ("ephemeral", Keep), ("csi", Keep), ("projected", Keep)], &Leave);
const SPEC: Rule = Members(
    &[
        ("containers", CONTAINERS),
        ("initContainers", CONTAINERS),
        ("ephemeralContainers", CONTAINERS),
        ("volumes", Each(&VOLUME)),
        ("securityContext", SECURITY),
        ("serviceAccountName", Keep),
        ("serviceAccount", Keep),
        ("hostNetwork", Keep),
        ("nodeName", Keep),
        ("os", Keep),
    ],
    &Leave,
);
const METADATA: Rule = Members(
    &[
        ("name", Keep),
        ("generateName", Keep),
        ("namespace", Keep),
        ("labels", Keep),
        ("annotations", Keep),
        // by which pods are told from what made them
        ("ownerReferences", Keep),
        ("uid", Keep),
    ],
    &Leave,
);
const TEMPLATE: Rule = Members(&[("metadata", METADATA), ("spec", SPEC)], &Leave);

/// The rule of a kind that stands for pods, which lie at a path.
macro_rules! pods {
    ($last:literal => $rule:expr) => {
        Members(
            &[
                ($last, $rule),
                ("volumeClaimTemplates", Keep),
                ("replicas", Keep),
                ("strategy", Keep),
                ("metadata", METADATA),
                ("apiVersion", Keep),
                ("kind", Keep),
                ("status", Members(&[("phase", Keep)], &Leave)),
            ],
            &Leave,
        )
    };
    ($first:literal, $($rest:literal),+ => $rule:expr) => {
        pods!($first => pods!($($rest),+ => $rule))
    };
}

const POD: Rule = pods!("spec" => SPEC);
const POD_TEMPLATE: Rule = pods!("template" => TEMPLATE);
const WORKLOAD: Rule = pods!("spec", "template" => TEMPLATE);
const CRON_JOB: Rule = pods!("spec", "jobTemplate", "spec", "template" => TEMPLATE);

/// What is kept of an object; `None`: all of it.
fn rule(object: &Object<'_>) -> Option<Rule> {
    if BY_NAME.iter().any(|kind| object.is(*kind)) {
        return Some(Leave);
    }
    match (object.group, object.kind) {
        ("", "Pod") => Some(POD),
        ("", "PodTemplate") => Some(POD_TEMPLATE),
        ("", "ReplicationController") | ("apps", "Deployment" | "ReplicaSet" | "StatefulSet") | ("batch", "Job") => Some(WORKLOAD),
        ("batch", "CronJob") => Some(CRON_JOB),
        _ => None,
    }
}

/// Makes a file slim: what `keep` wants stays whole. A file stays as it is where that changes nothing, where one of its
/// objects is wanted, since its text is shown, and where what it says of itself rests on all of it.
pub fn slim(file: &mut File, assumed_namespace: &str, keep: &dyn Fn(&Object<'_>, &str) -> bool) {
    let objects = evidence::read_objects(file, 0, 0, assumed_namespace);
    let wanted: Vec<_> = objects.iter().map(|object| keep(object, file.name())).collect();
    let rules: Vec<_> = objects.iter().map(rule).collect();
    let changes = rules.iter().zip(&wanted).any(|(rule, wanted)| rule.is_some() && !wanted);
    let is_shown =
        !file.live && (wanted.contains(&true) || !file.directives.is_empty() || objects.iter().any(|object| says_more(object, file)));
    if !changes || is_shown || !file.tree.is_plain() {
        return;
    }
    let mut slimmer = Slimmer::new(&file.tree);
    let mut stubs = Vec::with_capacity(objects.len());
    for ((object, rule), wanted) in objects.iter().zip(rules).zip(wanted) {
        let rule = rule.filter(|_| !wanted);
        let node = match rule {
            Some(rule) => slimmer.add(object.root.node, rule),
            None => slimmer.keep(object.root.node),
        };
        let mut word = |text| slimmer.word(text);
        let (api_version, kind) = (word(object.api_version), word(object.kind));
        let (namespace, name) = (object.namespace.map(&mut word), word(object.name));
        stubs.push(Stub { node, is_slim: rule.is_some(), tainted: object.tainted, api_version, kind, namespace, name });
    }
    let tree = slimmer.finish();
    file.slim = Some(stubs.into_boxed_slice());
    file.tree = tree;
    // nobody is to look for an object where only marks stand
    file.documents.iter_mut().for_each(|document| document.root = 0);
}

/// Whether an object of a file is one that notices and gaps speak of, with its place.
fn says_more(object: &Object<'_>, file: &File) -> bool {
    fragment::may_be_one(object) || !uncovered::pods(object, file).1.is_empty()
}

/// The objects of a slim file.
pub(super) fn objects<'a>(file: &'a File, stubs: &'a [Stub], number: u32, world: u16) -> Vec<Object<'a>> {
    let text = file.tree.source();
    let word = |(start, end): (u32, u32)| &text[start as usize..end as usize];
    let object = |stub: &Stub| {
        let (api_version, kind) = (word(stub.api_version), word(stub.kind));
        Object {
            root: Root { tree: &file.tree, file: number, node: stub.node },
            id: u32::MAX,
            api_version,
            group: kinds::group(api_version, kind),
            kind,
            namespace: stub.namespace.map(word),
            name: word(stub.name),
            world,
            tainted: stub.tainted,
            live: file.live,
            slim: stub.is_slim,
        }
    };
    stubs.iter().map(object).collect()
}

/// The objects of a file, however much of them is there.
#[must_use]
pub fn objects_of<'a>(file: &'a File, assumed_namespace: &'a str) -> Vec<Object<'a>> {
    evidence::read_objects(file, 0, 0, assumed_namespace)
}

/// How many objects each namespace has.
#[must_use]
pub fn count(files: &[File], assumed_namespace: &str) -> BTreeMap<String, u64> {
    let of_file = |file| {
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        for namespace in objects_of(file, assumed_namespace).iter().filter_map(|object| object.namespace) {
            *counts.entry(namespace).or_default() += 1;
        }
        counts.into_iter().map(|(name, count)| (name.to_owned(), count)).collect::<BTreeMap<_, _>>()
    };
    files.par_iter().map(of_file).reduce(BTreeMap::new, |mut sum, counts| {
        for (name, count) in counts {
            *sum.entry(name).or_default() += count;
        }
        sum
    })
}

/// What was looked for beyond what the slim files hold.
#[derive(Debug, Default)]
pub struct Missed {
    /// In objects of these namespaces.
    pub namespaces: BTreeSet<String>,
    /// In files, by their numbers: something of them is to be shown.
    pub files: BTreeSet<usize>,
}

/// Whether anything was missed.
#[must_use]
pub fn misses(files: &[File]) -> bool {
    // a list's own objects are all there, and have no place to show
    let misses = |file: &File| match &file.slim {
        Some(stubs) if file.live => file.tree.notes(|node| owner(stubs, node).is_some_and(|stub| stub.is_slim)),
        Some(_) => file.tree.notes(|_| true),
        None => false,
    };
    files.iter().any(misses)
}

/// The object that a node belongs to.
fn owner(stubs: &[Stub], node: NodeId) -> Option<&Stub> {
    stubs.get(stubs.partition_point(|stub| stub.node <= node).saturating_sub(1))
}

/// What was missed since the last call.
#[must_use]
pub fn missed(files: &[File]) -> Missed {
    let mut missed = Missed::default();
    for (number, file) in files.iter().enumerate() {
        let Some(stubs) = &file.slim else { continue };
        for node in file.tree.noted() {
            match owner(stubs, node).filter(|stub| stub.is_slim).and_then(|stub| stub.namespace) {
                Some((start, end)) => _ = missed.namespaces.insert(file.tree.source()[start as usize..end as usize].to_owned()),
                // all of the object is there, and lists have no place to show
                None if file.live => {}
                None => _ = missed.files.insert(number),
            }
        }
    }
    missed
}
