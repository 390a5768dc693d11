//! All that was read, indexed once: objects by kind, namespaces, pods.

mod joins;
mod live;
mod namespaces;
mod overlay;

use std::collections::HashSet;
use std::sync::OnceLock;

use rayon::prelude::*;

use crate::discover::{Captured, Gap};
use crate::model::field::{Field, Root};
pub use crate::model::fragment::Fragment;
use crate::model::fragment::Fragments;
use crate::model::kustomize::Trees;
use crate::model::lazy::Lazy;
use crate::model::namespace::NamespaceRecord;
use crate::model::network::guards::Guards;
use crate::model::object::{self, Object};
use crate::model::pod::PodRecord;
use crate::model::rbac::Rbac;
use crate::model::templates::Embedded;
use crate::model::{Accounts, Claims, Components, GroupKind, Limits, Map, Nodes, Owners, Volumes, slim, structure, uncovered};
use crate::parse::{File, Kind, Status};

/// How much of a kind was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Extent {
    /// All of it: a cluster listed it, or the user says that the input is complete.
    Whole,
    /// Manifests are a part of some cluster.
    Partial,
    /// None of it, because of this.
    Absent(String),
}

/// How the input is to be understood.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a> {
    /// The namespace of objects that name none (`--assume-namespace`), else `(unset)`.
    pub assumed_namespace: &'a str,
    /// The user says that the manifests are all that the cluster has (`--complete`).
    pub complete: bool,
    /// The cluster that the lists among the files were read from.
    pub live: Option<&'a Captured>,
}

/// See the module's page.
#[derive(Debug)]
pub struct Evidence<'a> {
    reading: Reading<'a>,
    files: &'a [File],
    objects: Vec<Object<'a>>,
    pods: Vec<PodRecord<'a>>,
    /// For each object, where its pods begin in `pods`.
    first_pod: Vec<u32>,
    by_kind: Map<(&'a str, &'a str), Vec<u32>>,
    namespaces: Vec<NamespaceRecord<'a>>,
    namespace_by_name: Map<(u16, &'a str), u32>,
    gaps: Vec<Gap>,
    fragments: Vec<Fragment>,
    trees: Trees,
    guards: Guards<'a>,
    owners: Owners,
    rbac: Rbac<'a>,
    unread: bool,
    /// Objects of the cluster that gave way to files laid over it.
    replaced: usize,
    /// A list of the cluster could not be parsed.
    broken: bool,
    accounts: Accounts<'a>,
    limits: Limits<'a>,
    nodes: Nodes<'a>,
    volumes: Volumes<'a>,
    claims: Claims<'a>,
    components: Components<'a>,
    pub(crate) lazy: Lazy,
    /// The names of all objects, collected when first asked for.
    names: OnceLock<HashSet<Box<str>>>,
}

impl<'a> Evidence<'a> {
    /// Indexes files as parsed, which stand in the order that reports keep.
    #[must_use]
    pub fn index(files: &'a [File], reading: Reading<'a>) -> Self {
        let worlds = worlds(files);
        let read: Vec<Vec<Object<'a>>> = files
            .par_iter()
            .enumerate()
            .map(|(file, parsed)| read_objects(parsed, file as u32, worlds[file], reading.assumed_namespace))
            .collect();
        let (read, replaced) = if reading.live.is_some() { overlay::lay(read) } else { (read, 0) };
        let fragments = Fragments::find(files, &read);
        let trees = Trees::find(files, &read);
        let mut left_out = Vec::new();
        let mut objects: Vec<Object<'a>> = Vec::with_capacity(read.iter().map(Vec::len).sum());
        let reasons = |objects: &Vec<Object<'_>>| objects.iter().map(|object| fragments.reason(files, object)).collect();
        let reasons: Vec<Vec<Option<String>>> = read.par_iter().map(reasons).collect();
        for (object, reason) in read.into_iter().flatten().zip(reasons.into_iter().flatten()) {
            match reason {
                Some(why) => left_out.push(Fragment::of(&object, why)),
                None => objects.push(Object { id: objects.len() as u32, ..object }),
            }
        }
        let mut gaps: Vec<Gap> = files.iter().flat_map(|file| file.gaps.iter().cloned()).collect();
        let (pods, first_pod) = index_pods(files, &objects, &mut gaps);
        let by_kind = index_kinds(&objects);
        let mut evidence = Evidence {
            reading,
            files,
            objects,
            pods,
            first_pod,
            by_kind,
            namespaces: Vec::new(),
            namespace_by_name: Map::default(),
            unread: !gaps.is_empty(),
            replaced,
            broken: files.iter().any(|file| file.live && file.status != Status::Read),
            gaps,
            fragments: left_out,
            trees,
            guards: Guards::default(),
            owners: Owners::default(),
            rbac: Rbac::default(),
            accounts: Accounts::default(),
            limits: Limits::default(),
            nodes: Nodes::default(),
            volumes: Volumes::default(),
            claims: Claims::default(),
            components: Components::default(),
            lazy: Lazy::default(),
            names: OnceLock::new(),
        };
        evidence.guards = Guards::index(&evidence);
        evidence.owners = Owners::index(&evidence);
        evidence.index_namespaces();
        let (rbac, (accounts, limits, nodes, volumes, claims, components)) = {
            let all = &evidence;
            let others = || {
                let (accounts, limits, nodes) = (Accounts::index(all), Limits::index(all), Nodes::index(all));
                (accounts, limits, nodes, Volumes::index(all), Claims::index(all), Components::index(all))
            };
            rayon::join(|| Rbac::index(all), others)
        };
        Evidence { rbac, accounts, limits, nodes, volumes, claims, components, ..evidence }
    }

    /// The files, in order.
    #[must_use]
    pub fn files(&self) -> &'a [File] {
        self.files
    }

    /// What was not looked at.
    #[must_use]
    pub fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    /// What was left out as a piece for something else.
    #[must_use]
    pub fn fragments(&self) -> &[Fragment] {
        &self.fragments
    }

    /// The kustomization that keeps one object from protecting another: it is built with the one and without the other,
    /// or is a component that nothing seen takes in. `None` when both may be in one cluster.
    #[must_use]
    pub fn apart(&self, protector: &Object<'_>, subject: &Object<'_>) -> Option<&'a str> {
        self.trees.apart(protector, subject).map(|file| self.files[file as usize].name())
    }

    /// All objects, in the order of the input.
    #[must_use]
    pub fn objects(&self) -> &[Object<'a>] {
        &self.objects
    }

    /// One object.
    #[must_use]
    pub fn object(&self, id: u32) -> &Object<'a> {
        &self.objects[id as usize]
    }

    /// The objects of a kind, in every world.
    pub fn of_kind(&self, kind: GroupKind) -> impl Iterator<Item = &Object<'a>> + Clone {
        self.named(kind.group, kind.kind)
    }

    /// Whether there is any object of a kind.
    #[must_use]
    pub fn has(&self, kind: GroupKind) -> bool {
        self.by_kind.contains_key(&(kind.group, kind.kind))
    }

    /// The objects of a kind that is known by name only, in every world.
    pub fn named<'s>(&'s self, group: &'s str, kind: &'s str) -> impl Iterator<Item = &'s Object<'a>> + Clone {
        self.by_kind.get(&(group, kind)).into_iter().flatten().map(|&id| self.object(id))
    }

    /// The objects of a kind in one world: what may be joined with an object of that world.
    pub fn of_kind_in(&self, world: u16, kind: GroupKind) -> impl Iterator<Item = &Object<'a>> + Clone {
        self.of_kind(kind).filter(move |object| object.world == world)
    }

    /// The groups and kinds seen.
    pub fn kinds(&self) -> impl Iterator<Item = (&'a str, &'a str)> + '_ {
        self.by_kind.keys().copied()
    }

    /// All pods and pod templates, in the order of the input.
    #[must_use]
    pub fn pods(&self) -> &[PodRecord<'a>] {
        &self.pods
    }

    /// The pods of an object, by its number.
    #[must_use]
    pub fn pods_of(&self, object: u32) -> &[PodRecord<'a>] {
        let first = self.first_pod[object as usize] as usize;
        let end = self.first_pod.get(object as usize + 1).map_or(self.pods.len(), |&next| next as usize);
        &self.pods[first..end]
    }

    /// The object whose top is this node of a file.
    #[must_use]
    pub fn object_at(&self, file: u32, node: u32) -> Option<&Object<'a>> {
        let place = |object: &Object<'_>| (object.root.file, object.root.node);
        let at = self.objects.partition_point(|object| place(object) < (file, node));
        if let Some(object) = self.objects.get(at).filter(|object| place(object) == (file, node)) {
            return Some(object);
        }
        // an item of a `List` that is an alias stands where its anchor does, out of order
        let first = self.objects.partition_point(|object| object.root.file < file);
        self.objects[first..].iter().take_while(|object| object.root.file == file).find(|object| object.root.node == node)
    }

    /// The pods of an object of this evidence.
    #[must_use]
    pub fn pods_in(&self, object: &Object<'_>) -> &[PodRecord<'a>] {
        self.pods_of(object.id)
    }

    /// All namespaces that have a document or an object.
    #[must_use]
    pub fn namespaces(&self) -> &[NamespaceRecord<'a>] {
        &self.namespaces
    }

    /// A namespace by its name.
    #[must_use]
    pub fn namespace(&self, world: u16, name: &str) -> Option<&NamespaceRecord<'a>> {
        self.namespace_by_name.get(&(world, name)).map(|&id| &self.namespaces[id as usize])
    }

    /// The namespace of objects that name none.
    #[must_use]
    pub fn assumed_namespace(&self) -> &'a str {
        self.reading.assumed_namespace
    }

    /// Whether the user says that the input is all there is.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.reading.complete
    }

    /// Who may do what.
    #[must_use]
    pub fn rbac(&self) -> &Rbac<'a> {
        &self.rbac
    }

    /// Whether any object has this name.
    #[must_use]
    pub fn is_name(&self, text: &str) -> bool {
        self.names.get_or_init(|| self.objects.iter().map(|object| object.name.into()).collect()).contains(text)
    }

    /// Whether nothing at all was read that belongs to Kubernetes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// Network policies of engines other than Kubernetes' own.
    #[must_use]
    pub fn guards(&self) -> &Guards<'a> {
        &self.guards
    }

    /// Controllers and what they made.
    #[must_use]
    pub fn owners(&self) -> &Owners {
        &self.owners
    }
}

/// Which world each file belongs to: one a root.
fn worlds(files: &[File]) -> Vec<u16> {
    let mut roots: Vec<&str> = Vec::new();
    files
        .iter()
        .map(|file| {
            let known = roots.iter().position(|root| *root == file.root);
            known.unwrap_or_else(|| {
                roots.push(&file.root);
                roots.len() - 1
            }) as u16
        })
        .collect()
}

pub(super) fn read_objects<'a>(file: &'a File, number: u32, world: u16, assumed: &'a str) -> Vec<Object<'a>> {
    if let Some(stubs) = &file.slim {
        return slim::objects(file, stubs, number, world);
    }
    let mut objects = Vec::new();
    for document in &file.documents {
        let root = Root { tree: &file.tree, file: number, node: document.root };
        // what looks like a list within a cluster's list is an object of its own
        let depth = if file.live { 1 } else { DEEPEST_LIST };
        read_object(root, world, document.tainted, assumed, file.implied(), depth, &mut objects);
    }
    if file.live {
        objects.iter_mut().for_each(|object| object.live = true);
    }
    object::share_namespaces(&mut objects);
    objects
}

/// How many lists may stand in one another; `kubectl` takes them all apart.
const DEEPEST_LIST: usize = 8;

fn read_object<'a>(
    root: Root<'a>,
    world: u16,
    tainted: bool,
    assumed: &'a str,
    listed: (&'a str, &'a str),
    depth: usize,
    objects: &mut Vec<Object<'a>>,
) {
    let top = Field::top(root);
    let kind = top.key("kind").str();
    let list = match kind.strip_suffix("List") {
        Some(item_kind) => Some((top.key("items"), item_kind)),
        // OpenShift's templates are lists with parameters
        None if kind == "Template" && top.key("objects").exists() => Some((top.key("objects"), "")),
        None if kind == "Template" => Some((top.key("items"), "")),
        None => None,
    };
    let Some((items, item_kind)) = list.filter(|(items, _)| depth > 0 && items.kind() == Some(Kind::Sequence)) else {
        objects.extend(Object::read(root, world, tainted, assumed, listed));
        let wrapped = structure::wrapped(top.key("apiVersion").str(), kind).filter(|_| depth > 1);
        for item in wrapped.into_iter().flat_map(|path| structure::unwrap(top, path)) {
            read_object(Root { node: item.node(), ..root }, world, tainted, assumed, ("", ""), depth - 1, objects);
        }
        return;
    };
    for item in items.items() {
        let root = Root { node: item.node(), ..root };
        let version = if item_kind.is_empty() { "" } else { top.key("apiVersion").str() };
        read_object(root, world, tainted, assumed, (version, item_kind), depth - 1, objects);
    }
}

fn index_pods<'a>(files: &'a [File], objects: &[Object<'a>], gaps: &mut Vec<Gap>) -> (Vec<PodRecord<'a>>, Vec<u32>) {
    let found = objects.par_iter().map(|object| {
        let (embedded, uncovered) = uncovered::pods(object, &files[object.root.file as usize]);
        let record = |pod: Embedded<'a>| PodRecord::new(object.id, pod.metadata, pod.spec, pod.layers.map(Box::new));
        (embedded.into_iter().map(record).collect::<Vec<_>>(), uncovered)
    });
    let (mut pods, mut first_pod) = (Vec::new(), Vec::with_capacity(objects.len()));
    for (records, uncovered) in found.collect::<Vec<_>>() {
        first_pod.push(pods.len() as u32);
        pods.extend(records);
        gaps.extend(uncovered);
    }
    (pods, first_pod)
}

fn index_kinds<'a>(objects: &[Object<'a>]) -> Map<(&'a str, &'a str), Vec<u32>> {
    let mut by_kind: Map<_, Vec<u32>> = Map::default();
    for (id, object) in objects.iter().enumerate() {
        by_kind.entry((object.group, object.kind)).or_default().push(id as u32);
    }
    by_kind
}
