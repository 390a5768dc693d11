//! Paged lists, a few at a time: what breaks is tried again, what expires is begun anew, what is refused is a gap.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::client::{Client, Failure};
use super::parts::{Kept, Parts};
use super::readonly::METADATA_LIST;
use super::{Keep, Progress, Selection, Stop};
use crate::discover::{Gap, Prune, Reach, Resource, plural};

/// How many lists are read side by side: more would crowd out the server's other users.
const AT_ONCE: usize = 4;
/// How many objects a page has, unless these are very large.
const PAGE: u32 = 500;
/// How often a page that is no JSON is asked for again.
const GARBAGE: u32 = 3;

/// What all lists share.
pub(super) struct Context<T> {
    pub(super) client: Arc<Client>,
    pub(super) selection: Selection,
    pub(super) prune: Prune,
    pub(super) keep: Keep<T>,
    pub(super) progress: Arc<dyn Progress>,
}

/// What became of a list.
struct Outcome<T> {
    lists: Vec<Kept<T>>,
    /// Why it is not whole.
    refused: Option<String>,
    lost: Vec<(String, String)>,
}

/// What was read of all kinds.
#[derive(Debug)]
pub(super) struct Read<T> {
    pub(super) lists: Vec<Kept<T>>,
    pub(super) reaches: Vec<Reach>,
    pub(super) gaps: Vec<Gap>,
}

/// Reads every kind, in every namespace asked for; not to the end where what is read cannot be kept.
pub(super) async fn all<T: Send + 'static>(context: &Arc<Context<T>>, resources: &[Resource]) -> Result<Read<T>, Stop> {
    let slots = Arc::new(Semaphore::new(AT_ONCE));
    let mut running = JoinSet::new();
    let wanted: Vec<_> = resources.iter().flat_map(|resource| targets(resource, &context.selection)).collect();
    context.progress.begin(wanted.len());
    for (number, (resource, namespace)) in wanted.iter().cloned().enumerate() {
        let (context, slots) = (Arc::clone(context), Arc::clone(&slots));
        running.spawn(async move {
            let _slot = slots.acquire_owned().await;
            (number, list(&context, &resource, namespace.as_deref()).await)
        });
    }
    let mut outcomes: BTreeMap<usize, Outcome<T>> = BTreeMap::new();
    while let Some(ended) = running.join_next().await {
        // a task that panicked is missed below
        if let Ok((number, outcome)) = ended {
            outcomes.insert(number, outcome?);
        }
    }
    let mut read = Read { lists: Vec::new(), reaches: Vec::new(), gaps: Vec::new() };
    for (number, (resource, namespace)) in wanted.into_iter().enumerate() {
        let broke = || Outcome { lists: Vec::new(), refused: Some("reading it broke: please report this".to_owned()), lost: Vec::new() };
        read.add(&resource, namespace, outcomes.remove(&number).unwrap_or_else(broke));
    }
    Ok(read)
}

/// The lists that a kind takes: one, or one a namespace asked for.
fn targets(resource: &Resource, selection: &Selection) -> Vec<(Resource, Option<String>)> {
    if selection.namespaces.is_empty() || !(resource.namespaced || resource.is_namespace()) {
        return vec![(resource.clone(), None)];
    }
    selection.namespaces.iter().map(|name| (resource.clone(), Some(name.clone()))).collect()
}

impl<T> Read<T> {
    fn add(&mut self, resource: &Resource, namespace: Option<String>, outcome: Outcome<T>) {
        self.lists.extend(outcome.lists);
        let within = namespace.as_ref().map(|name| format!(" in namespace {name}")).unwrap_or_default();
        let gap = |what: String, why: String| Gap {
            surface: "cluster".to_owned(),
            what,
            why,
            kind: Some(resource.name()),
            namespace: namespace.clone(),
            ..Gap::default()
        };
        let lost = !outcome.lost.is_empty();
        self.gaps.extend(outcome.lost.into_iter().map(|(name, why)| gap(format!("{} {name}", resource.kind), why)));
        let known = self.reaches.last().is_some_and(|last| last.group == resource.group && last.kind == resource.kind);
        if !known {
            let (group, kind) = (resource.group.clone(), resource.kind.clone());
            self.reaches.push(Reach { group, kind, namespaced: resource.namespaced, refused: BTreeMap::new() });
        }
        let refused = outcome.refused.inspect(|why| self.gaps.push(gap(format!("{}{within}", resource.name()), why.clone())));
        let why = refused.or(lost.then(|| "not all of its objects could be judged".to_owned()));
        if let (Some(why), Some(reach)) = (why, self.reaches.last_mut()) {
            reach.refused.insert(namespace.unwrap_or_default(), why);
        }
    }
}

/// Reads one list to its end.
async fn list<T>(context: &Context<T>, resource: &Resource, namespace: Option<&str>) -> Result<Outcome<T>, Stop> {
    // a namespace is asked for by itself: whoever may read only in it may not list all of them
    let single = resource.is_namespace() && namespace.is_some();
    let path = match namespace {
        Some(name) if single => format!("{}/{name}", resource.path(None)),
        namespace => resource.path(namespace),
    };
    let mut parts = Parts::new(&context.keep, resource, path.clone());
    let mut lost = Lost::new();
    let refused = pages(context, resource, (&path, single), &mut parts, &mut lost).await?;
    context.progress.done(&path, parts.count(), refused.as_deref());
    let lists = if refused.is_some() && parts.count() == 0 { Vec::new() } else { parts.finish()? };
    Ok(Outcome { lists, refused, lost })
}

type Lost = Vec<(String, String)>;

/// Reads page after page; why they did not all come.
async fn pages<T>(
    context: &Context<T>,
    resource: &Resource,
    (path, single): (&str, bool),
    parts: &mut Parts<'_, T>,
    lost: &mut Lost,
) -> Result<Option<String>, Stop> {
    let accept = if resource.is_secret() { METADATA_LIST } else { "application/json" };
    let (mut next, mut limit, mut restarted, mut garbage) = (None::<String>, PAGE, false, 0);
    loop {
        let query = if single { String::new() } else { query(&context.selection, resource, limit, next.as_deref()) };
        let page = match context.client.get(&format!("{path}{query}"), accept).await {
            Ok(bytes) => (context.prune)(resource, &bytes, single),
            Err(Failure::Status(410)) if !restarted => {
                (restarted, next) = (true, None);
                parts.clear();
                lost.clear();
                continue;
            }
            Err(Failure::Large) if limit > 1 && !single => {
                limit /= 8;
                limit = limit.max(1);
                continue;
            }
            Err(failure) => return Ok(Some(words(&failure, parts.count()))),
        };
        let page = match page {
            Ok(page) => page,
            Err(_) if garbage < GARBAGE && !context.client.is_over() && !resource.is_secret() => {
                garbage += 1;
                continue;
            }
            Err(why) => return Ok(Some(why)),
        };
        garbage = 0;
        context.progress.objects(resource, &page);
        parts.add(&page)?;
        lost.extend(page.lost);
        context.progress.page(path, parts.count(), page.remaining);
        if page.next.is_some() && page.next == next && page.ends.is_empty() {
            return Ok(Some("the server sends the same empty page for ever".to_owned()));
        }
        next = page.next;
        if next.is_none() {
            return Ok(None);
        }
    }
}

/// What failed, and how far it had come.
fn words(failure: &Failure, read: u64) -> String {
    if *failure == Failure::Interrupted && read > 0 {
        return format!("interrupted; {} read until then", plural(read as usize, "object"));
    }
    if read == 0 { failure.words() } else { format!("{}; {} read until then", failure.words(), plural(read as usize, "object")) }
}

/// One more parameter of a query.
pub(super) fn parameter(key: &str, value: &str) -> String {
    let mut parameter = format!("&{key}=");
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            parameter.push(char::from(byte));
        } else {
            parameter.push_str(&format!("%{byte:02X}"));
        }
    }
    parameter
}

fn query(selection: &Selection, resource: &Resource, limit: u32, next: Option<&str>) -> String {
    let mut query = format!("?limit={limit}");
    let mut add = |key: &str, value: &str| query.push_str(&parameter(key, value));
    if resource.namespaced || resource.is_namespace() {
        let field = if resource.is_namespace() { "metadata.name" } else { "metadata.namespace" };
        let excluded: Vec<_> = selection.excluded.iter().map(|name| format!("{field}!={name}")).collect();
        if !excluded.is_empty() {
            add("fieldSelector", &excluded.join(","));
        }
    }
    if let (true, Some(labels)) = (resource.namespaced, &selection.selector) {
        add("labelSelector", labels);
    }
    if let Some(next) = next {
        add("continue", next);
    }
    query
}
