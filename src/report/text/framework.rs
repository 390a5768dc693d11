//! A result seen from another framework, in words: what supports what, never that something is satisfied.

use super::{NAME, clean, plural};
use crate::assess::{Crosswalk, CrosswalkEntry, MappedControl, Status};

/// How many controls a sentence names.
const NAMED: usize = 12;

/// `NIST SP 800-53 Rev. 5`
pub(in crate::report) fn title(seen: &Crosswalk) -> String {
    let framework = &seen.framework;
    let name = if framework.title.is_empty() { &framework.name } else { &framework.title };
    clean(format!("{name} {}", framework.version).trim(), NAME).into_owned()
}

/// `2 failures, 1 review; 1 of 3 controls assessed`
pub(in crate::report) fn counts(entry: &CrosswalkEntry) -> String {
    let unseen = |control: &&MappedControl| matches!(control.status, Status::NotAssessed | Status::NotApplicable);
    let seen = entry.controls.len() - entry.controls.iter().filter(unseen).count();
    let open = [(entry.failures, "failure"), (entry.reviews, "review")];
    let open: Vec<_> = open.iter().filter(|(count, _)| *count > 0).map(|(count, word)| plural(*count as usize, word)).collect();
    let assessed = format!("{seen} of {} assessed", plural(entry.controls.len(), "control"));
    if open.is_empty() { assessed } else { format!("{}; {assessed}", open.join(", ")) }
}

/// `CNSC-28 (relates to, fail)`, with the strength where the mapping has one.
pub(in crate::report) fn controls(entry: &CrosswalkEntry) -> String {
    let control = |control: &MappedControl| {
        let strength = control.strength.map(|strength| format!(" {strength}/10")).unwrap_or_default();
        let relationship = clean(&control.relationship, NAME).replace('-', " ");
        format!("{} ({relationship}{strength}, {})", clean(&control.id, NAME), control.status.as_str())
    };
    entry.controls.iter().map(control).collect::<Vec<_>>().join(", ")
}

/// What no reader may miss: what this cannot show, what maps to nothing, what the mapping has and the profile has not.
pub(in crate::report) fn remarks(seen: &Crosswalk, everything: bool) -> Vec<String> {
    let title = title(seen);
    let mut said =
        vec![format!("Controls that were assessed support controls of {title}; that one of those is satisfied is shown nowhere.")];
    let strengths = seen.entries.iter().flat_map(|entry| &entry.controls);
    if strengths.clone().count() > 0 && strengths.filter(|control| control.strength.is_some()).count() == 0 {
        said.push("The mapping says of none how strong it is.".to_owned());
    }
    if !seen.unmapped.is_empty() {
        let (all, count) = (named(&seen.unmapped, everything), plural(seen.unmapped.len(), "control"));
        said.push(format!("Mapped to nothing there: {count} of the profile ({all})."));
    }
    if !seen.absent.is_empty() {
        let (all, count) = (named(&seen.absent, everything), plural(seen.absent.len(), "control"));
        said.push(format!("Named by the mapping and not in the profile: {count} ({all})."));
    }
    said
}

fn named(ids: &[String], everything: bool) -> String {
    let most = if everything { ids.len() } else { NAMED };
    let shown: Vec<_> = ids.iter().take(most).map(|id| clean(id, NAME)).collect();
    let more = ids.len().saturating_sub(most);
    if more == 0 { shown.join(", ") } else { format!("{}, and {more} more", shown.join(", ")) }
}
