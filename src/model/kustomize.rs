//! Trees of kustomizations: what is built together, and what is an alternative of it.
//!
//! Overlays over one base are alternatives, and a component is built only where a kustomization names it: what stands in
//! one of them protects nothing that is built without it. Trees that share nothing are parts of one cluster, like
//! files in no tree at all. What a tool built is a tree of one file, which shares what it says of its origin.

use std::collections::{HashMap, HashSet};

use crate::model::object::Object;
use crate::parse::kustomization::{beside, folder};
use crate::parse::{File, Role};

/// Which trees each file belongs to.
#[derive(Debug, Default)]
pub(crate) struct Trees {
    /// The kustomizations that no other one names, and what was built, by the number of their file.
    roots: Vec<Root>,
    /// For each file that some tree has: the trees, in order.
    of_file: HashMap<u32, Vec<u32>>,
    /// Trees that share a file.
    alternatives: HashSet<(u32, u32)>,
    /// What was built, by its tree: each overlay has its own copy of what its base has.
    copies: HashSet<(u32, String)>,
}

#[derive(Debug)]
struct Root {
    file: u32,
    is_component: bool,
}

/// A kustomization: what it names, as files and as kustomizations.
#[derive(Debug, Default)]
struct Node {
    files: Vec<u32>,
    kustomizations: Vec<u32>,
}

impl Trees {
    /// Reads every kustomization among the objects.
    pub(crate) fn find(files: &[File], objects: &[Vec<Object<'_>>]) -> Self {
        let found: Vec<_> = objects.iter().flatten().filter(|object| is_kustomization(object)).collect();
        let built: Vec<_> = (0..).zip(files).filter(|(_, file)| matches!(file.role, Role::Made { .. })).map(|(number, _)| number).collect();
        if found.is_empty() && built.is_empty() {
            return Trees::default();
        }
        let by_name: HashMap<&str, u32> = files.iter().zip(0..).map(|(file, number)| (file.name(), number)).collect();
        let by_folder: HashMap<&str, u32> =
            found.iter().map(|object| (folder(files[object.file() as usize].name()), object.file())).collect();
        let mut nodes: HashMap<u32, Node> = HashMap::new();
        for object in &found {
            let node = nodes.entry(object.file()).or_default();
            for entry in ["resources", "bases", "components"].into_iter().flat_map(|list| object.at(list).items()) {
                let Some(path) = entry.text().and_then(|path| beside(files[object.file() as usize].name(), path)) else { continue };
                match (by_folder.get(path.as_str()), by_name.get(path.as_str())) {
                    (Some(kustomization), _) => node.kustomizations.push(*kustomization),
                    (None, Some(file)) => node.files.push(*file),
                    (None, None) => {}
                }
            }
        }
        let named: HashSet<u32> = nodes.values().flat_map(|node| node.kustomizations.iter().copied()).collect();
        let mut roots: Vec<_> = found
            .iter()
            .filter(|object| !named.contains(&object.file()))
            .map(|object| Root { file: object.file(), is_component: object.kind == "Component" })
            .collect();
        roots.dedup_by_key(|root| root.file);
        let mut trees = Trees { roots, ..Trees::default() };
        for number in 0..trees.roots.len() as u32 {
            trees.grow(number, &nodes);
        }
        let shared = trees.built(&built, objects);
        let sets: HashSet<&Vec<u32>> = trees.of_file.values().chain(&shared).collect();
        let pairs = sets.into_iter().flat_map(|set| set.iter().flat_map(move |one| set.iter().map(move |other| (*one, *other))));
        trees.alternatives = pairs.filter(|(one, other)| one != other).collect();
        trees
    }

    /// Adds what was built, and gives which of it has one origin.
    fn built(&mut self, files: &[u32], objects: &[Vec<Object<'_>>]) -> Vec<Vec<u32>> {
        let mut of_origin: HashMap<&str, Vec<u32>> = HashMap::new();
        for &file in files {
            let tree = self.roots.len() as u32;
            self.roots.push(Root { file, is_component: false });
            self.of_file.insert(file, vec![tree]);
            self.copies.extend(objects[file as usize].iter().map(|object| (tree, identity(object))));
            let origins = objects[file as usize].iter().map(|object| object.annotation("config.kubernetes.io/origin").str());
            for origin in origins.filter(|origin| !origin.is_empty()) {
                let trees = of_origin.entry(origin).or_default();
                if trees.last() != Some(&tree) {
                    trees.push(tree);
                }
            }
        }
        of_origin.into_values().collect()
    }

    /// Gives a tree all that its root leads to.
    fn grow(&mut self, number: u32, nodes: &HashMap<u32, Node>) {
        let mut open = vec![self.roots[number as usize].file];
        let mut seen = HashSet::new();
        while let Some(kustomization) = open.pop() {
            if !seen.insert(kustomization) {
                continue;
            }
            let Some(node) = nodes.get(&kustomization) else { continue };
            open.extend(&node.kustomizations);
            for file in node.files.iter().copied() {
                let trees = self.of_file.entry(file).or_default();
                if trees.last() != Some(&number) {
                    trees.push(number);
                }
            }
        }
    }

    /// The file of a kustomization that is built with the subject and without the protector, or that alone has the
    /// protector; `None` when the one may vouch for the other.
    pub(crate) fn apart(&self, protector: &Object<'_>, subject: &Object<'_>) -> Option<u32> {
        let has = self.of_file.get(&protector.file())?;
        let of_subject = self.of_file.get(&subject.file()).map(Vec::as_slice).unwrap_or_default();
        // whether all copies protect is for those who ask
        let has_copy = |tree: u32| !self.copies.is_empty() && self.copies.contains(&(tree, identity(protector)));
        let is_without = |tree: u32| !has.contains(&tree) && has.iter().any(|other| self.alternatives.contains(&(tree, *other)));
        let without = of_subject.iter().find(|tree| is_without(**tree) && !has_copy(**tree));
        if let Some(tree) = without {
            return Some(self.roots[*tree as usize].file);
        }
        let together = has.iter().any(|tree| of_subject.contains(tree));
        let optional = has.iter().all(|tree| self.roots[*tree as usize].is_component);
        (optional && !together).then(|| self.roots[has[0] as usize].file)
    }
}

/// What copies of an object share.
fn identity(object: &Object<'_>) -> String {
    [object.group, object.kind, object.namespace_or_empty(), object.name].join("\u{1f}")
}

/// Whether an object is a kustomization or a component.
pub(crate) fn is_kustomization(object: &Object<'_>) -> bool {
    object.group == "kustomize.config.k8s.io" && matches!(object.kind, "Kustomization" | "Component")
}
