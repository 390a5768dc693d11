//! From what checks said to the status of a control: one function, from which every count derives.

use crate::assess::assessment::{CheckVerdict, ControlCheck, Coverage, Status};
use crate::assess::vouch::Word;

/// Derives a control's status from its checks (`decisions.md` 1, 3, 4), with the reason in a line.
#[must_use]
pub(super) fn status(coverage: Coverage, checks: &[ControlCheck], evidence_has_gaps: bool, word: &Word) -> (Status, String) {
    use CheckVerdict as V;
    let count = |verdict: V| checks.iter().filter(|check| check.verdict == verdict).count();
    let (failed, broke, reviews) = (count(V::Fail), count(V::Error), count(V::Review));
    let (excused, passed, skipped) = (count(V::Excused), count(V::Pass), count(V::Skip));
    let settled = checks.iter().filter(|check| check.verdict == V::Review && word.reviews.contains(&check.id)).count();
    let doubtful = reviews - settled;
    let not_run = checks.len() - failed - broke - reviews - excused - passed - skipped;
    if failed > 0 {
        let subjects: u32 = checks.iter().filter(|check| check.verdict == V::Fail).map(|check| check.failed).sum();
        return (Status::Fail, format!("{} failed on {}", plural(failed, "check"), plural(subjects as usize, "subject")));
    }
    if broke > 0 {
        return (Status::Error, format!("{} broke", plural(broke, "check")));
    }
    if doubtful > 0 {
        let rest = if settled == 0 { String::new() } else { format!("; {settled} settled by attestations") };
        return (Status::Review, format!("{} cannot be decided from this evidence{rest}", plural(doubtful, "check")));
    }
    // what a scan was told to leave out might fail: nobody can vouch for that
    let vouched = word.rest && count(V::NotSelected) == 0;
    if coverage == Coverage::None || checks.is_empty() {
        return match vouched {
            true => (Status::Attested, "only a person can tell, and one vouches for it".to_owned()),
            false => (Status::NotAssessed, "only a person can tell".to_owned()),
        };
    }
    if passed + excused + settled == 0 {
        return match not_run {
            0 => (Status::NotApplicable, "no subject in the evidence, which is whole".to_owned()),
            _ if vouched && !evidence_has_gaps => (Status::Attested, format!("a person vouches for it; {}", nothing_ran(checks))),
            _ => (Status::NotAssessed, nothing_ran(checks)),
        };
    }
    if evidence_has_gaps {
        return (Status::Review, "what was read passed, but some of the evidence could not be read".to_owned());
    }
    if excused > 0 {
        return (Status::Excused, format!("{} failed, all under exceptions in force", plural(excused, "check")));
    }
    let seen = match (passed, settled) {
        (passed, 0) => format!("{} passed", plural(passed, "check")),
        (0, settled) => format!("reviews of {} settled by attestations", plural(settled, "check")),
        (passed, settled) => format!("{} passed, reviews of {settled} settled by attestations", plural(passed, "check")),
    };
    match (coverage, not_run) {
        (Coverage::Full, 0) if settled > 0 => (Status::Attested, seen),
        _ if vouched && (coverage, not_run) != (Coverage::Full, 0) => (Status::Attested, format!("{seen}; a person vouches for the rest")),
        (Coverage::Full, 0) => (Status::Pass, format!("{seen} and prove it all")),
        (_, 0) => (Status::Partial, format!("{seen}; the control asks more than they show")),
        (_, rest) => (Status::Partial, format!("{seen}; {} did not run", plural(rest, "check"))),
    }
}

fn nothing_ran(checks: &[ControlCheck]) -> String {
    let planned = checks.iter().filter(|check| check.verdict == CheckVerdict::Planned).count();
    let deselected = checks.iter().filter(|check| check.verdict == CheckVerdict::NotSelected).count();
    let skipped = checks.iter().filter(|check| check.verdict == CheckVerdict::Skip).count();
    let blind = checks.len() - planned - deselected - skipped;
    let parts = [
        (planned, "planned for a later release"),
        (deselected, "not selected"),
        (blind, "without evidence"),
        (skipped, "with nothing to look at"),
    ];
    let said: Vec<_> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{} {what}", plural(*count, "check"))).collect();
    said.join(", ")
}

pub(crate) use crate::discover::plural;

#[cfg(test)]
mod tests {
    use super::*;

    fn control(verdicts: &[CheckVerdict]) -> Vec<ControlCheck> {
        let check = |verdict: &CheckVerdict| ControlCheck {
            id: "x".into(),
            about: Vec::new(),
            verdict: *verdict,
            subjects: 1,
            passed: 0,
            failed: u32::from(*verdict == CheckVerdict::Fail),
            review: 0,
            skipped: 0,
        };
        verdicts.iter().map(check).collect()
    }

    #[test]
    fn the_order_of_statuses_holds() {
        use CheckVerdict as V;
        let rows: &[(&[V], Coverage, bool, Status)] = &[
            (&[V::Pass, V::Fail, V::Error, V::Review, V::Planned], Coverage::Full, true, Status::Fail),
            (&[V::Pass, V::Error, V::Review], Coverage::Full, false, Status::Error),
            (&[V::Pass, V::Review, V::Excused], Coverage::Full, false, Status::Review),
            (&[V::Planned, V::NotSelected], Coverage::Full, false, Status::NotAssessed),
            (&[V::Skip, V::Planned], Coverage::Full, false, Status::NotAssessed),
            (&[V::NotAssessed], Coverage::Partial, false, Status::NotAssessed),
            (&[], Coverage::None, false, Status::NotAssessed),
            (&[V::Pass, V::Excused], Coverage::Full, false, Status::Excused),
            (&[V::Pass, V::Planned], Coverage::Full, false, Status::Partial),
            (&[V::Pass, V::Pass], Coverage::Partial, false, Status::Partial),
            (&[V::Pass, V::Skip], Coverage::Full, false, Status::Pass),
            (&[V::Pass], Coverage::Full, true, Status::Review),
            (&[V::Skip, V::Skip], Coverage::Partial, false, Status::NotApplicable),
        ];
        for (verdicts, coverage, gaps, expected) in rows {
            assert_eq!(status(*coverage, &control(verdicts), *gaps, &Word::default()).0, *expected, "{verdicts:?} {coverage:?} {gaps}");
        }
    }

    #[test]
    fn a_person_s_word_settles_what_is_open_and_nothing_else() {
        use CheckVerdict as V;
        let word = |reviews: bool, rest: bool| Word { reviews: if reviews { ["x".into()].into() } else { [].into() }, rest };
        let (none, reviews, rest, all) = (word(false, false), word(true, false), word(false, true), word(true, true));
        let rows: &[(&[V], Coverage, bool, &Word, Status)] = &[
            (&[V::Pass, V::Fail], Coverage::Partial, false, &all, Status::Fail),
            (&[V::Pass, V::Error], Coverage::Partial, false, &all, Status::Error),
            (&[V::Pass, V::Excused], Coverage::Partial, false, &all, Status::Excused),
            (&[V::Pass], Coverage::Partial, true, &all, Status::Review),
            (&[V::NotAssessed], Coverage::Partial, true, &all, Status::NotAssessed),
            (&[V::Skip], Coverage::Partial, false, &all, Status::NotApplicable),
            (&[V::Pass], Coverage::Full, false, &all, Status::Pass),
            (&[V::Pass, V::NotSelected], Coverage::Partial, false, &all, Status::Partial),
            (&[V::NotSelected], Coverage::Partial, false, &all, Status::NotAssessed),
            (&[V::Pass, V::Planned], Coverage::Full, false, &all, Status::Attested),
            (&[V::Pass], Coverage::Partial, false, &rest, Status::Attested),
            (&[V::Pass, V::NotAssessed], Coverage::Partial, false, &rest, Status::Attested),
            (&[V::NotAssessed, V::Planned], Coverage::Partial, false, &rest, Status::Attested),
            (&[], Coverage::None, false, &rest, Status::Attested),
            (&[], Coverage::None, false, &reviews, Status::NotAssessed),
            (&[V::Review], Coverage::Full, false, &rest, Status::Review),
            (&[V::Review], Coverage::Full, false, &reviews, Status::Attested),
            (&[V::Pass, V::Review], Coverage::Partial, false, &reviews, Status::Partial),
            (&[V::Pass, V::Review], Coverage::Partial, false, &all, Status::Attested),
            (&[V::Pass, V::Review], Coverage::Partial, false, &none, Status::Review),
        ];
        for (verdicts, coverage, gaps, word, expected) in rows {
            assert_eq!(status(*coverage, &control(verdicts), *gaps, word).0, *expected, "{verdicts:?} {coverage:?} {gaps} {word:?}");
        }
    }

    #[test]
    fn nothing_that_was_not_looked_at_counts_as_passed() {
        use CheckVerdict as V;
        for unseen in [V::Planned, V::NotSelected, V::NotAssessed, V::Review, V::Error] {
            for others in [&[][..], &[V::Pass], &[V::Skip]] {
                let verdicts: Vec<_> = others.iter().copied().chain([unseen]).collect();
                assert_ne!(status(Coverage::Full, &control(&verdicts), false, &Word::default()).0, Status::Pass, "{verdicts:?}");
            }
        }
    }
}
