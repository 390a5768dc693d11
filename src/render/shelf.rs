//! The files at hand, by their names in reports.

use std::collections::HashMap;

use crate::discover::{Build, KUSTOMIZATIONS, Origin, Source};
use crate::parse::{File, Limits, Role, Status, classify, fragment};

/// The files at hand, and those that can be had. What a tool made goes by no name: nothing is built on it.
pub(super) struct Shelf<'f> {
    pub(super) files: &'f mut Vec<File>,
    names: HashMap<String, u32>,
    /// The templates at hand, and the like: nothing but charts finds them by their names.
    pub(super) templates: HashMap<String, u32>,
    /// Links, and what they lead to.
    links: HashMap<&'f str, &'f str>,
}

impl<'f> Shelf<'f> {
    pub(super) fn new(files: &'f mut Vec<File>, links: &'f [(String, String)]) -> Self {
        let names = files.iter().zip(0..).map(|(file, number)| (file.name().to_owned(), number)).collect();
        let links = links.iter().map(|(link, target)| (link.as_str(), target.as_str())).collect();
        Shelf { files, names, templates: HashMap::new(), links }
    }

    pub(super) fn file(&self, number: u32) -> &File {
        &self.files[number as usize]
    }

    /// The file of that name, where it is at hand.
    pub(super) fn known(&self, name: &str) -> Option<u32> {
        self.names.get(name).copied().or_else(|| self.names.get(&self.real(name)?).copied())
    }

    /// A name without the links on its way; `None` where there are none.
    fn real(&self, name: &str) -> Option<String> {
        const MOST: usize = 8;
        let mut real: Option<String> = None;
        for _ in 0..MOST {
            if self.links.is_empty() {
                break;
            }
            let current = real.as_deref().unwrap_or(name);
            let ends = std::iter::once(current.len()).chain(current.rmatch_indices('/').map(|(at, _)| at));
            let Some((end, target)) = ends.filter_map(|end| Some((end, *self.links.get(&current[..end])?))).next() else { break };
            let rest = &current[end..];
            real = Some(if target == "." { rest.trim_start_matches('/').to_owned() } else { format!("{target}{rest}") });
        }
        real
    }

    /// The file of that name, read where it is not at hand.
    pub(super) fn find(&mut self, build: &Build, name: &str) -> Option<u32> {
        if let Some(known) = self.known(name) {
            return Some(known);
        }
        let path = build.top().join(name);
        if name.is_empty() || !path.is_file() {
            return None;
        }
        let (uri, root) = (Some(name.to_owned()), build.root.clone());
        let source = Source { uri, shown: name.to_owned(), origin: Origin::File(path), named: true, root };
        let file = File { role: Role::Source(Vec::new()), gaps: Vec::new(), ..classify::read(source, &Limits::default()) };
        let number = self.push(file);
        self.names.insert(name.to_owned(), number);
        Some(number)
    }

    /// Takes in what a file holds that is no object: a JSON patch shows nothing of one.
    pub(super) fn take_in(&mut self, build: &Build, number: u32) {
        let file = &mut self.files[number as usize];
        let path = build.top().join(file.name());
        if !matches!(file.status, Status::Ignored(_)) || !file.tree.is_empty() || !path.is_file() {
            return;
        }
        let text = classify::bytes(Origin::File(path)).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        if let Some(text) = text {
            (file.tree, file.directives) = fragment(&text, &Limits::default());
        }
    }

    pub(super) fn push(&mut self, file: File) -> u32 {
        self.files.push(file);
        self.files.len() as u32 - 1
    }

    /// The kustomization of a build's folder, where it is at hand.
    pub(super) fn kustomization(&self, build: &Build) -> Option<u32> {
        KUSTOMIZATIONS.iter().find_map(|name| self.known(&build.uri_of(name)))
    }
}
