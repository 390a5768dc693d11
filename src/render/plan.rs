//! Which kustomizations are built, and in which order: those that no other one builds on; where one of them cannot be
//! built, what it builds on by itself.

use std::collections::{HashMap, HashSet};

use crate::discover::{Build, KUSTOMIZATIONS, Maker};

use super::Mode;
use super::deployed::{Plain, is_within};
use super::listed::{is_component, kustomization, paths};
use super::shelf::Shelf;

/// What becomes of a kustomization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum State {
    /// Nothing yet.
    Open,
    /// It was built, or is a part of what was.
    Built,
    /// It is a component: only what names it can build it.
    Optional,
    /// It cannot be built, and why.
    Unbuilt(Reason),
}

/// Why a kustomization is not built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reason {
    /// The user does not want it.
    Never,
    /// There is no program for it.
    Missing,
    /// It would have to be fetched, or leads out of the repository, which is said by itself.
    Outside,
    /// What the program says, and where in the kustomization it is about.
    Failed(String, Option<(u32, u32)>),
    /// Only its file was named.
    Alone,
    /// It is a component that nothing here names; whether the user does.
    Unnamed { asked: bool },
}

#[derive(Debug)]
struct Node {
    build: Build,
    file: u32,
    /// What it builds on.
    uses: Vec<usize>,
    state: State,
    /// It was tried for being named.
    tried: bool,
    /// It is to be built by itself, whatever builds on it.
    asked: bool,
    /// The user names it, or a folder with it: it is to be built by itself, but where it is deployed with something laid over it.
    named: bool,
    /// Something else is laid over it, and comes first.
    held: bool,
}

/// The kustomizations at hand.
#[derive(Debug, Default)]
pub(super) struct Plan {
    nodes: Vec<Node>,
}

impl Plan {
    /// Of all folders with a kustomization that is at hand; one that cannot be read is a gap already.
    pub(super) fn new(builds: Vec<Build>, shelf: &Shelf<'_>) -> Self {
        let own = builds.into_iter().filter(|build| build.maker == Maker::Kustomize);
        let at_hand = own.filter_map(|build| shelf.kustomization(&build).map(|file| (build, file)));
        let found: Vec<_> = at_hand.filter(|(_, file)| kustomization(shelf.file(*file)).is_some()).collect();
        let numbers: HashMap<u32, usize> = found.iter().enumerate().map(|(number, (_, file))| (*file, number)).collect();
        let nodes = found.into_iter().map(|(build, file)| {
            let known = |path: &String| either(path, &mut |name| shelf.known(name));
            let uses = paths(shelf.file(file)).iter().filter_map(known).filter_map(|used| numbers.get(&used).copied()).collect();
            let state = if is_component(shelf.file(file)) { State::Optional } else { State::Open };
            Node { named: build.named, build, file, uses, state, tried: false, asked: false, held: false }
        });
        Plan { nodes: nodes.collect() }
    }

    /// Notes what the user wants to be built by itself: of each folder that was named its own kustomization, and those that no
    /// other one in it builds on.
    pub(super) fn name(&mut self, folders: &[String]) {
        for folder in folders.iter().filter(|folder| !folder.is_empty()) {
            for node in self.outermost(folder) {
                self.nodes[node].named = true;
            }
        }
    }

    /// Notes what is deployed by itself of some folders.
    pub(super) fn ask(&mut self, plain: &[Plain]) {
        for Plain { folder, takes_kustomizations } in plain.iter().filter(|plain| !plain.folder.is_empty()) {
            let own = self.node(folder);
            let inner = if own.is_none() && *takes_kustomizations { self.outermost(folder) } else { own.into_iter().collect() };
            inner.into_iter().for_each(|node| self.ask_for(node));
        }
    }

    /// The kustomization of a folder, and those in it that no other one in it builds on.
    fn outermost(&self, folder: &str) -> Vec<usize> {
        let within = |node: &usize| is_within(self.nodes[*node].build.folder_name(), folder);
        let inner: Vec<usize> = (0..self.nodes.len()).filter(within).collect();
        let used: HashSet<usize> = inner.iter().flat_map(|node| self.nodes[*node].uses.iter().copied()).collect();
        inner.into_iter().filter(|node| !used.contains(node) || self.nodes[*node].build.folder_name() == folder).collect()
    }

    /// Notes that something is laid over the kustomizations of some folders; those of no other are free again.
    pub(super) fn hold(&mut self, folders: &[&str]) {
        for node in &mut self.nodes {
            node.held = folders.contains(&node.build.folder_name());
        }
    }

    /// Notes that a kustomization is to be built by itself.
    pub(super) fn ask_for(&mut self, node: usize) {
        self.nodes[node].asked = true;
    }

    /// The kustomization of a folder.
    pub(super) fn node(&self, folder: &str) -> Option<usize> {
        self.nodes.iter().position(|node| node.build.folder_name() == folder)
    }

    /// What is to be built next; nothing when all is settled.
    pub(super) fn next(&mut self, mode: Mode) -> Vec<usize> {
        let open: Vec<usize> = (0..self.nodes.len()).filter(|node| self.nodes[*node].state == State::Open).collect();
        let users = open.iter().flat_map(|node| self.nodes[*node].uses.iter().copied()).collect();
        let used = self.reach(users);
        let (held, open): (Vec<_>, Vec<_>) = open.into_iter().partition(|node| self.nodes[*node].held && !self.nodes[*node].asked);
        let mut next: Vec<usize> = open.iter().copied().filter(|node| mode == Mode::All || !used[*node]).collect();
        if next.is_empty() && held.is_empty() {
            // those that go round in a ring: somebody has to be the first
            next.extend(open.first());
        }
        let named = (0..self.nodes.len()).filter(|node| {
            let node = &self.nodes[*node];
            (node.asked || node.named && !node.held) && !node.tried && matches!(node.state, State::Open | State::Built)
        });
        next.extend(named.collect::<Vec<_>>());
        next.sort_unstable();
        next.dedup();
        next.iter().for_each(|node| self.nodes[*node].tried = true);
        next
    }

    /// Whatever these lead to, with themselves.
    fn reach(&self, mut open: Vec<usize>) -> Vec<bool> {
        let mut reached = vec![false; self.nodes.len()];
        while let Some(node) = open.pop() {
            if !std::mem::replace(&mut reached[node], true) {
                open.extend(&self.nodes[node].uses);
            }
        }
        reached
    }

    /// The files, no kustomizations, that one lists.
    pub(super) fn listed(&self, node: usize, shelf: &Shelf<'_>) -> Vec<String> {
        let is_plain = |path: &String| shelf.known(path).is_some_and(|file| kustomization(shelf.file(file)).is_none());
        paths(shelf.file(self.nodes[node].file)).into_iter().filter(is_plain).collect()
    }

    pub(super) fn build(&self, node: usize) -> &Build {
        &self.nodes[node].build
    }

    /// It was built, with all that it builds on.
    pub(super) fn built(&mut self, node: usize) {
        for (part, reached) in self.reach(vec![node]).into_iter().enumerate() {
            if reached {
                self.nodes[part].state = State::Built;
            }
        }
    }

    /// It was built as it is deployed, which is all that the user wants of it.
    pub(super) fn built_as_deployed(&mut self, node: usize) {
        self.nodes[node].named = false;
        self.built(node);
    }

    /// Notes that a kustomization cannot be built: what it builds on is then judged as it is, whatever another one makes of it.
    pub(super) fn unbuilt(&mut self, node: usize, reason: Reason) {
        for used in self.nodes[node].uses.clone() {
            self.nodes[used].asked = true;
        }
        // what is a part of another one was looked at there
        if self.nodes[node].state != State::Built {
            self.nodes[node].state = State::Unbuilt(reason);
        }
    }

    /// Nothing of it is built.
    pub(super) fn never(&mut self) {
        for node in &mut self.nodes {
            node.state = State::Unbuilt(Reason::Never);
        }
    }

    /// Every kustomization that was not built, by its file, and why.
    pub(super) fn left(self) -> Vec<(u32, Reason)> {
        let failed = (0..self.nodes.len()).filter(|node| matches!(self.nodes[*node].state, State::Unbuilt(_))).collect();
        let named = self.reach(failed);
        let reason = |(number, node): (usize, Node)| match node.state {
            State::Built => None,
            State::Unbuilt(reason) => Some((node.file, reason)),
            State::Open | State::Optional if named[number] => Some((node.file, Reason::Outside)),
            State::Open | State::Optional => Some((node.file, Reason::Unnamed { asked: node.build.named })),
        };
        self.nodes.into_iter().enumerate().filter_map(reason).collect()
    }
}

/// The file of that name, or the kustomization of the folder of that name.
pub(super) fn either(path: &str, find: &mut impl FnMut(&str) -> Option<u32>) -> Option<u32> {
    let inside = |name: &&str| if path.is_empty() { (*name).to_owned() } else { format!("{path}/{name}") };
    find(path).or_else(|| KUSTOMIZATIONS.iter().map(inside).find_map(|name| find(&name)))
}

/// Which files of a build are judged by themselves as well: somebody asks for a folder with it, or for itself, and nothing in
/// that folder lists it.
pub(super) fn apart(shelf: &Shelf<'_>, asked: &[&String], objects: &[u32], parts: &[u32]) -> HashSet<u32> {
    let asked: Vec<_> = asked.iter().filter(|asked| !asked.is_empty()).collect();
    if asked.is_empty() {
        return HashSet::new();
    }
    let mut listed: HashMap<String, Vec<&str>> = HashMap::new();
    for part in parts.iter().map(|part| shelf.file(*part)).filter(|file| kustomization(file).is_some()) {
        for path in paths(part) {
            listed.entry(path).or_default().push(part.name());
        }
    }
    let is_apart = |part: &u32| {
        let name = shelf.file(*part).name();
        let by = listed.get(name).map(Vec::as_slice).unwrap_or_default();
        let is_free = |asked: &&&&String| is_within(name, asked) && !by.iter().any(|by| is_within(by, asked));
        kustomization(shelf.file(*part)).is_none() && asked.iter().any(|asked| is_free(&asked))
    };
    objects.iter().copied().filter(is_apart).collect()
}
