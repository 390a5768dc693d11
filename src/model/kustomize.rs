//! Trees of kustomizations: what is built together, and what is an alternative of it.
//!
//! Overlays over one base are alternatives, and a component is built only where a kustomization names it: what stands in
//! one of them protects nothing that is built without it. Trees that share nothing are parts of one cluster, like
//! files in no tree at all.

use std::collections::{HashMap, HashSet};

use crate::model::object::Object;
use crate::parse::File;
use crate::parse::kustomization::{beside, folder};

/// Which trees each file belongs to.
#[derive(Debug, Default)]
pub(crate) struct Trees {
    /// The kustomizations that no other one names, by the number of their file.
    roots: Vec<Root>,
    /// For each file that some tree has: the trees, in order.
    of_file: HashMap<u32, Vec<u32>>,
    /// Trees that share a file.
    alternatives: HashSet<(u32, u32)>,
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
        if found.is_empty() {
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
        let sets: HashSet<&Vec<u32>> = trees.of_file.values().collect();
        let pairs = sets.into_iter().flat_map(|set| set.iter().flat_map(move |one| set.iter().map(move |other| (*one, *other))));
        trees.alternatives = pairs.filter(|(one, other)| one != other).collect();
        trees
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
    pub(crate) fn apart(&self, protector: u32, subject: u32) -> Option<u32> {
        let has = self.of_file.get(&protector)?;
        let of_subject = self.of_file.get(&subject).map(Vec::as_slice).unwrap_or_default();
        let without =
            of_subject.iter().find(|tree| !has.contains(tree) && has.iter().any(|other| self.alternatives.contains(&(**tree, *other))));
        if let Some(tree) = without {
            return Some(self.roots[*tree as usize].file);
        }
        let together = has.iter().any(|tree| of_subject.contains(tree));
        let optional = has.iter().all(|tree| self.roots[*tree as usize].is_component);
        (optional && !together).then(|| self.roots[has[0] as usize].file)
    }
}

/// Whether an object is a kustomization or a component.
pub(crate) fn is_kustomization(object: &Object<'_>) -> bool {
    object.group == "kustomize.config.k8s.io" && matches!(object.kind, "Kustomization" | "Component")
}
