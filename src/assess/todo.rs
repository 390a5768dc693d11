//! What is left for people to answer: of a profile, or of a result only what it left open.

use std::collections::BTreeMap;

use serde::Serialize;

use super::assessment::{Assessment, CheckVerdict, Control, ControlCheck, Coverage, Finding, FindingVerdict, Pin, Status};
use crate::policy::{Profile, Requirement};

/// The name of the JSON form of a [`Todo`].
pub const TODO_SCHEMA: &str = "cnscan/attest-todo/v1";

/// How many reviews of a check are named.
const NAMED: usize = 5;

/// The interview: what to ask of people, control by control.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Todo {
    /// [`TODO_SCHEMA`]
    pub schema: &'static str,
    /// What is asked about.
    pub profile: Pin,
    /// The result that it was made from: its run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// In the order of the profile.
    pub questions: Vec<Question>,
    /// Controls that nobody needs to be asked about, and why.
    pub closed: Vec<Closed>,
}

/// What to ask about a control.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Question {
    /// The control.
    pub control: String,
    /// In a few words.
    pub title: String,
    /// Under which it is listed.
    pub group: String,
    /// What it asks for.
    pub summary: String,
    /// What a person is to supply.
    pub ask: String,
    /// What its checks show once all of them pass.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub shown: String,
    /// What they cannot show.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub leaves: String,
    /// What became of it in the result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// Why, in a line.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Checks that passed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub passed: Vec<String>,
    /// Checks bound to it that did not run, or that this release does not have: an answer stands in for them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unchecked: Vec<String>,
    /// What checks could not decide.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reviews: Vec<Reviewed>,
}

/// What a check could not decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reviewed {
    /// The check.
    pub check: String,
    /// How often.
    pub count: usize,
    /// Where, and what is doubtful: the first few.
    pub places: Vec<String>,
}

/// A control that no answer is needed for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Closed {
    /// The control.
    pub control: String,
    /// What became of it.
    pub status: Status,
    /// Why nobody is to be asked.
    pub why: &'static str,
}

impl Question {
    /// Whether its checks show what they can: some passed, and none is open.
    #[must_use]
    pub fn is_shown(&self) -> bool {
        !self.passed.is_empty() && self.unchecked.is_empty() && self.reviews.is_empty()
    }
}

impl Todo {
    /// All that checks of a profile can leave open.
    #[must_use]
    pub fn of_profile(profile: &Profile) -> Self {
        let pin = Pin { name: profile.name.clone(), title: profile.title.clone(), version: String::new(), sha256: profile.sha256.clone() };
        let open =
            profile.requirements.iter().filter(|requirement| requirement.coverage != Coverage::Full || !requirement.planned.is_empty());
        let questions = open.map(|requirement| Question { unchecked: requirement.planned.clone(), ..question(requirement) }).collect();
        Todo { schema: TODO_SCHEMA, profile: pin, run: None, questions, closed: Vec::new() }
    }

    /// What a result left open; the profile knows what to ask.
    #[must_use]
    pub fn of_result(assessment: &Assessment, profile: &Profile) -> Self {
        let mut todo = Todo {
            schema: TODO_SCHEMA,
            profile: assessment.profile.clone(),
            run: Some(assessment.run.id.clone()),
            questions: Vec::new(),
            closed: Vec::new(),
        };
        let reviews = reviews(assessment);
        for control in &assessment.controls {
            let closed = match control.status {
                Status::Fail => "it fails: mend that first, as no attestation outweighs it",
                Status::Error => "a check broke, which no attestation mends",
                Status::Excused => "its failures are under exceptions in force",
                Status::Pass => "checks prove it",
                Status::Attested => "people vouch for it already",
                Status::NotApplicable => "nothing that it speaks of was there",
                Status::Review | Status::NotAssessed | Status::Partial => {
                    todo.questions.push(open(control, profile, &reviews));
                    continue;
                }
            };
            todo.closed.push(Closed { control: control.id.clone(), status: control.status, why: closed });
        }
        todo
    }
}

fn question(requirement: &Requirement) -> Question {
    let ask = if requirement.attest.is_empty() { "How is this met, and what shows it?" } else { &requirement.attest };
    Question {
        control: requirement.id.clone(),
        title: requirement.title.clone(),
        group: requirement.group.clone(),
        summary: requirement.summary.clone(),
        ask: ask.to_owned(),
        shown: requirement.proves.clone(),
        leaves: requirement.leaves.clone(),
        status: None,
        reason: String::new(),
        passed: Vec::new(),
        unchecked: Vec::new(),
        reviews: Vec::new(),
    }
}

fn open(control: &Control, profile: &Profile, reviews: &Reviews<'_>) -> Question {
    let known = profile.find(&control.id).map(question);
    let base = known.unwrap_or_else(|| Question {
        control: control.id.clone(),
        title: control.title.clone(),
        group: control.group.clone(),
        summary: String::new(),
        ask: "How is this met, and what shows it?".to_owned(),
        shown: String::new(),
        leaves: String::new(),
        status: None,
        reason: String::new(),
        passed: Vec::new(),
        unchecked: Vec::new(),
        reviews: Vec::new(),
    });
    let unrun: fn(CheckVerdict) -> bool =
        |verdict| matches!(verdict, CheckVerdict::NotAssessed | CheckVerdict::NotSelected | CheckVerdict::Planned);
    let named = |which: fn(CheckVerdict) -> bool| -> Vec<String> {
        control.checks.iter().filter(|check| which(check.verdict)).map(|check| check.id.to_string()).collect()
    };
    let reviewed = |check: &ControlCheck| {
        let places: Vec<_> = reviews.get(&*check.id)?.iter().filter(|(finding, _)| check.concerns(finding)).collect();
        let named = places.iter().take(NAMED).map(|(_, place)| place.clone()).collect();
        (!places.is_empty()).then(|| Reviewed { check: check.id.to_string(), count: places.len(), places: named })
    };
    Question {
        status: Some(control.status),
        reason: control.reason.clone(),
        passed: named(|verdict| verdict == CheckVerdict::Pass),
        unchecked: named(unrun),
        reviews: control.checks.iter().filter_map(reviewed).collect(),
        ..base
    }
}

/// By check.
type Reviews<'a> = BTreeMap<&'a str, Vec<(&'a Finding, String)>>;

/// The open reviews of each check: where, and what is doubtful.
fn reviews(assessment: &Assessment) -> Reviews<'_> {
    let mut reviews = Reviews::new();
    for finding in assessment.findings.iter().filter(|finding| finding.verdict == FindingVerdict::Review && finding.excused.is_none()) {
        let subject = &finding.subject;
        let name = [subject.namespace.as_str(), &subject.name].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/");
        let message = if finding.message.is_empty() { &finding.title } else { &finding.message };
        reviews.entry(&finding.check).or_default().push((finding, format!("{} {name}: {message}", subject.kind)));
    }
    reviews
}
