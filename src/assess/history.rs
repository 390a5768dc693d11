//! Results over time: for each control when it failed and how long until it was mended, pauses between scans, exceptions' days.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::assessment::{Assessment, Control, Excuse, Severity, Status};

mod kin;

/// The name of the JSON form of a [`History`].
pub const HISTORY_SCHEMA: &str = "cnscan/history/v1";

/// Results of some systems, each by itself.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct History {
    /// [`HISTORY_SCHEMA`]
    pub schema: &'static str,
    /// By what was assessed and against what: results of unlike things make no line.
    pub lines: Vec<Timeline>,
    /// What was there and is in no line, and why.
    pub left_out: Vec<(String, String)>,
}

/// Results of one system against one profile, in order.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Timeline {
    /// What was assessed: files by their folder or names, as the last result has them, or a cluster by its uid.
    pub target: String,
    /// Against what.
    pub profile: String,
    /// The results, the oldest first.
    pub runs: Vec<RunSeen>,
    /// Between results: the longest first.
    pub pauses: Vec<Pause>,
    /// Every control of any of them, in the order of the last.
    pub controls: Vec<ControlLine>,
    /// Exceptions, by their first day.
    pub exceptions: Vec<ExceptionLine>,
}

/// A result.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunSeen {
    /// Its file.
    pub name: String,
    /// Its run.
    pub id: String,
    /// RFC 3339, UTC.
    pub started: String,
    /// What made it.
    pub tool: String,
    /// What vouches for it.
    pub vouched: Vouching,
    /// How many open failures it has, by severity.
    pub failures: BTreeMap<Severity, u32>,
    /// How many findings, failures and reviews, are excused in it.
    pub excused: u32,
    /// How many gaps its evidence has.
    pub gaps: usize,
    /// The share of the applicable controls that is decided.
    pub coverage: f64,
}

/// What vouches for a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Vouching {
    /// Nothing: anybody could have written or changed it.
    #[default]
    Nothing,
    /// Its bundle is whole; who made that was not asked.
    Whole,
    /// Its bundle is whole and signed by the key given.
    Signed,
}

impl Vouching {
    /// For a person.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Vouching::Nothing => "not verified",
            Vouching::Whole => "whole, signature not asked for",
            Vouching::Signed => "signed",
        }
    }
}

/// Time without a result.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pause {
    /// RFC 3339, UTC.
    pub from: String,
    /// RFC 3339, UTC.
    pub to: String,
    /// How long.
    pub days: f64,
}

/// A control over time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ControlLine {
    /// Its id.
    pub id: String,
    /// Whose it is.
    pub framework: String,
    /// As the last result that has it.
    pub title: String,
    /// Its group.
    pub group: String,
    /// A status a result, in their order; `null` where the profile did not have it.
    pub statuses: Vec<Option<Status>>,
    /// When it failed.
    pub failed: Vec<Failing>,
    /// The days of all of these together.
    pub days_failed: f64,
}

impl History {
    /// Notes what vouches for a result, by the name of its file.
    pub fn vouch(&mut self, name: &str, vouched: Vouching) {
        let runs = self.lines.iter_mut().flat_map(|line| &mut line.runs);
        runs.filter(|run| run.name == name).for_each(|run| run.vouched = vouched);
    }

    /// The results, by what vouches for them.
    pub fn vouched(&self, by: Vouching) -> usize {
        self.lines.iter().flat_map(|line| &line.runs).filter(|run| run.vouched == by).count()
    }
}

impl ControlLine {
    /// The status in the last result.
    #[must_use]
    pub fn now(&self) -> Option<Status> {
        self.statuses.last().copied().flatten()
    }
}

/// A time in which a control failed, as far as results tell.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Failing {
    /// The first result that says so; it may have begun at any time since the one before.
    pub from: String,
    /// The last result that says so.
    pub last_seen: String,
    /// How it ended.
    pub end: FailingEnd,
    /// The result that says so, where it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<String>,
    /// From the first result that says so to that end, or to the last result.
    pub days: f64,
}

/// How a time in which a control failed ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailingEnd {
    /// It fails no more, and somebody looked.
    Fixed,
    /// Its failures were excused.
    Excused,
    /// It fails still.
    Open,
    /// Nobody looked since, or it could not be decided: it may fail still.
    Unseen,
}

impl FailingEnd {
    /// The word in every format.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            FailingEnd::Fixed => "fixed",
            FailingEnd::Excused => "excused",
            FailingEnd::Open => "open",
            FailingEnd::Unseen => "not seen since",
        }
    }
}

/// An exception over time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExceptionLine {
    /// The check that it excuses from.
    pub check: String,
    /// The exception itself.
    pub excuse: Excuse,
    /// The first result in which it excuses anything.
    pub first_seen: String,
    /// The last one.
    pub last_seen: String,
    /// Whether that is the last result of all.
    pub in_force: bool,
    /// Between these.
    pub days: f64,
    /// The most findings that it excused in one result.
    pub findings: usize,
}

/// Puts results in lines. Each stands with the name of its file.
#[must_use]
pub fn history(results: Vec<(String, Assessment)>) -> History {
    let mut history = History { schema: HISTORY_SCHEMA, lines: Vec::new(), left_out: Vec::new() };
    let mut alike: BTreeMap<(String, String), Vec<Dated>> = BTreeMap::new();
    for (name, result) in results {
        match result.run.started.parse::<Timestamp>() {
            Ok(started) => alike.entry(key(&result)).or_default().push((started, name, result)),
            Err(_) => history.left_out.push((name, "it does not say when it was made".to_owned())),
        }
    }
    for ((target, profile), mut results) in alike {
        results.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
        let mut kept: Vec<Dated> = Vec::new();
        for one in results {
            match kept.iter().rev().take_while(|before| before.0 == one.0).find(|before| before.2.run.id == one.2.run.id) {
                Some(before) => history.left_out.push((one.1, format!("it is of the same run as {}", before.1))),
                None => kept.push(one),
            }
        }
        history.lines.extend(kin::lines(kept).into_iter().map(|results| {
            let target = if target.is_empty() { kin::target(&results) } else { target.clone() };
            line(target, profile.clone(), &results)
        }));
    }
    history.lines.sort_by(|a, b| (&a.target, &a.profile).cmp(&(&b.target, &b.profile)));
    history
}

/// What must be the same for results to be comparable: a cluster, which files have none of, and what it is held against.
fn key(result: &Assessment) -> (String, String) {
    let uid = |cluster: &crate::discover::Cluster| cluster.uid.clone().or_else(|| cluster.context.clone()).unwrap_or_default();
    let target = result.scope.cluster.as_ref().map_or(String::new(), |cluster| format!("cluster {}", uid(cluster)).trim().to_owned());
    (target, result.profile.name.clone())
}

/// A result with its time and its name.
type Dated = (Timestamp, String, Assessment);
type Results = [Dated];

fn line(target: String, profile: String, results: &Results) -> Timeline {
    let runs = results.iter().map(|(_, name, result)| RunSeen {
        name: name.clone(),
        id: result.run.id.clone(),
        started: result.run.started.clone(),
        tool: format!("{} {}", result.tool.name, result.tool.version),
        vouched: Vouching::default(),
        failures: result.summary.findings.clone(),
        excused: result.summary.excused,
        gaps: result.gaps.len(),
        coverage: result.summary.coverage,
    });
    let mut pauses: Vec<_> = results
        .windows(2)
        .map(|pair| Pause { from: pair[0].2.run.started.clone(), to: pair[1].2.run.started.clone(), days: days(pair[0].0, pair[1].0) })
        .collect();
    pauses.sort_by(|a, b| b.days.total_cmp(&a.days).then_with(|| a.from.cmp(&b.from)));
    Timeline { target, profile, runs: runs.collect(), pauses, controls: controls(results), exceptions: exceptions(results) }
}

/// To a few seconds: results of one day are told apart.
fn days(from: Timestamp, to: Timestamp) -> f64 {
    rounded(to.duration_since(from).as_secs_f64() / 86_400.0)
}

fn rounded(days: f64) -> f64 {
    (days * 10_000.0).round() / 10_000.0
}

fn controls(results: &Results) -> Vec<ControlLine> {
    let mut lines: Vec<ControlLine> = Vec::new();
    let mut seats: BTreeMap<(String, String), usize> = BTreeMap::new();
    // the last result sets the order; what only earlier ones have follows
    for (_, _, result) in results.iter().rev() {
        for control in &result.controls {
            seats.entry((control.framework.clone(), control.id.clone())).or_insert_with(|| {
                lines.push(empty(control, results.len()));
                lines.len() - 1
            });
        }
    }
    for (number, (_, _, result)) in results.iter().enumerate() {
        for control in &result.controls {
            if let Some(seat) = seats.get(&(control.framework.clone(), control.id.clone())) {
                lines[*seat].statuses[number] = Some(control.status);
            }
        }
    }
    for line in &mut lines {
        line.failed = failed(&line.statuses, results);
        line.days_failed = rounded(line.failed.iter().map(|period| period.days).sum());
    }
    lines
}

fn empty(control: &Control, runs: usize) -> ControlLine {
    ControlLine {
        id: control.id.clone(),
        framework: control.framework.clone(),
        title: control.title.clone(),
        group: control.group.clone(),
        statuses: vec![None; runs],
        failed: Vec::new(),
        days_failed: 0.0,
    }
}

/// The times in which a control failed. What nobody looked at ends none of them.
fn failed(statuses: &[Option<Status>], results: &Results) -> Vec<Failing> {
    let started = |run: usize| results[run].2.run.started.clone();
    let mut periods = Vec::new();
    // the first result that says so, the last one, and whether any was of another mind since
    let mut open: Option<(usize, usize, bool)> = None;
    for (run, status) in statuses.iter().enumerate() {
        let end = match status {
            Some(Status::Fail) => {
                open = Some(open.map_or((run, run, false), |(from, ..)| (from, run, false)));
                continue;
            }
            Some(Status::Error | Status::Review | Status::NotAssessed) | None => {
                open = open.map(|(from, last, _)| (from, last, true));
                continue;
            }
            Some(Status::Excused) => FailingEnd::Excused,
            Some(Status::Partial | Status::Pass | Status::Attested | Status::NotApplicable) => FailingEnd::Fixed,
        };
        if let Some((from, last, _)) = open.take() {
            let days = days(results[from].0, results[run].0);
            periods.push(Failing { from: started(from), last_seen: started(last), end, ended: Some(started(run)), days });
        }
    }
    if let Some((from, last, unseen)) = open {
        let (end, until) = if unseen { (FailingEnd::Unseen, last) } else { (FailingEnd::Open, results.len() - 1) };
        periods.push(Failing {
            from: started(from),
            last_seen: started(last),
            end,
            ended: None,
            days: days(results[from].0, results[until].0),
        });
    }
    periods
}

fn exceptions(results: &Results) -> Vec<ExceptionLine> {
    let mut seen: BTreeMap<String, (usize, usize, usize, String, Excuse)> = BTreeMap::new();
    for (run, (_, _, result)) in results.iter().enumerate() {
        let mut counts: BTreeMap<String, (usize, &str, &Excuse)> = BTreeMap::new();
        for finding in &result.findings {
            let Some(excuse) = finding.excused.as_deref() else { continue };
            let parts =
                [&*finding.check, &excuse.by, &excuse.reason, &excuse.owner, &excuse.approver, excuse.expires.as_deref().unwrap_or("")];
            counts.entry(parts.join("\u{1f}")).or_insert((0, &finding.check, excuse)).0 += 1;
        }
        for (key, (count, check, excuse)) in counts {
            let (_, last, most, ..) = seen.entry(key).or_insert_with(|| (run, run, 0, check.to_owned(), excuse.clone()));
            *last = run;
            *most = count.max(*most);
        }
    }
    let line = |(first, last, findings, check, excuse): (usize, usize, usize, String, Excuse)| ExceptionLine {
        check,
        excuse,
        first_seen: results[first].2.run.started.clone(),
        last_seen: results[last].2.run.started.clone(),
        in_force: last + 1 == results.len(),
        days: days(results[first].0, results[last].0),
        findings,
    };
    let mut lines: Vec<_> = seen.into_values().map(line).collect();
    lines.sort_by(|a, b| (&a.first_seen, &a.check, &a.excuse.reason).cmp(&(&b.first_seen, &b.check, &b.excuse.reason)));
    lines
}
