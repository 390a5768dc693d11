//! What a rule of a policy does with pods that break a control: it is shown one after the other.

use serde_json::Value;

use crate::model::admission::catalogue::Catalogue;
use crate::model::admission::sample::{self, GOOD, Sample};
use crate::model::admission::value;
use crate::model::standard::{self, Control};

/// What a rule does with a pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ruling {
    /// It refuses it.
    Refuses,
    /// It has nothing against it.
    Admits,
    /// What it does is not understood.
    Unknown,
}

use Ruling::{Admits, Refuses, Unknown};

/// What a rule does with the samples of each control, in the order of the standard's table.
pub(super) type Rulings = Box<[Box<[Ruling]>]>;

/// By showing it every sample. One that refuses a good pod as well asks for something else, a label or a registry: what
/// it says of a control is not known where it names its field, and nothing where it does not.
pub(super) fn by_samples(shown: &Catalogue, rule: &Value, judge: impl Fn(&Value, &str) -> Ruling) -> Rulings {
    let text = rule.to_string();
    let is_plain = judge(&GOOD, "CREATE") == Admits;
    standard::TABLE
        .iter()
        .map(|control| {
            let may_speak_of_it = may_speak(&text, control);
            shown
                .pods(control)
                .map(|sample| match if is_plain { shown_to(&judge, &sample.pod, sample.operation()) } else { Unknown } {
                    Unknown if !may_speak_of_it => Admits,
                    ruling => ruling,
                })
                .collect()
        })
        .collect()
}

/// One that is let in as it stands is, whatever else there might be in its lists.
pub(super) fn shown_to(judge: &impl Fn(&Value, &str) -> Ruling, pod: &Value, operation: &str) -> Ruling {
    match judge(pod, operation) {
        Unknown if judge(&value::closed(pod), operation) == Admits => Admits,
        ruling => ruling,
    }
}

/// By what is known of it: for each control and each of its samples.
pub(super) fn by_knowledge(shown: &Catalogue, judge: impl Fn(&Control, &Sample) -> Ruling) -> Rulings {
    standard::TABLE.iter().map(|control| shown.pods(control).map(|sample| judge(control, sample)).collect()).collect()
}

/// Nothing is known of it.
pub(super) fn unknown(shown: &Catalogue) -> Rulings {
    by_knowledge(shown, |_, _| Unknown)
}

/// All of some rules together.
pub(super) fn together(rules: impl Iterator<Item = Ruling>) -> Ruling {
    let mut so_far = Admits;
    for rule in rules {
        match rule {
            Refuses => return Refuses,
            Unknown => so_far = Unknown,
            Admits => {}
        }
    }
    so_far
}

/// Whether a text that is not understood may be about a control: it names its field, or asks elsewhere what to forbid.
pub(super) fn may_speak(text: &str, control: &Control) -> bool {
    let words = sample::of(control).map(|samples| samples.words).unwrap_or_default();
    let asks_elsewhere = ["params", "apiCall", "configMap", "globalReference"].iter().any(|word| text.contains(word));
    words.iter().any(|word| text.contains(word)) || asks_elsewhere && text.contains("securityContext")
}
