//! Two results compared: what is new, what was fixed, and what only went out of sight.

mod live;
mod unlike;
mod worse;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;

use super::{
    Assessment, CheckVerdict, Control, Edition, Finding, FindingVerdict, Gap, Input, InputStatus, Pin, Scope, Status, Tool, Version,
};

pub use worse::Worse;

/// The name of the JSON form of a [`Diff`].
pub const SCHEMA: &str = "cnscan/diff/v1";

/// What changed between two results. Findings are held against each other by fingerprint, as multisets: moving a line
/// or a file changes nothing, and of two equal ones that become one, one is fixed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Diff {
    /// [`SCHEMA`]
    pub schema: &'static str,
    /// The earlier result.
    pub before: Side,
    /// The later one.
    pub after: Side,
    /// Why the comparison may mislead: the results are of unlike things.
    pub warnings: Vec<String>,
    /// Open failures that were not there.
    pub new: Vec<Finding>,
    /// Failures that were there, and were less.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub worse: Vec<Worse>,
    /// Failures that are gone although their place was looked at, as they were.
    pub fixed: Vec<Finding>,
    /// Failures that are gone because nobody looked: they may still be there.
    pub lost: Vec<Lost>,
    /// Failures that an exception covers now, as they were.
    pub excused: Vec<Finding>,
    /// Failures that cannot be decided any more, as they were.
    pub doubtful: Vec<Finding>,
    /// How many open failures stayed.
    pub unchanged: usize,
    /// The same of reviews, which decide nothing.
    pub reviews: Reviews,
    /// Controls whose status is another.
    pub controls: Vec<Moved>,
    /// The share of the applicable controls that is decided.
    pub coverage: Delta,
    /// Inputs that were read and are not any more.
    pub inputs_gone: Vec<InputGone>,
}

/// What a result is of.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Side {
    /// Of the run.
    pub run: String,
    /// RFC 3339, UTC.
    pub started: String,
    /// What made it.
    pub tool: Tool,
    /// The controls catalog.
    pub catalog: Edition,
    /// What was assessed against.
    pub profile: Pin,
    /// The configuration in force.
    pub config: Option<Pin>,
    /// The Kubernetes version judged by.
    pub kubernetes_version: Version,
    /// What was looked at.
    pub scope: Scope,
}

/// A failure that was not looked for where it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lost {
    /// Why nobody looked.
    pub why: String,
    /// As it was.
    pub finding: Finding,
}

/// Reviews compared.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Reviews {
    /// That were not there.
    pub new: Vec<Finding>,
    /// That are not there any more, as they were.
    pub gone: Vec<Finding>,
    /// How many stayed.
    pub unchanged: usize,
}

/// A control whose status is another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Moved {
    /// Its id.
    pub id: String,
    /// Whose it is.
    pub framework: String,
    /// As the later result has it.
    pub title: String,
    /// `null`: it was not in the profile.
    pub old: Option<Status>,
    /// `null`: it is not in the profile any more.
    pub new: Option<Status>,
}

/// A number that changed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Delta {
    /// Before.
    pub old: f64,
    /// After.
    pub new: f64,
    /// The difference.
    pub delta: f64,
}

/// An input that was read and is not any more.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct InputGone {
    /// Its name in the earlier result.
    pub uri: String,
    /// `absent`, `gap` or `ignored`.
    pub now: &'static str,
    /// Why it was not read.
    pub reason: Option<String>,
}

/// Compares an earlier result with a later one.
#[must_use]
pub fn compare(old: &Assessment, new: &Assessment) -> Diff {
    let failures = |of| select(of, FindingVerdict::Fail, false);
    let worse = worse::all(&failures(old), &failures(new));
    let pairs = pair(failures(old), failures(new));
    let sight = Sight::new(old, new);
    let fates = Fates::of(&pairs.gone, old, new, &sight);
    let removed = fates.fixed.iter().filter(|finding| sight.is_absent(finding)).count();
    let mut warnings = unlike::warnings(old, new);
    if removed > 0 {
        warnings
            .push(format!("{removed} of the fixed failures stood in inputs that are not there any more: deleted, or not given this time"));
    }
    Diff {
        schema: SCHEMA,
        before: side(old),
        after: side(new),
        warnings,
        new: owned(pairs.come),
        worse,
        fixed: owned(fates.fixed),
        lost: fates.lost,
        excused: owned(fates.excused),
        doubtful: owned(fates.doubtful),
        unchanged: pairs.kept,
        reviews: reviews(old, new),
        controls: moved(&old.controls, &new.controls),
        coverage: delta(old.summary.coverage, new.summary.coverage),
        inputs_gone: sight.gone.into_values().collect(),
    }
}

/// What became of failures that are not open any more.
#[derive(Default)]
struct Fates<'a> {
    fixed: Vec<&'a Finding>,
    lost: Vec<Lost>,
    excused: Vec<&'a Finding>,
    doubtful: Vec<&'a Finding>,
}

impl<'a> Fates<'a> {
    fn of(gone: &[&'a Finding], old: &'a Assessment, new: &'a Assessment, sight: &Sight<'_>) -> Self {
        let mut excused = surplus(old, new, FindingVerdict::Fail, true);
        let mut doubtful = surplus(old, new, FindingVerdict::Review, false);
        let mut fates = Fates::default();
        for &finding in gone {
            if draw(&mut excused, &identity(finding)) {
                fates.excused.push(finding);
            } else if draw(&mut doubtful, &identity(finding)) {
                fates.doubtful.push(finding);
            } else if let Some(why) = sight.lost(finding) {
                fates.lost.push(Lost { why, finding: finding.clone() });
            } else {
                fates.fixed.push(finding);
            }
        }
        fates
    }
}

fn reviews(old: &Assessment, new: &Assessment) -> Reviews {
    let pairs = pair(select(old, FindingVerdict::Review, false), select(new, FindingVerdict::Review, false));
    Reviews { new: owned(pairs.come), gone: owned(pairs.gone), unchanged: pairs.kept }
}

fn owned(findings: Vec<&Finding>) -> Vec<Finding> {
    findings.into_iter().cloned().collect()
}

fn side(assessment: &Assessment) -> Side {
    Side {
        run: assessment.run.id.clone(),
        started: assessment.run.started.clone(),
        tool: assessment.tool.clone(),
        catalog: assessment.catalog.clone(),
        profile: assessment.profile.clone(),
        config: assessment.config.clone(),
        kubernetes_version: assessment.kubernetes_version.clone(),
        scope: assessment.scope.clone(),
    }
}

fn delta(old: f64, new: f64) -> Delta {
    // statuses are counted, shares rounded to a tenth: the difference is one of tenths as well
    Delta { old, new, delta: ((new - old) * 10.0).round() / 10.0 }
}

/// The findings of a kind that are open, or excused.
fn select(assessment: &Assessment, verdict: FindingVerdict, excused: bool) -> Vec<&Finding> {
    assessment.findings.iter().filter(|finding| finding.verdict == verdict && finding.excused.is_some() == excused).collect()
}

/// The fingerprint without the ordinal that tells equal ones apart: it says nothing across results.
fn identity(finding: &Finding) -> &str {
    finding.fingerprint.split(':').next().unwrap_or_default()
}

fn uri(finding: &Finding) -> Option<&str> {
    finding.location.as_ref().map(|at| &*at.uri)
}

/// Two multisets held against each other.
struct Pairs<'a> {
    gone: Vec<&'a Finding>,
    come: Vec<&'a Finding>,
    kept: usize,
}

/// Pairs equal findings of the same file first, so that of equal ones in many files the right one is new or gone.
fn pair<'a>(old: Vec<&'a Finding>, new: Vec<&'a Finding>) -> Pairs<'a> {
    let before = old.len();
    let (old, new) = cancel(old, new, |finding| (identity(finding), uri(finding)));
    let (gone, come) = cancel(old, new, |finding| (identity(finding), None));
    Pairs { kept: before - gone.len(), gone, come }
}

type Key<'a> = (&'a str, Option<&'a str>);

/// Takes away from both what has an equal in the other.
fn cancel<'a>(old: Vec<&'a Finding>, new: Vec<&'a Finding>, key: fn(&'a Finding) -> Key<'a>) -> (Vec<&'a Finding>, Vec<&'a Finding>) {
    let stock = |findings: &[&'a Finding]| {
        let mut stock: HashMap<Key<'a>, usize> = HashMap::new();
        findings.iter().for_each(|finding| *stock.entry(key(finding)).or_default() += 1);
        stock
    };
    let (mut in_old, mut in_new) = (stock(&old), stock(&new));
    let rest = |findings: Vec<&'a Finding>, other: &mut HashMap<Key<'a>, usize>| {
        findings.into_iter().filter(|finding| !draw(other, &key(finding))).collect()
    };
    (rest(old, &mut in_new), rest(new, &mut in_old))
}

/// Takes one from the stock, when there is one.
fn draw<K: std::hash::Hash + Eq>(stock: &mut HashMap<K, usize>, key: &K) -> bool {
    match stock.get_mut(key) {
        Some(count) if *count > 0 => {
            *count -= 1;
            true
        }
        _ => false,
    }
}

/// How many more findings of a kind the later result has of each identity: what failures may have become.
fn surplus<'a>(old: &'a Assessment, new: &'a Assessment, verdict: FindingVerdict, excused: bool) -> HashMap<&'a str, usize> {
    let come = pair(select(old, verdict, excused), select(new, verdict, excused)).come;
    let mut surplus = HashMap::new();
    come.into_iter().for_each(|finding| *surplus.entry(identity(finding)).or_default() += 1);
    surplus
}

/// Controls whose status is another, in the order of the later result; then those that it does not have.
fn moved(old: &[Control], new: &[Control]) -> Vec<Moved> {
    let key = |control: &&Control| (control.framework.clone(), control.id.clone());
    let before: HashMap<_, _> = old.iter().map(|control| (key(&control), control.status)).collect();
    let after: BTreeSet<_> = new.iter().map(|control| key(&control)).collect();
    let row = |control: &Control, old, new| Moved {
        id: control.id.clone(),
        framework: control.framework.clone(),
        title: control.title.clone(),
        old,
        new,
    };
    let there = new.iter().map(|control| row(control, before.get(&key(&control)).copied(), Some(control.status)));
    let dropped = old.iter().filter(|control| !after.contains(&key(control))).map(|control| row(control, Some(control.status), None));
    there.filter(|row| row.old != row.new).chain(dropped).collect()
}

/// What the later result looked at, as against the earlier one.
struct Sight<'a> {
    /// Inputs that were read and are not any more.
    gone: BTreeMap<&'a str, InputGone>,
    /// Gaps in files that were not there.
    gaps: BTreeMap<&'a str, &'a Gap>,
    /// Checks that ran.
    checks: HashMap<&'a str, CheckVerdict>,
    broken: BTreeSet<(&'a str, [&'a str; 5])>,
    live: live::Outlook<'a>,
}

impl<'a> Sight<'a> {
    fn new(old: &'a Assessment, new: &'a Assessment) -> Self {
        let inputs: HashMap<&str, &Input> = new.inputs.iter().filter_map(|input| Some((input.uri.as_deref()?, input))).collect();
        let read = old.inputs.iter().filter(|input| input.status == InputStatus::Read).filter_map(|input| input.uri.as_deref());
        let moved = moved_files(old, new);
        let gone = read.filter(|uri| !moved.contains(uri)).filter_map(|uri| Some((uri, gone(uri, inputs.get(uri).copied())?)));
        let known: BTreeSet<&Gap> = old.gaps.iter().collect();
        let fresh = new.gaps.iter().filter(|gap| !known.contains(gap));
        Sight {
            gone: gone.collect(),
            gaps: fresh.filter_map(|gap| Some((gap.location.as_ref()?.uri.as_str(), gap))).collect(),
            checks: new.checks.iter().map(|check| (&*check.id, check.verdict)).collect(),
            broken: new.errors.iter().map(|error| (&*error.check, whose(&error.subject))).collect(),
            live: live::Outlook::new(old, new),
        }
    }

    /// Why nobody looked for a finding again; `None` when somebody did.
    fn lost(&self, finding: &Finding) -> Option<String> {
        let place = uri(finding).unwrap_or_default();
        if let Some(input) = self.gone.get(place).filter(|input| input.now != "absent") {
            let reason = input.reason.as_ref().map_or(String::new(), |reason| format!(": {reason}"));
            return Some(format!("its file is {} now{reason}", if input.now == "gap" { "a gap" } else { "ignored" }));
        }
        if let Some(gap) = self.gaps.get(place) {
            return Some(format!("its file has a gap now: {}", gap.why));
        }
        if let Some(why) = self.live.lost(finding) {
            return Some(why);
        }
        if self.broken.contains(&(&*finding.check, whose(&finding.subject))) {
            return Some("its check broke".to_owned());
        }
        match self.checks.get(&*finding.check) {
            None => Some("its check is not in the profile now".to_owned()),
            Some(CheckVerdict::NotSelected) => Some("its check was not selected".to_owned()),
            Some(CheckVerdict::Planned) => Some("its check is not in this release".to_owned()),
            Some(CheckVerdict::NotAssessed) => Some("its check had no evidence".to_owned()),
            Some(_) => None,
        }
    }

    /// Whether the file of a finding is not there any more.
    fn is_absent(&self, finding: &Finding) -> bool {
        uri(finding).is_some_and(|uri| self.gone.get(uri).is_some_and(|input| input.now == "absent"))
    }
}

/// Files that have another name now, and the same bytes: the folder may have been named from elsewhere.
fn moved_files<'a>(old: &'a Assessment, new: &'a Assessment) -> BTreeSet<&'a str> {
    let read = |of: &'a Assessment| of.inputs.iter().filter(|input| input.status == InputStatus::Read && !input.sha256.is_empty());
    let names = |of: &'a Assessment| of.inputs.iter().filter_map(|input| input.uri.as_deref()).collect::<BTreeSet<_>>();
    let (before, after) = (names(old), names(new));
    let mut come: HashMap<&str, usize> = HashMap::new();
    for input in read(new).filter(|input| input.uri.as_deref().is_some_and(|uri| !before.contains(uri))) {
        *come.entry(&input.sha256).or_default() += 1;
    }
    let lost = read(old).filter_map(|input| Some((input.uri.as_deref()?, &*input.sha256))).filter(|(uri, _)| !after.contains(uri));
    lost.filter(|(_, sha256)| draw(&mut come, sha256)).map(|(uri, _)| uri).collect()
}

/// What stays of a subject however many pods it has.
fn whose(subject: &super::Subject) -> [&str; 5] {
    [&subject.api_version, &subject.kind, &subject.namespace, &subject.name, &subject.container]
}

fn gone(uri: &str, now: Option<&Input>) -> Option<InputGone> {
    let (word, reason) = match now {
        None => ("absent", None),
        Some(input) if input.status == InputStatus::Gap => ("gap", input.reason.clone()),
        Some(input) if input.status == InputStatus::Ignored => ("ignored", input.reason.clone()),
        Some(_) => return None,
    };
    Some(InputGone { uri: uri.to_owned(), now: word, reason })
}
