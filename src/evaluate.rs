//! Check × subject, in parallel, in the order of the input whatever the number of threads.

mod aspects;
mod batch;
mod components;
mod found;
mod outcome;
mod plan;
mod share;

use std::borrow::Cow;
use std::cell::OnceCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use rayon::prelude::*;

use batch::Batch;
use found::{finding, source_of};
pub use outcome::{Finding, Findings, Looked, Outcomes, Standing, Subject, Tally, Written};
use plan::Plan;
pub use share::{Share, Split};

use crate::checks::{Check, Surface};
use crate::model::origin::GitSource;
use crate::model::{Container, Fault, Field, Made, Namespace, Object, Pod, Role, Scan, Severity, Verdict, kinds, take_mistyped};

/// Runs every check on every subject it looks at.
#[must_use]
pub fn all(checks: &[&'static Check], scan: &Scan<'_>, keep_passes: bool) -> Outcomes {
    share(checks, scan, keep_passes, &Split::none())
}

/// Runs them on the subjects of one shard.
#[must_use]
pub fn share(checks: &[&'static Check], scan: &Scan<'_>, keep_passes: bool, split: &Split) -> Outcomes {
    let plan = |surfaces: &[Surface]| Plan::new(checks, |check| surfaces.iter().any(|surface| check.speaks_of(*surface)));
    let files = plan(&[Surface::Manifest, Surface::Host]);
    let (live, node) = (plan(&[Surface::Cluster]), plan(&[Surface::Host]));
    let of_secrets = Plan::new(checks, |check| check.topic == "secret");
    let evidence = scan.evidence;
    let whole = if evidence.cluster().is_some() { &live } else { &files };
    let of_object = |object: &Object<'_>| match object.live {
        true => &live,
        // what a node keeps for itself, keys in its own kubeconfigs among it, is no manifest
        false if evidence.is_of_node(object) && !kinds::is_served(object.group, object.kind) => &node,
        false => &files,
    };
    let run = Runner { checks, scan, keep_passes, split, of_secrets: &of_secrets };
    let objects = evidence
        .objects()
        .par_chunks(CHUNK)
        .map(|objects| run.chunk(objects, |batch, object| run.object(batch, of_object(object), object)));
    let namespaces = evidence.namespaces().par_chunks(CHUNK);
    let namespaces = namespaces.map(|records| run.chunk(records, |batch, record| run.namespace(batch, whole, &Namespace { scan, record })));
    let (objects, namespaces) =
        rayon::join(|| objects.reduce(Outcomes::default, Outcomes::join), || namespaces.reduce(Outcomes::default, Outcomes::join));
    objects.join(namespaces).join(run.chunk(&[()], |batch, ()| run.whole(batch, whole)))
}

/// How many subjects share a batch: enough that counting costs nothing, few enough that threads share the work.
const CHUNK: usize = 256;

#[derive(Clone, Copy)]
struct Runner<'r> {
    checks: &'r [&'static Check],
    scan: &'r Scan<'r>,
    keep_passes: bool,
    split: &'r Split,
    of_secrets: &'r Plan,
}

/// A subject with what the engine needs to settle a verdict on it.
struct Seat<'a> {
    who: Who<'a>,
    /// Made when something is to be said of it: most subjects pass in silence.
    subject: OnceCell<Arc<Subject>>,
    images: OnceCell<Option<Arc<[Box<str>]>>>,
    source: OnceCell<Option<Arc<GitSource>>>,
    field: Field<'a>,
    object: Option<&'a Object<'a>>,
    namespace: Option<&'a str>,
    live: bool,
    /// How many pods an object stands for.
    pods: u32,
}

#[derive(Clone, Copy)]
enum Who<'a> {
    Object(&'a Object<'a>),
    Container(&'a Object<'a>, Container<'a>),
    Component(&'a Object<'a>, &'a str, Role),
    Namespace(&'a str),
    Cluster,
}

impl<'a> Seat<'a> {
    fn new(who: Who<'a>, field: Field<'a>, object: Option<&'a Object<'a>>, namespace: Option<&'a str>, live: bool) -> Self {
        let (subject, images, source) = Default::default();
        Seat { who, subject, images, source, field, object, namespace, live, pods: 0 }
    }

    /// The same, for so many pods that were made from it.
    fn standing_for(self, pods: u32) -> Self {
        Seat { pods, ..self }
    }

    fn subject(&self) -> Arc<Subject> {
        let make = || match self.who {
            Who::Object(object) => identity(object, "", self.pods),
            Who::Container(object, container) => identity(object, container.name(), self.pods),
            Who::Component(object, container, _) => identity(object, container, self.pods),
            Who::Namespace(name) => Subject::named("v1", "Namespace", name, self.live),
            Who::Cluster => Subject::named("", "Cluster", "(all)", self.live),
        };
        Arc::clone(self.subject.get_or_init(|| Arc::new(make())))
    }

    /// The object that a fault of a whole namespace or cluster lies in, when it is not only where the subject is shown.
    fn holder<'s>(&self, scan: &'s Scan<'_>, fault: &Fault) -> Option<&'s Object<'s>> {
        if !matches!(self.who, Who::Namespace(_) | Who::Cluster) || !fault.of_object && self.field.is_at(&fault.place) {
            return None;
        }
        let object = scan.evidence.object_at(fault.place.file, fault.place.root)?;
        if self.object.is_some_and(|own| own.id == object.id) {
            return None;
        }
        Some(object)
    }

    /// The Git source of its object, where that stands in no file.
    fn source(&self, scan: &Scan<'_>) -> Option<Arc<GitSource>> {
        let find = || source_of(scan, self.object?);
        self.source.get_or_init(find).clone()
    }

    /// The images of the container, or of all containers, of a node agent or a bare pod.
    fn images(&self, scan: &Scan<'_>) -> Option<Arc<[Box<str>]>> {
        let image = |container: Container<'_>| container.at("image").str().into();
        let make = || match self.who {
            Who::Object(object) if may_be_known(object) => {
                let pods = scan.evidence.pods_in(object).iter().map(|record| Pod { scan, record });
                Some(pods.flat_map(|pod| pod.containers()).map(image).collect())
            }
            Who::Container(object, container) if may_be_known(object) => Some(std::iter::once(container).map(image).collect()),
            _ => None,
        };
        self.images.get_or_init(make).clone()
    }
}

impl Runner<'_> {
    fn chunk<T>(self, subjects: &[T], look: impl Fn(&mut Batch, &T)) -> Outcomes {
        let mut batch = Batch::new(self.checks.len());
        for subject in subjects {
            look(&mut batch, subject);
        }
        batch.into()
    }

    /// What another shard judges is searched for credentials here too: they may stand near what this one shows.
    fn object(self, batch: &mut Batch, plan: &Plan, object: &Object<'_>) {
        let file = &self.scan.evidence.files()[object.file() as usize];
        if self.split.holds(object, file.name()) {
            return self.judge(batch, plan, object);
        }
        // nothing of it is shown: that would have been missed, and read anew
        if object.slim || file.slim.is_some() && !file.live {
            return;
        }
        let mut aside = Batch::new(self.checks.len());
        self.judge(&mut aside, self.of_secrets, object);
        batch.hidden.extend(aside.findings.iter().filter_map(|finding| Some((finding.file, finding.sensitive?))));
    }

    fn judge(self, batch: &mut Batch, plan: &Plan, object: &Object<'_>) {
        let pods = self.scan.evidence.pods_in(object).iter().map(|record| Pod { scan: self.scan, record });
        let owners = self.scan.evidence.owners();
        let instances = owners.pods(object.id);
        let seat = Seat::new(Who::Object(object), place_of(object), Some(object), object.namespace, object.live).standing_for(instances);
        let made = owners.of(object.id).map(|(_, made)| made);
        if made.is_some_and(|made| !matches!(made, Made::Like(_))) {
            for (pod, &(check, probe)) in pods.clone().flat_map(|pod| plan.made.iter().map(move |probe| (pod, probe))) {
                self.run(batch, check, &seat, || probe(&pod));
            }
        }
        // what its controller, or one like it, is judged for is not judged again
        if made.is_some_and(|made| made != Made::Apart) {
            batch.copies[usize::from(!object.is(kinds::POD))] += 1;
            return;
        }
        let by_kind = plan.kinds.get(&(object.group, object.kind)).map(Vec::as_slice).unwrap_or_default();
        for &(check, probe) in by_kind.iter().chain(&plan.any) {
            self.run(batch, check, &seat, || probe(object, self.scan));
        }
        let (several, before) = (pods.len() > 1, batch.findings.len());
        for pod in pods {
            for &(check, probe) in &plan.pods {
                self.run(batch, check, &seat, || pod.settle(probe(&pod), true));
            }
            for container in pod.containers() {
                let name = container.field.key("name");
                let field = if name.exists() { name } else { container.field };
                let seat = Seat::new(Who::Container(object, container), field, Some(object), object.namespace, object.live);
                let seat = seat.standing_for(instances);
                for &(check, probe) in &plan.containers {
                    self.run(batch, check, &seat, || pod.settle(probe(&container), false));
                }
            }
        }
        if several {
            batch.once_from(before);
        }
    }

    fn namespace(self, batch: &mut Batch, plan: &Plan, namespace: &Namespace<'_>) {
        if !self.split.holds_namespace(namespace.name()) {
            return;
        }
        let who = Who::Namespace(namespace.name());
        let seat =
            Seat::new(who, namespace.field(), namespace.documents().next(), Some(namespace.name()), self.scan.evidence.cluster().is_some());
        for &(check, probe) in &plan.namespaces {
            self.run(batch, check, &seat, || probe(namespace));
        }
    }

    fn run(self, batch: &mut Batch, check: u16, seat: &Seat<'_>, probe: impl FnOnce() -> Verdict) {
        take_mistyped();
        let said = catch_unwind(AssertUnwindSafe(probe));
        let mistyped = take_mistyped();
        let tally = &mut batch.tallies[check as usize];
        let faults = match said {
            Err(panic) => {
                tally.errors += 1;
                self.look(batch, check, seat, |looked| looked.errors += 1);
                batch.errors.push((check, seat.subject(), words(&*panic)));
                return;
            }
            Ok(verdict) => match self.settle(verdict, seat) {
                Settled::Pass if mistyped.is_empty() => {
                    tally.passed += 1;
                    self.look(batch, check, seat, |looked| looked.judged += 1);
                    if self.keep_passes {
                        batch.passes.push((check, seat.subject()));
                    }
                    return;
                }
                Settled::Pass => Vec::new(),
                Settled::Unseen => return,
                Settled::Skip(reason) => {
                    *tally.skipped.entry(reason).or_default() += 1;
                    self.look(batch, check, seat, |looked| looked.skipped += 1);
                    return;
                }
                Settled::Faults(faults) => faults,
            },
        };
        let mut mistyped = mistyped;
        mistyped.dedup_by(|a, b| a.place == b.place);
        // what was concluded from a value that the API server refuses is not said beside that
        let faults = faults.into_iter().filter(|(_, fault)| mistyped.iter().all(|refused| refused.place != fault.place));
        let faults: Vec<_> = faults.collect();
        // that it is refused is the lesser evil, whatever the check is about
        let severity = self.checks[check as usize].severity.max(Severity::Medium);
        let doubts = mistyped.into_iter().map(|fault| (Standing::Review, fault.severity(severity)));
        self.record(batch, check, seat, faults.into_iter().chain(doubts).collect());
    }

    /// The open world: what rests on something missing, or on a document that is not sound, is no verdict.
    fn settle(self, verdict: Verdict, seat: &Seat<'_>) -> Settled {
        let tainted = seat.object.is_some_and(|object| object.tainted);
        let doubt = |why: Cow<'static, str>| Settled::Faults(vec![(Standing::Review, seat.field.fault(why).observed(""))]);
        match verdict {
            Verdict::Pass if tainted => doubt("a key stands twice in this document, so nothing in it passes".into()),
            Verdict::Pass => Settled::Pass,
            Verdict::PassIfNone(kinds) => match kinds.iter().find(|kind| !self.scan.is_whole(**kind, seat.namespace)) {
                Some(kind) => doubt(format!("nothing seen speaks against it, but not every {kind} was seen").into()),
                None => Settled::Pass,
            },
            Verdict::Skip(reason) => Settled::Skip(reason),
            Verdict::Unseen => Settled::Unseen,
            Verdict::Review(reason) => doubt(reason),
            Verdict::Fail(faults) => Settled::Faults(faults.into_iter().map(|fault| (Standing::Fail, fault)).collect()),
        }
    }

    fn record(self, batch: &mut Batch, check: u16, seat: &Seat<'_>, faults: Vec<(Standing, Fault)>) {
        let own = self.checks[check as usize];
        let mut worst = None;
        self.look(batch, check, seat, |looked| looked.judged += 1);
        for (standing, fault) in faults {
            let severity = fault.severity.unwrap_or(own.severity);
            let unseen = fault.rests_on.iter().any(|kind| !self.scan.is_whole(*kind, seat.namespace));
            let standing = match standing {
                _ if severity == Severity::Info && own.severity != Severity::Info => Standing::Note,
                Standing::Fail if fault.doubt || unseen => Standing::Review,
                standing => standing,
            };
            worst = match (worst, standing) {
                (Some(Standing::Fail), _) | (_, Standing::Fail) => Some(Standing::Fail),
                (Some(Standing::Review), _) | (_, Standing::Review) => Some(Standing::Review),
                (worst, Standing::Note) => worst,
            };
            batch.findings.push(finding(self.scan, own, check, seat, standing, severity, fault));
        }
        let tally = &mut batch.tallies[check as usize];
        match worst {
            Some(Standing::Fail) => tally.failed += 1,
            Some(_) => tally.review += 1,
            None => {
                tally.passed += 1;
                if self.keep_passes {
                    batch.passes.push((check, seat.subject()));
                }
            }
        }
    }
}

enum Settled {
    Pass,
    Unseen,
    Skip(Cow<'static, str>),
    Faults(Vec<(Standing, Fault)>),
}

/// Whether the built-in exceptions may know it: a node agent, or a pod by itself.
fn may_be_known(object: &Object<'_>) -> bool {
    object.is(kinds::DAEMON_SET) || object.is(kinds::POD)
}

fn identity(object: &Object<'_>, container: &str, pods: u32) -> Subject {
    Subject {
        api_version: object.api_version.to_owned(),
        group: object.group.to_owned(),
        kind: object.kind.to_owned(),
        namespace: object.namespace_or_empty().to_owned(),
        name: object.name.to_owned(),
        container: container.to_owned(),
        live: object.live,
        pods,
    }
}

/// Where to point when a verdict has no place of its own.
fn place_of<'a>(object: &Object<'a>) -> Field<'a> {
    let name = object.at("metadata.name");
    if name.exists() { name } else { object.at("kind") }
}

fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let said = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    said.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "the check broke".to_owned())
}
