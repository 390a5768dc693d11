//! What is said of what is deployed: once for each object.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;

use crate::discover::{Build, Gap, few};

use crate::render::Said;
use crate::render::listed::field;
use crate::render::outside::{gap_at, shown};
use crate::render::shelf::Shelf;
use crate::render::trace::{Look, Tracer};
use crate::render::unbuilt::moves;

use super::overlay::Overlay;
use super::read::{Given, Order, Tool, What};
use super::release::Release;
use super::{Deployed, Where, reached};

/// What became of overlays and releases, by their keys: built, or why not.
pub(in crate::render) type Tried = HashMap<String, Option<String>>;

/// Adds what is to be said of all that is deployed: a gap where something that was scanned was not looked at.
pub(in crate::render) fn tell(
    deployed: &Deployed,
    (builds, tops): (&[Build], &[PathBuf]),
    tried: &Tried,
    shelf: &Shelf<'_>,
    said: &mut Said,
) {
    let mut tracer = Tracer::new(shelf.files);
    // copies of an object say the same
    let mut notices_said = BTreeSet::new();
    for (order, places) in &deployed.orders {
        let told = order.sources.iter().zip(places).filter_map(|given| {
            let overlay = Overlay::of(order, given, shelf, builds, tops);
            let release = Release::of(deployed, order, given, shelf, builds);
            let key = overlay.as_ref().map(Overlay::key).or_else(|| release.as_ref().map(Release::key));
            let left = overlay.as_ref().map(|overlay| &overlay.left).or_else(|| release.as_ref().map(|release| &release.left));
            let (left, why) = match (left, key.and_then(|key| tried.get(&key))) {
                (Some(left), Some(None)) => (left, None),
                (_, became) => (&given.0.changes, became.and_then(Option::as_deref)),
            };
            told(deployed, order, given, (left, why), shelf)
        });
        let (gaps, notices): (Vec<_>, Vec<_>) = told.partition(|told| told.is_gap);
        let several = |told: &[Told]| match told.len() {
            0 | 1 => String::new(),
            2 => " (and 1 more source)".to_owned(),
            more => format!(" (and {} more sources)", more - 1),
        };
        let all = if gaps.is_empty() { &notices } else { &gaps };
        let Some(first) = all.first() else { continue };
        let span = shelf.file(order.file).tree.span(first.at);
        let written =
            tracer.as_mut().and_then(|tracer| tracer.trace(order.file, span, Look::Value)).map(|written| (written.file, written.span));
        let (file, span) = written.unwrap_or((order.file, span));
        let what = format!("{}{}", first.what, several(all));
        let gap = gap_at(shelf.file(file), Some(span), first.why.clone());
        if first.is_gap {
            // what differs stands apart from why, so that reports can put together what is alike
            said.gaps.push(Gap { what, ..gap });
        } else {
            let place = gap.location.map_or(String::new(), |place| format!(":{}:{}", place.line, place.column));
            notices_said.insert(format!("{}{place}: {what}: {}", gap.what, gap.why));
        }
    }
    said.notices.extend(notices_said);
    said.gaps.sort();
    said.gaps.dedup();
}

struct Told {
    is_gap: bool,
    at: u32,
    what: String,
    why: String,
}

/// What is to be said of one source.
fn told(
    deployed: &Deployed,
    order: &Order,
    (given, place): (&Given, &Where),
    (changes, why): (&[(String, u32)], Option<&str>),
    shelf: &Shelf<'_>,
) -> Option<Told> {
    let tree = &shelf.file(order.file).tree;
    let own = match place {
        Where::Here(folder) => {
            let reached = || reached(shelf, folder);
            let counts = |(name, _): &&(String, u32)| match name.as_str() {
                "postBuild" => reached().iter().any(|file| shelf.file(*file).tree.source().contains("${")),
                "targetNamespace" | "namespace" => {
                    let namespace = given.settings.map_or("", |settings| field(tree, settings, name));
                    moves(namespace, reached().iter().map(|file| shelf.file(*file)))
                }
                _ => true,
            };
            changes.iter().filter(counts).collect()
        }
        _ => changes.iter().collect::<Vec<_>>(),
    };
    let who = &order.who;
    let thing = match (&given.what, place) {
        (_, Where::Here(path) | Where::Beside(path) | Where::Nowhere(path)) if !path.is_empty() => format!("`{}`", shown(path)),
        (What::Chart(name), _) => format!("the chart `{}` of {}", shown(name), shown(deployed.address(given))),
        (What::Folder(path) | What::Folders(path), _) if path.trim_matches(['.', '/']).is_empty() => shown(deployed.address(given)),
        (What::Folder(path) | What::Folders(path), _) => format!("`{}` of {}", shown(path), shown(deployed.address(given))),
    };
    let what = format!("{who} deploys {thing}");
    let names: Vec<_> = own.iter().map(|(name, _)| format!("`{name}`")).collect();
    let apart = match place {
        Where::Here(_) => None,
        Where::Beside(_) => Some("it is not among what is scanned, name it as well"),
        Where::Nowhere(_) => Some("there is no such folder in the repository"),
        Where::Elsewhere => Some("it is no part of this scan"),
    };
    // nothing that was scanned is other than it looks
    if let Some(why) = apart {
        let why = if own.is_empty() { why.to_owned() } else { format!("{why}, and nobody looked at {}", few(&names)) };
        return Some(Told { is_gap: false, at: given.at, what, why });
    }
    let first = own.first()?;
    let hint = match given.tool {
        Tool::Flux => "pipe what `flux build kustomization` makes of it into `cnscan scan -`",
        Tool::Argo => "pipe what `argocd app manifests` gives of it into `cnscan scan -`",
        Tool::Helm => "pipe what `helm template` makes of it with them into `cnscan scan -`",
    };
    let why = format!("it is deployed with {} of its own, which nobody looked at: {}", few(&names), why.unwrap_or(hint));
    Some(Told { is_gap: true, at: first.1, what, why })
}
