//! cnscan: holds cloud native systems against the CNCF Cloud Native Security Controls Catalog.
//!
//! Data flows one way, and each room knows only those before it:
//! settings · discover · parse · render · model · checks · policy · evaluate · assess · explain · report · bundle · cli.

pub mod assess;
pub mod bundle;
pub mod checks;
pub mod cli;
pub mod discover;
pub mod evaluate;
pub mod explain;
mod input;
mod letters;
pub mod model;
pub mod parse;
pub mod policy;
pub mod render;
pub mod report;
pub mod seen;
pub mod settings;
mod trouble;
mod whole;

use assess::{Assessment, Occasion, Seen};
use discover::{Captured, Discovery};
use evaluate::{Outcomes, Share, Written};
use model::evidence::Reading;
use model::{Evidence, KubernetesVersion, Quality, Scan, UNSET_NAMESPACE};
use parse::{File, Limits};
use policy::Policy;

/// What a scan is asked to do.
#[derive(Debug)]
pub struct Request {
    /// Where to look.
    pub input: Input,
    /// The namespace of objects that name none.
    pub assume_namespace: Option<String>,
    /// The input is all that the cluster has.
    pub complete: bool,
    /// The version to judge by.
    pub kubernetes_version: Option<KubernetesVersion>,
    /// Keep what passed.
    pub include_passes: bool,
    /// What to render, and how.
    pub render: render::Request,
    /// Bounds on what is read.
    pub limits: Limits,
    /// When and how.
    pub occasion: Occasion,
}

/// What a scan looks at.
#[derive(Debug)]
pub enum Input {
    /// Files, folders, standard input.
    Files(discover::Request),
    /// What was read of a cluster, and the manifests that are laid over it.
    Cluster(Box<Captured>, Option<discover::Request>),
    /// What was read of a running cluster, its lists taken in as they came, and the manifests that are laid over it.
    Live(Box<Captured>, Lists, Option<discover::Request>),
    /// What was found before: files, or those laid over a cluster.
    Found(Box<Discovery>, Option<Box<Captured>>),
    /// The same, as a snapshot has it.
    Snapshot(std::path::PathBuf, Option<discover::Request>),
}

/// The lists of a running cluster.
#[derive(Debug)]
pub enum Lists {
    /// Parsed, for a whole scan.
    Parsed(Vec<File>),
    /// Held small, for a shard, which parses each more than once.
    Packed(Vec<discover::snapshot::Packed>),
}

/// What stops a scan.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A mistake in what to hold against.
    #[error(transparent)]
    Policy(#[from] policy::Error),
    /// Nothing to look at.
    #[error(transparent)]
    Discover(#[from] discover::Error),
}

/// Looks at the input and holds it against a policy.
///
/// # Errors
/// When nothing can be looked at; a file that cannot be read is a gap in the assessment instead.
pub fn scan(request: Request, policy: &Policy) -> Result<Assessment, Error> {
    let (outcomes, seen, occasion) = look(request, policy, Share::ALL)?;
    Ok(assess::all(policy, outcomes, seen, &occasion))
}

/// The same for one of several shards: all is read, so that joins see everything, and this one's share is kept and judged.
///
/// # Errors
/// See [`scan`].
pub fn scan_share(request: Request, policy: &Policy, share: Share) -> Result<assess::Part, Error> {
    let (outcomes, seen, occasion) = look(request, policy, share)?;
    Ok(assess::share(share, policy, outcomes, seen, &occasion))
}

/// Answers a question about the input at a moment; with what of it could not be read.
///
/// # Errors
/// When nothing can be looked at.
pub fn ask<T>(
    input: Input,
    namespace: Option<&str>,
    now: jiff::Timestamp,
    question: impl FnOnce(&Scan<'_>) -> T,
) -> Result<(T, Vec<discover::Gap>), Error> {
    let assumed_namespace = namespace.unwrap_or(UNSET_NAMESPACE);
    let limits = Limits::default();
    // as a scan has it where nothing else is said
    let render = render::Request { mode: render::Mode::Auto, ..render::Request::default() };
    let how = input::How { render: &render, limits: &limits, assumed_namespace, checks: &[] };
    let input::Read { files, live, mut found, .. } = input::Read::new(input, &how, Share::ALL)?;
    let evidence = Evidence::index(&files, Reading { assumed_namespace, complete: false, live: live.as_deref() });
    holds_anything(&evidence, &found)?;
    let settings = settings::Settings::default();
    let scan = Scan { evidence: &evidence, settings: &settings, version: None, now };
    let answer = question(&scan);
    found.gaps.extend(evidence.gaps().iter().cloned());
    Ok((answer, found.gaps))
}

fn look(mut request: Request, policy: &Policy, share: Share) -> Result<(Outcomes, Seen, Occasion), Error> {
    // a snapshot may hold more than these checks would have asked for
    if let Input::Cluster(captured, _) | Input::Found(_, Some(captured)) = &mut request.input
        && captured.from_snapshot
    {
        captured.narrow(&policy::permissions::wants(&policy.checks));
    }
    let assumed_namespace = request.assume_namespace.as_deref().unwrap_or(UNSET_NAMESPACE);
    let how = input::How { render: &request.render, limits: &request.limits, assumed_namespace, checks: &policy.checks };
    let mut read = input::Read::new(request.input, &how, share)?;
    let (mut outcomes, mut noted) = loop {
        let found = if share.count() == 1 { std::mem::take(&mut read.found) } else { read.found.clone() };
        let evidence = Evidence::index(&read.files, Reading { assumed_namespace, complete: request.complete, live: read.live.as_deref() });
        holds_anything(&evidence, &found)?;
        // what the index itself looked for
        if read.misses() {
            drop(evidence);
            read.looks_again()?;
            continue;
        }
        let scan =
            Scan { evidence: &evidence, settings: &policy.settings, version: request.kubernetes_version, now: request.occasion.started };
        let judge = || evaluate::share(&policy.checks, &scan, request.include_passes, read.split());
        let judged = rayon::join(judge, || seen::gather(&scan, found.gaps, found.ignored));
        drop(evidence);
        if !read.looks_again()? {
            break judged;
        }
    };
    noted.0.notices.append(&mut read.notices);
    trace(&read.files, &mut outcomes);
    place_comments(&mut read.files);
    // the trees go before the reports are made: they are the greater part of the memory
    let seen = seen::with_files(noted, read.files, &outcomes);
    Ok((outcomes, seen, request.occasion))
}

/// Notes of findings in what was rendered where in its sources they were written.
fn trace(files: &[File], outcomes: &mut Outcomes) {
    let Some(mut tracer) = render::Tracer::new(files) else { return };
    for finding in outcomes.findings.iter_mut() {
        let is_absent = finding.quality == Quality::Parent;
        let look = if is_absent { render::Look::Absent(&finding.path) } else { render::Look::Value };
        let Some(written) = tracer.trace(finding.file, finding.span, look) else { continue };
        if tracer.is_shared(written.file) {
            finding.notes.push(format!("in what is made of {}", files[finding.file as usize].name()));
        }
        if written.fit == render::Fit::File {
            finding.notes.push("where it is written is not known: the file is what it is made of".to_owned());
        }
        let (quality, is_own) = match written.fit {
            render::Fit::Same => (finding.quality, true),
            // what lacks something there lacks it still
            render::Fit::Changed => (finding.quality, is_absent),
            render::Fit::Near => (Quality::Parent, false),
            render::Fit::File => (Quality::File, false),
        };
        finding.written = Some(Box::new(Written { file: written.file, span: written.span, whole: written.whole, quality, is_own }));
    }
}

/// Notes of comments in what was rendered where somebody wrote them: above what they cover, in the source of that.
fn place_comments(files: &mut [File]) {
    let made = |file: &File| matches!(file.role, parse::Role::Made { .. }) && !file.directives.is_empty();
    let Some(mut tracer) = files.iter().any(made).then(|| render::Tracer::new(files)).flatten() else { return };
    let mut places = Vec::new();
    for (number, file) in files.iter().enumerate().filter(|(_, file)| made(file)) {
        for (at, directive) in file.directives.iter().enumerate() {
            let (start, end) = directive.span;
            let below = directive.covers.0.max(start);
            let Some(written) = tracer.trace(number as u32, (below, below), render::Look::Value) else { continue };
            let (source, comment) = (files[written.file as usize].tree.source(), file.tree.source().get(start as usize..end as usize));
            let line = memchr::memchr(b'\n', &source.as_bytes()[written.span.0 as usize..]);
            let before = source.get(..line.map_or(source.len(), |length| written.span.0 as usize + length)).unwrap_or_default();
            let place = comment.and_then(|comment| before.rfind(comment)).map_or(written.span.0, |at| at as u32);
            places.push((number, at, (written.file, place)));
        }
    }
    for (number, at, place) in places {
        files[number].directives[at].written = Some(place);
    }
}

/// Whether there is anything to judge, or to say that it was not.
fn holds_anything(evidence: &Evidence<'_>, found: &Discovery) -> Result<(), discover::Error> {
    let holds = !(evidence.is_empty() && evidence.gaps().is_empty() && found.gaps.is_empty());
    if holds { Ok(()) } else { Err(discover::Error::Nothing(nothing(evidence))) }
}

/// Why there is nothing to judge although files were found: an empty pipe must not pass for a clean scan.
fn nothing(evidence: &Evidence<'_>) -> String {
    const BUILT: &str = "scan the folder of the kustomization that builds with it";
    match evidence.fragments() {
        [] => match evidence.files() {
            [only] => {
                let name = if only.uri.is_some() { only.name() } else { "standard input" };
                format!("no Kubernetes object in {name}{}", if only.bytes == 0 { ", which is empty" } else { "" })
            }
            files => format!("no Kubernetes object in {} read", assess::plural(files.len(), "file")),
        },
        [only] => format!("{} is not judged by itself: it is {}; {BUILT}", only.what, only.why),
        [first, rest @ ..] => {
            format!(
                "{} and {} are not judged by themselves: the first is {}; {BUILT}",
                first.what,
                assess::plural(rest.len(), "other object"),
                first.why
            )
        }
    }
}
