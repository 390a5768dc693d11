//! Charts of the scanned tree as Flux and Argo CD release them: with their values, their name and their namespace.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::discover::{Build, Maker, root, sha256};
use crate::parse::{Kind, NodeId, Tree, scalar};
use crate::render::listed::{field, is_remote, items, value};
use crate::render::shelf::Shelf;
use crate::render::unbuilt::is_empty;

use super::overlay::{DEEPEST, read};
use super::read::{Given, Order, Tool, What};
use super::{Deployed, Where, own_path};

/// A release of a chart.
#[derive(Debug, Clone)]
pub(in crate::render) struct Release {
    /// The chart.
    pub(in crate::render) build: Build,
    /// What its result goes by in reports.
    pub(in crate::render) shown: String,
    pub(in crate::render) name: String,
    pub(in crate::render) namespace: String,
    /// What stands in place of the chart's own values.
    pub(in crate::render) defaults: Option<PathBuf>,
    /// The last one has the last word.
    pub(in crate::render) values: Vec<Values>,
    /// `--set` and `--set-string`, each with its argument.
    pub(in crate::render) sets: Vec<(&'static str, String)>,
    /// What says so.
    pub(in crate::render) by: (u32, NodeId),
    /// The changes that are not told to Helm.
    pub(super) left: Vec<(String, NodeId)>,
}

/// Values for a chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::render) enum Values {
    File(PathBuf),
    Text(String),
}

/// Where files of values are looked for.
struct Files<'f> {
    /// The root of the repository.
    base: PathBuf,
    top: &'f Path,
}

impl Files<'_> {
    /// A file of the repository; `None` for what is no file in it.
    fn find(&self, folder: &Path, path: &str) -> Option<PathBuf> {
        let place = root::normal(&folder.join(path)).canonicalize().ok()?;
        (place.is_file() && place.starts_with(self.top)).then_some(place)
    }
}

impl Release {
    /// Of what is a chart that lies here.
    pub(super) fn of(
        deployed: &Deployed,
        order: &Order,
        (given, place): (&Given, &Where),
        shelf: &Shelf<'_>,
        builds: &[Build],
    ) -> Option<Self> {
        let (Where::Here(folder), What::Folder(_), Tool::Helm | Tool::Argo) = (place, &given.what, given.tool) else { return None };
        let is_its = |build: &&Build, maker: Maker| build.maker == maker && build.folder_name() == folder;
        let build = builds.iter().find(|build| is_its(build, Maker::Helm))?;
        // of a folder that is both Argo CD takes the kustomization
        if given.tool == Tool::Argo && (builds.iter().any(|build| is_its(&build, Maker::Kustomize)) || given.settings.is_some()) {
            return None;
        }
        let file = shelf.file(order.file);
        let tree = &file.tree;
        let spec = value(tree, order.root, "spec").filter(|_| field(tree, order.root, "kind") != "ApplicationSet")?;
        let path = own_path(given)?;
        let top = build.top();
        let base = folder.strip_suffix(&path).unwrap_or_default().trim_end_matches('/');
        let files = Files { base: top.join(base), top };
        let metadata = value(tree, order.root, "metadata")?;
        let mut release = Release {
            build: build.clone(),
            shown: format!("{folder} ({} in {})", order.who, file.name()),
            name: field(tree, metadata, "name").to_owned(),
            namespace: field(tree, metadata, "namespace").to_owned(),
            defaults: None,
            values: Vec::new(),
            sets: Vec::new(),
            by: (order.file, given.settings.unwrap_or(spec)),
            left: Vec::new(),
        };
        let told = if field(tree, order.root, "kind") == "HelmRelease" {
            release.flux(tree, spec, &files)
        } else {
            let is_same = |address: &str| deployed.spelled(address) == deployed.key(given);
            release.argo(tree, (spec, given.settings), &files, is_same)
        };
        release.left = given.changes.iter().filter(|(name, _)| !told.contains(&name.as_str())).cloned().collect();
        (!release.name.is_empty()).then_some(release)
    }

    /// By this two releases are the same.
    pub(in crate::render) fn key(&self) -> String {
        let Release { build, name, namespace, defaults, values, sets, .. } = self;
        format!("{}\n{name}\n{namespace}\n{defaults:?}\n{values:?}\n{sets:?}", build.uri)
    }

    /// What a HelmRelease says; the names of the fields that were taken over.
    fn flux(&mut self, tree: &Tree, spec: NodeId, files: &Files<'_>) -> Vec<&'static str> {
        let mut told = Vec::new();
        let target = field(tree, spec, "targetNamespace");
        let named = field(tree, spec, "releaseName");
        if !named.is_empty() {
            self.name = named.to_owned();
        } else if !target.is_empty() {
            self.name = format!("{target}-{}", self.name);
        }
        if self.name.len() > LONGEST && self.name.is_ascii() {
            // as Flux makes it fit
            self.name = format!("{}-{}", &self.name[..40], &sha256(&self.name)[..12]);
        }
        if !target.is_empty() {
            self.namespace = target.to_owned();
        }
        if let Some(chart) = value(tree, spec, "chart").and_then(|chart| value(tree, chart, "spec")) {
            let listed: Vec<_> = items(tree, chart, "valuesFiles").map(|item| tree.text(item)).collect();
            let is_missing_fine = field(tree, chart, "ignoreMissingValuesFiles") == "true";
            let found: Vec<_> = listed.iter().map(|path| files.find(&files.base, path)).collect();
            if !listed.is_empty() && (is_missing_fine || found.iter().all(Option::is_some)) {
                let mut found = found.into_iter().flatten();
                // they stand in place of the chart's own, which is the first of them as a rule
                let own = self.build.folder.join("values.yaml").canonicalize().ok();
                self.defaults = found.next().filter(|first| Some(first) != own.as_ref());
                self.values.extend(found.map(Values::File));
                told.push("valuesFiles");
            }
        }
        let own = value(tree, spec, "values").and_then(|values| read(tree, values, DEEPEST));
        told.extend(self.object(own).then_some("values"));
        told
    }

    /// What an Application says of its chart.
    fn argo(
        &mut self,
        tree: &Tree,
        (spec, helm): (NodeId, Option<NodeId>),
        files: &Files<'_>,
        is_same: impl Fn(&str) -> bool,
    ) -> Vec<&'static str> {
        self.namespace = value(tree, spec, "destination").map_or("", |to| field(tree, to, "namespace")).to_owned();
        let Some(helm) = helm else { return Vec::new() };
        for (key, own) in [("releaseName", &mut self.name), ("namespace", &mut self.namespace)] {
            let said = field(tree, helm, key);
            if !said.is_empty() {
                said.clone_into(own);
            }
        }
        let mut told = Vec::new();
        let is_missing_fine = field(tree, helm, "ignoreMissingValueFiles") == "true";
        let of_another = |name: &str| {
            let source = items(tree, spec, "sources").find(|source| field(tree, *source, "ref") == name)?;
            is_same(field(tree, source, "repoURL")).then_some(())
        };
        let find = |path: &str| {
            if is_remote(path) || is_filled_in(path) {
                return None;
            }
            if let Some(rest) = path.strip_prefix('$') {
                let (name, rest) = rest.split_once('/')?;
                of_another(name)?;
                return Some(files.find(&files.base, rest));
            }
            Some(path.strip_prefix('/').map_or_else(|| files.find(&self.build.folder, path), |path| files.find(&files.base, path)))
        };
        let found: Vec<_> = items(tree, helm, "valueFiles").map(|item| find(tree.text(item))).collect();
        if found.iter().all(|file| file.as_ref().is_some_and(|file| file.is_some() || is_missing_fine)) {
            self.values.extend(found.into_iter().flatten().flatten().map(Values::File));
            told.push("valueFiles");
        }
        // of an object and a text the object is taken
        let object = value(tree, helm, "valuesObject").filter(|node| !scalar::is_null(tree, *node));
        let text = value(tree, helm, "values").filter(|node| tree.kind(*node) == Kind::Scalar && !is_empty(tree, *node));
        match (object, text) {
            (Some(object), _) if self.object(read(tree, object, DEEPEST)) => told.extend(["valuesObject", "values"]),
            (None, Some(text)) => {
                self.values.push(Values::Text(tree.text(text).to_owned()));
                told.push("values");
            }
            _ => {}
        }
        let parameters: Vec<_> = items(tree, helm, "parameters").collect();
        if parameters.iter().all(|entry| !is_filled_in(field(tree, *entry, "value")) && !field(tree, *entry, "name").is_empty()) {
            self.sets.extend(parameters.into_iter().map(|entry| {
                let flag = if field(tree, entry, "forceString") == "true" { "--set-string" } else { "--set" };
                (flag, format!("{}={}", field(tree, entry, "name"), escaped(field(tree, entry, "value"))))
            }));
            told.push("parameters");
        }
        told
    }

    /// Takes values that are written as an object.
    fn object(&mut self, values: Option<Value>) -> bool {
        let text = values.filter(Value::is_object).map(|values| values.to_string());
        let is_taken = text.is_some();
        self.values.extend(text.map(Values::Text));
        is_taken
    }
}

/// The longest name of a release.
const LONGEST: usize = 53;

/// Whether Argo CD puts something of the application in.
fn is_filled_in(text: &str) -> bool {
    text.contains("$ARGOCD_") || text.contains("${ARGOCD_")
}

/// Argo CD takes commas for what they are.
fn escaped(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    let mut before = None;
    for letter in value.chars() {
        if letter == ',' && before.is_some_and(|before| before != '\\') {
            escaped.push('\\');
        }
        escaped.push(letter);
        before = Some(letter);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn commas_of_parameters_divide_nothing() {
        assert_eq!((&*escaped("a,b"), &*escaped(r"a\,b"), &*escaped("ab")), (r"a\,b", r"a\,b", "ab"));
    }
}
