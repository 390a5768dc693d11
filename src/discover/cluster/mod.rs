//! What is read of a running cluster, and how: the one place that is async.

mod client;
mod discovery;
mod facts;
mod interrupt;
mod kubeconfig;
mod list;
mod managed;
mod parts;
mod readonly;
mod records;
mod reports;
mod schemas;
mod told;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub use client::Access;
pub use interrupt::Interrupt;
pub use records::is_record;
pub use reports::{Form, Reports, Written};

use super::{Captured, Cluster, Facts, Gap, KUBELETS, List, Page, Prune, Resource, Unseen, Want, Wants};
use client::{Client, Failure};
use list::Context;
use parts::Kept;
use told::Told;

/// What to read.
#[derive(Debug, Clone)]
pub struct Request {
    /// Who to ask, and as whom.
    pub access: Access,
    /// Which objects.
    pub selection: Selection,
    /// Which kinds.
    pub wants: Wants,
    /// How long one answer may take.
    pub request_timeout: Duration,
    /// How long everything may take.
    pub timeout: Duration,
}

/// Which objects are asked for; what has no namespace always is.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Only these namespaces; all when empty.
    pub namespaces: Vec<String>,
    /// Not these namespaces.
    pub excluded: Vec<String>,
    /// Only namespaced objects with these labels.
    pub selector: Option<String>,
}

/// Is told what is being read.
pub trait Progress: Send + Sync {
    /// So many lists are going to be read.
    fn begin(&self, lists: usize);
    /// These objects came, to be looked at early.
    fn objects(&self, _resource: &Resource, _page: &Page) {}
    /// A page came: objects so far, and how many the server says are left.
    fn page(&self, path: &str, read: u64, left: Option<u64>);
    /// A list ended: how many objects it had, and why it is not whole.
    fn done(&self, path: &str, read: u64, refused: Option<&str>);
}

/// Takes each list, or a part of a long one, as soon as it is read, side by side and in any order: what is kept of it, or
/// why none can be kept.
pub type Keep<T> = Arc<dyn Fn(List) -> Result<T, String> + Send + Sync>;

/// Why what is read cannot be kept.
#[derive(Debug)]
struct Stop(String);

/// Where what is read goes.
pub struct Sink<T> {
    /// Takes pages apart.
    pub prune: Prune,
    /// What is kept of a list.
    pub keep: Keep<T>,
    /// Is told of both.
    pub progress: Arc<dyn Progress>,
}

/// Why there is nothing to judge.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Error(pub(super) String);

/// Reads a cluster. What is refused or breaks on the way, or is not read when somebody interrupts, is a gap. What was kept
/// of the lists stands beside the rest, in the order of their URIs.
///
/// # Errors
/// When it cannot be reached, or says nothing of what it serves, or when what is read cannot be kept.
pub fn capture<T: Send + 'static>(request: &Request, sink: Sink<T>, interrupt: &Arc<Interrupt>) -> Result<(Captured, Vec<T>), Error> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|error| Error(error.to_string()))?;
    interrupt.begin();
    let captured = runtime.block_on(read(request, sink, interrupt));
    interrupt.end();
    // a plugin that hangs must not keep the program
    runtime.shutdown_background();
    captured
}

async fn read<T: Send + 'static>(request: &Request, sink: Sink<T>, interrupt: &Arc<Interrupt>) -> Result<(Captured, Vec<T>), Error> {
    let deadline = Instant::now() + request.timeout;
    let (client, context_name) = Client::connect(&request.access, request.request_timeout, deadline, Arc::clone(interrupt)).await?;
    let (version, told) = facts::version(&client).await?;
    let served = discovery::all(&client).await.map_err(|failure| match failure {
        Failure::Status(401 | 403) => Error(format!("the server refuses to say what it serves: {}", failure.words())),
        failure => Error(format!("it could not be learned what the cluster serves: {}", failure.words())),
    })?;
    let client = Arc::new(client);
    let mut captured = Captured { facts: Facts { version: told, ..Facts::default() }, ..Captured::default() };
    captured.cluster.uid = facts::uid(&client).await;
    captured.rights(&client, &request.selection).await;
    let (mut resources, unknown, mut left_out) = choose(served.resources, &request.wants);
    captured.lose(served.lost);
    let (may_hold_pods, others) = schemas::part(&client, unknown).await;
    let unsure: BTreeSet<_> = may_hold_pods.iter().map(Resource::name).collect();
    resources.extend(may_hold_pods);
    resources.sort_by(|a, b| (&a.group, &a.kind).cmp(&(&b.group, &b.kind)));
    left_out.extend(others.iter().map(Resource::name));
    left_out.sort();
    captured.listed.left_out = left_out;
    let selection = request.selection.clone();
    let Sink { prune, keep, progress } = sink;
    let context = Arc::new(Context { client, selection, prune, keep, progress });
    let stopped = |Stop(why)| Error(why);
    let list::Read { mut lists, reaches, gaps } = list::all(&context, &resources).await.map_err(stopped)?;
    captured.gaps.extend(gaps);
    for gap in captured.gaps.iter_mut().filter(|gap| gap.kind.as_ref().is_some_and(|kind| unsure.contains(kind))) {
        gap.why.push_str("; no check knows the kind, which may hold pods");
    }
    captured.listed.kinds = reaches;
    let mut told = Told::default();
    lists.iter_mut().for_each(|list| told.add(std::mem::take(&mut list.told)));
    if request.wants.of(KUBELETS.0, KUBELETS.1) == Want::Yes {
        let names = std::mem::take(&mut told.nodes);
        lists.extend(captured.kubelets(&context, names).await.map_err(stopped)?);
    }
    captured.interrupted = interrupt.is_raised();
    captured.settle((version, context_name), &told, &request.selection);
    lists.sort_by(|a, b| a.uri.cmp(&b.uri));
    Ok((captured, lists.into_iter().map(|list| list.kept).collect()))
}

/// What is read, what is when it may hold pods, and the names of the others.
fn choose(resources: Vec<Resource>, wants: &Wants) -> (Vec<Resource>, Vec<Resource>, Vec<String>) {
    let known: BTreeSet<_> = resources.iter().map(|one| (one.group.clone(), one.kind.clone())).collect();
    // what left this group stands in the new one as well
    let moved = |one: &Resource| {
        one.group == "extensions"
            && ["apps", "networking.k8s.io", "policy"].iter().any(|group| known.contains(&((*group).to_owned(), one.kind.clone())))
    };
    let (mut read, mut unsure, mut left_out) = (Vec::new(), Vec::new(), Vec::new());
    for resource in resources.into_iter().filter(|one| !moved(one)) {
        match wants.of(&resource.group, &resource.kind) {
            Want::Yes => read.push(resource),
            Want::IfPods if !is_record(&resource.group, &resource.kind) => unsure.push(resource),
            _ => left_out.push(resource.name()),
        }
    }
    (read, unsure, left_out)
}

impl Captured {
    async fn rights(&mut self, client: &Client, selection: &Selection) {
        let default = ["default".to_owned()];
        let namespaces = if selection.namespaces.is_empty() { &default[..] } else { &selection.namespaces };
        for namespace in namespaces {
            if let Some(rules) = facts::rights(client, namespace).await {
                self.facts.rights.insert(namespace.clone(), rules);
            }
        }
        if let Some(rule) = self.facts.rights.values().find_map(facts::may_write) {
            self.notices.push(format!("the reader may also change the cluster ({rule}): get, list and watch are enough"));
        }
    }

    fn lose(&mut self, groups: std::collections::BTreeMap<String, String>) {
        for (group, why) in &groups {
            let what = if group == "*" { "every API group but the core one".to_owned() } else { format!("API group {group}") };
            let kind = Some(format!("{group}/*"));
            self.gaps.push(Gap { surface: "cluster".to_owned(), what, why: why.clone(), kind, ..Gap::default() });
        }
        self.listed.lost_groups = groups;
    }

    async fn kubelets<T: Send + 'static>(&mut self, context: &Arc<Context<T>>, nodes: Vec<String>) -> Result<Vec<Kept<T>>, Stop> {
        let mut known = facts::kubelets(context, nodes).await?;
        let of_nodes = self.listed.kinds.iter().find(|reach| reach.group.is_empty() && reach.kind == "Node");
        // a node that was not listed has a kubelet as well
        if let Some(why) = of_nodes.and_then(|reach| reach.refused.values().next()).filter(|_| known.unseen.is_none()) {
            let why = format!("the nodes could not all be listed: {why}");
            known.unseen = Some(Unseen { kind: format!("{}/{}", KUBELETS.0, KUBELETS.1), why: why.clone() });
            known.reach.iter_mut().for_each(|reach| _ = reach.refused.entry(String::new()).or_insert_with(|| why.clone()));
        }
        self.listed.kinds.extend(known.reach);
        self.gaps.extend(known.gaps);
        self.cluster.unseen.extend(known.unseen);
        Ok(known.lists)
    }

    /// Everything in order, and what stands above the lists.
    fn settle(&mut self, (version, context): (String, Option<String>), told: &Told, selection: &Selection) {
        self.listed.kinds.sort();
        self.gaps.sort();
        let (managed_by, managed_sign) = managed::by(&version, told).unzip();
        if self.interrupted {
            self.notices.push("reading the cluster was interrupted: what was read until then is judged, the rest is a gap".to_owned());
        }
        if self.cluster.uid.is_none() {
            self.notices.push("the cluster's identity (the uid of its kube-system namespace) may not be read".to_owned());
        }
        self.cluster = Cluster {
            uid: self.cluster.uid.take(),
            version,
            context,
            managed_by: managed_by.map(str::to_owned),
            managed_sign,
            unseen: std::mem::take(&mut self.cluster.unseen),
            only_namespaces: selection.namespaces.clone(),
            excluded_namespaces: selection.excluded.clone(),
            selector: selection.selector.clone(),
        };
    }
}
