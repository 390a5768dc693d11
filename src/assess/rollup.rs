//! From what checks said to the status of a control: one function, from which every count derives.

use crate::assess::assessment::{CheckVerdict, ControlCheck, Coverage, Status};

/// Derives a control's status from its checks (`decisions.md` 1, 3, 4), with the reason in a line.
#[must_use]
pub(super) fn status(coverage: Coverage, checks: &[ControlCheck], evidence_has_gaps: bool) -> (Status, String) {
    use CheckVerdict as V;
    let count = |verdict: V| checks.iter().filter(|check| check.verdict == verdict).count();
    let (failed, broke, doubtful) = (count(V::Fail), count(V::Error), count(V::Review));
    let (excused, passed, skipped) = (count(V::Excused), count(V::Pass), count(V::Skip));
    let not_run = checks.len() - failed - broke - doubtful - excused - passed - skipped;
    if failed > 0 {
        let subjects: u32 = checks.iter().filter(|check| check.verdict == V::Fail).map(|check| check.failed).sum();
        return (Status::Fail, format!("{} failed on {}", plural(failed, "check"), plural(subjects as usize, "subject")));
    }
    if broke > 0 {
        return (Status::Error, format!("{} broke", plural(broke, "check")));
    }
    if doubtful > 0 {
        return (Status::Review, format!("{} cannot be decided from this evidence", plural(doubtful, "check")));
    }
    if coverage == Coverage::None || checks.is_empty() {
        return (Status::NotAssessed, "only a person can tell".to_owned());
    }
    if passed + excused == 0 {
        return match not_run {
            0 => (Status::NotApplicable, "no subject in the evidence, which is whole".to_owned()),
            _ => (Status::NotAssessed, nothing_ran(checks)),
        };
    }
    if evidence_has_gaps {
        return (Status::Review, "what was read passed, but some of the evidence could not be read".to_owned());
    }
    if excused > 0 {
        return (Status::Excused, format!("{} failed, all under exceptions in force", plural(excused, "check")));
    }
    match (coverage, not_run) {
        (Coverage::Full, 0) => (Status::Pass, format!("{} passed and prove it all", plural(passed, "check"))),
        (_, 0) => (Status::Partial, format!("{} passed; the control asks more than they show", plural(passed, "check"))),
        (_, rest) => (Status::Partial, format!("{} passed; {} did not run", plural(passed, "check"), plural(rest, "check"))),
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
            assert_eq!(status(*coverage, &control(verdicts), *gaps).0, *expected, "{verdicts:?} {coverage:?} {gaps}");
        }
    }

    #[test]
    fn nothing_that_was_not_looked_at_counts_as_passed() {
        use CheckVerdict as V;
        for unseen in [V::Planned, V::NotSelected, V::NotAssessed, V::Review, V::Error] {
            for others in [&[][..], &[V::Pass], &[V::Skip]] {
                let verdicts: Vec<_> = others.iter().copied().chain([unseen]).collect();
                assert_ne!(status(Coverage::Full, &control(&verdicts), false).0, Status::Pass, "{verdicts:?}");
            }
        }
    }
}
