//! Admission in force: which control of the Pod Security Standards is refused in a namespace, and by what.
//!
//! Kubernetes' own admission is read by its labels and configuration. Of every other policy that refuses something in the
//! namespace it is found out what it refuses: it is shown pods that break one control each. So a policy is known by what
//! it does, not by its name; one whose language is not understood may refuse, and is never said to.

pub mod action;
mod catalogue;
mod cel;
mod cel_policy;
mod condition;
mod gatekeeper;
pub mod identity;
pub mod image;
mod image_cel;
pub mod kinds;
mod kubewarden;
mod kyverno;
mod pattern;
mod policies;
pub mod psa;
mod query;
mod reach;
pub mod registries;
mod ruling;
mod sample;
mod signer;
mod trust;
mod value;

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};

pub(crate) use policies::Policies;

use crate::model::namespace::Namespace;
use crate::model::standard::{self, Control};
use crate::model::{Map, Object};
use catalogue::Catalogue;
use reach::Reach;
use ruling::Ruling;

/// Whether what breaks a control is refused in a namespace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// What refuses it, or some of the ways to break it.
    pub by: Vec<String>,
    /// Pod Security admission refuses it, so that no policy was asked.
    pub by_level: bool,
    /// The ways to break it that nothing refuses.
    pub open: Vec<Cow<'static, str>>,
    /// Policies that may refuse what is left, and why that is not known.
    pub unsure: Vec<String>,
}

impl Answer {
    /// Whether every way to break it is refused.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.open.is_empty() && self.unsure.is_empty()
    }

    /// Whether some way is open for certain.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !self.open.is_empty()
    }
}

/// The answers known so far, by what they depend on: most namespaces have the same ones.
#[derive(Debug, Default)]
pub(crate) struct Known(Mutex<Map<Cause, Arc<[Answer]>>>);

/// What decides the answers of a namespace: its levels, and its policies, by object and rule, with the pods they reach.
type Cause = (psa::Levels, Vec<(u32, usize, Reach, Reach)>);

/// What is refused in a namespace, in the order of the standard's table.
pub(super) fn answers(namespace: &Namespace<'_>) -> Arc<[Answer]> {
    let in_force = Policies::of(namespace.scan()).in_force(namespace);
    let levels = psa::Levels::of(namespace);
    let policies = in_force.iter().map(|one| (one.rule.object, one.rule.index, one.pods.clone(), one.ephemeral.clone()));
    let cause = (levels, policies.collect());
    let known = || namespace.scan().evidence.lazy.admission.0.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(answers) = known().get(&cause) {
        return Arc::clone(answers);
    }
    let table = standard::TABLE.iter().enumerate();
    let shown = &Policies::of(namespace.scan()).shown;
    let answers: Arc<[Answer]> = table.map(|(at, control)| answer(&cause.0, at, control, shown, &in_force)).collect();
    known().insert(cause, Arc::clone(&answers));
    answers
}

/// Each control of the standard with whether it is refused.
pub fn by_control<'a>(namespace: &Namespace<'a>) -> impl Iterator<Item = (&'static Control, &'a Answer)> {
    standard::TABLE.iter().copied().zip(namespace.admission())
}

fn answer(levels: &psa::Levels, at: usize, control: &Control, shown: &Catalogue, in_force: &[policies::InForce<'_>]) -> Answer {
    if let Some(level) = levels.refuses(control) {
        return Answer { by: vec![level], by_level: true, ..Answer::default() };
    }
    let mut answer = Answer::default();
    for (number, sample) in shown.pods(control).enumerate() {
        let (mut refused, mut doubts) = (false, Vec::new());
        for policy in in_force {
            let reach = if sample.ephemeral { &policy.ephemeral } else { &policy.pods };
            match (policy.rule.rulings[at][number], reach) {
                (Ruling::Refuses, Reach::All) => {
                    refused = true;
                    add(&mut answer.by, named(policy.object));
                }
                (Ruling::Refuses, Reach::Unsure(why) | Reach::Part(why)) => doubts.push(format!("{}: {why}", named(policy.object))),
                (Ruling::Unknown, Reach::All | Reach::Unsure(_)) => {
                    doubts
                        .push(format!("{}: what it refuses is not understood, or rests on what authors of pods set", named(policy.object)));
                }
                _ => {}
            }
        }
        if refused {
            continue;
        }
        if doubts.is_empty() {
            answer.open.push(sample.what.clone().into());
        }
        doubts.into_iter().for_each(|doubt| add(&mut answer.unsure, doubt));
    }
    answer
}

fn add(list: &mut Vec<String>, one: String) {
    if !list.contains(&one) {
        list.push(one);
    }
}

/// A policy, for a person.
fn named(object: &Object<'_>) -> String {
    match object.namespace {
        Some(namespace) => format!("{} {namespace}/{}", object.kind, object.name),
        None => format!("{} {}", object.kind, object.name),
    }
}

/// A rule of a policy that refuses something of pods in a namespace, whatever that is.
pub(super) struct Refusing<'a> {
    pub(super) object: &'a Object<'a>,
    /// Which of its rules.
    pub(super) index: usize,
    /// It is about every pod that is made there.
    pub(super) of_all: bool,
}

/// The rules that refuse something of pods in a namespace.
pub(super) fn refusing<'a>(namespace: &Namespace<'a>) -> impl Iterator<Item = Refusing<'a>> {
    let in_force = Policies::of(namespace.scan()).in_force(namespace).into_iter().filter(|policy| policy.pods != Reach::None);
    in_force.map(|policy| Refusing { object: policy.object, index: policy.rule.index, of_all: policy.pods == Reach::All })
}

/// Whether a policy refuses something of every pod that is made in a namespace.
#[must_use]
pub fn refuses_anything(namespace: &Namespace<'_>) -> bool {
    refusing(namespace).any(|rule| rule.of_all)
}
