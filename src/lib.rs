//! cnscan: holds cloud native systems against the CNCF Cloud Native Security Controls Catalog.
//!
//! Data flows one way, and each room knows only those before it:
//! settings · discover · parse · model · checks · policy · evaluate · assess · explain · report · cli.

pub mod assess;
pub mod checks;
pub mod cli;
pub mod discover;
pub mod evaluate;
pub mod explain;
pub mod model;
pub mod parse;
pub mod policy;
pub mod report;
pub mod seen;
pub mod settings;

use assess::{Assessment, Occasion, Seen};
use discover::Captured;
use evaluate::{Outcomes, Share};
use model::evidence::Reading;
use model::{Evidence, KubernetesVersion, Scan, UNSET_NAMESPACE};
use parse::Limits;
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

/// The same for one of several shards: all is read, so that joins see everything, and this one's share is judged.
///
/// # Errors
/// See [`scan`].
pub fn scan_share(request: Request, policy: &Policy, share: Share) -> Result<assess::Part, Error> {
    let (outcomes, seen, occasion) = look(request, policy, share)?;
    Ok(assess::share(share, policy, outcomes, seen, &occasion))
}

fn look(request: Request, policy: &Policy, share: Share) -> Result<(Outcomes, Seen, Occasion), Error> {
    let (files, live, found) = match request.input {
        Input::Files(input) => {
            let mut found = discover::all(&input)?;
            (parse::all(std::mem::take(&mut found.sources), &request.limits), None, found)
        }
        Input::Cluster(mut captured, overlay) => {
            let mut files = parse::live::all(std::mem::take(&mut captured.lists));
            let mut found = overlay.as_ref().map(discover::all).transpose()?.unwrap_or_default();
            let laid = parse::all(std::mem::take(&mut found.sources), &request.limits);
            // what is laid over a cluster is judged as a part of it
            files.extend(laid.into_iter().map(|file| parse::File { root: String::new(), ..file }));
            found.gaps.append(&mut captured.gaps);
            (files, Some(captured), found)
        }
    };
    let assumed_namespace = request.assume_namespace.as_deref().unwrap_or(UNSET_NAMESPACE);
    let (outcomes, noted) = {
        let evidence = Evidence::index(&files, Reading { assumed_namespace, complete: request.complete, live: live.as_deref() });
        if evidence.is_empty() && evidence.gaps().is_empty() && found.gaps.is_empty() {
            return Err(discover::Error::Nothing(nothing(&evidence)).into());
        }
        let settings = policy.settings.clone().judged_at(request.occasion.started.as_second());
        let scan = Scan { evidence: &evidence, settings: &settings, version: request.kubernetes_version };
        let judge = || evaluate::share(&policy.checks, &scan, request.include_passes, share);
        rayon::join(judge, || seen::gather(&scan, found.gaps, found.ignored))
    };
    // the trees go before the reports are made: they are the greater part of the memory
    let seen = seen::with_files(noted, files, &outcomes);
    Ok((outcomes, seen, request.occasion))
}

/// Why there is nothing to judge although files were found: an empty pipe must not pass for a clean scan.
fn nothing(evidence: &Evidence<'_>) -> String {
    match evidence.fragments() {
        [] => format!("no Kubernetes object in {} read", assess::plural(evidence.files().len(), "file")),
        [only] => format!("{} is not judged by itself: it is {}", only.what, only.why),
        [first, rest @ ..] => {
            format!(
                "{} and {} are not judged by themselves: the first is {}",
                first.what,
                assess::plural(rest.len(), "other object"),
                first.why
            )
        }
    }
}
