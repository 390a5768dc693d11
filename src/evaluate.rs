//! Check × subject, in parallel, in the order of the input whatever the number of threads.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::checks::{Check, Probe};
use crate::model::{Container, Fault, Field, GroupKind, Namespace, Object, Pod, Quality, Scan, Severity, Verdict, take_mistyped};

/// What the checks said. It borrows nothing from the evidence, which may go.
#[derive(Debug, Default)]
pub struct Outcomes {
    /// One a check, in the order given.
    pub tallies: Vec<Tally>,
    /// Failures, reviews and notes, in the order of the input.
    pub findings: Vec<Finding>,
    /// What passed, when asked for.
    pub passes: Vec<(u16, Arc<Subject>)>,
    /// Checks that broke: which, on what, with what words.
    pub errors: Vec<(u16, Arc<Subject>, String)>,
}

/// How often a check said what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Subjects that passed.
    pub passed: u32,
    /// Subjects that failed.
    pub failed: u32,
    /// Subjects that a person must look at.
    pub review: u32,
    /// Subjects that it broke on.
    pub errors: u32,
    /// Subjects that it does not apply to, by reason.
    pub skipped: BTreeMap<Cow<'static, str>, u32>,
}

impl Tally {
    /// All subjects looked at.
    #[must_use]
    pub fn subjects(&self) -> u32 {
        self.passed + self.failed + self.review + self.errors + self.skipped.values().sum::<u32>()
    }

    fn add(&mut self, other: Tally) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.review += other.review;
        self.errors += other.errors;
        for (reason, count) in other.skipped {
            *self.skipped.entry(reason).or_default() += count;
        }
    }
}

/// What was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// As written.
    pub api_version: String,
    /// Its API group.
    pub group: String,
    /// As written.
    pub kind: String,
    /// Empty when it has none.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Empty when it is no container.
    pub container: String,
}

/// How a fault counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It fails its subject.
    Fail,
    /// It leaves its subject undecided.
    Review,
    /// It changes nothing.
    Note,
}

/// A fault with its check and subject, free of the evidence.
#[derive(Debug)]
pub struct Finding {
    /// Index of the check.
    pub check: u16,
    /// What it was found on.
    pub subject: Arc<Subject>,
    /// How it counts.
    pub standing: Standing,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: Cow<'static, str>,
    /// What was seen.
    pub observed: Cow<'static, str>,
    /// What should stand there.
    pub expected: Cow<'static, str>,
    /// Where the check's own advice does not fit.
    pub fix: Option<Cow<'static, str>>,
    /// The value is a credential.
    pub sensitive: bool,
    /// Which file.
    pub file: u32,
    /// Where in its text, in bytes.
    pub span: (u32, u32),
    /// Where in the object.
    pub path: Box<str>,
    /// How well the place fits.
    pub quality: Quality,
    /// `decisions.md` 20, without the ordinal of equal ones.
    pub fingerprint: [u8; 16],
    /// The byte range of the whole object, for comments that cover it.
    pub object: (u32, u32),
    /// The excuse that an annotation gives: see `assess::excuse`.
    pub annotation: Option<Box<str>>,
}

/// Runs every check on every subject it looks at.
#[must_use]
pub fn all(checks: &[&'static Check], scan: &Scan<'_>, keep_passes: bool) -> Outcomes {
    let plan = Plan::new(checks);
    let evidence = scan.evidence;
    let run = Runner { checks, scan, keep_passes };
    let objects = (0..evidence.objects().len() as u32).into_par_iter().map(|id| run.object(&plan, id));
    let namespaces = evidence.namespaces().par_iter().map(|record| run.namespace(&plan, &Namespace { scan, record }));
    let (mut objects, namespaces): (Vec<_>, Vec<_>) = rayon::join(|| objects.collect(), || namespaces.collect());
    objects.extend(namespaces);
    objects.push(run.whole(&plan));
    gather(checks.len(), objects)
}

/// Which checks look at what.
struct Plan {
    pods: Vec<(u16, fn(&Pod<'_>) -> Verdict)>,
    containers: Vec<(u16, fn(&Container<'_>) -> Verdict)>,
    namespaces: Vec<(u16, fn(&Namespace<'_>) -> Verdict)>,
    kinds: HashMap<(&'static str, &'static str), Vec<(u16, ObjectProbe)>>,
    namespaced: Vec<(u16, ObjectProbe)>,
    any: Vec<(u16, ObjectProbe)>,
    whole: Vec<(u16, fn(&Scan<'_>) -> Verdict)>,
}

type ObjectProbe = fn(&Object<'_>, &Scan<'_>) -> Verdict;

impl Plan {
    fn new(checks: &[&'static Check]) -> Self {
        let mut plan = Plan {
            pods: vec![],
            containers: vec![],
            namespaces: vec![],
            kinds: HashMap::new(),
            namespaced: vec![],
            any: vec![],
            whole: vec![],
        };
        for (index, check) in checks.iter().enumerate() {
            let index = index as u16;
            match check.probe {
                Probe::Pod(probe) => plan.pods.push((index, probe)),
                Probe::Container(probe) => plan.containers.push((index, probe)),
                Probe::Namespace(probe) => plan.namespaces.push((index, probe)),
                Probe::Object(kinds, probe) => {
                    for GroupKind { group, kind } in kinds {
                        plan.kinds.entry((group, kind)).or_default().push((index, probe));
                    }
                }
                Probe::Namespaced(probe) => plan.namespaced.push((index, probe)),
                Probe::Any(probe) => plan.any.push((index, probe)),
                Probe::Scan(probe) => plan.whole.push((index, probe)),
            }
        }
        plan
    }
}

#[derive(Clone, Copy)]
struct Runner<'r> {
    checks: &'r [&'static Check],
    scan: &'r Scan<'r>,
    keep_passes: bool,
}

/// What was said of one object, namespace or scan.
#[derive(Default)]
struct Batch {
    tallies: Vec<(u16, Tally)>,
    findings: Vec<Finding>,
    passes: Vec<(u16, Arc<Subject>)>,
    errors: Vec<(u16, Arc<Subject>, String)>,
}

/// A subject with what the engine needs to settle a verdict on it.
struct Seat<'a> {
    subject: Arc<Subject>,
    field: Field<'a>,
    object: Option<&'a Object<'a>>,
    namespace: Option<&'a str>,
}

impl Runner<'_> {
    fn object(self, plan: &Plan, id: u32) -> Batch {
        let evidence = self.scan.evidence;
        let object = evidence.object(id);
        let mut batch = Batch::default();
        let seat =
            Seat { subject: Arc::new(identity(object, "")), field: place_of(object), object: Some(object), namespace: object.namespace };
        let by_kind = plan.kinds.get(&(object.group, object.kind)).map(Vec::as_slice).unwrap_or_default();
        let namespaced = if object.namespace.is_some() { plan.namespaced.as_slice() } else { &[] };
        for &(check, probe) in by_kind.iter().chain(namespaced).chain(&plan.any) {
            self.run(&mut batch, check, &seat, || probe(object, self.scan));
        }
        for record in evidence.pods_of(id) {
            let pod = Pod { scan: self.scan, record };
            for &(check, probe) in &plan.pods {
                self.run(&mut batch, check, &seat, || probe(&pod));
            }
            for container in pod.containers() {
                let subject = Arc::new(identity(object, container.name()));
                let name = container.field.key("name");
                let seat = Seat { subject, field: if name.exists() { name } else { container.field }, ..seat };
                for &(check, probe) in &plan.containers {
                    self.run(&mut batch, check, &seat, || probe(&container));
                }
            }
        }
        batch
    }

    fn namespace(self, plan: &Plan, namespace: &Namespace<'_>) -> Batch {
        let mut batch = Batch::default();
        let document = namespace.documents().next();
        let subject = Subject {
            api_version: "v1".to_owned(),
            group: String::new(),
            kind: "Namespace".to_owned(),
            namespace: String::new(),
            name: namespace.name().to_owned(),
            container: String::new(),
        };
        let seat = Seat { subject: Arc::new(subject), field: namespace.field(), object: document, namespace: Some(namespace.name()) };
        for &(check, probe) in &plan.namespaces {
            self.run(&mut batch, check, &seat, || probe(namespace));
        }
        batch
    }

    fn whole(self, plan: &Plan) -> Batch {
        let mut batch = Batch::default();
        // without any object there is no cluster to speak of
        let Some(first) = self.scan.evidence.objects().first() else { return batch };
        let cluster = Subject {
            api_version: String::new(),
            group: String::new(),
            kind: "Cluster".to_owned(),
            namespace: String::new(),
            name: "(all)".to_owned(),
            container: String::new(),
        };
        let seat = Seat { subject: Arc::new(cluster), field: place_of(first), object: None, namespace: None };
        for &(check, probe) in &plan.whole {
            self.run(&mut batch, check, &seat, || probe(self.scan));
        }
        batch
    }

    fn run(self, batch: &mut Batch, check: u16, seat: &Seat<'_>, probe: impl FnOnce() -> Verdict) {
        take_mistyped();
        let said = catch_unwind(AssertUnwindSafe(probe));
        let mistyped = take_mistyped();
        let tally = batch.tally(check);
        let faults = match said {
            Err(panic) => {
                tally.errors += 1;
                batch.errors.push((check, Arc::clone(&seat.subject), words(&*panic)));
                return;
            }
            Ok(verdict) => match self.settle(verdict, seat) {
                Settled::Pass if mistyped.is_empty() => {
                    tally.passed += 1;
                    if self.keep_passes {
                        batch.passes.push((check, Arc::clone(&seat.subject)));
                    }
                    return;
                }
                Settled::Pass => Vec::new(),
                Settled::Skip(reason) => {
                    *tally.skipped.entry(reason).or_default() += 1;
                    return;
                }
                Settled::Faults(faults) => faults,
            },
        };
        let doubts = mistyped.into_iter().map(|fault| (Standing::Review, fault));
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
            Verdict::Review(reason) => doubt(reason),
            Verdict::Fail(faults) => Settled::Faults(faults.into_iter().map(|fault| (Standing::Fail, fault)).collect()),
        }
    }

    fn record(self, batch: &mut Batch, check: u16, seat: &Seat<'_>, faults: Vec<(Standing, Fault)>) {
        let own = self.checks[check as usize];
        let mut worst = None;
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
            batch.findings.push(finding(own, check, seat, standing, severity, fault));
        }
        let tally = batch.tally(check);
        match worst {
            Some(Standing::Fail) => tally.failed += 1,
            Some(_) => tally.review += 1,
            None => {
                tally.passed += 1;
                if self.keep_passes {
                    batch.passes.push((check, Arc::clone(&seat.subject)));
                }
            }
        }
    }
}

enum Settled {
    Pass,
    Skip(Cow<'static, str>),
    Faults(Vec<(Standing, Fault)>),
}

impl Batch {
    fn tally(&mut self, check: u16) -> &mut Tally {
        let known = self.tallies.iter().position(|(known, _)| *known == check);
        let at = known.unwrap_or_else(|| {
            self.tallies.push((check, Tally::default()));
            self.tallies.len() - 1
        });
        &mut self.tallies[at].1
    }
}

fn finding(own: &Check, check: u16, seat: &Seat<'_>, standing: Standing, severity: Severity, fault: Fault) -> Finding {
    let object = seat.object.map_or((0, 0), |object| object.root.tree.span(object.root.node));
    let annotation = seat.object.and_then(|object| excuse_annotation(object, own.id));
    Finding {
        check,
        subject: Arc::clone(&seat.subject),
        standing,
        severity,
        fingerprint: fingerprint(own.id, &seat.subject, &fault.place.stable),
        message: fault.message,
        observed: fault.observed,
        expected: fault.expected,
        fix: fault.fix,
        sensitive: fault.sensitive,
        file: fault.place.file,
        span: fault.place.span,
        path: fault.place.path,
        quality: fault.place.quality,
        object,
        annotation,
    }
}

/// `cnscan/excuse.<check-id>` on the object or on its pod template.
fn excuse_annotation(object: &Object<'_>, check: &str) -> Option<Box<str>> {
    let places = ["metadata.annotations", "spec.template.metadata.annotations", "spec.jobTemplate.spec.template.metadata.annotations"];
    let found =
        places.iter().flat_map(|place| object.at(place).entries()).find(|(key, _)| key.strip_prefix("cnscan/excuse.") == Some(check));
    found.map(|(_, value)| value.str().into())
}

fn fingerprint(check: &str, subject: &Subject, path: &str) -> [u8; 16] {
    let kind = if subject.group.is_empty() { subject.kind.clone() } else { format!("{}/{}", subject.group, subject.kind) };
    let parts = [check, &kind, &subject.namespace, &subject.name, &subject.container, path];
    let digest = Sha256::digest(parts.join("\u{1f}").as_bytes());
    let mut short = [0; 16];
    short.copy_from_slice(&digest[..16]);
    short
}

fn identity(object: &Object<'_>, container: &str) -> Subject {
    Subject {
        api_version: object.api_version.to_owned(),
        group: object.group.to_owned(),
        kind: object.kind.to_owned(),
        namespace: object.namespace_or_empty().to_owned(),
        name: object.name.to_owned(),
        container: container.to_owned(),
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

fn gather(checks: usize, batches: Vec<Batch>) -> Outcomes {
    let mut outcomes = Outcomes { tallies: vec![Tally::default(); checks], ..Outcomes::default() };
    for batch in batches {
        for (check, tally) in batch.tallies {
            outcomes.tallies[check as usize].add(tally);
        }
        outcomes.findings.extend(batch.findings);
        outcomes.passes.extend(batch.passes);
        outcomes.errors.extend(batch.errors);
    }
    outcomes
}
