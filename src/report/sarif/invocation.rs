//! The run itself: when, how, and what it could not look at.

use serde_json::json;
use serde_sarif::sarif::{
    Invocation, Location, Message, MultiformatMessageString, Notification, ReportingDescriptor, ReportingDescriptorReference,
};

use super::{place, words};
use crate::assess::{Assessment, CheckError, Gap};
use crate::report::text::SENTENCE;

/// GitHub lists notifications on its tool status page; more than this help nobody there.
const MOST_FOR_GITHUB: usize = 1_000;

/// For whom the log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Profile {
    GitHub,
    Full,
}

/// The kinds of notification, in the order in which they are numbered.
const KINDS: [(&str, &str, &str); 3] = [
    ("gap", "EvidenceGap", "Something was to be looked at and was not."),
    ("check-error", "BrokenCheck", "A check broke and said nothing of a subject."),
    ("notice", "ReaderNotice", "Something a reader of the results should know."),
];

pub(super) fn descriptors() -> Vec<ReportingDescriptor> {
    let text = |text: &str| MultiformatMessageString::builder().text(text).build();
    let descriptor = |(id, name, what): &(&str, &str, &str)| {
        // the validator's rules for GitHub ask for all three texts of any descriptor
        let descriptor = ReportingDescriptor::builder().id(*id).name(*name).short_description(text(what));
        descriptor.full_description(text(what)).help(text(what)).build()
    };
    KINDS.iter().map(descriptor).collect()
}

pub(super) fn of(assessment: &Assessment, profile: Profile) -> Invocation {
    let run = &assessment.run;
    // a gap is no failure of the run: the rest was looked at
    let mut invocation = Invocation::builder().execution_successful(true).build();
    invocation.start_time_utc = (!run.started.is_empty()).then(|| run.started.clone());
    invocation.end_time_utc = (!run.finished.is_empty()).then(|| run.finished.clone());
    let mut unseen: Vec<_> = assessment.gaps.iter().map(gap).chain(assessment.errors.iter().map(broken)).collect();
    if profile == Profile::GitHub && unseen.len() > MOST_FOR_GITHUB {
        let more = unseen.len() - MOST_FOR_GITHUB;
        unseen.truncate(MOST_FOR_GITHUB);
        unseen.push(notification(0, "warning", format!("{more} more gaps are not listed here.")));
    }
    invocation.tool_execution_notifications = (!unseen.is_empty()).then_some(unseen);
    if profile == Profile::Full {
        invocation.arguments = (!run.arguments.is_empty()).then(|| run.arguments.clone());
        let notices: Vec<_> = assessment.notices.iter().map(|notice| notification(2, "note", words::sentence(notice))).collect();
        invocation.tool_configuration_notifications = (!notices.is_empty()).then_some(notices);
    }
    invocation
}

fn gap(gap: &Gap) -> Notification {
    let mut said = notification(0, "warning", words::sentence(&format!("{}: {}", gap.what, gap.why)));
    said.locations = gap.location.as_ref().and_then(|at| place::line(&at.uri, at.line)).map(|at| vec![at]);
    said
}

fn broken(error: &CheckError) -> Notification {
    let mut said = notification(1, "error", words::message(&error.subject, &format!("{} broke: {}", error.check, error.message)));
    said.locations = Some(vec![Location::builder().logical_locations(vec![place::logical(&error.subject, "")]).build()]);
    said
}

fn notification(kind: usize, level: &str, text: String) -> Notification {
    let descriptor = ReportingDescriptorReference::builder().id(KINDS[kind].0).index(kind as i64).build();
    let text = words::limited(&text, SENTENCE * 3);
    Notification::builder().descriptor(descriptor).level(json!(level)).message(Message::builder().text(text).build()).build()
}
