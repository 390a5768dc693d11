//! Objects that are pieces for something else: they are listed, and not judged (`decisions.md` 11).

use std::collections::HashMap;

use crate::model::kustomize::is_kustomization;
use crate::model::object::Object;
use crate::model::{Field, kinds};
use crate::parse::File;
use crate::parse::kustomization::beside;

/// An object that is a piece for something else, listed and not judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fragment {
    /// Which file.
    pub file: u32,
    /// Kind and name.
    pub what: String,
    /// Why it is not judged.
    pub why: String,
}

impl Fragment {
    pub(crate) fn of(object: &Object<'_>, why: String) -> Self {
        Fragment { file: object.root.file, what: format!("{} {}", object.kind, object.name).trim_end().to_owned(), why }
    }
}

/// The files that kustomizations name as patches.
#[derive(Debug, Default)]
pub(crate) struct Fragments {
    /// File → the kustomization that names it.
    patches: HashMap<String, String>,
}

impl Fragments {
    /// Reads every kustomization among the objects.
    pub(crate) fn find(files: &[File], objects: &[Vec<Object<'_>>]) -> Self {
        let mut fragments = Fragments::default();
        for (file, objects) in files.iter().zip(objects) {
            for object in objects.iter().filter(|object| is_kustomization(object)) {
                let named_by = file.name();
                let lists = [
                    ("patches", "path"),
                    ("patchesStrategicMerge", ""),
                    ("patchesJson6902", "path"),
                    ("replacements", "path"),
                    ("transformers", ""),
                ];
                for (list, key) in lists {
                    let paths = object.at(list).items().filter_map(|item| if key.is_empty() { item.text() } else { item.key(key).text() });
                    for path in paths.filter_map(|path| beside(named_by, path)) {
                        fragments.patches.insert(path, named_by.to_owned());
                    }
                }
            }
        }
        fragments
    }

    /// Why an object is not judged; `None` when it is.
    pub(crate) fn reason(&self, files: &[File], object: &Object<'_>) -> Option<String> {
        if object.live {
            return None;
        }
        let file = &files[object.root.file as usize];
        if let Some(by) = self.patches.get(file.name()) {
            return Some(format!("a patch that {by} names"));
        }
        // a file with a piece in it is kept whole
        if object.slim {
            return None;
        }
        if is_kustomization(object) {
            return Some("a kustomization: what it lists is judged as written".to_owned());
        }
        if object.api_version == "builtin" {
            return Some("a kustomize plug-in's configuration".to_owned());
        }
        if object.field().key("$patch").exists() {
            return Some("a patch (`$patch`)".to_owned());
        }
        is_piece_of_workload(object).then(|| "a piece of a workload: it has neither a selector nor an image".to_owned())
    }
}

/// Whether an object may be no more than a piece for something else by what stands in it.
pub(super) fn may_be_one(object: &Object<'_>) -> bool {
    is_kustomization(object) || object.api_version == "builtin" || object.field().key("$patch").exists() || is_piece_of_workload(object)
}

/// A workload that no API server would take: without a selector, and without an image in any container.
fn is_piece_of_workload(object: &Object<'_>) -> bool {
    let selects = [kinds::DEPLOYMENT, kinds::STATEFUL_SET, kinds::DAEMON_SET, kinds::REPLICA_SET];
    if !selects.iter().any(|kind| object.is(*kind)) || object.at("spec.selector").exists() {
        return false;
    }
    let spec = object.at("spec.template.spec");
    let has_image = |list: &'static str| spec.key(list).items().any(|container: Field<'_>| !container.key("image").is_empty());
    !has_image("containers") && !has_image("initContainers")
}
