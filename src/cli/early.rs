//! The first findings, while a cluster is still being read: on a terminal, on standard error, and a few only. The result
//! knows nothing of them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Instant;

use super::scan;
use crate::assess::{Finding, FindingVerdict};
use crate::checks::{Check, Probe, Severity, Surface};
use crate::discover::{Captured, List, Page, Resource};
use crate::parse::Limits;
use crate::policy::Policy;
use crate::{Input, Request};

/// How many are shown.
const SHOWN: usize = 5;
/// How many pages may wait; what comes while it is busy is not looked at early.
const WAITING: usize = 4;

/// Judges pages as they come, in a thread of its own.
pub(super) struct Early {
    policy: Policy,
}

/// Where pages go.
pub(super) struct Pages {
    sender: mpsc::SyncSender<Captured>,
    over: Arc<AtomicBool>,
}

/// Whether a check can be judged on an object by itself, and its findings are worth an early word.
pub(super) fn is_for_it(check: &Check) -> bool {
    let by_itself = matches!(check.probe, Probe::Pod(_) | Probe::Container(_)) && check.needs.is_empty() && check.beside.is_empty();
    by_itself && check.speaks_of(Surface::Cluster) && check.severity <= Severity::High
}

impl Early {
    /// By a policy of such checks.
    pub(super) fn new(policy: Policy) -> Self {
        Early { policy }
    }

    /// Starts the thread, which ends with the last page.
    pub(super) fn start(self, say: impl Fn(String) + Send + 'static) -> Pages {
        let (sender, pages) = mpsc::sync_channel(WAITING);
        let over = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&over);
        std::thread::spawn(move || {
            let mut said = 0;
            for captured in pages {
                for finding in judge(&self.policy, captured) {
                    if said == SHOWN || ended.load(Ordering::SeqCst) {
                        ended.store(true, Ordering::SeqCst);
                        return;
                    }
                    say(words(&finding));
                    said += 1;
                }
            }
        });
        Pages { sender, over }
    }
}

impl Pages {
    /// A page came.
    pub(super) fn add(&self, resource: &Resource, page: &Page) {
        if self.over.load(Ordering::SeqCst) {
            return;
        }
        // what a controller made is said of the controller
        let starts = std::iter::once(0).chain(page.ends.iter().copied());
        let objects = starts.zip(&page.ends).map(|(start, &end)| &page.text[start..end]);
        let objects: Vec<_> =
            objects.filter(|object| object.contains("\"containers\"") && !object.contains("\"ownerReferences\"")).collect();
        if objects.is_empty() {
            return;
        }
        let text = format!(
            "{{\"apiVersion\":\"{}\",\"kind\":\"{}List\",\"items\":[{}]}}",
            resource.api_version(),
            resource.kind,
            objects.join(",")
        );
        let list = List { uri: resource.path(None), items: objects.len() as u32, text };
        // a thread that is busy, or gone, has had enough
        _ = self.sender.try_send(Captured { lists: vec![list], ..Captured::default() });
    }

    /// Everything is read: nothing is early any more.
    pub(super) fn end(&self) {
        self.over.store(true, Ordering::SeqCst);
    }
}

/// The failures of a page, the worst first.
fn judge(policy: &Policy, captured: Captured) -> Vec<Finding> {
    let Ok(occasion) = scan::moment(None, Instant::now()) else { return Vec::new() };
    let request = Request {
        input: Input::Cluster(Box::new(captured), None),
        assume_namespace: None,
        complete: false,
        kubernetes_version: None,
        include_passes: false,
        render: crate::render::Request::default(),
        limits: Limits::default(),
        occasion,
    };
    let mut findings = crate::scan(request, policy).map(|assessment| assessment.findings).unwrap_or_default();
    findings.retain(|finding| finding.verdict == FindingVerdict::Fail && finding.excused.is_none() && finding.severity <= Severity::High);
    findings.sort_by_key(|finding| finding.severity);
    findings
}

fn words(finding: &Finding) -> String {
    let subject = &finding.subject;
    let place = if subject.namespace.is_empty() { String::new() } else { format!("{}/", subject.namespace) };
    let said = if finding.message.is_empty() { &finding.title } else { &finding.message };
    // names and messages come from the cluster: nothing in them is to steer a terminal
    let line = format!("cnscan: first findings: {}: {} {place}{}: {said}", finding.severity.as_str(), subject.kind, subject.name);
    line.chars().map(|char| if char.is_control() { '?' } else { char }).collect()
}
