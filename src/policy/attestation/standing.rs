//! Which attestations count on a day, and why the others do not.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::evidence::is_url;
use super::{Attestation, Attestations, Entry, Fault, File, Link, Method, Written};
use crate::checks;
use crate::discover::{Place, plural};
use crate::policy::profile::unknown_check;

/// An attestation that does not count.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Refused {
    /// Where it is written.
    pub location: Place,
    /// The control that it names.
    pub control: String,
    /// Why it does not count, in words that say what to do.
    pub why: String,
}

/// Attestations on a day.
#[derive(Debug, Clone, Default)]
pub struct Judged {
    /// Those that count, by place.
    pub in_force: Vec<Attestation>,
    /// What is wrong with the others, by place: a line each, of one attestation perhaps several.
    pub refused: Vec<Refused>,
}

impl Attestations {
    /// Tells those that count on a day from those that do not. `unknown` says what is wrong with the id of a control.
    #[must_use]
    pub fn judge(&self, today: Date, unknown: &dyn Fn(&str) -> Option<String>) -> Judged {
        let mut judged = Judged::default();
        for (file, entry) in self.files.iter().flat_map(|file| file.entries.iter().map(move |entry| (file, entry))) {
            let mut faults = entry.faults.clone();
            let control = Some(entry.written.control.trim()).filter(|control| !control.is_empty());
            faults.extend(control.and_then(unknown).map(|why| Fault::at(&entry.written.control, why)));
            faults.extend(entry.written.faults(today, self.limit));
            faults.sort_by_key(|fault| (fault.line, fault.column));
            if faults.is_empty() && !entry.is_part {
                judged.in_force.push(entry.counted(file));
            }
            judged.refused.extend(faults.into_iter().map(|fault| Refused {
                location: place(file, fault.line, fault.column),
                control: entry.written.control.trim().to_owned(),
                why: fault.why,
            }));
        }
        judged
    }
}

pub(super) fn place(file: &File, line: u64, column: u64) -> Place {
    let number = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    Place { uri: file.name.clone(), line: number(line), column: number(column) }
}

impl Entry {
    fn counted(&self, file: &File) -> Attestation {
        let written = &self.written;
        let trimmed = |text: &str| text.trim().to_owned();
        Attestation {
            control: trimmed(&written.control),
            statement: trimmed(&written.statement),
            scope: written.scope.clone(),
            method: written.method,
            assessed_by: trimmed(&written.assessed_by),
            approved_by: trimmed(&written.approved_by),
            collected: Written::day(&written.collected).to_string(),
            expires: Written::day(&written.expires).to_string(),
            evidence: written
                .evidence
                .iter()
                .map(|one| Link {
                    link: one.link.value.clone(),
                    title: one.title.clone(),
                    sha256: one.sha256.to_ascii_lowercase(),
                    checked: !is_url(&one.link),
                })
                .collect(),
            location: place(file, written.control.line, written.control.column),
        }
    }
}

impl Written {
    /// Why it does not count on a day.
    fn faults(&self, today: Date, limit: u32) -> Vec<Fault> {
        let (collected, expires) = (Self::day(&self.collected), Self::day(&self.expires));
        let mut faults = Vec::new();
        // of an entry that is understood in part, a day may stand nowhere
        let (has_begin, has_end) = (self.collected.line > 0, self.expires.line > 0);
        if is_one_person(&self.assessed_by, &self.approved_by) {
            faults.push(Fault::at(&self.approved_by, "whoever assessed it approved it: that takes a second person"));
        }
        if has_begin && collected > today {
            faults
                .push(Fault::at(&self.collected, format!("it does not hold yet: it was collected on {collected}, which is still to come")));
        }
        if has_end && expires < today {
            faults.push(Fault::at(&self.expires, format!("it expired on {expires}: ask again")));
        }
        let days = if has_begin && has_end { collected.until(expires).map(|span| span.get_days()).unwrap_or(i32::MAX) } else { 0 };
        if days < 0 {
            faults.push(Fault::at(&self.expires, format!("it expires before the day on which it was collected, {collected}")));
        } else if i64::from(days) > i64::from(limit) {
            let last = collected.checked_add(jiff::Span::new().days(i64::from(limit))).unwrap_or(Date::MAX);
            let why = format!("it holds for {}, and {limit} are allowed: let it expire by {last}", plural(days as usize, "day"));
            faults.push(Fault::at(&self.expires, why));
        }
        if self.method == Method::Examine && self.evidence.is_empty() {
            faults.push(Fault::at(&self.control, "its method is `examine`, and it names nothing that was examined: add `evidence`"));
        }
        let unknown = self.scope.checks.iter().filter(|id| checks::find(id).is_none());
        faults.extend(unknown.map(|id| Fault::at(&self.control, format!("its scope: {}", unknown_check(id)))));
        faults
    }
}

/// Whether two names are of one person: the same mail address, or the same name unless both have addresses that differ.
fn is_one_person(one: &str, other: &str) -> bool {
    let parts = |person: &str| {
        let (name, rest) = person.split_once('<').unwrap_or((person, ""));
        // joiners and selectors of variants show, if at all, in how letters are drawn
        let shown = name.replace(|char| matches!(char, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}'), "");
        let name = shown.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        let mail = rest.split('>').next().unwrap_or_default().trim().to_lowercase();
        // an address alone is one
        if mail.is_empty() && name.contains('@') { (String::new(), name) } else { (name, mail) }
    };
    let ((name, mail), (other_name, other_mail)) = (parts(one), parts(other));
    let both = !mail.is_empty() && !other_mail.is_empty();
    if both { mail == other_mail } else { !name.is_empty() && name == other_name }
}

#[cfg(test)]
mod tests {
    use super::is_one_person;

    #[test]
    fn one_person_is_known_under_several_spellings() {
        for (one, other, same) in [
            ("Ada Lovelace", "ada  lovelace", true),
            ("Ada Lovelace <ada@example.com>", "Ada Lovelace", true),
            ("Ada <ada@example.com>", "A. Lovelace <ADA@example.com>", true),
            ("ada@example.com", "Ada <ada@example.com>", true),
            ("Ada <ada@example.com>", "Ada <ada@example.org>", false),
            ("Ada Lovelace", "Ada\u{200d} Lovelace\u{fe0f}", true),
            ("Ada Lovelace", "Grace Hopper", false),
        ] {
            assert_eq!(is_one_person(one, other), same, "{one} / {other}");
        }
    }
}
