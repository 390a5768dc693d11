//! What the formats of others make of ours: one table of outcomes, one reading of times and names.
//!
//! None of them holds all that ours says. The table is the promise that they share: what was not looked at is never
//! a pass, and a pass over a part of the evidence is no more than that.

use jiff::Timestamp;

use crate::assess::{Assessment, CheckVerdict, Control, Finding, FindingVerdict, Status, Subject};
use crate::report::text::{SENTENCE, clean};

/// What became of something, as far as the formats of others tell it apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Outcome {
    /// It fails.
    Fail,
    /// It fails, and an exception in force accepts that.
    Excused,
    /// It was to be looked at and could not be.
    Unknown,
    /// A person, or more evidence, must decide.
    Review,
    /// All that was looked at passed.
    Pass,
    /// It does not apply.
    NotApplicable,
    /// Nobody was to look at it, or nothing was given to look at.
    NotRun,
}

impl Outcome {
    /// Of a finding; a note changes nothing, and no format of others has it.
    pub(super) fn of_finding(finding: &Finding) -> Option<Self> {
        match (finding.verdict, &finding.excused) {
            (FindingVerdict::Note, _) => None,
            (_, Some(_)) => Some(Outcome::Excused),
            (FindingVerdict::Fail, None) => Some(Outcome::Fail),
            (FindingVerdict::Review, None) => Some(Outcome::Review),
        }
    }

    /// Of a check over everything given: with gaps in the evidence, it neither passes nor is without subjects.
    pub(super) fn of_check(verdict: CheckVerdict, gaps: bool) -> Self {
        match verdict {
            CheckVerdict::Fail => Outcome::Fail,
            CheckVerdict::Excused => Outcome::Excused,
            CheckVerdict::Error => Outcome::Unknown,
            CheckVerdict::Review => Outcome::Review,
            CheckVerdict::Pass if gaps => Outcome::Review,
            CheckVerdict::Pass => Outcome::Pass,
            CheckVerdict::Skip | CheckVerdict::NotAssessed if gaps => Outcome::Unknown,
            CheckVerdict::Skip => Outcome::NotApplicable,
            CheckVerdict::NotAssessed | CheckVerdict::NotSelected | CheckVerdict::Planned => Outcome::NotRun,
        }
    }

    /// Of a control: one whose checks passed while it asks for more is for a person.
    pub(super) fn of_control(control: &Control, gaps: bool) -> Self {
        match control.status {
            Status::Fail => Outcome::Fail,
            Status::Excused => Outcome::Excused,
            Status::Error => Outcome::Unknown,
            Status::Review | Status::Partial => Outcome::Review,
            Status::Pass | Status::Attested => Outcome::Pass,
            Status::NotApplicable => Outcome::NotApplicable,
            Status::NotAssessed if gaps && control.checks.iter().any(|check| check.verdict == CheckVerdict::NotAssessed) => {
                Outcome::Unknown
            }
            Status::NotAssessed => Outcome::NotRun,
        }
    }
}

/// Whether a part of the evidence was not looked at.
pub(super) fn has_gaps(assessment: &Assessment) -> bool {
    !assessment.gaps.is_empty()
}

/// When the scan began and ended; the beginning of time where a result says no time.
pub(super) fn times(assessment: &Assessment) -> (Timestamp, Timestamp) {
    let time = |text: &str| text.parse().unwrap_or(Timestamp::UNIX_EPOCH);
    let started = time(&assessment.run.started);
    (started, time(&assessment.run.finished).max(started))
}

/// `2026-11-22T01:50:00Z`
pub(super) fn rfc3339(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The beginning of a day, for formats that know moments only; the beginning of time for what is no day that they take.
pub(super) fn day(text: &str) -> String {
    let day = text.parse::<jiff::civil::Date>().ok().filter(|day| (1970..2900).contains(&day.year()));
    format!("{}T00:00:00Z", day.unwrap_or(jiff::civil::date(1970, 1, 1)))
}

/// `apps/v1/Deployment/shop/web`: the parts that the object has.
pub(super) fn resource(subject: &Subject) -> String {
    let Subject { api_version, kind, namespace, name, .. } = subject;
    let parts = [api_version, kind, namespace, name].into_iter().filter(|part| !part.is_empty());
    clean(&parts.map(String::as_str).collect::<Vec<_>>().join("/"), SENTENCE).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_looked_at_never_passes() {
        use CheckVerdict as V;
        for verdict in [V::Fail, V::Error, V::Review, V::NotAssessed, V::Excused, V::Skip, V::NotSelected, V::Planned] {
            assert_ne!(Outcome::of_check(verdict, false), Outcome::Pass, "{verdict:?}");
        }
        for verdict in [V::Pass, V::Skip, V::NotAssessed, V::NotSelected, V::Planned] {
            let outcome = Outcome::of_check(verdict, true);
            assert!(![Outcome::Pass, Outcome::NotApplicable].contains(&outcome), "{verdict:?} {outcome:?}");
        }
        assert_eq!(Outcome::of_check(V::Pass, false), Outcome::Pass);
    }
}
