//! The one client that writes, used when that is asked for and for nothing else: a layer of its own lets pass what lists,
//! applies and deletes the reports that this program made, and no other request.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::header::CONTENT_TYPE;
use http::{Method, Request};
use kube::client::Body;
use serde::Deserialize;
use serde_json::Value;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::client::{Access, Failure, answer, backoff, connection};
use super::list::parameter;
use super::readonly::{Asked, METADATA_LIST, Only, Refused};
use super::{Error, Selection};

/// The kinds of reports that clusters have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `wgpolicyk8s.io/v1alpha2`
    Policy,
    /// `openreports.io/v1alpha1`
    Open,
}

impl Form {
    /// Group and version, and the resources of a namespace's reports and of the cluster's.
    fn names(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Form::Policy => ("wgpolicyk8s.io/v1alpha2", "policyreports", "clusterpolicyreports"),
            Form::Open => ("openreports.io/v1alpha1", "reports", "clusterreports"),
        }
    }

    fn path(self, namespace: Option<&str>) -> String {
        let (version, within, cluster) = self.names();
        namespace.map_or_else(|| format!("/apis/{version}/{cluster}"), |name| format!("/apis/{version}/namespaces/{name}/{within}"))
    }
}

/// What every report of this program is called, or begins with before a number.
const NAME: &str = "cnscan";
/// By which reports of earlier runs are known.
const OWN: &str = "labelSelector=app.kubernetes.io%2Fmanaged-by%3Dcnscan";
/// What its fields belong to.
const MANAGER: &str = "fieldManager=cnscan";
const APPLY: &str = "application/apply-patch+yaml";
/// How many reports are written side by side.
const AT_ONCE: usize = 4;
const ATTEMPTS: u32 = 4;

/// Everything that such a client may send.
const REPORTS: Only = Only(reports);

fn reports(asked: Asked<'_>) -> Result<(), Refused> {
    let parts = asked.parts()?;
    let is_own = |name: &str| name.strip_prefix(NAME).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
    let query = asked.uri.query().unwrap_or_default();
    let type_of_body = asked.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let fits = [Form::Policy, Form::Open].into_iter().any(|form| {
        let (version, within, cluster) = form.names();
        let Some((group, version)) = version.split_once('/') else { return false };
        match (asked.method, &parts[..]) {
            (&Method::GET, ["apis", of, at]) => *of == group && *at == version,
            (&Method::GET, ["apis", of, at, kind]) => {
                *of == group && *at == version && (*kind == within || *kind == cluster) && query.split('&').any(|part| part == OWN)
            }
            (&Method::PATCH | &Method::DELETE, ["apis", of, at, rest @ ..]) => {
                let name = match rest {
                    [kind, name] if *kind == cluster => name,
                    ["namespaces", _, kind, name] if *kind == within => name,
                    _ => return false,
                };
                let applies = type_of_body == APPLY && query.split('&').any(|part| part == MANAGER);
                *of == group && *at == version && is_own(name) && (asked.method == Method::DELETE || applies)
            }
            _ => false,
        }
    });
    if fits { Ok(()) } else { asked.refuse("it is about something else than this program's own reports") }
}

/// A report by where it stands: its namespace, and its name.
type Key = (Option<String>, String);
/// A report that is to be applied, with whether what stands there may be written over, or (`None`) to be deleted.
type Task = (Key, Option<(String, bool)>);

/// What became of the reports.
#[derive(Debug, Default)]
pub struct Written {
    /// How many were applied.
    pub applied: usize,
    /// How many of earlier runs were deleted.
    pub deleted: usize,
    /// How many of earlier runs were left, as not everything was read.
    pub left: usize,
    /// What failed, and why.
    pub failed: Vec<(String, String)>,
}

/// A client of one cluster for one form of reports.
pub struct Reports {
    runtime: Runtime,
    pen: Arc<Pen>,
}

struct Pen {
    inner: kube::Client,
    form: Form,
    patience: Duration,
    deadline: Instant,
}

impl Reports {
    /// Connects; without a form, it is the one that the cluster has the kinds of.
    ///
    /// # Errors
    /// When the cluster cannot be reached, or has no such kinds.
    pub fn connect(access: &Access, form: Option<Form>, patience: Duration, time: Duration) -> Result<Self, Error> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.map_err(|error| Error(error.to_string()))?;
        let deadline = Instant::now() + time;
        let pen = runtime.block_on(async {
            let (inner, _) = connection(access, patience, REPORTS).await?;
            let mut pen = Pen { inner, form: Form::Open, patience, deadline };
            let wanted = form.map_or(vec![Form::Open, Form::Policy], |form| vec![form]);
            for form in wanted.iter().copied() {
                pen.form = form;
                match pen.send(Method::GET, &format!("/apis/{}", form.names().0), None).await {
                    Ok(_) => return Ok(pen),
                    Err(Failure::Status(404)) => {}
                    Err(failure) => {
                        return Err(Error(format!("it could not be learned which reports the cluster takes: {}", failure.words())));
                    }
                }
            }
            let kinds: Vec<_> = wanted.iter().map(|form| form.names().0).collect();
            Err(Error(format!("the cluster has no kinds of {}: install their CustomResourceDefinitions", kinds.join(" or "))))
        })?;
        Ok(Reports { runtime, pen: Arc::new(pen) })
    }

    /// The form that is written.
    #[must_use]
    pub fn form(&self) -> Form {
        self.pen.form
    }

    /// Applies reports, then deletes those of earlier runs that they do not replace, within what the selection covers;
    /// none of these where not `whole` was read, as what they tell may still be so.
    #[must_use]
    pub fn write(&self, reports: &[Value], selection: &Selection, whole: bool) -> Written {
        self.runtime.block_on(self.pen.write(reports, selection, whole))
    }
}

impl Pen {
    async fn write(self: &Arc<Self>, reports: &[Value], selection: &Selection, whole: bool) -> Written {
        let mut written = Written::default();
        let earlier = match self.earlier().await {
            Ok(earlier) => earlier,
            Err(failure) => {
                written.failed.push(("the reports of earlier runs".to_owned(), words(&failure)));
                return written;
            }
        };
        let mut now = BTreeMap::new();
        for report in reports {
            let text = |key: &str| report["metadata"][key].as_str().map(str::to_owned);
            now.insert((text("namespace"), text("name").unwrap_or_default()), report.to_string());
        }
        let (stale, kept): (Vec<_>, Vec<_>) =
            earlier.iter().filter(|key| !now.contains_key(*key) && covers(selection, key.0.as_deref())).cloned().partition(|_| whole);
        written.left = kept.len();
        let tasks = now.into_iter().map(|(key, body)| {
            // what is there under this name and is not ours is not written over
            let force = earlier.contains(&key);
            (key, Some((body, force)))
        });
        for (key, deleted, outcome) in self.all(tasks.collect()).await {
            written.count(&key, deleted, outcome);
        }
        for (key, deleted, outcome) in self.all(stale.into_iter().map(|key| (key, None)).collect()).await {
            written.count(&key, deleted, outcome);
        }
        written.failed.sort();
        written
    }

    /// The reports of earlier runs.
    async fn earlier(&self) -> Result<BTreeSet<Key>, Failure> {
        #[derive(Deserialize)]
        struct Page {
            #[serde(default)]
            metadata: Next,
            /// `null` where there is none.
            items: Option<Vec<Item>>,
        }
        #[derive(Deserialize, Default)]
        struct Next {
            #[serde(default)]
            r#continue: String,
        }
        #[derive(Deserialize)]
        struct Item {
            metadata: Name,
        }
        #[derive(Deserialize)]
        struct Name {
            name: String,
            namespace: Option<String>,
        }
        let (version, within, cluster) = self.form.names();
        let mut earlier = BTreeSet::new();
        for kind in [within, cluster] {
            let mut next = String::new();
            loop {
                let path = format!("/apis/{version}/{kind}?{OWN}&limit=500{next}");
                let page: Page = serde_json::from_slice(&self.send(Method::GET, &path, None).await?)
                    .map_err(|_| Failure::Broken("the answer is not what an API server says".to_owned()))?;
                earlier.extend(page.items.into_iter().flatten().map(|item| (item.metadata.namespace, item.metadata.name)));
                if page.metadata.r#continue.is_empty() {
                    break;
                }
                next = parameter("continue", &page.metadata.r#continue);
            }
        }
        Ok(earlier)
    }

    async fn all(self: &Arc<Self>, tasks: Vec<Task>) -> Vec<(Key, bool, Result<(), Failure>)> {
        let slots = Arc::new(Semaphore::new(AT_ONCE));
        let mut running = JoinSet::new();
        for ((namespace, name), body) in tasks {
            let (pen, slots) = (Arc::clone(self), Arc::clone(&slots));
            running.spawn(async move {
                let _slot = slots.acquire_owned().await;
                let mut path = format!("{}/{name}", pen.form.path(namespace.as_deref()));
                if let Some((_, force)) = &body {
                    path.push_str(&format!("?{MANAGER}&force={force}"));
                }
                let deletes = body.is_none();
                let method = if deletes { Method::DELETE } else { Method::PATCH };
                let outcome = pen.send(method, &path, body.map(|(body, _)| body)).await.map(|_| ());
                ((namespace, name), deletes, outcome)
            });
        }
        running.join_all().await
    }

    async fn send(&self, method: Method, path: &str, body: Option<String>) -> Result<Vec<u8>, Failure> {
        for attempt in 1.. {
            let left = self.deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let accept = if method == Method::GET && path.contains('?') { METADATA_LIST } else { "application/json" };
            let mut request = Request::builder().method(method.clone()).uri(path).header("accept", accept);
            if body.is_some() {
                request = request.header(CONTENT_TYPE, APPLY);
            }
            let request = request.body(Body::from(body.clone().unwrap_or_default().into_bytes()));
            let request = request.map_err(|error| Failure::Broken(error.to_string()))?;
            let sent = tokio::time::timeout(left.min(self.patience), async { answer(self.inner.send(request).await).await }).await;
            let (failure, wait) = match sent {
                Ok(Ok(bytes)) => return Ok(bytes),
                Ok(Err(failed)) => failed,
                Err(_) => (Failure::Slow(self.patience), None),
            };
            if attempt >= ATTEMPTS || !failure.may_pass() {
                return Err(failure);
            }
            tokio::time::sleep(wait.unwrap_or_else(|| backoff(attempt)).min(left)).await;
        }
        Err(Failure::Over)
    }
}

impl Written {
    fn count(&mut self, (namespace, name): &Key, deleted: bool, outcome: Result<(), Failure>) {
        match outcome {
            Ok(()) if deleted => self.deleted += 1,
            Ok(()) => self.applied += 1,
            // somebody else was faster
            Err(Failure::Status(404)) if deleted => {}
            Err(failure) => {
                let place = namespace.as_ref().map(|name| format!(" in namespace {name}")).unwrap_or_default();
                self.failed.push((format!("report {name}{place}"), words(&failure)));
            }
        }
    }
}

/// Whether a scan of some namespaces speaks of this one; what is in none is always looked at.
fn covers(selection: &Selection, namespace: Option<&str>) -> bool {
    let Some(name) = namespace else { return true };
    let among = |names: &[String]| names.iter().any(|known| known == name);
    (selection.namespaces.is_empty() || among(&selection.namespaces)) && !among(&selection.excluded)
}

fn words(failure: &Failure) -> String {
    match failure {
        Failure::Status(403) => "not allowed (403): `cnscan permissions --publish` prints the role that it takes".to_owned(),
        Failure::Status(404) => "there is no such namespace any more (404)".to_owned(),
        Failure::Status(409) => "something else has a report of this name (409): it is left as it is".to_owned(),
        Failure::Status(413) => "it is larger than the server takes (413)".to_owned(),
        Failure::Status(422) => "the server takes no such report (422): are its CustomResourceDefinitions of another version?".to_owned(),
        failure => failure.words(),
    }
}

#[cfg(test)]
mod tests;
