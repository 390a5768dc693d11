//! What a kustomization takes from elsewhere: it is looked for before anything is built, so that no program is ever asked
//! to fetch something, or to read what lies beside the repository.

use std::collections::HashSet;

use crate::discover::{Build, Gap, Origin, Place, Source, root};
use crate::parse::kustomization::{beside, is_kustomization};
use crate::parse::{File, Kind, Limits, Lines, NodeId, classify};

use super::listed::{Entry, Sort, charts, content_path, entries, is_remote};
use super::plan::either;
use super::shelf::Shelf;

/// What a kustomization, or one that it builds on, takes from elsewhere.
pub(super) fn of_build(build: &Build, folder: &str, shelf: &Shelf<'_>) -> Vec<Gap> {
    let mut gaps = Vec::new();
    let mut seen = HashSet::new();
    let is_repository = root::git_root(build.top()).is_some();
    let mut open = vec![Name { of: either_of(build, shelf, folder), is_plugin: false }];
    while let Some(Name { of, is_plugin }) = open.pop() {
        let tells = |name: &String| is_plugin || is_kustomization(name);
        let Some(name) = of.filter(|name| tells(name) && seen.insert(name.clone())) else { continue };
        let read;
        let file = match shelf.known(&name) {
            Some(known) => shelf.file(known),
            None => {
                read = read_alone(build, &name);
                &read
            }
        };
        gaps.extend(of_file(file));
        if is_plugin {
            gaps.extend(of_plugin(file));
        }
        for entry in entries(file).iter().filter(|entry| entry.sort != Sort::Content && !is_remote(entry.path)) {
            match beside(file.name(), entry.path) {
                Some(path) if is_repository && leads_out(build, &path) => gaps.push(out(file, entry)),
                Some(path) => open.push(Name { of: either_of(build, shelf, &path), is_plugin: entry.sort == Sort::Plugin }),
                None if is_repository => gaps.push(out(file, entry)),
                None => {}
            }
        }
    }
    gaps
}

struct Name {
    of: Option<String>,
    is_plugin: bool,
}

/// The name of the file, or of the kustomization in the folder, at a path.
fn either_of(build: &Build, shelf: &Shelf<'_>, path: &str) -> Option<String> {
    let mut found = None;
    let mut find = |name: &str| {
        let is_there = shelf.known(name).is_some() || !name.is_empty() && build.top().join(name).is_file();
        is_there.then(|| found = Some(name.to_owned())).map(|()| 0)
    };
    either(if path == "." { "" } else { path }, &mut find)?;
    found
}

fn read_alone(build: &Build, name: &str) -> File {
    let (uri, root) = (Some(name.to_owned()), build.root.clone());
    let origin = Origin::File(build.top().join(name));
    classify::read(Source { uri, shown: name.to_owned(), origin, named: true, root }, &Limits::default())
}

/// Whether a link on the way leads out of the repository.
fn leads_out(build: &Build, path: &str) -> bool {
    build.top().join(path).canonicalize().is_ok_and(|place| !place.starts_with(build.top()))
}

fn out(file: &File, entry: &Entry<'_>) -> Gap {
    gap(file, entry.node, format!("it lists `{}`, which leads out of its repository, where nothing is read", shown(entry.path)))
}

/// What one kustomization has fetched.
pub(super) fn of_file(file: &File) -> Vec<Gap> {
    let is_fetched = |entry: &&Entry<'_>| {
        let path = if entry.sort == Sort::Content { content_path(entry.path) } else { entry.path };
        is_remote(path)
    };
    let entries = entries(file);
    let addresses = entries.iter().filter(is_fetched).map(|entry| {
        let why = "which is not fetched, so that nobody looked at it: pipe what `kubectl kustomize` makes of it into `cnscan scan -`";
        gap(file, entry.node, format!("it lists `{}`, {why}", shown(entry.path)))
    });
    let charts = charts(file).into_iter().map(|chart| {
        let why = "which nobody looked at: pipe what `kustomize build --enable-helm` makes of it into `cnscan scan -`";
        gap(file, chart.node, format!("it has the Helm chart `{}` rendered, {why}", shown(chart.path)))
    });
    addresses.chain(charts).collect()
}

/// What the configuration of a plug-in may have fetched: any text of it that is an address.
fn of_plugin(file: &File) -> Vec<Gap> {
    let tree = &file.tree;
    let mut open: Vec<NodeId> = file.documents.iter().map(|document| document.root).collect();
    let mut gaps = Vec::new();
    while let Some(node) = open.pop() {
        match tree.kind(node) {
            Kind::Mapping => open.extend(tree.entries(node).map(|(_, value)| value)),
            Kind::Sequence => open.extend(tree.items(node)),
            Kind::Scalar if is_remote(tree.text(node)) => {
                gaps.push(gap(file, node, format!("a plug-in may fetch `{}`, which nobody looked at", shown(tree.text(node)))));
            }
            _ => {}
        }
    }
    gaps
}

/// A gap at a place in a kustomization.
pub(super) fn gap(file: &File, node: NodeId, why: String) -> Gap {
    gap_at(file, Some(file.tree.span(node)), why)
}

/// A gap in a kustomization, where it can be pointed at.
pub(super) fn gap_at(file: &File, span: Option<(u32, u32)>, why: String) -> Gap {
    let at = span.map(|span| Lines::new(file.tree.source()).position(span.0));
    let place = |uri: &String| at.map(|(line, column)| Place { uri: uri.clone(), line, column });
    let location = file.uri.as_ref().and_then(place);
    let why = match at {
        // without a file there is no place to point at
        Some((line, column)) if location.is_none() => format!("line {line}, column {column}: {why}"),
        _ => why,
    };
    Gap { surface: "manifest".to_owned(), what: file.name().to_owned(), why, location, ..Gap::default() }
}

/// A path or address as reports may have it: short, and without a password.
pub(super) fn shown(path: &str) -> String {
    const LONGEST: usize = 120;
    let start = path.find("://").map_or(0, |at| at + 3);
    let end = start + path[start..].find('/').unwrap_or(path.len() - start);
    let secret = path[start..end].rfind('@').filter(|_| start > 0).map(|at| start + at);
    let text = secret.map_or_else(|| path.to_owned(), |at| format!("{}…{}", &path[..start], &path[at..]));
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.chars().filter(|letter| !letter.is_control()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn an_address_is_shown_without_its_password() {
        assert_eq!(shown("https://me:t0ken@example.com/base?ref=v1"), "https://…@example.com/base?ref=v1");
        assert_eq!(shown("git@github.com:owner/repo.git"), "git@github.com:owner/repo.git");
        assert_eq!(shown("https://example.com/a@b"), "https://example.com/a@b");
        assert_eq!(shown(&"ä".repeat(200)).chars().count(), 121);
    }
}
