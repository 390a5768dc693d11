//! Charts within charts: Helm names their templates by what a chart calls itself, or by the alias that it was given, and
//! neither need be the name of its folder.

use std::fs;
use std::path::Path;

use crate::parse::{File, Limits, Tree, yaml};

use super::listed::{field, items, value};
use super::trace::{Fit, Written};

/// What stands above each document that Helm renders, before the path of its template.
pub(super) const MARK: &str = "# Source: ";
/// What a chart says of itself.
pub(super) const CHART: &str = "Chart.yaml";

/// Where below a chart's folder a template lies that Helm names so: of `charts/db/templates/x.yaml` the `db` is a name.
pub(super) fn path(folder: &Path, named: &str) -> Option<String> {
    let (mut chart, mut path, mut rest) = (folder.to_owned(), String::new(), named);
    while let Some((name, below)) = rest.strip_prefix("charts/").and_then(|rest| rest.split_once('/')) {
        let found = folder_of(&chart, name)?;
        path += &format!("charts/{found}/");
        chart.extend(["charts", &found]);
        rest = below;
    }
    Some(path + rest)
}

/// The folder of the chart that another one knows by this name or alias.
fn folder_of(parent: &Path, name: &str) -> Option<String> {
    let own = manifest(parent).and_then(|tree| {
        let mut dependencies = items(&tree, 0, "dependencies");
        dependencies.find(|entry| field(&tree, *entry, "alias") == name).map(|entry| field(&tree, entry, "name").to_owned())
    });
    let own = own.unwrap_or_else(|| name.to_owned());
    let is_it = |folder: &str| {
        let called = manifest(&parent.join("charts").join(folder)).map(|tree| field(&tree, 0, "name").to_owned());
        called.is_some_and(|called| called == own)
    };
    if is_it(&own) {
        return Some(own);
    }
    let entries = fs::read_dir(parent.join("charts")).ok()?.flatten();
    let mut folders: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    folders.sort();
    folders.into_iter().find(|folder| is_it(folder))
}

/// What a chart says of itself, from its root.
fn manifest(chart: &Path) -> Option<Tree> {
    let path = chart.join(CHART);
    let text = fs::read_to_string(Some(path).filter(|path| path.is_file())?).ok()?;
    Some(yaml::parse(text.into(), "", &Limits::default()).tree).filter(|tree| !tree.is_empty())
}

/// Where a chart asks for another one that is packed, whose templates are in no file: the name that stands above a document.
pub(super) fn declared(made: &File, at: u32, chart: &File, number: u32) -> Option<Written> {
    let (text, written): (&str, &str) = (made.tree.source(), chart.tree.source());
    let before = &text[..at as usize];
    let source = before[before.rfind(MARK)? + MARK.len()..].lines().next()?;
    let name = source.split('/').nth(2)?;
    let tree = yaml::parse(written.into(), "", &Limits::default()).tree;
    let named = |key: &str| {
        let mut entries = (!tree.is_empty()).then(|| items(&tree, 0, "dependencies")).into_iter().flatten();
        entries.find(|entry| field(&tree, *entry, key) == name).and_then(|entry| value(&tree, entry, key))
    };
    let node = named("alias").or_else(|| named("name"))?;
    let span = tree.span(node);
    Some(Written { file: number, span, whole: span, fit: Fit::Near })
}
