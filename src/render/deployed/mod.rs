//! What Flux, Argo CD and k3s deploy: where it lies, and what they change of it that nobody looks at.
//!
//! What of it lies in the scanned tree is built with the patches, images and the like of the object where kustomize can do
//! that; what nothing applied is a gap at the field. What lies elsewhere is a notice, as nothing that was scanned is other
//! than it looks.

pub(super) mod overlay;
mod read;
pub(super) mod release;
mod tell;

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use rayon::prelude::*;

use crate::discover::{Build, KUSTOMIZATIONS};
use crate::parse::kustomization::folder;
use crate::parse::{File, Role};

use overlay::Overlay;
use read::{Given, Order, Tool, What};
use release::Release;

use super::listed::paths;
use super::plan::either;
use super::shelf::Shelf;

pub(super) use tell::{Tried, tell};

/// Whether a file has something deployed.
pub(super) fn deploys(file: &File) -> bool {
    !read::orders(0, file).is_empty()
}

/// Where something lies that is deployed.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Where {
    /// In the scanned tree, by its name in reports.
    Here(String),
    /// In the same repository, beside what is scanned.
    Beside(String),
    /// It would lie in the same repository.
    Nowhere(String),
    Elsewhere,
}

/// All that is deployed.
#[derive(Debug)]
pub(super) struct Deployed {
    orders: Vec<(Order, Vec<Where>)>,
    /// The addresses of repositories that objects name by other objects.
    addresses: HashMap<String, String>,
}

/// The folders at hand, and where others can be looked for.
struct Ground<'g> {
    folders: HashSet<&'g str>,
    tops: &'g [PathBuf],
}

impl<'g> Ground<'g> {
    fn new(files: &'g [File], builds: &'g [Build], tops: &'g [PathBuf]) -> Self {
        let mut folders = HashSet::new();
        let names = files.iter().filter(|file| !matches!(file.role, Role::Made { .. })).filter_map(|file| file.uri.as_deref());
        for mut name in names.map(folder).chain(builds.iter().map(|build| build.uri.as_str())) {
            while !name.is_empty() && folders.insert(name) {
                name = folder(name);
            }
        }
        Ground { folders, tops }
    }

    /// Where a folder of this name lies.
    fn find(&self, name: &str) -> Option<Where> {
        if self.folders.contains(name) {
            return Some(Where::Here(name.to_owned()));
        }
        let is_there = |top: &PathBuf| top.join(name).canonicalize().is_ok_and(|place| place.is_dir() && place.starts_with(top));
        self.tops.iter().any(is_there).then(|| Where::Beside(name.to_owned()))
    }
}

/// How much of what is looked for in a repository is found here.
#[derive(Debug, Default)]
struct Vote<'f> {
    there: usize,
    not_there: usize,
    /// The folder that its paths begin at.
    base: &'f str,
}

/// Whether what tells a repository from others is an address, and not the name of an object.
fn is_address(key: &str) -> bool {
    !key.contains(' ')
}

impl Deployed {
    pub(super) fn find(files: &[File], builds: &[Build], tops: &[PathBuf]) -> Self {
        let is_judged = |file: &&File| matches!(file.role, Role::Judged | Role::Made { .. });
        let found = files.par_iter().enumerate().filter(|(_, file)| is_judged(file));
        let found: Vec<Order> = found.flat_map_iter(|(number, file)| read::orders(number as u32, file)).collect();
        if found.is_empty() {
            return Deployed { orders: Vec::new(), addresses: HashMap::new() };
        }
        let ground = &Ground::new(files, builds, tops);
        let mut addresses: HashMap<String, String> = HashMap::new();
        let mut several = HashSet::new();
        for (name, address) in files.iter().filter(is_judged).flat_map(read::addresses) {
            if addresses.get(&name).is_some_and(|known| *known != address) {
                several.insert(name.clone());
            }
            addresses.insert(name, address);
        }
        addresses.retain(|name, _| !several.contains(name));
        let mut deployed = Deployed { orders: Vec::new(), addresses };
        // a repository is this one when what is looked for in it is found here; of several that have an address it is the one of
        // which the most is found
        let mut votes: HashMap<(&str, String), Vote<'_>> = HashMap::new();
        for order in &found {
            let world = files[order.file as usize].root.as_str();
            for given in &order.sources {
                let Some(path) = own_path(given).filter(|path| !path.is_empty()) else { continue };
                let vote = votes.entry((world, deployed.key(given))).or_default();
                match place(files, order, &path, ground) {
                    Some((_, base)) => (vote.there, vote.base) = (vote.there + 1, base),
                    None => vote.not_there += 1,
                }
            }
        }
        let mut most: HashMap<&str, usize> = HashMap::new();
        for ((world, _), vote) in votes.iter().filter(|((_, key), _)| is_address(key)) {
            let known = most.entry(world).or_default();
            *known = vote.there.max(*known);
        }
        let is_this = |world: &str, key: &String, vote: &Vote<'_>| {
            let is_first = !is_address(key) || most.get(world).is_none_or(|most| vote.there == *most);
            vote.there > 0 && vote.there >= vote.not_there && is_first
        };
        votes.retain(|(world, key), vote| is_this(world, key, vote));
        let orders = found.into_iter().map(|order| {
            let places = order.sources.iter().map(|given| {
                let Some(path) = own_path(given) else { return Where::Elsewhere };
                let world = files[order.file as usize].root.as_str();
                let Some(vote) = votes.get(&(world, deployed.key(given))) else { return Where::Elsewhere };
                match place(files, &order, &path, ground).filter(|_| !path.is_empty()) {
                    Some((place, _)) => place,
                    None if path.is_empty() => Where::Here(vote.base.to_owned()),
                    None => Where::Nowhere(path),
                }
            });
            let places = places.collect();
            (order, places)
        });
        deployed.orders = orders.collect();
        deployed
    }

    /// What tells the repository of something from others, in one spelling.
    fn key(&self, given: &Given) -> String {
        self.spelled(self.address(given))
    }

    /// An address in one spelling.
    fn spelled(&self, address: &str) -> String {
        let address = address.to_lowercase();
        let plain = address.split_once("://").map_or(address.as_str(), |(_, rest)| rest);
        let plain = plain.split_once('@').map_or(plain, |(_, rest)| rest).replacen(':', "/", 1);
        plain.trim_end_matches('/').trim_end_matches(".git").to_owned()
    }

    /// The address of a repository, or the object that has it.
    fn address<'s>(&'s self, given: &'s Given) -> &'s str {
        self.addresses.get(&given.repository).unwrap_or(&given.repository)
    }

    /// Each source of each object, with where it lies.
    fn each(&self) -> impl Iterator<Item = (&Order, (&Given, &Where))> {
        self.orders.iter().flat_map(|(order, places)| order.sources.iter().zip(places).map(move |given| (order, given)))
    }

    /// What is laid over folders, so that kustomize can build it.
    pub(super) fn overlays(&self, shelf: &Shelf<'_>, builds: &[Build], tops: &[PathBuf]) -> Vec<Overlay> {
        self.each().filter_map(|(order, given)| Overlay::of(order, given, shelf, builds, tops)).collect()
    }

    /// The charts at hand, as they are released.
    pub(super) fn releases(&self, shelf: &Shelf<'_>, builds: &[Build]) -> Vec<Release> {
        self.each().filter_map(|(order, given)| Release::of(self, order, given, shelf, builds)).collect()
    }

    /// The folders that nothing can be laid over: they are judged as they are, whatever is made of them elsewhere.
    pub(super) fn plain(&self, shelf: &Shelf<'_>, builds: &[Build], tops: &[PathBuf]) -> Vec<Plain> {
        let plain = self.each().filter_map(|(order, (given, place))| match place {
            Where::Here(folder) if matches!(given.what, What::Folder(_)) => {
                let is_plain = Overlay::of(order, (given, place), shelf, builds, tops).is_none();
                is_plain.then(|| Plain { folder: folder.clone(), takes_kustomizations: given.tool == Tool::Flux })
            }
            _ => None,
        });
        plain.collect()
    }
}

/// A folder that is deployed as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plain {
    pub(super) folder: String,
    /// Without a kustomization of its own, those in it are taken.
    pub(super) takes_kustomizations: bool,
}

/// The path of a folder from the root of its repository; `None` where it is no such path.
fn own_path(given: &Given) -> Option<String> {
    let (What::Folder(path) | What::Folders(path)) = &given.what else { return None };
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => return None,
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Where a path leads, from the outermost folder around the object that it leads anywhere from: repositories may lie in others.
fn place<'f>(files: &'f [File], order: &Order, path: &str, ground: &Ground<'_>) -> Option<(Where, &'f str)> {
    let file = &files[order.file as usize];
    // what a tool made goes by the name of a folder
    let inner = if matches!(file.role, Role::Made { .. }) { file.name() } else { folder(file.name()) };
    let bases = std::iter::once(0).chain(inner.match_indices('/').map(|(at, _)| at)).chain([inner.len()]).map(|end| &inner[..end]);
    let mut found = bases.filter_map(|base| {
        let name = if base.is_empty() { path.to_owned() } else { format!("{base}/{path}") };
        Some((ground.find(&name)?, base))
    });
    let first = found.next()?;
    // what is scanned comes before what lies beside it
    Some(if matches!(first.0, Where::Beside(_)) {
        found.find(|(place, _)| matches!(place, Where::Here(_))).unwrap_or(first)
    } else {
        first
    })
}

/// Whether a file or folder is another one, or lies in it.
pub(super) fn is_within(name: &str, folder: &str) -> bool {
    folder.is_empty() || name.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The files that a folder is deployed from: what its kustomization leads to, else all in it.
pub(super) fn reached(shelf: &Shelf<'_>, folder: &str) -> Vec<u32> {
    let inside = |name: &str| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
    let mut open: Vec<u32> = KUSTOMIZATIONS.iter().find_map(|name| shelf.known(&inside(name))).into_iter().collect();
    if open.is_empty() {
        let within = |file: &File| is_within(file.name(), folder);
        return (0..).zip(shelf.files.iter()).filter(|(_, file)| within(file)).map(|(number, _)| number).collect();
    }
    let mut seen = HashSet::new();
    while let Some(file) = open.pop() {
        if seen.insert(file) {
            let known = |path: &String| either(path, &mut |name| shelf.known(name));
            open.extend(paths(shelf.file(file)).iter().filter_map(known));
        }
    }
    let mut reached: Vec<_> = seen.into_iter().collect();
    reached.sort_unstable();
    reached
}
